"""The blank workbook with some input cells filled, sheet by sheet inside the zip.

Saving it through a spreadsheet library would drop parts of it. Here only the text between two cells of a
sheet changes: formulas stay byte for byte, untouched parts too, and the workbook is told to compute itself
when it is opened.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from gateway.formats.template_layout import Place
from gateway.formats.xlsx_archive import Archive
from gateway.formats.xlsx_cells import address, sheet_parts
from gateway.formats.xml_tree import NOT_XML, REPLACED
from gateway.model.finding import GatewayError, Refused, finding

_CELL = re.compile(rb'<c r="([A-Z]+[0-9]+)"([^>]*?)(/>|>.*?</c>)', re.DOTALL)
_STYLE = re.compile(rb'\bs="[0-9]+"')
_CALCULATION = re.compile(rb"<calcPr\b([^>]*?)/>")
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


class CellText(NamedTuple):
    """What a cell is to hold: a number (n), a switch (b) or text (t)."""

    kind: str
    text: str


def require_blank(data: bytes, blank: Mapping[str, Any]) -> bytes:
    """The blank workbook, if it is the Commission's own file. Raises Refused (TEMPLATE-BLANK-OTHER)."""
    found = hashlib.sha256(data).hexdigest()
    if found != blank["sha256"]:
        raise Refused(
            finding("TEMPLATE-BLANK-OTHER", stage="write", file=blank["file"], found=found[:16],
                    expected=str(blank["sha256"])[:16])
        )  # fmt: skip
    return data


def patched(blank: bytes, texts: Mapping[Place, CellText]) -> bytes:
    """The bytes of the blank with these cells filled. The same cells always give the same bytes."""
    archive = Archive(blank)
    parts = sheet_parts(archive)
    by_part: dict[str, dict[bytes, CellText]] = defaultdict(dict)
    for place, text in texts.items():
        by_part[parts[place.sheet]][address(place.row, place.column).encode()] = text
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(blank)) as source, zipfile.ZipFile(out, "w") as target:
        for entry in source.infolist():
            data = source.read(entry)
            if entry.filename in by_part:
                data = _filled(data, by_part[entry.filename], entry.filename)
            elif entry.filename == "xl/workbook.xml":
                data = _CALCULATION.sub(rb'<calcPr\1 fullCalcOnLoad="1"/>', data, count=1)
            made = zipfile.ZipInfo(entry.filename, entry.date_time)
            made.compress_type, made.external_attr = zipfile.ZIP_DEFLATED, entry.external_attr
            target.writestr(made, data)
    return out.getvalue()


def _filled(sheet: bytes, cells: dict[bytes, CellText], part: str) -> bytes:
    left = set(cells)

    def cell(match: re.Match[bytes]) -> bytes:
        text = cells.get(match[1])
        if text is None:
            return match[0]
        if b"<f" in match[3]:
            raise GatewayError(f"{part}: {match[1].decode()} is a formula and no input cell")
        left.discard(match[1])
        style = _STYLE.search(match[2])
        return _cell(match[1], style[0] if style is not None else b"", text)

    made = _CELL.sub(cell, sheet)
    if left:
        raise GatewayError(f"{part} has no cell {', '.join(sorted(c.decode() for c in left))}")
    return made


def _cell(reference: bytes, style: bytes, text: CellText) -> bytes:
    head = b'<c r="' + reference + b'"' + (b" " + style if style else b"")
    if text.kind == "n":
        return head + b"><v>" + text.text.encode() + b"</v></c>"
    if text.kind == "b":
        return head + b' t="b"><v>' + text.text.encode() + b"</v></c>"
    shown = escape(_ESCAPED.sub("_x005F_", NOT_XML.sub(REPLACED, text.text)))
    inner = f'<is><t xml:space="preserve">{shown}</t></is>'.encode()
    return head + b' t="inlineStr">' + inner + b"</c>"
