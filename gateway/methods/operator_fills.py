"""Answers of the operator's report that are neither a leaf of the record nor one figure of the method."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import Any

from gateway.data import load_toml
from gateway.formats.leaves import at
from gateway.methods.calculation import Figure
from gateway.methods.cbam_goods import record_paths
from gateway.methods.operator_case import (
    Case,
    Element,
    captures,
    generates,
    is_default,
    is_purchased,
    reason,
    uses_zero_rated,
)
from gateway.methods.operator_items import MISSING, NOT_APPLICABLE, VALUE, Answer
from gateway.methods.survey import MASS_UNITS
from gateway.methods.trace import decimal_of, text_of
from gateway.translate.ledger import Explained

Fill = Callable[[Case, Element, Explained], Iterable[Answer]]
MOST = 5
"""The template asks for the five most important goods, fuels, materials and sources."""


def _value(why: Explained, value: str, *, aspect: str = "", unit: str = "", sources: Iterable[str] = (),
           note: str = "", subject: str = "", equation: str = "") -> Answer:  # fmt: skip
    explained = why._replace(sources=tuple(dict.fromkeys(sources)), note=note)
    return Answer(VALUE, explained, subject=subject, aspect=aspect, value=value, unit=unit, equation=equation)


def _missing(why: Explained, field: str, *, aspect: str = "", said: str = "field", subject: str = "") -> Answer:
    return Answer(
        MISSING, why, subject=subject, aspect=aspect, field=field, reason=reason("missing", said)
    )


def _none(why: Explained, named: str, *, aspect: str = "") -> Answer:
    return Answer(NOT_APPLICABLE, why, aspect=aspect, reason=reason("notApplicable", named))


def _copied(element: Element, name: str, why: Explained, aspect: str = "") -> Answer:
    """A leaf of an element, or the word that it is missing."""
    value = element.body.get(name)
    path = f"{element.path}/{name}"
    if value in (None, ""):
        return _missing(why, path, aspect=aspect)
    return Answer(VALUE, why._replace(sources=(path,), fidelity="exact"), aspect=aspect, value=str(value))


def _figure(case: Case, figure: Figure, why: Explained, aspect: str = "") -> Answer:
    trace = case.calculation.trace
    step = trace.steps.get(figure.step)
    note = f"{case.calculation.method}: {step.equation}" if step is not None else case.calculation.method
    return _value(
        why,
        text_of(figure.value),
        aspect=aspect,
        unit="" if figure.unit == "1" else figure.unit,
        sources=record_paths(trace, figure.step),
        note=note,
        equation=figure.step if step is not None else "",
    )


def _exact(value: Any) -> Fraction | None:
    try:
        return None if value is None else Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        return None


# --- goods ------------------------------------------------------------------------------------------------


def actual_share(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    """What the share of default values leaves of the indirect emissions."""
    figure = getattr(case.figures(element), "default_share_indirect", None)
    if not isinstance(figure, Figure):
        yield _missing(why, element.path, said="figure")
        return
    sources = record_paths(case.calculation.trace, figure.step)
    value = text_of(decimal_of(1 - figure.exact))
    yield _value(why, value, sources=sources, note=f"1 - {figure.step}", equation=figure.step)


def quantity(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    """The quantity of a good: stated, or the activity level of a process that makes this good alone."""
    if element.body.get("quantity") is not None:
        answer = _copied(element, "quantity", why)
        unit = str(element.body.get("quantityUnit") or "")
        source = f"{element.path}/quantityUnit" if unit else ""
        yield Answer(VALUE, answer.why, value=answer.value, unit=unit, unit_source=source)
        return
    process = element.body.get("process")
    alone = sum(good.body.get("process") == process for good in case.elements("good")) == 1
    maker = next((p for p in case.elements("process") if p.body.get("id") == process), None)
    if not alone or maker is None or maker.body.get("activityLevel") is None:
        yield _missing(why, f"{element.path}/quantity")
        return
    yield _value(
        why,
        str(maker.body["activityLevel"]),
        unit=str(maker.body.get("activityUnit") or ""),
        sources=(f"{maker.path}/activityLevel", f"{element.path}/process"),
        note="the activity level of the process, which makes this good alone",
    )


def functional_quantity(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    """The quantity in functional units, where the process makes this good alone; else it is not known here."""
    figures = case.good(element)
    process = element.body.get("process")
    alone = sum(good.body.get("process") == process for good in case.elements("good")) == 1
    level = figures.figures.activity_level if figures is not None else None
    if alone and level is not None:
        yield _figure(case, level, why)
    elif figures is not None and figures.functional_unit == "t":
        yield from quantity(case, element, why)
    else:
        yield _missing(why, f"{element.path}/quantity")


def route(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    maker = next(
        (p for p in case.elements("process") if p.body.get("id") == element.body.get("process")), None
    )
    if maker is None or maker.body.get("route") is None:
        yield _missing(why, f"{maker.path if maker else element.path}/{'route' if maker else 'process'}")
        return
    sources = (f"{maker.path}/route", f"{element.path}/process")
    yield _value(why, str(maker.body["route"]), sources=sources, note="the route of the process that makes it")


def important_goods(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    """The five biggest goods of a process by mass; up to five need no order."""
    goods = [good for good in case.elements("good") if good.body.get("process") == element.body.get("id")]
    if len(goods) > MOST:
        lacking = [good for good in goods if _exact(good.body.get("quantity")) is None]
        if lacking:
            yield _missing(why, f"{lacking[0].path}/quantity")
            return
        goods.sort(key=lambda good: -(_exact(good.body.get("quantity")) or 0))
    if not goods:
        yield _missing(why, "/goods")
    for number, good in enumerate(goods[:MOST], 1):
        code = good.body.get("cn8")
        aspect = f"good {number}, CN code"
        if code is None:
            yield _missing(why, f"{good.path}/cn8", aspect=aspect)
        else:
            sources = (f"{good.path}/cn8", f"{good.path}/process")
            yield _value(why, str(code), aspect=aspect, sources=sources, note="a good of this process")


def parameters(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    """Annex IV, point 2: the parameters that the aggregated goods category of the good asks for."""
    maker = next(
        (p for p in case.elements("process") if p.body.get("id") == element.body.get("process")), None
    )
    category = maker.body.get("goodsCategory") if maker is not None else None
    asked = load_toml("mappings", "operator-parameters.toml")["category"].get(category)
    if asked is None:
        yield _missing(why, f"{maker.path}/goodsCategory" if maker else f"{element.path}/process")
        return
    cn = str(element.body.get("cn8") or "")
    asked = [row for row in asked if not row.get("cn") or cn[:6] in row["cn"]]
    if not asked:
        yield _none(why, "no-parameter")
    for row in asked:
        yield _parameter(element, row, why)


def _parameter(element: Element, row: dict[str, Any], why: Explained) -> Answer:
    name, unit = row["name"], row.get("unit", "")
    stated = element.body.get("parameters") or ()
    for index, parameter in enumerate(stated):
        if "id" in row and parameter.get("id") == row["id"] and parameter.get("value") is not None:
            path = f"{element.path}/parameters/{index}"
            note = f"the parameter {row['id']} of the good"
            return _value(
                why, str(parameter["value"]), aspect=name, unit=unit,
                sources=(f"{path}/value", f"{path}/id"), note=note,
            )  # fmt: skip
    field = row.get("field")
    exact = _exact(element.body.get(field)) if field else None
    if exact is not None:
        path = f"{element.path}/{field}"
        if "scale" not in row:
            return _value(why, str(element.body[field]), aspect=name, unit=unit, sources=(path,), note="mass fraction")
        value = text_of(decimal_of(exact * Fraction(row["scale"])))
        return _value(why, value, aspect=name, unit=unit, sources=(path,), note=f"x {row['scale']}")
    if "absent" in row:
        return Answer(NOT_APPLICABLE, why, aspect=name, reason=row["absent"])
    return _missing(why, f"{element.path}/{field}" if field else f"{element.path}/parameters", aspect=name)


# --- installation -----------------------------------------------------------------------------------------


def zero_rated(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    used = uses_zero_rated(case)
    if used is None:
        yield _missing(why, f"{element.path}/zeroRatedFuels")
        return
    said = "yes" if used else "no"
    if isinstance(element.body.get("zeroRatedFuels"), bool):
        stated = why._replace(fidelity="converted")
        yield _value(stated, said, sources=(f"{element.path}/zeroRatedFuels",), note="a truth value, said as yes or no")
        return
    streams = case.elements("stream")
    paths = [f"{s.path}/biomassShare" for s in streams if s.body.get("biomassShare") is not None]
    sources = paths or [f"{s.path}/id" for s in streams if s.body.get("id") is not None]
    yield _value(why, said, sources=sources, note="from the biomass shares of the source streams")


def _flows(case: Case, kind: str, why: Explained, what: str) -> Iterator[Answer]:
    """Whether heat or waste gas comes in or goes out, and from whom. No flow in the record: none is counted."""
    flows = case.elements(kind)
    for direction in ("imported", "exported"):
        here = [flow for flow in flows if flow.body.get("direction") == direction]
        sources = [f"{flow.path}/direction" for flow in here]
        note = f"from the flows of {what} in the record" if here else (
            f"the record lists no flow of {what} in this direction; the figures count none"
        )  # fmt: skip
        yield _value(why, "yes" if here else "no", aspect=direction, sources=sources, note=note)
    for flow in flows:
        other = "supplier" if flow.body.get("direction") == "imported" else "receiver"
        answer = _copied(flow, "supplier", why, aspect=other)
        yield Answer(
            answer.state, answer.why, subject=flow.subject, aspect=other, value=answer.value,
            reason=answer.reason, field=answer.field,
        )  # fmt: skip


def heat_flows(case: Case, _element: Element, why: Explained) -> Iterator[Answer]:
    yield from _flows(case, "heat", why, "measurable heat")


def waste_gas_flows(case: Case, _element: Element, why: Explained) -> Iterator[Answer]:
    yield from _flows(case, "waste-gas", why, "waste gas")


def exported(_case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    amount = _exact(element.body.get("electricityExported"))
    if amount is None:
        yield _missing(why, f"{element.path}/electricityExported")
        return
    sources = (f"{element.path}/electricityExported",)
    yield _value(why, "yes" if amount > 0 else "no", sources=sources, note="from the electricity exported")


def no_place(_case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    """What the record cannot state at all: electricity as a good."""
    yield _missing(why, element.path, said="no-place")


def method(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    yield _value(why, case.calculation.method, sources=(f"{element.path}/id",), note="the method that computed it")


def _equation(case: Case, element: Element, why: Explained, name: str) -> Iterator[Answer]:
    figures = case.process(element)
    figure = getattr(figures, name, None)
    step = case.calculation.trace.steps.get(figure.step) if isinstance(figure, Figure) else None
    if step is None:
        charged = case.charged(element)
        if charged is False and name == "attributed_indirect":
            yield _none(why, "outside-annex-ii")
        else:
            yield _missing(why, element.path, said="figure")
        return
    sources = record_paths(case.calculation.trace, step.symbol)
    yield _value(why, f"{step.equation} [{step.cited}]", sources=sources, note="the equation of the method",
                 equation=step.symbol)  # fmt: skip


def equation_direct(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    yield from _equation(case, element, why, "attributed_direct")


def equation_indirect(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    yield from _equation(case, element, why, "attributed_indirect")


# --- precursors -------------------------------------------------------------------------------------------


def default_value(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    """The default value as it was found, with its act and row; else what the record states as such."""
    used = getattr(case.precursor(element), "default", None)
    paths = [f"{element.path}/{name}" for name in ("cn8", "country") if element.body.get(name) is not None]
    if used is None:
        yield _missing(why, element.path, said="figure")
        return
    note = f"{used.act}, {used.row}: {text_of(used.total)} with a mark-up of {text_of(used.mark_up)} % for {used.year}"
    yield _value(why, text_of(used.marked_up), aspect="total", unit=used.unit, sources=paths, note=note)
    yield _value(why, f"{used.act}: {used.row}", aspect="act and row", sources=paths, note=note)
    if used.fallback:
        said = "Other countries and territories"
        yield _value(why, said, aspect="row of the country used", sources=paths, note=note)


def _precursor_figure(case: Case, element: Element, why: Explained, name: str) -> Iterator[Answer]:
    figure = getattr(case.precursor(element), name, None)
    if isinstance(figure, Figure):
        yield _figure(case, figure, why)
    elif name == "see_indirect" and case.precursor(element) is not None:
        yield _none(why, "not-charged")
    else:
        yield _missing(why, element.path, said="figure")


def precursor_direct(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    yield from _precursor_figure(case, element, why, "see_direct")


def precursor_indirect(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    """Only where the indirect emissions of the precursor count."""
    figures = case.precursor(element)
    if figures is not None and not figures.indirect_counted:
        yield _none(why, "not-charged")
        return
    yield from _precursor_figure(case, element, why, "see_indirect")


def precursor_period(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    """The period that the supplier states; of a precursor made here, that of the report."""
    if is_purchased(element):
        yield _copied(element, "period", why)
        return
    start, end = at(case.record, "/time/periodStart"), at(case.record, "/time/periodEnd")
    if start is None or end is None:
        yield _missing(why, "/time/periodEnd" if start else "/time/periodStart")
        return
    sources = ("/time/periodStart", "/time/periodEnd", f"{element.path}/ownProcess")
    yield _value(why, f"{start} to {end}", sources=sources, note="made here: the period of the report")


def period_basis(_case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    if is_purchased(element):
        yield _copied(element, "periodBasis", why)
        return
    sources = (f"{element.path}/ownProcess",)
    yield _value(why, "default-period", sources=sources, note="made here, in the period of the report")


def year_of_use(case: Case, _element: Element, why: Explained) -> Iterator[Answer]:
    year = case.period_year()
    if not year:
        yield _missing(why, "/time/periodEnd")
        return
    yield _value(why, year, sources=("/time/periodEnd",), note="the year of the reporting period")


def _mass(element: Element) -> Fraction | None:
    amount, unit = _exact(element.body.get("amount")), MASS_UNITS.get(str(element.body.get("unit")))
    return None if amount is None or unit is None else amount * unit


def installation_total(case: Case, element: Element, why: Explained) -> Iterator[Answer]:
    """All that the installation used of this type (CN code or own process), said once, with its first row."""
    kind = _type_of(element)
    rows = [row for row in case.elements("precursor") if _type_of(row) == kind]
    if rows[0].path != element.path:
        note = "counted with the first row of this type"
        first = rows[0]
        yield _value(why, f"see {first.subject}", sources=(f"{element.path}/amount",), note=note)
        return
    masses = [_mass(row) for row in rows]
    if None in masses:
        yield _missing(why, f"{rows[masses.index(None)].path}/amount")
        return
    total = text_of(decimal_of(sum((m for m in masses if m is not None), Fraction(0))))
    sources = [f"{row.path}/amount" for row in rows]
    yield _value(why, total, unit="t", sources=sources, note="sum over the production processes")


def _type_of(element: Element) -> tuple[Any, ...]:
    own = element.body.get("ownProcess")
    return ("own", own) if own is not None else ("bought", element.body.get("cn8"), element.body.get("name"))


def _averaged(case: Case, why: Explained, by: str, within: tuple[str, ...]) -> Iterator[Answer]:
    """The weighted average over purchased precursors of one CN code that differ in a field (Article 14)."""
    groups: defaultdict[tuple[str, ...], list[Element]] = defaultdict(list)
    for element in case.elements("precursor"):
        if is_purchased(element) and not is_default(element):
            groups[tuple(str(element.body.get(name)) for name in within)].append(element)
    for key, rows in groups.items():
        if len({row.body.get(by) for row in rows}) < 2:
            continue
        for name, aspect in (("see_direct", "direct"), ("see_indirect", "indirect")):
            yield from _average(case, why, rows, name, f"CN {key[0]}, {aspect}")
        if by == "supplier":
            for row in rows:
                answer = _copied(row, "averaging", why, aspect=f"CN {key[0]}, {row.subject}, method")
                yield answer


def _average(case: Case, why: Explained, rows: list[Element], name: str, aspect: str) -> Iterator[Answer]:
    parts = [(getattr(case.precursor(row), name, None), _mass(row)) for row in rows]
    if name == "see_indirect" and all(figure is None for figure, _ in parts):
        yield _none(why, "not-charged", aspect=aspect)
        return
    known = [(figure, mass) for figure, mass in parts if isinstance(figure, Figure) and mass is not None]
    total = sum((mass for _, mass in known), Fraction(0))
    if len(known) < len(rows) or not total:
        yield _missing(why, rows[0].path, aspect=aspect, said="figure")
        return
    value = sum((figure.exact * mass for figure, mass in known), Fraction(0)) / total
    sources = [f"{row.path}/amount" for row in rows]
    sources += [p for figure, _ in known for p in record_paths(case.calculation.trace, figure.step)]
    yield _value(why, text_of(decimal_of(value)), aspect=aspect, unit=known[0][0].unit, sources=sources,
                 note="sum(M_i x SEE_i) / sum(M_i), Article 14")  # fmt: skip


def periods(case: Case, _element: Element, why: Explained) -> Iterator[Answer]:
    found = list(_averaged(case, why, "period", ("cn8", "supplier")))
    yield from found or [_none(why, "several-periods")]


def installations(case: Case, _element: Element, why: Explained) -> Iterator[Answer]:
    found = list(_averaged(case, why, "supplier", ("cn8",)))
    yield from found or [_none(why, "several-installations")]


# --- source streams ---------------------------------------------------------------------------------------


def important_fuels(case: Case, _element: Element, why: Explained) -> Iterator[Answer]:
    """By energy content: activity data times net calorific value, where the units allow it."""
    fuels = [s for s in case.elements("stream") if (_exact(s.body.get("ncv")) or 0) > 0]
    yield from _ranked(case, fuels, why, "fuel", lambda s: _energy(s), ("amount", "ncv"))


def important_materials(case: Case, _element: Element, why: Explained) -> Iterator[Answer]:
    """By emissions: what enters without being a fuel, by its carbon or its factor."""
    materials = [
        s
        for s in case.elements("stream")
        if not _exact(s.body.get("ncv")) and s.body.get("method") in ("process", "mass-balance")
    ]
    yield from _ranked(case, materials, why, "process-stream", _carbon, ("amount",))


def _energy(stream: Element) -> Fraction:
    return abs((_exact(stream.body.get("amount")) or Fraction(0)) * (_exact(stream.body.get("ncv")) or 0))


def _carbon(stream: Element) -> Fraction:
    per_unit = _exact(stream.body.get("emissionFactor"))
    if per_unit is None:
        per_unit = (_exact(stream.body.get("carbonContent")) or Fraction(0)) * Fraction("3.664")
    return abs((_exact(stream.body.get("amount")) or Fraction(0)) * per_unit)


def _ranked(
    case: Case,
    streams: list[Element],
    why: Explained,
    none: str,
    weight: Callable[[Element], Fraction],
    rests_on: tuple[str, ...],
) -> Iterator[Answer]:
    if not case.elements("stream"):
        yield _missing(why, "/sourceStreams")
    elif not streams:
        yield _none(why, none)
    for number, stream in enumerate(sorted(streams, key=weight, reverse=True)[:MOST], 1):
        name = str(stream.body.get("name") or stream.subject)
        sources = [f"{stream.path}/{f}" for f in ("name", *rests_on) if stream.body.get(f) is not None]
        yield _value(why, name, aspect=str(number), sources=sources, note="in this order by size")


FILLS: dict[str, Fill] = {
    "actual-share": actual_share,
    "default-value": default_value,
    "equation-direct": equation_direct,
    "equation-indirect": equation_indirect,
    "exported": exported,
    "functional-quantity": functional_quantity,
    "heat-flows": heat_flows,
    "important-fuels": important_fuels,
    "important-goods": important_goods,
    "important-materials": important_materials,
    "installation-total": installation_total,
    "installations": installations,
    "method": method,
    "no-place": no_place,
    "parameters": parameters,
    "period-basis": period_basis,
    "periods": periods,
    "precursor-direct": precursor_direct,
    "precursor-indirect": precursor_indirect,
    "precursor-period": precursor_period,
    "quantity": quantity,
    "route": route,
    "waste-gas-flows": waste_gas_flows,
    "year-of-use": year_of_use,
    "zero-rated": zero_rated,
}
