"""A quarterly report with as many goods as the schema allows, as ratios to a floor measured in the same run.

    python benchmarks/cbam.py                  99,999 goods: written and validated, with the ledger, read back
    python benchmarks/cbam.py --goods 5000     a smaller report
    python benchmarks/cbam.py --rounds 3       everything three times; the median is shown

The floor of writing is what libxml2 needs alone: ``etree.xmlfile`` writes the elements of the report from
ready-made tuples, without indentation, then the bytes of the report are parsed and validated (as one tree,
or as they stream by: whichever is faster here). Ours is the whole command: the record and the consignments are
read and checked, joined, computed, lowered, written, checked by the rules, validated, and every field
accounted for. The floor of reading is ``etree.iterparse`` over the same bytes.

Every figure comes from a process of its own: seconds of processor time, and the peak of its memory. Nothing is
asserted here: the figures belong to the machine and the moment.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lxml import etree

from gateway.check.schema import source
from gateway.data import data_path
from gateway.formats.xml_stream import read_elements

FORMAT = "cbam.qreport@23.00"
GOODS = "ImportedGood"
Node = tuple[str, Any]


def consignments(folder: Path, goods: int) -> Path:
    """The importer's file: consignments of the two goods of the example, each with a mass of its own."""
    tree = json.loads(data_path("examples", "aluminium-consignment.json").read_bytes())
    path = folder / "consignments.json"
    with path.open("w", encoding="utf-8") as out:
        head = {name: value for name, value in tree.items() if name != "consignments"}
        out.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "consignments": [\n')
        for number in range(goods):
            good = tree["consignments"][number % 2]
            mass = f"{100 + number % 977}.{number % 1000:03d}"
            good["item"], good["netMass"] = str(number + 1), mass
            good["lots"][0]["netMass"] = good["quantities"][0]["measures"][0]["netMass"] = mass
            out.write(("" if number == 0 else ",\n") + json.dumps(good, ensure_ascii=False))
        out.write("]}\n")
    return path


# --- one process each -------------------------------------------------------------------------------------


def write_raw(report: Path, goods: int) -> None:
    """The elements of the report by ``etree.xmlfile`` alone, from tuples that stand ready."""
    with report.open("rb") as handle:
        start = handle.read(100_000)
    whole = etree.fromstring(start[: start.rfind(f"</{GOODS}>".encode())] + f"</{GOODS}></QReport>".encode())
    head = [_tuples(child) for child in whole if not child.tag.endswith(GOODS)]
    pair = [_tuples(child) for child in whole if child.tag.endswith(GOODS)][:2]
    namespace = etree.QName(whole).namespace
    with Path("/dev/null").open("wb") as out, Clock():  # noqa: SIM117 - the clock starts when all is ready
        with etree.xmlfile(out, encoding="UTF-8") as xml, xml.element(whole.tag, nsmap={None: namespace}):
            for node in head:
                _write(xml, node)
            for number in range(goods):
                _write(xml, pair[number % 2])


def _tuples(element: Any) -> Node:
    return element.tag, [_tuples(child) for child in element] if len(element) else element.text or ""


def _write(xml: Any, node: Node) -> None:
    with xml.element(node[0]):
        if isinstance(node[1], list):
            for below in node[1]:
                _write(xml, below)
        else:
            xml.write(node[1])


def judge_tree(report: Path, _goods: int) -> None:
    """The bytes of the report parsed to one tree and validated."""
    schema = etree.XMLSchema(etree.parse(str(source(FORMAT).path)))
    with Clock():
        if not schema.validate(etree.parse(str(report))):
            raise SystemExit("the report is not valid")


def judge_stream(report: Path, _goods: int) -> None:
    """The bytes of the report validated while they are parsed."""
    schema = etree.XMLSchema(etree.parse(str(source(FORMAT).path)))
    with Clock():
        for _, element in etree.iterparse(str(report), schema=schema, tag=f"{{*}}{GOODS}"):
            _free(element)


def iterate(report: Path, _goods: int) -> None:
    """Every element of the report met once."""
    with Clock():
        for _, element in etree.iterparse(str(report)):
            element.clear()


def iterate_goods(report: Path, _goods: int) -> None:
    """The goods of the report met once each, their parts untouched."""
    with Clock():
        for _, element in etree.iterparse(str(report), tag=f"{{*}}{GOODS}"):
            _free(element)


def _free(element: Any) -> None:
    element.clear()
    while element.getprevious() is not None and element.getprevious().tag == element.tag:
        del element.getparent()[element.getparent().index(element) - 1]


def read_goods(report: Path, goods: int) -> None:
    """The goods of the report as trees, by our reader with its guards."""
    with report.open("rb") as handle, Clock():
        if sum(1 for _ in read_elements(FORMAT, GOODS, handle)) != goods:
            raise SystemExit("goods are missing")


def check_report(report: Path, _goods: int) -> None:
    """``cbamgw check``: schema, rules, and the record's rules."""
    _command(["check", str(report)])


def translate(report: Path, _goods: int) -> None:
    """``cbamgw translate`` without a ledger."""
    _command(_arguments(report))


def translate_with_ledger(report: Path, _goods: int) -> None:
    """``cbamgw translate`` with the ledger streamed beside the report."""
    _command([*_arguments(report), "--ledger", str(report.parent / "ledger.jsonl")])


def _arguments(report: Path) -> list[str]:
    files = [str(data_path("examples", "aluminium.json")), "--with", str(report.parent / "consignments.json")]
    return ["translate", *files, "--to", "cbam.qreport", "-o", str(report), "--force"]


def _command(arguments: list[str]) -> None:
    from gateway.cli.main import app

    with Clock():
        app(arguments, standalone_mode=False)


class Clock:
    """Prints the processor time of a block and the peak memory of the process, as JSON."""

    def __enter__(self) -> None:
        self._started, self._wall = time.process_time(), time.perf_counter()

    def __exit__(self, *_: object) -> None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        took, wall = time.process_time() - self._started, time.perf_counter() - self._wall
        print(json.dumps({"cpu": took, "wall": wall, "peak": peak}))


PARTS: dict[str, Callable[[Path, int], None]] = {
    part.__name__: part
    for part in (
        translate, translate_with_ledger, write_raw, judge_tree, judge_stream, read_goods, iterate,
        iterate_goods, check_report,
    )
}  # fmt: skip


# --- the run ----------------------------------------------------------------------------------------------


def measured(part: str, report: Path, goods: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--part", part, "--report", str(report), "--goods", str(goods)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        raise SystemExit(f"{part}: {done.stderr.strip()[-1000:]}")
    return json.loads(lines[-1])


def run(goods: int, rounds: int, folder: Path) -> None:
    report = folder / "report.xml"
    consignments(folder, goods)
    found: dict[str, list[dict[str, float]]] = {part: [] for part in PARTS}
    for _ in range(rounds):
        for part in PARTS:
            found[part].append(measured(part, report, goods))
            print(
                f"  {part:22} {found[part][-1]['cpu']:8.2f} s  {found[part][-1]['peak']:6.0f} MB", flush=True
            )
    cpu = {part: statistics.median(run["cpu"] for run in runs) for part, runs in found.items()}
    peak = {part: max(run["peak"] for run in runs) for part, runs in found.items()}
    size = report.stat().st_size / 1e6
    ledger = (folder / "ledger.jsonl").stat().st_size / 1e6
    floor = cpu["write_raw"] + min(cpu["judge_tree"], cpu["judge_stream"])
    print(f"\n{goods} goods, report {size:.0f} MB, ledger {ledger:.0f} MB, median of {rounds}")
    print(
        f"floor of writing: xmlfile {cpu['write_raw']:.2f} s, parse and validate {floor - cpu['write_raw']:.2f} s"
    )
    for part in ("translate", "translate_with_ledger"):
        print(f"{part:22} {cpu[part]:8.2f} s  {cpu[part] / floor:5.2f} x floor  peak {peak[part]:.0f} MB")
    print(f"floor of reading: iterparse {cpu['iterate']:.2f} s, by goods {cpu['iterate_goods']:.2f} s")
    for part in ("read_goods", "check_report"):
        speed = cpu["iterate"] / cpu[part]
        print(f"{part:22} {cpu[part]:8.2f} s  {speed:5.2f} of its speed  peak {peak[part]:.0f} MB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--goods", type=int, default=99_999)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--part", default="", choices=["", *PARTS], help="one part alone, for the run itself")
    parser.add_argument("--report", type=Path, default=Path("report.xml"))
    asked = parser.parse_args()
    if asked.part:
        PARTS[asked.part](asked.report, asked.goods)
    else:
        with tempfile.TemporaryDirectory() as temporary:
            run(asked.goods, asked.rounds, Path(temporary))
