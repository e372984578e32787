"""The page of an operator's report: the text of the JSON, safe whatever stands in it, for screen and paper."""

from __future__ import annotations

import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from command import run
from operators import REPORT, SUMMARY, Tree, cement, changed, complete, example, made

from gateway.formats.json_reader import read_json, write_json
from gateway.formats.leaves import leaves
from gateway.formats.operator_page import shown

BOTH = pytest.mark.parametrize("to", [SUMMARY, REPORT], ids=["summary", "report"])
VOID = {"meta", "br", "rect", "line", "col"}


class Page(HTMLParser):
    """The page as a reader of HTML sees it: its text, its elements with their attributes, whether they nest."""

    def __init__(self, data: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(data.decode("utf-8"))
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)


def page(tree: Tree, to: str = SUMMARY) -> bytes:
    """The page of a record's report, made even where the report itself would be withheld."""
    return made(tree, to, syntax="html", draft=True).data


@BOTH
@pytest.mark.parametrize(
    "tree", [complete(), cement(), example("steel")], ids=["aluminium", "cement", "steel"]
)
def test_every_value_of_the_document_stands_in_the_page(tree: Tree, to: str) -> None:
    document = made(tree, to).lowered.tree
    seen = Page(page(tree, to))
    bits = set(seen.texts)
    stated = [attributes["data-state"] for _, attributes in seen.elements if "data-state" in attributes]
    for path, value in leaves(document):
        if path.endswith("/state"):
            assert value in stated
        else:
            assert shown(value) in bits, path
    answered = [e["state"] for i in document["items"] for p in i["points"] for e in p["entries"]]
    for state in ("value", "missing", "notApplicable"):
        assert stated.count(state) >= answered.count(state)


@BOTH
def test_the_page_names_the_digest_of_the_json_it_was_made_from_and_is_no_submission(to: str) -> None:
    data = made(complete(), to).data
    text = Page(page(complete(), to)).text
    assert f"sha256:{hashlib.sha256(data).hexdigest()}" in text
    assert text.count("This is not an official submission format.") == 2  # above the items and at the foot


@BOTH
def test_every_equation_that_a_figure_names_can_be_reached(to: str) -> None:
    elements = Page(page(complete(), to)).elements
    places = {attributes["id"] for _, attributes in elements if "id" in attributes}
    links = [str(attributes["href"]) for tag, attributes in elements if tag == "a"]
    assert [link for link in links if link.startswith("#eq-")]
    assert all(link.startswith("#") and link[1:] in places for link in links)
    assert len(places) == len([1 for _, attributes in elements if "id" in attributes])


@BOTH
def test_nothing_is_loaded_from_elsewhere_and_nothing_runs(to: str) -> None:
    data = page(complete(), to)
    tags = {tag for tag, _ in Page(data).elements}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "form", "base", "video", "audio"}
    assert not re.search(rb"url\(|@import|https?:|javascript:| on\w+=", data)
    assert b"default-src 'none'" in data


def test_it_prints_on_a4_and_keeps_its_colours() -> None:
    text = page(complete()).decode()
    assert "@page { size: A4;" in text
    assert "print-color-adjust: exact" in text


def test_bars_are_to_one_scale_and_what_leaves_goes_to_the_left() -> None:
    rects = [a for tag, a in Page(page(example("steel"), REPORT)).elements if tag == "rect"]
    streams = rects[:11]
    # from -31656.96 (steel, out) to 7093504 (coke): 1000 units wide
    assert [a["class"] for a in streams if "class" in a] == ["negative", "negative"]
    assert streams[2]["x"] == "4.4"
    assert streams[2]["width"] == "995.6"
    assert streams[9]["x"] == "0.0"


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style></title><script>x</script>",
    "{{ 7*7 }}{% raw %}",
    "&lt;b&gt; & \"quoted\" 'single'",
    "Steel\u202eletoH\u202c\u2066x\u2069",
    "a\u0007b\x00c".replace("\x00", "\u0001"),
    "x" * 10_000,
    "W" * 300 + " " + "\U0001f3ed" * 200,
]


@BOTH
@pytest.mark.parametrize("name", HOSTILE, ids=[str(n) for n in range(len(HOSTILE))])
def test_a_hostile_name_is_text_and_nothing_else(name: str, to: str) -> None:
    def attack(tree: Tree) -> None:
        tree["producer"]["name"]["en"] = name
        tree["goods"][0]["name"]["en"] = name
        tree["processes"][0]["name"]["en"] = name
        tree["precursors"][0]["name"] = name
        tree["sourceStreams"][0]["name"] = name

    data = page(changed(complete(), attack), to)
    seen = Page(data)
    calm = Page(page(complete(), to))
    assert shown(name) in set(seen.texts)
    assert [tag for tag, _ in seen.elements if tag != "small"] == [
        tag for tag, _ in calm.elements if tag != "small"
    ]
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u0001\u0007]", data.decode())


@pytest.mark.parametrize("figure", ["9" * 400, "0." + "0" * 390 + "1", "1" + "0" * 5000])
def test_a_monstrous_figure_breaks_no_page(figure: str) -> None:
    def grow(tree: Tree) -> None:
        tree["goods"][0]["specificFreeAllocation"] = figure
        tree["installations"][0]["directEmissions"] = figure

    seen = Page(page(changed(complete(), grow)))
    assert figure in set(seen.texts)
    assert all(float(a["width"] or 0) <= 1000 for tag, a in seen.elements if tag == "rect")


def test_damaged_reports_give_a_page_or_findings_never_a_traceback(tmp_path: Path) -> None:
    document = made(complete()).lowered.tree
    faults: list[Any] = [
        lambda d: d["items"][0].pop("points"),
        lambda d: d["items"][3]["points"][0]["entries"][0].update(value=None),
        lambda d: d["items"][3]["points"][0]["entries"][0].update(state="guessed"),
        lambda d: d.update(items=[]),
        lambda d: d.update(equations=["x"]),
        lambda d: d.update(items={"a": "b"}),
        lambda d: d["items"][3]["points"].append("text"),
        lambda d: d.pop("notice"),
        lambda d: d.update(period="2026"),
    ]
    for number, fault in enumerate(faults):
        path = tmp_path / f"{number}.json"
        path.write_bytes(write_json(changed(document, fault)))
        for to in ("cbam.operator-summary", "cn.pcf"):
            out = tmp_path / f"{number}-{to}.{'html' if to.startswith('cbam') else 'json'}"
            done = run("translate", path, "--to", to, "-o", out)
            assert done.code in (0, 1), (number, to, done.err)
            assert done.code == 1 or out.exists()


# --- on the command line ----------------------------------------------------------------------------------


def test_the_suffix_of_the_output_asks_for_the_page(tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    record.write_bytes(write_json(complete()))
    done = run("translate", record, "--to", "cbam.operator-summary", "-o", tmp_path / "summary.html")
    assert done.code == 0, done.err
    assert (tmp_path / "summary.html").read_bytes().startswith(b"<!doctype html>")


def test_an_importer_makes_the_page_from_the_json_that_came(tmp_path: Path) -> None:
    document = tmp_path / "summary.json"
    document.write_bytes(made(complete()).data)
    done = run("translate", document, "--to", "cbam.operator-summary", "-o", tmp_path / "summary.html")
    assert done.code == 0, done.err
    assert (tmp_path / "summary.html").read_bytes() == page(complete())


def test_the_json_is_what_is_signed_never_the_page(tmp_path: Path) -> None:
    record, key = tmp_path / "record.json", tmp_path / "plant.key"
    record.write_bytes(write_json(complete()))
    assert run("keys", "new", "-o", key, "--no-passphrase").code == 0
    out = tmp_path / "summary.html"
    done = run("translate", record, "--to", "cbam.operator-summary", "-o", out, "--sign", key)
    assert done.code == 2
    assert "sign the JSON document" in done.err
    assert not out.exists()
    signed = tmp_path / "summary.json"
    done = run("translate", record, "--to", "cbam.operator-summary", "-o", signed, "--sign", key)
    assert done.code == 0, done.err
    assert run("verify", signed, "--key", f"{key}.pub.jwk").code == 0
    assert read_json(signed.read_bytes())["format"] == SUMMARY


def test_a_format_without_a_page_is_not_written_under_the_name_of_one(tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    record.write_bytes(write_json(example("aluminium")))
    out = tmp_path / "study.html"
    done = run("translate", record, "--to", "iso14067.report", "-o", out)
    assert done.code == 2
    assert "study.html" in done.err
    assert not out.exists()


def test_a_record_with_gaps_says_on_the_page_what_is_missing_and_where_it_goes() -> None:
    text = Page(page(example("aluminium"))).text
    assert "/installations/0/wasteGasesUsed" in text
    assert "Not stated in the record." in text
