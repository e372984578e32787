"""From a place in the target back to the sender's own field, through the ledger and the tables."""

from __future__ import annotations

from functools import cache

from gateway.formats.fields import record_fields
from gateway.formats.leaves import pattern_of
from gateway.methods.join import join_table
from gateway.model.finding import Finding, finding
from gateway.translate.ledger import Ledger
from gateway.translate.mapping import Plan, Row


def trace(
    found: list[Finding],
    ledger: Ledger,
    target: Plan,
    source: Plan,
    join: str | None,
    known: dict[tuple[str, ...], str] | None = None,
) -> list[Finding]:
    """The findings on a target document, each pointing at the field of the source where it can be mended.

    ``known``: fields found before for documents whose ledger leads from the same leaves to the same leaves.
    """
    traced = []
    for item in found:
        places = tuple(_candidates(item))
        origin = None if known is None else known.get(places)
        if origin is None:
            origin = origin_of(item, ledger, target, source, join)
            if known is not None and len(known) < MOST_ROWS:
                known[places] = origin
        traced.append(item.traced(origin))
    return traced


def fields_to_fill(traced: list[Finding], target: Plan) -> list[Finding]:
    """For leaves that the target misses and the source format has no field for: the field of the Chinese record.

    Whoever sends a foreign document cannot mend it there; by way of a record the missing leaf can be filled in.
    """
    found: dict[str, Finding] = {}
    for item in traced:
        row = _row_for(item.path, target) if item.rule == "SCHEMA-REQUIRED" and not item.origin else None
        known = row and _field_titles().get(pattern_of(row.canonical_paths[0]))
        if row and known:
            path = row.canonical_paths[0]
            told = finding("FIELD-OF-THE-RECORD", item.path, severity="info", stage="translate",
                           field=path, title_en=known[0], title_zh=known[1])  # fmt: skip
            found.setdefault(path, told)
    return list(found.values())


@cache
def _field_titles() -> dict[str, tuple[str, str]]:
    return {field.path: (field.en, field.zh) for field in record_fields()}


_FIELDS: dict[tuple[str, int, int, str | None], str] = {}
"""Fields found before; plans live as long as the process, so their identity names them."""


def origin_of(item: Finding, ledger: Ledger, target: Plan, source: Plan, join: str | None) -> str:
    """The source field behind a finding; for a missing leaf, the field that would fill it."""
    for path in _candidates(item):
        origin = ledger.origin_of(path)
        if origin:
            return origin
        # the first element of a list may have a row of its own
        firsts = "/".join("*" if part.isdigit() and part != "0" else part for part in path.split("/"))
        known = (firsts, id(target), id(source), join)
        if known not in _FIELDS:
            row = _row_for(path, target)
            _FIELDS[known] = "" if row is None else _source_field(row.canonical_paths[0], source, join)
        field = _FIELDS[known]
        beside = _beside(path, field, ledger, target, source)
        if beside or field:
            return beside or _concrete(field, path)
    return ""


_ROWS: dict[tuple[str, int], Row | None] = {}
"""The row of a place in a target, where it was asked for before."""

MOST_ROWS = 4_000


def _beside(path: str, field: str, ledger: Ledger, target: Plan, source: Plan) -> str:
    """The field of a missing leaf, by the leaves that stand beside it: these show which good, which parameter.

    Positions in the target say nothing of positions in the source where parts are joined.
    """
    parent, _, name = path.strip("/").rpartition("/")
    place = (f"{parent}/{name}", id(target))
    if place not in _ROWS:
        _ROWS[place] = _row_at(place[0], target)
        while len(_ROWS) > MOST_ROWS:
            del _ROWS[next(iter(_ROWS))]
    ours = _ROWS[place]
    for row in target.rows if ours is not None else ():
        head, _, last = row.external_paths[0].rpartition("/") if row.external else ("", "", "")
        if pattern_of(f"/{head}") != pattern_of(f"/{parent}"):
            continue
        group, _, known = ledger.origin_of(f"/{parent}/{last}").rpartition("/")
        if group and field and pattern_of(group) == field.rpartition("/")[0]:
            return f"{group}/{field.rpartition('/')[2]}"
        wanted = ours.canonical_paths[0].rpartition("/")[2] if ours is not None else ""
        alike = group and known == row.canonical_paths[0].rpartition("/")[2]
        if alike and source.row_for_external(pattern_of(f"{group}/{wanted}").strip("/")) is not None:
            return f"{group}/{wanted}"
    return ""


def _is_at(row: Row, path: str) -> bool:
    """Whether a row writes this place: a star stands for any element, a number for that one."""
    parts = path.strip("/").split("/")
    for external in row.external_paths:
        own = external.split("/")
        if len(own) == len(parts) and all(
            one == other or (one == "*" and other.isdigit()) for one, other in zip(own, parts, strict=True)
        ):
            return True
    return False


def _concrete(field: str, path: str) -> str:
    """The wildcards of a field filled with the indices of the place in the target, in their order.

    One that the place does not tell (which process a lot comes from) stays a wildcard: it is not guessed.
    """
    indices = iter([part for part in path.split("/") if part.isdigit()])
    filled = (next(indices, "*") if part == "*" else part for part in field.split("/"))
    return "/".join("*" if part == _UNTOLD else part for part in filled)


_UNTOLD = "?"
_TOLD_BY_THE_PLACE = ("{c}", "{l}", "{i}")
"""Slots of a join whose numbers are those of the view; the others follow references of the record."""


def _candidates(item: Finding) -> list[str]:
    expected = item.values.get("expected", "").split(", ")[0] if item.rule.startswith("XSD-MISSING") else ""
    return [f"{item.path}/{expected}", item.path] if expected else [item.path]


def _row_at(path: str, target: Plan) -> Row | None:
    """The row that writes a place; one that names an element of a list by its number goes before the others."""
    return min((row for row in target.rows if _is_at(row, path)), key=_stars, default=None)


def _stars(row: Row) -> int:
    return row.external_paths[0].count("*") if row.external else 0


def _row_for(path: str, target: Plan) -> Row | None:
    pattern = pattern_of(path).strip("/")
    exact = _row_at(path, target) or target.row_for_external(pattern)
    if exact is not None:
        return exact
    listed = [f"{pattern}/+", f"{pattern}/*", f"{pattern}/0"]
    for row in target.rows:
        for external in row.external_paths:
            told = pattern_of(external)  # a node of one element stands at its place 0
            if external in listed or told in listed or told.startswith(f"{pattern}/"):
                return row
    return None


def _source_field(canonical: str, source: Plan, join: str | None) -> str:
    """The field of the source format that fills a canonical leaf, by way of the join where there is one."""
    untold: list[int] = []
    if join is not None:
        for row in join_table(join)["row"]:
            far = "/".join("*" if part.startswith("{") else part for part in row["to"].split("/"))
            if canonical == far or (far.endswith("/**") and canonical.startswith(far[:-2])):
                tail = canonical[len(far) - 3 :] if far.endswith("/**") else ""
                near = row["from"].removesuffix("/**") + tail
                slots = [part for part in near.split("/") if part.startswith("{") or part == "*"]
                untold = [n for n, part in enumerate(slots) if part not in ("*", *_TOLD_BY_THE_PLACE)]
                canonical = "/".join("*" if part.startswith("{") else part for part in near.split("/"))
                break
    if canonical not in {path for row in source.rows for path in row.canonical_paths}:
        canonical = pattern_of(canonical)  # one place of a list that the source writes as a whole
    for row in source.rows:
        if canonical in row.canonical_paths and row.external:
            place = min(
                row.canonical_paths.index(canonical), len(row.external_paths) - 1
            )  # several may be packed
            return _marked("/" + row.external_paths[place], untold)
    return ""


def _marked(field: str, untold: list[int]) -> str:
    """A field with the wildcards marked whose numbers the place in the target does not tell."""
    parts = field.split("/")
    wildcards = [index for index, part in enumerate(parts) if part == "*"]
    for number in untold:
        if number < len(wildcards):
            parts[wildcards[number]] = _UNTOLD
    return "/".join(parts)
