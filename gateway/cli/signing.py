"""Signing what a translation made: the statement names source, route, tables, schemas and ledger."""

from __future__ import annotations

import hashlib

from gateway import __version__
from gateway.cli.keys import read_passphrase
from gateway.cli.output import write_out
from gateway.data import data_path
from gateway.formats.json_reader import write_json
from gateway.formats.registry import formats
from gateway.route import Journey, schema_of
from gateway.trust.envelope import Statement, new_statement, system_clock
from gateway.trust.keys import SigningKey, load_key
from gateway.trust.signing import sign_document


def statement_for(journey: Journey, key: SigningKey) -> Statement:
    """What is signed beside the document itself."""
    assert journey.ledger is not None
    source, target = journey.source.format_id, journey.wish.to
    entries = write_json([entry.as_json() for entry in journey.ledger.entries])
    return new_statement(
        key.public.did,
        system_clock,
        format=target,
        source=_digest(journey.source.data),
        route=(source, target),
        mapping=_digest(b"".join(_table(name) for name in (source, target))),
        schemas={name: schema_of(name)["digest"] for name in (source, target)},
        ledger=_digest(entries),
        gateway=__version__,
    )


def sign_translation(journey: Journey, key: str, passphrase_file: str, out: str, *, force: bool) -> None:
    """Writes the detached signature of the document beside it."""
    signer = load_key(key, read_passphrase(passphrase_file))
    media_type = formats()[journey.wish.to.partition("@")[0]].media_type
    write_out(out, sign_document(journey.data, media_type, signer, statement_for(journey, signer)), force=force)


def _table(format_id: str) -> bytes:
    return data_path("mappings", f"{format_id.partition('@')[0]}.toml").read_bytes()


def _digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()
