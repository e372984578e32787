"""The rule engine: wrong rules fail when they load; no input makes one raise or slow."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.check.access import known_paths, resolve
from gateway.check.catalog import CatalogError, Rule, Text, rules
from gateway.check.expressions import Scope, compile_expression
from gateway.check.leaf_types import check_leaf_types
from gateway.check.numbers import decimal_fault, rounding, to_decimal
from gateway.check.patterns import safe_pattern
from gateway.check.predicates import predicates
from gateway.check.profiles import UnknownProfile, profile_named
from gateway.check.rules import check_rules, compile_everything, compile_rule
from gateway.check.suite import DOCUMENTS, read_base
from gateway.formats.leaves import leaves


def rule(**body: Any) -> Rule:
    text = Text("what", "why", "fix")
    return Rule("TEST-RULE", "error", "rules", "GATEWAY:test", text, text, "test", body)


def holds(expression: dict[str, Any], tree: dict[str, Any], on: str = "/results") -> bool:
    check = compile_expression(expression, Scope("TEST-RULE", "canonical", on))
    node = tree
    for part in on.split("/")[1:]:
        node = node[part]
    return not check(tree, node)


def test_every_rule_compiles_in_every_profile() -> None:
    assert compile_everything() > 100


@pytest.mark.parametrize(
    "body",
    [
        {"on": "/result", "require": {"present": "total"}},
        {"on": "/results", "require": {"present": "totl"}},
        {"on": "/results", "require": {"path": "total", "ge": {"path": "/unit/amonut"}}},
        {"on": "/results", "require": {"sum": ["byStage/*/valeu"], "equals": "total"}},
        {"on": "/results", "require": {"present": "total"}, "at": "totl"},
        {"on": "/results", "require": {"present": "total"}, "values": {"x": "totl"}},
        {"on": "/results", "require": {"predicate": "no_such_predicate"}},
        {"on": "/results", "require": {"predicate": "figure_in", "with": {"lowest": "1"}}},
        {"on": "/results", "require": {"path": "total"}},
        {"on": "/results", "require": {"path": "total", "ge": "many"}},
        {"on": "/results", "require": {"frobnicate": "total"}},
        {"document": "cbam.qreport", "on": "/ImportedGoods/*", "require": {"present": "ItemNumber"}},
        {"document": "pact.footprint", "on": "/pcf", "require": {"present": "pcf"}},
    ],
)
def test_a_rule_that_names_something_unknown_fails_when_it_loads(body: dict[str, Any]) -> None:
    with pytest.raises(CatalogError):
        compile_rule(rule(**body), body["on"])


def test_paths_of_foreign_documents_come_from_their_schemas() -> None:
    assert "/ImportedGood/*/GoodsEmissions/*/DirectEmissions" in known_paths("cbam.qreport")
    assert "/pcf/dqi/temporalDQR" in known_paths("pact.footprint")
    assert resolve("./unit", "/results") == "/results/unit"


def test_a_comparison_says_nothing_of_what_is_absent_or_cannot_be_read() -> None:
    assert holds({"path": "total", "gt": "0"}, {"results": {}})
    assert holds({"path": "total", "gt": "0"}, {"results": {"total": "1,5"}})
    assert not holds({"path": "total", "gt": "0"}, {"results": {"total": "-1"}})


def test_figures_are_compared_as_decimals_and_dates_as_dates() -> None:
    assert holds({"path": "total", "eq": "1.50"}, {"results": {"total": "1.5"}})
    assert holds({"path": "total", "gt": "9"}, {"results": {"total": "10"}})
    tree = {"time": {"periodStart": "2024-12-31", "periodEnd": "2025-01-01"}}
    assert holds({"path": "periodEnd", "gt": {"path": "periodStart"}}, tree, "/time")


def test_the_combinators_mean_what_their_names_say() -> None:
    yes, no = {"present": "total"}, {"absent": "total"}
    tree = {"results": {"total": "1"}}
    assert holds({"all": [yes, yes]}, tree)
    assert not holds({"all": [yes, no]}, tree)
    assert holds({"any": [no, yes]}, tree)
    assert not holds({"any": [no, no]}, tree)
    assert holds({"not": no}, tree)
    assert holds({"implies": [no, no]}, tree)
    assert not holds({"implies": [yes, no]}, tree)


def test_a_sum_is_exact_beyond_the_digits_of_a_float() -> None:
    parts = {"fossil": "0.1", "landUseChange": "0.2", "total": "0.3"}
    expression = {"sum": ["fossil", "landUseChange"], "equals": "total", "tolerance": "0"}
    assert holds(expression, {"results": parts})
    long = {"fossil": "1" + "0" * 30, "landUseChange": "1", "total": "1" + "0" * 30}
    assert not holds(expression, {"results": long})


def test_rounding_allows_half_a_unit_of_each_last_place_and_zero_is_exact() -> None:
    figures = [to_decimal(text) for text in ("3.42", "0", "3.50")]
    assert str(rounding(figure for figure in figures if figure is not None)) == "0.010"


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+", "(a*b?)*c", "(?=a)b", r"(a)\1", "a*b*", "([a-z]+)*x", "(a{1,9}){1,9}", "(?:a|b+)*", "("],
)
def test_a_pattern_that_could_be_slow_is_refused(pattern: str) -> None:
    with pytest.raises(CatalogError):
        safe_pattern(pattern)


@pytest.mark.parametrize("pattern", ["[A-Z]{2}", "a++b*+c+", "(?:GB/T )?44905.*", r"AR\d{1,2}", "[a+*]+"])
def test_a_harmless_pattern_is_taken(pattern: str) -> None:
    assert safe_pattern(pattern)("") is False


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("1,5", "comma"),
        ("1e3", "exponent"),
        ("１２", "full-width"),
        ("NaN", "not-number"),
        ("abc", "not-number"),
        ("", "not-number"),
        ("9" * 10_000, "long"),
        (" 1", "space"),
        ("1,234.5", "thousands"),
        ("+1", "plus"),
        ("-1.50", ""),
        ("٣", "not-number"),
    ],
)
def test_the_fault_of_a_figure_is_named_exactly(text: str, fault: str) -> None:
    assert decimal_fault(text) == fault


def test_an_unknown_code_is_named_with_its_nearest() -> None:
    (found,) = check_leaf_types({"unit": {"unit": "Kg"}})
    assert found.rule == "RECORD-CODE"
    assert "kg" in found.values["nearest"]


def test_the_profile_asks_for_each_missing_part_of_the_report_and_only_warns() -> None:
    found = [f for f in check_rules({}, profile="gbt24067") if f.rule == "GBT24067-MISSING"]
    assert len(found) == len(profile_named("gbt24067").asked)
    assert {f.severity for f in found} == {"warning"}
    assert {f.stage for f in found} == {"purpose"}
    assert check_rules({}) == []


def test_an_unknown_profile_says_which_there_are() -> None:
    with pytest.raises(UnknownProfile, match="gbt24067"):
        check_rules({}, profile="nonsense")


def test_every_predicate_says_what_it_does() -> None:
    assert all(build.__doc__ for build in predicates().values())


_HOSTILE: list[Any] = [
    None,
    [],
    {},
    "",
    "abc",
    "1e999",
    "9" * 10_000,
    "NaN",
    True,
    [None],
    [[{}]],
    {"x": {}},
    "１",
]


def _damaged(tree: Any) -> Iterator[Any]:
    nodes: list[list[Any]] = []

    def walk(node: Any, way: list[Any]) -> None:
        nodes.append(way)
        inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for key, value in inner:
            walk(value, [*way, key])

    walk(tree, [])
    for number, way in enumerate(nodes[1:]):
        copied = copy.deepcopy(tree)
        node = copied
        for key in way[:-1]:
            node = node[key]
        for value in _HOSTILE[number % 3 :: 3]:
            node[way[-1]] = value
            yield copied


@pytest.mark.parametrize("base", DOCUMENTS)
def test_no_damaged_document_makes_a_rule_raise(base: str) -> None:
    for tree in _damaged(read_base(base)):
        check_rules(tree, DOCUMENTS[base], "gbt24067")
        if DOCUMENTS[base] == "canonical":
            check_leaf_types(tree)


@pytest.mark.parametrize("tree", _HOSTILE)
def test_a_document_that_is_no_group_is_no_exception(tree: Any) -> None:
    for document in DOCUMENTS.values():
        check_rules(tree, document)
    check_leaf_types(tree)


@pytest.mark.parametrize("base", DOCUMENTS)
@pytest.mark.parametrize("attack", ["a" * 100_000 + "!", "urn:a:" + "a" * 100_000 + " ", "1" * 100_000 + "!"])
def test_a_hundred_kilobytes_in_any_field_take_less_than_fifty_milliseconds(base: str, attack: str) -> None:
    tree = read_base(base)
    for path, value in leaves(tree):
        if not isinstance(value, str):
            continue
        attacked = copy.copy(tree)
        node = attacked
        *way, last = path.split("/")[1:]
        for part in way:
            key: Any = int(part) if isinstance(node, list) else part
            node[key] = copy.copy(node[key])
            node = node[key]
        node[int(last) if isinstance(node, list) else last] = attack
        start = time.process_time()  # what the rules cost, not what else the machine does
        check_rules(attacked, DOCUMENTS[base])
        if DOCUMENTS[base] == "canonical":
            check_leaf_types(attacked)
        assert time.process_time() - start < 0.05, path


def test_ids_of_rules_are_stable_words_in_capitals() -> None:
    for name in rules():
        assert name == name.upper()
        assert " " not in name
