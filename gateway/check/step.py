"""What a step to another version of the same format loses, said in findings beside the ledger.

Three things a reader must not overlook: values that the other version has no place for, counted by reason; figures
that were rounded since the other version states them for another amount; and a code whose name is left behind although
the code list at hand gives that code another name. Code lists are versioned: the same code may stand for another method
in an older report.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from gateway.formats.codes import code_list, says
from gateway.formats.leaves import at
from gateway.model.finding import Finding, finding
from gateway.translate.crossing import Crossing, Left


def step_findings(lifted: Crossing, lowered: Crossing, record: Mapping[str, Any], to: str) -> list[Finding]:
    """The findings of a step. ``to``: the version that is written."""
    back = {target: item.sources[0] for item in lifted.carried for target in item.targets if item.sources}
    dropped = [(item.path, item) for item in lifted.left if item.drop is not None]
    dropped += [
        (back[item.path], item) for item in lowered.left if item.drop is not None and item.path in back
    ]
    losses: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for path, item in dropped:
        assert item.drop is not None
        losses[item.drop.reason, item.drop.reason_zh].append((path, item.drop.id))
    found = [_loss(reasons, lost, to) for reasons, lost in losses.items()]
    found += _rounded(lowered, back, to)
    return found + [told for path, item in dropped for told in _name_lost(path, item, record)]


def _loss(reasons: tuple[str, str], lost: list[tuple[str, str]], to: str) -> Finding:
    rows = ", ".join(dict.fromkeys(row for _, row in lost))
    return finding("VERSION-STEP-LOSES", lost[0][0], severity="info", stage="translate", count=len(lost),
                   to=to, row=rows, reason=reasons[0], reason_zh=reasons[1])  # fmt: skip


def _rounded(lowered: Crossing, back: Mapping[str, str], to: str) -> list[Finding]:
    """One finding for all figures that a step rounded: which is the first, and by how much."""
    rounded = [item for item in lowered.carried if item.out.delta]
    if not rounded:
        return []
    first = rounded[0]
    origin = next((back[path] for path in first.sources if path in back), "")
    return [finding("VERSION-STEP-ROUNDS", origin, severity="info", stage="translate", count=len(rounded),
                    to=to, figure=first.out.value, delta=first.out.delta)]  # fmt: skip


def _name_lost(path: str, item: Left, record: Mapping[str, Any]) -> list[Finding]:
    names = item.drop.names if item.drop is not None else {}
    code = at(record, f"{item.path.rpartition('/')[0]}/{names['code']}") if names else None
    if not isinstance(code, str) or not isinstance(item.value, str):
        return []
    codes = code_list(names["list"])
    if says(codes, code, item.value):
        return []
    listed = codes.label(code, "en") if code in codes.codes else ""
    return [finding("VERSION-CODE-NAME", path, stage="translate", code=code,
                    name=item.value, listed=listed or "-", list=names["list"])]  # fmt: skip
