"""Predicates of PACT footprints: URNs, nulls, figures with an exponent."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.check.access import text
from gateway.check.expressions import HOLDS, Check, Failure, Scope
from gateway.check.numbers import decimal_fault
from gateway.check.patterns import safe_pattern
from gateway.check.predicates import on_text, reads, register
from gateway.formats.leaves import Tree

_URN = safe_pattern(
    r"[uU][rR][nN]:[A-Za-z0-9][A-Za-z0-9-]{0,30}[A-Za-z0-9]:"
    r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})++(?:[?#][A-Za-z0-9._~!$&'()*+,;=:@/?#%-]*+)?"
)


@register
@reads(".")
def urn(_scope: Scope) -> Check:
    """The text is a URN by the syntax of RFC 8141."""
    return on_text(_URN)


@register
@reads(".")
def no_exponent(_scope: Scope) -> Check:
    """The figure is not written with an exponent."""
    return on_text(lambda figure: decimal_fault(figure) != "exponent")


@register
@reads()  # leaves that are known hold no nulls
def no_nulls(_scope: Scope) -> Check:
    """No property, at any depth, is an explicit null."""

    def check(_document: Tree, node: Tree) -> Sequence[Failure]:
        if not _has_null(node, 64):
            return HOLDS
        return tuple(Failure(path, {"property": path}) for path in _nulls(node, "", 64)) or HOLDS

    return check


def _has_null(node: Tree, depth: int) -> bool:
    """The common answer, quickly: a document without nulls is walked once, without a path in hand."""
    values = node.values() if type(node) is dict else node if type(node) is list else ()
    for value in values:
        if value is None:
            return True
        if type(value) is not str and depth and _has_null(value, depth - 1):
            return True
    return False


def _nulls(node: Tree, path: str, depth: int) -> list[str]:
    if node is None:
        return [path]
    if depth == 0:
        return []
    if isinstance(node, dict):
        return [p for key, value in node.items() for p in _nulls(value, f"{path}/{text(key)}", depth - 1)]
    if isinstance(node, list):
        return [p for index, value in enumerate(node) for p in _nulls(value, f"{path}/{index}", depth - 1)]
    return []
