"""Mapping tables: read from TOML, checked against every version they claim, compiled once into plans.

A table says how each leaf of the canonical record stands in a foreign document. The engine runs the same
rows in both directions. A table that names an unknown path, lens or clause, or that leaves a leaf of
either side unexplained, does not load.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import gateway.translate.lenses  # noqa: F401 - registers the lenses
from gateway.data import data_path, load_toml
from gateway.formats.leaves import escape
from gateway.formats.shape import Node, shape
from gateway.model.finding import GatewayError
from gateway.model.paths import canonical_keys, canonical_leaves
from gateway.translate.lens import Direction, Lens, LensError, bind

MEANINGS = ("same", "narrower", "broader", "related")
APPEND = "+"


class MappingError(GatewayError):
    """A table is wrong: a defect of ours, found when it loads."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: canonical path(s), foreign path(s), a bound lens, a meaning and a clause.

    Foreign segments: ``*`` any element, ``+`` an element chosen by what the lens accepts,
    ``{name}`` the element that the selector of that name recognises.
    """

    id: str
    canonical: tuple[tuple[str, ...], ...]
    external: tuple[tuple[str, ...], ...]
    lens: Lens
    lens_name: str
    parameters: Mapping[str, Any]
    meaning: str
    clause: str
    note: str
    order: int
    canonical_paths: tuple[str, ...]
    external_paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Law:
    """A sum that holds inside the foreign document: ``external`` equals the terms that are present."""

    id: str
    external: str
    terms: tuple[str, ...]
    clause: str


@dataclass(frozen=True, slots=True)
class Default:
    """A foreign leaf without a source: a constant with its reason, or a value taken from the run."""

    id: str
    external: str
    value: str
    reason: str
    clause: str
    when: str


@dataclass(frozen=True, slots=True)
class Drop:
    """A deliberate loss: everything below ``path`` that no row carries, with the reason."""

    id: str
    path: str
    reason: str
    reason_zh: str


@dataclass(slots=True)
class Way:
    """A row in one direction, with all that can be worked out before a document is seen.

    ``fixed``: the target paths as (steps, pointer), where no list is on the way. ``appended``: the target
    list takes elements in the order they come. ``rank``: when the row is carried; those that depend on other
    leaves come last on the way in. ``repeats``: the target holds any number of values.
    """

    row: Row
    near: tuple[tuple[str, ...], ...]
    far: tuple[tuple[str, ...], ...]
    function: Direction
    accepts: Callable[[str], bool] | None
    rank: int
    fixed: tuple[tuple[tuple[str, ...], str], ...] | None
    appended: bool
    plain: bool
    repeats: bool

    @classmethod
    def of(cls, row: Row, *, down: bool) -> Way:
        near, far = (row.canonical, row.external) if down else (row.external, row.canonical)
        lists = any(
            part in ("*", APPEND) or part.startswith("{") or part.isdigit() for path in far for part in path
        )
        return cls(
            row,
            near,
            far,
            row.lens.lower if down else row.lens.lift,
            None if down else row.lens.accepts,
            row.order + (1_000_000 if row.lens.needs and not down else 0),
            None if lists else tuple((path, "/" + "/".join(map(escape, path))) for path in far),
            not down and any(APPEND in path for path in row.external),
            row.lens.verbatim and row.meaning == "same" and len(near) == len(far) == 1 and not lists,
            any(part in ("*", APPEND) for path in far for part in path),
        )


@dataclass(slots=True)
class Branch:
    """A node of the compiled plan: where the walk of a document stands. ``segment`` is its part of a pointer."""

    segment: str = ""
    children: dict[str, Branch] = field(default_factory=dict)
    ways: list[Way] = field(default_factory=list)
    partner: bool = False
    drop: Drop | None = None
    selectors: list[tuple[str, str, Branch]] = field(default_factory=list)

    def below(self, path: Iterable[str], selectors: Mapping[str, Any]) -> Branch:
        node = self
        for part in path:
            if part.startswith("{"):
                name = part[1:-1]
                for known, _, branch in node.selectors:
                    if known == name:
                        node = branch
                        break
                else:
                    branch = Branch()
                    node.selectors.append((name, selectors[name]["key"], branch))
                    node = branch
            else:
                name = "*" if part == APPEND else part
                node = node.children.setdefault(name, Branch("/" + escape(name)))
        return node


@dataclass(frozen=True, slots=True)
class Plan:
    """One version of a table, ready to run in both directions."""

    mapping: str
    version: str
    rows: tuple[Row, ...]
    laws: tuple[Law, ...]
    defaults: tuple[Default, ...]
    drops: tuple[Drop, ...]
    groups: Mapping[str, Mapping[str, str]]
    selectors: Mapping[str, Mapping[str, str]]
    by_canonical: Branch
    by_external: Branch
    constants: tuple[Row, ...]
    mirror: bool
    """Whether every row is the same text at the same path: then lifting need not build a second tree."""

    @property
    def format_id(self) -> str:
        return f"{self.mapping}@{self.version}"

    def row_for_external(self, pattern: str) -> Row | None:
        """The row that writes a foreign leaf, by its path with wildcards."""
        for row in self.rows:
            if pattern in row.external_paths:
                return row
        return None


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
    _check(made)
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
    try:
        bound = bind(name, parameters)
    except LensError as error:
        raise MappingError(f"{row['id']}: {error}") from error
    paths = (tuple(map(_split, canonical)), tuple(map(_split, external)))
    return Row(
        row["id"], *paths, bound, name, parameters, meaning, clause, row.get("note", ""), order,
        tuple("/" + "/".join(path) for path in paths[0]), tuple("/".join(path) for path in paths[1]),
    )  # fmt: skip


def _extension_rows(raw: Mapping[str, Any], rows: list[Row], version: str) -> list[Row]:
    """Rows for canonical leaves that have no place of their own and travel in an extension, path for path."""
    extension = raw.get("extension")
    if not extension:
        return []
    taken = {path for row in rows for path in row.canonical_paths}
    found = []
    for path in canonical_leaves():
        prefix = next((p for p in extension["carries"] if path == p or path.startswith(p + "/")), None)
        if prefix is None or (path in taken and path not in extension["carries"]):
            continue
        row = {"id": f"{extension['id']}:{path}", "clause": extension["clause"]}
        found.append(_row(raw, row, [path], [extension["at"] + path], "verbatim", {}, 10_000 + len(found)))
    return found


def _compile(raw: Mapping[str, Any], version: str, rows: list[Row], extension: bool) -> Plan:
    selectors = raw.get("selectors", {})
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
        Drop(d["id"], d["path"], d["reason"], d.get("reason_zh", d["reason"]))
        for d in raw.get("drop", [])
        if _in_version(d, version, raw["versions"])
    ]
    for drop in drops:
        side = by_canonical if drop.path.startswith("/") else by_external
        side.below(_split(drop.path), selectors).drop = drop
    laws = tuple(
        Law(w["id"], w["external"], tuple(w["terms"]), w["clause"])
        for w in raw.get("law", [])
        if _in_version(w, version, raw["versions"])
    )
    defaults = tuple(
        Default(d["id"], d["external"], d["value"], d["reason"], d["clause"], d.get("when", ""))
        for d in raw.get("default", [])
        if _in_version(d, version, raw["versions"]) and (extension or "{" not in d["external"])
    )
    constants = tuple(row for row in rows if not row.external)
    return Plan(
        raw["mapping"], version, tuple(rows), laws, defaults, tuple(drops), raw.get("groups", {}), selectors,
        by_canonical, by_external, constants, _mirrors(rows, laws),
    )  # fmt: skip


def _mirrors(rows: list[Row], laws: tuple[Law, ...]) -> bool:
    same = (r.lens.verbatim and r.lens.accepts is None and r.meaning == "same" for r in rows)
    return all(same) and all(r.canonical == r.external for r in rows) and not laws


# --- checks ---------------------------------------------------------------------------------------------


def _check(made: Plan) -> None:
    problems = [
        *_duplicate_ids(made),
        *_unknown_canonical(made),
        *_uncovered_canonical(made),
        *_external_problems(made, shape(made.format_id)),
        *_unknown_clauses(made),
        *_wrong_groups(made),
    ]
    if problems:
        raise MappingError(f"{made.format_id}: " + "; ".join(problems[:20]))


def _duplicate_ids(made: Plan) -> Iterable[str]:
    seen: set[str] = set()
    for item in (*made.rows, *made.laws, *made.defaults, *made.drops):
        if item.id in seen:
            yield f"id {item.id} stands twice"
        seen.add(item.id)


def _unknown_canonical(made: Plan) -> Iterable[str]:
    known = canonical_leaves()
    for row in made.rows:
        for path in (*row.canonical_paths, *row.lens.needs):
            if path not in known:
                yield f"{row.id} names {path}, which the record does not have"
        if row.external and row.canonical[0].count("*") != sum(p in ("*", APPEND) for p in row.external[0]):
            single = row.external[0].count(APPEND) == 1 and not row.canonical[0].count("*")
            if not single:
                yield f"{row.id}: the two sides repeat differently"
    for drop in made.drops:
        if drop.path.startswith("/") and not any(_covers(drop.path, path) for path in known):
            yield f"{drop.id} drops {drop.path}, which the record does not have"


def _covers(prefix: str, path: str) -> bool:
    return path == prefix or path.startswith(prefix + "/") or path.startswith(prefix + "/*")


def _uncovered_canonical(made: Plan) -> Iterable[str]:
    carried = {path for row in made.rows for path in row.canonical_paths}
    dropped = [drop.path for drop in made.drops if drop.path.startswith("/")]
    for path in canonical_leaves():
        if path not in carried and not any(_covers(prefix, path) for prefix in dropped):
            yield f"{path} has neither a row nor a drop"


def _external_problems(made: Plan, root: Node) -> Iterable[str]:
    named = {path for row in made.rows for path in row.external_paths}
    named |= {law.external for law in made.laws} | {default.external for default in made.defaults}
    plain = {path.replace(APPEND, "*") for path in named}
    dropped = [drop.path for drop in made.drops if not drop.path.startswith("/")]
    for path in sorted(named) + dropped:
        if not _exists(root, path, leaf=path in named):
            yield f"{path} is not in the schema"
    for path, required in root.leaves():
        covered = any(_matches(path, p) for p in plain)
        if not covered and not any(path == d or path.startswith(d + "/") for d in dropped):
            yield f"{path} ({'required' if required else 'optional'}) has no row, law, default or drop"


def _matches(leaf: str, named: str) -> bool:
    a, b = leaf.split("/"), named.split("/")
    same = (y == x or (x == "*" and (y.startswith("{") or y.isdigit())) for x, y in zip(a, b, strict=False))
    return all(same) and len(b) >= len(a)


def _exists(root: Node, path: str, *, leaf: bool = True) -> bool:
    node, parts = root, path.split("/")
    for part in parts:
        if node.open:
            return True
        if part in ("*", APPEND) or part.startswith("{") or part.isdigit():
            continue
        child = node.children.get(part)
        if child is None:
            return False
        node = child
    return not (leaf and node.children)


def _unknown_clauses(made: Plan) -> Iterable[str]:
    if not data_path("mappings", "sources.toml").is_file():
        return
    known = load_toml("mappings", "sources.toml")["standards"]
    for item in (*made.rows, *made.laws, *made.defaults):
        if item.clause.partition(":")[0] not in known:
            yield f"{item.id} cites {item.clause or 'nothing'}, which mappings/sources.toml does not know"


def _wrong_groups(made: Plan) -> Iterable[str]:
    """A group names a foreign list, its key, and the canonical list: the row of the key must join the two."""
    for external, group in made.groups.items():
        ours = f"{group['canonical']}/*/{canonical_keys().get(group['canonical'])}"
        row = made.row_for_external(f"{external}/*/{group['key']}")
        if row is None or ours not in row.canonical_paths:
            yield f"the group {external} is not paired by {group['key']}"
