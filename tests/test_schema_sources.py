"""Which schema judged, and that none of them reaches outside its folder."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from mutants.examples import FOOTPRINT, NAMESPACE, QREPORT, footprint, only, report

from gateway.check import schema
from gateway.check.schema import origin_and_digest, source, validate_json, validate_xml
from gateway.model.finding import Refused


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """A web server that notes who calls."""
    calls: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            calls.append(self.path)
            self.send_error(404)

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", calls
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    "name", ["no.such@1", "cbam.qreport", "../cbam.qreport@23.00", "cbam.qreport@../..", ""]
)
def test_a_format_without_a_schema_is_refused(name: str) -> None:
    with pytest.raises(Refused, match="SCHEMA-NO-FORMAT"):
        source(name)


def test_a_report_can_say_which_schema_judged() -> None:
    entry = source(QREPORT)
    assert origin_and_digest(QREPORT) == {"origin": "transcribed", "digest": f"sha256:{entry.sha256}"}
    assert (entry.version, entry.publisher) == ("23.00", "European Commission")
    assert set(entry.title) == {"en", "zh"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data root of the test's own, with a schema folder x.y@1."""
    monkeypatch.setattr(schema, "data_path", tmp_path.joinpath)
    caches = (schema.source, schema._schema_bytes, schema._json_validator, schema._json_schema)
    for cached in caches:
        cached.cache_clear()
    made = tmp_path / "schemas" / "x.y" / "1"
    made.mkdir(parents=True)
    yield made
    for cached in caches:
        cached.cache_clear()
    schema._threads.__dict__.clear()


def write_source(folder: Path, file: str, origin: str = "project") -> None:
    text = f'id="x.y@1"\ntitle={{en="X",zh="X"}}\norigin="{origin}"\nfile="{file}"\nsha256="{"0" * 64}"\n'
    (folder / "SOURCE.toml").write_text(text, "utf-8")


def test_an_altered_official_file_never_judges(folder: Path) -> None:
    write_source(folder, "x.json", "official")
    (folder / "x.json").write_text("true")
    with pytest.raises(Refused, match="SCHEMA-ALTERED"):
        validate_json("x.y@1", {})


def test_a_json_schema_may_not_point_elsewhere(folder: Path, listener: tuple[str, list[str]]) -> None:
    url, calls = listener
    write_source(folder, "x.json")
    (folder / "x.json").write_text(f'{{"$ref": "{url}/other.json"}}')
    with pytest.raises(Refused, match="SCHEMA-REMOTE"):
        validate_json("x.y@1", {})
    assert calls == []


@pytest.mark.parametrize(
    "place", ["http://127.0.0.1:9/s.xsd", "/etc/s.xsd", "../../other/s.xsd", "file:///s.xsd"]
)
def test_an_xsd_may_not_point_elsewhere(folder: Path, place: str) -> None:
    write_source(folder, "x.xsd")
    head = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">'
    (folder / "x.xsd").write_text(f'{head}<xs:include schemaLocation="{place}"/></xs:schema>')
    with pytest.raises(Refused, match="SCHEMA-REMOTE"):
        validate_xml("x.y@1", b"<r/>")


def test_an_xsd_finds_its_includes_beside_it(folder: Path) -> None:
    write_source(folder, "x.xsd")
    head = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">'
    (folder / "x.xsd").write_text(
        f'{head}<xs:include schemaLocation="t.xsd"/><xs:element name="r" type="T"/></xs:schema>'
    )
    types = '<xs:simpleType name="T"><xs:restriction base="xs:int"/></xs:simpleType>'
    (folder / "t.xsd").write_text(f"{head}{types}</xs:schema>")
    assert validate_xml("x.y@1", b"<r>1</r>") == []
    assert only(validate_xml("x.y@1", b"<r>x</r>")).rule == "XSD-VALUE-TYPE"


def test_no_reference_in_a_document_is_fetched(listener: tuple[str, list[str]]) -> None:
    url, calls = listener
    xsi = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'
    hints = f'{xsi} i:schemaLocation="{NAMESPACE} {url}/a.xsd urn:x {url}/b.xsd"'
    include = f'<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="{url}/c.xml"/>'
    hinted = report().replace(b"<QReport ", f"<QReport {hints} ".encode())
    assert validate_xml(QREPORT, hinted) == []
    assert validate_xml(QREPORT, hinted.replace(b"<Declarant>", f"{include}<Declarant>".encode())) != []
    assert validate_xml(QREPORT, f'<!DOCTYPE r SYSTEM "{url}/d.dtd"><r/>'.encode()) != []
    assert calls == []


def test_checking_opens_no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for cached in (schema.source, schema._schema_bytes, schema._json_validator, schema._json_schema):
        cached.cache_clear()
    schema._threads.__dict__.clear()
    assert validate_xml(QREPORT, report()) == []
    assert validate_json(FOOTPRINT, footprint()) == []
