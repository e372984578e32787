"""The Commission's communication template as a workbook that is read and filled."""

from __future__ import annotations

from gateway.formats.template_layout import FORMAT_ID, is_template
from gateway.formats.template_read import read_template

__all__ = ["FORMAT_ID", "is_template", "read_template"]
