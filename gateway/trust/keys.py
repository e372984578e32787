"""Signing keys: made, kept and named.

A private key is PKCS#8 PEM under a passphrase with mode 0600; beside ``KEY`` lies ``KEY.pub.jwk`` with the
public half, the file to give to others. A key is named by its did:key, so the kid of a signature is
``did:key:z…#z…`` and needs no host to be resolved.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from joserfc.jwk import OKPKey

from gateway.formats.files import atomic_output, read_input, reasons
from gateway.formats.json_reader import read_json, write_json
from gateway.model.finding import Refused, finding
from gateway.trust.compact import decode_base64url
from gateway.trust.did_key import decode_did_key, encode_did_key
from gateway.trust.ed25519 import is_sound_public_key

ALGORITHMS = ("EdDSA",)
"""What `new_key` makes; a further algorithm is a name here and a branch there."""

MAX_KEY_FILE = 64 * 1024
PUBLIC_SUFFIX = ".pub.jwk"


@dataclass(frozen=True)
class PublicKey:
    """An Ed25519 public key. Two are equal when their 32 bytes are, whatever file they came from.

    ``label`` is the ``kid`` that the JWK file itself carries: one more name it may be looked up by.
    """

    raw: bytes
    label: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if not is_sound_public_key(self.raw):
            raise Refused(finding("KEY-WEAK", stage="verify"))

    @cached_property
    def did(self) -> str:
        return encode_did_key(self.raw)

    @property
    def kid(self) -> str:
        return f"{self.did}#{self.did.removeprefix('did:key:')}"

    @cached_property
    def thumbprint(self) -> str:
        """RFC 7638: base64url SHA-256 of the key's required members."""
        return self.jose.thumbprint()

    @property
    def names(self) -> frozenset[str]:
        """Every kid that means this key."""
        return frozenset(filter(None, (self.did, self.kid, self.thumbprint, self.label)))

    @cached_property
    def jose(self) -> OKPKey:
        return OKPKey.import_key(Ed25519PublicKey.from_public_bytes(self.raw))

    def jwk(self) -> dict[str, str]:
        """The public JWK (RFC 8037:2) with the kid that our signatures carry."""
        x = str(self.jose.as_dict(private=False)["x"])
        return {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": self.kid, "use": "sig"}

    def pem(self) -> bytes:
        key = Ed25519PublicKey.from_public_bytes(self.raw)
        return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@dataclass(frozen=True)
class SigningKey:
    """A private key in memory. Its repr shows the public half only."""

    secret: Ed25519PrivateKey = field(repr=False)

    @cached_property
    def public(self) -> PublicKey:
        return PublicKey(self.secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    @cached_property
    def jose(self) -> OKPKey:
        return OKPKey.import_key(self.secret)

    def __repr__(self) -> str:
        return f"SigningKey({self.public.did})"


def new_key(alg: str = "EdDSA") -> SigningKey:
    """A fresh key. Raises Refused (KEY-ALGORITHM) for an algorithm that is not offered."""
    if alg not in ALGORITHMS:
        raise Refused(finding("KEY-ALGORITHM", stage="sign", alg=alg, offered=", ".join(ALGORITHMS)))
    return SigningKey(Ed25519PrivateKey.generate())


def save_key(
    key: SigningKey,
    path: str | Path,
    *,
    passphrase: bytes | None = None,
    unencrypted: bool = False,
    force: bool = False,
) -> Path:
    """Write the private key to ``path`` (mode 0600) and its public half beside it; returns the latter's path.

    Without a passphrase the key is written only when ``unencrypted`` says so: KEY-NO-PASSPHRASE otherwise.
    """
    encryption: KeySerializationEncryption = NoEncryption()
    if passphrase:
        encryption = BestAvailableEncryption(passphrase)
    elif not unencrypted:
        raise Refused(finding("KEY-NO-PASSPHRASE", stage="sign"))
    public_path = Path(f"{path}{PUBLIC_SUFFIX}")
    if public_path.exists() and not force:  # before the private half is written: both or none
        raise Refused(finding("WRITE-EXISTS", stage="write", file=public_path))
    with atomic_output(path, force=force, mode=0o600) as handle:
        handle.write(key.secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    with atomic_output(public_path, force=force) as handle:
        handle.write(write_json(key.public.jwk()))
    return public_path


def load_key(path: str | Path, passphrase: bytes | None = None) -> SigningKey:
    """The private key of a PKCS#8 PEM file.

    Raises Refused: KEY-MODE when others can reach the file, KEY-PASSPHRASE when the passphrase is missing or
    wrong, KEY-KIND when it is no Ed25519 private key. No finding carries anything of the file's content.
    """
    data = _read_private(Path(path))
    try:
        secret = load_pem_private_key(data, passphrase or None)
    except TypeError as error:
        # the library says so both for a passphrase missing and for one given to a file that has none
        if passphrase and "not encrypted" in str(error):
            return load_key(path)
        raise Refused(finding("KEY-PASSPHRASE", stage="sign", file=path)) from None
    except (ValueError, UnsupportedAlgorithm):
        rule = "KEY-PASSPHRASE" if b"ENCRYPTED" in data and passphrase else "KEY-KIND"
        raise Refused(finding(rule, stage="sign", file=path)) from None
    if not isinstance(secret, Ed25519PrivateKey):
        raise Refused(finding("KEY-KIND", stage="sign", file=path))
    return SigningKey(secret)


def _read_private(path: Path) -> bytes:
    try:
        with path.open("rb") as handle:
            mode = os.fstat(handle.fileno()).st_mode
            if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise Refused(finding("KEY-MODE", stage="sign", file=path, mode=f"{stat.S_IMODE(mode):04o}"))
            return handle.read(MAX_KEY_FILE)
    except OSError as error:
        raise Refused(finding("READ-CANNOT-OPEN", stage="read", file=path, **reasons(error))) from error


def read_public_key(source: str | Path) -> PublicKey:
    """A public key from a did:key, a JWK file or a PEM file.

    For a private key file the ``.pub.jwk`` beside it is read, so that no passphrase is asked for; without
    one, KEY-NOT-PUBLIC. Raises Refused: KEY-KIND, KEY-WEAK (small order, or not the point's one encoding).
    """
    name = str(source)
    if name.startswith("did:"):
        return key_of_did(name)
    data = read_input(name, MAX_KEY_FILE)
    if data.lstrip().startswith(b"{"):
        return key_of_jwk(read_json(data), name)
    if b"PRIVATE KEY-----" in data:
        beside = Path(name + PUBLIC_SUFFIX)
        if beside.is_file():
            return key_of_jwk(read_json(read_input(str(beside), MAX_KEY_FILE)), str(beside))
        raise Refused(finding("KEY-NOT-PUBLIC", stage="verify", file=name))
    return _key_of_pem(data, name)


@lru_cache(maxsize=256)
def key_of_did(did: str) -> PublicKey:
    """The key that a did:key, or its kid with the fragment, names; KEY-KIND for any other text."""
    bare, mark, fragment = did.partition("#")
    raw = decode_did_key(bare)
    if raw is None or (mark and f"did:key:{fragment}" != bare):
        raise Refused(finding("KEY-KIND", stage="verify", file=did))
    return PublicKey(raw)


def key_of_jwk(jwk: Any, name: str = "JWK") -> PublicKey:
    """The key of a parsed public JWK. One that carries the private ``d`` is refused."""
    if isinstance(jwk, dict) and "d" in jwk:
        raise Refused(finding("KEY-NOT-PUBLIC", stage="verify", file=name))
    if not isinstance(jwk, dict) or (jwk.get("kty"), jwk.get("crv")) != ("OKP", "Ed25519"):
        raise Refused(finding("KEY-KIND", stage="verify", file=name))
    for_signatures = jwk.get("use", "sig") == "sig" and jwk.get("alg", "EdDSA") in ("EdDSA", "Ed25519")
    x, label = jwk.get("x"), jwk.get("kid", "")
    raw = decode_base64url(x.encode("ascii", "replace")) if type(x) is str else None
    # by exact type: a JSON number, too, is a str here (NumberText)
    if raw is None or len(raw) != 32 or not for_signatures or type(label) is not str:
        raise Refused(finding("KEY-KIND", stage="verify", file=name))
    return PublicKey(raw, label)


def _key_of_pem(data: bytes, name: str) -> PublicKey:
    try:
        key = load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        raise Refused(finding("KEY-KIND", stage="verify", file=name)) from None
    if not isinstance(key, Ed25519PublicKey):
        raise Refused(finding("KEY-KIND", stage="verify", file=name))
    return PublicKey(key.public_bytes(Encoding.Raw, PublicFormat.Raw))
