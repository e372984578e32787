"""Processes as the definitive method sees them: functional unit, goods with their content, precursors.

Clauses: (EU) 2025/2547 Article 4 and Annex III.B; a default value is whatever a table answers with.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

from gateway.methods.scope import CLINKER, Scope
from gateway.methods.survey import Consumed, Fact, Plant, Survey
from gateway.methods.trace import Step
from gateway.model.finding import Finding
from gateway.model.record import Good, Precursor, Record

CLINKER_ITSELF = "Cement clinker"
PURE_CLINKER = Fact(Fraction(1), "1", "1", "constant: cement clinker is clinker")

COUNTED, EXEMPT, SCRAP = "counted", "exempt-origin", "scrap"


class DefaultValue(Protocol):
    """What the method needs of a default value that was looked up."""

    @property
    def code(self) -> str: ...
    @property
    def country(self) -> str: ...
    @property
    def year(self) -> int: ...
    @property
    def total(self) -> Decimal: ...
    @property
    def direct(self) -> Decimal | None: ...
    @property
    def indirect(self) -> Decimal | None: ...
    @property
    def mark_up(self) -> Decimal: ...
    @property
    def marked_up(self) -> Decimal: ...
    @property
    def unit(self) -> str: ...
    @property
    def act(self) -> str: ...
    @property
    def row(self) -> str: ...
    @property
    def fallback(self) -> bool: ...
    @property
    def superseded(self) -> bool: ...
    @property
    def findings(self) -> tuple[Finding, ...]: ...
    def step(self, symbol: str = ...) -> Step: ...


class LookUp(Protocol):
    """The table of default values: raises Refused where it has none for this code, country and year."""

    def __call__(
        self,
        code: str,
        country: str | None,
        year: int,
        route: str | None = ...,
        on: date | None = ...,
        path: str = ...,
    ) -> DefaultValue: ...


@dataclass(frozen=True, slots=True)
class Output:
    """A good of a process, in one composition. ``content`` is a mass fraction, None where the unit is mass."""

    index: int
    good: Good
    path: str
    content: Fact | None
    produced: Fact | None

    @property
    def label(self) -> str:
        return f"goods[{self.index}]"


@dataclass(frozen=True, slots=True)
class Material:
    """A precursor of one process with what the definitive method has to know of it."""

    consumed: Consumed
    record: Precursor
    treatment: str
    unit: str
    annex_ii: bool
    content: Fact | None = None
    stated_unit: str = ""
    default: DefaultValue | None = None


@dataclass(slots=True)
class Production:
    """A process, its functional unit and its goods. ``scope`` is None where it could not be settled."""

    plant: Plant
    scope: Scope | None
    outputs: list[Output] = field(default_factory=list)
    materials: list[Material] = field(default_factory=list)
    default_indirect: Fact | None = None

    @property
    def settled(self) -> Scope:
        """The scope of a process that reached the calculation; its absence there is a defect of ours."""
        if self.scope is None:
            raise AssertionError("a process without a functional unit reached the calculation")
        return self.scope

    @property
    def unit(self) -> str:
        return self.settled.unit

    @property
    def annex_ii(self) -> bool:
        return self.settled.annex_ii

    @property
    def contents(self) -> dict[Fraction, Fact]:
        """The contents of all goods by value; more than one asks for the amount of each."""
        found = {
            output.content.value: output.content for output in self.outputs if output.content is not None
        }
        if not self.outputs and self.scope is not None and self.scope.category == CLINKER_ITSELF:
            found = {PURE_CLINKER.value: PURE_CLINKER}
        return found


class DefinitiveSurvey(Survey):
    """A survey that also knows the productions, and the year for which default values hold."""

    def __init__(self, record: Record, look_up: LookUp) -> None:
        super().__init__(record)
        self.look_up = look_up
        self.productions: dict[str, Production] = {}
        self.year: int | None = None
        self.users = frozenset(item.process for item in record.precursors)
        self.goods: dict[str | None, list[tuple[int, Good]]] = {}
        for place, good in enumerate(record.goods):
            self.goods.setdefault(good.process, []).append((place, good))


def read_content(
    found: Survey,
    plant: Plant,
    scope: Scope,
    stated: tuple[Decimal | None, Decimal | None],
    path: str,
    *,
    needed: bool = True,
) -> Fact | None:
    """The clinker or nitrogen in a good as a mass fraction above 0 and up to 1; clinker itself is clinker."""
    if not scope.contained:
        return None
    clinker = scope.unit == CLINKER
    value, place = (stated[0], "clinkerShare") if clinker else (stated[1], "nitrogenContent")
    if value is None:
        if scope.category == CLINKER_ITSELF:
            return PURE_CLINKER
        if needed:
            found.report("METHOD-CONTENT-MISSING", f"{path}/{place}", plant, unit=scope.unit)
        return None
    fact = found.fact(value, "1", f"{path}/{place}", plant)
    if fact is not None and scope.category == CLINKER_ITSELF and fact.value != 1:
        found.report("METHOD-CONTENT-CLINKER", f"{path}/{place}", plant, value=fact.text)
        return None
    if fact is not None and not 0 < fact.value <= 1:
        found.report("METHOD-CONTENT-RANGE", f"{path}/{place}", plant, value=fact.text)
        return None
    return fact
