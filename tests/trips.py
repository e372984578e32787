"""A trip abroad and home again, and the checks that every trip must pass.

The checks are plain functions that raise AssertionError, so that tests run them over many records and over
faults that were put in on purpose. What comes home without a residue is worked out here from the table and the
ledger alone, by other means than the engine's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.formats.json_reader import read_json, write_json
from gateway.formats.leaves import leaf_list, leaf_map, pattern_of, segments, text_map, text_of
from gateway.formats.registry import Document, read_document
from gateway.methods.join import join_table
from gateway.route import Journey, Wish, translate
from gateway.translate.ledger import RESPELT, Entry, Ledger
from gateway.translate.lens import NotMine
from gateway.translate.mapping import Plan, Row, plan
from gateway.translate.residue import read_residue

HOME = "cn.pcf@1"
PACT_23, PACT_22, PACT_20 = "pact.footprint@2.3", "pact.footprint@2.2", "pact.footprint@2.0"
PACT, ISO, CBAM = "pact.footprint@3.0", "iso14067.report@2018", "cbam.qreport@23.00"
BASE_URL = "https://gateway.example"
ROUTES = ((PACT, ""), (PACT, BASE_URL), (ISO, ""), (CBAM, ""))
"""Every target, PACT with and without a place to publish its extension."""

PACT_2_ROUTES = ((PACT_23, ""), (PACT_20, ""))
"""The versions of PACT 2 that differ most; 2.1 and 2.2 have the rows of 2.0."""

NEVER_FROM_A_RECORD: dict[str, set[str]] = {
    PACT: set(),
    PACT_23: {"PACT2-005"},  # a code that has a field of its own beside the list
    PACT_20: set(),
    ISO: set(),
    CBAM: {f"CBAM-{n}" for n in (134, 139, 140, 141, 142, 144, 145)},  # imported electricity
}
"""Rows of leaves that only a foreign document states: the record has no field for them."""

Map = dict[str, str]


@dataclass(frozen=True, slots=True)
class Trip:
    """One way out: the journey, and what a person holds after it, as bytes."""

    target: str
    base_url: str
    source: Document
    out: Journey
    data: bytes
    residue: bytes

    @property
    def table(self) -> Plan:
        return plan(self.target, extension=bool(self.base_url))

    @property
    def abroad(self) -> Document:
        """The document as its receiver reads it."""
        return read_document(self.data, self.target)


def outward(tree: Mapping[str, Any], target: str, base_url: str = "", source_format: str = HOME) -> Trip:
    """Translates a record (or a foreign document) and keeps the residue."""
    source = read_document(write_json(tree), source_format)
    journey = translate(source, Wish(target, draft=True, base_url=base_url, keep_residue=True))
    assert journey.kept is not None
    return Trip(target, base_url, source, journey, journey.data, write_json(journey.kept.as_json()))


def homeward(trip: Trip, document: Document | None = None, *, residue: bool = True) -> Journey:
    """The document comes home, as it was sent or edited; with the residue or without."""
    kept = read_residue(read_json(trip.residue)) if residue else None
    wish = Wish(trip.source.format_id, draft=True, base_url=trip.base_url)
    return translate(document or trip.abroad, wish, residue=kept)


def texts(journey: Journey) -> Map:
    """What came out, as it stands in the bytes that were written."""
    return text_map(read_document(journey.data, journey.wish.to).tree) if journey.lowered.tree else {}


def differences(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    """Where two documents differ, to be read."""
    paths = sorted(path for path in one.keys() | other.keys() if one.get(path) != other.get(path))
    return [f"{path}: {one.get(path)!r} became {other.get(path)!r}" for path in paths]


# --- the checks ---------------------------------------------------------------------------------------


def check_trip(trip: Trip) -> None:
    """Every check of one trip."""
    check_ledger(trip.out)
    check_residue(trip)
    check_home_with_residue(trip)
    check_home_without_residue(trip)


def check_ledger(journey: Journey) -> None:
    """Each leaf of the source stands in the ledger, and each leaf of the target is explained by it, once."""
    ledger = journey.ledger
    assert ledger is not None
    sources, targets = (
        text_map(journey.source.tree),
        text_map(journey.lowered.tree) if journey.lowered.tree else {},
    )
    assert {path for entry in ledger.entries for path in entry.source} == set(sources)
    explained = [path for entry in ledger.entries for path in entry.target]
    assert sorted(explained) == sorted(targets)
    assert (ledger.source_leaves, ledger.target_leaves) == (len(sources), len(targets))
    for entry in ledger.entries:
        if entry.fidelity == "exact" and len(entry.target) == 1 and RESPELT not in entry.note:
            assert sources[entry.source[0]] == targets[entry.target[0]], entry


def check_residue(trip: Trip) -> None:
    """The residue holds only leaves that the ledger calls lost, rounded or respelt, with the source's own text."""
    assert trip.out.ledger is not None
    entries = trip.out.ledger.entries
    allowed = {path for entry in entries if _may_be_kept(entry) for path in entry.source}
    sources = text_map(trip.source.tree)
    exact = {p for e in entries if e.fidelity == "exact" and not _may_be_kept(e) for p in e.source[:1]}
    exact -= {
        p for e in entries if _may_be_kept(e) for p in e.keeps
    }  # one leaf may fill two, one of them respelt
    for named, value in read_residue(read_json(trip.residue)).kept:
        path = plain_path(named, trip.source.tree)
        assert path in allowed, f"{path} is kept, and was neither lost, nor rounded, nor respelt"
        assert path not in exact, f"{path} is kept, and was carried exactly"
        assert text_of(value) == sources[path], path


def _may_be_kept(entry: Entry) -> bool:
    return entry.fidelity == "lost" or bool(entry.delta) or entry.note.startswith(RESPELT)


def plain_path(named: str, tree: Any) -> str:
    """A path of the residue with its elements by position: ``/goods/@id=G1/cn8`` to ``/goods/0/cn8``."""
    path, node = "", tree
    for part in segments(named):
        step: Any = part.removeprefix("@:")
        if part.startswith("@") and part == step:
            key, _, value = part[1:].partition("=")
            step = next(i for i, row in enumerate(node) if text_of(row.get(key)) == value)
        elif isinstance(node, list):
            step = int(part)
        node = node[step]
        path += "/" + str(step).replace("~", "~0").replace("/", "~1")
    return path


def check_home_with_residue(trip: Trip) -> None:
    """With the residue the source comes home text-identical."""
    found = differences(text_map(trip.source.tree), texts(homeward(trip)))
    assert not found, found[:10]


def check_home_without_residue(trip: Trip) -> None:
    """Without the residue exactly what the table declares comes home."""
    home = homeward(trip, residue=False)
    check_ledger(home)
    wanted = declared_view(trip) if trip.target == CBAM else declared(trip)
    found = differences(wanted, texts(home))
    assert not found, found[:10]


# --- what the table declares ------------------------------------------------------------------------------


def declared(trip: Trip) -> Map:
    """What comes home without a residue by a table that carries the record leaf by leaf."""
    ledger, rows = trip.out.ledger, {row.id: row for row in trip.table.rows}
    assert ledger is not None
    implied = {row.canonical_paths[0]: row.parameters["value"] for row in trip.table.constants}
    sources, targets = _values(trip.source.tree), _values(trip.abroad.tree)
    made: dict[str, Any] = {"/format": HOME}
    appended: dict[str, list[tuple[int, Row, Any]]] = {}

    def known(path: str) -> Any:
        if path in implied:
            made[path] = implied[path]
        return made.get(path)

    work = [(rows[_row_id(e)], e) for e in ledger.entries if e.fidelity in ("exact", "converted")]
    for row, entry in sorted(work, key=lambda item: bool(item[0].lens.needs)):
        if not row.external:
            continue
        own = [pattern_of(path) for path in row.canonical_paths]
        places = [p for p in entry.source if pattern_of(p) in own][: len(row.canonical)]
        values: Any = tuple(sources[path] for path in places)
        if row.lens.partial:
            filled = re.findall(r"/(\d+)(?=/|$)", places[0])
            places = [_filled(path, filled) for path in row.canonical_paths]
            values = tuple(sources.get(path) for path in places)
        for beside in trip.table.rows:  # a value that the document implies wherever this leaf stands
            if beside.lens.implied and beside.external == row.external:
                place = _filled(beside.canonical_paths[0], re.findall(r"/(\d+)(?=/|$)", places[0]))
                made[place] = beside.lens.lift("", known).value
        if row.external[0][-1] == "+":
            foreign = row.lens.lower(values if len(values) > 1 else values[0], sources.get).value
            listed, _, index = entry.target[0].rpartition("/")
            appended.setdefault(listed, []).append((int(index), row, foreign))
            continue
        if entry.fidelity == "converted" or entry.note.startswith(RESPELT) or row.lens_name == "per-one-unit":
            foreign = row.lens.lower(values if len(values) > 1 else values[0], sources.get).value
            try:
                back = row.lens.lift(foreign, known).value
            except NotMine:  # the document says nothing that the record would state
                continue
            values = back if len(values) > 1 else (back,)
        for canonical in row.lens.needs if row.lens_name != "verbatim" else ():
            known(canonical)
        made.update({p: v for p, v in zip(places, values, strict=True) if v is not None})
    for entry in ledger.entries:
        if entry.fidelity in ("derived", "defaulted") and entry.target:
            row_or_none = trip.table.row_for_external(pattern_of(entry.target[0])[1:])
            if row_or_none is not None and targets[entry.target[0]] != "":
                try:
                    value = row_or_none.lens.lift(targets[entry.target[0]], known).value
                except NotMine:
                    continue
                made[_filled(row_or_none.canonical_paths[0], _indices_beside(ledger, entry.target[0]))] = (
                    value
                )
    in_order = [path.rpartition("/")[0] for path in targets]
    for listed in sorted(appended, key=in_order.index):  # two lists abroad may be one list at home
        values = [value for _, _, value in sorted(appended[listed], key=lambda i: i[0])]
        for path, value in _read_by_prefix(trip.table, listed, values).items():
            made[_next_free(path, made)] = value
    return _with_made_keys(renumbered(made))


def _next_free(path: str, made: Map) -> str:
    place, _, last = path.rpartition("/")
    while path in made and last.isdigit():
        last = str(int(last) + 1)
        path = f"{place}/{last}"
    return path


def _indices_beside(ledger: Ledger, target: str) -> list[str]:
    """The places in the source of the list element that a leaf stands in, by a leaf beside it that was carried."""
    element = target.rpartition("/")[0] + "/"
    beside = (
        e.source[0] for e in ledger.entries if e.source and e.target and e.target[0].startswith(element)
    )
    return re.findall(r"/(\d+)(?=/|$)", next(beside, ""))


def _with_made_keys(made: Map) -> Map:
    """A factor whose id did not travel gets a reference of our own."""
    places = {path.split("/")[2] for path in made if path.startswith("/emissionFactors/")}
    return {**{f"/emissionFactors/{place}/id": f"EF{int(place) + 1}" for place in places}, **made}


def _row_id(entry: Entry) -> str:
    return entry.rule.rpartition(" > ")[2]


def _values(tree: Any) -> dict[str, Any]:
    return leaf_map(tree)


def _read_by_prefix(table: Plan, listed: str, values: list[Any]) -> dict[str, Any]:
    """A list whose elements are told by what the rows accept: the first row that does, a single field once."""
    rows = [row for row in table.rows if row.external_paths[:1] == (f"{listed[1:]}/+",)]
    made: dict[str, Any] = {}
    for value in values:
        for row in rows:
            accepts = row.lens.accepts
            place = row.canonical_paths[0]
            if (accepts is None or accepts(value)) and ("*" in place or place not in made):
                back = row.lens.lift(value, lambda _path: None).value
                if "*" in place:
                    number = sum(pattern_of(path) == place for path in made)
                    made[place.replace("*", str(number))] = back
                else:
                    made.update(
                        zip(row.canonical_paths, back if len(row.canonical) > 1 else (back,), strict=True)
                    )
                break
    return made


def renumbered(made: Mapping[str, Any]) -> Map:
    """The same leaves with the elements of every list counted from 0, in their order: nothing leaves a hole."""
    tree: dict[str, Any] = {}
    for path, value in made.items():
        node = tree
        *groups, last = segments(path)
        for part in groups:
            node = node.setdefault(part, {})
        node[last] = (value,)
    return dict(_walk(tree, ""))


def _walk(node: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, tuple):
        yield path, text_of(node[0])
    elif node and all(key.isdigit() for key in node):
        for index, key in enumerate(sorted(node, key=int)):
            yield from _walk(node[key], f"{path}/{index}")
    else:
        for key, inner in node.items():
            yield from _walk(inner, f"{path}/{key}")


# --- what the join declares -----------------------------------------------------------------------------


def declared_view(trip: Trip) -> Map:
    """What comes home without a residue from a document that a join assembled: one good, process and
    installation for every lot, under made-up references; no figure that a method computed."""
    table = trip.table
    view: dict[str, Any] = {}
    for path, text in leaf_list(trip.abroad.tree):
        row = table.row_for_external(pattern_of(path)[1:])
        assert row is not None, path
        view[_filled(row.canonical_paths[0], re.findall(r"/(\d+)(?=/|$)", path))] = row.lens.lift(
            text, view.get
        ).value
    made: dict[str, Any] = {path: value for path, value in view.items() if not path.startswith("/cbam/")}
    number = 0
    for item, good in enumerate(trip.abroad.tree.get("ImportedGood", ())):
        lots = good.get("GoodsEmissions", ()) if isinstance(good, dict) else ()
        if not lots:
            made.update(_taken(view, {"c": item, "i": item}))
        for lot in range(len(lots)):
            place = {"c": item, "i": item, "l": lot, "g": number, "p": number, "s": number}
            made = {**_taken(view, place), **_parameters(view, place), **made}
            made |= _references(place)
            number += 1
    return renumbered({**made, "/format": HOME})


def _filled(template: str, numbers: list[str]) -> str:
    filled = iter(numbers)
    return re.sub(r"\*", lambda _: next(filled), template)


def _taken(view: Mapping[str, Any], place: Mapping[str, int]) -> dict[str, Any]:
    made = {}
    for row in join_table("cbam-goods")["row"]:
        if not set(re.findall(r"\{(\w)\}", row["from"] + row["to"])) <= set(place):
            continue
        near, far = (re.sub(r"\{(\w)\}", lambda m: str(place[m[1]]), row[side]) for side in ("from", "to"))
        if far.endswith("/**"):
            head = far.removesuffix("**")
            made |= {
                near.removesuffix("**") + p.removeprefix(head): v
                for p, v in view.items()
                if p.startswith(head)
            }
        elif far in view:
            made[near] = view[far]
    return made


def _parameters(view: Mapping[str, Any], place: Mapping[str, int]) -> dict[str, Any]:
    made, number = {}, 0
    for scope in ("direct", "indirect"):
        head = f"/cbam/goods/{place['i']}/lots/{place['l']}/method/{scope}Parameters/"
        for index in sorted({int(path[len(head) :].split("/")[0]) for path in view if path.startswith(head)}):
            near = f"/goods/{place['g']}/parameters/{number}"
            stated = {
                n: view[f"{head}{index}/{n}"] for n in ("id", "value", "note") if f"{head}{index}/{n}" in view
            }
            made |= {f"{near}/{name}": value for name, value in {**stated, "scope": scope}.items()}
            number += 1
    return made


def _references(place: Mapping[str, int]) -> Map:
    number = place["g"]
    return {
        f"/consignments/{place['c']}/lots/{place['l']}/goods": f"G{number + 1}",
        f"/goods/{number}/id": f"G{number + 1}",
        f"/goods/{number}/process": f"P{number + 1}",
        f"/processes/{number}/id": f"P{number + 1}",
        f"/processes/{number}/installation": f"S{number + 1}",
        f"/installations/{number}/id": f"S{number + 1}",
    }
