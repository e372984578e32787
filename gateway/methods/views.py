"""Assembled views by name: what a target needs beyond the leaves of the record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.methods.join import View
from gateway.model.record import Record


def view_of(name: str, record: Mapping[str, Any], typed: Record) -> View:
    """The view that a target's table names, assembled from the record and its methods."""
    from gateway.methods.cbam_goods import assemble_goods

    return {"cbam-goods": assemble_goods}[name](record, typed)


def take_apart_view(name: str, record: Mapping[str, Any], skeleton: Mapping[str, Any]) -> View:
    """The parts behind a view that a foreign document stated."""
    from gateway.methods.cbam_goods import take_goods_apart

    return {"cbam-goods": take_goods_apart}[name](record, skeleton)
