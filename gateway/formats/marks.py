"""Which version of a JSON format a document follows, told by which fields it has (``recognise.versions``).

What a document says of its version is no proof: the published examples of Catena-X say it rightly, copies of
them do not. So the structure decides, and a statement that contradicts it is a finding, as is a document that
has the marks of two versions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.formats.leaves import at
from gateway.model.finding import Finding, finding


@dataclass(frozen=True, slots=True)
class Marked:
    """A version, and what must be said of how it was found."""

    version: str
    findings: tuple[Finding, ...] = ()


def version_by_marks(
    name: str, marks: Mapping[str, Any], tree: Mapping[str, Any], *, named: bool
) -> Marked | None:
    """The version of a document of this format, or None where nothing shows that it is of this format.

    ``named``: the sender says which format it is; then the nearest version is taken in any case. A document
    that names the format itself (``says``) needs no more; any other needs every field of one version.
    """
    rows: Sequence[Mapping[str, Any]] = marks["versions"]
    stated = _stated(marks.get("says", {}), tree)
    if not named and not stated and not any(_all_there(tree, row["has"]) for row in rows):
        return None
    counts = {row["version"]: sum(_there(tree, path) for path in row["has"]) for row in rows}
    whole = [row["version"] for row in rows if counts[row["version"]] == len(row["has"])]
    most = max(counts.values())
    best = whole or [version for version, count in counts.items() if count == most]
    taken = stated if stated in best else best[0]
    found = []
    if len(best) > 1:
        versions = ", ".join(best)
        found.append(
            finding(
                "VERSION-MIXED", severity="warning", stage="read", taken=f"{name}@{taken}", fitting=versions
            )
        )
    if stated and stated != taken:
        found.append(
            finding(
                "VERSION-STATED", severity="warning", stage="read", taken=f"{name}@{taken}", stated=stated
            )
        )
    return Marked(taken, tuple(found))


def _all_there(tree: Mapping[str, Any], paths: Sequence[str]) -> bool:
    return all(_there(tree, path) for path in paths)


def _there(tree: Mapping[str, Any], path: str) -> bool:
    return at(tree, f"/{path}") is not None


def _stated(says: Mapping[str, str], tree: Mapping[str, Any]) -> str:
    """What the document says of its version, where it names this format at all."""
    for path, prefix in says.items():
        value = at(tree, f"/{path}")
        if isinstance(value, str) and value.startswith(prefix):
            return value.removeprefix(prefix)
    return ""
