"""A record on its way into the communication template: what its cells take, and whether they give its figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from gateway.formats.library_reasons import told
from gateway.methods.cbam_transitional import calculate
from gateway.methods.template_figures import derived_direct, filled_differently
from gateway.model.finding import Finding, errors, finding
from gateway.model.record import Record
from gateway.translate.crossing import Crossing
from gateway.translate.mapping import Plan
from gateway.translate.settling import add_derived, settle_cells


def settle_form(plan: Plan, crossing: Crossing, record: Mapping[str, Any]) -> list[Finding]:
    """Changes what was lowered to what the workbook has cells for, and adds what it asks for.

    The findings: what has no cell and should have one; what the method misses in the record, since the
    workbook is of no use without it; and figures that the filled cells would give otherwise.
    """
    found = settle_cells(plan, crossing)
    try:
        typed = Record.model_validate(record)
    except ValidationError as error:
        return found + wrong_types(error)
    own = calculate(typed)
    add_derived(plan, crossing, derived_direct(typed, own))
    found += own.findings
    return found if errors(found) else found + filled_differently(own, crossing.tree)


def wrong_types(error: ValidationError) -> list[Finding]:
    """What keeps a tree from being a record: the fields whose values are not of their type."""
    return [
        finding("RECORD-TYPE", "/" + "/".join(map(str, e["loc"])), stage="method", **told(e["msg"]))
        for e in error.errors()
    ]
