"""What one journey is asked for, and everything it knows on its way."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field
from typing import Any

from gateway.check.document import verdicts
from gateway.check.known_shapes import Known
from gateway.formats.registry import Document
from gateway.model.finding import Finding, errors
from gateway.translate.engine import Crossing
from gateway.translate.ledger import Explained, Ledger
from gateway.translate.mapping import Plan, plan
from gateway.translate.residue import Residue


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for. ``base_url``: where this gateway publishes its schemas; without it, no extension."""

    to: str
    source_format: str | None = None
    syntax: str | None = None
    draft: bool = False
    base_url: str = ""
    keep_residue: bool = False
    blank: bytes | None = None
    """The publisher's blank workbook, where the target is one that is filled in place."""
    installation: str = ""
    """The part of the record that is meant, where a document is about one installation of several."""


@dataclass(slots=True)
class Journey:
    """Everything one run knows: filled step by step."""

    wish: Wish
    source: Document
    others: list[Document] = field(default_factory=list)
    residue: Residue | None = None
    source_digest: str = ""
    lifted: Crossing = field(default_factory=Crossing)
    record: dict[str, Any] = field(default_factory=dict)
    explained: dict[str, Explained] = field(default_factory=dict)
    weighed: bool = False
    """Whether the journey depends on a value, and not only on which leaves there are."""
    lowered: Crossing = field(default_factory=Crossing)
    ledger: Ledger | None = None
    values: dict[str, Any] = field(default_factory=dict)
    known: Known | None = None
    known_target: Known | None = None
    origins: dict[tuple[str, ...], str] | None = None
    """Where the shape is known: fields of the source found before for places in the target."""
    data: bytes = b""
    kept: Residue | None = None
    findings: list[Finding] = field(default_factory=list)
    steps: list[tuple[str, float]] = field(default_factory=list)

    @property
    def source_plan(self) -> Plan:
        return plan(self.source.format_id)

    @property
    def target_plan(self) -> Plan:
        return plan(self.wish.to, extension=bool(self.wish.base_url))

    @property
    def conforms(self) -> bool:
        """Whether the document may leave the house: no error, and it may be used for its purpose."""
        return not errors(self.findings) and self.verdicts["purpose"] == "usable"

    @property
    def verdicts(self) -> dict[str, str]:
        return verdicts(self.findings)


class Facts(dict[str, str]):
    """What a table may state that no leaf says: an id made of the source's digest, and where our schemas are.

    The id is worked out where a table asks for it: most records bring their own.
    """

    def __init__(self, journey: Journey) -> None:
        super().__init__()
        self._journey = journey
        if journey.wish.base_url:
            self["base_url"] = journey.wish.base_url.rstrip("/")

    def __missing__(self, name: str) -> str:
        if name != "document_id":
            raise KeyError(name)
        journey = self._journey
        journey.source_digest = journey.source_digest or digest_of(journey.source.data)
        self[name] = made = str(uuid.uuid5(uuid.NAMESPACE_URL, journey.source_digest))
        return made


def digest_of(data: bytes) -> str:
    """``sha256:`` and 64 hex digits."""
    return "sha256:" + hashlib.sha256(data).hexdigest()
