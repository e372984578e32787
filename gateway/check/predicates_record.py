"""Predicates of the Chinese record: references, official factors, plausibility, standards in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

from gateway.check.access import collect, many, one, text, walk
from gateway.check.catalog import CatalogError
from gateway.check.expressions import HOLDS, Check, Failure, Scope, sum_agrees
from gateway.check.numbers import EXACT, exact_sum, plain, to_decimal, to_moment
from gateway.check.predicates import reads, register
from gateway.data import load_toml
from gateway.formats.codes import code_list
from gateway.formats.leaves import Tree
from gateway.model.paths import whole_keys


@register
@reads("references")
def references_resolve(scope: Scope, references: dict[str, str]) -> Check:
    """Each reference names an element that the record has; a pair is a reference and the key it names.

    A record that lacks the whole group is a part of one (an importer's consignments are a file of their own):
    nothing is said until the two are merged.
    """
    for source, target in references.items():
        scope.type_of(source), scope.type_of(target)
    pairs = [(s.split("/")[1], s.split("/")[1:], t.split("/")[1:]) for s, t in references.items()]

    def check(document: Tree, _node: Tree) -> Sequence[Failure]:
        failures: list[Failure] = []
        for group, source, target in pairs:
            if isinstance(document, dict) and group in document and target[0] in document:
                used, known = _values(document, source), _values(document, target)
                if not known.issuperset(used):
                    failures.extend(_dangling(document, source, known, target[0]))
        return failures or HOLDS

    return check


def _values(document: Tree, parts: list[str]) -> set[str]:
    found: list[Tree] = []
    collect(document, parts, 0, found)
    return {value if isinstance(value, str) else text(value) for value in found}


def _dangling(document: Tree, parts: list[str], known: set[str], group: str) -> Iterator[Failure]:
    there = ", ".join(sorted(known)) or "-"
    for path, value in walk(document, parts):
        if text(value) not in known:
            yield Failure(path, {"value": text(value), "group": group, "known": there})


@register
@reads(*(f"{path}/*/{name}" for path, key in whole_keys().items() for name in key))
def keys_are_unique(_scope: Scope) -> Check:
    """Every list of the record whose elements have a key has each key once.

    Fields that complete a key count: a parameter may qualify direct and indirect emissions.
    """
    lists = [(path.split("/")[1], path.split("/")[1:], key) for path, key in whole_keys().items()]

    def check(document: Tree, _node: Tree) -> Sequence[Failure]:
        failures: list[Failure] = []
        for group, parts, key in lists:
            if isinstance(document, dict) and group in document:
                found: list[Tree] = []
                collect(document, parts, 0, found)
                if any(_has_doubles(elements, key) for elements in found):
                    for path, elements in walk(document, parts):
                        failures.extend(_doubled(path, elements, key))
        return failures or HOLDS

    return check


def _has_doubles(elements: Tree, key: tuple[str, ...]) -> bool:
    if not isinstance(elements, list) or len(elements) < 2:
        return False
    keys = [_whole_key(e, key) for e in elements if isinstance(e, dict) and e.get(key[0]) is not None]
    return len(keys) != len(set(keys))


def _whole_key(element: dict[str, Tree], key: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text(element.get(name)) for name in key)


def _doubled(path: str, elements: Tree, key: tuple[str, ...]) -> Iterator[Failure]:
    seen: set[tuple[str, ...]] = set()
    for index, element in enumerate(elements if isinstance(elements, list) else []):
        if not isinstance(element, dict) or element.get(key[0]) is None:
            continue
        whole = _whole_key(element, key)
        if whole in seen:
            stated = [(name, value) for name, value in zip(key, whole, strict=True) if element.get(name)]
            names, values = zip(*stated, strict=True) if stated else ((key[0],), whole[:1])
            yield Failure(f"{path}/{index}/{key[0]}", {"value": ", ".join(values), "key": ", ".join(names)})
        seen.add(whole)


@cache
def _official() -> dict[Decimal, list[dict[str, str]]]:
    """Official Chinese electricity factors by value, kg per kWh."""
    import csv

    from gateway.data import data_path

    found: dict[Decimal, list[dict[str, str]]] = {}
    with data_path("mappings", "codes", "cn-electricity-factor.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        for row in csv.DictReader(file):
            found.setdefault(Decimal(row["kg_per_kwh"]), []).append(row)
    return found


@register
@reads("value", "kind", "year", "unit")
def official_electricity_factor(
    scope: Scope, *, value: str, kind: str, year: str = "", unit: str = "", per: list[str] | None = None
) -> Check:
    """A factor that equals an official Chinese one carries that one's kind and year."""
    for path in filter(None, (value, kind, year, unit)):
        scope.type_of(path)
    get_value, get_kind, get_year, get_unit = one(value), one(kind), one(year or value), one(unit or value)

    def check(document: Tree, node: Tree) -> Sequence[Failure]:
        figure, stated = to_decimal(get_value(document, node)), get_kind(document, node)
        if unit and not any(word in text(get_unit(document, node)) for word in per or []):
            return HOLDS
        rows = _official().get(figure, []) if figure is not None else []
        when = text(get_year(document, node)) if year else ""
        if not rows or stated is None or any(_agrees(row, stated, when) for row in rows):
            return HOLDS
        row = next((r for r in rows if r["kind"] == stated), rows[0])
        named = {"value": text(get_value(document, node)), "year": when or "-"}
        official = {"official_year": row["year"], "act": row["act"], "scope": row["scope"]}
        kinds = {**_labels("kind", text(stated)), **_labels("official_kind", row["kind"])}
        return (Failure("", {**named, **official, **kinds}),)

    return check


def _labels(name: str, kind: str) -> dict[str, str]:
    """A kind of factor in both languages, for a message; a word that is no kind stays as it is."""
    row = code_list("factor-kind").rows.get(kind, {})
    return {f"{name}_{lang}": row.get(lang, kind) for lang in ("en", "zh")}


def _agrees(row: dict[str, str], kind: Tree, year: str) -> bool:
    return row["kind"] == kind and year in ("", row["year"])


@register
def electricity_activities_use_footprint_factors(_scope: Scope) -> Check:
    """No activity counted in kWh or MWh uses an emission factor of the kind CO2."""

    def check(document: Tree, node: Tree) -> Sequence[Failure]:
        factors = {text(f.get("id")): f for f in _rows(document, "emissionFactors") if f.get("kind") == "co2"}
        if not factors or not isinstance(node, list):
            return HOLDS
        failures: list[Failure] = []
        for index, row in enumerate(node):
            if (
                isinstance(row, dict)
                and row.get("unit") in ("kWh", "MWh")
                and text(row.get("factor")) in factors
            ):
                factor = factors[text(row.get("factor"))]
                named = {"factor": text(factor.get("id")), "name": text(factor.get("name"))}
                failures.append(Failure(f"/{index}/factor", {**named, "activity": text(row.get("name"))}))
        return failures or HOLDS

    return check


def _rows(document: Tree, group: str) -> list[dict[str, Any]]:
    """The elements of a list of the record that are groups of fields."""
    found = document.get(group) if isinstance(document, dict) else None
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def _scaled(amount: Tree, unit: Tree, codes: str, dimension: str = "") -> Decimal | None:
    """A figure in the base unit of its code list, or None."""
    figure = to_decimal(amount)
    row = _row(codes, text(unit))
    if figure is None or row is None or row.get("dimension", "") != dimension:
        return None
    return figure * Decimal(row["scale"])


def _row(codes: str, code: str) -> Mapping[str, str] | None:
    return code_list(codes).rows.get(code)


def _declared_mass(document: dict[str, Any]) -> Decimal | None:
    """Mass of what the results are stated for, kg: the declared amount, or the product's stated mass."""
    unit = document.get("unit")
    if isinstance(unit, dict):
        mass = _scaled(unit.get("amount"), unit.get("unit"), "unit", "mass")
        if mass:
            return mass
    product = document.get("product")
    return to_decimal(product.get("netMass")) if isinstance(product, dict) else None


def _chapter(document: Tree) -> str:
    """The HS chapter of the product, by whichever of its codes is stated; empty when none is."""
    product = document.get("product") if isinstance(document, dict) else None
    codes = [product.get(name) for name in ("hs6", "customsCode", "cn8")] if isinstance(product, dict) else []
    return next((code[:2] for code in codes if isinstance(code, str) and code), "")


@register
def footprint_is_plausible(_scope: Scope, most: str, chapters: list[str], inside: bool) -> Check:
    """The footprint per kilogram of product is at most that many kg CO2e, in these HS chapters or outside them."""
    limit = Decimal(most)

    def check(document: Tree, node: Tree) -> Sequence[Failure]:
        total = _scaled(node.get("total"), node.get("unit"), "co2e-unit") if isinstance(node, dict) else None
        mass = _declared_mass(document)
        if total is None or not mass or mass <= 0 or total <= limit * mass:
            return HOLDS
        if (_chapter(document) in chapters) is not inside:
            return HOLDS
        per = plain(EXACT.divide_int(total, mass))
        return (Failure("", {"total": text(node["total"]), "per": per, "mass": plain(mass), "most": most}),)

    return check


@register
def total_is_not_a_years(_scope: Scope) -> Check:
    """The footprint is not as large as the plant's emissions of a whole period.

    It is taken for a period's total when it reaches half of the direct emissions of all processes while
    these made ten times the declared amount or more.
    """

    def check(document: Tree, node: Tree) -> Sequence[Failure]:
        processes = _rows(document, "processes")
        if not processes:
            return HOLDS
        total = _scaled(node.get("total"), node.get("unit"), "co2e-unit") if isinstance(node, dict) else None
        mass = _declared_mass(document)
        made = [_scaled(p.get("activityLevel"), p.get("activityUnit"), "unit", "mass") for p in processes]
        emitted = exact_sum(d for p in processes if (d := to_decimal(p.get("directEmissions"))) is not None)
        most = max((m for m in made if m is not None), default=None)
        if total is None or not mass or most is None or emitted <= 0 or most < 10 * mass:
            return HOLDS
        if 2 * total < emitted * 1000:
            return HOLDS
        values = {"total": text(node["total"]), "unit": text(node["unit"]), "year": plain(emitted)}
        return (Failure("", values),)

    return check


@register
def stage_results_use_the_unit_of_the_total(_scope: Scope) -> Check:
    """The stage results do not differ from the total by a factor of a thousand (g, kg and t mixed up)."""

    def check(document: Tree, node: Tree) -> Sequence[Failure]:
        stated = node.get("total") if isinstance(node, dict) else None
        values = _stage_values(document, node)
        if sum_agrees(values, stated):
            return HOLDS
        total, figures = to_decimal(stated), [to_decimal(v) for v in values]
        stages = exact_sum(f for f in figures if f is not None)
        if not total or not stages:
            return HOLDS
        ratio = abs(stages / total)
        if _NEAR_ONE[0] < ratio < _NEAR_ONE[1]:
            return HOLDS
        for factor in (Decimal(1000), Decimal(1000000), Decimal("0.001"), Decimal("0.000001")):
            if factor * Decimal("0.98") <= ratio <= factor * Decimal("1.02"):
                return (Failure("", {"total": plain(total), "sum": plain(stages), "factor": plain(factor)}),)
        return HOLDS

    return check


_NEAR_ONE = (Decimal("0.5"), Decimal(2))
_stage_values = many("byStage/*/value")


@register
def transport_factors_differ(_scope: Scope, at_least: int) -> Check:
    """So many transport activities, counted in t·km, do not all share one emission factor."""

    def check(_document: Tree, node: Tree) -> Sequence[Failure]:
        rows = (
            [a for a in node if isinstance(a, dict) and a.get("unit") == "t·km"]
            if isinstance(node, list)
            else []
        )
        factors = {text(a.get("factor")) for a in rows if a.get("factor")}
        if len(rows) < at_least or len(factors) != 1:
            return HOLDS
        return (Failure("", {"count": str(len(rows)), "factor": factors.pop()}),)

    return check


@cache
def _standards() -> list[tuple[str, dict[str, Any]]]:
    rows = load_toml("conformance", "standards.toml")["standard"]
    return [(_squeezed(row["number"]), row) for row in rows]


def _squeezed(name: str) -> str:
    return "".join(name.upper().replace("：", ":").replace("—", "-").replace("–", "-").split())


@register
@reads(".", "date")
def standard_in_force(scope: Scope, fault: str, date: str) -> Check:
    """The standard named is not withdrawn (with ``fault = "early"``: in force) on the date of the report."""
    scope.type_of(date)
    if fault not in ("withdrawn", "early"):
        raise CatalogError(f"rule {scope.rule}: fault {fault}")
    get_date = one(date)

    def check(document: Tree, node: Tree) -> Sequence[Failure]:
        reported = to_moment(get_date(document, node))
        named = _squeezed(node) if isinstance(node, str) else ""
        for number, row in _standards():
            if number not in named:
                continue
            bound = row.get("withdrawn" if fault == "withdrawn" else "valid_from")
            if bound is None or (reported is None and fault == "early"):
                continue
            moment = to_moment(str(bound))
            if reported is None or moment is None or (reported >= moment) == (fault == "withdrawn"):
                values = {"value": node, "title": row["title"], "date": str(bound)}
                return (Failure("", {**values, "successor": row.get("successor", "-")}),)
        return HOLDS

    return check
