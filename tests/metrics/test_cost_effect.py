from __future__ import annotations

import calendar
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fit_metrics.cost_effect import early_ending_gross, used_months

quick = settings(deadline=None, max_examples=100)
openings = st.dates(date(1990, 1, 1), date(2060, 12, 31))
HEHKU: dict[str, Any] = {
    "planned_units": 6,
    "used_units": 4,
    "amount_eur": 8664,
    "price_planned_units": 6,
}


def anniversary(opened: date, months: int) -> date:
    """Walk month by month from the day of opening, clamping each month on its own."""
    year, month = opened.year, opened.month
    for _ in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return date(year, month, min(opened.day, calendar.monthrange(year, month)[1]))


@pytest.mark.parametrize(
    ("opened", "closed", "months"),
    [
        ("2025-01-15", "2025-05-15", "4"),
        ("2025-01-15", "2025-01-15", "0"),
        ("2025-01-31", "2025-02-28", "1"),
        ("2025-01-30", "2025-02-28", "1"),
        ("2025-01-29", "2025-02-28", "1"),
        ("2025-01-28", "2025-02-28", "1"),
        ("2024-01-29", "2024-02-29", "1"),
        ("2024-01-31", "2024-02-29", "1"),
        ("2025-01-31", "2025-03-31", "2"),
        ("2025-01-31", "2025-04-30", "3"),
        ("2025-12-31", "2026-12-31", "12"),
        ("2024-02-29", "2025-02-28", "12"),
        ("2024-02-29", "2028-02-29", "48"),
    ],
)
def test_whole_months(opened: str, closed: str, months: str) -> None:
    result = used_months(date.fromisoformat(opened), date.fromisoformat(closed))
    assert result == Decimal(months)


@pytest.mark.parametrize(
    ("opened", "closed", "whole", "days", "of_days"),
    [
        ("2025-04-01", "2025-04-16", 0, 15, 30),
        ("2025-01-31", "2025-02-27", 0, 27, 28),
        ("2024-01-31", "2024-02-28", 0, 28, 29),
        # From 28 February the next anniversary is 31 March again, not 28 March.
        ("2025-01-31", "2025-03-28", 1, 28, 31),
        ("2025-01-31", "2025-03-30", 1, 30, 31),
        ("2025-01-30", "2025-03-29", 1, 29, 30),
        ("2024-01-30", "2024-03-29", 1, 29, 30),
        ("2025-05-31", "2025-07-30", 1, 30, 31),
        ("2024-02-29", "2025-03-01", 12, 1, 29),
    ],
)
def test_remaining_days(opened: str, closed: str, whole: int, days: int, of_days: int) -> None:
    result = used_months(date.fromisoformat(opened), date.fromisoformat(closed))
    with localcontext(prec=50):
        assert result == (whole * of_days + Decimal(days)) / of_days


@quick
@given(openings, st.integers(0, 60))
def test_anniversaries_are_whole_numbers(opened: date, months: int) -> None:
    assert used_months(opened, anniversary(opened, months)) == months


@quick
@given(openings, st.integers(0, 1500))
def test_months_grow_with_every_day(opened: date, days: int) -> None:
    closed = opened + timedelta(days=days)
    earlier, later = used_months(opened, closed), used_months(opened, closed + timedelta(days=1))
    assert earlier < later
    # No day is more than a 28th or less than a 31st of a month.
    assert Decimal(1) / 32 < later - earlier <= Decimal(1) / 28


@quick
@given(openings, st.integers(0, 1500))
def test_between_anniversaries_months_lie_between_their_numbers(opened: date, days: int) -> None:
    closed = opened + timedelta(days=days)
    whole = int(used_months(opened, closed))
    assert anniversary(opened, whole) <= closed < anniversary(opened, whole + 1)


def test_months_do_not_depend_on_the_callers_precision() -> None:
    expected = used_months(date(2025, 1, 31), date(2025, 3, 28))
    with localcontext(prec=3):
        assert used_months(date(2025, 1, 31), date(2025, 3, 28)) == expected
    assert expected.quantize(Decimal("0.0001")) == Decimal("1.9032")


@pytest.mark.parametrize(
    ("opened", "closed", "message"),
    [
        (date(2025, 3, 2), date(2025, 3, 1), "closed is 2025-03-01 and opened is 2025-03-02"),
        (date(2025, 3, 2), date(9999, 12, 31), "closed is 9999-12-31: it must lie before"),
        (datetime(2025, 3, 2), date(2025, 4, 1), "opened is datetime"),
        (date(2025, 3, 2), "2025-04-01", "closed is '2025-04-01': it must be a date"),
    ],
)
def test_bad_dates_are_named(opened: Any, closed: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        used_months(opened, closed)


def test_hehku_golden() -> None:
    result = early_ending_gross(**HEHKU)
    assert result.gross_amount_eur == Decimal("2888.00")
    assert result.unit_rate == Decimal("1444")
    assert result.unused_units == 2


def test_neuropsychiatric_coaching_golden() -> None:
    result = early_ending_gross(
        planned_units=10, used_units=2, amount_eur=Decimal("3450"), price_planned_units=10
    )
    assert result.gross_amount_eur == Decimal("2760.00")
    assert result.unit_rate == Decimal("345")


def test_planned_of_the_episode_and_of_the_price_may_differ() -> None:
    result = early_ending_gross(
        planned_units=4, used_units=1, amount_eur=600, price_planned_units=12, n_clients=2
    )
    assert result.unused_units == 3
    assert result.unit_rate == 50
    assert result.gross_amount_eur == 300


def test_gross_is_divided_last() -> None:
    # 100 / 3 has no end; twice three of it is 200 to the last digit.
    result = early_ending_gross(
        planned_units=6, used_units=0, amount_eur=100, price_planned_units=3
    )
    assert result.gross_amount_eur == Decimal("200")
    with localcontext(prec=4):
        assert early_ending_gross(**HEHKU).gross_amount_eur == Decimal("2888")


def test_used_months_go_into_the_price() -> None:
    used = used_months(date(2025, 1, 15), date(2025, 5, 30))
    result = early_ending_gross(**{**HEHKU, "used_units": used})
    expected = 8664 * (2 - Decimal(15) / 31) / 6
    cent = Decimal("0.01")
    assert result.gross_amount_eur.quantize(cent, ROUND_HALF_UP) == expected.quantize(cent)


def test_nothing_unused_is_worth_nothing() -> None:
    assert early_ending_gross(**{**HEHKU, "used_units": 6}).gross_amount_eur == 0


euros = st.decimals("0", "1000000", places=2)


@quick
@given(euros, st.integers(1, 100), st.integers(0, 100), st.integers(1, 100), st.integers(1, 9))
def test_gross_is_proportional(
    amount: Decimal, planned: int, used: int, price_units: int, clients: int
) -> None:
    units: dict[str, Any] = {
        "planned_units": planned,
        "used_units": min(used, planned),
        "price_planned_units": price_units,
    }
    one = early_ending_gross(amount_eur=amount, **units).gross_amount_eur
    many = early_ending_gross(amount_eur=amount, n_clients=clients, **units).gross_amount_eur
    with localcontext(prec=50):
        assert abs(many - clients * one) < Decimal("1e-30")
        assert 0 <= one <= amount * planned / price_units + Decimal("1e-30")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"amount_eur": 8664.0}, "amount_eur is 8664.0: it must be a Decimal or an int"),
        ({"used_units": 4.0}, "used_units is 4.0: it must be a Decimal or an int"),
        ({"planned_units": "6"}, "planned_units is '6': it must be a Decimal or an int"),
        ({"planned_units": True}, "planned_units is True"),
        ({"amount_eur": Decimal("NaN")}, "amount_eur is NaN: it must be finite"),
        ({"amount_eur": Decimal("-1")}, "amount_eur is -1: it must be 0 or more"),
        ({"used_units": -1}, "used_units is -1: it must be 0 or more"),
        ({"planned_units": 0, "used_units": 0}, "planned_units is 0: it must be above 0"),
        ({"price_planned_units": 0}, "price_planned_units is 0: it must be above 0"),
        ({"used_units": 7}, "used_units is 7 and planned_units is 6"),
        ({"n_clients": 0}, "n_clients is 0: it must be 1 or more"),
        ({"n_clients": 1.0}, "n_clients is 1.0: it must be an integer"),
    ],
)
def test_bad_amounts_are_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        early_ending_gross(**{**HEHKU, **change})
