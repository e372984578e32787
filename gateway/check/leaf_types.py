"""Leaf types of the canonical record: every figure, date, switch and code is what its field says.

The JSON Schema says so too; this check serves records that came another way (a workbook, a foreign
document) and names exactly what is wrong with a figure. Rules then need not fear a malformed leaf.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache

from gateway.check.access import text
from gateway.check.catalog import rules
from gateway.check.numbers import decimal_fault, fault_texts, is_date, is_datetime, is_integer
from gateway.data import load_toml
from gateway.formats.codes import code_list
from gateway.formats.leaves import Tree
from gateway.model.finding import Finding
from gateway.model.paths import LeafType, canonical_leaves

Fault = tuple[str, dict[str, str]]
"""A rule's id and the values of its message."""

Test = Callable[[Tree], Fault | None]


@dataclass(slots=True)
class _Shape:
    """A node of the record's shape: a leaf has a test, a group fields, a list the shape of its elements."""

    test: Test | None = None
    element: _Shape | None = None
    fields: dict[str, _Shape] = field(default_factory=dict)

    def at(self, part: str) -> _Shape:
        """The shape below, made when it is new; ``*`` is the element of a list."""
        if part != "*":
            return self.fields.setdefault(part, _Shape())
        self.element = self.element or _Shape()
        return self.element


LEAF_RULES = frozenset(
    f"RECORD-{kind}"
    for kind in ("SHAPE", "DECIMAL", "BOOLEAN", "CODE", "TEXT", "INTEGER", "DATE", "DATETIME")
)
"""The rules that this module raises: each says what is wrong with one value."""


def check_leaf_types(tree: Tree) -> list[Finding]:
    """Every leaf of a canonical record that is not of its type. Never raises; skips unknown fields."""
    found: list[tuple[str, Fault]] = []
    _visit(tree, _shape(), "", found)
    return [
        Finding(rule, rules()[rule].severity, "rules", path, values=values) for path, (rule, values) in found
    ]


def _visit(node: Tree, shape: _Shape, path: str, found: list[tuple[str, Fault]]) -> None:
    if shape.test is not None:
        fault = shape.test(node)
        if fault is not None:
            found.append((path, fault))
    elif shape.element is not None:
        if isinstance(node, list):
            for index, value in enumerate(node):
                _visit(value, shape.element, f"{path}/{index}", found)
        else:
            found.append((path, _misshapen("a list", "列表", node)))
    elif isinstance(node, dict):
        fields = shape.fields
        for name, value in node.items():
            inner = fields.get(name)
            if inner is None or value is None:
                continue
            test = inner.test
            if test is None:
                _visit(value, inner, f"{path}/{name}", found)
            elif (fault := test(value)) is not None:
                found.append((f"{path}/{name}", fault))
    else:
        found.append((path, _misshapen("a group of fields", "字段组", node)))


def _misshapen(english: str, chinese: str, node: Tree) -> Fault:
    return "RECORD-SHAPE", {"expected_en": english, "expected_zh": chinese, "value": text(node)[:60]}


@cache
def _shape() -> _Shape:
    codes = {
        row["canonical"]: row["codes"]
        for row in load_toml("mappings", "cn.pcf.toml")["field"]
        if "codes" in row
    }
    root = _Shape()
    for path, kind in canonical_leaves().items():
        node = root
        for part in path.split("/")[1:]:
            node = node.at(part)
        node.test = _code_test(codes[path]) if path in codes else _TESTS[kind]
    return root


def _decimal(value: Tree) -> Fault | None:
    found = text(value)
    fault = decimal_fault(found) if isinstance(value, str) else "not-number"
    if not fault:
        return None
    english, chinese = fault_texts(fault)
    return "RECORD-DECIMAL", {"value": found[:60], "reason_en": english, "reason_zh": chinese}


def _text_test(rule: str, test: Callable[[str], bool]) -> Test:
    def check(value: Tree) -> Fault | None:
        if isinstance(value, str) and test(value):
            return None
        return rule, {"value": text(value)[:60]}

    return check


def _boolean(value: Tree) -> Fault | None:
    return None if isinstance(value, bool) else ("RECORD-BOOLEAN", {"value": text(value)[:60]})


def _code_test(name: str) -> Test:
    codes = tuple(code_list(name).codes)
    known = frozenset(codes)

    def check(value: Tree) -> Fault | None:
        found = text(value)[:60]
        if isinstance(value, str) and value in known:
            return None
        near = get_close_matches(found, codes, n=3, cutoff=0.5) or list(codes[:6])
        return "RECORD-CODE", {"value": found, "list": name, "nearest": ", ".join(near)}

    return check


_TESTS: dict[LeafType, Test] = {
    "text": _text_test("RECORD-TEXT", lambda value: value != ""),
    "decimal": _decimal,
    "integer": _text_test("RECORD-INTEGER", is_integer),
    "boolean": _boolean,
    "date": _text_test("RECORD-DATE", is_date),
    "datetime": _text_test("RECORD-DATETIME", is_datetime),
}
