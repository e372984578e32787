"""The register of standards and clauses: what a clause key means, and whether its text was read.

A key is ``STANDARD:clause``. The standard must be registered; the clause may be, with a title of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any

from gateway.data import load_toml
from gateway.model.finding import GatewayError


class UnknownClause(GatewayError):
    """A clause key whose standard is not in ``mappings/sources.toml``."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of a standard. ``consulted``: its text was at hand; ``confirmed``: its number is certain."""

    key: str
    standard: dict[str, str]
    place: str
    zh: str
    en: str
    consulted: bool
    confirmed: bool


@cache
def _register() -> dict[str, Any]:
    return load_toml("mappings", "sources.toml")


def standards() -> dict[str, dict[str, Any]]:
    """Every registered standard by its key."""
    rows: dict[str, dict[str, Any]] = _register()["standards"]
    return rows


@cache
def clause(key: str) -> Clause:
    """A clause by key. Raises UnknownClause, naming the nearest standards."""
    name, _, place = key.partition(":")
    standard = standards().get(name)
    if standard is None:
        near = ", ".join(get_close_matches(name, standards(), n=3, cutoff=0.4)) or "none is near"
        raise UnknownClause(f"clause {key!r}: no standard {name!r} in mappings/sources.toml ({near})")
    row = _register()["clauses"].get(key, {})
    return Clause(
        key,
        standard,
        place,
        row.get("zh", place),
        row.get("en", place),
        row.get("text", standard["text"]) == "consulted",
        row.get("confirmed", standard.get("confirmed", True)),
    )


def clause_title(key: str, lang: str = "en") -> str:
    """Standard and clause in one line, with its state where its text was not read or its number is not sure.

    Raises UnknownClause.
    """
    found = clause(key)
    chinese = lang == "zh"
    title = found.standard.get("title_zh") or found.standard["title"] if chinese else found.standard["title"]
    detail = found.zh if chinese else found.en
    notes = []
    if not found.consulted:
        notes.append("未查阅原文" if chinese else "text not consulted")
    if not found.confirmed:
        notes.append("条款号待确认" if chinese else "clause to confirm")
    state = (f"（{'，'.join(notes)}）" if chinese else f" ({'; '.join(notes)})") if notes else ""
    joint = "，" if chinese else ", "
    return f"{title}{joint}{detail}{state}" if detail else f"{title}{state}"
