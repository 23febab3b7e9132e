"""Sessions, episodes and their clients in monthly extracts, as the system stood when each was taken."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fit_warehouse.demo import make_city, truth
from fit_warehouse.demo.extracts import times
from fit_warehouse.demo.parameters import load_parameters

FORMS, SEED = 20_000, 6
KEY = {"session": "session_ref", "episode": "episode_ref"}
TABLES = ("session", "episode", "episode_client")
AT_THE_END = ("closed_on", "ending_code", "onward_service_code")
Read = Callable[[Path, str], pl.DataFrame]


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("monthly") / "landing"
    make_city(folder, forms=FORMS, seed=SEED, layout="monthly")
    return folder


@pytest.fixture(scope="module")
def extracts(landing: Path, read_table: Read) -> dict[str, pl.DataFrame]:
    return {table: read_table(landing, table) for table in (*TABLES, "correction")}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, read_table: Read) -> dict[str, pl.DataFrame]:
    folder = tmp_path_factory.mktemp("plain") / "landing"
    make_city(folder, forms=FORMS, seed=SEED)
    return {table: read_table(folder, table) for table in TABLES}


@pytest.fixture(scope="module")
def rows(landing: Path) -> pl.DataFrame:
    return truth.read(landing, "row")


def keys(rows: pl.DataFrame, table: str, **values: str) -> pl.Series:
    chosen = rows.filter(table_name=table, **values)["key"]
    assert chosen.len() > 0
    return chosen


@pytest.mark.parametrize("table", TABLES)
def test_there_is_a_file_for_every_month_taken_on_the_third_of_the_next(
    landing: Path, table: str, read_table: Read
) -> None:
    files = sorted(landing.glob(f"{table}_20*.csv"))
    assert [file.stem[-7:] for file in files] == [
        f"{year}-{month:02d}" for year in range(2023, 2027) for month in range(1, 13)
    ][: len(files)]
    assert len(files) == 46
    for file in files:
        taken = read_table(file.parent, file.stem)["extracted_at"].unique().to_list()
        year, month = divmod(int(file.stem[-7:-3]) * 12 + int(file.stem[-2:]), 12)
        last = datetime(2026, 11, 5, 6)
        assert taken == [last if file is files[-1] else datetime(year, month + 1, 3, 6)]


def test_no_extract_knows_what_comes_after_it(extracts: dict[str, pl.DataFrame]) -> None:
    for table, days in (("session", ["session_date"]), ("episode", ["referred_on", "opened_on"])):
        for day in [*days, *(["closed_on"] if table == "episode" else [])]:
            known = extracts[table].drop_nulls(day)
            assert known.height > 0
            assert (known[day] < known["extracted_at"].dt.date()).all()


def test_the_last_week_comes_once_more(
    extracts: dict[str, pl.DataFrame], rows: pl.DataFrame
) -> None:
    session = extracts["session"].filter(~pl.col("session_ref").is_in(rows["key"].implode()))
    content = [name for name in session.columns if name != "extracted_at"]
    found = session.group_by(content).agg(
        pl.len(), pl.col("extracted_at").min().alias("first"), pl.col("extracted_at").n_unique()
    )
    assert found["session_ref"].is_unique().all()
    assert found["len"].max() == 2
    assert (found["len"] == found["extracted_at"]).all()
    days = (found["first"].dt.date() - found["session_date"]).dt.total_days()
    last = found["first"].max()
    # Seven days before six in the morning: the evening of the seventh day before is the first inside.
    assert ((days <= 7) & (found["first"] < last)).eq(found["len"] == 2).all()


def test_an_open_episode_is_open_until_the_extract_of_its_closing_month(
    extracts: dict[str, pl.DataFrame], plain: dict[str, pl.DataFrame]
) -> None:
    episode = extracts["episode"]
    is_open = episode["closed_on"].is_null()
    assert episode.filter(is_open).select(AT_THE_END).null_count().row(0) == (is_open.sum(),) * 3
    closed = (
        episode.filter(~is_open)
        .group_by("episode_ref")
        .agg(pl.col("closed_on").first(), pl.col("extracted_at").min())
    )
    assert closed.height == plain["episode"]["closed_on"].count()
    wait = closed["extracted_at"] - closed["closed_on"].cast(pl.Datetime("ms"))
    assert (wait > timedelta(0)).all()
    assert (wait < timedelta(days=35)).all()
    was_open = episode.filter(is_open)["episode_ref"].unique()
    seen_open = closed.filter(pl.col("episode_ref").is_in(was_open.implode()))
    assert seen_open.height > 0.8 * closed.height


def test_who_was_referred_waits_until_the_episode_is_opened(
    extracts: dict[str, pl.DataFrame], plain: dict[str, pl.DataFrame]
) -> None:
    waiting = extracts["episode"].filter(pl.col("opened_on").is_null())
    opened = waiting.join(plain["episode"], on="episode_ref", suffix="_at_the_end").filter(
        pl.col("opened_on_at_the_end").is_not_null()
    )
    assert opened.height > 100
    assert (
        opened["opened_on_at_the_end"].cast(pl.Datetime("ms")) + timedelta(hours=20)
        > opened["extracted_at"]
    ).all()


def test_clients_come_with_their_episode(extracts: dict[str, pl.DataFrame]) -> None:
    first = [
        extracts[table].group_by("episode_ref").agg(pl.col("extracted_at").min())
        for table in ("episode_client", "episode")
    ]
    joined = first[0].join(first[1], on="episode_ref")
    assert joined.height == first[0].height
    assert (joined["extracted_at"] == joined["extracted_at_right"]).all()


@pytest.mark.parametrize(
    ("flaw", "table", "columns"),
    [
        ("wrong_attendance", "session", {"attendance"}),
        ("wrong_date", "session", {"session_date", "starts_at"}),
        ("wrong_plan", "episode", {"planned_sessions", "planned_months"}),
        ("wrong_ending", "episode", {"ending_code"}),
    ],
)
def test_a_slip_stands_in_one_extract_and_is_right_in_the_next(
    extracts: dict[str, pl.DataFrame],
    plain: dict[str, pl.DataFrame],
    rows: pl.DataFrame,
    flaw: str,
    table: str,
    columns: set[str],
) -> None:
    key = KEY[table]
    slipped = keys(rows, table, flaw=flaw, fate="superseded")
    versions = extracts[table].filter(pl.col(key).is_in(slipped.implode()))
    end = versions.join(plain[table], on=key, suffix="_right")
    if flaw == "wrong_ending":
        end = end.filter(pl.col("closed_on").is_not_null())
    is_wrong = pl.any_horizontal(
        pl.col(name).ne_missing(pl.col(f"{name}_right")) for name in sorted(columns)
    )
    judged = end.sort(key, "extracted_at").group_by(key, maintain_order=True).agg(is_wrong=is_wrong)
    assert set(judged[key]) == set(slipped)
    assert judged["is_wrong"].list.first().all()
    assert not judged["is_wrong"].list.last().any()
    # Wrong in one extract and any overlap before the correction, right ever after.
    assert (
        judged["is_wrong"]
        .list.eval(pl.element().cast(pl.Int8).diff().max())
        .list.first()
        .le(0)
        .all()
    )
    others = [
        name
        for name in plain[table].columns
        if name not in {*columns, *AT_THE_END, "opened_on", "extracted_at", key}
    ]
    assert not end.select(
        pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_right")).any() for name in others)
    ).item()


def test_where_the_truth_says_nothing_the_last_version_is_the_plain_row_and_no_other_differs(
    extracts: dict[str, pl.DataFrame], plain: dict[str, pl.DataFrame], rows: pl.DataFrame
) -> None:
    named = keys(rows, "session").implode()
    content = [name for name in plain["session"].columns if name != "extracted_at"]
    every = extracts["session"].filter(~pl.col("session_ref").is_in(named)).select(content).unique()
    expected = plain["session"].filter(~pl.col("session_ref").is_in(named)).select(content)
    assert every.sort("session_ref").equals(expected.sort("session_ref"))


@pytest.mark.parametrize("table", ["session", "episode"])
def test_rows_entered_by_mistake_stand_for_nothing_and_are_deleted(
    extracts: dict[str, pl.DataFrame],
    plain: dict[str, pl.DataFrame],
    rows: pl.DataFrame,
    table: str,
) -> None:
    key = KEY[table]
    extra = keys(rows, table, flaw="entered_by_mistake", fate="deleted")
    assert extra.is_unique().all()
    assert not extra.is_in(plain[table][key].implode()).any()
    correction = extracts["correction"].filter(pl.col("table_name") == table)
    assert set(correction[key]) == set(extra)
    versions = extracts[table].join(correction.select(key, "corrected_at"), on=key)
    assert set(versions[key]) == set(extra)
    assert (versions["extracted_at"] < versions["corrected_at"]).all()
    client = extracts["episode_client"]["episode_ref"]
    assert not client.is_in(extra.implode()).any()


MOMENTS = st.datetimes(datetime(2022, 6, 1), datetime(2026, 11, 4)).map(
    lambda moment: moment.replace(microsecond=0)
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), MOMENTS), min_size=1, unique=True))
def test_after_any_extract_the_latest_row_of_a_key_is_what_was_known_then(
    events: list[tuple[str, datetime]],
) -> None:
    parameters = load_parameters()
    versions = pl.DataFrame(
        events, schema={"key": pl.String, "known_at": pl.Datetime("ms")}, orient="row"
    ).with_row_index("version")
    delivered = times.in_extracts(parameters, times.replaced_in(parameters, versions, "key"))
    assert set(delivered["month"]) <= {
        date(year, month, 1) for year in range(2023, 2027) for month in range(1, 13)
    }
    for month, taken in delivered.select("month", "taken_at").unique().rows():
        known = versions.filter(pl.col("known_at") < taken).sort("known_at")
        so_far = delivered.filter(pl.col("month") <= month).sort("taken_at", "known_at")
        shown, right = (
            dict(frame.group_by("key", maintain_order=True).agg(pl.col("version").last()).rows())
            for frame in (so_far, known)
        )
        assert shown == right
        assert delivered.filter(pl.col("month") == month)["key"].is_unique().all()
