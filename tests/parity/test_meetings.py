"""Meetings and episodes that no source delivered: found again where they are known, whatever the order."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.conftest import BuiltCity
    from tests.parity.conftest import Sandbox

STAGING = ("team", "episode", "episode_client", "session", "session_episode", "session_worker")
GAP_DAYS = 90  # the default of settings.Episodes, with which the city was built
SCHEMA = {
    "response_key": pl.String,
    "client_key": pl.String,
    "episode_key": pl.String,
    "session_key": pl.String,
    "worker_key": pl.String,
    "team_code": pl.String,
    "session_date": pl.Date,
    "entered_at": pl.Datetime("us"),
    "instrument_code": pl.String,
    "respondent_role": pl.String,
    "is_skipped": pl.Int32,
    "skip_reason": pl.String,
}


@dataclass(frozen=True, slots=True)
class Inference:
    """The models from forms to inferred meetings, on rows of one's own."""

    sandbox: Sandbox
    empty: dict[str, pl.DataFrame]

    def run(self, forms: pl.DataFrame, *delivered: str) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return forms with their meeting, and inferred meetings, with some tables of the city delivered."""
        for table in ("stg_fit__team", *delivered):
            self.sandbox.fill(table)
        self.sandbox.fill("instrument")
        left_out = {name: self.empty[name] for name in self.empty if name not in delivered}
        unplaced = self.sandbox.run("int_response_unplaced", stg_fit__response=forms, **left_out)
        placed = self.sandbox.run("int_response_meeting", int_response_unplaced=unplaced)
        return placed, self.sandbox.run("int_session_inferred", int_response_meeting=placed)


@pytest.fixture
def inference(sandbox: Sandbox, built_city: BuiltCity) -> Inference:
    names = [f"stg_fit__{table}" for table in STAGING if table != "team"]
    empty = {name: built_city.frame(f"from staging.{name} limit 0") for name in names}
    empty["int_client_link"] = built_city.frame("from intermediate.int_client_link limit 0")
    return Inference(sandbox, empty)


@pytest.fixture
def known(built_city: BuiltCity) -> pl.DataFrame:
    """Return the city's forms that agree with their meeting on day and team."""
    forms = built_city.frame(
        """
        select response.*, session.session_key as true_session, session.episode_key as true_episode
        from staging.stg_fit__response as response
        inner join staging.stg_fit__session as session using (session_key)
        where response.team_code = session.team_code and response.session_date = session.session_date
            and session.attendance = 'attended'
        """
    )
    assert forms.height > 1000
    return forms


def without(forms: pl.DataFrame, *names: str) -> pl.DataFrame:
    """Return the forms as a source that knows nothing of these delivers them."""
    nothing = [pl.lit(None, dtype=pl.String).alias(name) for name in names]
    return forms.select(pl.exclude("^true_.*$")).with_columns(nothing)


def sets(forms: pl.DataFrame, *names: str) -> set[frozenset[str]]:
    """Return the sets of forms that share these columns."""
    groups = forms.group_by(*names).agg(pl.col("response_key"))
    return {frozenset(keys) for keys in groups["response_key"]}


def found(placed: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Return the forms that have a meeting, with the true one."""
    truth = known.select("response_key", "true_session", "true_episode")
    return placed.join(truth, on="response_key", validate="1:1").filter(
        pl.col("session_key").is_not_null()
    )


@pytest.mark.parametrize("names_episode", [True, False])
def test_delivered_meetings_are_found_again(
    inference: Inference, known: pl.DataFrame, names_episode: bool
) -> None:
    forms = without(known, "session_key", *([] if names_episode else ["episode_key"]))
    delivered = ("stg_fit__episode", "stg_fit__episode_client", "stg_fit__session")
    placed, meetings = inference.run(forms, *delivered)
    assert meetings.height == 0
    pairs = found(placed, known)
    assert pairs.height == known.height
    assert pairs.filter(pl.col("session_key") != pl.col("true_session")).height == 0


def test_meetings_of_named_episodes_are_found_again(
    inference: Inference, known: pl.DataFrame
) -> None:
    placed, meetings = inference.run(without(known, "session_key"))
    pairs = found(placed, known)
    assert sets(pairs, "session_key") == sets(pairs, "true_session")
    assert meetings.height == len(sets(pairs, "session_key"))
    assert pairs.filter(pl.col("episode_key") != pl.col("true_episode")).height == 0


def test_meetings_of_open_episodes_are_found_again(
    inference: Inference, known: pl.DataFrame
) -> None:
    delivered = ("stg_fit__episode", "stg_fit__episode_client")
    placed, meetings = inference.run(without(known, "session_key", "episode_key"), *delivered)
    pairs = found(placed, known)
    assert sets(pairs, "session_key") == sets(pairs, "true_session")
    assert meetings["is_episode_inferred"].sum() == 0


def test_meetings_and_episodes_out_of_forms_alone(
    inference: Inference, known: pl.DataFrame
) -> None:
    placed, meetings = inference.run(without(known, "session_key", "episode_key"))
    pairs = found(placed, known)
    # Nothing says who is a family: each client's part of a meeting is what can be found.
    assert sets(pairs, "session_key") == sets(pairs, "client_key", "true_session")
    assert meetings["is_episode_inferred"].min() == 1
    pairs = pairs.drop("episode_key").join(meetings, on="session_key", validate="m:1")
    true_episodes = sets(pairs, "client_key", "true_episode")
    missed = true_episodes - sets(pairs, "episode_key")
    # Only a pause longer than the gap, or two episodes without one, keep an episode from being found.
    spans = {row["response_key"]: row for row in pairs.iter_rows(named=True)}
    for forms in missed:
        days = sorted(spans[form]["session_date"] for form in forms)
        some = spans[next(iter(forms))]
        same_place = pairs.filter(
            pl.col("client_key") == some["client_key"],
            pl.col("service_code") == some["service_code"],
        )
        others = same_place.filter(~pl.col("response_key").is_in(sorted(forms)))["session_date"]
        has_pause = any((later - earlier).days > GAP_DAYS for earlier, later in pairwise(days))
        has_neighbour = any(
            min(abs((day - days[0]).days), abs((day - days[-1]).days)) <= GAP_DAYS for day in others
        )
        assert has_pause or has_neighbour
    assert len(missed) < len(true_episodes) / 5


FIRST = dt.date(2025, 3, 1)
form = st.fixed_dictionaries(
    {
        "client_key": st.sampled_from(["c1", "c2"]),
        "episode_key": st.sampled_from([None, None, "e1"]),
        "worker_key": st.sampled_from([None, "w1", "w2"]),
        "team_code": st.sampled_from(["T1", "T2"]),
        "session_date": st.sampled_from([0, 1, 2, 91, 92, 183]).map(
            lambda days: FIRST + dt.timedelta(days=days)
        ),
        "entered_at": st.sampled_from(
            [None, dt.datetime(2025, 3, 1, 9), dt.datetime(2025, 3, 1, 15)]
        ),
        "instrument_code": st.sampled_from(["ORS", "SRS"]),
        "respondent_role": st.sampled_from(["self", "caretaker"]),
        "skip_reason": st.sampled_from([None, None, "declined", "not_offered"]),
    }
)


def frame(drawn: list[dict[str, Any]]) -> pl.DataFrame:
    rows = [
        {
            **row,
            "response_key": f"r{number:02}",
            "session_key": None,
            "is_skipped": int(row["skip_reason"] is not None),
        }
        for number, row in enumerate(drawn)
    ]
    return pl.DataFrame(rows, schema=SCHEMA)


def check_meetings(forms: pl.DataFrame, placed: pl.DataFrame) -> None:
    """Every form is there once, all that show a meeting are in one, and no meeting mixes anything."""
    assert sorted(placed["response_key"]) == sorted(forms["response_key"])
    joined = forms.drop("session_key", "episode_key").join(
        placed.select("response_key", "session_key", "episode_key"), on="response_key"
    )
    shows = pl.col("skip_reason").is_null() | (pl.col("skip_reason") == "declined")
    assert joined.filter(shows)["session_key"].null_count() == 0
    signs = joined.filter(shows)
    held = joined.filter(pl.col("session_key").is_not_null())
    # A form that shows no meeting never has one alone.
    assert set(held["session_key"]) == set(signs["session_key"])
    for column in ("team_code", "worker_key"):
        kinds = held.drop_nulls(column).group_by("session_key").agg(pl.col(column).n_unique())
        assert kinds[column].to_list() == [1] * kinds.height
    owner = pl.coalesce("episode_key", "client_key")
    assert held.group_by("session_key").agg(owner.n_unique().alias("n"))["n"].to_list() == (
        [1] * held["session_key"].n_unique()
    )
    per_person = signs.group_by(
        "session_key", "client_key", "instrument_code", "respondent_role"
    ).len()
    assert per_person["len"].max() in (None, 1)
    spread = held.group_by("session_key").agg(
        (pl.col("session_date").max() - pl.col("session_date").min()).dt.total_days().alias("days")
    )
    assert set(spread["days"]) <= {0, 1}


def check_episodes(meetings: pl.DataFrame, placed: pl.DataFrame) -> None:
    """Inferred episodes are cut at every longer gap and nowhere else."""
    clients = placed.select("session_key", "client_key").unique("session_key")
    cut = meetings.filter(pl.col("is_episode_inferred") == 1).join(clients, on="session_key")
    place = pl.coalesce("service_code", "team_code").alias("place")
    for _, rows in cut.group_by("client_key", place):
        ordered = rows.sort("session_date").select("session_date", "episode_key").rows()
        for (earlier, episode), (later, next_episode) in pairwise(ordered):
            assert (episode == next_episode) == ((later - earlier).days <= GAP_DAYS)


@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(drawn=st.lists(form, min_size=1, max_size=14), seed=st.integers(0, 99))
def test_any_forms_in_any_order(
    inference: Inference, drawn: list[dict[str, Any]], seed: int
) -> None:
    forms = frame(drawn)
    placed, meetings = inference.run(forms)
    check_meetings(forms, placed)
    check_episodes(meetings, placed)
    order = list(range(forms.height))
    random.Random(seed).shuffle(order)
    placed_again, meetings_again = inference.run(forms[order])
    assert placed_again.sort("response_key").equals(placed.sort("response_key"))
    assert meetings_again.sort("session_key").equals(meetings.sort("session_key"))


def test_the_worked_example(inference: Inference) -> None:
    rows = [
        ("2025-01-09", 20, "ORS", None),
        ("2025-01-10", 10, "SRS", None),
        ("2025-01-17", 9, "ORS", None),
        ("2025-01-17", 10, "SRS", None),
        ("2025-01-17", 15, "ORS", None),
        ("2025-01-17", 16, "SRS", None),
        ("2025-04-17", 9, "ORS", "declined"),
        ("2025-07-17", 9, "ORS", None),
        ("2025-07-17", 10, "SRS", None),
        ("2025-07-18", 10, "SRS", "not_offered"),
    ]
    drawn = [
        {
            "client_key": "c1",
            "episode_key": None,
            "worker_key": None,
            "team_code": "T1",
            "session_date": dt.date.fromisoformat(day),
            "entered_at": dt.datetime.fromisoformat(f"{day}T{hour:02}:00:00"),
            "instrument_code": instrument,
            "respondent_role": "self",
            "skip_reason": reason,
        }
        for day, hour, instrument, reason in rows
    ]
    placed, meetings = inference.run(frame(drawn))
    forms = placed.sort("response_key")["session_key"].to_list()
    numbers = {key: number for number, key in enumerate(dict.fromkeys(filter(None, forms)), 1)}
    assert [numbers.get(key) for key in forms] == [1, 1, 2, 2, 3, 3, 4, 5, 5, None]
    days = meetings.sort("session_date")["session_date"].to_list()
    assert days[0] == dt.date(2025, 1, 10)
    episodes = meetings.sort("session_date")["episode_key"].to_list()
    assert [episodes.index(key) for key in episodes] == [0, 0, 0, 0, 4]
