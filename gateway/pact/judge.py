"""A footprint that came in, by pull or by event: checked, compared with what came before, kept.

Nothing is refused a place for being wrong: what a supplier sent is evidence. It is kept with its verdicts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from gateway.api import check, read, verify
from gateway.check.document import verdicts
from gateway.formats.json_reader import write_compact
from gateway.formats.registry import formats
from gateway.model.finding import Finding, Refused, finding
from gateway.pact.client import Footprint
from gateway.pact.models import FAMILY
from gateway.store.personal import TOMBSTONE, with_values
from gateway.store.received import Arrival, Verified, erased_paths, given_before, keep_received
from gateway.trust.envelope import Clock, system_clock
from gateway.trust.issuers import TrustStore

NOT_CHECKED = "not checked"
MAX_SIGNATURE = 64 * 1024


@dataclass(frozen=True)
class Circumstances:
    """How footprints came: from whom (a URL), over which API, by what; whom we trust."""

    source: str
    api: str
    via: str = "pull"
    trust: TrustStore | None = None
    clock: Clock = system_clock


def receive(
    connection: Connection,
    now: int,
    footprint: Footprint,
    how: Circumstances,
    signature: bytes | None = None,
) -> tuple[Arrival, bool]:
    """Judge a footprint and keep it; with what was found, and whether it was new."""
    return keep(connection, now, judge(footprint, how, signature))


def erased_here(connection: Connection, source: str, footprints: Sequence[Footprint]) -> set[str]:
    """The digests of those that are kept already, less personal values that were erased from them here.

    A footprint that says anything else too is not meant: it is news.
    """
    held = erased_paths(connection, source, [each.pf_id for each in footprints if each.pf_id])
    return {
        each.digest
        for each in footprints
        if any(_says_the_same(content, _without(each, paths)) for content, paths in held)
    }


def _without(footprint: Footprint, paths: Sequence[str]) -> Footprint:
    tree = _tree(footprint)
    return (
        footprint
        if tree is None
        else Footprint(write_compact(with_values(tree, dict.fromkeys(paths, TOMBSTONE))))
    )


def keep(connection: Connection, now: int, arrival: Arrival, *, again: bool = False) -> tuple[Arrival, bool]:
    """Keep a judged footprint, compared with what the same source gave under its id before.

    The same content in other bytes (another order of members, other white space) counts as known. What was erased
    from it here stays erased, unless it is to be taken ``again``.
    """
    footprint = Footprint(arrival.content)
    held = erased_paths(connection, arrival.source, [arrival.pf_id]) if arrival.pf_id else []
    if any(_says_the_same(content, _without(footprint, paths)) for content, paths in held):
        return (arrival, keep_received(connection, now, arrival)) if again else (arrival, False)
    spoken = footprint, _without(footprint, [path for _, paths in held for path in paths])
    before = given_before(connection, arrival.source, arrival.pf_id, arrival.model) if arrival.pf_id else []
    if any(each.digest == arrival.digest or _says_the_same(each.content, footprint) for each in before):
        return arrival, False
    rival = next((each for each in before if _is_rival(Footprint(each.content), footprint)), None)
    if rival is not None and not any(_only_deprecated(Footprint(rival.content), each) for each in spoken):
        arrival = _with(arrival, finding("PULL-CHANGED", "/id", digest=rival.digest))
    return arrival, keep_received(connection, now, arrival)


def judge(footprint: Footprint, how: Circumstances, signature: bytes | None = None) -> Arrival:
    """The verdicts on a footprint: schema, rules, purpose, signature, issuer and status, none merged."""
    pf_id, model = footprint.pf_id, _model(footprint.spec_version)
    found, said = _of_content(footprint, how, model)
    if not pf_id:
        found.append(finding("PULL-NO-ID", "/id", stage="read"))
    signed = judge_signature(footprint.content, signature, how.trust, how.clock)
    if said is None:
        said = verdicts(found)
    return Arrival(
        how.source,
        pf_id,
        model,
        footprint.content,
        how.via,
        {**said, **signed.verdicts},
        (*found, *signed.findings),
        signed.signature,
    )


def _of_content(
    footprint: Footprint, how: Circumstances, model: str
) -> tuple[list[Finding], dict[str, str] | None]:
    """Findings of schema and rules; the verdicts, where nothing could be judged."""
    unjudged = dict.fromkeys(("schema", "rules", "purpose"), NOT_CHECKED)
    try:
        tree = footprint.tree
        version = model or _newest(how.api)
        if isinstance(tree, dict) and version not in formats()[FAMILY].versions:
            told = footprint.spec_version or "-"
            found = [finding("PULL-MODEL", "/specVersion", stage="purpose", severity="warning", version=told)]
            return found, unjudged
        found = check(read(footprint.content, f"{FAMILY}@{version}"))
    except Refused as refused:
        return list(refused.findings), None
    if model and not model.startswith(f"{how.api}."):
        given = finding("PULL-OTHER-API", "/specVersion", severity="warning", version=model, api=how.api)
        found.append(given)
    return found, None


def _model(spec_version: str) -> str:
    """``3.0`` of ``3.0.3``: patches of a data model do not change it."""
    parts = spec_version.partition("-")[0].split(".")
    good = len(parts) in (2, 3) and all(part.isascii() and part.isdigit() and len(part) < 3 for part in parts)
    return ".".join(parts[:2]) if good else ""


def _newest(api: str) -> str:
    """The data model by which a footprint is judged that states no version."""
    return max((v for v in formats()[FAMILY].versions if v.startswith(f"{api}.")), default="")


def judge_signature(
    content: bytes, signature: bytes | None, trust: TrustStore | None, clock: Clock
) -> Verified:
    """The verdicts on the detached signature of a footprint, or on there being none."""
    if not signature:
        return Verified(None, {"signature": "none", "issuer": "unknown", "status": "unknown"})
    signature = signature[:MAX_SIGNATURE]
    answer = verify(content, signature, store=trust, clock=clock)
    words = {"signature": answer.signature, "issuer": answer.issuer, "status": answer.status}
    return Verified(signature.decode("ascii", "replace").strip(), words, answer.findings)


def _says_the_same(kept: bytes, footprint: Footprint) -> bool:
    tree = _tree(Footprint(kept))
    return tree is not None and tree == _tree(footprint)


def _is_rival(before: Footprint, after: Footprint) -> bool:
    """Whether both claim to be the same edition. Data model 2 numbers its editions under one id (``version``)."""
    return _edition(_tree(before)) == _edition(_tree(after))


def _only_deprecated(before: Footprint, after: Footprint) -> bool:
    """Whether nothing happened but the one change that is allowed: Active became Deprecated."""
    old, new = _tree(before), _tree(after)
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return False
    if (old.get("status"), new.get("status")) != ("Active", "Deprecated"):
        return False
    beside = ("status", "statusComment", "updated") if _edition(old) else ("status",)
    before_it, after_it = ({k: v for k, v in tree.items() if k not in beside} for tree in (old, new))
    return before_it == after_it


def _tree(footprint: Footprint) -> Any:
    try:
        return footprint.tree
    except Refused:
        return None


def _edition(tree: Any) -> str:
    return str(tree.get("version", "")) if isinstance(tree, dict) else ""


def _with(arrival: Arrival, more: Finding) -> Arrival:
    said = dict(arrival.verdicts)
    if said["rules"] != NOT_CHECKED:
        said |= {"rules": "broken", "purpose": "not usable"}
    return replace(arrival, verdicts=said, findings=(*arrival.findings, more))
