"""Numbers as a Finnish reader writes them, and back again."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fit_warehouse.report.formats import EN_DASH, MINUS, NO_BREAK_SPACE, Formats

FI = Formats("fi")
amounts = st.decimals(min_value=-(10**9), max_value=10**9, places=4)


def parsed(text: str) -> Decimal:
    plain = text.replace(NO_BREAK_SPACE, "").replace(MINUS, "-").replace(",", ".")
    return Decimal(plain.removesuffix("%").removesuffix("€").removeprefix("+"))


@given(amounts, st.integers(0, 3))
def test_decimal_parses_back_to_the_value_rounded_half_up(value: Decimal, digits: int) -> None:
    expected = value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    assert parsed(FI.decimal(value, digits)) == expected


@given(amounts)
def test_text_holds_no_ascii_minus_point_or_breaking_space(value: Decimal) -> None:
    text = FI.euro(value, 2)
    assert not set("-. ") & set(text)
    assert parsed(text) == value.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


@given(st.floats(0, 1))
def test_percent_parses_back_to_the_share(share: float) -> None:
    assert abs(parsed(FI.percent(share)) - Decimal(share) * 100) <= Decimal("0.5000001")


@given(st.floats(-40, 40), st.floats(-40, 40))
def test_range_keeps_both_ends(first: float, second: float) -> None:
    low, high = sorted((first, second))
    ends = FI.decimal_range(low, high).split(EN_DASH)
    assert [parsed(end) for end in ends] == [parsed(FI.decimal(end)) for end in (low, high)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (FI.decimal(1234567.891, 2), "1\u00a0234\u00a0567,89"),
        (FI.decimal(0.125, 2), "0,13"),
        (FI.decimal(-0.04), "0,0"),
        (FI.integer(2500), "2\u00a0500"),
        (FI.signed(5.44), "+5,4"),
        (FI.signed(-1.0), "−1,0"),
        (FI.signed(0.02), "0,0"),
        (FI.percent(0.435, 1), "43,5\u00a0%"),
        (FI.percent_range(0.41, 0.52), "41–52\u00a0%"),
        (FI.decimal_range(4.1, 6.34), "4,1–6,3"),
        (FI.decimal_range(-0.31, 3.7), "−0,3\u00a0–\u00a03,7"),
        (FI.euro(Decimal("2888.0000")), "2\u00a0888\u00a0€"),
        (FI.day(date(2025, 8, 12)), "12.8.2025"),
        (FI.date_range(date(2024, 10, 1), date(2025, 9, 30)), "1.10.2024–30.9.2025"),
        (FI.quarter(date(2025, 7, 1)), "3/2025"),
        (FI.quarter(date(2025, 10, 1)), "4/2025"),
        (Formats("sv").day(date(2025, 8, 12)), "12.8.2025"),
        (Formats("en").percent(0.42), "42%"),
        (Formats("en").euro(2888), "€2,888"),
    ],
)
def test_known_forms(text: str, expected: str) -> None:
    assert text == expected
