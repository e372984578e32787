"""Whether the data of a source stream are those of a fuel, a material or a stack that exists.

The limits are rows of ``mappings/figures/plausible-ranges.toml`` with their reasons. Most are warned of, since mixes
with hydrogen or inert gas exist; what no plant can have is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from gateway.data import load_toml
from gateway.methods.streams.quantities import TONNE
from gateway.methods.streams.reading import Source, reasonable
from gateway.methods.survey import MASS_UNITS
from gateway.methods.trace import decimal_of, text_of
from gateway.model.finding import Finding, Severity, finding
from gateway.model.record import Record


def plausible(
    source: Source, name: str, row: str, value: Fraction, *, severity: Severity = "warning"
) -> None:
    """A finding where a figure lies outside its range; 0 and rows that are not listed say nothing."""
    limits = load_toml("mappings", "figures", "plausible-ranges.toml").get(row)
    if limits is None or not value or Fraction(limits["low"]) <= value <= Fraction(limits["high"]):
        return
    rule = "METHOD-STREAM-IMPOSSIBLE" if severity == "error" else "METHOD-STREAM-IMPLAUSIBLE"
    source.report(
        rule, name, severity=severity, value=text_of(decimal_of(value)), unit=limits["unit"],
        low=limits["low"], high=limits["high"],
    )  # fmt: skip


def check_ncv(source: Source, base: str, stated: Fraction, printed: Fraction) -> None:
    """A stated NCV (TJ per t or Nm3) against the one of the named row (TJ/t); for a gas, by its density."""
    limits = "ncv_ratio" if base == TONNE else "gas_density"
    plausible(source, "ncv", limits, stated / printed, severity="error")


def check_directions(sources: Iterable[Source], record: Record) -> None:
    """Warns of a mass balance where nothing leaves and whose streams do not all say that they are inputs.

    Where a sign or a direction marks an output, the others are inputs by the convention of the act.
    """
    balance = [
        (source, stream)
        for source, stream in zip(sources, record.source_streams, strict=True)
        if stream.method == "mass-balance"
    ]
    leaves = any(
        stream.direction == "output" or (stream.amount is not None and stream.amount < 0)
        for _, stream in balance
    )
    for source, stream in balance if len(balance) > 1 and not leaves else ():
        if stream.direction is None:
            source.report("METHOD-STREAM-DIRECTION-ASSUMED", "direction", severity="warning")


def check_pfc_production(record: Record) -> list[Finding]:
    """Warns where the aluminium of a process's PFC rows differs from its activity level by over 10 %."""
    found: list[Finding] = []
    for process in record.processes:
        rows = [(n, row.production) for n, row in enumerate(record.pfc) if row.process == process.id]
        known = [Fraction(made) for _, made in rows if made is not None and reasonable(made)]
        level, scale = process.activity_level, MASS_UNITS.get(process.activity_unit or "")
        if process.id is None or not rows or len(known) < len(rows):
            continue
        if scale is None or not level or not reasonable(level):
            continue
        whole, total = Fraction(level) * scale, sum(known, Fraction(0))
        if abs(total - whole) * 10 > whole:
            found.append(
                finding(
                    "METHOD-PFC-PRODUCTION", f"/pfc/{rows[0][0]}/production", severity="warning",
                    stage="method", process=process.id, total=text_of(decimal_of(total)),
                    level=text_of(decimal_of(whole)),
                )
            )  # fmt: skip
    return found
