"""What every verb shares: exit codes, the language of messages, findings on the screen."""

from __future__ import annotations

import locale
import os
import sys
from collections.abc import Iterable
from dataclasses import replace

from gateway.check.catalog import describe
from gateway.check.recognise import read_recognised
from gateway.formats.files import read_input
from gateway.formats.registry import Document
from gateway.model.finding import Finding, Refused

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
    """Each finding on standard error: severity, id, field, what is wrong, how to mend it."""
    for item in findings:
        print(describe(item, language()), file=sys.stderr)


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
