"""Reports of a check: for people as text, for machines as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from gateway.check.catalog import describe, fix, message, printable, rules
from gateway.model.finding import Finding

_WORDS = {
    "en": {
        "schema": "schema",
        "rules": "rules",
        "purpose": "purpose",
        "none": "no findings",
        "by": "judged by",
    },
    "zh": {"schema": "结构", "rules": "规则", "purpose": "用途", "none": "无问题", "by": "判定依据"},
}
_VERDICTS_ZH = {
    "valid": "符合", "invalid": "不符合", "obeyed": "符合", "broken": "违反", "usable": "可用", "not usable": "不可用",
}  # fmt: skip


def as_json(
    document: str,
    format_id: str,
    schema: dict[str, str],
    verdicts: dict[str, str],
    findings: Sequence[Finding],
) -> dict[str, Any]:
    """The machine's report: document, format, which schema judged, three verdicts, findings."""
    return {
        "document": document.encode(
            "utf-8", "backslashreplace"
        ).decode(),  # a file name may be no text at all
        "format": format_id,
        "schema": schema,
        "verdicts": verdicts,
        "findings": [finding_json(item) for item in findings],
    }


def finding_json(item: Finding) -> dict[str, Any]:
    """One finding with its messages in both languages."""
    rule = rules().get(item.rule)
    return {
        "rule": item.rule,
        "severity": item.severity,
        "stage": item.stage,
        "path": item.path,
        "origin": item.origin,
        "line": item.line,
        "message": {"en": message(item, "en"), "zh": message(item, "zh")},
        "fix": {"en": fix(item, "en"), "zh": fix(item, "zh")},
        "clause": rule.clause if rule is not None else "",
    }


FEW = 3
"""Findings of one kind that are told one by one; of more the first is told, with the number of the others."""


def describe_all(findings: Iterable[Finding], language: str) -> list[str]:
    """Findings for people. Those that say the same of elements of one list are told once, with the first places.

    A report of a thousand goods has a thousand findings for one habit of its author; the machine's report has all.
    """
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for item in findings:
        place = "/".join("*" if part.isdigit() else part for part in (item.origin or item.path).split("/"))
        words = (message(item, language), fix(item, language), item.values.get("file", ""))
        groups.setdefault((item.rule, item.severity, place, *words), []).append(item)
    told = []
    for same in groups.values():
        if len(same) <= FEW:
            told += [describe(item, language) for item in same]
        else:
            told.append(f"{describe(same[0], language)}\n    {_others(same[1:], language)}")
    return told


def _others(rest: Sequence[Finding], language: str) -> str:
    places = [printable(item.origin or item.path) for item in rest[: FEW - 1]]
    if language == "zh":
        return f"另有 {len(rest)} 处相同，如 {'、'.join(places)}"
    return f"the same at {len(rest)} more places, such as {', '.join(places)}"


def as_text(
    document: str,
    format_id: str,
    schema: dict[str, str],
    verdicts: dict[str, str],
    findings: Sequence[Finding],
    language: str,
) -> str:
    """The report for people: errors first, then the three verdicts, each on its own line."""
    words = _WORDS[language]
    order = {"error": 0, "warning": 1, "info": 2}
    lines = [f"{printable(document)}: {format_id}"]
    lines += describe_all(sorted(findings, key=lambda item: order[item.severity]), language)
    if not findings:
        lines.append(words["none"])
    for name, verdict in verdicts.items():
        shown = _VERDICTS_ZH.get(verdict, verdict) if language == "zh" else verdict
        lines.append(f"{words[name]}: {shown}")
    lines.append(f"{words['by']}: {schema['origin']}, {schema['digest']}")
    return "\n".join(lines)
