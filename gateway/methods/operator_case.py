"""What the operator's report asks about: the record and its figures, element by element.

An element is one good, process, precursor, source stream or flow of the record. A condition says of an element
whether a point of the report applies to it; the reason for "not applicable" stands in
``mappings/operator-reasons.toml`` under the same name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from typing import Any

from gateway.data import load_toml
from gateway.formats.leaves import at
from gateway.methods.calculation import Calculation, Figure, GoodFigures, PrecursorFigures, ProcessFigures
from gateway.methods.streams.figures import StreamFigure
from gateway.methods.trace import Step, Trace

LISTS = {
    "installation": "installations",
    "good": "goods",
    "process": "processes",
    "precursor": "precursors",
    "stream": "sourceStreams",
    "pfc": "pfc",
    "heat": "heat",
    "waste-gas": "wasteGas",
    "energy-unit": "energyUnits",
}
"""The kinds of element, and where each stands in the record."""

ELECTRICITY = "27160000"
"""The CN code of electricity (Annex I to 2023/956)."""


@dataclass(frozen=True, slots=True)
class Element:
    """One thing that the report speaks about. ``path`` is its place in the record, empty for the report itself."""

    kind: str
    subject: str
    path: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """A record with what the method made of it."""

    record: Mapping[str, Any]
    calculation: Calculation
    site: str = ""
    """The one installation that the report is about; empty where the record has no more."""

    def elements(self, kind: str) -> list[Element]:
        """Every element of a kind, in the order of the record. Scrap is no precursor, so it is none here."""
        if kind == "report":
            return [Element("report", "", "", self.record)]
        name = LISTS[kind]
        found = [
            Element(kind, str(row.get("id") or index + 1), f"/{name}/{index}", row)
            for index, row in enumerate(self.record.get(name) or ())
        ]
        if self.site:
            found = [self._seen_from_here(e) for e in found if site_of(self.record, e) == self.site]
        return [e for e in found if kind != "precursor" or self._treatment(e) != "scrap"]

    def _seen_from_here(self, element: Element) -> Element:
        """A precursor from another installation of the record comes from elsewhere, as a bought one does."""
        makers = {p.get("id"): p.get("installation") for p in self.record.get("processes") or ()}
        maker = element.body.get("ownProcess")
        if element.kind != "precursor" or maker is None or makers.get(maker) == self.site:
            return element
        body = {name: value for name, value in element.body.items() if name != "ownProcess"}
        return replace(element, body=body)

    def _treatment(self, element: Element) -> str:
        """How the method treats a precursor; "counted" where it gave no figures."""
        return getattr(self.precursor(element), "treatment", "counted")

    def exempt(self, element: Element) -> bool:
        """Made in the Union or a country of Annex III.1 to 2023/956: counts as zero and is still reported."""
        return self._treatment(element) == "exempt-origin"

    def default(self, element: Element) -> bool:
        """A purchased precursor for which a default value stands."""
        stated = element.body.get("determination") == "default" and is_purchased(element)
        return stated and not self.exempt(element)

    def good(self, element: Element) -> GoodFigures | None:
        return next((g for g in self.calculation.goods if g.path == element.path), None)

    def process(self, element: Element) -> ProcessFigures | None:
        return next((p for p in self.calculation.processes if p.path == element.path), None)

    def precursor(self, element: Element) -> PrecursorFigures | None:
        used = (part for process in self.calculation.processes for part in process.precursors)
        return next((part for part in used if part.path == element.path), None)

    def figures(self, element: Element) -> Any:
        """What the method says of an element: None where it gave no figures."""
        known = {"good": self.good, "process": self.process, "precursor": self.precursor}
        return known[element.kind](element) if element.kind in known else None

    def stream(self, element: Element) -> StreamFigure | None:
        """The emissions of a source stream or of a row of perfluorocarbons; None where it was refused."""
        streams = self.calculation.streams
        found = streams.figures if streams is not None else ()
        return next((figure for figure in found if figure.path == element.path), None)

    def installation_step(self, element: Element) -> Step | None:
        """The sum of all source streams of an installation, where none of them was refused."""
        streams = self.calculation.streams
        return None if streams is None else streams.installations.get(str(element.body.get("id")))

    def charged(self, element: Element) -> bool | None:
        """Whether indirect emissions count for a good or process; None where the method does not say."""
        figures = self.figures(element)
        return None if figures is None else bool(figures.indirect_charged)

    @property
    def all_in_annex_ii(self) -> bool:
        """Whether only direct emissions count for every good: none of them is unknown."""
        goods = self.elements("good")
        return bool(goods) and all(self.charged(element) is False for element in goods)

    def period_year(self) -> str:
        """The reporting period as its year."""
        return str(at(self.record, "/time/periodEnd") or "")[:4]


def site_of(record: Mapping[str, Any], element: Element) -> str | None:
    """The installation that an element belongs to: its own, or that of its process or energy unit; None if none."""
    if element.kind == "installation":
        return element.subject
    found = element.body.get("installation")
    for name, part in (("process", "processes"), ("energyUnit", "energyUnits")):
        owner = element.body.get(name)
        if found is None and owner is not None:
            found = next(
                (r.get("installation") for r in record.get(part) or () if r.get("id") == owner), None
            )
    return None if found is None else str(found)


def rests_on(trace: Trace, figure: Figure) -> tuple[str, ...]:
    """The leaves of the record that a figure rests on; a figure can be such a leaf itself."""
    if figure.step.startswith("/"):
        return (figure.step,)
    return tuple(dict.fromkeys(trace.record_paths(figure.step)))


Condition = Callable[[Case, Element], bool]


_PLAIN = re.compile(r"-?[0-9]{1,60}(\.[0-9]{1,60})?")


def exactly(value: Any) -> Fraction | None:
    """A figure of the record; None where it is absent or none, or too long to be one (a rule names that)."""
    return Fraction(value) if isinstance(value, str) and _PLAIN.fullmatch(value) else None


def _number(body: Mapping[str, Any], name: str) -> Fraction:
    return exactly(body.get(name)) or Fraction(0)


def _installation(case: Case, test: Callable[[Element], bool], kind: str = "process") -> bool:
    return any(test(element) for element in case.elements(kind))


def is_purchased(element: Element) -> bool:
    return element.body.get("ownProcess") is None


def generates(element: Element) -> bool:
    return (
        _number(element.body, "electricityProduced") > 0 or _number(element.body, "electricityExported") > 0
    )


def generates_here(case: Case) -> bool:
    """Whether any process or energy unit of the installation makes electricity."""
    units = case.elements("energy-unit")
    return _installation(case, generates) or any(u.body.get("kind") in ("chp", "power") for u in units)


def captures(element: Element) -> bool:
    return _number(element.body, "co2Captured") > 0


def uses_zero_rated(case: Case) -> bool | None:
    """Stated, or seen in what the method counted as zero; None where neither says."""
    site = case.elements("installation")
    stated = site[0].body.get("zeroRatedFuels") if site else None
    if isinstance(stated, bool):
        return stated
    streams = case.elements("stream")
    figures = [case.stream(stream) for stream in streams]
    if not streams or None in figures:
        return None
    return any(figure is not None and figure.zero_rated is not None for figure in figures)


def indirect_counts(case: Case, element: Element) -> bool:
    """Whether a good has indirect emissions that count: its own, or those that a precursor brings along."""
    figures = case.figures(element)
    return case.charged(element) is not False or figures.see_indirect.exact != 0


def _sources(case: Case) -> set[Any]:
    return {element.body.get("electricitySource") for element in case.elements("process")}


CONDITIONS: dict[str, Condition] = {
    "electricity-good": lambda _case, element: element.body.get("cn8") == ELECTRICITY,
    "outside-annex-ii": lambda case, element: case.charged(element) is not False,
    "indirect-counts": indirect_counts,
    "all-in-annex-ii": lambda case, _element: not case.all_in_annex_ii,
    "actual-electricity": lambda _case, element: element.body.get("electricityDetermination") == "actual",
    "zero-rated": lambda case, _element: uses_zero_rated(case) is not False,
    "generates": lambda case, element: (
        generates(element) if element.kind == "process" else generates_here(case)
    ),
    "captures": lambda _case, element: captures(element),
    "default-valued": lambda case, element: case.default(element),
    "actual-valued": lambda case, element: not case.default(element),
    "purchased": lambda _case, element: is_purchased(element),
    "made-here": lambda _case, element: is_purchased(element),
    "own": lambda _case, element: not is_purchased(element),
    "purchased-actual": lambda case, element: is_purchased(element) and not case.default(element),
    "new-installation": lambda _case, element: element.body.get("monitoringMonths") is not None,
    "measured": lambda _case, element: element.body.get("method") == "measurement",
    "transfers": lambda _case, element: element.body.get("method") == "co2-transfer",
    "ppa": lambda _case, element: element.body.get("electricitySource") == "ppa",
    "several-sources": lambda case, _element: len(_sources(case)) > 1,
    "functional-unit": lambda case, element: getattr(case.figures(element), "functional_unit", "") != "t",
    "no-place": lambda _case, _element: False,
}  # fmt: skip


@cache
def reason(state: str, name: str) -> str:
    """The wording for a state, from the table."""
    return str(load_toml("mappings", "operator-reasons.toml")[state][name])


def chosen(case: Case, kind: str, where: str) -> Iterator[Element]:
    """The elements of a kind that a condition lets through."""
    for element in case.elements(kind):
        if not where or CONDITIONS[where](case, element):
            yield element
