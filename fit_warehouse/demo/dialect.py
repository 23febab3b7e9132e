"""The CSV dialects of a delivery, and a table's bytes in the dialect of its file."""

from __future__ import annotations

import io
from dataclasses import dataclass

import polars as pl

# Exports that passed through a Finnish Excel: semicolons, decimal commas, a byte order mark.
FINNISH_FILES = frozenset({"response_2023", "response_2025", "service", "unit_price"})
DECIMALS = {"unit_price": 2}
BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class FileBody:
    """A part of a CSV file: what the file has to begin with, and rows."""

    header: bytes
    rows: bytes


def csv_body(stem: str, frame: pl.DataFrame) -> FileBody:
    """Return a table as bytes in the dialect of the file that is called `stem`."""
    is_finnish = stem in FINNISH_FILES
    separator = ";" if is_finnish else ","
    mark = BYTE_ORDER_MARK if is_finnish else ""
    buffer = io.BytesIO()
    frame.write_csv(
        buffer,
        include_header=False,
        separator=separator,
        decimal_comma=is_finnish,
        float_precision=DECIMALS.get(stem, 1),
        datetime_format="%Y-%m-%dT%H:%M:%S",
        line_terminator="\n",
    )
    header = f"{mark}{separator.join(frame.columns)}\n"
    return FileBody(header.encode("utf-8"), buffer.getvalue())
