"""What freed meetings do to waiting: the counts behind it, and Little's law on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
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
        context = hand_made(connection)
        found = list(effect(context))
        assert all(set(row) == set(tables.table("flow_effect").names) for row in found)
        yield {(row["service_code"], row["scenario"]): row for row in found}


def hand_made(connection: duckdb.DuckDBPyConnection) -> Context:
    """Write marts with the columns that are read, and return the context of their period."""
    connection.execute("create schema marts")
    connection.execute(
        f"""
        create table marts.fct_early_ending_effect as
        select * from (values
            ('e1', 's1', 'base', 'f1', date '{IN_PERIOD}', 6.0, 1, 'own', null, null, 0.5),
            ('e3', 's1', 'base', 'f1', date '{IN_PERIOD}', 4.0, 1, 'own', null, 'no_price', 0.5),
            ('e1', 's1', 'high', 'f1', date '{IN_PERIOD}', 20.0, 1, 'own', null, null, 1.0),
            ('e3', 's1', 'high', 'f1', date '{IN_PERIOD}', 0.0, 1, 'own', null, null, 1.0),
            ('e4', 's1', 'base', 'f2', date '{BEFORE}', 99.0, 1, 'own', null, null, 0.5),
            ('e5', 's1', 'base', 'f2', date '{IN_PERIOD}', 99.0, 0, 'own', null, null, 0.5),
            ('e5', 's1', 'base', 'f2', date '{IN_PERIOD}', 99.0, 1, 'own', 'no_plan', null, 0.5),
            ('e5', 's1', 'base', 'f2', date '{IN_PERIOD}', 99.0, 1, 'own', null, 'without_fit', 0.5),
            ('e5', 's1', 'base', 'f2', date '{IN_PERIOD}', 99.0, 1, 'own', null, null, null),
            ('e7', 'bought', 'base', 'f3', date '{IN_PERIOD}', null, 1, 'purchased', null, null, 0.5),
            ('e6', 'quiet', 'base', 'f4', date '{IN_PERIOD}', 3.0, 1, 'own', null, null, 0.5)
        ) as t (episode_key, service_code, scenario, family_key, closed_on, freed_sessions,
            is_agreed, procurement, exclusion_reason, effect_exclusion_reason,
            assumed_attribution_share)
        """
    )
    connection.execute(
        """
        create table marts.fct_early_ending as
        select * from (values ('e1', 10.0, 4.0), ('e3', 8.0, 6.0), ('e7', 6.0, 0.0))
        as t (episode_key, planned_units, used_units)
        """
    )
    connection.execute(
        f"""
        create table marts.fct_episode as
        select *, 'f' || episode_key as family_key from (values
            ('e1', 's1', date '2025-04-21', date '{IN_PERIOD}', date '{IN_PERIOD}', 4, 1, 10, 40),
            ('e1', 's1', date '2025-04-21', date '{IN_PERIOD}', date '{IN_PERIOD}', 4, 1, 10, 40),
            ('e2', 's1', date '2025-03-12', date '{IN_PERIOD}', null, 1, 1, 50, 9),
            ('e3', 's1', null, date '{IN_PERIOD}', date '{IN_PERIOD}', 6, 0, -3, 90),
            ('e4', 's1', date '{BEFORE}', date '{BEFORE}', date '{BEFORE}', 90, 1, 900, 5),
            ('e5', 's1', date '2025-02-01', null, date '{IN_PERIOD}', 0, 0, null, 7),
            ('e8', 's1', date '2025-12-31', null, null, 0, 0, null, -1),
            ('e6', 'quiet', date '{BEFORE}', date '{BEFORE}', date '{IN_PERIOD}', 2, 1, 9, 70)
        ) as t (episode_key, service_code, referred_on, first_session_on, closed_on, n_sessions,
            is_in_waiting, days_waited, days_open)
        """
    )
    connection.execute("alter table marts.fct_episode add column opened_on date")
    connection.execute(
        """
        create table marts.fct_session as
        select * from (values
            ('e1', 'attended', 'w1'), ('e1', 'attended', 'w1'), ('e1', 'no_show', 'w2'),
            ('e3', 'attended', 'w3'), ('e2', 'attended', 'w4')
        ) as t (episode_key, attendance, worker_key)
        """
    )
    connection.execute(
        f"""
        create table marts.fct_flow_month as
        select * from (values
            ('s1', 't1', date '{IN_PERIOD}', 3, 5), ('s1', 't2', date '{IN_PERIOD}', 1, 3),
            ('s1', 't1', date '2025-06-01', 5, 7), ('s1', 't1', date '{BEFORE}', 99, 99)
        ) as t (service_code, team_code, month_start, n_caseload_start, n_caseload_end)
        """
    )
    return Context(connection, AS_OF, twelve_months(AS_OF, 30), "none", 0.95)


def test_counts_are_those_of_the_period(lines: dict[tuple[str, str], dict[str, Any]]) -> None:
    assert set(lines) == {
        ("s1", "base"),
        ("s1", "high"),
        ("quiet", "base"),
        ("bought", "base"),
    }
    line = lines["s1", "base"]
    assert (line["n_episodes"], line["n_persons"], line["n_workers"]) == (2, 1, 2)
    assert (line["freed_sessions"], line["procurement"]) == (10, "own")
    assert (line["n_started"], line["n_persons_started"]) == (3, 3)
    assert (line["n_waits"], line["n_persons_waited"]) == (2, 2)
    assert line["mean_wait_days"] == 30.0
    assert line["mean_sessions"] == 5.0
    assert line["mean_caseload"] == pytest.approx((6 + 6) / 2)


def test_who_comes_is_counted_once_and_who_left_unmet_is_not(
    lines: dict[tuple[str, str], dict[str, Any]],
) -> None:
    # e1 and e2 by referral, e3 by the first meeting, e8 waits; e5 left, e4 came before.
    line = lines["s1", "base"]
    assert (line["n_referred"], line["n_persons_referred"]) == (4, 4)
    assert line["arrivals_per_day"] == pytest.approx(4 / 365)
    # By month 1 in March, April, May and December of 12: chi-squared by hand.
    days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    came = [0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1]
    expected = [4 * n / 365 for n in days]
    statistic = sum((n - e) ** 2 / e for n, e in zip(came, expected, strict=True))
    assert line["arrival_dispersion"] == pytest.approx(statistic / 11)
    assert line["arrival_pattern"] == "at_random"


def test_lengths_are_stretched_to_the_plan_by_the_attribution(
    lines: dict[tuple[str, str], dict[str, Any]],
) -> None:
    # e1: 40 days of 4 units would be 100 of 10; e3: 90 of 6 would be 120 of 8. Half of it counts.
    line = lines["s1", "base"]
    assert (line["n_lengths"], line["mean_length_days"]) == (2, 65.0)
    assert line["mean_length_days_without"] == pytest.approx(65 + (60 + 30) / 2 / 2)
    assert lines["s1", "high"]["mean_length_days_without"] == pytest.approx(65 + (60 + 30) / 2)


def test_of_what_is_bought_no_meetings_are_freed(
    lines: dict[tuple[str, str], dict[str, Any]],
) -> None:
    line = lines["bought", "base"]
    assert (line["n_episodes"], line["freed_sessions"], line["n_waiting"]) == (1, None, None)
    assert (line["n_lengths"], line["mean_length_days_without"]) == (0, None)
    assert line["simulation_reason"] == "few_referrals"


def test_only_the_part_that_goes_to_those_who_wait_counts() -> None:
    with duckdb.connect() as connection:
        context = hand_made(connection)
        whole, tenth = (
            {(row["service_code"], row["scenario"]): row for row in effect(replaced)}
            for replaced in (context, replace(context, share_used=0.1))
        )
    line, part = whole["s1", "base"], tenth["s1", "base"]
    assert part["wait_change_days"] == pytest.approx(line["wait_change_days"] / 10)
    assert part["mean_length_days_without"] == pytest.approx(65 + 22.5 / 10)
    assert (line["share_used"], part["share_used"]) == (1.0, 0.1)


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
    assert (line["n_lengths"], line["simulation_reason"]) == (1, "few_referrals")
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
