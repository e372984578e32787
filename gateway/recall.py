"""Shapes of records that went a route before: their moves are repeated, and the engine need not look again."""

from __future__ import annotations

from typing import Any

from gateway.check.document import join_of
from gateway.check.known_shapes import Known
from gateway.formats.leaves import leaf_map
from gateway.formats.outlines import MOST_LEAVES
from gateway.formats.registry import formats
from gateway.journey import Facts, Journey, Wish
from gateway.model.finding import errors
from gateway.translate.engine import Crossing
from gateway.translate.seen import Memory, learn, repeat

MEMORIES: dict[tuple[str, str, bool], Memory] = {}
"""The shapes seen on each route: from a format to a format, with or without the extension."""


def are_plain(values: dict[str, Any]) -> bool:
    """Whether every leaf is a boolean or a text that is not empty."""
    kinds = set(map(type, values.values()))
    return kinds <= {str, bool} and "" not in values.values()


def recall(journey: Journey) -> bool:
    """Whether a record with just these leaves went this way before: then its moves are repeated."""
    if (
        journey.residue is not None
        or not journey.source_plan.mirror
        or not _follows_from_leaves(journey.wish.to)
    ):
        return False
    plain = journey.source.plain
    if journey.others:
        journey.values = leaf_map(journey.source.tree)
        plain = are_plain(journey.values)
    if not plain or len(journey.values) > MOST_LEAVES:
        journey.values = {}  # an empty or a null leaf is the engine's business
        return False
    seen = _memory(journey.wish, journey.source.format_id).recall(tuple(journey.values))
    made = repeat(seen, journey.values, Facts(journey)) if seen is not None else None
    if seen is None or made is None:
        return False
    journey.known, journey.known_target = Known(seen.shape, journey.values), Known(seen.shape, made[2])
    journey.origins = seen.origins
    journey.lifted = Crossing(journey.source.tree)
    journey.record = journey.source.tree
    journey.lowered, journey.ledger = Crossing(made[0]), made[1]
    return True


def remember(journey: Journey) -> None:
    """Keep the moves of a journey for the next record of its shape.

    A record with errors teaches nothing: what it lost through them would be lost to every later record.
    """
    if journey.explained or journey.weighed:  # these follow from values, not from which leaves there are
        return
    if not journey.values or journey.lowered.findings or errors(journey.findings) or journey.ledger is None:
        return
    if not _follows_from_leaves(journey.wish.to):
        return
    carried, tree = journey.lowered.carried, journey.lowered.tree
    seen = learn(journey.target_plan, carried, tree, journey.ledger, journey.values)
    _memory(journey.wish, journey.source.format_id).keep(tuple(journey.values), seen)


def _follows_from_leaves(target: str) -> bool:
    """Whether what is carried follows from the record's leaves alone: not where parts are joined or a form is
    filled, whose moves depend on how many elements there are."""
    return join_of(target) is None and "blank" not in formats()[target.partition("@")[0]].body


def _memory(wish: Wish, source: str) -> Memory:
    return MEMORIES.setdefault((wish.to, source, bool(wish.base_url)), Memory())
