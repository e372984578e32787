"""From a document to what is put on offer: the bytes of each data model, their signatures, what it is found by.

A record, or a PACT footprint of any version, goes through the same route as on the command line. It is signed
once, here; what is served later are these bytes.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection

from gateway.api import read, translate
from gateway.data import data_path
from gateway.formats.codes import code_list
from gateway.formats.json_reader import write_compact
from gateway.formats.registry import plainly
from gateway.model.finding import Finding, Refused, finding
from gateway.pact.models import FAMILY, newest_v2
from gateway.pact.notices import announce
from gateway.route import Journey, Wish
from gateway.signed import sign_stated, statement_for
from gateway.store.footprints import Body, Offer, complete, own_body, publish, revise
from gateway.store.succession import pending, turns_back
from gateway.store.tables.base import moment_of
from gateway.translate.mapping import plan
from gateway.trust.keys import SigningKey

VALID_YEARS = 3


@dataclass(frozen=True)
class Prepared:
    """An offer, ready to be stored. ``findings``: warnings, and why a data model cannot say the footprint.

    ``source``: the format of the document that it was made from, and that document as JSON.
    """

    offer: Offer
    findings: tuple[Finding, ...]
    source: tuple[str, bytes]


def prepare(data: bytes, key: SigningKey | None = None, base_url: str = "") -> Prepared:
    """The offer that a document makes.

    Raises Refused with the findings of the route where the document is no footprint that conforms to PACT 3.0
    and its rules. A data model of version 2 is left out where the footprint cannot be said in it.
    """
    journey = translate(read(data), Wish(f"{FAMILY}@3.0", base_url=base_url))
    if not journey.conforms:
        raise Refused(journey.findings)
    tree = (
        settled(journey.source.tree) if journey.source.format_id == f"{FAMILY}@3.0" else journey.lowered.tree
    )
    bodies = {"3.0": _body(tree, journey, key)}
    found = list(journey.findings)
    older = newest_v2()
    if older is not None:
        back = translate(read(bodies["3.0"].content), Wish(f"{FAMILY}@{older}"))
        found += _in_own_words(data, journey, back).findings
        if back.conforms:
            bodies[older] = _body(back.lowered.tree, back, key)
    source = journey.source.format_id, write_compact(journey.source.tree)
    return Prepared(_offer(tree, bodies), tuple(found), source)


def _in_own_words(data: bytes, journey: Journey, back: Journey) -> Journey:
    """The step to version 2 as the sender sees it: with the figures, units and fields of the document that was sent."""
    if journey.source.format_id.startswith(f"{FAMILY}@"):
        return back
    straight = translate(read(data), Wish(back.wish.to))
    return straight if straight.conforms is back.conforms else back


@dataclass(frozen=True)
class Published:
    """What putting a footprint on offer came to.

    ``added``: what it lacked before and has now, by data model (`complete`). ``deprecated``: ids of the past
    versions that became Deprecated by it, its own where a newer one is on offer; ``bared``: those among them whose
    signature went with the old status, for want of a key.
    """

    pf_id: str
    is_new: bool
    added: Mapping[str, str]
    deprecated: tuple[str, ...]
    bared: tuple[str, ...]

    @property
    def news(self) -> tuple[str, ...]:
        """The ids that partners are told of: what is new or has another status."""
        return tuple(dict.fromkeys(((self.pf_id,) if self.is_new else ()) + self.deprecated))

    @property
    def news_in_v2(self) -> tuple[str, ...]:
        """What only partners of version 2 have not been told of."""
        gained = any(model.startswith("2.") and what == "body" for model, what in self.added.items())
        return (self.pf_id,) if gained and self.pf_id not in self.news else ()


def put_on_offer(
    connection: Connection, prepared: Prepared, now: int, key: SigningKey | None = None, source: str = ""
) -> Published:
    """Publish, deprecate past versions on offer, and add what the footprint lacks where it is on offer already.

    A past version is one that the other names as preceding, whichever of them came first. Raises Refused
    (STORE-IMMUTABLE); PUBLISH-TURNS-BACK where it would be its own past version; PUBLISH-OTHER-PRODUCT where one of
    the two is new and they are of different companies or products.
    With ``source``, our own base URL, the partners that may see them are told in the same transaction.
    """
    pf_id = prepared.offer.pf_id
    is_new = publish(connection, prepared.offer, now)
    if is_new and turns_back(connection, pf_id):
        raise Refused(finding("PUBLISH-TURNS-BACK", "/precedingPfIds", stage="store", footprint=pf_id))
    changed = _deprecate(connection, pf_id, now, key, strict=is_new)
    added = {} if is_new else complete(connection, pf_id, _whole(connection, prepared, key), now)
    bared = tuple(older for older, lost in changed.items() if lost)
    made = Published(pf_id, is_new, added, tuple(changed), bared)
    if source:
        announce(connection, made.news, source, now, made.news_in_v2)
    return made


def _deprecate(
    connection: Connection, pf_id: str, now: int, key: SigningKey | None, *, strict: bool
) -> dict[str, bool]:
    """Ids of what became Deprecated, and whether its signature was lost by it."""
    changed: dict[str, bool] = {}
    for older, newer, apart in list(pending(connection, pf_id)):
        if apart and strict:
            raise Refused(
                finding(
                    "PUBLISH-OTHER-PRODUCT",
                    "/precedingPfIds",
                    stage="store",
                    older=older,
                    newer=newer,
                    field=f"{apart}Ids",
                )
            )
        held = own_body(connection, older)
        if apart or older in changed or held is None:
            continue
        revise(connection, older, "Deprecated", deprecated(held.content, key).offer.bodies, now, "deprecated")
        changed[older] = held.signature is not None and key is None
    return changed


def _whole(connection: Connection, prepared: Prepared, key: SigningKey | None) -> Mapping[str, Body]:
    """All that the footprint would be offered with today, in the status that it has by now."""
    held = own_body(connection, prepared.offer.pf_id)
    if held is None or held.content == prepared.offer.bodies["3.0"].content:
        return prepared.offer.bodies
    return prepare(held.content, key).offer.bodies


def deprecated(content: bytes, key: SigningKey | None = None) -> Prepared:
    """The same footprint with status Deprecated."""
    document = read(content, f"{FAMILY}@3.0")
    return prepare(write_compact({**document.tree, "status": "Deprecated"}), key)


def settled(tree: dict[str, Any]) -> dict[str, Any]:
    """A 3.0 footprint in the one spelling that is written: no nulls, no exponents, instants in UTC with ``Z``.

    The prose of PACT lets a sender write more than the published schema takes; what is served must pass both.
    What an extension holds is its own affair.
    """
    extensions = tree.get("extensions")
    made: dict[str, Any] = plainly({k: v for k, v in tree.items() if k != "extensions"}, ("null",))
    for path in _figures():
        _mend(made, path, lambda text: plainly(text, ("exponent",)))
    for path in _instants():
        _mend(made, path, zulu)
    return made if extensions is None else {**made, "extensions": extensions}


def zulu(text: str) -> str:
    """The same instant in UTC, with ``Z``; a text that is written so already stays as it is."""
    if text.endswith("Z"):
        return text
    instant_in_utc = datetime.fromisoformat(text.upper()).astimezone(UTC)
    return instant_in_utc.isoformat().replace("+00:00", "Z")


def _mend(node: Any, path: Sequence[str], mend: Callable[[str], str]) -> None:
    step, rest = path[0], path[1:]
    if isinstance(node, dict) and step in node:
        if rest:
            _mend(node[step], rest, mend)
        elif isinstance(node[step], str):
            node[step] = mend(node[step])


@cache
def _figures() -> tuple[tuple[str, ...], ...]:
    return _paths(lambda lens: lens not in ("verbatim", *_INSTANT))


@cache
def _instants() -> tuple[tuple[str, ...], ...]:
    return _paths(lambda lens: lens in _INSTANT)


_INSTANT = ("date-as-instant",)


def _paths(wanted: Callable[[str], bool]) -> tuple[tuple[str, ...], ...]:
    """The fields of the table whose lens is wanted: the table knows which fields hold figures and which instants."""
    rows = plan(f"{FAMILY}@3.0").rows
    return tuple(
        tuple(path.split("/")) for row in rows if wanted(row.lens_name) for path in row.external_paths
    )


def _body(tree: dict[str, Any], journey: Journey, key: SigningKey | None) -> Body:
    content = write_compact(_sorted(tree))
    if key is None:
        return Body(content)
    statement = replace(statement_for(journey, key), format=journey.wish.to)
    return Body(content, sign_stated(content, key, statement, tree).decode().strip())


def _sorted(node: Any) -> Any:
    """Members in one order: the same document makes the same bytes, so that publishing it again changes nothing."""
    if isinstance(node, dict):
        return {name: _sorted(node[name]) for name in sorted(node)}
    return [_sorted(element) for element in node] if isinstance(node, list) else node


def _offer(tree: dict[str, Any], bodies: dict[str, Body]) -> Offer:
    pcf = tree["pcf"]
    ends = instant(pcf["referencePeriodEnd"])
    return Offer(
        pf_id=tree["id"].lower(),
        status=tree["status"],
        bodies=bodies,
        terms=frozenset(found_by(tree)),
        created=instant(tree["created"]),
        updated=instant(tree["created"]),
        period_start=instant(pcf["referencePeriodStart"]),
        period_end=ends,
        valid_start=instant(tree["validityPeriodStart"]) if "validityPeriodStart" in tree else ends,
        valid_end=instant(tree["validityPeriodEnd"]) if "validityPeriodEnd" in tree else _years_after(ends),
        preceding=tuple(
            sorted({each.lower() for each in tree.get("precedingPfIds", ())} - {tree["id"].lower()})
        ),
    )


def instant(text: str) -> int:
    """A timestamp of a footprint as a moment."""
    made = datetime.fromisoformat(text.upper())
    return moment_of(made if made.tzinfo else made.replace(tzinfo=UTC))


def _years_after(moment: int) -> int:
    """The end of the validity where none is stated: three years after the period (PACT methodology 3.2.3)."""
    start = datetime.fromtimestamp(moment // 1_000_000, UTC)
    day = 28 if (start.month, start.day) == (2, 29) else start.day
    return moment_of(start.replace(year=start.year + VALID_YEARS, day=day)) + moment % 1_000_000


def found_by(tree: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The terms of a footprint: kind and value."""
    for row in _terms():
        prefix = row.get("prefix", "")
        for value in _values(tree, row["path"].split("/")):
            if value.lower().startswith(prefix):
                yield row["kind"], value[len(prefix) :]
            if row.get("within"):
                yield from ((row["kind"], larger) for larger in places_around(value))


def places_around(place: str) -> Iterator[str]:
    """The larger places that a place lies in: country, sub-region and region (ISO 3166, UN M49)."""
    regions = code_list("region-of-country")
    country = place.partition("-")[0]
    if country in regions.codes:
        if country != place:
            yield country
        row = regions.codes[country]
        yield from dict.fromkeys((row["m49"], row["m49_region"]))
        return
    around = (row["m49_region"] for row in regions.codes.values() if row["m49"] == place)
    yield from (region for region in dict.fromkeys(around) if region != place)


def _values(node: Any, steps: list[str]) -> Iterator[str]:
    if not steps:
        yield str(node)
    elif steps[0] == "*":
        for element in node:
            yield from _values(element, steps[1:])
    elif steps[0] in node:
        yield from _values(node[steps[0]], steps[1:])


@cache
def _terms() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = tomllib.loads(data_path("mappings", "footprint-terms.toml").read_text())[
        "term"
    ]
    return rows
