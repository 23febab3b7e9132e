"""Running sums of events give the queue and the caseload that stand at each month's end."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from fit_warehouse.demo import truth
from tests.parity.flow import CELL, Month, expected, usable

if TYPE_CHECKING:
    from tests.conftest import BuiltCity
    from tests.parity.conftest import Sandbox

KEY = ["month_start", *CELL]


def accepted(built_city: BuiltCity, table: str) -> pl.DataFrame:
    frame = pl.read_parquet(built_city.home.accepted / f"{table}.parquet")
    return frame.rename(
        {name: name.replace("_ref", "_key") for name in frame.columns if name.endswith("_ref")}
    )


def compare(found: pl.DataFrame, wanted: pl.DataFrame) -> None:
    numbers = [name for name in wanted.columns if name not in KEY]
    assert_frame_equal(
        found.select(*KEY, pl.col(numbers).cast(pl.Int64)),
        wanted.select(*KEY, pl.col(numbers).cast(pl.Int64)),
        check_row_order=False,
    )


@pytest.fixture(scope="module")
def months(built_city: BuiltCity) -> list[Month]:
    rows = built_city.frame(
        "select month_start, month_end from intermediate.int_month order by all"
    )
    return [Month(*row) for row in rows.iter_rows()]


def test_the_city_month_by_month(built_city: BuiltCity, months: list[Month]) -> None:
    episodes, sessions = (accepted(built_city, name) for name in ("episode", "session"))
    episodes = episodes.with_columns(
        pl.when(pl.col("closed_on").is_not_null()).then(pl.col("ending_code").fill_null("unknown"))
    )
    # Which episodes overlap is tested in test_episode_flag.
    flags = built_city.frame(
        "select episode_key, is_overlapping from intermediate.int_episode_flag"
    )
    episodes = episodes.join(flags, on="episode_key", validate="1:1")
    as_of = built_city.frame("select as_of from intermediate.int_as_of").item()
    assert months[-1].end == as_of
    first = min(
        episodes["referred_on"].min(), episodes["opened_on"].min(), sessions["session_date"].min()
    )
    since = [month for month in months if month.end >= first]
    wanted = expected(episodes, sessions, since, as_of)
    assert wanted.height > 100
    assert wanted["n_waiting_31_90"].sum() > 0
    assert wanted["n_caseload_end"].max() > 2
    compare(built_city.frame("select * from marts.fct_flow_month"), wanted)


def test_the_truth_ends_as_many_episodes(built_city: BuiltCity) -> None:
    landing = built_city.settings.paths.landing
    delivered = pl.read_csv(
        landing / "episode.csv", columns=["episode_ref", "team_code", "service_code"]
    )
    as_of = built_city.frame("select as_of from intermediate.int_as_of").item()
    known = truth.read(landing, "episode").join(delivered, on="episode_ref")
    wanted = (
        known.filter(pl.col("closed_on") <= as_of)
        .group_by(*CELL, month_start=pl.col("closed_on").dt.month_start())
        .agg(pl.len().cast(pl.Int64).alias("n_ended"))
    )
    found = built_city.frame("select * from marts.fct_flow_month where n_ended > 0")
    assert wanted["n_ended"].sum() > 100
    assert_frame_equal(
        found.select(*KEY, "n_ended"), wanted.select(*KEY, "n_ended"), check_row_order=False
    )


def test_the_queue_of_the_city_is_left_by_meeting_or_closing(built_city: BuiltCity) -> None:
    episodes, sessions = (accepted(built_city, name) for name in ("episode", "session"))
    total = built_city.frame("select * from marts.fct_flow_month").sum().row(0, named=True)
    days = usable(episodes, sessions)
    as_of = built_city.frame("select as_of from intermediate.int_as_of").item()
    referred = days.filter(pl.col("referred_on") <= as_of).height
    left = total["n_met_before"] + total["n_started_waited"] + total["n_stopped_waiting"]
    waiting = built_city.frame(
        "select sum(n_waiting_end) from marts.fct_flow_month where month_start = "
        "(select max(month_start) from intermediate.int_month)"
    ).item()
    assert total["n_referred"] == referred == left + waiting


FIRST, AS_OF = date(2024, 5, 1), date(2025, 3, 14)
# The calendar begins later than the first events: what they leave is in the stocks alone.
CALENDAR = [
    Month(date(2024, month, 1), (date(2024, month + 1, 1) - timedelta(1))) for month in (9, 10, 11)
]
CALENDAR += [
    Month(date(2024, 12, 1), date(2024, 12, 31)),
    Month(date(2025, 1, 1), date(2025, 1, 31)),
]
CALENDAR += [Month(date(2025, 2, 1), date(2025, 2, 28)), Month(date(2025, 3, 1), AS_OF)]
# Month ends, their neighbours and any day, also after the data end.
edges = st.sampled_from(
    [month.end + timedelta(shift) for month in CALENDAR for shift in (-1, 0, 1)]
)
days = st.one_of(edges, st.dates(FIRST, AS_OF + timedelta(10)))
maybe = st.one_of(st.none(), days)
cases = st.tuples(
    maybe,
    maybe,
    maybe,
    st.lists(days.filter(lambda day: day <= AS_OF), max_size=2),
    st.sampled_from("AB"),
    st.integers(0, 1),
).filter(lambda case: case[0] is not None or case[1] is not None)


@settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(drawn=st.lists(cases, min_size=1, max_size=8))
def test_any_days_are_cut_into_months(
    sandbox: Sandbox,
    drawn: list[tuple[date | None, date | None, date | None, list[date], str, int]],
) -> None:
    episodes = pl.DataFrame(
        [
            (
                *(f"flow_{number}", team, "s", referred, opened, closed),
                *("moved" if closed else None, overlaps),
            )
            for number, (referred, opened, closed, _, team, overlaps) in enumerate(drawn)
        ],
        schema={
            **dict.fromkeys(["episode_key", *CELL], pl.String),
            **dict.fromkeys(["referred_on", "opened_on", "closed_on"], pl.Date),
            "ending_code": pl.String,
            "is_overlapping": pl.Int16,
        },
        orient="row",
    )
    sessions = pl.DataFrame(
        [
            (f"flow_{number}_{place}", f"flow_{number}", team, "s", day, "attended")
            for number, (*_, met, team, _) in enumerate(drawn)
            for place, day in enumerate(met)
        ],
        schema={
            **dict.fromkeys(["session_key", "episode_key", *CELL], pl.String),
            "session_date": pl.Date,
            "attendance": pl.String,
        },
        orient="row",
    )
    delivered = episodes.drop("is_overlapping")
    numbered = sessions.with_columns(
        session_number=pl.col("session_date").rank("ordinal").over("episode_key"),
        is_main=pl.lit(1),
    )
    first = sandbox.run(
        "int_episode_sessions",
        int_episode=delivered,
        int_session=numbered.drop("service_code"),
    )
    for name in ("ending", "wait_band"):
        sandbox.fill(name)
    flow = sandbox.run(
        "int_episode_flow",
        int_episode=delivered,
        int_episode_sessions=first,
        int_episode_flag=episodes.select("episode_key", "is_overlapping"),
        int_as_of=pl.DataFrame({"as_of": [AS_OF]}),
    )
    calendar = pl.DataFrame(
        {"month_start": [m.start for m in CALENDAR], "month_end": [m.end for m in CALENDAR]}
    ).with_columns(is_complete=(pl.col("month_end") < AS_OF).cast(pl.Int32))
    found = sandbox.run(
        "fct_flow_month", int_episode_flow=flow, int_session=numbered, int_month=calendar
    )
    compare(found, expected(episodes, sessions, CALENDAR, AS_OF))
    for rows in found.sort("month_start").partition_by(CELL):
        assert rows["n_waiting_start"][1:].to_list() == rows["n_waiting_end"][:-1].to_list()
        assert rows["n_caseload_start"][1:].to_list() == rows["n_caseload_end"][:-1].to_list()
