"""The rule catalogue: what each finding says, why, and how to mend it, in English and Chinese."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import Any

from gateway.data import data_path
from gateway.model.finding import Finding, GatewayError, Severity


class CatalogError(GatewayError):
    """The catalogue itself is wrong: a defect of ours, found when it loads."""


@dataclass(frozen=True, slots=True)
class Text:
    """One language of a rule."""

    what: str
    why: str
    fix: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the catalogue. ``body`` keeps the keys of rules that are expressions on the record."""

    id: str
    severity: Severity
    stage: str
    clause: str
    en: Text
    zh: Text
    area: str
    body: dict[str, Any]

    def text(self, language: str) -> Text:
        return self.zh if language == "zh" else self.en


@cache
def rules() -> dict[str, Rule]:
    """Every rule by id. Raises CatalogError for a doubled id or a missing text."""
    found: dict[str, Rule] = {}
    for path in sorted(data_path("conformance", "rules").glob("*.toml")):
        with path.open("rb") as handle:
            rows = tomllib.load(handle).get("rule", [])
        for row in rows:
            rule = _rule(row, path.stem)
            if rule.id in found:
                raise CatalogError(f"{path.name}: rule {rule.id} stands twice")
            found[rule.id] = rule
    return found


def _rule(row: dict[str, Any], area: str) -> Rule:
    try:
        en, zh = (Text(row[lang]["what"], row[lang]["why"], row[lang]["fix"]) for lang in ("en", "zh"))
        body = {k: v for k, v in row.items() if k not in {"id", "severity", "stage", "clause", "en", "zh"}}
        return Rule(row["id"], row["severity"], row["stage"], row["clause"], en, zh, area, body)
    except (KeyError, TypeError) as error:
        raise CatalogError(f"{area}: rule {row.get('id', '?')} lacks {error}") from error


class _Values(defaultdict[str, str]):
    def __missing__(self, key: str) -> str:
        # a reason that the system gave in English only stands in both languages
        return self.get(key.removesuffix("_zh"), "?")


_SEVERITIES = {"error": "错误", "warning": "警告", "info": "提示"}


def printable(text: str) -> str:
    """Text of others as a terminal may have it: control and direction characters are shown escaped."""
    return text if text.isprintable() else "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def sentence(text: str, values: dict[str, str]) -> str:
    """A message with its values filled in; control characters in values are shown escaped, never printed."""
    clean = {key: printable(value[:300]) for key, value in values.items()}
    return text.format_map(_Values(str, clean))


def message(finding: Finding, language: str = "en") -> str:
    """What is wrong, in one sentence."""
    rule = rules().get(finding.rule)
    if rule is None:
        return finding.rule
    return sentence(rule.text(language).what, dict(finding.values))


def fix(finding: Finding, language: str = "en") -> str:
    """How to mend it."""
    rule = rules().get(finding.rule)
    return "" if rule is None else sentence(rule.text(language).fix, dict(finding.values))


def describe(finding: Finding, language: str = "en") -> str:
    """A finding for people: severity, id, the sender's own field, what is wrong and how to mend it."""
    severity = _SEVERITIES.get(finding.severity, finding.severity) if language == "zh" else finding.severity
    said, file = message(finding, language), printable(finding.values.get("file", ""))
    words = [
        f"{severity} [{finding.rule}]",
        "" if file in said else file,
        printable(finding.origin or finding.path),
    ]
    if finding.line is not None:
        words.append(f"(第 {finding.line} 行)" if language == "zh" else f"(line {finding.line})")
    lines = [f"{' '.join(filter(None, words))}: {said}"]
    if finding.origin and finding.origin != finding.path:
        lines.append(f"    {'检查位置' if language == 'zh' else 'seen at'}: {printable(finding.path)}")
    mend = fix(finding, language)
    if mend:
        lines.append(f"    {'处理' if language == 'zh' else 'fix'}: {mend}")
    return "\n".join(lines)
