"""What freed meetings do to waiting: the counts behind it, and Little's law on them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fit_warehouse.measure import tables
from fit_warehouse.measure.context import Context
from fit_warehouse.measure.flow_effect import effect, waiting
from fit_warehouse.measure.period import twelve_months

AS_OF = date(2026, 1, 31)
IN_PERIOD, BEFORE = "2025-05-01", "2024-05-01"


@pytest.fixture
def lines() -> Iterator[dict[tuple[str, str], dict[str, Any]]]:
    """Yield the lines of two own services and one that is bought; one has no starts."""
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        connection.execute(
            f"""
            create table marts.fct_early_ending_effect as
            select * from (values
                ('s1', 'base', 'f1', date '{IN_PERIOD}', 6.0),
                ('s1', 'base', 'f1', date '{IN_PERIOD}', 4.0),
                ('s1', 'high', 'f1', date '{IN_PERIOD}', 20.0),
                ('s1', 'base', 'f2', date '{BEFORE}', 99.0),
                ('bought', 'base', 'f3', date '{IN_PERIOD}', null),
                ('quiet', 'base', 'f4', date '{IN_PERIOD}', 3.0)
            ) as t (service_code, scenario, family_key, closed_on, freed_sessions)
            """
        )
        connection.execute(
            f"""
            create table marts.fct_episode as
            select * from (values
                ('e1', 's1', date '{IN_PERIOD}', date '{IN_PERIOD}', 4, 1, 10),
                ('e1', 's1', date '{IN_PERIOD}', date '{IN_PERIOD}', 4, 1, 10),
                ('e2', 's1', date '{IN_PERIOD}', null, 1, 1, 50),
                ('e3', 's1', date '{IN_PERIOD}', date '{IN_PERIOD}', 6, 0, -3),
                ('e4', 's1', date '{BEFORE}', date '{BEFORE}', 90, 1, 900),
                ('e5', 's1', null, date '{IN_PERIOD}', 0, 0, null),
                ('e6', 'quiet', date '{BEFORE}', date '{IN_PERIOD}', 2, 1, 9)
            ) as t (episode_key, service_code, first_session_on, closed_on, n_sessions,
                is_in_waiting, days_waited)
            """
        )
        context = Context(connection, AS_OF, twelve_months(AS_OF, 30), "none", 0.95)
        found = list(effect(context))
        assert all(set(row) == set(tables.table("flow_effect").names) for row in found)
        yield {(row["service_code"], row["scenario"]): row for row in found}


def test_counts_are_those_of_the_period(lines: dict[tuple[str, str], dict[str, Any]]) -> None:
    assert set(lines) == {("s1", "base"), ("s1", "high"), ("quiet", "base")}
    line = lines["s1", "base"]
    assert (line["n_episodes"], line["n_persons"], line["freed_sessions"]) == (2, 1, 10)
    assert (line["n_started"], line["n_waits"]) == (3, 2)
    assert line["mean_wait_days"] == 30.0
    assert line["mean_sessions"] == 5.0


def test_the_wait_is_longer_by_the_extra_clients_over_the_starts(
    lines: dict[tuple[str, str], dict[str, Any]],
) -> None:
    # 10 meetings are 2 clients of 5; 3 start in 365 days.
    line = lines["s1", "base"]
    assert line["n_extra"] == pytest.approx(2.0)
    assert line["n_waiting"] == pytest.approx(30 * 3 / 365)
    assert line["wait_change_days"] == pytest.approx(-2 * 365 / 3)
    assert lines["s1", "high"]["wait_change_days"] == pytest.approx(2 * line["wait_change_days"])


def test_without_starts_nothing_is_said(lines: dict[tuple[str, str], dict[str, Any]]) -> None:
    line = lines["quiet", "base"]
    assert (line["n_started"], line["mean_wait_days"]) == (0, None)
    assert (line["wait_change_days"], line["n_waiting"], line["n_extra"]) == (None, None, None)


@given(
    st.integers(1, 10_000),
    st.floats(0, 500),
    st.floats(1, 100),
    st.floats(0, 1e5),
    st.integers(28, 366),
)
def test_number_rate_and_wait_agree(
    started: int, wait: float, sessions: float, freed: float, days: int
) -> None:
    row = {
        "n_started": started,
        "mean_wait_days": wait,
        "mean_sessions": sessions,
        "freed_sessions": freed,
    }
    found = {name: value or 0.0 for name, value in waiting(row, days).items()}
    rate = found["starts_per_day"]
    assert found["n_waiting_without"] == pytest.approx(rate * found["wait_days_without"])
    assert found["wait_change_days"] == pytest.approx(
        -freed / sessions / rate, rel=1e-9, abs=1e-9 * (1 + wait)
    )
