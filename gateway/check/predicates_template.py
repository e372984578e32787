"""Predicates of the communication template: the results that it shows and those that its inputs give."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.check.expressions import Check, Failure, Scope
from gateway.check.predicates import register
from gateway.formats.leaves import Tree
from gateway.methods.template_figures import differences


@register
def results_agree(_scope: Scope) -> Check:
    """What the workbook shows for its goods is what its own input cells give, to nine digits."""

    def check(document: Tree, _node: Tree) -> Sequence[Failure]:
        found = differences(document) if isinstance(document, dict) else ()
        return tuple(
            Failure(d.at, {"good": d.good, "figure": d.figure, "stated": d.stated, "computed": d.computed})
            for d in found
        )

    return check
