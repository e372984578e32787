"""Which goods categories CBAM knows, and which of them may be precursors of which."""

from __future__ import annotations

import csv
from functools import cache

from gateway.data import data_path


@cache
def precursor_table() -> dict[str, tuple[str, ...]]:
    """Each goods category with its direct precursors, from ``mappings/codes/cbam-category.csv``."""
    with data_path("mappings", "codes", "cbam-category.csv").open(encoding="utf-8", newline="") as handle:
        return {
            row["code"]: tuple(part for part in row["precursors"].split("|") if part)
            for row in csv.DictReader(handle)
        }


def known_category(category: str | None) -> bool:
    """Whether the table has this category."""
    return category in precursor_table()


@cache
def allowed_precursors(category: str) -> frozenset[str]:
    """The category itself and every category along its supply chain.

    The whole chain, because a bubble (one process from sinter to rolled steel) may buy any link of it,
    and a process may buy more of its own product: so does the template v2.1 (Parameters_Constants, row 88
    onwards, second block), whose list for each category begins with the category itself.
    """
    found, waiting = {category}, [category]
    while waiting:
        for precursor in precursor_table().get(waiting.pop(), ()):
            if precursor not in found:
                found.add(precursor)
                waiting.append(precursor)
    return frozenset(found)
