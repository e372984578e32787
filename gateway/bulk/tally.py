"""What a long journey keeps of its elements: findings, of which the first of each rule are told, and counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from gateway.check.schema import MOST_FINDINGS
from gateway.model.finding import Finding, errors, finding
from gateway.translate.ledger import FIDELITIES, Entry, LedgerError

_Key = tuple[str, str, str, str, str, int | None, tuple[tuple[str, str], ...]]


class Findings:
    """Findings in the order they came, each once. Of one rule the first 200 are kept and the rest counted."""

    def __init__(self) -> None:
        self._found: list[Finding] = []
        self._known: set[_Key] = set()
        self._counts = Counter[str]()

    def add(self, found: Iterable[Finding]) -> None:
        for item in found:
            key = _key(item)
            if key in self._known:
                continue
            self._counts[item.rule] += 1
            if self._counts[item.rule] <= MOST_FINDINGS:
                self._known.add(key)
                self._found.append(item)

    def more(self, rules: Iterable[str]) -> None:
        """One more element with findings of these rules, which are not told one by one any longer."""
        self._counts.update(rules)

    def is_full(self, rules: Iterable[str]) -> bool:
        """Whether so many findings of each of these rules are kept that a further one is only counted."""
        return all(self._counts[rule] >= MOST_FINDINGS for rule in rules)

    def told(self) -> list[Finding]:
        """The findings, and for each rule with more of them how many more there are."""
        rest = {rule: count - MOST_FINDINGS for rule, count in self._counts.items() if count > MOST_FINDINGS}
        more = [
            finding("LONG-MORE", severity="info", stage="read", named=rule, shown=MOST_FINDINGS, rest=count)
            for rule, count in rest.items()
        ]
        return [*_one_cause(self._found), *more]

    @property
    def wrong(self) -> bool:
        return bool(errors(self._found))


def too_many(found: int, most: int, name: str, path: str) -> Finding:
    """More elements than the schema lets the list have."""
    return finding("LONG-TOO-MANY", path, stage="schema", found=found, limit=most, list=name)


def _key(item: Finding) -> _Key:
    return (
        item.rule, item.severity, item.stage, item.path, item.origin, item.line, tuple(sorted(item.values.items()))
    )  # fmt: skip


def _one_cause(found: list[Finding]) -> list[Finding]:
    """A unit without an equivalent stops every figure that depends on it: told once, as for a short document."""
    kept, causes = [], set[Any]()
    for item in found:
        if item.rule.startswith("UNIT-") and item.stage == "translate":
            cause = (item.rule, tuple(sorted((k, v) for k, v in item.values.items() if k != "row")))
            if cause in causes:
                continue
            causes.add(cause)
        kept.append(item)
    return kept


class Shared:
    """The entries of the ledger that are of no one element: the head of the target, and leaves of the plant."""

    def __init__(self) -> None:
        self._head: dict[Entry, None] = {}
        self._carried: set[str] = set()
        self._named: set[str] = set()
        self._lost: dict[str, Entry] = {}

    def add(self, entries: Iterable[Entry], shared: Iterable[Entry], is_own: Any) -> None:
        """``entries`` of one element carried alone; ``shared`` are those of them that are not its own."""
        derived: set[str] = set()
        for entry in entries:
            paths = {path for path in entry.source if not is_own(path)}
            self._named |= paths
            if entry.fidelity in ("exact", "converted"):
                self._carried |= paths
            elif entry.fidelity == "derived":
                derived |= paths
        for entry in shared:
            if entry.target:
                self._head[entry] = None
            elif entry.source[0] in derived or entry.source[0] not in self._lost:
                self._lost[entry.source[0]] = entry

    def entries(self, leaves: set[str], targets: set[str]) -> list[Entry]:
        """All of them. Raises LedgerError where a leaf of either side has none: the two equalities hold here too."""
        lost = [entry for path, entry in self._lost.items() if path not in self._carried]
        if self._named != leaves:
            raise LedgerError(f"source leaves and ledger differ: {sorted(self._named ^ leaves)[:5]}")
        told = {path for entry in self._head for path in entry.target}
        if told != targets:
            raise LedgerError(f"target leaves and ledger differ: {sorted(told ^ targets)[:5]}")
        return [*self._head, *lost]


class Counts:
    """The ledger as far as a long journey keeps it: counts. Its entries have gone to the ledger file."""

    def __init__(self) -> None:
        self.source_leaves = self.target_leaves = 0
        self.entries: tuple[Entry, ...] = ()
        self._fidelities = Counter[str]()

    def add(self, fidelities: Mapping[str, int]) -> None:
        self._fidelities.update(fidelities)

    def summary(self) -> dict[str, int]:
        """How many entries of each fidelity."""
        return {name: self._fidelities[name] for name in FIDELITIES}
