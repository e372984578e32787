"""The Commission's blank workbook and its worked examples, and the same with single cells changed."""

from __future__ import annotations

import io
import json
import os
import re
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from shared_files import SHARED

from gateway.data import data_path
from gateway.formats.leaves import leaves
from gateway.formats.registry import read_document
from gateway.route import Journey, Wish, translate

BLANK = (
    SHARED
    / "official"
    / "cbam"
    / "template"
    / "CBAM_Communication_template_for_installations_en_20241213.xlsx"
)
EXAMPLES = {
    "cement": "1_CBAM_SEE_V2.1_Example_Cement_final.xlsx",
    "steel": "2_CBAM_SEE_V2.1_Example_Steel_1_Blast_furnace_final.xlsx",
    "aluminium": "6_CBAM_SEE_V2.1_Example_Aluminium_final.xlsx",
}
SHEETS = {
    "A_InstData": "sheet5", "B_EmInst": "sheet6", "D_Processes": "sheet8", "E_PurchPrec": "sheet9",
    "Summary_Products": "sheet13", "Summary_Communication": "sheet14", "VersionDocumentation": "sheet19",
}  # fmt: skip
"""The parts of the sheets, the same in the blank and in the examples."""


def at_hand(path: Path) -> Path:
    """A file of the Commission; a test that needs one is skipped where it is not at hand."""
    if not path.is_file():
        if os.environ.get("CBAMGW_SHARED"):
            pytest.fail(f"{path.name} is not at hand")
        pytest.skip(f"{path.name} is not at hand (CBAMGW_SHARED names the folder of official files)")
    return path


def example_file(name: str) -> Path:
    return at_hand(SHARED / "samples" / "cbam" / "worked-examples" / EXAMPLES[name])


@cache
def example(name: str) -> bytes:
    return example_file(name).read_bytes()


@cache
def blank() -> bytes:
    return at_hand(BLANK).read_bytes()


def with_part(data: bytes, part: str, edit: Callable[[bytes], bytes]) -> bytes:
    """The same workbook with one part changed."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for entry in source.infolist():
            content = source.read(entry)
            target.writestr(entry.filename, edit(content) if entry.filename == part else content)
    return out.getvalue()


def with_cell(data: bytes, sheet: str, cell: str, inner: bytes, kind: bytes = b"") -> bytes:
    """The same workbook with one cell that holds something else: as a person types over it."""
    pattern = re.compile(rb'<c r="' + cell.encode() + rb'"([^>]*?)(?:/>|>.*?</c>)', re.DOTALL)

    def edit(content: bytes) -> bytes:
        found = pattern.search(content)
        assert found is not None
        style = re.sub(rb'\s+t="[^"]*"', b"", found[1])
        made = b'<c r="' + cell.encode() + b'"' + style + kind + b">" + inner + b"</c>"
        return content[: found.start()] + made + content[found.end() :]

    return with_part(data, f"xl/worksheets/{SHEETS[sheet]}.xml", edit)


def without_sheet(data: bytes, name: str) -> bytes:
    """The same workbook whose list of sheets does not name one of them."""
    pattern = re.compile(rb'<sheet [^>]*name="' + name.encode() + rb'"[^>]*/>')
    return with_part(data, "xl/workbook.xml", lambda content: pattern.sub(b"", content))


def record(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(data_path("examples", f"{name}.json").read_bytes())
    return loaded


def filled(tree: dict[str, Any]) -> Journey:
    source = read_document(json.dumps(tree, ensure_ascii=False).encode())
    return translate(source, Wish("cbam.template@2.1", blank=blank()))


def keyed(tree: dict[str, Any]) -> dict[str, Any]:
    """The leaves by their path, qualifying parameters by their id: the columns have an order of their own."""
    found = {path: value for path, value in leaves(tree) if "/parameters/" not in path}
    for index, good in enumerate(tree["goods"]):
        for parameter in good.get("parameters", []):
            found[f"/goods/{index}/{parameter['id']}"] = parameter["value"]
    return found
