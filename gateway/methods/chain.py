"""The order in which the processes of an installation can be solved: precursors before what uses them."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.methods.survey import Plant, Survey


def links(plant: Plant) -> set[str]:
    """The own processes whose product this one really uses; an amount of 0 is no link."""
    return {p.source for p in plant.precursors if p.source is not None and p.amount.value}


def solve_order(found: Survey) -> list[str]:
    """The processes that can be solved, suppliers first; the rest is incomplete, in a cycle or behind one.

    A genuine cycle (A uses B and B uses A) has a solution as a linear system, which the template solves
    with a matrix; this method does not, and says so (METHOD-CYCLE).
    """
    uses = {plant.id: links(plant) for key, plant in found.plants.items() if key == plant.id}
    ordered = list(peel(uses))
    report_cycles(found, {key: uses[key] for key in uses if key not in set(ordered)})
    solved: set[str] = set()
    for process in ordered:
        if found.plants[process].complete and uses[process] <= solved:
            solved.add(process)
    return [process for process in ordered if process in solved]


def peel(uses: dict[str, set[str]]) -> Iterator[str]:
    """Repeatedly those that wait for none of the others; what is never yielded waits for a cycle."""
    users: dict[str, list[str]] = {process: [] for process in uses}
    waiting = {process: len(used) for process, used in uses.items()}
    for process, used in uses.items():
        for supplier in used:
            users[supplier].append(process)
    ready = [process for process, count in waiting.items() if count == 0]
    while ready:
        process = ready.pop()
        yield process
        for user in users[process]:
            waiting[user] -= 1
            if waiting[user] == 0:
                ready.append(user)


def report_cycles(found: Survey, stuck: dict[str, set[str]]) -> None:
    """One finding for each precursor that closes a cycle; those merely behind a cycle are left out."""
    used_by: dict[str, set[str]] = {process: set() for process in stuck}
    for process, used in stuck.items():
        for supplier in used & stuck.keys():
            used_by[supplier].add(process)
    behind = set(peel(used_by))
    cyclic = stuck.keys() - behind
    for process in sorted(cyclic):
        plant = found.plants[process]
        for precursor in plant.precursors:
            if precursor.source in cyclic and precursor.amount.value:
                found.report(
                    "METHOD-CYCLE", f"{precursor.path}/ownProcess", plant, among=", ".join(sorted(cyclic))
                )
