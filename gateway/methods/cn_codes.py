"""CN codes of Annex I: categories, validity, allowed precursors, and candidates that a person chooses from.

A CN code decides which goods are covered and which figures apply. So the gateway offers the codes that share six
digits, or whose text has the words that were typed, and never takes one itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from gateway.formats.codes import code_list
from gateway.methods.categories import precursor_table


@dataclass(frozen=True, slots=True)
class Candidate:
    """A CN code of Annex I. ``precursors`` are the categories that its category may be made from directly."""

    code: str
    category: str
    sector: str
    description: str
    valid_from: date | None
    valid_until: date | None
    replaced_by: tuple[str, ...]
    precursors: tuple[str, ...]

    def valid_on(self, day: date) -> bool:
        """Whether the Combined Nomenclature has the code on a day, as far as the list says."""
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.valid_until is None or day <= self.valid_until)


def candidate(code: str) -> Candidate | None:
    """A code of Annex I, None where it is not one."""
    row = code_list("cbam-cn").codes.get(code)
    if row is None:
        return None
    first, last = (
        date.fromisoformat(row[name]) if row[name] else None for name in ("valid_from", "valid_until")
    )
    return Candidate(
        code,
        row["category"],
        row["sector"],
        row["description"],
        first,
        last,
        tuple(filter(None, row["replaced_by"].split("|"))),
        precursor_table().get(row["category"], ()),
    )


def replaced_by(code: str) -> tuple[str, ...]:
    """The codes that took the place of a code, none where it still stands."""
    row = code_list("cbam-cn").codes.get(code)
    return tuple(filter(None, row["replaced_by"].split("|"))) if row is not None else ()


def offer(digits: str = "", text: str = "") -> Iterator[Candidate]:
    """The codes that begin with these digits and whose text or category has every word, in either language.

    An offer, never a choice. ``digits`` are those of a HS or CN code; only the first six of a Chinese customs
    code mean the same in the EU.
    """
    words = text.casefold().split()
    labels = code_list("cbam-category")
    for code, row in code_list("cbam-cn").codes.items():
        category = row["category"]
        told = f"{row['description']} {category} {labels.label(category, 'zh')}".casefold()
        if code.startswith(digits) and all(word in told for word in words):
            found = candidate(code)
            if found is not None:
                yield found
