"""Merging a second document into a record: an importer's consignment into the exporter's data."""

from __future__ import annotations

from typing import Any

from gateway.formats.leaves import escape, pattern_of
from gateway.model.finding import Finding, finding
from gateway.model.paths import whole_keys


def merge(tree: dict[str, Any], other: dict[str, Any], path: str = "") -> list[Finding]:
    """Adds what ``other`` states to ``tree``, in place. Lists with a key are paired by it.

    Two different values for one leaf are a finding that names the field and both values; the first stays.
    """
    findings: list[Finding] = []
    for name, value in other.items():
        here = f"{path}/{escape(name)}"
        if name not in tree:
            tree[name] = value
        else:
            findings += _pair(tree, name, value, here)
    return findings


def _pair(tree: dict[str, Any], name: str, value: Any, here: str) -> list[Finding]:
    known = tree[name]
    if isinstance(known, dict) and isinstance(value, dict):
        return merge(known, value, here)
    key = whole_keys().get(pattern_of(here))
    if isinstance(known, list) and isinstance(value, list) and key is not None:
        return _pair_lists(known, value, key, here)
    if known != value:
        return [finding("MERGE-CONFLICT", here, stage="translate", one=known, other=value)]
    return []


def _pair_lists(known: list[Any], value: list[Any], key: tuple[str, ...], here: str) -> list[Finding]:
    findings: list[Finding] = []
    for element in value:
        name = _whole(element, key)
        index = next((i for i, e in enumerate(known) if _whole(e, key) == name), None)
        if index is None or name is None:
            known.append(element)
        else:
            findings += merge(known[index], element, f"{here}/{index}")
    return findings


def _whole(element: Any, key: tuple[str, ...]) -> tuple[Any, ...] | None:
    """What tells an element from others; None where it has no key."""
    if not isinstance(element, dict) or element.get(key[0]) is None:
        return None
    return tuple(element.get(name) for name in key)
