"""Episodes overlap in SQL exactly when a comparison of every pair says so."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import combinations
from typing import TYPE_CHECKING

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.conftest import BuiltCity
    from tests.parity.conftest import Sandbox

FLAGS = ["episode_key", "is_overlapping", "has_two_open", "has_session_outside"]
AS_OF = date(2025, 1, 6)
Episode = dict[str, object]


def begins(episode: Episode) -> date:
    start = episode["opened_on"] or episode["referred_on"]
    assert isinstance(start, date)
    return start


def ends(episode: Episode) -> date:
    end = episode["closed_on"] or date.max
    assert isinstance(end, date)
    return end


def flags(
    episodes: list[Episode],
    members: list[tuple[str, str]],
    sessions: list[tuple[str, date, str]],
    as_of: date,
) -> dict[str, tuple[int, int, int]]:
    """Return the flags of each episode, found by looking at all pairs."""
    clients: dict[str, set[str]] = {}
    for episode, client in members:
        clients.setdefault(episode, set()).add(client)
    lasting = {str(one["episode_key"]): one for one in episodes if begins(one) <= ends(one)}
    overlapping, open_twice = set(), set()
    by_client: dict[tuple[str, object], list[str]] = {}
    for key, one in lasting.items():
        for client in clients.get(key, ()):
            by_client.setdefault((client, one["service_code"]), []).append(key)
    for keys in by_client.values():
        for first, second in combinations(keys, 2):
            one, other = lasting[first], lasting[second]
            if begins(one) < ends(other) and begins(other) < ends(one):
                overlapping |= {first, second}
            if all(begins(each) <= as_of < ends(each) for each in (one, other)):
                open_twice |= {first, second}
    outside = {
        key
        for key, day, attendance in sessions
        if attendance == "attended"
        and key in lasting
        and not begins(lasting[key]) <= day <= ends(lasting[key])
    }
    return {
        key: (int(key in overlapping), int(key in open_twice), int(key in outside))
        for key in (str(one["episode_key"]) for one in episodes)
    }


def found(rows: pl.DataFrame) -> dict[str, tuple[int, int, int]]:
    return {key: (a, b, c) for key, a, b, c in rows.select(FLAGS).iter_rows()}


def test_flags_of_the_city(built_city: BuiltCity) -> None:
    columns = "episode_key, service_code, referred_on, opened_on, closed_on"
    episodes = built_city.frame(f"select {columns} from staging.stg_fit__episode").to_dicts()
    members = built_city.frame(
        "select episode_key, client_key from intermediate.int_episode_index_client "
        "where client_key is not null"
    ).rows()
    sessions = built_city.frame(
        "select episode_key, session_date, attendance from staging.stg_fit__session"
    ).rows()
    as_of = built_city.frame("select as_of from intermediate.int_as_of").item()
    rows = built_city.frame("select * from intermediate.int_episode_flag")
    assert found(rows) == flags(episodes, members, sessions, as_of)


days = st.integers(0, 8).map(lambda number: date(2025, 1, 1) + timedelta(days=number))
episode = st.fixed_dictionaries(
    {
        "service_code": st.sampled_from(["s", "t"]),
        "referred_on": days,
        "opened_on": st.none() | days,
        "closed_on": st.none() | days,
    }
)
meeting = st.tuples(st.integers(0, 7), days, st.sampled_from(["attended", "no_show"]))


@settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    drawn=st.lists(episode, min_size=1, max_size=8),
    places=st.sets(st.tuples(st.integers(0, 7), st.integers(1, 3)), max_size=14),
    met=st.lists(meeting, max_size=6),
)
def test_flags_of_any_episodes(
    sandbox: Sandbox,
    drawn: list[Episode],
    places: set[tuple[int, int]],
    met: list[tuple[int, date, str]],
) -> None:
    episodes = [{"episode_key": f"e{number}", **one} for number, one in enumerate(drawn)]
    keys = {one["episode_key"] for one in episodes}
    members = [(f"e{one}", f"c{client}") for one, client in sorted(places) if f"e{one}" in keys]
    sessions = [(f"e{one}", day, attendance) for one, day, attendance in met]
    dates = {"referred_on": pl.Date, "opened_on": pl.Date, "closed_on": pl.Date}
    rows = sandbox.run(
        "int_episode_flag",
        int_as_of=pl.DataFrame({"as_of": [AS_OF]}),
        int_episode=pl.DataFrame(episodes, schema_overrides=dates),
        int_episode_index_client=pl.DataFrame(
            members, schema=["episode_key", "client_key"], orient="row"
        ).cast(pl.String),
        int_session_numbered=pl.DataFrame(
            sessions,
            schema={"episode_key": pl.String, "session_date": pl.Date, "attendance": pl.String},
            orient="row",
        ),
    )
    assert found(rows) == flags(episodes, members, sessions, AS_OF)
