"""A workbook as a zip of XML parts, opened without trust.

Refused before anything is unpacked: what is no zip, what is encrypted or an old .xls, macros, names that
leave the archive or stand twice, links, too many entries, and sizes that a workbook of figures never has.
"""

from __future__ import annotations

import io
import posixpath
import stat
import zipfile
import zlib

from lxml import etree

from gateway.formats.xml_parser import parse_xml
from gateway.model.finding import Finding, Refused

MAX_TOTAL = 50 * 1024 * 1024
"""Bytes of all parts unpacked. A filled record has a few hundred kilobytes."""

MAX_ENTRIES = 2_000
MAX_RATIO = 200
"""Unpacked over packed, for parts of more than a megabyte. Sheets of empty cells reach about 60."""

_RATIO_FROM = 1024 * 1024
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = 0x1


def refused(rule: str, **values: object) -> Refused:
    """The refusal of a whole workbook."""
    return Refused(Finding(rule, stage="read", values={name: str(value) for name, value in values.items()}))


class Archive:
    """The parts of a workbook by name. Raises Refused (``XLSX-…``) from every method, never anything else."""

    def __init__(self, data: bytes) -> None:
        if data.startswith(
            _OLE
        ):  # a password puts the zip inside an OLE file; so does the format before 2007
            raise refused("XLSX-ENCRYPTED")
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
            raise refused("XLSX-NOT-WORKBOOK") from error
        self._names = _checked(self._zip.infolist())
        self._left = MAX_TOTAL

    def has(self, name: str) -> bool:
        return name in self._names

    def read(self, name: str) -> bytes:
        """The bytes of a part; the limit counts what is really unpacked, whatever the directory claims."""
        if name not in self._names:
            raise refused("XLSX-DAMAGED", part=name)
        try:
            with self._zip.open(name) as part:
                data = part.read(self._left + 1)
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            NotImplementedError,
            RuntimeError,
            OSError,
        ) as error:
            raise refused("XLSX-DAMAGED", part=name) from error
        self._left -= len(data)
        if self._left < 0:
            raise refused("XLSX-TOO-LARGE", limit=MAX_TOTAL // (1024 * 1024))
        return data

    def xml(self, name: str) -> etree._Element:
        """A part as XML, by the hardened parser: no DOCTYPE, no entities, UTF-8."""
        return parse_xml(self.read(name))

    def related(self, name: str) -> dict[str, tuple[str, str]]:
        """The relations of a part: id to (kind, name of the part). Targets outside the file are left out."""
        folder, _, file = name.rpartition("/")
        relations = posixpath.join(folder, "_rels", f"{file}.rels")
        found = {}
        for row in self.xml(relations).iterfind("{*}Relationship"):
            target = row.get("Target", "")
            if row.get("TargetMode") != "External":
                place = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
                found[row.get("Id", "")] = (row.get("Type", "").rpartition("/")[2], place)
        return found


def _checked(entries: list[zipfile.ZipInfo]) -> frozenset[str]:
    if len(entries) > MAX_ENTRIES:
        raise refused("XLSX-TOO-MANY-PARTS", found=len(entries), limit=MAX_ENTRIES)
    if sum(entry.file_size for entry in entries) > MAX_TOTAL:
        raise refused("XLSX-TOO-LARGE", limit=MAX_TOTAL // (1024 * 1024))
    names: set[str] = set()
    for entry in entries:
        _refuse_entry(entry)
        # readers on Windows do not tell upper case from lower: one of two such parts would be seen
        if entry.filename.lower() in names:
            raise refused("XLSX-UNSAFE-NAME", name=entry.filename)
        names.add(entry.filename.lower())
    if any(name.endswith("vbaproject.bin") for name in names):
        raise refused("XLSX-MACRO")
    return frozenset(entry.filename for entry in entries)


def _refuse_entry(entry: zipfile.ZipInfo) -> None:
    # the name as it stands in the file: zipfile cuts it at a NUL, another reader may not
    name = entry.orig_filename
    if name.startswith("/") or ".." in name.split("/") or any(c in name for c in "\\:\0"):
        raise refused("XLSX-UNSAFE-NAME", name=name)
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise refused("XLSX-UNSAFE-NAME", name=name)
    if entry.flag_bits & _ENCRYPTED:
        raise refused("XLSX-ENCRYPTED")
    if entry.file_size > _RATIO_FROM and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
        raise refused("XLSX-RATIO", name=name, limit=MAX_RATIO)
