"""Visits without benefit: the counts, prices and errors of a few courses worked by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fit_metrics.rates import clopper_pearson
from fit_warehouse.measure import tables, visits
from fit_warehouse.measure.context import Context

Row = dict[str, Any]
# Up by 7 and done after three meetings; down in eight meetings; and with little change, until the end.
UP, DOWN = (20.0, 24.0, 27.0), (20.0, 19.0, 17.0, 16.0, 15.0, 15.0, 14.0, 14.0)
FLAT = (20.0, 21.0, 20.5, 22.0, 21.5, 23.0, 24.0)
KINDS = (UP, DOWN, (*FLAT, 27.0), DOWN, (*FLAT, 24.0))
LONG_AGO, CLOSED = date(2024, 6, 1), date(2025, 6, 1)
EPISODE = {
    "episode_client_key": pl.String, "episode_key": pl.String, "client_key": pl.String,
    "family_key": pl.String, "service_code": pl.String, "prom_instrument": pl.String,
    "prom_respondent": pl.String, "change_class": pl.String, "closed_on": pl.Date,
    "parameter_set": pl.String, "is_in_change": pl.Int16,
}  # fmt: skip
COST = {
    "episode_client_key": pl.String, "perspective": pl.String, "procurement": pl.String,
    "price_year": pl.Int32, "vat_included": pl.Int16, "unit": pl.String, "n_persons": pl.Int32,
    "used_units": pl.Decimal(18, 4), "cost_eur": pl.Decimal(18, 4),
}  # fmt: skip
SESSION = {
    "episode_key": pl.String, "client_key": pl.String, "worker_key": pl.String,
    "attendance": pl.String, "session_date": pl.Date, "session_number": pl.Int32,
    "duration_minutes": pl.Int32, "n_episodes": pl.Int32, "prom_instrument": pl.String,
    "prom_total": pl.Decimal(6, 2), "caretaker_prom_instrument": pl.String,
    "caretaker_prom_total": pl.Decimal(6, 2),
}  # fmt: skip


def episode(number: int, **other: Any) -> Row:
    return {
        "episode_client_key": f"i{number:03}", "episode_key": f"e{number:03}",
        "client_key": f"c{number:03}", "family_key": f"f{number:03}", "service_code": "s1",
        "prom_instrument": "ORS", "prom_respondent": "self", "change_class": "unchanged",
        "closed_on": CLOSED, "parameter_set": "test_set", "is_in_change": 1, **other,
    }  # fmt: skip


def cost_of(row: Row, **other: Any) -> Row:
    return {
        "episode_client_key": row["episode_client_key"], "perspective": "payer",
        "procurement": "own", "price_year": 2025, "vat_included": 0, "unit": "month",
        "n_persons": 1, "used_units": Decimal("4.5"), "cost_eur": Decimal("100.01"), **other,
    }  # fmt: skip


def meetings(row: Row, totals: tuple[float | None, ...], **other: Any) -> list[Row]:
    name = "prom" if row["prom_respondent"] == "self" else "caretaker_prom"
    return [
        {
            **dict.fromkeys(SESSION),
            "episode_key": row["episode_key"], "client_key": row["client_key"],
            "worker_key": "w1", "attendance": "attended", "session_date": date(2024, 1, number),
            "session_number": number, "duration_minutes": 90, "n_episodes": 1,
            f"{name}_instrument": "ORS", f"{name}_total": total, **other,
        }
        for number, total in enumerate(totals, start=1)
    ]  # fmt: skip


class City:
    """Twenty clients who go up, forty who go down, earlier ones between, and what a test adds."""

    def __init__(self, n: int = 100) -> None:
        self.episodes: list[Row] = []
        self.costs: list[Row] = []
        self.sessions: list[Row] = []
        for number in range(n):
            # Five in a row are of one kind, and each of them in another part.
            totals = KINDS[number // 5 % 5]
            row = episode(number, closed_on=LONG_AGO if totals[:-1] == FLAT else CLOSED)
            if totals[-1] - totals[0] >= 6:
                row["change_class"] = "improved"
            self.add(row, totals)

    def add(
        self,
        row: Row,
        totals: tuple[float | None, ...],
        cost: Row | None = None,
        **of_sessions: Any,
    ) -> None:
        self.episodes.append(row)
        self.costs.append(cost_of(row, **(cost or {})))
        self.sessions += meetings(row, totals, **of_sessions)

    def lines(self, marts: Callable[..., Context]) -> list[Row]:
        episodes = pl.DataFrame(self.episodes, schema=EPISODE)
        context = marts(
            fct_episode=episodes,
            fct_episode_class=episodes.select(
                "episode_client_key",
                "parameter_set",
                "prom_respondent",
                pl.lit(Decimal(6)).cast(pl.Decimal(6, 2)).alias("reliable_change"),
                pl.lit(1, pl.Int16).alias("reliable_change_inclusive"),
            ),
            dim_instrument=pl.DataFrame(
                {
                    "instrument_code": ["ORS"],
                    "score_step": [Decimal("0.1")],
                    "direction": ["higher_is_better"],
                }
            ),
            fct_episode_cost=pl.DataFrame(self.costs, schema=COST),
            fct_session=pl.DataFrame(self.sessions, schema=SESSION),
        )
        found = list(visits.rows(context))
        assert all(set(row) == set(tables.table("visit_without_benefit").names) for row in found)
        return found


@pytest.fixture
def city() -> City:
    return City()


def test_what_comes_after_the_fall_is_counted_and_priced(
    city: City, marts: Callable[..., Context]
) -> None:
    (line,) = city.lines(marts)
    assert (line["n"], line["n_without_chance"], line["n_persons"]) == (60, 0, 60)
    assert line["n_meetings"] == 20 * len(UP) + 40 * len(DOWN)
    # Those who go down have the same course, so that each has the same visits.
    of_each, rest = divmod(line["n_visits"], 40)
    assert rest == 0
    assert 1 <= of_each <= len(DOWN) - 2
    assert line["estimate"] == pytest.approx(line["n_visits"] / line["n_meetings"])
    assert line["ci_low"] < line["estimate"] < line["ci_high"]
    assert line["visit_hours"] == pytest.approx(1.5 * line["n_visits"])
    # 100.01 over eight meetings, halves up for each episode.
    each = (Decimal("100.01") * of_each / 8).quantize(Decimal("0.0001"), "ROUND_HALF_UP")
    assert line["visit_amount_eur"] == 40 * each
    error = clopper_pearson(0, 40)
    assert (line["n_with_visits"], line["n_improved_after"]) == (40, 0)
    assert (line["improved_after_low"], line["improved_after_high"]) == (0, error.ci_high)
    assert line["least_chance"] == 0.1


def test_the_error_of_the_rule_stands_beside_it(marts: Callable[..., Context]) -> None:
    city = City(500)
    (before,) = city.lines(marts)
    # Down as the others, and up at the very end: by what was known there was no chance.
    city.add(episode(500, change_class="recovered"), (*DOWN, 27.0))
    (line,) = city.lines(marts)
    assert line["n_with_visits"] == before["n_with_visits"] + 1 == 201
    assert line["n_improved_after"] == 1
    error = clopper_pearson(1, 201)
    found = [line[name] for name in ("share_improved_after", "improved_after_low")]
    assert found == [error.estimate, error.ci_low]
    assert line["improved_after_high"] == error.ci_high


def test_one_who_improved_all_the_same_holds_the_rule_back_among_few(
    city: City, marts: Callable[..., Context]
) -> None:
    (before,) = city.lines(marts)
    city.add(episode(100, change_class="recovered"), (*DOWN, 27.0))
    (line,) = city.lines(marts)
    # One of some thirty may be one of ten: those are left of whose chance it is no part, itself too.
    assert line["n_improved_after"] == 1
    assert line["n_with_visits"] < before["n_with_visits"] / 2


def test_only_the_period_is_told_and_all_before_it_is_learnt_from(
    city: City, marts: Callable[..., Context]
) -> None:
    for row in city.episodes:
        row["closed_on"] = LONG_AGO
    row = episode(100)
    city.add(row, DOWN)
    # On the day of closing it is still a meeting of the course.
    city.sessions[-1]["session_date"] = CLOSED
    # Closed after the period, not measured, missed, and after the closing: none of them counts.
    city.add(episode(101, closed_on=date(2026, 1, 1)), DOWN)
    city.add(episode(102, is_in_change=0), DOWN)
    city.sessions += meetings(row, (10.0,), attendance="no_show", session_number=None)
    city.sessions += meetings(row, (10.0,), session_date=date(2025, 6, 2), session_number=9)
    (line,) = city.lines(marts)
    assert (line["n"], line["n_meetings"], line["n_with_visits"]) == (1, len(DOWN), 1)
    assert line["n_visits"] > 0


def test_nothing_is_pooled_over_services_instruments_or_respondents(
    city: City, marts: Callable[..., Context]
) -> None:
    for number in range(100, 110):
        city.add(episode(number, service_code="s2"), DOWN)
    city.add(episode(110, prom_respondent="caretaker"), DOWN)
    first, second = city.lines(marts)
    assert (first["service_code"], first["n"], first["n_without_chance"]) == ("s1", 60, 1)
    assert (second["service_code"], second["n"], second["n_without_chance"]) == ("s2", 0, 10)
    assert second["n_visits"] == second["n_meetings"] == 0
    assert np.isnan(second["estimate"])
    assert second["visit_amount_eur"] == 0


def test_prices_and_purchased_services_stand_apart(
    city: City, marts: Callable[..., Context]
) -> None:
    bought = {"procurement": "purchased", "unit": "session", "used_units": Decimal(10)}
    city.add(episode(100), DOWN, {**bought, "n_persons": 2}, n_episodes=3)
    city.add(episode(101), DOWN, {**bought, "cost_eur": None}, duration_minutes=None)
    nothing = dict.fromkeys(("procurement", "price_year", "vat_included", "unit", "cost_eur"))
    city.add(episode(102), DOWN, nothing)
    own, purchased, unknown = city.lines(marts)
    assert [line["procurement"] for line in (own, purchased, unknown)] == ["own", "purchased", None]
    visits_of_each = own["n_visits"] // 40
    assert purchased["n_visits"] == 2 * visits_of_each
    # By the unit of the price: ten meetings were paid for, though eight were held.
    whole = Decimal("100.01") * visits_of_each / 10
    assert purchased["visit_amount_eur"] == whole.quantize(Decimal("0.0001"), "ROUND_HALF_UP")
    assert purchased["n_without_cost"] == 1
    assert purchased["visit_hours"] is None
    assert (unknown["visit_amount_eur"], unknown["n_without_cost"]) == (None, 1)


def test_a_caretakers_forms_tell_the_course_that_is_a_caretakers(
    city: City, marts: Callable[..., Context]
) -> None:
    (own,) = city.lines(marts)
    for row in city.episodes:
        row["prom_respondent"] = "caretaker"
    for row in city.sessions:
        for name in ("instrument", "total"):
            row[f"caretaker_prom_{name}"] = row.pop(f"prom_{name}")
            row[f"prom_{name}"] = None
    assert city.lines(marts) == [own]


def test_a_family_does_not_tell_its_own_chance(city: City, marts: Callable[..., Context]) -> None:
    for row in city.episodes:
        row["family_key"] = "one"
    (line,) = city.lines(marts)
    assert (line["n"], line["n_without_chance"]) == (0, 60)


def test_a_group_shares_its_hours(city: City, marts: Callable[..., Context]) -> None:
    (before,) = city.lines(marts)
    city.add(episode(100), DOWN, {"n_persons": 2}, n_episodes=3)
    (line,) = city.lines(marts)
    added = line["n_visits"] - before["n_visits"]
    assert added > 0
    assert line["visit_hours"] - before["visit_hours"] == pytest.approx(added * 1.5 / 6)


def test_without_a_visit_the_interval_is_that_of_the_families(
    marts: Callable[..., Context],
) -> None:
    city = City()
    city.sessions = [row for row in city.sessions if row["session_number"] <= 2]
    (line,) = city.lines(marts)
    assert line["n_visits"] == 0 == line["ci_low"]
    assert line["ci_high"] == clopper_pearson(0, 60).ci_high
    assert line["visit_amount_eur"] == line["visit_hours"] == 0


def test_nobody_measured_is_no_line(marts: Callable[..., Context]) -> None:
    city = City()
    for row in city.episodes:
        row["is_in_change"] = 0
    assert city.lines(marts) == []


@given(st.integers(0, 10**13), st.integers(1, 100_000))
def test_quotients_are_rounded_halves_up(numerator: int, denominator: int) -> None:
    (found,) = visits.half_up(np.array([numerator]), np.array([denominator]))
    assert 2 * numerator - denominator < 2 * found * denominator <= 2 * numerator + denominator
