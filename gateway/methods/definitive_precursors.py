"""Precursors as the definitive method reads them: own, purchased with actual or default values, exempt, scrap.

A precursor is any input that is a good of Annex I of (EU) 2023/956 (2025/2547 Article 1(7)). What comes from
the Union or a country of Annex III counts as zero and is still reported; scrap is no precursor at all.

Clauses: (EU) 2025/2547 Articles 11, 13-15, Annex II E, Annex III.B.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from fractions import Fraction

from gateway.methods.categories import allowed_precursors
from gateway.methods.installation import label, plant_of, read_amount, refuse_footprint
from gateway.methods.own_limits import own_limit
from gateway.methods.productions import (
    COUNTED,
    EXEMPT,
    SCRAP,
    DefaultValue,
    DefinitiveSurvey,
    Material,
    Production,
    read_content,
)
from gateway.methods.scope import (
    CLINKER,
    ENERGY,
    NITROGEN,
    Scope,
    is_scrap,
    outside_scope,
    scope_of,
    scope_of_category,
)
from gateway.methods.survey import DETERMINATIONS, Consumed, Fact, Plant, Survey, tonnes
from gateway.methods.trace import decimal_of, text_of
from gateway.model.finding import Refused
from gateway.model.record import Precursor

SEE_UNITS = {None: "", "t": "", "t-clinker": "t clinker", "kg-N": "kg N"}


def read_material(found: DefinitiveSurvey, precursor: Precursor, path: str) -> None:
    """A precursor, handed to the process that consumes it. Scrap is none: it counts as zero."""
    plant = plant_of(found, precursor.process, f"{path}/process")
    source = precursor.own_process
    if source is not None and source not in found.plants:
        found.report("METHOD-REFERENCE-UNKNOWN", f"{path}/ownProcess", plant, named=source)
        return
    if plant is None:
        return
    amount = read_amount(found, plant, precursor, path)
    if amount is None or amount.value == 0:
        return
    name = label(found, precursor, path)
    if is_scrap(precursor.cn8):
        found.report("METHOD-SCRAP", f"{path}/cn8", plant, severity="info", cn8=precursor.cn8)
        material = Material(Consumed(name, path, amount, None), precursor, SCRAP, "t", annex_ii=True)
    elif source is not None:
        own = read_own(found, plant, precursor, Consumed(name, path, amount, source))
        if own is None:
            return
        material = own
    else:
        bought = read_bought(found, plant, precursor, Consumed(name, path, amount, None))
        if bought is None:
            return
        material = bought
    plant.precursors.append(material.consumed)
    found.productions[precursor.process or ""].materials.append(material)


def read_own(found: DefinitiveSurvey, plant: Plant, precursor: Precursor, used: Consumed) -> Material | None:
    """A precursor of an own process: its unit is that process's, its content is settled when all are read."""
    if precursor.see_direct is not None or precursor.see_indirect is not None:
        path = f"{used.path}/seeDirect"
        found.report("METHOD-PRECURSOR-OWN-SEE-UNUSED", path, plant, severity="warning")
    scope = found.productions[used.source or ""].scope
    if scope is None:
        return Material(used, precursor, COUNTED, "t", annex_ii=True)
    if scope.unit == ENERGY:
        found.report("METHOD-PRECURSOR-IS-ELECTRICITY", f"{used.path}/ownProcess", plant)
        return None
    stated = (precursor.clinker_share, precursor.nitrogen_content)
    any_good = replace(scope, category="")  # the process may make cement and clinker
    content = read_content(found, plant, any_good, stated, used.path, needed=False)
    return Material(used, precursor, COUNTED, scope.unit, scope.annex_ii, content)


def settle_contents(found: DefinitiveSurvey, production: Production) -> None:
    """The content of an own precursor is one that the supplying process makes; where it makes one, that one."""
    for index, material in enumerate(production.materials):
        if material.consumed.source is None:
            continue
        supplier = found.productions[material.consumed.source]
        if supplier.scope is None or not supplier.scope.contained:
            continue
        contents, content = supplier.contents, material.content
        place = "clinkerShare" if supplier.scope.unit == CLINKER else "nitrogenContent"
        path = f"{material.consumed.path}/{place}"
        if content is not None and contents and content.value not in contents:
            made = ", ".join(fact.text for fact in contents.values())
            found.report("METHOD-CONTENT-NOT-MADE", path, production.plant, value=content.text, made=made,
                         supplier=material.consumed.source)  # fmt: skip
        elif content is None and len(contents) == 1:
            (only,) = contents.values()
            production.materials[index] = replace(material, content=only)
        elif content is None:
            found.report("METHOD-CONTENT-MISSING", path, production.plant, unit=supplier.scope.unit)


def check_units(found: DefinitiveSurvey) -> None:
    """No process supplies more clinker or nitrogen than its goods hold (sum of M_i against AL, eq. 60)."""
    taken: defaultdict[str, Fraction] = defaultdict(Fraction)
    for production in found.productions.values():
        for material in production.materials:
            source = material.consumed.source
            if source is not None and material.content is not None:
                taken[source] += tonnes(material.consumed.amount) * material.content.value
    for source, total in taken.items():
        supplier = found.productions[source]
        made = [(o.produced.value, o.content.value) for o in supplier.outputs if o.produced and o.content]
        if len(supplier.contents) < 2 or len(made) < len(supplier.outputs):
            continue
        held = sum((amount * content for amount, content in made), Fraction(0))
        if total > held:
            found.report("METHOD-CONTENT-OVERDRAWN", f"{supplier.plant.path}/activityLevel", supplier.plant,
                         consumed=text_of(decimal_of(total)), produced=text_of(decimal_of(held)))  # fmt: skip


def read_bought(
    found: DefinitiveSurvey, plant: Plant, precursor: Precursor, used: Consumed
) -> Material | None:
    """A purchased precursor: zero by origin, a default value of the table, or the supplier's actual SEE."""
    path = used.path
    if precursor.cn8 is None:
        found.report("METHOD-PRECURSOR-CN-MISSING", f"{path}/cn8", plant)
        return None
    scope = scope_of(precursor.cn8)
    if scope is None:
        found.report("METHOD-PRECURSOR-NOT-ANNEX-I", f"{path}/cn8", plant, cn8=precursor.cn8)
        return None
    if not scope.unit:
        found.report("METHOD-FUNCTIONAL-UNIT-UNKNOWN", f"{path}/cn8", plant, named=precursor.cn8)
        return None
    if scope.unit == ENERGY:
        found.report("METHOD-PRECURSOR-IS-ELECTRICITY", f"{path}/cn8", plant)
        return None
    exempt = precursor.country in outside_scope()
    stated = (precursor.clinker_share, precursor.nitrogen_content)
    content = read_content(found, plant, scope, stated, path, needed=not exempt)
    if exempt:
        found.report("METHOD-PRECURSOR-EXEMPT", f"{path}/country", plant, severity="info",
                     country=precursor.country)  # fmt: skip
        return Material(used, precursor, EXEMPT, scope.unit, scope.annex_ii, content)
    refuse_footprint(found, plant, precursor, path)
    determination = found.code(
        precursor.determination,
        DETERMINATIONS,
        f"{path}/determination",
        plant,
        "METHOD-DETERMINATION-MISSING",
    )
    material = Material(used, precursor, COUNTED, scope.unit, scope.annex_ii, content)
    if determination == "default":
        return with_default(found, plant, material)
    if determination == "actual":
        return with_actual(found, plant, material, scope)
    return None


def with_actual(found: Survey, plant: Plant, material: Material, scope: Scope) -> Material:
    """The supplier's own figures, per tonne of the precursor or per its functional unit, as stated."""
    precursor, path = material.record, material.consumed.path
    if precursor.country is None:
        found.report("METHOD-PRECURSOR-COUNTRY-MISSING", f"{path}/country", plant, severity="warning")
    per = SEE_UNITS.get(precursor.see_unit)
    if per is None or (per and per != scope.unit):
        found.report("METHOD-SEE-UNIT", f"{path}/seeUnit", plant, unit=precursor.see_unit or "-",
                     expected=f"t, {scope.unit}")  # fmt: skip
        per = ""
    unit = f"t CO2e/{per or 't'}"
    missing = "METHOD-PRECURSOR-SEE-MISSING"
    direct = found.fact(precursor.see_direct, unit, f"{path}/seeDirect", plant, missing)
    indirect = found.fact(
        precursor.see_indirect, unit, f"{path}/seeIndirect", plant, "" if scope.annex_ii else missing
    )
    check_range(found, plant, (direct, indirect), per, scope)
    if scope.annex_ii and indirect is not None and indirect.value > 0 and may_hold_charged(scope.category):
        found.report("METHOD-PRECURSOR-INDIRECT-NOT-COUNTED", f"{path}/seeIndirect", plant,
                     severity="warning", value=indirect.text)  # fmt: skip
    share = found.fact(precursor.default_share, "1", f"{path}/defaultShare", plant)
    if share is not None and share.value > 1:
        found.report("METHOD-SHARE", f"{path}/defaultShare", plant, value=share.text)
    used = material.consumed
    known = Consumed(
        used.label, path, used.amount, None, direct, indirect, None, share, precursor.determination
    )
    return Material(known, precursor, COUNTED, scope.unit, scope.annex_ii, material.content, per or "t")


def check_range(
    found: Survey, plant: Plant, figures: tuple[Fact | None, Fact | None], per: str, scope: Scope
) -> None:
    """A figure far outside what goods can have is one in another unit: per kg, per t or per kg of nitrogen."""
    known = [fact for fact in figures if fact is not None]
    most = own_limit("see_kg-N" if per == NITROGEN else "see_t", "high")
    for fact in known:
        if fact.value > most:
            found.report("METHOD-SEE-HIGH", fact.path, plant, value=fact.text, per=per or "t",
                         most=text_of(decimal_of(most)))  # fmt: skip
    total = sum((fact.value for fact in known), Fraction(0))
    if scope.unit == NITROGEN and not per and 0 < total < own_limit("see_nitrogen_t", "low"):
        found.report("METHOD-SEE-LOW", known[0].path, plant, value=known[0].text)


def may_hold_charged(category: str) -> bool:
    """Whether goods of Annex II of this category can hold a precursor outside Annex II, such as sintered ore."""
    scopes = (scope_of_category(item) for item in allowed_precursors(category))
    return any(scope is not None and not scope.annex_ii for scope in scopes)


def check_averages(found: DefinitiveSurvey) -> None:
    """One CN code bought from several installations: averaged over the installation by default (Article 14).

    Each process counts what it is stated to have used; that needs evidence where the suppliers' figures differ.
    """
    users: defaultdict[str, list[Material]] = defaultdict(list)
    for production in found.productions.values():
        for material in production.materials:
            if material.consumed.source is None and material.treatment == COUNTED and material.record.cn8:
                users[material.record.cn8].append(material)
    for cn8, materials in users.items():
        figures = {(m.record.see_direct, m.record.see_indirect, m.record.determination) for m in materials}
        processes = {m.record.process for m in materials}
        if len(figures) > 1 and len(processes) > 1:
            found.report("METHOD-PRECURSOR-AVERAGE", f"{materials[-1].consumed.path}/process", severity="warning",
                         cn8=cn8, processes=", ".join(sorted(filter(None, processes))))  # fmt: skip


def with_default(found: DefinitiveSurvey, plant: Plant, material: Material) -> Material | None:
    """The default value of the precursor's CN code, origin and year, with the mark-up of that year."""
    precursor, path = material.record, material.consumed.path
    if found.year is None:
        found.report("METHOD-PERIOD-MISSING", "/time/periodEnd", plant)
        return None
    code = precursor.taric or precursor.cn8 or ""
    if code[:8] != precursor.cn8:
        found.report("METHOD-TARIC-MISMATCH", f"{path}/taric", plant, taric=code, cn8=precursor.cn8)
        return None
    try:
        value = found.look_up(code, precursor.country, found.year, path=path)
    except Refused as refused:
        plant.complete = False
        found.findings.extend(refused.findings)
        return None
    found.findings.extend(value.findings)
    if basis_unknown(found, plant, material, value):
        return None
    check_stated_default(found, plant, material, value)
    used = material.consumed
    known = Consumed(used.label, path, used.amount, None, determination="default")
    return Material(known, precursor, COUNTED, material.unit, material.annex_ii, material.content, "t", value)


def basis_unknown(found: Survey, plant: Plant, material: Material, value: DefaultValue) -> bool:
    """Cement: whether the published value is per tonne of cement or of clinker is not known, so none is counted."""
    content = material.content
    if material.unit != CLINKER or content is None or content.value == 1:
        return False
    marked = value.step().exact
    found.report("METHOD-DEFAULT-BASIS-UNKNOWN", f"{material.consumed.path}/determination", plant,
                 cn8=material.record.cn8, value=text_of(value.marked_up), content=content.text,
                 divided=text_of(decimal_of(marked / content.value)))  # fmt: skip
    return True


def check_stated_default(found: Survey, plant: Plant, material: Material, value: DefaultValue) -> None:
    """A default value that the record states must be the one of the table, within its own last digit."""
    precursor, path = material.record, material.consumed.path
    if SEE_UNITS.get(precursor.see_unit) != "":
        found.report("METHOD-SEE-UNIT", f"{path}/seeUnit", plant, unit=precursor.see_unit, expected="t")
    direct = found.fact(precursor.see_direct, "t CO2e/t", f"{path}/seeDirect", plant)
    indirect = found.fact(precursor.see_indirect, "t CO2e/t", f"{path}/seeIndirect", plant)
    if direct is None:
        return
    parts = [direct] if material.annex_ii or indirect is None else [direct, indirect]
    stated = sum((part.value for part in parts), Fraction(0))
    places = max(len(part.text.partition(".")[2]) for part in parts)
    if abs(stated - value.step().exact) * 10**places * 2 > 1:
        found.report(
            "METHOD-DEFAULT-MISMATCH", f"{material.consumed.path}/seeDirect", plant,
            stated=text_of(decimal_of(stated)), expected=text_of(value.marked_up), total=text_of(value.total),
            markup=text_of(value.mark_up), row=value.row, year=value.year, act=value.act,
        )  # fmt: skip
