"""Values at the edges of an XSD simple type: just inside, just outside, and of another kind."""

from __future__ import annotations

from mutants.xsd_tree import Node

SAMPLES = {
    "xs:int": "1",
    "xs:integer": "1",
    "xs:decimal": "1.5",
    "xs:boolean": "true",
    "xs:dateTime": "2025-01-31T10:00:00Z",
    "xs:date": "2025-01-31",
    "xs:base64Binary": "QUJD",
}

_DATES = ["2024-02-29", "2025-02-29", "2025-13-01", "2025-00-10", "2025-1-31", "12025-01-31", "-2025-01-31"]
_DATES += ["2025-01-31Z", "2025-01-31+08:00", " 2025-01-31 ", "", "31.01.2025", "20250131", "0000-01-01"]
_TIMES = ["2024-02-29T00:00:00Z", "2025-02-29T00:00:00Z", "2025-01-31T24:00:00Z", "2025-01-31T25:00:00Z"]
_TIMES += ["2025-01-31T10:00:00.000Z", "2025-01-31T10:00:00+00:00", "2025-01-31T10:00:00", "2025-01-31"]
_TIMES += ["2025-01-31t10:00:00z", "2025-01-31 10:00:00Z", "2025-01-31T23:59:60Z", " 2025-01-31T10:00:00Z\n"]
_TIMES += ["", "2025-01-31T10:00Z", "2025-01-31T10:60:00Z", "1738317600"]
_WRONG_NUMBERS = ["", " ", "abc", "1e5", "1E-3", "INF", "NaN", "1,5", "1 000", "0x1", "１", "--1", "+-1", "."]
_BOOLEANS = ["true", "false", "1", "0", "TRUE", "True", "yes", "", " true ", "2"]
_BINARIES = ["", "QUJD", "QUI=", "QQ==", "QQ=", "Q", "QR==", "!!!!", "QU JD", "QUJDRA", "QUJD\nQUJD", "汉"]


def sample(node: Node) -> str:
    """A valid value."""
    if node.base == "xs:string":
        return "A" * min(max(node.facet("minLength", 1), 3), node.facet("maxLength", 3))
    return SAMPLES[node.base]


def edges(node: Node) -> list[str]:
    """Values worth trying: at each facet's edge, one beyond it, and wrong in kind."""
    if node.base == "xs:string":
        return _strings(node.facet("minLength", 0), node.facet("maxLength", 100))
    if node.base == "xs:decimal":
        return _decimals(node.facet("totalDigits", 40), node.facet("fractionDigits", 20))
    if node.base in ("xs:int", "xs:integer"):
        return _integers(node.facet("totalDigits", 5))
    table = {"xs:boolean": _BOOLEANS, "xs:date": _DATES, "xs:dateTime": _TIMES, "xs:base64Binary": _BINARIES}
    return table[node.base]


def _strings(least: int, most: int) -> list[str]:
    lengths = sorted({0, max(least - 1, 0), least, least + 1, most - 1, most, most + 1})
    plain = ["a" * n for n in lengths]
    # a character is a character, whatever its bytes; markup characters count once, escaped or not
    wide = [mark * n for mark in ("汉", "😀", "&", "é") for n in (most, most + 1)]
    return [*plain, *wide, " " * least, " " * (most + 1), "\n" + "a" * (most - 1), "a" * most + "\n"]


def _decimals(total: int, fraction: int) -> list[str]:
    whole = "9" * (total - fraction)
    right = [f"{whole}.{'9' * fraction}", f"-{whole}.{'1' * fraction}", "9" * total, "0." + "1" * fraction]
    over = [f"{whole}9.{'9' * fraction}", f"0.{'1' * (fraction + 1)}", "9" * (total + 1)]
    spelled = ["0" * 30 + "1", "1." + "0" * 30, ".5", "5.", "+1.5", "-0", "-1.5", " 1.5 ", "\t1\n"]
    return [*right, *over, *spelled, *_WRONG_NUMBERS]


def _integers(digits: int) -> list[str]:
    right = ["0", "1", "9" * digits, "-" + "9" * digits, "+1", "0" * digits, " 1 ", "\n1"]
    over = ["9" * (digits + 1), "-" + "9" * (digits + 1), "0" * (digits + 1), "0" * 20 + "1"]
    return [*right, *over, "1.0", "2147483647", "2147483648", "-1", *_WRONG_NUMBERS]
