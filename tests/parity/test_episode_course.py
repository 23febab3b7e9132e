"""The course of an episode's forms in SQL is that of a plain walk through the accepted files."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fit_warehouse import project

if TYPE_CHECKING:
    from tests.conftest import BuiltCity
    from tests.parity.conftest import Sandbox

quick = settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ITEMS = [f"item_{number}" for number in range(1, 5)]
INSTRUMENTS = {row["instrument_code"]: row for row in project.seed("instrument")}
THRESHOLDS = {
    (row["instrument_code"], row["parameter_group"], row["respondent_role"]): (
        Decimal(row["reliable_change"]),
        row["reliable_change_inclusive"] == "1",
    )
    for row in project.seed("instrument_parameter")
    if row["parameter_set"] == "pcoms" and row["reliable_change"]
}
EPISODE = ["episode_key", "client_key"]
SERIES = [*EPISODE, "instrument_code", "respondent_role", "respondent"]


def turns(totals: Sequence[Decimal], threshold: Decimal, *, is_inclusive: bool) -> int | None:
    """Count reliable moves that change direction, the first one too; None under five forms."""
    if len(totals) < 5:
        return None
    count, direction = 0, 0
    for before, after in pairwise(totals):
        size = abs(after - before)
        if size > threshold or (is_inclusive and size == threshold):
            way = 1 if after > before else -1
            count += way != direction
            direction = way
    return count


def drops(totals: Sequence[Decimal]) -> int:
    return sum(before - after >= 1 for before, after in pairwise(totals))


@pytest.fixture(scope="module")
def forms(built_city: BuiltCity) -> pl.DataFrame:
    """Return the valid forms of known episodes, from the accepted files, each series in order."""
    accepted = built_city.home.accepted
    sessions = pl.read_parquet(accepted / "session.parquet").select(
        "session_ref", "starts_at", pl.col("episode_ref").alias("session_episode")
    )
    kinds = pl.DataFrame(
        {
            "instrument_code": list(INSTRUMENTS),
            "kind": [row["kind"] for row in INSTRUMENTS.values()],
            "is_scored": [row["is_scored"] == "1" for row in INSTRUMENTS.values()],
        }
    )
    known = pl.read_parquet(accepted / "episode.parquet").select(
        pl.col("episode_ref").alias("episode_key")
    )
    sum_of_items = pl.sum_horizontal(*ITEMS, ignore_nulls=False)
    has_items = sum_of_items.is_not_null()
    return (
        pl.read_parquet(accepted / "response.parquet")
        .join(sessions, on="session_ref", how="left")
        .join(kinds, on="instrument_code")
        .with_columns(
            pl.coalesce("episode_ref", "session_episode").alias("episode_key"),
            pl.col("client_ref").alias("client_key"),
            pl.col("respondent_ref").alias("respondent"),
            pl.when(has_items)
            .then(sum_of_items)
            .when(pl.all_horizontal(pl.col(ITEMS).is_null()))
            .then("total")
            .alias("total"),
            has_items.alias("has_items"),
        )
        .join(known, on="episode_key")
        .filter(
            pl.col("is_scored"),
            pl.col("is_skipped").fill_null(0) == 0,
            pl.col("total").is_not_null(),
            ~(pl.col("has_items") & (pl.col("total") == 0)),
        )
        .sort("session_date", "starts_at", "entered_at", nulls_last=True)
    )


def headlines(forms: pl.DataFrame) -> pl.DataFrame:
    """Return the forms of the series by which each episode is judged, a list a row."""
    series = (
        forms.filter(
            pl.col("kind") == "PROM", pl.col("respondent_role").is_in(["self", "caretaker"])
        )
        .group_by(SERIES, maintain_order=True)
        .agg("total", "session_date", "has_items", *ITEMS, pl.len().cast(pl.Int64).alias("n"))
    )
    is_self = pl.col("respondent_role") == "self"
    ranked = series.with_columns(
        pl.when(is_self & (pl.col("n") >= 2))
        .then(1)
        .when(~is_self)
        .then(2)
        .otherwise(3)
        .alias("a"),
        pl.col("session_date").list.first().alias("first_on"),
        -pl.col("session_date").list.last().to_physical().alias("minus_last_on"),
    ).sort(
        "a",
        -pl.col("n"),
        pl.when(is_self).then("minus_last_on").otherwise(pl.col("first_on").to_physical()),
    )
    return ranked.unique(EPISODE, keep="first", maintain_order=True)


def test_outcome_of_the_accepted_files(built_city: BuiltCity, forms: pl.DataFrame) -> None:
    mart = built_city.frame("select * from marts.fct_episode where n_prom > 0")
    joined = mart.join(headlines(forms), on=EPISODE, validate="1:1")
    assert joined.height == mart.height > 100
    seen_turns = seen_items = 0
    for row in joined.iter_rows(named=True):
        totals: list[Decimal] = row["total"]
        has_two = len(totals) >= 2
        assert row["n_prom"] == len(totals)
        assert row["prom_intake"] == totals[0]
        assert row["prom_last"] == (totals[-1] if has_two else None)
        assert row["prom_best"] == (max(totals) if has_two else None)
        key = (row["prom_instrument"], row["parameter_group"], row["prom_respondent"])
        rule = THRESHOLDS.get(key)
        expected = turns(totals, rule[0], is_inclusive=rule[1]) if rule else None
        assert row["n_reliable_turns"] == expected
        assert row["is_sawtooth"] == (None if expected is None else int(expected >= 4))
        seen_turns += expected is not None
        answered = has_two and row["has_items"][0] and row["has_items"][-1]
        seen_items += answered
        for item in ITEMS:
            change = row[item][-1] - row[item][0] if answered else None
            assert row[f"{item}_change"] == change
    assert seen_turns > 20
    assert seen_items > 50


def test_experience_of_the_accepted_files(built_city: BuiltCity, forms: pl.DataFrame) -> None:
    own = forms.filter(pl.col("kind") == "PREM", pl.col("respondent_role") == "self")
    mart = built_city.frame("select * from marts.fct_episode where n_prem > 0")
    by_episode: dict[tuple[Any, ...], dict[str, list[Decimal]]] = {}
    last: dict[tuple[Any, ...], str] = {}
    for *key, instrument, total in own.select(*EPISODE, "instrument_code", "total").iter_rows():
        by_episode.setdefault(tuple(key), {}).setdefault(instrument, []).append(total)
        last[tuple(key)] = instrument
    for row in mart.iter_rows(named=True):
        key = (row["episode_key"], row["client_key"])
        lists = by_episode[key]
        of_last = lists[last[key]]
        assert row["prem_instrument"] == last[key]
        assert row["n_prem"] == sum(map(len, lists.values()))
        assert row["n_prem_pairs"] == row["n_prem"] - len(lists)
        assert row["n_prem_drops"] == sum(map(drops, lists.values()))
        assert (row["prem_first"], row["prem_last"]) == (of_last[0], of_last[-1])
        assert row["prem_lowest"] == min(of_last)
    assert mart.height > 100
    assert mart["n_prem_drops"].sum() > 20


# Moves of about the threshold and of about a point, up and down.
total_of = st.sampled_from([Decimal(tenths) / 10 for tenths in (200, 201, 209, 210, 259, 260, 261)])
course = st.lists(total_of, min_size=1, max_size=12)


def responses(kind: str, instrument: str, courses: list[list[Decimal]]) -> pl.DataFrame:
    rows = [
        {"response_key": f"r{number:02}-{place:02}", "episode_key": f"e{number:02}", "total": total}
        for number, totals in enumerate(courses)
        for place, total in enumerate(totals)
    ]
    return pl.DataFrame(rows, schema_overrides={"total": pl.Decimal(6, 2)}).with_columns(
        client_key=pl.lit("c"),
        kind=pl.lit(kind),
        instrument_code=pl.lit(instrument),
        respondent_role=pl.lit("self"),
        parameter_rule=pl.lit("by_age"),
        age_at_form=pl.lit(30),
        is_valid=pl.lit(1),
        is_orphan_episode=pl.lit(0),
        session_date=pl.lit("2025-01-10").str.to_date(),
    )


@quick
@given(courses=st.lists(course, min_size=1, max_size=8))
def test_turns_of_any_course(sandbox: Sandbox, courses: list[list[Decimal]]) -> None:
    sandbox.fill("instrument_parameter")
    rows = responses("PROM", "ORS", courses).sample(fraction=1, shuffle=True, seed=1)
    found = sandbox.run("int_series", int_response_scored=rows).sort("episode_key")
    threshold, is_inclusive = THRESHOLDS["ORS", "adult", "self"]
    assert found["n_turns"].to_list() == [
        turns(totals, threshold, is_inclusive=is_inclusive) for totals in courses
    ]
    for name, of in (("highest_total", max), ("lowest_total", min)):
        assert found[name].to_list() == [of(totals) for totals in courses]
    assert found["last_total"].to_list() == [totals[-1] for totals in courses]


@quick
@given(courses=st.lists(course, min_size=1, max_size=8))
def test_falls_of_any_course(sandbox: Sandbox, courses: list[list[Decimal]]) -> None:
    rows = responses("PREM", "SRS", courses).sample(fraction=1, shuffle=True, seed=1)
    found = sandbox.run("int_prem_last", int_response_scored=rows).sort("episode_key")
    assert found["n_prem_drops"].to_list() == [drops(totals) for totals in courses]
    assert found["n_prem_pairs"].to_list() == [len(totals) - 1 for totals in courses]
    assert found["lowest_total"].to_list() == [min(totals) for totals in courses]
