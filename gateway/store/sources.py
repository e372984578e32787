"""What a footprint was made from: kept by the house beside it, never served."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import Connection, insert, select

from gateway.model.finding import Refused, finding
from gateway.store.log import append
from gateway.store.personal import commit, digest_of_bytes
from gateway.store.tables.footprints import footprints
from gateway.store.tables.personal import sources

Kind = Literal["source", "ledger", "residue"]


def keep_source(
    connection: Connection, pf_id: str, kind: Kind, format_id: str, content: bytes, now: int
) -> None:
    """Keep a document beside a footprint; the same document is kept once. Raises Refused (STORE-NO-FOOTPRINT).

    A workbook is kept as the record that was read from it, in JSON: personal values can be erased from that.
    """
    footprint = connection.execute(select(footprints.c.number).where(footprints.c.pf_id == pf_id)).scalar()
    if footprint is None:
        raise Refused(finding("STORE-NO-FOOTPRINT", stage="store", footprint=pf_id))
    row = {"footprint": footprint, "kind": kind, "format": format_id, "digest": digest_of_bytes(content)}
    same = [sources.c[name] == value for name, value in row.items()]
    if connection.execute(select(sources.c.number).where(*same)).first() is not None:
        return
    made = connection.execute(insert(sources).values(**row, content=content, kept=now)).inserted_primary_key
    assert made is not None
    digest = commit(connection, "sources", str(made[0]), format_id, content, now).digest
    append(connection, now, "source kept", pf_id, source=digest, what=kind)


def sources_of(connection: Connection, pf_id: str) -> list[tuple[str, str, bytes]]:
    """Kind, format and bytes of what is kept beside a footprint."""
    query = (
        select(sources.c.kind, sources.c.format, sources.c.content)
        .join(footprints, footprints.c.number == sources.c.footprint)
        .where(footprints.c.pf_id == pf_id)
        .order_by(sources.c.number)
    )
    return [(row.kind, row.format, bytes(row.content)) for row in connection.execute(query)]
