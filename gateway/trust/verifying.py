"""Verifying: three verdicts that are never merged.

*Signature*: these bytes were signed by this key. *Issuer*: the key is one that you trust. *Status*: it is
trusted now. A valid signature by a stranger is just that; only your own ``--key`` or store makes it trusted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from joserfc import jws
from joserfc.errors import JoseError

from gateway.model.finding import Finding, Refused, Severity, errors, finding
from gateway.trust.compact import Token, encode_base64url, read_token
from gateway.trust.ed25519 import is_canonical_signature
from gateway.trust.envelope import HEADER_NAME, Clock, Statement, read_statement, system_clock, utc_text
from gateway.trust.issuers import Issuer, TrustStore
from gateway.trust.keys import PublicKey, key_of_did
from gateway.trust.signing import CANON_BYTES, CANON_JSON, REGISTRY, signed_bytes

CLOCK_SKEW = timedelta(seconds=60)
"""How far another machine's clock may be ahead of ours."""

SignatureVerdict = Literal["valid", "invalid"]
IssuerVerdict = Literal["trusted", "untrusted", "unknown"]
StatusVerdict = Literal["current", "not current", "unknown"]


@dataclass(frozen=True)
class Verification:
    """The verdicts, what was stated, and why.

    Each finding's path is the verdict that it belongs to: ``/signature``, ``/issuer`` or ``/status``.
    ``signer`` is the DID of the key, ``name`` and ``roles`` what the trust store says of it.
    """

    signature: SignatureVerdict
    issuer: IssuerVerdict
    status: StatusVerdict
    verified_at: datetime
    findings: tuple[Finding, ...] = ()
    statement: Statement | None = None
    signer: str = ""
    name: str = ""
    roles: tuple[str, ...] = ()
    canon: str = ""
    media_type: str = ""

    def accepted(self, *, trust_asked: bool) -> bool:
        """Signature valid, nothing refused, and the issuer trusted where that was asked."""
        known = self.issuer == "trusted" or not trust_asked
        return self.signature == "valid" and known and not errors(self.findings)

    def to_json(self) -> dict[str, Any]:
        """The machine's twin of what a person is shown; without the findings' texts."""
        return {
            "verdicts": {"signature": self.signature, "issuer": self.issuer, "status": self.status},
            "signer": {"id": self.signer, "name": self.name, "roles": list(self.roles)},
            "signed": {"canon": self.canon, "mediaType": self.media_type},
            "statement": self.statement.to_header() if self.statement else None,
            "verifiedAt": utc_text(self.verified_at),
        }


def verify_document(
    data: bytes,
    signature: bytes,
    *,
    keys: Iterable[PublicKey] | None = None,
    store: TrustStore | None = None,
    clock: Clock = system_clock,
) -> Verification:
    """Judge a detached signature over a document.

    Never raises for what others sent: a defect of the document or the token is a finding and the verdict
    *invalid*. Nothing is fetched, and the kid is only looked up among ``keys`` and ``store`` or decoded as
    a did:key, never used as a name of a file. Without ``keys`` and ``store`` the issuer is *unknown*.
    """
    now = clock()
    known = None if keys is None and store is None else _Known(tuple(keys or ()), store or TrustStore())
    try:
        token = read_token(signature)
        payload = _payload(data, token)
        key = _signer(token, payload, known)
    except Refused as refused:
        return Verification("invalid", "unknown", "unknown", now, refused.findings)
    statement, notes = _statement(token)
    issuer = _judge_issuer(key, token, statement, known, now)
    status = _judge_status(issuer, statement, now)
    found = (*token.warnings, *notes, *issuer.findings, *status.findings)
    entry = issuer.entry
    return Verification(
        signature="valid",
        issuer=issuer.verdict,
        status=status.verdict,
        verified_at=now,
        findings=found,
        statement=statement,
        signer=key.did,
        name=entry.name if entry else "",
        roles=entry.roles if entry else (),
        canon=token.header.get("canon", CANON_BYTES),
        media_type=token.header.get("cty", ""),
    )


@dataclass(frozen=True)
class _Known:
    """What the reader trusts: keys named for this run, and the store."""

    keys: tuple[PublicKey, ...]
    store: TrustStore


@dataclass(frozen=True)
class _IssuerJudgement:
    verdict: IssuerVerdict
    findings: tuple[Finding, ...] = ()
    entry: Issuer | None = None
    """The store's entry that decided, also when it decided against: its period is then over or not begun."""


@dataclass(frozen=True)
class _StatusJudgement:
    verdict: StatusVerdict
    findings: tuple[Finding, ...] = ()


def _payload(data: bytes, token: Token) -> bytes:
    canon = token.header.get("canon", CANON_BYTES)  # a stock detached JWS covers the exact bytes
    if canon not in (CANON_JSON, CANON_BYTES):
        raise Refused(_note("VERIFY-CANON", "/signature", canon=canon))
    return signed_bytes(data, canon, token.header.get("cty", ""))


def _signer(token: Token, payload: bytes, known: _Known | None) -> PublicKey:
    """The key that made the signature; Refused where there is none."""
    if not is_canonical_signature(token.signature):
        raise Refused(_note("VERIFY-SIGNATURE-FORM", "/signature"))
    candidates = list(_candidates(token.kid, known))
    if not candidates:
        raise Refused(_note("VERIFY-NO-KEY", "/signature", kid=token.kid or "-"))
    for key in candidates:
        if _signed_by(key, token, payload):
            return key
    raise Refused(_note("VERIFY-SIGNATURE", "/signature"))


def _candidates(kid: str, known: _Known | None) -> Iterator[PublicKey]:
    if kid.startswith("did:key:"):
        yield key_of_did(kid)
        return
    for key in (*known.keys, *known.store.keys) if known else ():
        if not kid or kid in key.names:
            yield key


def _signed_by(key: PublicKey, token: Token, payload: bytes) -> bool:
    compact = token.protected + b".." + encode_base64url(token.signature)
    try:
        taken = jws.extract_compact(compact, payload, REGISTRY)
        return jws.validate_compact(taken, key.jose, registry=REGISTRY)
    except (JoseError, ValueError):
        return False


def _statement(token: Token) -> tuple[Statement | None, tuple[Finding, ...]]:
    if HEADER_NAME not in token.header:
        return None, (_note("VERIFY-NO-STATEMENT", "/signature", "info"),)
    try:
        return read_statement(token.header[HEADER_NAME]), ()
    except Refused as refused:
        return None, refused.findings


def _judge_issuer(
    key: PublicKey, token: Token, statement: Statement | None, known: _Known | None, now: datetime
) -> _IssuerJudgement:
    entries = known.store.entries(key) if known else ()
    if statement and statement.issuer not in {key.did, *(entry.id for entry in entries)}:
        mismatch = _note("VERIFY-ISSUER-MISMATCH", "/issuer", issuer=statement.issuer, key=key.did)
        return _IssuerJudgement("untrusted", (mismatch,))
    if known is None:
        return _IssuerJudgement(
            "unknown", (_note("VERIFY-ISSUER-UNKNOWN", "/issuer", "warning", key=key.did),)
        )
    if not entries:
        if key in known.keys:
            return _IssuerJudgement("trusted")
        return _IssuerJudgement("untrusted", (_note("VERIFY-ISSUER-UNTRUSTED", "/issuer", key=key.did),))
    allowed = [entry for entry in entries if entry.allows(token.alg)]
    if not allowed:
        return _IssuerJudgement("untrusted", (_note("VERIFY-ISSUER-ALGORITHM", "/issuer", alg=token.alg),))
    for entry in allowed:
        if entry.covers(now) and (statement is None or entry.covers(statement.created)):
            return _IssuerJudgement("trusted", (), entry)
    return _IssuerJudgement("untrusted", (_outside(allowed[0], now),), allowed[0])


def _outside(entry: Issuer, now: datetime) -> Finding:
    return _note(
        "VERIFY-KEY-PERIOD",
        "/issuer",
        name=entry.name,
        valid_from=utc_text(entry.valid_from) if entry.valid_from else "-",
        valid_until=utc_text(entry.valid_until) if entry.valid_until else "-",
        now=utc_text(now),
    )


def _judge_status(issuer: _IssuerJudgement, statement: Statement | None, now: datetime) -> _StatusJudgement:
    """Whether the key is good now. Without a period or a status list nothing is known: never *good*."""
    if statement and statement.created > now + CLOCK_SKEW:
        ahead = _note(
            "VERIFY-CREATED-AHEAD", "/status", created=utc_text(statement.created), now=utc_text(now)
        )
        return _StatusJudgement("unknown", (ahead,))
    if issuer.entry is None or not issuer.entry.has_period:
        return _StatusJudgement("unknown", (_note("VERIFY-STATUS-UNKNOWN", "/status", "info"),))
    return _StatusJudgement("current" if issuer.verdict == "trusted" else "not current")


def _note(rule: str, path: str, severity: Severity = "error", **values: Any) -> Finding:
    return finding(rule, path, severity=severity, stage="verify", **values)
