"""Every attack of the list has its tests, and every test that the index names is there."""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.shared_files import SHARED

HERE = Path(__file__).parent
ATTACKS: list[dict[str, Any]] = tomllib.loads((HERE / "attacks.toml").read_text(encoding="utf-8"))["attack"]


@cache
def names(file: str) -> frozenset[str]:
    """The tests of a file, read and not run."""
    tree = ast.parse((HERE.parent / file).read_text(encoding="utf-8"))
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    )


def test_every_attack_stands_there_once_in_its_order():
    assert [attack["number"] for attack in ATTACKS] == list(range(1, len(ATTACKS) + 1))


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: str(attack["number"]))
def test_every_attack_is_told_and_has_tests_or_the_reason_why_not(attack):
    assert attack["input"]
    assert attack["behaviour"]
    assert ("tests" in attack) != ("none" in attack)
    assert attack.get("tests") or len(attack["none"]) > 20
    for named in attack.get("tests", ()):
        file, _, name = named.partition("::")
        assert names(file), named
        assert not name or name in names(file), named


def test_no_line_of_the_list_is_missing():
    listed = SHARED / "specs" / "attacks.md"
    if not listed.exists():
        pytest.skip("the list of attacks is not here")
    text = listed.read_text(encoding="utf-8").partition("# Attacks that must fail")[2]
    numbers = {int(found) for found in re.findall(r"(?:^|[.,:] |\n)(\d{1,2})\. ?(?=\S)", text)}
    assert numbers >= set(range(1, max(numbers) + 1)), "the list is not read as it is meant"
    assert {attack["number"] for attack in ATTACKS} == numbers
