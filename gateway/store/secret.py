"""The secret of a host: one file from which every key that must survive a restart is derived.

Access tokens, cursors and the sealing of partners' secrets each use a key of their own, so that none of them
gives another away. The file is made on first use with mode 0600; several processes of one host share it.
"""

from __future__ import annotations

import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.formats.files import reasons
from gateway.model.finding import Refused, finding

SIZE = 32
_NONCE = 12


@dataclass(frozen=True)
class HostSecret:
    """32 random bytes; its repr shows none of them."""

    raw: bytes = field(repr=False)

    def key_for(self, purpose: str) -> bytes:
        """A 32-byte key for one purpose (HKDF-SHA256, RFC 5869)."""
        return HKDF(SHA256(), SIZE, salt=None, info=f"cbam-gateway:{purpose}".encode()).derive(self.raw)

    def seal(self, plain: bytes, purpose: str) -> bytes:
        """Encrypted and authenticated (AES-256-GCM): a nonce and the ciphertext."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + AESGCM(self.key_for(purpose)).encrypt(nonce, plain, purpose.encode())

    def unseal(self, sealed: bytes, purpose: str) -> bytes:
        """What was sealed; Refused (STORE-SECRET) where another secret or another purpose sealed it."""
        try:
            return AESGCM(self.key_for(purpose)).decrypt(sealed[:_NONCE], sealed[_NONCE:], purpose.encode())
        except (InvalidTag, ValueError):
            raise Refused(finding("STORE-SECRET", stage="store")) from None


def load_secret(path: Path) -> HostSecret:
    """The secret in a file, made where there is none.

    Raises Refused: KEY-MODE when others can reach the file, STORE-SECRET when it is no secret of ours,
    READ-CANNOT-OPEN or WRITE-FAILED by the file system.
    """
    try:
        _make(path)
    except FileExistsError:
        pass
    except OSError as error:
        raise Refused(finding("WRITE-FAILED", stage="write", file=path, **reasons(error))) from None
    try:
        with path.open("rb") as handle:
            mode = os.fstat(handle.fileno()).st_mode
            raw = handle.read(SIZE + 1)
    except OSError as error:
        raise Refused(finding("READ-CANNOT-OPEN", stage="read", file=path, **reasons(error))) from None
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise Refused(finding("KEY-MODE", stage="store", file=path, mode=f"{stat.S_IMODE(mode):04o}"))
    if len(raw) != SIZE:
        raise Refused(finding("STORE-SECRET", stage="store"))
    return HostSecret(raw)


def _make(path: Path) -> None:
    """Whole or not at all: a process that dies in between leaves no half secret under the name."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, secrets.token_bytes(SIZE))
        os.fsync(handle)
    finally:
        os.close(handle)
    try:
        os.link(draft, path)  # fails where another process was first
    finally:
        draft.unlink()
