"""Mapping tables: read from TOML, checked against every version they claim, compiled once into plans.

A table says how each leaf of the canonical record stands in a foreign document. The engine runs the same
rows in both directions. A table that names an unknown path, lens or clause, or that leaves a leaf of
either side unexplained, does not load.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import gateway.translate.lenses
import gateway.translate.lenses_conditions
import gateway.translate.lenses_footprint
import gateway.translate.lenses_per_unit
import gateway.translate.lenses_workbook  # noqa: F401
from gateway.data import data_path, load_toml
from gateway.formats.codes import CodeListError
from gateway.formats.json_reader import NumberText
from gateway.formats.shape import shape
from gateway.model.finding import GatewayError
from gateway.model.paths import canonical_leaves
from gateway.translate.lens import LensError, bind
from gateway.translate.numeric import has_numbers, holds_number, with_numbers
from gateway.translate.soundness import problems
from gateway.translate.table import APPEND, Branch, Default, Derivation, Drop, Law, Plan, Row, Way

__all__ = [
    "APPEND",
    "Branch",
    "Default",
    "Drop",
    "Law",
    "MappingError",
    "Plan",
    "Row",
    "Way",
    "mappings",
    "plan",
]

MEANINGS = ("same", "narrower", "broader", "related")


class MappingError(GatewayError):
    """A table is wrong: a defect of ours, found when it loads."""


@cache
def plan(format_id: str, extension: bool = True) -> Plan:
    """The compiled plan of a format version. ``extension = False`` leaves out rows of the extension.

    Raises MappingError when the table is wrong.
    """
    name, _, version = format_id.partition("@")
    if not data_path("mappings", f"{name}.toml").is_file():
        raise MappingError(f"there is no table for {name}")
    raw = load_toml("mappings", f"{name}.toml")
    if version not in raw["versions"]:
        raise MappingError(f"{name}: version {version} is not one of {raw['versions']}")
    rows = _rows(raw, version)
    if extension:
        rows += _extension_rows(raw, rows, version)
    else:
        rows = [row for row in rows if not any("{" in path for path in row.external_paths)]
    made = _compile(raw, version, rows, extension)
    wrong = list(problems(made))
    if wrong:
        raise MappingError(f"{format_id}: " + "; ".join(wrong[:20]))
    return made


def mappings() -> list[str]:
    """The names of all tables."""
    return sorted(p.name.removesuffix(".toml") for p in data_path("mappings").glob("*.*.toml"))


def _listed(value: Any) -> list[str]:
    return [] if value is None else [value] if isinstance(value, str) else list(value)


def _split(path: str) -> tuple[str, ...]:
    return tuple(path.strip("/").split("/"))


def _in_version(row: Mapping[str, Any], version: str, versions: list[str]) -> bool:
    here = versions.index(version)
    since, until = row.get("since", versions[0]), row.get("until", versions[-1])
    return versions.index(since) <= here <= versions.index(until)


def _rows(raw: Mapping[str, Any], version: str) -> list[Row]:
    found: list[Row] = []
    for order, row in enumerate(raw.get("field", [])):
        if not _in_version(row, version, raw["versions"]):
            continue
        canonical = _listed(row["canonical"])
        name, parameters = row.get("lens", "verbatim"), row.get("with", {})
        external = _listed(row.get("external", None if name == "constant" else canonical))
        found.append(_row(raw, row, canonical, external, name, parameters, order))
    return found


def _row(
    raw: Mapping[str, Any],
    row: Mapping[str, Any],
    canonical: list[str],
    external: list[str],
    name: str,
    parameters: Mapping[str, Any],
    order: int,
) -> Row:
    meaning, clause = row.get("meaning", "same"), row.get("clause", raw.get("clause", ""))
    if meaning not in MEANINGS:
        raise MappingError(f"{row['id']}: meaning {meaning} is not one of {MEANINGS}")
    for part in (part for path in external for part in _split(path) if part.startswith("{")):
        if part[1:-1] not in raw.get("selectors", {}):
            raise MappingError(f"{row['id']}: no selector is called {part[1:-1]}")
    try:
        bound = bind(name, parameters)
    except (LensError, CodeListError) as error:
        raise MappingError(f"{row['id']}: {error}") from error
    paths = (tuple(map(_split, canonical)), tuple(map(_split, external)))
    return Row(
        row["id"], *paths, bound, name, parameters, meaning, clause, row.get("note", ""), order,
        tuple("/" + "/".join(path) for path in paths[0]), tuple("/".join(path) for path in paths[1]),
        row.get("distinct", False),
    )  # fmt: skip


def _extension_rows(raw: Mapping[str, Any], rows: list[Row], version: str) -> list[Row]:
    """Rows for canonical leaves that have no place of their own and travel in an extension, path for path."""
    extension = raw.get("extension")
    if not extension or not _in_version(extension, version, raw["versions"]):
        return []
    taken = {path for row in rows for path in row.canonical_paths}
    found: list[Row] = []
    for path in canonical_leaves():
        prefix = next((p for p in extension["carries"] if path == p or path.startswith(p + "/")), None)
        if prefix is None or (path in taken and path not in extension["carries"]):
            continue
        row = {"id": f"{extension['id']}:{path}", "clause": extension["clause"]}
        found.append(_row(raw, row, [path], [extension["at"] + path], "verbatim", {}, 10_000 + len(found)))
    return found


def _compile(raw: Mapping[str, Any], version: str, rows: list[Row], extension: bool) -> Plan:
    selectors = raw.get("selectors", {})
    root = shape(f"{raw['mapping']}@{version}")
    rows = [with_numbers(row, root) for row in rows]
    by_canonical, by_external = Branch(), Branch()
    for row in rows:
        for index, path in enumerate(row.canonical):
            branch = by_canonical.below(path, selectors)
            if index == 0:
                branch.ways.append(Way.of(row, down=True))
            else:
                branch.partner = True
        for index, path in enumerate(row.external):
            branch = by_external.below(path, selectors)
            if index == 0:
                branch.ways.append(Way.of(row, down=False))
            else:
                branch.partner = True
    drops = [
        Drop(d["id"], d["path"], d["reason"], d.get("reason_zh", d["reason"]), d.get("names", {}))
        for d in raw.get("drop", [])
        if _in_version(d, version, raw["versions"])
    ]
    for drop in drops:
        side = by_canonical if drop.path.startswith("/") else by_external
        side.below(_split(drop.path), selectors).drop = drop
    laws = tuple(
        Law(
            **{**{k: v for k, v in w.items() if k not in ("since", "until")}, "terms": tuple(w["terms"])},
            number=holds_number(root, w["external"]),
        )
        for w in raw.get("law", [])
        if _in_version(w, version, raw["versions"])
    )
    defaults = tuple(
        _default(d)
        for d in raw.get("default", [])
        if _in_version(d, version, raw["versions"]) and (extension or "{" not in d["external"])
    )
    constants = tuple(row for row in rows if not row.external)
    derivations = tuple(
        _derivation(d) for d in raw.get("derive", []) if _in_version(d, version, raw["versions"])
    )
    return Plan(
        raw["mapping"], version, tuple(rows), laws, defaults, tuple(drops), raw.get("groups", {}), selectors,
        by_canonical, by_external, constants, _mirrors(rows, laws), derivations, has_numbers(root),
    )  # fmt: skip


def _default(row: Mapping[str, Any]) -> Default:
    """A constant as a leaf of a document: a number is text that is written as a number."""
    value = NumberText(row["value"]) if type(row["value"]) is int else row["value"]
    more = row.get("when", ""), row.get("zero", "")
    return Default(row["id"], row["external"], value, row["reason"], row["clause"], *more)


def _derivation(row: Mapping[str, Any]) -> Derivation:
    stated: dict[str, Any] = {key: value for key, value in row.items() if key not in ("since", "until")}
    made: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in stated.items()}
    made["readings"] = tuple(map(tuple, made.get("readings", ())))
    return Derivation(**made)


def _mirrors(rows: list[Row], laws: tuple[Law, ...]) -> bool:
    same = (r.lens.verbatim and r.lens.accepts is None and r.meaning == "same" for r in rows)
    return all(same) and all(r.canonical == r.external for r in rows) and not laws
