"""What is typed for an estimate of certificates, checked before anything is computed.

A slip of a factor 10 to 1000 makes the free allocation larger than the emissions, and the estimate a clean 0. So a
figure that no goods have is refused with the slip that it looks like. The embedded emissions of cement and of
fertilisers are per tonne of clinker or per kg of nitrogen in a communication of the operator, the benchmark and the
mass are per tonne of goods: the unit is asked for, and converted by the content in a step of its own.

Clause of the units: Article 4(4) and (5) of (EU) 2025/2547. The bounds are those of this gateway.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from gateway.methods.figures import Rate
from gateway.methods.free_allocation import STATED, UNIT, Factors, Precursor
from gateway.methods.scope import CLINKER, CONTENT, NITROGEN, Scope, scope_of
from gateway.methods.trace import Input, Step, Trace
from gateway.model.finding import Finding, finding

PER_TONNE, FUNCTIONAL = "t", "functional"
SEE_UNITS = (PER_TONNE, FUNCTIONAL)
PURE_CLINKER = "25231000"
"""Clinker itself: a tonne of it is a tonne of goods, so both units are the same."""

MOST_SEE, MOST_MASS, MOST_SEFA = Fraction(100), Fraction(10), Fraction(20)
"""t CO2e/t, t of precursor per t of goods, t CO2e/t of precursor: far above every benchmark and default value."""

LOW_NITROGEN = Fraction(1, 20)
"""t CO2e: a figure below it, said to be per tonne of fertiliser, has the size of one per kg of nitrogen."""

MOST_CBAM, MOST_CORRECTION = Fraction(1), Fraction(3, 2)


def contained(cn: str) -> Scope | None:
    """The row of goods whose functional unit is contained in them and is not their mass, None for others."""
    scope = scope_of(cn[:8])
    return scope if scope is not None and scope.contained and cn[:8] != PURE_CLINKER else None


def unit_faults(cn: str, unit: str, content: str, *, default: bool) -> list[Finding]:
    """Whether it is said what the emissions are per, and how much of that is in a tonne of goods."""
    scope = contained(cn)
    if scope is None:
        if unit == FUNCTIONAL or content:
            return [finding("CERTIFICATE-CONTENT-NONE", stage="method", cn=cn)]
        return []
    if not unit and (content or not default or scope.unit == CLINKER):
        cement = default and scope.unit == CLINKER
        rule = "CERTIFICATE-DEFAULT-BASIS" if cement else "CERTIFICATE-SEE-UNIT"
        return [finding(rule, stage="method", cn=cn, unit=scope.unit)]
    # the basis of a published value of cement is not known: it is stated together with the content
    if not content and (unit == FUNCTIONAL or (default and scope.unit == CLINKER)):
        return [finding("CERTIFICATE-CONTENT", stage="method", cn=cn, unit=scope.unit)]
    if content and not 0 < Fraction(content) <= 1:
        return [finding("CERTIFICATE-CONTENT-RANGE", stage="method", content=content)]
    return []


def low_for_a_tonne(see: str, cn: str, unit: str) -> list[Finding]:
    """A warning where emissions said to be per tonne of goods have the size of emissions per kg of nitrogen."""
    scope = contained(cn)
    if scope is None or scope.unit != NITROGEN or unit != PER_TONNE or Fraction(see) >= LOW_NITROGEN:
        return []
    return [finding("CERTIFICATE-SEE-LOW", severity="warning", stage="method", see=see, cn=cn)]


def per_tonne(trace: Trace, see: Step, cn: str, unit: str, content: str) -> Step:
    """The emissions per tonne of goods: those per functional unit times how many of it are in a tonne."""
    scope = contained(cn)
    if scope is None or unit != FUNCTIONAL:
        return see
    scale, told = CONTENT[scope.unit]
    inputs = [see.as_input("SEE"), Input("content", content, "1", STATED)]
    if scale != 1:
        inputs.append(Input("scale", str(scale), told, "GATEWAY:units"))
    formula = " x ".join(f"{{{n}}}" for n in range(len(inputs)))
    exact = see.exact * Fraction(content) * scale
    return trace.add(
        Step("SEEt", formula, tuple(inputs), exact, UNIT, scope.clause, "per tonne of goods", True)
    )


def functional_unit(cn: str, unit: str) -> str:
    """The unit that the emissions are stated in."""
    scope = contained(cn)
    return f"t CO2e/{scope.unit}" if scope is not None and unit == FUNCTIONAL else UNIT


def range_faults(
    see: Fraction | None, precursors: Sequence[Precursor], price: Rate | None, factors: Factors
) -> list[Finding]:
    """Every figure that no goods have, with the slip that it looks like."""
    found: list[Finding] = []
    if see is not None and see > MOST_SEE:
        found.append(finding("CERTIFICATE-SEE-RANGE", stage="method", most=MOST_SEE))
    for item in precursors:
        if not 0 < Fraction(item.mass) <= MOST_MASS:
            found.append(finding("ADJUSTMENT-PRECURSOR-MASS", stage="method", cn=item.cn, mass=item.mass))
        if item.sefa and not 0 <= Fraction(item.sefa) <= MOST_SEFA:
            found.append(finding("ADJUSTMENT-SEFA-RANGE", stage="method", cn=item.cn, sefa=item.sefa))
    for name, rate, most in (
        ("CBAM", factors.cbam, MOST_CBAM),
        ("CSCF", factors.correction, MOST_CORRECTION),
    ):
        if not 0 <= rate.exact <= most:
            told = "1" if most == 1 else "1.5"
            found.append(
                finding("ADJUSTMENT-FACTOR-RANGE", stage="method", name=name, value=rate.text, most=told)
            )
    if price is not None and price.exact <= 0:
        found.append(finding("CERTIFICATE-PRICE-RANGE", stage="method", price=price.text))
    return found
