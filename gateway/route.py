"""A record's journey: a list of named steps, the same for the command line, the service and a batch.

    bytes -> leaves -> recognise, schema, rules -> lift (table A) -> canonical record
          -> method, where the target asks for a computed figure
          -> lower (table B) -> target leaves -> bytes -> schema, rules -> verdicts

A step adds what it made to the Journey and findings to its list. Errors do not stop the later steps where
these can still say something useful: the ledger of a refused document is complete. What errors do stop is
the document itself, which is then withheld unless a draft was asked for.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from gateway.check.document import (
    check,
    check_document,
    join_of,
    once,
    placed,
    read_record,
    record_findings,
    schema_of,
    told_once,
    unsaid,
    unwritable,
    verdicts,
)
from gateway.check.origin import fields_to_fill, trace
from gateway.check.step import step_findings
from gateway.formats.outlines import known_leaf_map
from gateway.formats.registry import Document, formats, read_document, resolve, write_document
from gateway.journey import Facts, Journey, Wish, digest_of
from gateway.methods.template_filling import settle_form, wrong_types
from gateway.methods.views import filled_from, read_whole, stands_in, take_apart_view, view_of
from gateway.model.finding import Finding, Refused, errors, finding
from gateway.model.paths import canonical_keys
from gateway.model.record import Record
from gateway.recall import are_plain, recall, remember
from gateway.translate.derived import with_derived
from gateway.translate.engine import lift, lower
from gateway.translate.ledger import Ledger, compose
from gateway.translate.mapping import Plan, plan
from gateway.translate.mended import with_mended
from gateway.translate.merge import merge
from gateway.translate.residue import Residue, context_of, make_residue, restore, skeleton_of
from gateway.translate.restored import places_of, with_restored
from gateway.translate.same_field import with_own_texts
from gateway.translate.totals import settle_totals


def _check_source(journey: Journey) -> None:
    journey.values = known_leaf_map(journey.source.tree)
    journey.source.plain = are_plain(journey.values)
    journey.findings += journey.source.findings
    journey.findings += check_document(journey.source)


def _merge(journey: Journey) -> None:
    for other in journey.others:
        journey.findings += [*other.findings, *check_document(other)]
        filled = _fill_in(journey, other)
        if filled is not None:
            journey.findings += [*filled[1], *merge(journey.source.tree, filled[0])]
            continue
        if other.format_id != journey.source.format_id:
            journey.findings.append(
                finding(
                    "MERGE-FORMAT", stage="translate", one=journey.source.format_id, other=other.format_id
                )
            )
            continue
        journey.findings += merge(journey.source.tree, other.tree)


def _fill_in(journey: Journey, other: Document) -> Any:
    """What a supplier's report answers in the record, where figures of its method are asked for."""
    join, wanted = join_of(other.format_id), join_of(journey.wish.to)
    if join is None or wanted is None or not journey.source_plan.mirror:
        return None
    return filled_from(join, wanted, journey.source.tree, lift(plan(other.format_id), other.tree).tree)


def _lift(journey: Journey) -> None:
    if recall(journey):
        return
    context = context_of(journey.residue) if journey.residue is not None else None
    skip = frozenset(journey.residue.added) if journey.residue is not None else frozenset()
    if read_whole(join_of(journey.source.format_id)):
        skip = frozenset()
    rows = journey.residue.rows if journey.residue is not None else None
    journey.lifted = lift(journey.source_plan, journey.source.tree, context, skip, rows)
    journey.record = journey.lifted.tree
    journey.findings += journey.lifted.findings


def _take_apart(journey: Journey) -> None:
    """A foreign document whose parts are joined: back to the parts, without the figures others computed."""
    join = join_of(journey.source.format_id)
    if join is None or join == join_of(journey.wish.to):  # a step to another version keeps the parts joined
        return
    skeleton = skeleton_of(journey.residue) if journey.residue is not None else {}
    view = take_apart_view(join, journey.record, skeleton)
    _adopt(journey, view)


def _rules(journey: Journey) -> None:
    """The rules that hold for every record, whatever format it came in."""
    found = record_findings(
        journey.lifted,
        journey.record,
        journey.findings,
        mirror=journey.source_plan.mirror,
        leaves=journey.known,
        explained=journey.explained,
    )
    journey.findings += [item for item in found if item.stage != "purpose"]


def _assemble(journey: Journey) -> None:
    """Where the target asks for computed figures: the join and the method, or the list of what is missing."""
    join = join_of(journey.wish.to)
    if join is None or journey.ledger is not None or stands_in(join, journey.record):
        return
    try:
        typed = Record.model_validate(journey.record)
    except ValidationError as error:
        journey.findings += unsaid(wrong_types(error), journey.findings)
        return
    _adopt(journey, view_of(join, journey.record, typed, journey.wish.installation))


def _adopt(journey: Journey, view: Any) -> None:
    merge(journey.record, view.tree)
    journey.explained.update(view.explained)
    journey.findings += _new_faults(view.findings, journey)


def _lower(journey: Journey) -> None:
    if journey.ledger is not None:
        return
    home = journey.residue is not None
    derived = with_derived(journey.target_plan, journey.record)
    journey.explained.update(derived.explained)
    journey.weighed = derived.weighed
    journey.lowered = lower(journey.target_plan, derived.record, Facts(journey), going_home=home)
    journey.lowered.findings = [*derived.findings, *journey.lowered.findings]
    found = once(journey.lowered.findings)
    if not journey.source_plan.mirror:
        back = {target: c.sources[0] for c in journey.lifted.carried for target in c.targets if c.sources}
        found = [item.traced(back.get(item.path, item.origin)) for item in found]
    journey.findings += unsaid(found, journey.findings)
    if _name(journey.source.format_id) == _name(journey.wish.to) and not journey.source_plan.mirror:
        journey.findings += step_findings(journey.lifted, journey.lowered, journey.record, journey.wish.to)


def _settle(journey: Journey) -> None:
    """Where the target is a form of fixed cells: what has no cell is lost with its reason, and what the form
    asks for is added. The figures that the filled cells give must be those of the record."""
    if "blank" not in formats()[_name(journey.wish.to)].body or journey.ledger is not None:
        return
    found = settle_form(journey.target_plan, journey.lowered, journey.record)
    journey.findings += unsaid(_new_faults(found, journey), journey.findings)


def _restore(journey: Journey) -> None:
    """The way home: what an earlier trip kept goes back, unless it was edited abroad."""
    residue = journey.residue
    if residue is None:
        return
    if journey.wish.to != residue.source_format or journey.source.format_id != residue.target_format:
        raise Refused(
            finding(
                "RESIDUE-OTHER-TRIP",
                stage="translate",
                source=residue.source_format,
                target=residue.target_format,
            )
        )

    def forward(tree: dict[str, Any]) -> tuple[Any, Ledger]:
        source = Document(journey.wish.to, tree, b"", "json")
        wish = Wish(journey.source.format_id, base_url=journey.wish.base_url)
        again = Journey(replace(wish, installation=journey.wish.installation), source)
        again.source_digest = residue.source_digest
        for step in (_lift, _take_apart, _assemble, _lower, _settle, _account):
            step(again)
        assert again.ledger is not None
        return again.lowered.tree, again.ledger

    assert journey.ledger is not None
    places = places_of(journey.lowered.tree)
    journey.findings += restore(journey.lowered.tree, journey.source.tree, residue, forward)
    journey.findings += settle_totals(journey.target_plan, journey.lowered.tree)
    journey.ledger = with_restored(journey.ledger, places, journey.lowered.tree)


def _account(journey: Journey) -> None:
    if journey.ledger is not None:
        return
    journey.ledger = compose(journey.source.tree, journey.lifted, journey.explained, journey.lowered)
    if _name(journey.source.format_id) == _name(journey.wish.to):
        plans, trees = (journey.source_plan, journey.target_plan), (journey.source.tree, journey.lowered.tree)
        made = frozenset(journey.residue.added) if journey.residue is not None else frozenset[str]()
        journey.ledger = with_own_texts(journey.ledger, plans, *trees, made)
    remember(journey)


def _write(journey: Journey) -> None:
    wish, ordered = journey.wish, journey.known is not None  # a repeated target is in the order of its schema
    try:
        journey.data = write_document(wish.to, journey.lowered.tree, wish.syntax, wish.blank, ordered=ordered)
    except Refused as refused:  # the blank of a form is not at hand, or is another file
        journey.findings += refused.findings


def _check_target(journey: Journey) -> None:
    assert journey.ledger is not None
    syntax = formats()[_name(journey.wish.to)].syntax[0]
    plain = journey.source.plain and not journey.target_plan.numbers
    made = Document(journey.wish.to, journey.lowered.tree, journey.data, syntax, plain=plain)
    # a line of a document that may never be written would only mislead
    checked = (*unwritable(made), *check_document(made, None, journey.known_target))
    found = [item if item.line is None else replace(item, line=None) for item in checked]
    join = join_of(journey.wish.to)
    plans = journey.target_plan, journey.source_plan
    traced = trace(found, journey.ledger, *plans, join, journey.origins)
    refused = {item.values.get("figure", item.path) for item in journey.lowered.findings}
    places = {f"/{path}" for row in journey.target_plan.rows if refused.intersection(row.canonical_paths)
              for path in row.external_paths} if refused else set[str]()  # fmt: skip
    traced = [
        i for i in traced if i.rule not in _ABSENT or (i.origin not in refused and i.path not in places)
    ]
    if any(item.stage == "method" for item in errors(journey.findings)):
        # the method has said what is missing; nobody may type in the figure that it would have computed
        traced = [item for item in traced if item.origin or item.rule not in _ABSENT]
    journey.findings += _new_faults(traced, journey)
    if join is None and not journey.source_plan.mirror:
        journey.findings += fields_to_fill(traced, journey.target_plan)


def _new_faults(found: list[Finding], journey: Journey) -> list[Finding]:
    """Findings on fields that no error has named yet: one fault is told once, in the words nearest its field."""
    named = {item.origin or item.path for item in errors(journey.findings)}
    return [i for i in found if (i.origin or i.path) not in named or i.stage not in ("rules", "method")]


_ABSENT = frozenset({"XSD-MISSING-ELEMENT", "SCHEMA-REQUIRED"})


def _keep(journey: Journey) -> None:
    if not journey.wish.keep_residue or journey.ledger is None:
        return
    names = (
        journey.source.format_id,
        digest_of(journey.source.data),
        journey.wish.to,
        digest_of(journey.data),
    )
    journey.kept = make_residue(
        journey.ledger,
        journey.source.tree,
        journey.lowered.tree,
        (journey.source_plan, journey.target_plan),
        _keys(journey.source_plan),
        names,
    )


def _note_repairs(journey: Journey) -> None:
    """The last step: everything before it speaks of the mended document, the ledger of the one that came."""
    if journey.source.mended is not None and journey.ledger is not None:
        journey.ledger = with_mended(journey.ledger, journey.source.mended)


STEPS: tuple[tuple[str, Callable[[Journey], None]], ...] = (
    ("check the source", _check_source),
    ("merge", _merge),
    ("lift", _lift),
    ("take apart", _take_apart),
    ("check the record", _rules),
    ("assemble", _assemble),
    ("lower", _lower),
    ("settle", _settle),
    ("account", _account),
    ("restore", _restore),
    ("write", _write),
    ("check the target", _check_target),
    ("keep the residue", _keep),
    ("note the repairs", _note_repairs),
)


def translate(
    source: Document,
    wish: Wish,
    others: list[Document] | None = None,
    residue: Residue | None = None,
) -> Journey:
    """One document to another format, with its ledger. Never raises for what stands in the document."""
    journey = Journey(wish, source, others or [], residue)
    for name, step in STEPS:
        started = time.perf_counter()
        step(journey)
        journey.steps.append((name, time.perf_counter() - started))
    journey.findings = told_once(placed(journey.findings, source))
    return journey


def _name(format_id: str) -> str:
    return format_id.partition("@")[0]


def _keys(made: Plan) -> dict[str, str]:
    """List path to key, in the words of a format, where its lists mirror those of the record."""
    names = {}
    for row in made.rows:
        for canonical, external in zip(row.canonical_paths, row.external_paths, strict=False):
            head, _, key = canonical.rpartition("/*/")
            if head and canonical_keys().get(head) == key and "/*/" in external:
                names["/" + external.rpartition("/*/")[0]] = external.rpartition("/*/")[2]
    return names


__all__ = [
    "Journey", "Wish", "check", "read_document", "read_record", "resolve", "schema_of", "translate", "verdicts",
]  # fmt: skip
