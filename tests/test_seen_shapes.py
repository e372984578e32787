"""A record of a shape seen before is carried by repeating moves: the result must be the engine's own."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest

from gateway import recall, route
from gateway.data import data_path
from gateway.formats.leaves import leaf_list, segments
from gateway.formats.registry import read_document
from gateway.route import Journey, Wish, translate
from gateway.translate import seen
from gateway.translate.engine import put

TARGETS = ("pact.footprint@3.0", "iso14067.report@2018")
EXAMPLES = ("aluminium.json", "steel.json", "cement.json", "ammonia.json")


def example(name: str) -> dict[str, Any]:
    tree: dict[str, Any] = json.loads(data_path("examples", name).read_bytes())
    return tree


def journey(tree: dict[str, Any], target: str) -> Journey:
    base_url = "https://gateway.example" if target.startswith("pact") else ""
    return translate(read_document(json.dumps(tree).encode()), Wish(target, base_url=base_url))


def other_values(tree: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    """The same leaves with other values, good ones and bad ones."""
    changed = copy.deepcopy(tree)
    for path, value in leaf_list(tree):
        if path == "/format" or dice.random() < 0.6:
            continue
        steps = [int(part) if part.isdigit() else part for part in segments(path)]
        if isinstance(value, bool):
            put(changed, steps, not value)
        elif value.replace(".", "").replace("-", "").isdigit():
            put(changed, steps, dice.choice(["0", "1.50", "7", "-2.25", "1,5", "0.000", "12345678.9"]))
        else:
            put(changed, steps, dice.choice([value, f"{value} x", "kWh", "2024-02-29", "other"]))
    return changed


def without_memory(monkeypatch: pytest.MonkeyPatch, tree: dict[str, Any], target: str) -> Journey:
    with monkeypatch.context() as patch:
        patch.setattr(route, "recall", lambda _journey: False)
        return journey(tree, target)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", EXAMPLES)
def test_repeating_the_moves_of_a_shape_gives_what_the_engine_gives(
    name: str, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = random.Random(f"{name} {target}")
    tree = example(name)
    journey(tree, target)
    for _ in range(12):
        changed = other_values(tree, dice)
        assert_same(journey(changed, target), without_memory(monkeypatch, changed, target))


def assert_same(quick: Journey, slow: Journey) -> None:
    assert quick.ledger is not None
    assert slow.ledger is not None
    assert quick.data == slow.data
    assert [e.as_json() for e in quick.ledger.entries] == [e.as_json() for e in slow.ledger.entries]
    assert [e.keeps for e in quick.ledger.entries] == [e.keeps for e in slow.ledger.entries]
    assert [(f.rule, f.path, f.origin, f.values) for f in quick.findings] == [
        (f.rule, f.path, f.origin, f.values) for f in slow.findings
    ]


@pytest.mark.parametrize("target", TARGETS)
def test_a_batch_in_which_little_changes_gives_what_the_engine_gives(
    target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fields that say the same in every record are taken together, until one of them does not."""
    recall.MEMORIES.clear()
    monkeypatch.setattr(seen, "SETTLED", 4)
    trees = []
    for number, model in enumerate([*["2024"] * 8, "2023", "2024", "2023"]):
        tree = example("aluminium.json")
        tree["record"]["reportNumber"] = f"PCF-{number}"
        tree["product"] |= {"netMass": str(1000 + number), "model": model}
        tree["interpretation"]["limitations"] = f"of {model}"
        trees.append(tree)
    quick = [journey(tree, target) for tree in trees]
    (memory,) = recall.MEMORIES.values()
    (shape,) = memory._known.values()
    assert shape.settled is not None  # the last records are carried by what is taken together
    for made, tree in zip(quick, trees, strict=True):
        assert_same(made, without_memory(monkeypatch, tree, target))


def test_a_record_with_one_leaf_more_is_another_shape() -> None:
    tree = example("aluminium.json")
    tree["record"].pop("comment", None)
    first = journey(tree, TARGETS[0])
    tree["record"]["comment"] = "one leaf more"
    second = journey(tree, TARGETS[0])
    assert first.ledger is not None
    assert second.ledger is not None
    assert second.ledger.source_leaves == first.ledger.source_leaves + 1
    assert b"one leaf more" in second.data


def test_the_memory_of_shapes_is_bounded() -> None:
    memory = seen.Memory()
    for number in range(seen.MOST + 10):
        memory.keep((str(number),), seen.Seen(seen.Steps([], []), (), (), frozenset(), ()))
    assert memory.recall(("0",)) is None
    assert memory.recall((str(seen.MOST + 9),)) is not None
