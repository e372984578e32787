"""Our transcriptions of published schemas give the publisher's verdict on every document tried."""

from __future__ import annotations

import hashlib
import os
import random
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path

import pytest
from lxml import etree
from mutants.xml_mutants import XSI, bases, xml_mutants
from mutants.xsd_tree import Node, read_tree
from shared_files import SHARED

from gateway.check.catalog import rules
from gateway.check.schema import OfficialFile, source, validate_xml

QREPORTS = [f"cbam.qreport@{version}" for version in ("17.03", "18.00", "19.00", "23.00")]
QREPORT = QREPORTS[-1]
FOOTPRINTS = [f"pact.footprint@{version}" for version in ("2.0", "2.1", "2.2", "2.3", "3.0")]
NAMESPACE = "http://xmlns.ec.eu/BusinessObjects/CBAM/Types/V1"
FEWEST = {"cbam.qreport": 10_000, "pact.footprint": 2_000}
"""Mutants of each version that must be tried before agreement counts."""

_ROOT = Path(__file__).resolve().parents[1]


FULL = os.environ.get("CBAMGW_FULL") == "1"


def full(test: Callable[..., None]) -> Callable[..., None]:
    """A test that takes a minute or a hundred megabytes: only in a full run."""
    marked: Callable[..., None] = pytest.mark.full(test)
    return marked if FULL else pytest.mark.skip(reason="only in a full run (CBAMGW_FULL=1)")(marked)


def at_hand(path: Path) -> Path:
    """A file or folder outside the project; without it the test is skipped, or fails in a full run."""
    if not path.exists():
        reason = (
            f"{path.name} is not at hand: set CBAMGW_SHARED to the folder that holds official/ and samples/"
        )
        if FULL:
            pytest.fail(reason)
        pytest.skip(reason)
    return path


def official(format_id: str) -> tuple[Path, OfficialFile]:
    entry = next(file for file in source(format_id).official if file.root)
    return at_hand(SHARED / entry.folder / entry.name), entry


# --- the schemas as verdicts --------------------------------------------------------------------------------


def xsd_verdict(path: Path) -> Callable[[bytes], bool]:
    schema = etree.XMLSchema(etree.parse(path))
    return lambda data: bool(schema.validate(etree.fromstring(data)))


# --- the mutants --------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def xml_documents(format_id: str = QREPORT) -> dict[bytes, str]:
    """Distinct mutants by their bytes, driven by our schema and by the official one, once where they declare the
    same. One version is a hundred megabytes, so only the last is kept."""
    trees = {read_tree(source(format_id).path), read_tree(official(format_id)[0])}
    return {data: name for tree in trees for name, data in xml_mutants(tree, NAMESPACE)}


def assert_well_spread(verdicts: Iterable[bool], format_id: str) -> None:
    found = list(verdicts)
    assert len(found) >= FEWEST[format_id.partition("@")[0]]
    assert sum(found) >= len(found) / 5, "too few valid documents to prove anything"
    assert found.count(False) >= len(found) / 5, "too few invalid documents to prove anything"


# --- QReport ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format_id", QREPORTS)
def test_the_two_qreport_schemas_agree_on_every_mutant(format_id: str) -> None:
    verdict = xsd_verdict(official(format_id)[0])
    verdicts = []
    for data, name in xml_documents(format_id).items():
        verdicts.append(verdict(data))
        findings = validate_xml(format_id, data)
        assert (not findings) == verdicts[-1], (name, findings[:3])
        assert {f.rule for f in findings} <= rules().keys()
        assert "XSD-OTHER" not in {f.rule for f in findings}, (name, findings)
    assert_well_spread(verdicts, format_id)


@pytest.mark.parametrize("format_id", QREPORTS)
def test_the_two_qreport_schemas_declare_the_same_elements(format_id: str) -> None:
    def declared(tree: Node) -> list[tuple[object, ...]]:
        return [(n.path, n.least, n.most, n.base, n.facets) for n in tree.walk()]

    ours, theirs = read_tree(source(format_id).path), read_tree(official(format_id)[0])
    assert declared(ours) == declared(theirs)
    assert len(declared(ours)) > 200


@pytest.mark.parametrize("format_id", QREPORTS)
def test_the_generated_qreports_hold_every_element_and_are_valid(format_id: str) -> None:
    tree = read_tree(source(format_id).path)
    made = dict(bases(tree, NAMESPACE))
    assert sum(1 for _ in made["complete"].iter()) == sum(1 for _ in tree.walk())
    for name, root in made.items():
        assert validate_xml(format_id, etree.tostring(root)) == [], name


@pytest.mark.parametrize(
    ("ours", "altered"),
    [
        (b'<xs:maxLength value="70"/>', b'<xs:maxLength value="71"/>'),
        (b'<xs:fractionDigits value="7"/>', b'<xs:fractionDigits value="6"/>'),
        (b'name="PreviousProc" type="Code2" minOccurs="0"', b'name="PreviousProc" type="Code2"'),
        (b'type="Quantity" maxOccurs="9"', b'type="Quantity" maxOccurs="10"'),
        (b'name="Phone"', b'name="Telephone"'),
        (rb"\d{1,5}", rb"\d{1,6}"),
        (b'name="UNLOCODE" type="Text17" minOccurs="0"/>', b'name="UNLOCODE" type="Text20" minOccurs="0"/>'),
    ],
)
def test_one_altered_facet_of_the_qreport_schema_is_noticed(
    tmp_path: Path, ours: bytes, altered: bytes
) -> None:
    text = source(QREPORT).path.read_bytes()
    assert ours in text
    copy = tmp_path / "altered.xsd"
    copy.write_bytes(text.replace(ours, altered, 1))
    true, wrong = xsd_verdict(official(QREPORT)[0]), xsd_verdict(copy)
    assert any(true(data) != wrong(data) for data in xml_documents())


@full
@pytest.mark.parametrize("format_id", QREPORTS)
def test_every_single_altered_line_of_the_qreport_schema_is_noticed(format_id: str) -> None:
    verdict = xsd_verdict(official(format_id)[0])
    judged = sorted(
        ((etree.fromstring(data), verdict(data)) for data in xml_documents(format_id)),
        key=lambda d: len(d[0]),
    )
    lines = source(format_id).path.read_text("utf-8").splitlines()
    unnoticed = []
    for number, line in enumerate(lines):
        for changed in _altered(line):
            text = "\n".join([*lines[:number], changed, *lines[number + 1 :]])
            schema = etree.XMLSchema(etree.fromstring(text.encode()))
            if all(schema.validate(root) == valid for root, valid in judged):
                unnoticed.append(changed.strip())
    # the limit of 99,999 goods has a test of its own, below
    assert [line for line in unnoticed if '"ImportedGood"' not in line] == []


def _altered(line: str) -> Iterable[str]:
    """The line of a schema with one number, one cardinality or one name changed."""
    if number := re.search(r'<xs:(?:minL|maxL|l|totalD|fractionD)\w+ value="(\d+)"', line):
        yield line.replace(f'"{number[1]}"', f'"{int(number[1]) + 1}"')
        if "minLength" in line or number[1] != "1":
            yield line.replace(f'"{number[1]}"', f'"{int(number[1]) - 1}"')
    if "<xs:element" in line and "QReport" not in line:
        optional, most = ' minOccurs="0"', re.search(r' maxOccurs="(\d+)"', line)
        yield line.replace(optional, "") if optional in line else line.replace(" type=", f"{optional} type=")
        for step in (1, -1) if most else ():
            yield line.replace(f'"{most[1]}"', f'"{int(most[1]) + step}"') if most else line
        yield re.sub(r'name="(\w+)"', r'name="\1X"', line)


def test_the_type_names_are_the_one_known_difference() -> None:
    """An ``xsi:type`` that names a published type is refused by ours, whose types have other names."""
    data = etree.tostring(dict(bases(read_tree(source(QREPORT).path), NAMESPACE))["minimal"])
    typed = data.replace(b"<Year>", f'<Year xmlns:i="{XSI}" i:type="n4">'.encode())
    assert xsd_verdict(official(QREPORT)[0])(typed)
    assert [f.rule for f in validate_xml(QREPORT, typed)] != []


@full
@pytest.mark.parametrize(("goods", "valid"), [(99_999, True), (100_000, False)])
def test_a_report_holds_up_to_99999_goods(tmp_path: Path, goods: int, valid: bool) -> None:
    minimal = etree.tostring(dict(bases(read_tree(source(QREPORT).path), NAMESPACE))["minimal"])
    good = minimal[minimal.index(b"<ImportedGood>") : minimal.index(b"</QReport>")]
    report = tmp_path / "report.xml"
    report.write_bytes(minimal.replace(good, good * goods))
    for path in (source(QREPORT).path, official(QREPORT)[0]):
        assert _streamed_verdict(path, report) == valid


def _streamed_verdict(schema: Path, report: Path) -> bool:
    """Validation while reading, at constant memory: a tree of this size takes a gigabyte."""
    try:
        for _, element in etree.iterparse(report, schema=etree.XMLSchema(etree.parse(schema))):
            if element.tag == f"{{{NAMESPACE}}}ImportedGood":
                element.clear()
    except etree.XMLSyntaxError:
        return False
    return True


@pytest.mark.parametrize("folder", ["schema-invalid", "rule-invalid", "."])
def test_the_sample_reports_get_the_official_verdict(folder: str) -> None:
    verdict = xsd_verdict(official(QREPORT)[0])
    files = sorted(at_hand(SHARED / "samples" / "cbam" / folder).glob("*.xml"))
    assert files
    for path in files:
        findings = validate_xml(QREPORT, path.read_bytes())
        assert (not findings) == verdict(path.read_bytes()), path.name
        assert bool(findings) == ("invalid" in path.name or folder == "schema-invalid"), path.name


def test_xmllint_agrees_on_a_sample_of_mutants(tmp_path: Path) -> None:
    program = shutil.which("xmllint")
    if program is None:
        pytest.skip("xmllint is not installed")
    chosen = random.Random(23).sample(sorted(xml_documents()), 50)
    names = [tmp_path / f"{number}.xml" for number in range(len(chosen))]
    for path, data in zip(names, chosen, strict=True):
        path.write_bytes(data)
    command = [program, "--nonet", "--noout", "--schema", str(source(QREPORT).path), *map(str, names)]
    lines = subprocess.run(command, capture_output=True, text=True, check=False).stderr.splitlines()
    valid = {line.removesuffix(" validates") for line in lines if line.endswith(" validates")}
    for path, data in zip(names, chosen, strict=True):
        assert (str(path) in valid) == (validate_xml(QREPORT, data) == []), xml_documents()[data]


# --- digests ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format_id", [*QREPORTS, *FOOTPRINTS])
def test_the_pinned_digest_is_that_of_our_file(format_id: str) -> None:
    entry = source(format_id)
    assert entry.origin == "transcribed"
    assert hashlib.sha256(entry.path.read_bytes()).hexdigest() == entry.sha256


@pytest.mark.parametrize("format_id", [*QREPORTS, *FOOTPRINTS])
def test_the_pinned_digests_are_those_of_the_official_files(format_id: str) -> None:
    for file in source(format_id).official:
        path = at_hand(SHARED / file.folder / file.name)
        assert hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256, file.name
        assert path.read_bytes() != source(format_id).path.read_bytes()
