"""The use of the forms counted by polars from the accepted files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from fit_warehouse import project

if TYPE_CHECKING:
    from tests.conftest import BuiltCity

ITEMS = [f"item_{number}" for number in range(1, 5)]
CELL = ["month_start", "team_code", "service_code"]
INSTRUMENTS = pl.DataFrame(project.seed("instrument")).select(
    "instrument_code",
    "kind",
    pl.col("is_scored") == "1",
    n_of=pl.col("item_count").cast(pl.Int64),
    highest=pl.col("item_count").cast(pl.Int64) * pl.col("item_max").cast(pl.Decimal(6, 2)),
)
MONTH = pl.col("session_date").dt.month_start().alias("month_start")


def accepted(built_city: BuiltCity, table: str) -> pl.DataFrame:
    return pl.read_parquet(built_city.home.accepted / f"{table}.parquet")


@pytest.fixture(scope="module")
def forms(built_city: BuiltCity) -> pl.DataFrame:
    """Return the forms with what their items say."""
    rows = accepted(built_city, "response").join(INSTRUMENTS, on="instrument_code")
    n_items = pl.sum_horizontal(pl.col(ITEMS).is_not_null())
    whole = n_items == pl.col("n_of")
    total = pl.when(whole).then(pl.sum_horizontal(ITEMS)).when(n_items == 0).then("total")
    zeros = whole & (pl.sum_horizontal(ITEMS) == 0)
    equal = pl.min_horizontal(ITEMS) == pl.max_horizontal(ITEMS)
    shared_out = [
        row["source_system"] for row in project.seed("source_system") if row["imputes_items"] == "1"
    ]
    filled = (pl.col("is_skipped").fill_null(0) == 0) & (
        (n_items > 0) | pl.col("total").is_not_null()
    )
    return rows.with_columns(
        score=total,
        is_filled_in=filled,
        is_valid=filled & total.is_not_null() & ~zeros & pl.col("is_scored"),
        has_items=whole & ~(pl.col("source_system").is_in(shared_out) & equal),
        is_equal=equal,
        is_highest=(total == pl.col("highest")).fill_null(value=False),
    )


@pytest.fixture(scope="module")
def meetings(built_city: BuiltCity, forms: pl.DataFrame) -> pl.DataFrame:
    """Return the attended meetings with the forms that an index client has at them."""
    held = accepted(built_city, "session").filter(attendance="attended")
    episodes = accepted(built_city, "episode").select("episode_ref", of_episode="service_code")
    index = accepted(built_city, "episode_client").filter(role="index")
    about = forms.filter("is_valid").join(held, on="session_ref", suffix="_held")
    about = about.join(
        index.select("episode_ref", "client_ref"),
        left_on=["episode_ref_held", "client_ref"],
        right_on=["episode_ref", "client_ref"],
        how="semi",
    )

    def having(kind: str, role: str) -> pl.Expr:
        found = about.filter(kind=kind, respondent_role=role)["session_ref"]
        return pl.col("session_ref").is_in(found.unique().to_list())

    own, caretaker = having("PROM", "self"), having("PROM", "caretaker")
    return held.join(episodes, on="episode_ref", how="left").with_columns(
        MONTH,
        service_code=pl.coalesce("of_episode", "service_code"),
        own=own,
        caretaker=caretaker,
        prom=own | caretaker,
        prem=having("PREM", "self"),
    )


def compare(found: pl.DataFrame, wanted: pl.DataFrame, by: list[str]) -> None:
    """Compare the cells that have anything; all others are zeros."""
    numbers = [name for name in wanted.columns if name not in by]
    filled = found.filter(pl.any_horizontal(pl.col(numbers) > 0))
    assert wanted.height > 50
    assert_frame_equal(
        filled.select(*by, *numbers),
        wanted.select(*by, pl.col(numbers).cast(pl.Int64)),
        check_row_order=False,
    )


def test_meetings(built_city: BuiltCity, meetings: pl.DataFrame) -> None:
    own, prom, prem = (pl.col(name) for name in ("own", "prom", "prem"))
    wanted = meetings.group_by(CELL).agg(
        n_sessions_held=pl.len(),
        n_with_own_prom=own.sum(),
        n_with_caretaker_prom=pl.col("caretaker").sum(),
        n_with_prom=prom.sum(),
        n_with_prem=prem.sum(),
        n_with_both=(prom & prem).sum(),
        n_with_own_both=(own & prem).sum(),
        n_without_form=(~prom & ~prem).sum(),
    )
    assert 0 < wanted["n_with_own_prom"].sum() < wanted["n_with_prom"].sum()
    compare(built_city.frame("select * from marts.fct_use_month"), wanted, CELL)


def test_forms(built_city: BuiltCity, forms: pl.DataFrame) -> None:
    episodes = accepted(built_city, "episode").select("episode_ref", of_episode="service_code")
    sessions = accepted(built_city, "session").select(
        "session_ref", "episode_ref", of_session="service_code"
    )
    teams = accepted(built_city, "team").select("team_code", of_team="service_code")
    placed = (
        forms.join(sessions, on="session_ref", how="left", suffix="_held")
        .with_columns(pl.coalesce("episode_ref", "episode_ref_held").alias("episode_ref"))
        .join(episodes, on="episode_ref", how="left")
        .join(teams, on="team_code", how="left")
        .with_columns(MONTH, service_code=pl.coalesce("of_episode", "of_session", "of_team"))
    )
    valid = pl.col("is_valid")
    straight = valid & pl.col("has_items")
    wanted = placed.group_by(CELL).agg(
        *[
            ((pl.col("kind") == kind) & condition).sum().alias(f"n_{kind.lower()}_{name}")
            for kind in ("PROM", "PREM")
            for name, condition in {
                "filled_in": pl.col("is_filled_in"),
                "skipped": pl.col("is_skipped") == 1,
                "valid": valid,
                "highest": valid & pl.col("is_highest"),
                "with_items": straight,
                "straight_lined": straight & pl.col("is_equal") & ~pl.col("is_highest"),
            }.items()
        ],
    )
    assert wanted["n_prem_straight_lined"].sum() > 10
    assert wanted["n_prem_highest"].sum() > 10
    compare(built_city.frame("select * from marts.fct_use_month"), wanted, CELL)


def test_teams_and_professionals(
    built_city: BuiltCity, forms: pl.DataFrame, meetings: pl.DataFrame
) -> None:
    months = built_city.frame("select month_start, month_end from intermediate.int_month")
    teams, workers = (accepted(built_city, name) for name in ("team", "worker"))
    by = ["month_start", "team_code"]
    at_end = pl.col("month_end")
    first = min(forms["session_date"].min(), meetings["session_date"].min()).replace(day=1)
    grid = teams.join(months.filter(pl.col("month_start") >= first), how="cross").with_columns(
        is_adopted=(pl.col("fit_adopted_on") <= at_end).fill_null(value=False).cast(pl.Int16)
    )
    stays = workers.join(months, how="cross").filter(
        (pl.col("valid_from") <= at_end).fill_null(value=True)
        & (pl.col("valid_to") >= at_end).fill_null(value=True)
    )
    trained = stays.filter(pl.col("trained_on") <= at_end)
    by_form = forms.filter(pl.col("is_filled_in") & pl.col("worker_ref").is_not_null())
    with_form = meetings.filter(pl.col("prom") | pl.col("prem"))
    using = pl.concat(
        [frame.select(MONTH, "team_code", "worker_ref") for frame in (by_form, with_form)]
    )
    used = [*by, "worker_ref"]

    def count(frame: pl.DataFrame, name: str) -> pl.DataFrame:
        return frame.group_by(by).agg(pl.col("worker_ref").n_unique().alias(name))

    wanted = grid.select(*by, "is_adopted")
    for frame, name in (
        (stays, "n_workers"),
        (trained, "n_trained"),
        (meetings, "n_active"),
        (using, "n_using"),
        (meetings.join(using, on=used, how="semi"), "n_active_using"),
        (trained.join(using, on=used, how="semi"), "n_trained_using"),
    ):
        wanted = wanted.join(count(frame, name), on=by, how="left")
    wanted = wanted.fill_null(0)
    assert 0 < wanted["n_trained_using"].sum() < wanted["n_using"].sum()
    found = built_city.frame("select * from marts.fct_adoption_month")
    assert_frame_equal(
        found.select(wanted.columns),
        wanted.cast(dict(found.select(wanted.columns).schema)),
        check_row_order=False,
    )
