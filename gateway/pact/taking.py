"""What is done with footprints that a host has just shown, in a page or alone: judged, then kept with their signature.

What is known by its digest is neither judged nor kept again. Judging comes before the transaction that keeps, which may
also say how far the caller has come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from gateway.model.finding import Finding, Refused, errors
from gateway.pact.client import Footprint, PactClient
from gateway.pact.judge import Circumstances, judge, judge_signature, keep
from gateway.store.database import Store
from gateway.store.received import Arrival, Known, Verified, add_verification, known

SIGNATURES_TRIED = 3
"""Footprints without a signature after which a host is taken for one that keeps none."""

_NOT_NOW = frozenset({"FETCH-BUSY", "FETCH-TIMEOUT", "FETCH-UNREACHABLE"})


@dataclass(frozen=True)
class Taken:
    """A footprint of a page: in its bytes, with what was found in it, and whether it was new."""

    footprint: Footprint
    findings: tuple[Finding, ...]
    is_new: bool
    signature: str | None = None

    @property
    def rank(self) -> str:
        """``errors``, ``warnings`` or nothing: the gravest of its findings."""
        if errors(self.findings):
            return "errors"
        return "warnings" if any(item.severity == "warning" for item in self.findings) else ""


@dataclass(frozen=True)
class Looked:
    """Footprints of one host before they are kept: which it gave before, the verdicts on the others by digest."""

    parts: tuple[Footprint, ...]
    seen: dict[str, Known]
    judged: dict[str, Arrival]
    signed: dict[str, Verified | None]

    def signature(self, each: Footprint) -> str | None:
        """The signature of a footprint, kept or just fetched."""
        return (
            self.signed.get(each.digest) or self.seen.get(each.digest) or self.judged[each.digest]
        ).signature


@dataclass
class Taking:
    """Takes footprints of one host in. ``again``: those from which values were erased here, too."""

    store: Store
    client: PactClient
    how: Circumstances
    again: bool = False
    _unsigned: int = field(default=0, init=False)
    _signed: bool = field(default=False, init=False)

    async def look(self, parts: Sequence[Footprint]) -> Looked:
        """Judge what is new, and fetch the signatures that are missing."""
        with self.store.read() as connection:
            seen = known(connection, self.how.source, [each.pf_id for each in parts])
        judged = {each.digest: await self._judged(each) for each in parts if each.digest not in seen}
        signed = {each.digest: await self._late(each) for each in parts if _bare(seen.get(each.digest))}
        return Looked(tuple(parts), seen, judged, signed)

    def keep(self, connection: Connection, now: int, looked: Looked) -> list[Taken]:
        """Keep them, within the transaction of the caller."""
        taken: list[Taken] = []
        for each in looked.parts:
            if (held := looked.seen.get(each.digest)) is None:
                arrival, is_new = keep(connection, now, looked.judged[each.digest], again=self.again)
                taken.append(Taken(each, arrival.findings, is_new, arrival.signature))
                continue
            late = looked.signed.get(each.digest)
            if late is not None:
                add_verification(connection, now, held.number, late)
            taken.append(Taken(each, (*held.findings, *(late.findings if late else ())), is_new=False))
        return taken

    async def _judged(self, footprint: Footprint) -> Arrival:
        return judge(footprint, self.how, await self._signature(footprint))

    async def _late(self, footprint: Footprint) -> Verified | None:
        """The signature of a footprint that came without one, by event or when the host had none."""
        signature = await self._signature(footprint)
        if signature is None:
            return None
        return judge_signature(footprint.content, signature, self.how.trust, self.how.clock)

    async def _signature(self, footprint: Footprint) -> bytes | None:
        """What the host keeps beside a footprint. A host that has none for the first few is not asked further."""
        if not footprint.pf_id or (not self._signed and self._unsigned >= SIGNATURES_TRIED):
            return None
        try:
            signature = await self.client.signature(footprint.pf_id)
        except Refused as refused:
            if refused.findings[0].rule in _NOT_NOW:
                return None  # the footprint is here; the next look asks for its signature again
            raise
        self._signed = self._signed or signature is not None
        self._unsigned += signature is None
        return signature


def _bare(held: Known | None) -> bool:
    return held is not None and held.signature is None
