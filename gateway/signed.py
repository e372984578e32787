"""Signing what a translation made: the statement names source, route, tables, schemas and ledger."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any, BinaryIO

from gateway import __version__
from gateway.check.document import join_of
from gateway.data import data_path
from gateway.formats.files import MAX_INPUT
from gateway.formats.registry import figures_are_numbers, formats
from gateway.model.finding import Refused, finding
from gateway.route import Journey, schema_of
from gateway.trust.envelope import Statement, new_statement, system_clock
from gateway.trust.keys import SigningKey
from gateway.trust.signing import media_type_of, sign_document


def statement_for(journey: Journey, key: SigningKey) -> Statement:
    """What is signed beside the document itself.

    The digest of the ledger is over its entries as canonical JSON (RFC 8785), so that it can be computed
    again from the ledger file.
    """
    assert journey.ledger is not None
    digests = [
        journey.source_digest or _digest(journey.source.data),
        *(_digest(document.data) for document in journey.others),
    ]
    route = (journey.source.format_id, journey.wish.to)
    return statement_of(key, route, digests, _digest(journey.ledger.canonical()))


def statement_of(key: SigningKey, route: tuple[str, str], sources: list[str], ledger: str) -> Statement:
    """The statement of a translation, from the digests of its sources and of its ledger."""
    return new_statement(
        key.public.did,
        system_clock,
        format=route[1],
        source=" ".join(sources),
        route=route,
        mapping=_tables(*route),
        schemas={name: schema_of(name)["digest"] for name in route},
        ledger=ledger,
        gateway=__version__,
    )


def signature_of(journey: Journey, key: SigningKey, data: bytes | None = None) -> bytes:
    """The detached signature over the document that a journey made. ``data``: the same in another layout."""
    known = formats()[journey.wish.to.partition("@")[0]]
    written = journey.data if data is None else data
    statement = statement_for(journey, key)
    syntax = journey.wish.syntax or known.syntax[0]
    if (
        syntax != known.syntax[0]
    ):  # a workbook of a format that is JSON otherwise: its bytes are what is signed
        return sign_document(written, media_type_of(written, f".{syntax}"), key, statement)
    return sign_stated(written, key, statement, journey.lowered.tree if syntax == "json" else None)


def long_signature(document: BinaryIO, key: SigningKey, statement: Statement) -> bytes:
    """The signature of a document in a file, up to the size that ``verify`` reads.

    Ed25519 passes over the whole message twice and JOSE signs its base64, so a signature cannot be made from
    a stream; a report of more than 100 MB is refused rather than signed with what nobody here could verify.
    """
    document.seek(0)
    data = document.read(MAX_INPUT + 1)
    if len(data) > MAX_INPUT:
        raise Refused(finding("LONG-SIGN", stage="sign", limit=MAX_INPUT // (1024 * 1024)))
    return sign_stated(data, key, statement)


def sign_stated(data: bytes, key: SigningKey, statement: Statement, document: Any = None) -> bytes:
    """The signature of a document of the format that the statement names, in the form that fits that format."""
    media_type = formats()[statement.format.partition("@")[0]].media_type
    numbers = figures_are_numbers(statement.format)
    return sign_document(data, media_type, key, statement, document, numbers=numbers)


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
