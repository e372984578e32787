"""What ``cbamgw publish`` says: a line for each file, warnings of one kind once, a sum; or a report for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import typer

from gateway.check.catalog import describe, printable
from gateway.check.report import finding_json
from gateway.cli.common import EXIT_NOT_CONFORMING, language, print_findings
from gateway.model.finding import Finding

PLACES = 3
"""Further files that are named for a warning which several have."""


@dataclass(frozen=True)
class Outcome:
    """What became of one file. ``deprecated``: ids of past versions; ``added``: by data model, a body or signature."""

    file: str
    pf_id: str = ""
    word: str = "refused"
    models: tuple[str, ...] = ()
    viewers: tuple[str, ...] = ()
    deprecated: tuple[str, ...] = ()
    added: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


@dataclass
class Report:
    """Told file by file. Warnings wait for the end, so that a habit of a hundred files is told once."""

    as_json: bool
    many: bool
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def refused(self) -> list[Outcome]:
        return [each for each in self.outcomes if each.word == "refused"]

    def add(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        if self.as_json:
            return
        if outcome.word == "refused":
            self._refuse(outcome)
        else:
            _tell(outcome, many=self.many)

    def _refuse(self, outcome: Outcome) -> None:
        found = outcome.findings
        if self.many:
            typer.echo(f"{printable(outcome.file)}: {'被拒绝' if language() == 'zh' else 'refused'}")
            found = tuple(_of_file(item, outcome) for item in found)
        sys.stdout.flush()
        print_findings(found)

    def end(self) -> None:
        """The warnings and the sum."""
        if self.as_json:
            print(json.dumps(self._members(), ensure_ascii=False, indent=2))
            return
        sys.stdout.flush()
        taken = [each for each in self.outcomes if each.word != "refused"]
        if self.many:
            for line in _grouped(taken):
                print(line, file=sys.stderr)
            typer.echo(self._sum())
        else:
            print_findings(found for each in taken for found in each.findings)

    def _count(self, word: str) -> int:
        return sum(each.word == word for each in self.outcomes)

    def _sum(self) -> str:
        words = _SUM["zh" if language() == "zh" else "en"]
        counts = {word: self._count(word) for word in words}
        shown = [
            text.format(counts[word]) for word, text in words.items() if counts[word] or word != "completed"
        ]
        return ("，" if language() == "zh" else ", ").join(shown)

    def _members(self) -> dict[str, Any]:
        counts = {word: self._count(word) for word in _SUM["en"]}
        return {**counts, "files": [_row(each) for each in self.outcomes]}


_SUM = {
    "en": {
        "published": "{} published",
        "completed": "{} completed",
        "unchanged": "{} unchanged",
        "refused": "{} refused",
    },
    "zh": {
        "published": "新发布 {} 份",
        "completed": "补全 {} 份",
        "unchanged": "内容相同未变 {} 份",
        "refused": "被拒绝 {} 份",
    },
}


def refused_code(report: Report) -> int:
    """Of one file: by what it was refused for, as every verb says it. Of several: that one was refused."""
    from gateway.cli.main import exit_code

    if report.many:
        return EXIT_NOT_CONFORMING
    return exit_code(found for each in report.refused for found in each.findings)


def _row(outcome: Outcome) -> dict[str, Any]:
    return {
        "file": outcome.file.encode("utf-8", "backslashreplace").decode(),
        "outcome": outcome.word,
        "id": outcome.pf_id or None,
        "models": list(outcome.models),
        "visibleTo": list(outcome.viewers),
        "deprecated": list(outcome.deprecated),
        "added": dict(outcome.added),
        "findings": [finding_json(item) for item in outcome.findings],
    }


_WORDS = {
    "en": {
        "published": "Published",
        "completed": "Already on offer, now complete:",
        "unchanged": "Already on offer, unchanged:",
    },
    "zh": {
        "published": "已发布",
        "completed": "此前已发布，本次补全",
        "unchanged": "此前已发布，内容相同",
    },
}
_ADDED = {
    "en": {"body": "PACT {}", "signature": "signature"},
    "zh": {"body": "PACT {} 版本", "signature": "签名"},
}


def _tell(outcome: Outcome, *, many: bool) -> None:
    lang = "zh" if language() == "zh" else "en"
    chinese = lang == "zh"
    models, seen = ", ".join(outcome.models), ", ".join(outcome.viewers)
    said = f"{_WORDS[lang][outcome.word]} {outcome.pf_id} (PACT {models})"
    seen = f"{'可见客户' if chinese else 'Visible to'}: {seen or ('暂无' if chinese else 'nobody yet')}"
    typer.echo(f"{printable(outcome.file)}: {said}. {seen}" if many else f"{said}\n{seen}")
    if outcome.added:
        added = dict.fromkeys(_ADDED[lang][what].format(model) for model, what in outcome.added.items())
        typer.echo(f"{'  已补充' if chinese else '  Added:'} {('、' if chinese else ', ').join(added)}")
    for pf_id in outcome.deprecated:
        typer.echo(f"{'  已改为 Deprecated' if chinese else '  Now Deprecated:'} {pf_id}")


def _of_file(item: Finding, outcome: Outcome) -> Finding:
    return replace(item, values={"file": outcome.file, **item.values})


def _grouped(outcomes: list[Outcome]) -> list[str]:
    """Each kind of warning at one place once, with the files that have it."""
    groups: dict[tuple[str, str], dict[str, Finding]] = {}
    for outcome in outcomes:
        for item in outcome.findings:
            place = "/".join(
                "*" if part.isdigit() else part for part in (item.origin or item.path).split("/")
            )
            groups.setdefault((item.rule, place), {}).setdefault(outcome.file, _of_file(item, outcome))
    told = []
    for of_files in groups.values():
        first, *others = of_files
        told.append(describe(of_files[first], language()) + _also(others))
    return told


def _also(others: list[str]) -> str:
    if not others:
        return ""
    named = [printable(name) for name in others[:PLACES]]
    if language() == "zh":
        return f"\n    另有 {len(others)} 个文件相同，如 {'、'.join(named)}"
    return f"\n    likewise in {len(others)} more file(s), such as {', '.join(named)}"
