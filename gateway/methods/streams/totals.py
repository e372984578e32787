"""Sums of the monitored data per process and installation, and what the processes state beside them.

Two figures of one thing are never silently replaced by one another: the stated DirEm* counts, and its
difference to the source streams is shown with both numbers. Up to half a tonne they agree, since emissions
are reported in full tonnes (2025/2547 Annex II A.1, point 6). The uniform reconciliation factor of Annex
III A.1 is shown, not applied: which of the two meters is better is the operator's decision.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from gateway.methods.streams.installation_streams import Member, Streams, read_streams
from gateway.methods.streams.law import TRANSITIONAL, Law
from gateway.methods.streams.reading import reasonable
from gateway.methods.trace import Input, Step, decimal_of, rounded, text_of
from gateway.model.finding import Severity, finding
from gateway.model.record import Process, Record

AGREE = Fraction(1, 2)
"""t CO2e: within it two figures are the same full tonne."""

TOLERANCE = Fraction(1, 1000)
"""Share of the larger figure up to which a difference is only information: rounding, stock changes."""

MATERIAL = Fraction(5, 100)
"""Share from which a difference is an error: the materiality level of Regulation (EU) 2025/2546, Article 5."""


def streams_of(record: Record, law: Law = TRANSITIONAL) -> Streams:
    """The monitored data of a record with sums, checks and reconciliation. Pure, raises nothing."""
    made = read_streams(record, law)
    if not made.members:
        return made
    by_site: dict[str, list[Member]] = {}
    for member in made.members:
        if member.installation is not None:
            by_site.setdefault(member.installation, []).append(member)
    unplaced = any(member.installation is None for member in made.members)
    for site, members in by_site.items():
        processes = processes_of(record, site)
        check_balance(made, members)
        process_sums(made, members, processes, unplaced=unplaced)
        if unplaced or any(member.figure is None for member in members):
            continue  # a sum without one of its parts would look like a smaller plant
        total = installation_sum(made, record, site, members)
        reconcile_processes(made, members, processes)
        reconcile_installation(made, record, site, processes, total)
    return made


def processes_of(record: Record, site: str) -> list[tuple[int, Process]]:
    """The processes of an installation, with their position; each id once."""
    only = len({s.id for s in record.installations if s.id}) < 2
    found: dict[str, tuple[int, Process]] = {}
    for index, process in enumerate(record.processes):
        if process.id and (process.installation == site or (only and process.installation is None)):
            found.setdefault(process.id, (index, process))
    return list(found.values())


def add_up(made: Streams, symbol: str, members: Iterable[Member], topic: str) -> Step:
    """The sum of the emissions of some elements, as one step; symbols name each element."""
    figures = [member.figure for member in members if member.figure is not None]
    inputs = tuple(figure.emissions.as_input(f"Em[{figure.label}]") for figure in figures)
    total = sum((figure.emissions.exact for figure in figures), Fraction(0))
    formula = " + ".join(f"{{{n}}}" for n in range(len(inputs)))
    step = Step(symbol, formula, inputs, total, "t CO2e", made.law.clause(topic), "", made.law.confirmed)
    return made.trace.add(step)


# --- sums --------------------------------------------------------------------------------------------


def process_sums(
    made: Streams, members: list[Member], processes: list[tuple[int, Process]], *, unplaced: bool
) -> None:
    """DirEm* of each process whose streams are all known, where no stream of the site is left unattributed."""
    unattributed = [m for m in members if m.process is None and m.energy_unit is None]
    if unattributed or unplaced:
        lacking = [process.id for _, process in processes if process.direct_emissions is None]
        for member in unattributed if lacking else ():
            made.findings.append(
                finding(
                    "METHOD-STREAM-UNATTRIBUTED", f"{member.path}/process", stage="method",
                    stream=member.label, processes=", ".join(str(name) for name in lacking),
                )
            )  # fmt: skip
        return
    for _, process in processes:
        own = [member for member in members if member.process == process.id]
        if process.id and own and all(member.figure is not None for member in own):
            step = add_up(made, f"{process.id}:DirEm*", own, "attributed")
            made.processes[process.id] = step


def installation_sum(made: Streams, record: Record, site: str, members: list[Member]) -> Step:
    """EmInst = sum of all calculated and measured emissions (2025/2547 Annex II B.2, equation 4)."""
    step = add_up(made, f"{site_owner(record, site)}:EmInst", members, "installation")
    made.installations[site] = step
    return step


def site_owner(record: Record, site: str) -> str:
    name = f"installation {site}".rstrip()
    taken = {process.id for process in record.processes}
    while name in taken:
        name += "'"
    return name


def check_balance(made: Streams, members: list[Member]) -> None:
    """Carbon cannot leave that never came in, and zero-rated carbon does not vanish in a product."""
    check_transfers(made, members)
    balance = [m.figure for m in members if m.figure is not None and m.figure.method == "mass-balance"]
    outputs = [figure for figure in balance if figure.carbon < 0]
    if not outputs or any(m.figure is None for m in members):
        return
    total = sum((figure.emissions.exact for figure in balance), Fraction(0))
    if total < 0:
        made.findings.append(
            finding(
                "METHOD-STREAM-BALANCE-NEGATIVE", f"{outputs[0].path}/amount", stage="method",
                stream=outputs[0].label, value=text_of(decimal_of(total)),
            )
        )  # fmt: skip
    into = sum((f.zero_carbon for f in balance if f.carbon > 0), Fraction(0))
    out = -sum((f.zero_carbon for f in outputs), Fraction(0))
    if into > out and not all(figure.evidence for figure in outputs):
        first = next(figure for figure in outputs if not figure.evidence)
        made.findings.append(
            finding(
                "METHOD-STREAM-BALANCE-BIOMASS", f"{first.path}/evidence", stage="method",
                severity="error" if made.law.confirmed else "warning",
                stream=first.label, into=text_of(decimal_of(into)), out=text_of(decimal_of(out)),
            )
        )  # fmt: skip


def check_transfers(made: Streams, members: list[Member]) -> None:
    """No more CO2 can be passed on than the installation emits and receives."""
    figures = [member.figure for member in members if member.figure is not None]
    sent = [f for f in figures if f.method == "co2-transfer" and f.emissions.exact < 0]
    total = sum((figure.emissions.exact for figure in figures), Fraction(0))
    if sent and total < 0 and len(figures) == len(members):
        deducted = sum((figure.emissions.exact for figure in sent), Fraction(0))
        made.findings.append(
            finding(
                "METHOD-STREAM-TRANSFER-BEYOND", f"{sent[0].path}/amount", stage="method",
                stream=sent[0].label, sent=shown(-deducted), emitted=shown(total - deducted),
            )
        )  # fmt: skip


# --- reconciliation ----------------------------------------------------------------------------------


def reconcile_processes(made: Streams, members: list[Member], processes: list[tuple[int, Process]]) -> None:
    """A process that states DirEm* and whose streams are all named: both figures side by side."""
    for index, process in processes:
        step = made.processes.get(process.id or "")
        if step is None or process.direct_emissions is None or not reasonable(process.direct_emissions):
            continue
        stated = Fraction(process.direct_emissions)
        compare(
            made, f"/processes/{index}/directEmissions", f"process {process.id}", step.exact, stated,
            more="METHOD-STREAMS-DIFFERENCE-MATERIAL", less="METHOD-STREAMS-DIFFERENCE-MATERIAL",
        )  # fmt: skip


def reconcile_installation(
    made: Streams, record: Record, site: str, processes: list[tuple[int, Process]], total: Step
) -> None:
    """EmInst against the DirEm* of all processes, with fuel for shared heat and power added to them.

    Processes may be less: an installation also makes goods outside CBAM. They cannot be materially more.
    """
    inputs, direct = [], Fraction(0)
    for index, process in processes:
        step, stated = made.processes.get(process.id or ""), process.direct_emissions
        if stated is not None and reasonable(stated):
            inputs.append(
                Input(
                    f"DirEm*[{process.id}]", text_of(stated), "t CO2e", f"/processes/{index}/directEmissions"
                )
            )
            direct += Fraction(stated)
        elif stated is None and step is not None:
            inputs.append(step.as_input(f"DirEm*[{process.id}]"))
            direct += step.exact
        else:
            return
    if not inputs:
        return
    note = ""
    for member in made.members:
        if member.installation == site and member.energy_unit is not None and member.figure is not None:
            note = "Fuel of energy units counts beside the processes."
            inputs.append(member.figure.emissions.as_input(f"Em[{member.label}]"))
            direct += member.figure.emissions.exact
    owner = total.symbol.rpartition(":")[0]
    summed = made.trace.add(
        Step(
            f"{owner}:DirEmSum", " + ".join(f"{{{n}}}" for n in range(len(inputs))), tuple(inputs), direct,
            "t CO2e", made.law.clause("reconciliation"), note,
            made.law.confirmed,
        )
    )  # fmt: skip
    if direct and direct != total.exact:
        made.trace.add(
            Step(
                f"{owner}:RecF", "{0} / {1}", (total.as_input("DInst"), summed.as_input("ΣDPP")),
                total.exact / direct, "1", made.law.clause("reconciliation"),
                "Shown, not applied to any figure.", made.law.confirmed,
            )
        )  # fmt: skip
    place = next(
        (f"/installations/{i}" for i, s in enumerate(record.installations) if s.id == site), "/processes"
    )
    compare(
        made, place, f"installation {site}".rstrip(), total.exact, direct,
        more="METHOD-STREAMS-DIFFERENCE-MATERIAL", less="METHOD-STREAMS-DIFFERENCE-LARGE",
    )  # fmt: skip


def compare(
    made: Streams, path: str, place: str, computed: Fraction, stated: Fraction, *, more: str, less: str
) -> None:
    """One finding for a difference, by its size; ``more`` where the stated figure is the larger one."""
    difference = stated - computed
    if abs(difference) <= AGREE:
        return
    share = abs(difference) / max(abs(stated), abs(computed))
    if share <= TOLERANCE:
        rule = "METHOD-STREAMS-DIFFERENCE"
    elif share <= MATERIAL:
        rule = "METHOD-STREAMS-DIFFERENCE-LARGE"
    else:
        rule = more if difference > 0 else less
    severity: Severity = _SEVERITY[rule]
    made.findings.append(
        finding(
            rule, path, severity=severity, stage="method", place=place,
            computed=shown(computed), stated=shown(stated), difference=shown(difference),
            share=text_of(rounded(share * 100, 6).value),
        )
    )  # fmt: skip


def shown(value: Fraction) -> str:
    """A figure for a message: to the kilogram."""
    return text_of(decimal_of(Fraction(rounded(value, 3).value)))


_SEVERITY: dict[str, Severity] = {
    "METHOD-STREAMS-DIFFERENCE": "info",
    "METHOD-STREAMS-DIFFERENCE-LARGE": "warning",
    "METHOD-STREAMS-DIFFERENCE-MATERIAL": "error",
}
