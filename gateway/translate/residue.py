"""The residue: the text of what a trip could not carry, so that the document can come home whole.

It holds only leaves that the ledger calls lost, rounded or respelt, never a copy of the source, and the
names (not the values) of target leaves that the trip added. Elements of lists are named by their key where
the target carries the key, by position elsewhere. It can hold confidential data: the sender keeps it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.formats.leaves import at, escape, leaves, segments
from gateway.model.finding import Finding, Refused, finding
from gateway.translate.crossing import put
from gateway.translate.ledger import Ledger
from gateway.translate.mapping import APPEND, Plan
from gateway.translate.readers import other_readers

FORMAT = "residue@1"


@dataclass(slots=True)
class Residue:
    """What stayed behind, and what helps to read the document again.

    ``kept``: path and value of what was not carried as it stood. ``added``: target leaves without a source.
    ``lists``: which source elements were carried, in the order in which they stand abroad, where their place
    tells them apart. ``rows``: target leaves that another row than the one that wrote them would read.
    """

    source_format: str
    source_digest: str
    target_format: str
    target_digest: str
    kept: list[tuple[str, Any]] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    lists: dict[str, dict[str, Any]] = field(default_factory=dict)
    rows: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The file of the residue."""
        return {
            "format": FORMAT,
            "source": {"format": self.source_format, "digest": self.source_digest},
            "target": {"format": self.target_format, "digest": self.target_digest},
            "kept": [list(pair) for pair in self.kept],
            "added": self.added,
            "lists": self.lists,
            "rows": self.rows,
        }


def read_residue(tree: Any) -> Residue:
    """A residue from its parsed file. Raises Refused when it is not one."""
    try:
        if tree["format"] != FORMAT:
            raise KeyError("format")
        lists = {
            path: {"count": int(row["count"]), "carried": [int(i) for i in row["carried"]]}
            for path, row in tree["lists"].items()
        }
        return Residue(
            tree["source"]["format"], tree["source"]["digest"], tree["target"]["format"],
            tree["target"]["digest"], [(str(p), v) for p, v in tree["kept"]],
            [str(p) for p in tree["added"]], lists, {str(p): str(r) for p, r in tree["rows"].items()},
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Refused(finding("RESIDUE-UNREADABLE", stage="read", reason=str(error)[:80])) from error


def make_residue(
    ledger: Ledger,
    source: Mapping[str, Any],
    target: Mapping[str, Any],
    plans: tuple[Plan, Plan],
    keys: Mapping[str, str],
    names: tuple[str, str, str, str],
) -> Residue:
    """The residue of a run from one tree to the other, by the plans of their formats.

    ``keys``: list path to key name; ``names``: format and digest of both sides.
    """
    residue = Residue(*names)
    carried = {path for e in ledger.entries if e.fidelity in ("exact", "converted") for path in e.source}
    wanted = dict.fromkeys(path for entry in ledger.entries for path in entry.keeps)
    for path in wanted:
        residue.kept.append((_keyed(path, source, keys, carried), at(source, path)))
    residue.added = [
        path for e in ledger.entries if e.fidelity in ("derived", "defaulted") for path in e.target
    ]
    shared = _order_of_rows(ledger, plans[0])
    abroad = _order_abroad(ledger, target)
    order = {path: shared.get(path, 0) * (1 + len(abroad)) + place for path, place in _ranked(abroad).items()}
    residue.lists = _positional(order, shared, source, keys, carried, _scattered(ledger))
    written = {path: e.rule.rpartition(" > ")[2] for e in ledger.entries for path in e.target}
    residue.rows = other_readers(plans[1], target, written)
    return residue


def _keyed(path: str, source: Mapping[str, Any], keys: Mapping[str, str], carried: set[str]) -> str:
    """A path with ``@key=value`` in place of an index, where the target carries that key.

    The key of an object that looks like either is marked ``@:``.
    """
    named, concrete, pattern = "", "", ""
    for part in segments(path):
        name = keys.get(pattern) if part.isdigit() else None
        here = f"{concrete}/{escape(part)}"
        if name is not None and f"{here}/{name}" in carried:
            named += f"/@{name}={escape(str(at(source, here + '/' + name)))}"
        else:
            literal = (part.isdigit() or part.startswith("@")) and not isinstance(at(source, concrete), list)
            named += f"/@:{escape(part)}" if literal else f"/{escape(part)}"
        concrete, pattern = here, f"{pattern}/*" if part.isdigit() else f"{pattern}/{part}"
    return named


def _positional(
    order: Mapping[str, int],
    shared: Mapping[str, int],
    source: Mapping[str, Any],
    keys: Mapping[str, str],
    carried: set[str],
    scattered: set[str],
) -> dict[str, Any]:
    """Lists whose elements the way home tells by their place: which were carried, in their order abroad.

    Elements that carry their key need it only where others were left out, or where the target sorts them.
    """
    lists: dict[str, dict[int, int]] = defaultdict(dict)
    counts: dict[str, int] = {}
    for path, _ in leaves(source):
        parts = path.split("/")
        for depth, part in enumerate(parts):
            if part.isdigit():
                place = "/".join(parts[:depth])
                counts[place] = max(counts.get(place, 0), int(part) + 1)
                if path in carried:
                    first = lists[place].get(int(part), order[path])
                    lists[place][int(part)] = min(first, order[path])
    found = {}
    for place, seen in lists.items():
        key = keys.get("/".join("*" if part.isdigit() else part for part in place.split("/")))
        keyed = key is not None and all(f"{place}/{i}/{key}" in carried for i in seen)
        sorts = keyed or place in scattered or all(f"{place}/{i}" in shared for i in seen)
        indices = sorted(seen, key=seen.__getitem__) if sorts else sorted(seen)
        if not keyed or indices != list(range(counts[place])):
            found[place] = {"count": counts[place], "carried": indices}
    return found


def _ranked(order: Mapping[str, int]) -> dict[str, int]:
    """The same order with places counted from 0; equal places stay equal."""
    ranks = {place: rank for rank, place in enumerate(sorted(set(order.values())))}
    return {path: ranks[place] for path, place in order.items()}


def _scattered(ledger: Ledger) -> set[str]:
    """Lists of texts whose elements stand in more than one list abroad, and come home list by list."""
    abroad: dict[str, set[str]] = defaultdict(set)
    for entry in ledger.entries:
        if entry.fidelity in ("exact", "converted") and entry.source and entry.target:
            place, _, last = entry.source[0].rpartition("/")
            if last.isdigit():
                abroad[place].add(entry.target[0].rpartition("/")[0])
    return {place for place, lists in abroad.items() if len(lists) > 1}


def _order_abroad(ledger: Ledger, target: Mapping[str, Any]) -> dict[str, int]:
    """For each carried source leaf, the place of its first target leaf in the document."""
    places = {path: number for number, (path, _) in enumerate(leaves(target))}
    order: dict[str, int] = {}
    for entry in ledger.entries:
        if entry.fidelity in ("exact", "converted"):
            first = min((places[path] for path in entry.target), default=len(places))
            for path in entry.source:
                order[path] = min(order.get(path, first), first)
    return order


def _order_of_rows(ledger: Ledger, plan: Plan) -> dict[str, int]:
    """Lists that several rows of the source's table share are written row by row on the way home."""
    rows = {row.id: (number, row) for number, row in enumerate(plan.rows)}
    order = {}
    for entry in ledger.entries:
        number, row = rows.get(entry.rule.partition(" > ")[0], (0, None))
        if row is not None and row.external and APPEND in row.external[0]:
            order.update(dict.fromkeys(entry.source, number))
    return order


def context_of(residue: Residue) -> dict[str, Any]:
    """The kept leaves that stand outside every list: what lenses may need to know before lifting."""
    tree: dict[str, Any] = {}
    for path, value in residue.kept:
        parts = segments(path)
        if not any(part.isdigit() or part.startswith("@") for part in parts):
            put(tree, list(parts), value)
    return tree


def skeleton_of(residue: Residue) -> dict[str, Any]:
    """Every kept leaf as a tree, keyed elements in the order they appear: ids and references for a join."""
    tree: dict[str, Any] = {}
    for path, value in residue.kept:
        put(tree, _resolve(path, tree, make=True) or [], value)
    return tree


def _resolve(path: str, tree: Mapping[str, Any], *, make: bool) -> list[Any] | None:
    """A path of the residue as steps in ``tree``; None where its keyed element is not there (or made)."""
    steps: list[Any] = []
    node: Any = tree
    for part in segments(path):
        if part.startswith("@:"):
            steps.append(part[2:])
        elif part.startswith("@"):
            name, _, value = part[1:].partition("=")
            rows = node if isinstance(node, list) else []
            index = next((i for i, row in enumerate(rows) if str(row.get(name)) == value), None)
            if index is None:
                if not make:
                    return None
                index = len(rows)
                put(tree, [*steps, index, name], value)  # type: ignore[arg-type]
                node = at(tree, "".join(f"/{escape(str(s))}" for s in steps))
            steps.append(index)
        else:
            steps.append(int(part) if part.isdigit() else part)
        node = _below(node, steps[-1])
    return steps


def _below(node: Any, step: Any) -> Any:
    if isinstance(node, dict):
        return node.get(step)
    if isinstance(node, list) and isinstance(step, int) and step < len(node):
        return node[step]
    return None


Forward = Callable[[dict[str, Any]], tuple[Any, Ledger]]
"""Translates a source document again: (target tree, ledger)."""


def restore(
    home: dict[str, Any], abroad: Mapping[str, Any], residue: Residue, forward: Forward
) -> list[Finding]:
    """Puts what was kept back into ``home``, in place; an edited value wins over the kept text.

    ``abroad`` is the document that came back. Whether a leaf was edited is decided by translating the
    restored document once more: what comes out must be what came back. The same run shows edits of
    figures that were derived: they are named, and never written into the record.
    """
    findings = _align(home, residue)
    before: dict[tuple[Any, ...], Any] = {}
    for path, value in residue.kept:
        steps = _resolve(path, home, make=False)
        if steps is None or not _parent_known(home, steps, residue):
            findings.append(finding("RESIDUE-ELEMENT-GONE", path, severity="info", stage="translate"))
            continue
        pointer = "".join(f"/{escape(str(step))}" for step in steps)
        before[tuple(steps)] = at(home, pointer)
        put(home, steps, value)
    findings += _reordered(home, residue)
    again, ledger = _revert_edited(home, abroad, before, forward)
    return findings + _edits_of_derived(abroad, residue, again, ledger)


def _align(home: dict[str, Any], residue: Residue) -> list[Finding]:
    """Elements told by position go back to the places they had; nothing moves when their number changed."""
    findings = []
    for place, row in sorted(residue.lists.items()):
        elements = at(home, place)
        carried, count = row["carried"], row["count"]
        if elements is None or carried == list(range(count)) == list(range(len(elements))):
            continue
        if len(elements) != len(carried):
            findings.append(
                finding(
                    "RESIDUE-COUNT",
                    place,
                    severity="warning",
                    stage="translate",
                    sent=len(carried),
                    found=len(elements),
                )
            )
            continue
        spread: list[Any] = [{} if isinstance(elements[0], dict) else None for _ in range(count)]
        for element, position in zip(elements, carried, strict=True):
            spread[position] = element
        elements[:] = spread
    return findings


def _parent_known(home: Mapping[str, Any], steps: list[Any], residue: Residue) -> bool:
    """False where a positional list came back with another number of elements: what was kept has no owner."""
    place = ""
    for step in steps:
        if isinstance(step, int):
            row = residue.lists.get(place)
            elements = at(home, place)
            if row is not None and elements is not None and len(elements) != row["count"]:
                return False
        place += f"/{escape(str(step))}"
    return True


def _revert_edited(
    home: dict[str, Any], abroad: Mapping[str, Any], before: dict[tuple[Any, ...], Any], forward: Forward
) -> tuple[Any, Ledger]:
    """Takes back what was kept wherever the document says otherwise; answers with what goes out in the end.

    One edit may bring others with it (figures follow the declared unit), so this goes on until nothing differs.
    """
    while True:
        again, ledger = forward(home)
        targets: dict[str, list[str]] = defaultdict(list)
        for entry in ledger.entries:
            for path in entry.keeps if entry.fidelity != "lost" else ():
                targets[path] += entry.target
        edited = []
        for steps, value in before.items():
            pointer = "".join(f"/{escape(str(step))}" for step in steps)
            if value is None or value == at(home, pointer):
                continue
            if any(at(again, target) != at(abroad, target) for target in targets.get(pointer, [])):
                put(home, list(steps), value)
                edited.append(steps)
        if not edited:
            return again, ledger
        for steps in edited:
            del before[steps]


def _reordered(home: Mapping[str, Any], residue: Residue) -> list[Finding]:
    """Keyed lists that came back in another order: each element has its own again, and the order is noted."""
    sent: dict[str, list[str]] = defaultdict(list)
    for path, _ in residue.kept:
        head, mark, rest = path.partition("/@")
        if mark and not rest.startswith(":"):
            name = rest.partition("/")[0]
            if name not in sent[head]:
                sent[head].append(name)
    findings = []
    for place, names in sent.items():
        key = names[0].partition("=")[0]
        rows = at(home, place) or ()
        found = [f"{key}={escape(str(row.get(key)))}" for row in rows if isinstance(row, dict)]
        known = [name for name in found if name in names]
        if known != [name for name in names if name in known]:
            findings.append(finding("RESIDUE-REORDERED", place, severity="info", stage="translate"))
    return findings


def _edits_of_derived(
    abroad: Mapping[str, Any], residue: Residue, again: Any, ledger: Ledger
) -> list[Finding]:
    findings = []
    for path in residue.added:
        found, expected = at(abroad, path), at(again, path)
        entry = ledger.by_target.get(path)
        if found is not None and expected is not None and found != expected and entry is not None:
            origin = entry.source[0] if entry.source else ""
            item = finding("EDIT-OF-DERIVED", path, severity="warning", stage="translate", found=found,
                           expected=expected, note=entry.note)  # fmt: skip
            findings.append(item.traced(origin))
    return findings
