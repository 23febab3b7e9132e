"""The next episode in SQL is that of a plain search through each client's episodes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.parity.conftest import Sandbox

START = date(2024, 1, 29)
AS_OF = date(2025, 1, 1)
DATES = ("referred_on", "opened_on", "closed_on")


def day(length: int) -> st.SearchStrategy[date | None]:
    return st.none() | st.integers(0, length).map(lambda days: START + timedelta(days))


# Few days, so that many fall together; longer ones for the ends of the windows.
episode = st.sampled_from([4, 400]).flatmap(
    lambda length: st.fixed_dictionaries(
        {"client_key": st.sampled_from(["c1", "c2", None]), **dict.fromkeys(DATES, day(length))}
    )
)
drawn_episodes = st.lists(
    episode.filter(lambda row: row["referred_on"] or row["opened_on"]), min_size=1, max_size=9
)


def began(row: dict[str, Any]) -> date:
    return min(day for day in (row["referred_on"], row["opened_on"]) if day)


def is_closed(row: dict[str, Any]) -> bool:
    return bool(row["closed_on"] and row["closed_on"] >= (row["opened_on"] or row["referred_on"]))


def place(row: dict[str, Any]) -> tuple[date, date, str]:
    return began(row), row["opened_on"] or date.max, row["episode_key"]


def next_of(row: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the first of the client's later episodes that begins on the closing day or after it."""
    later = [
        other
        for other in rows
        if other["client_key"] == row["client_key"]
        and place(other) > place(row)
        and began(other) >= row["closed_on"]
    ]
    return min(later, key=place, default=None)


def is_back(days: int | None, closed_on: date, months: int) -> int | None:
    end: date = pl.Series([closed_on]).dt.offset_by(f"{months}mo").item()
    if days is not None and closed_on + timedelta(days) <= end:
        return 1
    return 0 if end <= AS_OF else None


@settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(drawn=drawn_episodes, data=st.data())
def test_next_of_any_episodes(
    sandbox: Sandbox, drawn: list[dict[str, Any]], data: st.DataObject
) -> None:
    rows = [{"episode_key": f"e{number}", **row} for number, row in enumerate(drawn)]
    schema = {"episode_key": pl.String, "client_key": pl.String, **dict.fromkeys(DATES, pl.Date)}
    frame = pl.DataFrame(data.draw(st.permutations(rows)), schema=schema)
    found = sandbox.run(
        "int_episode_next",
        int_episode=frame.drop("client_key").with_columns(service_code="episode_key"),
        int_episode_index_client=frame.select(
            "episode_key", "client_key", pl.col("episode_key").alias("episode_client_key")
        ),
        int_as_of=pl.DataFrame({"as_of": [AS_OF]}),
    ).sort("episode_client_key")
    expected = []
    for row in rows:
        if row["client_key"] is None or not is_closed(row):
            continue
        follower = next_of(row, rows)
        days = (began(follower) - row["closed_on"]).days if follower else None
        key = follower["episode_key"] if follower else None
        back = [is_back(days, row["closed_on"], months) for months in (6, 12)]
        expected.append((row["episode_key"], key, key, days, *back))
    columns = found.select(
        "episode_client_key",
        "next_episode_key",
        "next_service_code",
        "days_to_next",
        "is_rereferred_6_months",
        "is_rereferred_12_months",
    )
    assert columns.rows() == expected
