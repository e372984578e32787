"""What every verb shares: exit codes, the language of messages, findings on the screen."""

from __future__ import annotations

import locale
import os
import sys
from collections.abc import Iterable
from dataclasses import replace

import typer

from gateway.check.recognise import read_recognised
from gateway.check.report import describe_all
from gateway.formats.files import read_input
from gateway.formats.registry import Document
from gateway.model.finding import Finding, Refused

FIRST_IMPORT, LAST_IMPORT = 1993, 2100
"""Years of importation that anybody means: of the Union's single market, and of the century of these acts."""

EXIT_OK = 0
EXIT_NOT_CONFORMING = 1
EXIT_USAGE = 2
EXIT_CANNOT_RUN = 3

_language = ""


def set_language(choice: str) -> None:
    """Choose the language of messages; empty means: by the locale."""
    global _language  # noqa: PLW0603 - one process, one user, one language
    _language = choice


def language() -> str:
    """``zh`` or ``en``."""
    if _language:
        return "zh" if _language.lower().startswith("zh") else "en"
    name = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    if not name:
        name = locale.getlocale()[0] or ""
    return "zh" if name.lower().startswith(("zh", "chinese")) else "en"


def print_findings(findings: Iterable[Finding]) -> None:
    """Findings on standard error: severity, id, field, what is wrong, how to mend it; the same thing once."""
    for told in describe_all(findings, language()):
        print(told, file=sys.stderr)


def import_year(year: int) -> None:
    """Wrong usage where no goods are imported in that year: a slip of the keyboard finds no value of any year."""
    if not FIRST_IMPORT <= year <= LAST_IMPORT:
        zh = language() == "zh"
        said = "应为进口年份，如 2026" if zh else "the calendar year of importation, such as 2026"
        raise typer.BadParameter(f"{year}: {said}", param_hint="--year")


def open_document(file: str, wanted: str | None = None) -> Document:
    """The document of a file; where several files are read, a refusal says which one it is about.

    ``wanted``: the format that the sender names; without a version, the version is found.
    """
    data = read_input(file)
    try:
        return read_recognised(data, wanted)
    except Refused as refused:
        named = [replace(item, values={"file": file, **item.values}) for item in refused.findings]
        raise Refused(named) from refused
