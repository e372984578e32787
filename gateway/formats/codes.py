"""Code lists: what a code is called in Chinese and English, and in each foreign format."""

from __future__ import annotations

import csv
import gettext
from collections.abc import Mapping
from functools import cache

import pycountry

from gateway.data import data_path
from gateway.model.finding import GatewayError


class CodeList:
    """One list. ``codes`` maps each code to its row: ``zh``, ``en`` and the columns of foreign formats."""

    def __init__(self, name: str, codes: Mapping[str, Mapping[str, str]]) -> None:
        self.name, self.codes = name, codes
        self._labels: dict[str, str] = {}
        self._back: dict[str, dict[str, str]] = {}
        for code, row in codes.items():
            for label in (row.get("zh", ""), row.get("en", ""), f"{row.get('zh', '')}（{code}）"):
                self._labels.setdefault(label, code)

    def find(self, text: str) -> str | None:
        """The code that a person meant: the code itself, its Chinese or English label, or ``label（code）``."""
        return text if text in self.codes else self._labels.get(text)

    def to(self, column: str, code: str) -> str | None:
        """The foreign code of one of ours, or None where there is none."""
        row = self.codes.get(code)
        return (row.get(column) or None) if row is not None else None

    def from_(self, column: str, value: str) -> str | None:
        """Our code for a foreign one. Where several share it, the first row of the list wins."""
        back = self._back.get(column)
        if back is None:
            back = {}
            for code, row in self.codes.items():
                if row.get(column):
                    back.setdefault(row[column], code)
            self._back[column] = back
        return back.get(value)

    def ambiguous(self, column: str) -> dict[str, list[str]]:
        """Foreign codes that several of ours share."""
        shared: dict[str, list[str]] = {}
        for code, row in self.codes.items():
            shared.setdefault(row.get(column, ""), []).append(code)
        return {foreign: ours for foreign, ours in shared.items() if foreign and len(ours) > 1}

    def display(self, code: str, language: str = "zh") -> str:
        """How a code is offered to a person: ``摇篮到大门（cradle-to-gate）``."""
        row = self.codes[code]
        return f"{row['zh']}（{code}）" if language == "zh" else f"{row['en']} ({code})"


@cache
def code_list(name: str) -> CodeList:
    """A list by its name. Raises GatewayError for a name that no file has."""
    if name == "country":
        return CodeList(name, _countries())
    if name == "currency":
        return CodeList(name, _currencies())
    path = data_path("mappings", "codes", f"{name}.csv")
    if not path.is_file():
        raise GatewayError(f"there is no code list {name}")
    with path.open(encoding="utf-8", newline="") as handle:
        return CodeList(name, {row["code"]: row for row in csv.DictReader(handle)})


def _countries() -> dict[str, dict[str, str]]:
    chinese = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=["zh_CN"], fallback=True)
    return {c.alpha_2: {"zh": chinese.gettext(c.name), "en": c.name} for c in pycountry.countries}


def _currencies() -> dict[str, dict[str, str]]:
    chinese = gettext.translation("iso4217", pycountry.LOCALES_DIR, languages=["zh_CN"], fallback=True)
    return {c.alpha_3: {"zh": chinese.gettext(c.name), "en": c.name} for c in pycountry.currencies}
