"""``cbamgw explain RULE``: what a rule says, why, by which clause, how to mend it, and examples."""

from __future__ import annotations

import sys
from difflib import get_close_matches

import typer

from gateway.check.catalog import Rule, rules
from gateway.check.predicates import describe_predicate, predicates_in
from gateway.check.rules import places_of
from gateway.check.sources import UnknownClause, clause_title
from gateway.check.suite import Case, cases
from gateway.cli.common import EXIT_USAGE, language

_WORDS = {
    "en": {
        "why": "Why",
        "fix": "Fix",
        "clause": "Clause",
        "where": "Checked",
        "test": "Test",
        "pass": "Passes",
        "fail": "Fails",
        "unknown": "There is no rule {id}. Nearest: {near}",
        "profile": "Profile",
    },
    "zh": {
        "why": "原因",
        "fix": "处理",
        "clause": "依据",
        "where": "检查位置",
        "pass": "通过示例",
        "fail": "不通过示例",
        "unknown": "没有规则 {id}。相近的有：{near}",
        "profile": "适用规范",
    },
}

_SEVERITY = {"error": "错误", "warning": "警告", "info": "提示"}


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""

    @app.command("explain", epilog="Example: cbamgw explain RECORD-USCC")
    def explain(
        rule_id: str = typer.Argument(metavar="RULE", help="The id of a rule, e.g. RECORD-USCC."),
    ) -> None:
        """Explain a rule: what it says, why, its clause, how to mend it, examples."""
        lang = language()
        rule = rules().get(rule_id.upper())
        if rule is None:
            near = ", ".join(get_close_matches(rule_id.upper(), rules(), n=5, cutoff=0.3)) or "-"
            print(_WORDS[lang]["unknown"].format(id=rule_id, near=near), file=sys.stderr)
            raise typer.Exit(EXIT_USAGE)
        print(explanation(rule, lang))


def explanation(rule: Rule, lang: str) -> str:
    """Everything the gateway knows of a rule, as text. Placeholders stay as ``{name}``."""
    words, text = _WORDS[lang], rule.text(lang)
    severity = _SEVERITY[rule.severity] if lang == "zh" else rule.severity
    lines = [f"{rule.id} [{severity}, {rule.stage}]", f"  {text.what}", ""]
    lines += [
        f"{words['why']}: {text.why}",
        f"{words['fix']}: {text.fix}",
        f"{words['clause']}: {_clause(rule, lang)}",
    ]
    if "require" in rule.body:
        place = ", ".join(places_of(rule)) or "/"
        lines.append(f"{words['where']}: {rule.body.get('document', 'canonical')} {place}")
    if lang == "en":  # the docstrings of predicates are English
        used = predicates_in(rule.body.get("require", {}))
        lines += [f"{words['test']}: {describe_predicate(name)}" for name in used]
    if "profile" in rule.body:
        lines.append(f"{words['profile']}: {rule.body['profile']}")
    lines += [line for case in cases() if case.rule == rule.id for line in _example(case, lang)]
    return "\n".join(lines)


def _clause(rule: Rule, lang: str) -> str:
    try:
        return f"{clause_title(rule.clause, lang)} [{rule.clause}]"
    except UnknownClause:
        return rule.clause


def _example(case: Case, lang: str) -> list[str]:
    edits = "; ".join(str(edit) for edit in case.edits)
    lines = [f"{_WORDS[lang][case.verdict]}: {case.base}: {edits}"]
    if case.verdict == "fail":
        lines.append(f"    {case.why_zh if lang == 'zh' else case.why_en}")
    return lines
