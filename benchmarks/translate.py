"""How fast records travel, as ratios to a floor that is measured in the same run.

    python benchmarks/translate.py            records per second for each route, and the ratio to the floor
    python benchmarks/translate.py --memory   peak memory over 100,000 records of a JSON-lines file

The floor of a record is the same bytes through the fastest library alone: orjson parses them, a compiled
jsonschema-rs validator judges source and target, orjson writes the sorted form, cryptography signs it with
Ed25519. For XML it is the libxml2 parse and validation of the written bytes, and the same signature.
Nothing here is asserted: these figures belong to the machine and the moment they were measured on.
"""

from __future__ import annotations

import argparse
import io
import json
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from lxml import etree

from gateway.check.schema import source
from gateway.data import data_path
from gateway.formats.registry import read_document
from gateway.route import Journey, Wish, translate
from gateway.signed import signature_of
from gateway.trust.keys import new_key

KEY = new_key()
RAW_KEY = Ed25519PrivateKey.generate()
SMALL = (
    "format",
    "record",
    "producer",
    "product",
    "basis",
    "unit",
    "boundary",
    "time",
    "geography",
    "allocation",
    "interpretation",
    "verification",
    "results",
    "quality",
)


def example(name: str, groups: tuple[str, ...] = ()) -> bytes:
    """An example record, or only some of its groups, as bytes."""
    tree = json.loads(data_path("examples", name).read_bytes())
    return json.dumps(
        {k: v for k, v in tree.items() if not groups or k in groups}, ensure_ascii=False
    ).encode()


def varied(data: bytes, count: int) -> list[bytes]:
    """Records of one shape with figures and names of their own: every result scaled, so that sums still hold.

    What one record leaves in a memory of texts must not help the next one more than it would in a real batch.
    """
    made = []
    for number in range(count):
        tree = json.loads(data)
        scale = Decimal(10_000 + 37 * number) / 10_000
        tree["results"] = scaled(tree["results"], scale)
        tree["record"]["reportNumber"] = f"PCF-2025-{number:06}"
        tree["record"]["id"] = str(uuid.UUID(int=(4 << 76) + (2 << 62) + number))
        tree["product"]["model"] = f"{tree['product']['model']}-{number}"
        tree["product"]["netMass"] = format(Decimal(tree["product"]["netMass"]) + number, "f")
        made.append(json.dumps(tree, ensure_ascii=False).encode())
    return made


def scaled(node: Any, by: Decimal, key: str = "") -> Any:
    if isinstance(node, dict):
        return {name: scaled(value, by, name) for name, value in node.items()}
    if isinstance(node, list):
        return [scaled(value, by) for value in node]
    return node if key in PLAIN_TEXT else format(Decimal(node) * by, "f")


PLAIN_TEXT = frozenset({"unit", "captureOrigin", "ccuApproach", "ccuCertification", "gas", "stage", "share"})


def journey_of(data: bytes, to: str, other: bytes | None = None) -> Journey:
    """One record read, checked, translated, accounted for, checked again and signed."""
    others = [read_document(other)] if other else []
    journey = translate(read_document(data), Wish(to), others)
    signature_of(journey, KEY)
    return journey


def json_validator(format_id: str) -> jsonschema_rs.Draft202012Validator:
    schema = orjson.loads(source(format_id).path.read_bytes())
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


def floor_of(journey: Journey) -> Callable[[bytes], None]:
    """The least work that any program has with the bytes of a record."""
    judge_source = json_validator(journey.source.format_id)
    if journey.wish.to.startswith("cbam"):
        schema = etree.XMLSchema(etree.parse(str(source(journey.wish.to).path)))

        def run_xml(data: bytes) -> None:
            judge_source.is_valid(orjson.loads(data))
            schema.validate(etree.parse(io.BytesIO(journey.data)))
            RAW_KEY.sign(journey.data)

        return run_xml
    judge_target, tree = json_validator(journey.wish.to), orjson.loads(journey.data)

    def run(data: bytes) -> None:
        judge_source.is_valid(orjson.loads(data))
        judge_target.is_valid(tree)
        RAW_KEY.sign(orjson.dumps(tree, option=orjson.OPT_SORT_KEYS))

    return run


def seconds(work: Callable[[bytes], object], records: list[bytes]) -> float:
    """The time that one record takes, of all of them one after another."""
    started = time.process_time()
    for data in records:
        work(data)
    return (time.process_time() - started) / len(records)


def speed(records: int, rounds: int) -> None:
    """Each route and its floor in turns, so that what else the machine does weighs on both; medians."""
    aluminium, consignment = example("aluminium.json"), example("aluminium-consignment.json")
    small = example("aluminium.json", SMALL)
    routes = (
        ("cn.pcf -> pact.footprint@3.0", small, "pact.footprint@3.0", None),
        ("cn.pcf -> iso14067.report@2018", small, "iso14067.report@2018", None),
        ("cn.pcf -> pact.footprint@3.0", aluminium, "pact.footprint@3.0", None),
        ("cn.pcf -> iso14067.report@2018", aluminium, "iso14067.report@2018", None),
        ("cn.pcf -> cbam.qreport@23.00", aluminium, "cbam.qreport@23.00", consignment),
    )
    print("route                             leaves in  leaves out  records/s  floor/s  ratio to floor")
    for title, data, to, other in routes:
        journey = journey_of(data, to, other)
        assert journey.ledger is not None
        batch = varied(data, records)
        ours: Callable[[bytes], object] = lambda d, t=to, o=other: journey_of(d, t, o)  # type: ignore[misc]  # noqa: E731
        least = floor_of(journey)
        pairs = [(seconds(ours, batch), seconds(least, batch)) for _ in range(rounds)]
        took, bare = (statistics.median(column) for column in zip(*pairs, strict=True))
        ratio = statistics.median(one / other for one, other in pairs)
        print(
            f"{title:32} {journey.ledger.source_leaves:10} {journey.ledger.target_leaves:11}"
            f" {1 / took:10.0f} {1 / bare:8.0f} {ratio:15.1f}"
        )


def memory(records: int) -> None:
    """Peak memory of the command over a JSON-lines file, for a tenth of the records and for all of them."""
    line = example("aluminium.json", SMALL) + b"\n"
    with tempfile.TemporaryDirectory() as folder:
        for count in (records // 10, records):
            lines = Path(folder) / f"{count}.jsonl"
            with lines.open("wb") as handle:
                for _ in range(count):
                    handle.write(line)
            code = (
                "import resource, sys\n"
                "from gateway.cli.batch import translate_lines\nfrom gateway.route import Wish\n"
                "translate_lines(sys.argv[1], Wish('pact.footprint@3.0'), sys.argv[2], '', None, force=True)\n"
                "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
            )
            out = str(Path(folder) / "out.jsonl")
            started = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-c", code, str(lines), out], capture_output=True, text=True, check=True
            )
            took = time.perf_counter() - started
            print(f"{count:8} records: peak {done.stdout.strip()} MB, {count / took:.0f} records/s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--memory", action="store_true", help="measure memory instead of speed")
    parser.add_argument("--records", type=int, help="how many: 400 for speed, 100,000 for memory")
    parser.add_argument("--rounds", type=int, default=9, help="turns of each route and its floor")
    asked = parser.parse_args()
    memory(asked.records or 100_000) if asked.memory else speed(asked.records or 400, asked.rounds)
