"""A mapping table in memory: its rows, laws, constants and losses, and the plan compiled from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.formats.json_reader import NumberText
from gateway.formats.leaves import escape
from gateway.translate.lens import Direction, Lens

APPEND = "+"


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
    distinct: bool = False
    """Whether the foreign list holds each text once: a second one that is equal is left behind."""


@dataclass(frozen=True, slots=True)
class Law:
    """What holds inside the foreign document: ``external`` equals the terms that are present, added up.

    A law with a ``kind`` stands in lists too and needs all of its terms (`gateway.translate.totals`).
    ``mass``: where the unit of the mass among the terms stands. ``per``: a unit that must be stated as given.
    ``places``: decimals of the result, where it has to be rounded.
    """

    id: str
    external: str
    terms: tuple[str, ...]
    clause: str
    kind: str = ""
    mass: str = ""
    per: Mapping[str, str] = field(default_factory=dict)
    places: int | None = None
    note: str = ""
    number: bool = False

    def spelt(self, text: str) -> str:
        """The figure as the document holds it: text, or a JSON number."""
        return NumberText(text) if self.number else text


@dataclass(frozen=True, slots=True)
class Default:
    """A foreign leaf without a source: a constant with its reason, or a value taken from the run.

    A whole number of the table is written as a number, a boolean as a boolean. ``when``: what must stand in the
    document; ``zero``: a figure of it that must be zero.
    """

    id: str
    external: str
    value: Any
    reason: str
    clause: str
    when: str
    zero: str = ""


@dataclass(frozen=True, slots=True)
class Drop:
    """A deliberate loss: everything below ``path`` that no row carries, with the reason.

    ``names``: the lost text is the name of the code beside it (``code``, in ``list``), and may be lost only
    where the list gives that code this name.
    """

    id: str
    path: str
    reason: str
    reason_zh: str
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Derivation:
    """A leaf of the record that the format asks for and the record states only in other words: the sum of others.

    It is made where it is not stated, ``given`` is (if named), ``unless`` is not, and the first of ``terms`` is.
    ``zero``: leaves that must be zero or absent, since the two figures treat them differently. ``known``: leaves one
    of which must be stated, unless ``or_zero`` is stated as zero. ``agrees``: a stated figure that must equal the sum
    of one of the ``readings`` (lists of leaves, in the order in which they are tried), but for rounding, or the parts
    are not all of it. ``told``: for each reading the rule of the finding that says it was taken, where the leaf
    ``about`` is not zero. ``asks``: terms that are named in a warning where nobody stated them. ``where``: a leaf
    (``path``) that must say one of ``in``; ``value``: what the clause says the figure then is, whatever the terms
    are. ``checks``: nothing is made; the leaf is stated, and what stands in its way is said.
    """

    id: str
    canonical: str
    terms: tuple[str, ...]
    clause: str
    given: str = ""
    unless: str = ""
    where: Mapping[str, Any] = field(default_factory=dict)
    value: str = ""
    zero: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    or_zero: str = ""
    agrees: str = ""
    readings: tuple[tuple[str, ...], ...] = ()
    told: tuple[str, ...] = ()
    about: str = ""
    asks: tuple[str, ...] = ()
    checks: bool = False
    note: str = ""


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
    derivations: tuple[Derivation, ...] = ()
    numbers: bool = False
    """Whether the format has JSON numbers among its leaves."""
    reflected: dict[str, tuple[Row, tuple[str, ...], tuple[str, ...]]] = field(default_factory=dict)
    """Of a mirror: the row of each path met before, and the path as source and target."""

    @property
    def format_id(self) -> str:
        return f"{self.mapping}@{self.version}"

    def row_for_external(self, pattern: str) -> Row | None:
        """The row that writes a foreign leaf, by its path with wildcards."""
        for row in self.rows:
            if pattern in row.external_paths:
                return row
        return next(
            (row for row in self.rows if any(_as_pattern(p) == pattern for p in row.external_paths)), None
        )


def _as_pattern(path: str) -> str:
    return "/".join("*" if part.isdigit() else part for part in path.split("/"))
