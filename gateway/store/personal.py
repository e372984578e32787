"""Personal values in stored documents: committed to when they are stored, so that they can be erased later.

Which fields are personal is data (``mappings/personal.toml``). The digest that the log names is taken over the
document with each personal value replaced by its commitment, SHA-256 of a random salt and the value. Erasing
removes value and salt; the commitment stays, so the digest can still be computed, and neither it nor the
commitment gives the value away, not even to one who tries every telephone number.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, update

from gateway.data import load_toml
from gateway.formats.json_reader import read_json, write_compact
from gateway.formats.leaves import escape, segments
from gateway.model.finding import Refused
from gateway.store.prepared import Prepared
from gateway.store.tables.personal import commitments, personal

TOMBSTONE = "[erased]"
"""What stands in a document where a personal value was."""

SALT = 16


def digest_of_bytes(content: bytes) -> str:
    """``sha256:`` and 64 hex digits."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


class Commitment(NamedTuple):
    """The digest of a document that may stand in the log, and the salts of its personal values in one.

    ``late``: the digest that stood for the document before, where fields of it became personal since.
    """

    digest: str
    salt: bytes = b""
    late: str | None = None

    def to_signature(self, signature: str | None) -> str | None:
        """The digest of a signature that may stand in the log: who has the key could sign each guess at a value."""
        return None if signature is None else digest_of_bytes(self.salt + signature.encode())


def commit(
    connection: Connection, place: str, key: str, format_id: str, content: bytes, now: int
) -> Commitment:
    """Commit to the personal values of a document. ``place`` and ``key`` say where it is kept.

    Without personal values it is the digest of the bytes.
    """
    tree = tree_of(content)
    values = personal_values(format_id, tree)
    if not values:
        return Commitment(digest_of_bytes(content))
    salts = {path: secrets.token_bytes(SALT) for path in values}
    made = {path: commitment_to(salts[path], value) for path, value in values.items()}
    digest = digest_with(tree, made)
    row = {"place": place, "key": key, "digest": digest, "made": now}
    number = connection.execute(insert(commitments).values(**row)).inserted_primary_key
    assert number is not None
    _keep(connection, int(number[0]), salts, made)
    return Commitment(digest, _joined(salts))


def commit_late(
    connection: Connection, place: str, key: str, format_id: str, content: bytes, now: int
) -> Commitment:
    """The commitment to a document, completed while its values are still there: what is personal may have grown."""
    query = select(commitments).where(commitments.c.place == place, commitments.c.key == key)
    row = connection.execute(query).mappings().first()
    if row is None:
        return commit(connection, place, key, format_id, content, now)._replace(late=digest_of_bytes(content))
    of_it = select(personal.c.path, personal.c.digest).where(personal.c.commitment == row["number"])
    known = {row.path: row.digest for row in connection.execute(of_it)}
    tree = tree_of(content)
    values = {path: value for path, value in personal_values(format_id, tree).items() if path not in known}
    if not values:
        return Commitment(row["digest"])
    salts = {path: secrets.token_bytes(SALT) for path in values}
    made = {path: commitment_to(salts[path], value) for path, value in values.items()}
    digest = digest_with(tree, known | made)
    this = commitments.c.number == row["number"]
    connection.execute(update(commitments).where(this).values(digest=digest))
    _keep(connection, row["number"], salts, made)
    return Commitment(digest, late=row["digest"])


def _keep(connection: Connection, number: int, salts: Mapping[str, bytes], made: Mapping[str, str]) -> None:
    rows = [
        {"commitment": number, "path": path, "salt": salt, "digest": made[path]}
        for path, salt in salts.items()
    ]
    connection.execute(insert(personal), rows)


def committed(connection: Connection, place: str, key: str, digest: str) -> Commitment:
    """The commitment to a document that is kept; ``digest``: that of its bytes, which counts where there is none."""
    rows = list(_SALTS.run(connection, {"place": place, "key": key}).all())
    salts = {row.path: bytes(row.salt or b"") for row in rows}
    return Commitment(rows[0].digest if rows else digest, _joined(salts))


_SALTS = Prepared(
    select(commitments.c.digest, personal.c.path, personal.c.salt)
    .join(personal, personal.c.commitment == commitments.c.number)
    .where(commitments.c.place == bindparam("place"), commitments.c.key == bindparam("key"))
)


def _joined(salts: Mapping[str, bytes]) -> bytes:
    return b"".join(salts[path] for path in sorted(salts))


def tree_of(content: bytes) -> Any:
    """What a JSON document says; None where it is none."""
    try:
        return read_json(content)
    except Refused:
        return None


def personal_values(format_id: str, tree: Any) -> dict[str, str]:
    """The personal values of a document by their JSON pointers."""
    found: dict[str, str] = {}
    for path in _paths(format_id.partition("@")[0]):
        found |= _walk(tree, path, "")
    return found


def commitment_to(salt: bytes, value: str) -> str:
    """SHA-256 of salt and value."""
    return digest_of_bytes(salt + value.encode())


def digest_with(tree: Any, replaced: Mapping[str, str]) -> str:
    """The digest of a document, written without white space, with these values in the place of its own."""
    return digest_of_bytes(write_compact(with_values(tree, replaced)))


def with_values(tree: Any, replaced: Mapping[str, str]) -> Any:
    """The same tree with other values at these JSON pointers."""
    for path, value in replaced.items():
        tree = _with(tree, segments(path), value)
    return tree


def is_kept(connection: Connection, place: str, key: str, content: bytes) -> bool:
    """Whether a document, erased values or not, is still the one that was committed to.

    True too for a document that was not committed to, because nothing in it is personal.
    """
    query = select(commitments).where(commitments.c.place == place, commitments.c.key == key)
    row = connection.execute(query).mappings().first()
    if row is None:
        return True
    tree = tree_of(content)
    made: dict[str, str] = {}
    for value in connection.execute(
        select(personal).where(personal.c.commitment == row["number"])
    ).mappings():
        here = _walk(tree, tuple(segments(value["path"])), "").get(value["path"])
        right = here == TOMBSTONE if value["salt"] is None else here is not None
        if value["salt"] is not None and right:
            right = commitment_to(bytes(value["salt"]), str(here)) == value["digest"]
        if not right:
            return False
        made[value["path"]] = value["digest"]
    return digest_with(tree, made) == str(row["digest"])


def _walk(node: Any, steps: tuple[str, ...], path: str) -> dict[str, str]:
    if not steps:
        return {path: node} if isinstance(node, str) and node else {}
    if isinstance(node, list):
        places = range(len(node)) if steps[0] == "*" else [int(steps[0])] if steps[0].isdigit() else []
        found: dict[str, str] = {}
        for place in places:
            if place < len(node):
                found |= _walk(node[place], steps[1:], f"{path}/{place}")
        return found
    if isinstance(node, dict) and steps[0] in node:
        return _walk(node[steps[0]], steps[1:], f"{path}/{escape(steps[0])}")
    return {}


def _with(node: Any, steps: list[str], value: str) -> Any:
    if not steps:
        return value
    if isinstance(node, list):
        return [_with(v, steps[1:], value) if str(n) == steps[0] else v for n, v in enumerate(node)]
    return {k: _with(v, steps[1:], value) if k == steps[0] else v for k, v in node.items()}


@cache
def _paths(family: str) -> tuple[tuple[str, ...], ...]:
    rows = load_toml("mappings", "personal.toml")["document"]
    return tuple(tuple(path.split("/")) for row in rows if row["format"] == family for path in row["paths"])
