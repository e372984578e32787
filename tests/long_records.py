"""Records with many consignments, and both ways to translate them."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from gateway.bulk.journey import LongJourney, LongSource, LongTranslation, Outputs
from gateway.check.xml_stream import conforms, element_findings
from gateway.data import data_path
from gateway.formats.json_stream import elements, outline
from gateway.formats.registry import Document, read_document
from gateway.model.finding import Finding
from gateway.route import Journey, Wish, translate

TARGET = "cbam.qreport@23.00"
RECORD = data_path("examples", "aluminium.json").read_bytes()
CONSIGNMENTS: dict[str, Any] = json.loads(data_path("examples", "aluminium-consignment.json").read_bytes())


def consignments(count: int, edit: Callable[[int, dict[str, Any]], None] = lambda _, __: None) -> bytes:
    """An importer's file with this many consignments: the two of the example in turn, each its own mass."""
    tree = {**CONSIGNMENTS, "consignments": []}
    for number in range(count):
        one = copy.deepcopy(CONSIGNMENTS["consignments"][number % 2])
        mass = f"{100 + number % 977}.{number % 1000:03d}"
        one["item"], one["netMass"] = str(number + 1), mass
        one["lots"][0]["netMass"] = one["quantities"][0]["measures"][0]["netMass"] = mass
        edit(number, one)
        tree["consignments"].append(one)
    return json.dumps(tree, ensure_ascii=False).encode()


class Run:
    """One translation, by whichever way: the document's bytes, the ledger's entries, the findings."""

    def __init__(self, journey: Journey | LongJourney, data: bytes, entries: list[Any]) -> None:
        self.journey, self.data = journey, data
        self.entries = sorted(orjson.dumps(entry) for entry in entries)
        self.findings = sorted(map(_told, journey.findings))
        assert journey.ledger is not None
        self.counts = (journey.ledger.source_leaves, journey.ledger.target_leaves, journey.ledger.summary())


def _told(item: Finding) -> str:
    return f"{item.rule} {item.severity} {item.stage} {item.path} {item.origin} {sorted(item.values.items())}"


def as_one(importer: bytes, record: bytes = RECORD) -> Run:
    """The ordinary journey, the whole in memory."""
    journey = translate(read_document(record), Wish(TARGET), [read_document(importer)])
    assert journey.ledger is not None
    return Run(journey, journey.data, [entry.as_json() for entry in journey.ledger.entries])


def one_by_one(importer: bytes, folder: Path, record: bytes = RECORD) -> Run:
    """The same, an element at a time."""
    path = folder / "long.json"
    path.write_bytes(importer)
    found = outline(path, "consignments")
    around = Document("cn.pcf@1", found.members, b"", "json")
    source = LongSource(
        [read_document(record), around], partial(elements, path, "consignments"), found.length
    )
    out, lines = io.BytesIO(), []
    run = LongTranslation(source, Wish(TARGET), Outputs(out, lines.append))
    run.run()
    valid = conforms(TARGET, "ImportedGood", out)
    journey = run.finish(iter(()) if valid else element_findings(TARGET, "ImportedGood", out))
    return Run(journey, out.getvalue(), [orjson.loads(line) for line in "".join(lines).splitlines()])
