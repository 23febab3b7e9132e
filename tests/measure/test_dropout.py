"""Drop-out by its three denominators: of the built city, and of episodes that no city has."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats

from fit_warehouse.measure import dropout
from fit_warehouse.measure.context import Context
from fit_warehouse.measure.period import Period

if TYPE_CHECKING:
    from tests.conftest import BuiltCity

KINDS = {"with_effect": True, "without_effect": False, "effect_unknown": None}
POPULATIONS = {
    "all_episodes": pl.lit(True),
    "closed_episodes": pl.col("is_closed"),
    "closed_episodes_with_two_scores": pl.col("is_closed") & (pl.col("n_prom") >= 2),
}
SCHEMA = {
    "episode_client_key": pl.String, "episode_key": pl.String, "family_key": pl.String,
    "service_code": pl.String, "closed_on": pl.Date, "first_session_on": pl.Date,
    "n_sessions": pl.Int32, "n_prom": pl.Int32, "ending_code": pl.String,
    "is_in_change": pl.Int16, "change_class": pl.String, "is_closed_before_opened": pl.Int16,
}  # fmt: skip
SESSIONS = {"episode_key": pl.String, "worker_key": pl.String, "attendance": pl.String}


def recomputed(episodes: pl.DataFrame, start: date, end: date) -> dict[tuple[str, str, str], Any]:
    """Return numerator, denominator and what is left out of each line, by polars alone."""
    met = episodes.filter(
        (pl.col("n_sessions") > 0)
        & (pl.col("is_closed_before_opened") == 0)
        & (pl.col("first_session_on") <= end)
        & (pl.col("closed_on").is_null() | (pl.col("closed_on") >= start))
    ).with_columns(is_closed=pl.col("closed_on").is_not_null() & (pl.col("closed_on") <= end))
    no_ending = pl.col("ending_code").is_null() | (pl.col("ending_code") == "unknown")
    better = pl.when(pl.col("is_in_change") == 1, pl.col("n_prom") >= 2).then(
        pl.col("change_class").is_in(["recovered", "improved"])
    )
    cells = {}
    for service in ["_total", *met["service_code"].unique()]:
        cell = met if service == "_total" else met.filter(service_code=service)
        known = cell.filter(~(pl.col("is_closed") & no_ending))
        for name, condition in POPULATIONS.items():
            of = known.filter(condition)
            leavers = of.filter(pl.col("is_closed"), pl.col("ending_code") == "unilateral")
            effects = leavers.select(better.alias("better"))["better"]
            counts = {kind: int(effects.eq_missing(value).sum()) for kind, value in KINDS.items()}
            for kind, count in {**counts, "unilateral": leavers.height}.items():
                cells[service, name, kind] = (
                    count, of.height, cell.height - known.height, of["family_key"].n_unique()
                )  # fmt: skip
    return cells


def assert_lines(lines: list[dict[str, Any]], cells: dict[tuple[str, str, str], Any]) -> None:
    found = {
        (line["service_code"], line["denominator"], line["indicator"]): (
            line["numerator"], line["n"], line["n_missing"], line["n_persons"]
        )
        for line in lines
    }  # fmt: skip
    assert len(found) == len(lines)
    assert found == cells


def test_every_line_of_the_city(built_city: BuiltCity) -> None:
    lines = built_city.frame("select * from metrics.dropout")
    start, end = lines.select("period_start", "period_end").row(0)
    episodes = built_city.frame("select * from marts.fct_episode")
    assert_lines(lines.to_dicts(), recomputed(episodes, start, end))
    closed = lines.filter(
        service_code="_total", denominator="closed_episodes", indicator="unilateral"
    ).to_dicts()[0]
    flagged = episodes.filter(pl.col("closed_on").is_between(start, end), is_in_dropout=1)
    assert closed["n"] == flagged.height > 0
    assert closed["numerator"] == (flagged["ending_code"] == "unilateral").sum() > 0
    for line in lines.iter_rows(named=True):
        if line["n"]:
            share = stats.binomtest(line["numerator"], line["n"])
            interval = share.proportion_ci(method="wilson")
            assert (line["ci_low"], line["ci_high"]) == pytest.approx((interval.low, interval.high))


def episode(number: int, **other: Any) -> dict[str, Any]:
    return {
        "episode_client_key": f"i{number}", "episode_key": f"e{number}", "family_key": f"f{number}",
        "service_code": "a", "closed_on": date(2025, 6, 1), "first_session_on": date(2025, 1, 9),
        "n_sessions": 3, "n_prom": 3, "ending_code": "unilateral", "is_in_change": 1,
        "change_class": "unchanged", "is_closed_before_opened": 0, **other,
    }  # fmt: skip


def measured(marts: Callable[..., Context], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    context = marts(
        fct_episode=pl.DataFrame(rows, schema=SCHEMA),
        fct_session=pl.DataFrame(
            [(row["episode_key"], "w1", "attended") for row in rows], schema=SESSIONS, orient="row"
        ),
    )
    return list(dropout.rows(context))


def test_who_is_counted_where(
    marts: Callable[..., Context], one_line: Callable[..., dict[str, Any]]
) -> None:
    lines = measured(
        marts,
        [
            episode(1),
            episode(2, change_class="recovered"),
            episode(3, n_prom=1, is_in_change=0, change_class=None),
            episode(4, ending_code="planned_end"),
            episode(5, ending_code="unknown"),
            episode(6, closed_on=None, ending_code=None, is_in_change=0, change_class=None),
            # Closed after the period: still open at its end, however it ended then.
            episode(7, closed_on=date(2026, 1, 1)),
            episode(8, closed_on=date(2024, 12, 31)),
            episode(9, n_sessions=0, first_session_on=None),
            episode(10, is_closed_before_opened=1),
            episode(11, closed_on=None, ending_code=None, first_session_on=date(2026, 1, 1)),
        ],
    )
    counted = {
        name: one_line(lines, service_code="_total", denominator=name, indicator="unilateral")
        for name in POPULATIONS
    }
    assert {name: (line["numerator"], line["n"]) for name, line in counted.items()} == {
        "all_episodes": (3, 6),
        "closed_episodes": (3, 4),
        "closed_episodes_with_two_scores": (2, 3),
    }
    assert {line["n_missing"] for line in lines} == {1}
    assert [
        one_line(lines, service_code="a", denominator="closed_episodes", indicator=kind)[
            "numerator"
        ]
        for kind in KINDS
    ] == [1, 1, 1]
    assert {line["n_workers"] for line in lines} == {1}


def test_nobody_met_is_no_line(marts: Callable[..., Context]) -> None:
    assert measured(marts, [episode(1, n_sessions=0, first_session_on=None)]) == []


PERIOD = Period(date(2025, 1, 1), date(2025, 12, 31))
days = st.none() | st.dates(date(2024, 11, 1), date(2026, 2, 1))


@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "service_code": st.sampled_from(["a", "b"]),
                "family_key": st.sampled_from(["f1", "f2", "f3"]),
                "closed_on": days,
                "first_session_on": st.dates(date(2024, 11, 1), date(2026, 2, 1)),
                "n_sessions": st.integers(0, 2),
                "n_prom": st.integers(0, 3),
                "ending_code": st.sampled_from(["unilateral", "planned_end", "unknown"]),
                "is_in_change": st.integers(0, 1),
                "change_class": st.sampled_from(["recovered", "improved", "unchanged"]),
                "is_closed_before_opened": st.sampled_from([0, 0, 0, 1]),
            }
        ),
        min_size=1,
        max_size=25,
    )
)
def test_any_episodes(marts: Callable[..., Context], rows: list[dict[str, Any]]) -> None:
    episodes = [episode(number, **row) for number, row in enumerate(rows)]
    cells = recomputed(pl.DataFrame(episodes, schema=SCHEMA), PERIOD.start, PERIOD.end)
    lines = measured(marts, episodes)
    # Without anybody who was met there is no line, of the city neither.
    assert_lines(lines, cells if lines else {})
    if not lines:
        assert {value[1] + value[2] for value in cells.values()} == {0}
