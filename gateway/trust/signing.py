"""Signing: a detached JWS beside the document, which itself stays as it is.

JSON is signed over its RFC 8785 form, so that a reformatted copy still verifies; everything else, XML
included, over its exact bytes. So is JSON with fractional numbers, where its standard writes figures so: the
protected header says which form was signed (``canon``), and no other is tried. Further formats (a credential,
XML-DSig, …) are rows of `FORMATS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from joserfc import jws
from joserfc.jws import JWSRegistry

from gateway.formats.files import MAX_INPUT
from gateway.formats.json_reader import read_json
from gateway.model.finding import Refused, finding
from gateway.trust.canonical import canonical_json, exact_json
from gateway.trust.compact import ALGORITHMS, MAX_HEADER, exact_algorithm
from gateway.trust.envelope import HEADER_NAME, Statement
from gateway.trust.keys import SigningKey

CANON_JSON = "RFC8785"
CANON_BYTES = "bytes"
MEDIA_JSON = "application/json"
MEDIA_XML = "application/xml"
MEDIA_OTHER = "application/octet-stream"

_BY_SUFFIX = {
    ".json": MEDIA_JSON,
    ".jsonl": "application/jsonl",
    ".xml": MEDIA_XML,
    ".csv": "text/csv",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Ed25519Registry(JWSRegistry):
    """joserfc with our sizes, our private header members, and one algorithm under its two names.

    The library's own limits (512 bytes of header) are below a statement; and it warns on every use of
    ``EdDSA``, which is still the name that other readers know.
    """

    max_header_length = MAX_HEADER
    max_payload_length = 2 * MAX_INPUT

    def __init__(self) -> None:
        super().__init__(algorithms=list(ALGORITHMS), strict_check_header=False)

    def get_alg(self, name: str) -> Any:
        if name not in ALGORITHMS:
            raise ValueError(name)
        return self.algorithms[exact_algorithm(name)]


REGISTRY = Ed25519Registry()


def media_type_of(data: bytes, name: str = "") -> str:
    """The media type by content and, where that leaves it open, by the file's name.

    Text that begins like a JSON object, or is named ``.json``, is JSON even when it is defective: signing
    refuses it then, rather than signing bytes that readers understand differently.
    """
    suffix = name[name.rfind(".") :].lower() if "." in name else ""
    start = data.lstrip()[:64].removeprefix(b"\xef\xbb\xbf").lstrip()[:5]
    if suffix != ".jsonl" and (start.startswith(b"{") or suffix == ".json" or _is_json_array(data, start)):
        return MEDIA_JSON
    if start.startswith(b"<"):
        return MEDIA_XML
    return _BY_SUFFIX.get(suffix, MEDIA_OTHER)


def _is_json_array(data: bytes, start: bytes) -> bool:
    """A file may begin with ``[`` and be TOML: only a syntax error says that it is no JSON at all."""
    if not start.startswith(b"["):
        return False
    try:
        read_json(data)
    except Refused as refused:
        return refused.findings[0].rule != "READ-JSON-SYNTAX"
    return True


def is_json(media_type: str) -> bool:
    """Whether it names JSON, itself or as the syntax of another type (RFC 6839:3.1); case does not matter."""
    bare = media_type.partition(";")[0].strip().lower()
    return bare == MEDIA_JSON or bare.endswith("+json")


def signed_bytes(data: bytes, canon: str, media_type: str) -> bytes:
    """What a signature covers, by what its header says. Raises Refused for JSON that must not be signed."""
    if canon == CANON_JSON:
        return canonical_json(read_json(data))
    return exact_json(data) if is_json(media_type or _syntax_of(data)) else data


def _syntax_of(data: bytes) -> str:
    """The media type where a token names none. What begins like JSON and is no JSON document is just bytes."""
    if media_type_of(data) != MEDIA_JSON:
        return MEDIA_OTHER
    try:
        read_json(data)
    except Refused as refused:
        if refused.findings[0].rule in ("READ-JSON-SYNTAX", "READ-TRAILING-DATA"):
            return MEDIA_OTHER
    return MEDIA_JSON


def _chosen_form(data: bytes, media_type: str, document: Any, numbers: bool) -> tuple[str, bytes]:
    """The form to sign in, and what is signed: canonical wherever that can say what is written."""
    if not is_json(media_type):
        return CANON_BYTES, data
    try:
        return CANON_JSON, canonical_json(read_json(data) if document is None else document)
    except Refused as refused:
        if not numbers or refused.findings[0].rule != "SIGN-FLOAT":
            raise
    return CANON_BYTES, exact_json(data)


def sign_document(
    data: bytes,
    media_type: str,
    key: SigningKey,
    statement: Statement,
    document: Any = None,
    *,
    numbers: bool = False,
) -> bytes:
    """A detached compact JWS, ``header..signature`` and a newline (RFC 7515 appendix F).

    ``canon`` in the header says what was signed: ``RFC8785`` for JSON media types, ``bytes`` otherwise.
    ``document``: what ``data`` says, where the caller has just written it, to spare reading it again.
    ``numbers``: the standard of the document writes figures as JSON numbers, so that a fraction is no slip of
    the sender's; such a document is signed as ``bytes``.
    Raises Refused: READ-… and SIGN-FLOAT, SIGN-INTEGER-RANGE for JSON, SIGN-ISSUER when the statement
    names another issuer than the key, SIGN-STATEMENT when the header would be too large to be verified.
    """
    if statement.issuer != key.public.did:
        raise Refused(finding("SIGN-ISSUER", stage="sign", issuer=statement.issuer, key=key.public.did))
    canon, payload = _chosen_form(data, media_type, document, numbers)
    header: dict[str, Any] = {
        "alg": "EdDSA",
        "kid": key.public.kid,
        "typ": "jose",
        "cty": media_type,
        "canon": canon,
        HEADER_NAME: statement.to_header(),
    }
    token = jws.serialize_compact(header, payload, key.jose, registry=REGISTRY)
    protected, _, signature = token.split(".")
    if len(protected) > MAX_HEADER:
        raise Refused(finding("SIGN-STATEMENT", stage="sign", limit=MAX_HEADER))
    return f"{protected}..{signature}\n".encode()


@dataclass(frozen=True)
class SignatureFormat:
    """A named way to sign: what it writes, the suffix of its file, and the function."""

    name: str
    what: str
    suffix: str
    sign: Callable[..., bytes]
    """Called as `sign_document`."""


FORMATS: Mapping[str, SignatureFormat] = MappingProxyType(
    {
        "jws": SignatureFormat(
            "jws", "detached JWS over RFC 8785 bytes (JSON) or exact bytes", ".jws", sign_document
        ),
    }
)
"""The signature formats on offer. A new one is a row here and a module that knows it."""


def signature_format(name: str) -> SignatureFormat:
    """The format of that name; Refused (SIGN-FORMAT), listing what is offered, for any other."""
    if name not in FORMATS:
        raise Refused(finding("SIGN-FORMAT", stage="sign", format=name, offered=", ".join(FORMATS)))
    return FORMATS[name]
