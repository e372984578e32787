"""What the definitive period counts for a CN code: functional unit, gases, and whether indirect emissions.

The table is ``mappings/codes/cbam-scope.csv``: Table 1 of Annex I of (EU) 2025/2547 for category and gases,
its Article 4 for the functional unit, and Annex II of (EU) 2023/956 (with electricity, added by (EU)
2025/2083) for the goods whose direct emissions alone are charged. Its key is a CN code or the beginning of one.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from gateway.data import data_path
from gateway.formats.codes import code_list

CLINKER, NITROGEN, ENERGY, TONNE = "t clinker", "kg N", "kWh", "t"

CONTENT = {CLINKER: (Fraction(1), "t clinker/t"), NITROGEN: (Fraction(1000), "kg N/t")}
"""Functional units that are contained in a good: how many of them are in a tonne of mass fraction 1."""

SCRAP = ("7204", "7602")
"""Headings of ferrous and aluminium scrap: no CBAM goods, so never precursors (2025/2547 Article 1(7))."""


@dataclass(frozen=True, slots=True)
class Scope:
    """One row. ``unit`` is empty where the functional unit could not be found in the texts at hand.

    ``annex_ii`` True: only direct emissions are charged. ``confirmed`` is about the functional unit.
    """

    key: str
    category: str
    gases: tuple[str, ...]
    unit: str
    annex_ii: bool
    clause: str
    confirmed: bool
    note: str

    @property
    def contained(self) -> bool:
        """Whether the functional unit is a content of the good (clinker, nitrogen) and not its mass."""
        return self.unit in CONTENT


@cache
def _rows() -> dict[str, Scope]:
    with data_path("mappings", "codes", "cbam-scope.csv").open(encoding="utf-8", newline="") as handle:
        return {
            row["cn"]: Scope(
                row["cn"],
                row["category"],
                tuple(filter(None, row["gases"].split("|"))),
                row["functional_unit"],
                row["annex_ii"] == "yes",
                row["unit_clause"],
                row["unit_confirmed"] == "true",
                row["note"],
            )
            for row in csv.DictReader(handle)
        }


def scope_of(cn8: str) -> Scope | None:
    """The row of a CN code of eight digits, by its longest beginning; None where it is no good of Annex I.

    >>> scope_of("25232900").unit, scope_of("72081000").annex_ii, scope_of("72022100")
    ('t clinker', True, None)
    """
    if not re.fullmatch(r"[0-9]{8}", cn8):
        return None
    found = next((_rows()[cn8[:n]] for n in range(8, 3, -1) if cn8[:n] in _rows()), None)
    return found if found is not None and found.category else None


def scope_of_category(category: str | None) -> Scope | None:
    """The row that stands for a goods category; None where its CN codes do not agree or none has it."""
    rows = [row for row in _rows().values() if row.category == category]
    if not rows or len({(row.unit, row.annex_ii) for row in rows}) > 1:
        return None
    return rows[0]


def is_scrap(cn8: str | None) -> bool:
    return cn8 is not None and cn8.startswith(SCRAP)


@cache
def outside_scope() -> frozenset[str]:
    """Countries whose goods are outside CBAM: the Union, and Annex III.1 of Regulation (EU) 2023/956.

    Only what a text at hand says: an exemption that is not confirmed would set emissions to zero.
    """
    rows = code_list("cbam-outside-scope").rows
    return frozenset(code for code, row in rows.items() if row["confirmed"] == "yes")
