"""Columns and their text are the same as if every value were formatted alone."""

from __future__ import annotations

import io
from datetime import date, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fit_warehouse.demo.columns import codes, refs
from fit_warehouse.demo.dialect import BYTE_ORDER_MARK, csv_body


def test_references_keep_seven_digits_and_grow_beyond() -> None:
    small = refs("S", np.array([0, 1, 123, 9_999_999]))
    assert small.to_list() == [None, "S-0000001", "S-0000123", "S-9999999"]
    large = refs("S", np.array([12, 0, 10_000_000, 123_456_789]))
    assert large.to_list() == ["S-0000012", None, "S-10000000", "S-123456789"]
    assert refs("S", np.array([], dtype=np.int64)).to_list() == []


@given(st.lists(st.integers(0, 100_000_000), max_size=30), st.integers(0, 10**8))
def test_references_are_the_letter_and_the_number(spread: list[int], start: int) -> None:
    close = [start + number % 7 for number in spread]
    for numbers in (spread, close, close * 9):
        expected = [f"S-{number:07d}" if number else None for number in numbers]
        assert refs("S", np.array(numbers, dtype=np.int64)).to_list() == expected


@given(st.lists(st.integers(-1, 2), max_size=20))
def test_codes_stand_where_their_positions_do(positions: list[int]) -> None:
    names = ["first", "second", "third"]
    expected = [None if position < 0 else names[position] for position in positions]
    assert codes(names, np.array(positions, dtype=np.int64)).to_list() == expected


ROWS = st.lists(
    st.tuples(
        st.none() | st.dates(date(1890, 1, 1), date(2200, 1, 1)),
        st.none() | st.datetimes(datetime(1890, 1, 1), datetime(2200, 1, 1)),
        st.none() | st.integers(-10, 1_300),
    ),
    max_size=20,
)


@pytest.mark.parametrize("unit", ["ms", "us"])
@settings(deadline=None)  # the first case makes the tables of texts
@given(rows=ROWS)
def test_a_table_is_written_as_polars_formats_each_value(unit: str, rows: list[tuple]) -> None:
    frame = pl.DataFrame(
        {
            "day": pl.Series([row[0] for row in rows], dtype=pl.Date),
            "time": pl.Series([row[1] for row in rows], dtype=pl.Datetime("us")).cast(
                pl.Datetime(unit)  # type: ignore[arg-type]
            ),
            "marks": pl.Series(
                [None if row[2] is None else row[2] / 10.0 for row in rows], dtype=pl.Float64
            ),
            "code": pl.Series([str(row[2]) for row in rows], dtype=pl.String),
        }
    )
    for stem, separator in (("response_2024", ","), ("response_2025", ";")):
        written = io.BytesIO()
        frame.write_csv(
            written,
            include_header=False,
            separator=separator,
            decimal_comma=separator == ";",
            float_precision=1,
            datetime_format="%Y-%m-%dT%H:%M:%S",
        )
        body = csv_body(stem, frame)
        assert b"".join(body.rows) == written.getvalue()
        mark = BYTE_ORDER_MARK if separator == ";" else ""
        assert body.header.decode() == mark + separator.join(frame.columns) + "\n"


def test_a_table_with_free_text_has_quotes_where_they_are_needed() -> None:
    frame = pl.DataFrame({"name_fi": ["Tuki, nuoret", "Tuki; perheet"]})
    assert b"".join(csv_body("team", frame).rows) == b'"Tuki, nuoret"\nTuki; perheet\n'
