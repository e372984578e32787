"""The cases of the plan: one row each in cases/*.toml, run one by one against a host.

The official suite could not be had from the registries of PyPI, npm and Debian, and the text of its plan was not at
hand. The cases follow what is publicly known of it and the words of the official OpenAPI documents. Numbers 1 to 19
keep the order of the published plan as it is known; the numbers of the filters are ours.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import httpx

from plan import check_events, check_filters, check_footprints, check_tokens
from plan.host import Broken, Host, NotShown
from plan.official import VERSIONS

MODULES = {
    "tokens": check_tokens,
    "footprints": check_footprints,
    "filters": check_filters,
    "events": check_events,
}
FOLDER = Path(__file__).with_name("cases")
Outcome = Literal["passed", "failed", "not shown"]


@dataclass(frozen=True)
class Case:
    """One case. ``argument``: what its check is given beside the host."""

    number: str
    title: str
    versions: tuple[str, ...]
    level: str
    request: str
    expected: str
    check: str
    twins: tuple[str, ...]
    argument: str | None
    slow: bool

    def try_on(self, host: Host) -> None:
        """Returns where the host keeps the case; Broken or NotShown otherwise."""
        module, _, name = self.check.partition(".")
        check = getattr(MODULES[module], name)
        try:
            check(host, self.argument) if self.argument else check(host)
        except (KeyError, ValueError, TypeError, AttributeError, httpx.TransportError) as error:
            raise Broken(f"expected {self.expected}; came: {error!r}"[:500]) from error


@dataclass(frozen=True)
class Result:
    case: Case
    version: str
    outcome: Outcome
    why: str = ""


def all_cases() -> list[Case]:
    """Every row of the plan, in the order of its numbers."""
    found = []
    for file in sorted(FOLDER.glob("*.toml")):
        table = tomllib.loads(file.read_text("utf-8"))
        found += [_case({"versions": table.get("versions", "all"), **row}) for row in table["case"]]
    return sorted(found, key=_order)


def _order(case: Case) -> tuple[bool, int, str]:
    of_v2 = case.number.startswith("v2-")
    digits = "".join(c for c in case.number.removeprefix("v2-") if c.isdigit())
    return of_v2, int(digits), case.number


def _case(row: dict[str, Any]) -> Case:
    versions = tuple(v for v in VERSIONS if row["versions"] in ("all", v.split(".", maxsplit=1)[0]))
    slow, argument = row.pop("slow", False), row.pop("with", None)
    return Case(**row | {"versions": versions, "twins": tuple(row["twins"])}, argument=argument, slow=slow)


def results(host: Host, *, versions: tuple[str, ...] = VERSIONS, slow: bool = False) -> Iterator[Result]:
    """Each case in each of its versions."""
    for version in versions:
        asked = host.in_version(version)
        for case in all_cases():
            if version in case.versions and (slow or not case.slow):
                yield result_of(case, asked)


def result_of(case: Case, host: Host) -> Result:
    try:
        case.try_on(host)
    except Broken as error:
        return Result(case, host.version, "failed", str(error))
    except NotShown as error:
        return Result(case, host.version, "not shown", str(error))
    return Result(case, host.version, "passed")
