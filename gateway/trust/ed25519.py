"""Which 32 bytes are an Ed25519 public key that a signature can be tied to (RFC 8032:5.1).

The library takes any 32 bytes. With a key of small order one signature fits many documents, and a key
with two spellings has two identities; both are refused before a key is used.
"""

from __future__ import annotations

P = 2**255 - 19
"""The field."""

L = 2**252 + 27742317777372353535851937790883648493
"""The order of the group: the scalar half of a signature is below it, or there would be two spellings."""

_D = -121665 * pow(121666, -1, P) % P
_SQRT_M1 = pow(2, (P - 1) // 4, P)


def is_sound_public_key(raw: bytes) -> bool:
    """True for the one encoding of a point on the curve whose order is not 1, 2, 4 or 8 (RFC 8032:5.1.3)."""
    if len(raw) != 32:
        return False
    number = int.from_bytes(raw, "little")
    y, sign = number & (2**255 - 1), number >> 255
    if y >= P:
        return False
    x = _x_of(y, sign)
    return x is not None and not _is_small_order(x, y)


def is_canonical_signature(signature: bytes) -> bool:
    """True for 64 bytes whose scalar half S is below the group's order (RFC 8032:5.1.7)."""
    return len(signature) == 64 and int.from_bytes(signature[32:], "little") < L


def _x_of(y: int, sign: int) -> int | None:
    numerator, denominator = (y * y - 1) % P, (_D * y * y + 1) % P
    square = numerator * pow(denominator, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * _SQRT_M1 % P
    if x * x % P != square or (x == 0 and sign):
        return None
    return P - x if x & 1 != sign else x


def _is_small_order(x: int, y: int) -> bool:
    """Eight times the point is the neutral element, reached by three doublings."""
    for _ in range(3):
        product = _D * x * x * y * y
        x, y = (
            2 * x * y * pow(1 + product, -1, P) % P,
            (y * y + x * x) * pow(1 - product, -1, P) % P,
        )
    return x == 0 and y == 1
