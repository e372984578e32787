"""The Commission's communication template as a workbook that is read and filled."""

from __future__ import annotations

from gateway.formats.template_fill import Added, additions, cells_of, fill, settle
from gateway.formats.template_layout import FORMAT_ID, is_template
from gateway.formats.template_read import read_template
from gateway.formats.template_zip import require_blank

__all__ = [
    "FORMAT_ID",
    "Added",
    "additions",
    "cells_of",
    "fill",
    "is_template",
    "read_template",
    "require_blank",
    "settle",
]
