"""Signing what a translation made: the statement names source, route, tables, schemas and ledger."""

from __future__ import annotations

import hashlib
from functools import cache

from gateway import __version__
from gateway.check.document import join_of
from gateway.data import data_path
from gateway.formats.registry import formats
from gateway.route import Journey, schema_of
from gateway.trust.envelope import Statement, new_statement, system_clock
from gateway.trust.keys import SigningKey
from gateway.trust.signing import sign_document


def statement_for(journey: Journey, key: SigningKey) -> Statement:
    """What is signed beside the document itself.

    The digest of the ledger is over its entries as canonical JSON (RFC 8785), so that it can be computed
    again from the ledger file.
    """
    assert journey.ledger is not None
    source, target = journey.source.format_id, journey.wish.to
    return new_statement(
        key.public.did,
        system_clock,
        format=target,
        source=" ".join(
            [
                journey.source_digest or _digest(journey.source.data),
                *(_digest(o.data) for o in journey.others),
            ]
        ),
        route=(source, target),
        mapping=_tables(source, target),
        schemas={name: schema_of(name)["digest"] for name in (source, target)},
        ledger=_digest(journey.ledger.canonical()),
        gateway=__version__,
    )


def signature_of(journey: Journey, key: SigningKey) -> bytes:
    """The detached signature over the document that a journey made."""
    known = formats()[journey.wish.to.partition("@")[0]]
    document = journey.lowered.tree if known.syntax[0] == "json" else None
    return sign_document(journey.data, known.media_type, key, statement_for(journey, key), document)


@cache
def _tables(source: str, target: str) -> str:
    """The digest of all that decides a route: both tables, their joins, and every code list by name."""
    names = [f"{format_id.partition('@')[0]}.toml" for format_id in (source, target)]
    names += [f"join-{join}.toml" for join in map(join_of, (source, target)) if join is not None]
    codes = sorted(data_path("mappings", "codes").glob("*.csv"))
    files = [*(data_path("mappings", name) for name in names), *codes]
    return _digest(b"".join(file.read_bytes() for file in files))


def _digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()
