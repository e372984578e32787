"""Code lists: the codes of the record, their labels, and their spelling in foreign formats.

A list is a CSV in ``mappings/codes/`` (``code, zh, en`` and one column per foreign format), or one of the
two that come from a library: ``country`` (ISO 3166-1 alpha-2) and ``currency`` (ISO 4217).
"""

from __future__ import annotations

import csv
import gettext
import re
from collections.abc import Iterator, Mapping
from functools import cache

import pycountry

from gateway.data import data_path
from gateway.model.finding import GatewayError

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class CodeListError(GatewayError):
    """A code list is unknown or faulty: a defect of ours, found when it loads."""


class CodeList:
    """One list. ``codes`` maps each code to its row, in the order of the file."""

    def __init__(self, name: str, rows: Mapping[str, Mapping[str, str]]) -> None:
        self.name = name
        self.codes: dict[str, Mapping[str, str]] = dict(rows)
        self._found = _index(self)
        self._columns: dict[str, dict[str, list[str]]] = {}

    @property
    def rows(self) -> Mapping[str, Mapping[str, str]]:
        """The same as ``codes``, where a row is what is wanted rather than membership."""
        return self.codes

    def find(self, text: str) -> str | None:
        """The code that a text stands for: the code itself, its exact label in either language, or its
        display form. None when nothing matches, and when a label belongs to two codes: never a guess.

        >>> code_list("boundary").find("摇篮到大门（cradle-to-gate）")
        'cradle-to-gate'
        """
        return text if text in self.codes else self._found.get(text)

    def to(self, column: str, code: str) -> str | None:
        """The foreign spelling of a code, None where the foreign format has none."""
        row = self.codes.get(code)
        return (row.get(column) or None) if row is not None else None

    def from_(self, column: str, value: str) -> str | None:
        """The code of a foreign spelling; where several share it, the first row wins."""
        codes = self._by(column).get(value)
        return codes[0] if codes else None

    def ambiguous(self, column: str) -> dict[str, tuple[str, ...]]:
        """Foreign spellings that several codes share: what is lost on the way back."""
        return {value: tuple(codes) for value, codes in self._by(column).items() if len(codes) > 1}

    def label(self, code: str, lang: str = "zh") -> str:
        """The label of a code in one language; the code itself where it has none."""
        return self.codes[code].get(lang) or code

    def display(self, code: str, lang: str = "zh") -> str:
        """Label and code, as a person chooses it from a list.

        >>> code_list("unit").display("kg", "zh"), code_list("unit").display("kg", "en")
        ('千克（kg）', 'kilogram (kg)')
        """
        label = self.label(code, lang)
        if label == code:
            return code
        return f"{label}（{code}）" if lang == "zh" else f"{label} ({code})"

    def _by(self, column: str) -> dict[str, list[str]]:
        found = self._columns.get(column)
        if found is None:
            found = {}
            for code, row in self.codes.items():
                if row.get(column):
                    found.setdefault(row[column], []).append(code)
            self._columns[column] = found
        return found


def _index(codes: CodeList) -> dict[str, str]:
    """Every label and display form to its code, without those that would have to be guessed."""
    found: dict[str, str] = {}
    doubled: set[str] = set()
    for code in codes.codes:
        texts = {f(code, lang) for f in (codes.label, codes.display) for lang in ("zh", "en")}
        for text in texts:
            if found.setdefault(text, code) != code:
                doubled.add(text)
    return {text: code for text, code in found.items() if text not in doubled}


def says(codes: CodeList, code: str, name: str) -> bool:
    """Whether a list gives a code this English name; case, blanks and underscores do not count.

    >>> says(code_list("unit"), "kg", " Kilogram"), says(code_list("unit"), "kg", "tonne")
    (True, False)
    """

    def plain(text: str) -> str:
        return " ".join(text.replace("_", " ").casefold().split())

    return code in codes.codes and plain(codes.label(code, "en")) == plain(name)


@cache
def code_list(name: str) -> CodeList:
    """The list of a name. Raises CodeListError for an unknown list, a row without code, a doubled code."""
    if name == "country":
        return CodeList(name, dict(_countries()))
    if name == "currency":
        return CodeList(name, dict(_currencies()))
    path = data_path("mappings", "codes", f"{name}.csv")
    if not _NAME.fullmatch(name) or not path.is_file():
        raise CodeListError(f"there is no code list {name!r} in mappings/codes")
    rows: dict[str, dict[str, str]] = {}
    with path.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            code = row.get("code")
            if not code or code in rows or None in row or None in row.values():
                raise CodeListError(f"{path.name}: the row of {code!r} has no code, is doubled, or is ragged")
            rows[code] = row
    return CodeList(name, rows)


def _chinese(domain: str) -> gettext.NullTranslations:
    # fallback: a distribution may strip the locales of the library; English labels then serve
    return gettext.translation(domain, pycountry.LOCALES_DIR, languages=["zh_CN"], fallback=True)


def _countries() -> Iterator[tuple[str, dict[str, str]]]:
    chinese = _chinese("iso3166-1")
    for entry in sorted(pycountry.countries, key=lambda e: str(e.alpha_2)):
        name = str(entry.name)  # as ISO 3166-1 writes it, not a usual short form
        row = {"code": entry.alpha_2, "zh": chinese.gettext(name), "en": name, "alpha3": entry.alpha_3}
        yield entry.alpha_2, row


def _currencies() -> Iterator[tuple[str, dict[str, str]]]:
    chinese = _chinese("iso4217")
    for entry in sorted(pycountry.currencies, key=lambda e: str(e.alpha_3)):
        name = str(entry.name)
        yield entry.alpha_3, {"code": entry.alpha_3, "zh": chinese.gettext(name), "en": name}
