"""The trust store: which keys are whose, for how long, and for what.

A store is a TOML file, or a folder whose ``*.toml`` files are read together and whose ``*.jwk`` and
``*.pem`` public keys are trusted under their file names::

    [[issuer]]
    id = "did:key:z6Mk…"                  # the identity that statements carry
    name = "Example Steel Co., Ltd."      # what people are shown
    key = "example-steel.pub.jwk"         # JWK or PEM file beside this one, or a did:key; default: id
    valid_from = 2026-01-01               # optional, a date or an instant; dates begin at 00:00 UTC
    valid_until = 2027-01-01              # optional, the first moment at which the key is no longer trusted
    roles = ["manufacturer"]              # optional, shown with the verdict
    algorithms = ["EdDSA"]                # optional; default: every algorithm of the allow-list

Only this store makes an issuer trusted: a signature that brings its own key never does.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from gateway.formats.files import read_input
from gateway.formats.library_reasons import reason_in_chinese
from gateway.model.finding import GatewayError, Refused, finding
from gateway.trust.compact import ALGORITHMS, exact_algorithm
from gateway.trust.keys import MAX_KEY_FILE, PublicKey, read_public_key

MAX_STORE_FILE = 4 * 1024 * 1024
_MEMBERS = {"id", "name", "key", "valid_from", "valid_until", "roles", "algorithms"}


@dataclass(frozen=True)
class Issuer:
    """A pinned key. ``valid_until`` is exclusive; None means: no limit was set."""

    id: str
    name: str
    key: PublicKey
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    roles: tuple[str, ...] = ()
    algorithms: tuple[str, ...] = ALGORITHMS

    @property
    def has_period(self) -> bool:
        return self.valid_from is not None or self.valid_until is not None

    def allows(self, alg: str) -> bool:
        """True for an algorithm of this entry, under either of its names (RFC 9864:2.2)."""
        return exact_algorithm(alg) in map(exact_algorithm, self.algorithms)

    def covers(self, moment: datetime) -> bool:
        """True within the period in which the key is trusted."""
        return not (
            (self.valid_from is not None and moment < self.valid_from)
            or (self.valid_until is not None and moment >= self.valid_until)
        )


@dataclass(frozen=True)
class TrustStore:
    """The issuers that the reader of a document trusts. One key may stand several times (periods)."""

    issuers: tuple[Issuer, ...] = ()

    @property
    def keys(self) -> tuple[PublicKey, ...]:
        return tuple(issuer.key for issuer in self.issuers)

    def entries(self, key: PublicKey) -> tuple[Issuer, ...]:
        return tuple(issuer for issuer in self.issuers if issuer.key == key)


def read_trust_store(path: str | Path) -> TrustStore:
    """The store in a TOML file or a folder.

    Raises Refused: TRUST-STORE (file, entry and what is wrong with it), and what `read_public_key` raises.
    A store with a defect is refused as a whole: an entry that was skipped could be the one that counts.
    """
    place = Path(path)
    if not place.is_dir():
        return TrustStore(tuple(_read_file(place)))
    found: list[Issuer] = []
    for file in sorted(place.iterdir()):
        if file.suffix == ".toml":
            found.extend(_read_file(file))
        elif file.suffix in (".jwk", ".pem"):
            key = read_public_key(file)
            found.append(Issuer(key.did, file.name.removesuffix(".pub.jwk"), key))
    return TrustStore(tuple(found))


def _read_file(file: Path) -> Iterator[Issuer]:
    data = read_input(str(file), MAX_STORE_FILE)
    try:
        document = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _defect(file, "", str(error)) from None
    rows = document.get("issuer", [])
    if set(document) - {"issuer"} or not isinstance(rows, list):
        raise _defect(file, "", "[[issuer]]")
    for index, row in enumerate(rows):
        try:
            yield _issuer(row, file.parent)
        except _Wrong as wrong:
            raise _defect(file, f"/issuer/{index}", str(wrong)) from None


class _Wrong(GatewayError):
    """A member of an entry that is missing, unknown or mistyped; carries its name."""


def _issuer(row: Any, folder: Path) -> Issuer:
    if not isinstance(row, dict):
        raise _Wrong("issuer")
    for name in sorted(set(row) - _MEMBERS):
        raise _Wrong(name)
    identity = _text(row, "id")
    key = _key(row.get("key", identity), folder)
    if identity.startswith("did:key:") and identity != key.did:
        raise _Wrong("id")
    algorithms = _texts(row, "algorithms") or ALGORITHMS
    if not set(algorithms) <= set(ALGORITHMS):
        raise _Wrong("algorithms")
    valid_from, valid_until = _moment(row, "valid_from"), _moment(row, "valid_until")
    if valid_from and valid_until and valid_from >= valid_until:
        raise _Wrong("valid_until")
    name = _text(row, "name") if "name" in row else identity
    return Issuer(identity, name, key, valid_from, valid_until, _texts(row, "roles"), algorithms)


def _key(source: Any, folder: Path) -> PublicKey:
    if not isinstance(source, str) or len(source) > MAX_KEY_FILE:
        raise _Wrong("key")
    return read_public_key(source if source.startswith("did:") else folder / source)


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value.strip():
        raise _Wrong(name)
    return value


def _texts(row: dict[str, Any], name: str) -> tuple[str, ...]:
    value = row.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _Wrong(name)
    return tuple(value)


def _moment(row: dict[str, Any], name: str) -> datetime | None:
    value = row.get(name)
    if value is None:
        return None
    if isinstance(value, datetime):  # before date, of which it is a subclass
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    raise _Wrong(name)


def _defect(file: Path, path: str, what: str) -> Refused:
    return Refused(
        finding("TRUST-STORE", path, stage="verify", file=file, what=what, what_zh=reason_in_chinese(what))
    )
