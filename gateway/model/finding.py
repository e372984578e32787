"""A Finding: one thing that a user must know about a document, with a stable id.

The message itself is data (``conformance/rules/*.toml``, English and Chinese) and is rendered by
``gateway.check.catalog``; a finding only carries the rule's id and the values that fill the message.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["error", "warning", "info"]
Stage = Literal[
    "read",
    "schema",
    "rules",
    "method",
    "translate",
    "purpose",
    "sign",
    "verify",
    "write",
    "store",
    "serve",
    "fetch",
]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    ``rule``    stable id, a key of the rule catalogue (``CNPCF-R012``, ``READ-DUPLICATE-KEY``).
    ``path``    where the checker stood: a JSON pointer (``/pcf/declaredUnitAmount``, ``/goods/0/cn8``).
    ``origin``  the sender's own field, traced back through the ledger; empty when it is ``path`` itself.
    ``line``    line of the input, where the syntax has lines.
    ``values``  what fills the placeholders of the message.
    """

    rule: str
    severity: Severity = "error"
    stage: Stage = "rules"
    path: str = ""
    origin: str = ""
    line: int | None = None
    values: Mapping[str, str] = field(default_factory=dict)

    def traced(self, origin: str) -> Finding:
        """The same finding, pointing at the sender's own field."""
        if origin == self.origin:
            return self
        return Finding(self.rule, self.severity, self.stage, self.path, origin, self.line, self.values)


def finding(
    rule: str,
    path: str = "",
    *,
    severity: Severity = "error",
    stage: Stage = "rules",
    line: int | None = None,
    **values: Any,
) -> Finding:
    """A finding with message values given as keywords: ``finding("READ-TOO-LARGE", limit=100)``."""
    return Finding(rule, severity, stage, path, "", line, {key: str(value) for key, value in values.items()})


class GatewayError(Exception):
    """Base of everything this package raises on purpose."""


class Refused(GatewayError):
    """A step stops the run; ``findings`` say why. Never shown as a traceback."""

    def __init__(self, findings: Finding | Iterable[Finding]) -> None:
        self.findings: tuple[Finding, ...] = (findings,) if isinstance(findings, Finding) else tuple(findings)
        super().__init__(", ".join(f"{f.rule} {f.path}".strip() for f in self.findings))


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """Only those of severity error: the ones that decide an exit code."""
    return [f for f in findings if f.severity == "error"]
