"""``did:key``: an identity that is the public key itself, so it needs no host and no lookup (did:key 0.9)."""

from __future__ import annotations

PREFIX = "did:key:z"
_ED25519 = b"\xed\x01"
"""Multicodec ed25519-pub (0xed) as a varint."""

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUE = {letter: value for value, letter in enumerate(_ALPHABET)}


def encode_did_key(raw: bytes) -> str:
    """``did:key:z6Mk…`` for the 32 bytes of an Ed25519 public key."""
    return PREFIX + _base58(_ED25519 + raw)


def decode_did_key(did: str) -> bytes | None:
    """The 32 bytes of the Ed25519 key that a did:key names; None for any other text or spelling."""
    if not did.startswith(PREFIX) or len(did) > 64:
        return None
    number = 0
    for letter in did[len(PREFIX) :]:
        if letter not in _VALUE:
            return None
        number = number * 58 + _VALUE[letter]
    if number.bit_length() > 34 * 8:
        return None
    decoded = number.to_bytes(34, "big")
    raw = decoded[2:]
    # spelling it again refuses leading zeros ("1"), a second spelling of the same number
    return raw if decoded.startswith(_ED25519) and encode_did_key(raw) == did else None


def _base58(data: bytes) -> str:
    number, letters = int.from_bytes(data, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        letters = _ALPHABET[rest] + letters
    return letters
