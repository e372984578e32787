"""Assembled views by name: what a target needs beyond the leaves of the record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.formats.leaves import at
from gateway.methods.join import View, join_table
from gateway.model.record import Record


def view_of(name: str, record: Mapping[str, Any], typed: Record, installation: str = "") -> View:
    """The view that a target's table names, assembled from the record and its methods.

    ``installation``: the one that is meant, where the view is about one of several.
    """
    from gateway.methods.cbam_goods import assemble_goods
    from gateway.methods.operator_report import assemble_report

    if name == "cbam-goods":
        return assemble_goods(record, typed)
    return assemble_report(name, record, typed, installation)


def take_apart_view(name: str, record: Mapping[str, Any], skeleton: Mapping[str, Any]) -> View:
    """The parts behind a view that a foreign document stated."""
    from gateway.methods.cbam_goods import take_goods_apart
    from gateway.methods.operator_back import take_report_apart

    if name == "cbam-goods":
        return take_goods_apart(record, skeleton)
    return take_report_apart(name, record, home=bool(skeleton))


def filled_from(name: str, wanted: str, source: Mapping[str, Any], other: Mapping[str, Any]) -> Any:
    """What a second document of another format, lifted as ``other``, fills in: (a tree to merge, findings).

    A supplier's operator report answers the precursors of the buyer's record. None where ``name``, the view of
    that document, fills in nothing of ``wanted``, the view that is asked for: figures of another method never.
    """
    from gateway.methods.operator_back import filled_precursors
    from gateway.methods.operator_items import REPORT, SUMMARY

    if not {name, wanted} <= {SUMMARY, REPORT}:
        return None
    root = join_table(name)["view"]
    return filled_precursors(source, at(other, root) or {}, root)


def about_one_installation(name: str | None) -> bool:
    """Whether a view is about one installation, so that of several one is to be named."""
    return name is not None and bool(join_table(name).get("one_installation"))


def read_whole(name: str | None) -> bool:
    """Whether a view tells by its own wording which leaf of the record each part repeats.

    Then what the trip added is needed to read it back; taking apart picks the repeated leaves alone.
    """
    return name is not None and bool(join_table(name).get("whole"))


def stands_in(name: str, record: Mapping[str, Any]) -> bool:
    """Whether a record holds the view already: then its document was read, and nothing is computed anew."""
    return at(record, join_table(name)["view"]) is not None
