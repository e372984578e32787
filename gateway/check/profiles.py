"""Profiles: what a standard asks for beyond what every record must obey.

A profile names a column of a mapping table: each row that carries it is asked for, and the column's value
is the part of the report that asks. A missing field is a warning for the purpose; a partial record stays
valid.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from gateway.check.access import is_present
from gateway.check.catalog import CatalogError, rules
from gateway.data import data_path, load_toml
from gateway.formats.leaves import Tree
from gateway.model.finding import Finding, GatewayError


class UnknownProfile(GatewayError):
    """No such profile; the message lists those there are."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One field that a profile asks for."""

    path: str
    zh: str
    en: str
    part: str


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile, its title in each language, and what it asks for in which part of the report."""

    id: str
    document: str
    rule: str
    title: dict[str, str]
    parts: dict[str, dict[str, str]]
    asked: tuple[Asked, ...]


def profile_names() -> list[str]:
    """The ids of all profiles."""
    return sorted(p.stem for p in data_path("conformance", "profiles").glob("*.toml"))


@cache
def profile_named(name: str) -> Profile:
    """A profile by id. Raises UnknownProfile."""
    if name not in profile_names():
        raise UnknownProfile(f"no profile {name!r}; there are: {', '.join(profile_names())}")
    data = load_toml("conformance", "profiles", f"{name}.toml")
    table = load_toml("mappings", f"{data['table']}.toml")
    column = data["column"]
    asked = tuple(
        Asked(row["canonical"], row["zh"], row["en"], row[column]) for row in table["field"] if column in row
    )
    unknown = {a.part for a in asked} - set(data["parts"])
    if unknown or data["rule"] not in rules():
        raise CatalogError(f"profile {name}: unknown parts {sorted(unknown)} or rule {data['rule']}")
    return Profile(name, data["document"], data["rule"], data["title"], data["parts"], asked)


def missing_fields(tree: Tree, profile: Profile) -> Iterator[Finding]:
    """A finding for each asked field that is absent; in a list, for each element that lacks it."""
    rule = rules()[profile.rule]
    for asked in profile.asked:
        for path in _gaps(tree, asked.path.split("/")[1:], ""):
            part = profile.parts[asked.part]
            yield Finding(
                rule.id,
                rule.severity,
                "purpose",
                path,
                values={"zh": asked.zh, "en": asked.en, "part_zh": part["zh"], "part_en": part["en"]},
            )


def _gaps(node: Tree, parts: list[str], path: str) -> Iterator[str]:
    if not parts:
        if not is_present(node):
            yield path
    elif parts[0] == "*":
        if not isinstance(node, list) or not node:
            yield path
            return
        for index, element in enumerate(node):
            yield from _gaps(element, parts[1:], f"{path}/{index}")
    else:
        below = node.get(parts[0]) if isinstance(node, dict) else None
        if below is None:
            yield "/".join([path, *(p for p in parts if p != "*")])
        else:
            yield from _gaps(below, parts[1:], f"{path}/{parts[0]}")
