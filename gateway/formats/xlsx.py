"""The Chinese record as a workbook that a plant engineer fills in: reading and writing."""

from __future__ import annotations

from gateway.formats.xlsx_cells import read_cells
from gateway.formats.xlsx_read import read_book, read_workbook
from gateway.formats.xlsx_write import write_workbook

__all__ = ["read_book", "read_cells", "read_workbook", "write_workbook"]
