"""The page about running the host names every setting with its default and its limits, as they are."""

from __future__ import annotations

import re
from pathlib import Path

from annotated_types import Ge, Gt, Le

from gateway.service.settings import Settings

ROW = re.compile(r"\| `(\w+)` \| ([^|]*) \| ([^|]*) \| ([^|]+) \|")


def rows() -> list[tuple[str, str, str]]:
    """Name, default and limits of each setting."""
    made = []
    for name, field in Settings.model_fields.items():
        default = "" if field.default in ("", (), None) else f"{field.default}"
        bounds = {type(one): one for one in field.metadata}
        low = f"{bounds[Ge].ge}" if Ge in bounds else f"over {bounds[Gt].gt}" if Gt in bounds else ""
        high = f"{bounds[Le].le}" if Le in bounds else ""
        limits = f"{low} to {high}" if high else f"{low} or more" if low else ""
        made.append((name, default, limits))
    return made


def test_the_page_has_every_setting_with_its_default_and_limits_and_no_other():
    page = (
        (Path(__file__).parents[2] / "docs" / "hosting.md")
        .read_text(encoding="utf-8")
        .partition("## All settings")[2]
    )
    told = [found.groups() for found in ROW.finditer(page)]
    assert [(name, default, limits) for name, default, limits, _ in told] == rows()
    assert all(what.endswith(".") for *_, what in told)
