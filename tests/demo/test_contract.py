"""What is delivered keeps to the intake contract: tables, columns, codes, keys, dates."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import polars as pl
import pytest

if TYPE_CHECKING:
    from tests.demo.conftest import Delivered

COLUMNS = {
    "response": (
        "source_system source_record_id client_ref episode_ref session_ref session_date entered_at "
        "instrument_code respondent_role respondent_ref worker_ref team_code is_skipped "
        "skip_reason item_1 item_2 item_3 item_4 total extracted_at"
    ),
    "session": (
        "session_ref episode_ref session_date starts_at duration_minutes attendance worker_ref "
        "team_code service_code channel extracted_at"
    ),
    "episode": (
        "episode_ref service_code team_code referred_on opened_on closed_on ending_code "
        "planned_sessions planned_months planned_days onward_service_code extracted_at"
    ),
    "episode_client": "episode_ref client_ref role birth_date birth_year gender",
    "team": "team_code name_fi name_sv name_en service_code unit_oid fit_adopted_on",
    "service": "service_code name_fi name_sv name_en task_code measure_rhythm",
    "worker": "worker_ref team_code trained_on is_trainer valid_from valid_to",
    "unit_price": (
        "service_code basis amount_eur planned_units planned_unit per valid_from valid_to "
        "price_year procurement no_show_is_used vat_included source"
    ),
    "cost_assumption": "factor service_code low base high unit valid_from valid_to is_assumption source",
    "fit_cost": (
        "cost_item team_code amount_eur per quantity period_from period_to price_year "
        "vat_included source"
    ),
    "survey_response": "survey_code wave respondent_hash team_code item_code value",
    "avoided_service": ("client_ref episode_ref service_code decided_on kind revisited_on source"),
}
REQUIRED = {
    "response": (
        "source_system source_record_id client_ref session_date instrument_code respondent_role "
        "team_code"
    ),
    "session": "session_ref episode_ref session_date attendance team_code service_code",
    "episode": "episode_ref service_code team_code",
    "episode_client": "episode_ref client_ref role",
    "team": "team_code",
    "service": "service_code",
    "worker": "worker_ref team_code",
    "unit_price": "service_code basis amount_eur price_year procurement source",
    "cost_assumption": "factor low base high unit is_assumption source",
    "fit_cost": "cost_item amount_eur per quantity period_from period_to price_year source",
    "survey_response": "survey_code wave respondent_hash team_code item_code value",
    "avoided_service": "client_ref episode_ref service_code decided_on kind source",
}
SERVICES = {"hehku", "nepsy_coaching", "family_work", "family_counselling", "adult_social_work"}
CODES = {
    ("response", "instrument_code"): {"ORS", "CORS", "YCORS", "SRS", "CSRS", "YCSRS"},
    ("response", "respondent_role"): {"self", "caretaker", "professional"},
    ("response", "skip_reason"): {"declined", "unable", "not_offered", "technical", "other"},
    ("response", "is_skipped"): {0, 1},
    ("session", "attendance"): {"attended", "no_show", "late_cancelled", "cancelled"},
    ("session", "channel"): {"office", "home", "school", "remote", "phone", "other"},
    ("session", "service_code"): SERVICES,
    ("episode", "service_code"): SERVICES,
    ("episode", "onward_service_code"): SERVICES,
    ("episode", "ending_code"): {
        "planned_end",
        "goals_reached_early",
        "not_benefiting_early",
        "referred_on_early",
        "unilateral",
        "moved",
        "aged_out",
        "placed",
        "died",
        "other",
        "unknown",
    },
    ("episode_client", "role"): {"index", "child", "guardian"},
    ("episode_client", "gender"): {"female", "male", "other", "unknown"},
    ("service", "measure_rhythm"): {"session", "week"},
    ("avoided_service", "kind"): {"deferred", "avoided"},
    ("survey_response", "wave"): {"1", "2", "3", "4"},
    ("unit_price", "basis"): {"session", "month", "period"},
    ("unit_price", "per"): {"client", "episode"},
    ("unit_price", "procurement"): {"purchased", "own"},
}
LAST_SESSION = date(2026, 10, 31)


@pytest.mark.parametrize("table", sorted(COLUMNS))
def test_columns_are_those_of_the_contract(city: Delivered, table: str) -> None:
    assert city.table(table).columns == COLUMNS[table].split()


@pytest.mark.parametrize("table", sorted(REQUIRED))
def test_required_columns_are_filled(city: Delivered, table: str) -> None:
    nulls = city.table(table).select(REQUIRED[table].split()).null_count().row(0)
    assert sum(nulls) == 0


@pytest.mark.parametrize(("table", "column"), sorted(CODES))
def test_all_codes_and_no_others_are_delivered(city: Delivered, table: str, column: str) -> None:
    delivered = set(city.table(table)[column].drop_nulls().to_list())
    assert delivered == CODES[table, column]


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("session", ["session_ref"]),
        ("episode", ["episode_ref"]),
        ("episode_client", ["episode_ref", "client_ref"]),
        ("team", ["team_code"]),
        ("service", ["service_code"]),
        ("worker", ["worker_ref"]),
        ("unit_price", ["service_code", "basis", "valid_from"]),
        ("cost_assumption", ["factor", "service_code", "valid_from"]),
        ("fit_cost", ["cost_item", "team_code", "per", "period_from"]),
        ("survey_response", ["survey_code", "wave", "respondent_hash", "item_code"]),
        ("avoided_service", ["client_ref", "episode_ref"]),
    ],
)
def test_keys_are_unique(city: Delivered, table: str, key: list[str]) -> None:
    assert city.table(table).select(key).is_duplicated().sum() == 0


@pytest.mark.parametrize(
    ("table", "column", "target"),
    [
        ("session", "episode_ref", "episode"),
        ("session", "team_code", "team"),
        ("session", "worker_ref", "worker"),
        ("episode", "team_code", "team"),
        ("episode_client", "episode_ref", "episode"),
        ("response", "episode_ref", "episode"),
        ("response", "client_ref", "episode_client"),
        ("response", "worker_ref", "worker"),
        ("worker", "team_code", "team"),
        ("team", "service_code", "service"),
        ("unit_price", "service_code", "service"),
        ("cost_assumption", "service_code", "service"),
        ("survey_response", "team_code", "team"),
        ("avoided_service", "episode_ref", "episode"),
        ("avoided_service", "client_ref", "episode_client"),
        ("avoided_service", "service_code", "service"),
    ],
)
def test_references_point_to_delivered_rows(
    city: Delivered, table: str, column: str, target: str
) -> None:
    values = city.table(table).select(column).drop_nulls()
    assert values.join(city.table(target), on=column, how="anti").height == 0


def test_references_are_opaque_running_numbers(city: Delivered) -> None:
    refs = {"C": "client_ref", "E": "episode_ref", "S": "session_ref", "R": "source_record_id"}
    for letter, column in refs.items():
        assert city.response[column].str.contains(rf"^{letter}-\d{{7}}$").all(), column


def test_every_session_lies_within_its_episode_and_period(city: Delivered) -> None:
    joined = city.session.join(city.episode, on="episode_ref")
    assert joined.height == city.session.height
    assert (joined["session_date"] >= joined["opened_on"]).all()
    closed = joined.filter(pl.col("closed_on").is_not_null())
    assert (closed["session_date"] <= closed["closed_on"]).all()
    latest = city.session["session_date"].max()
    assert isinstance(latest, date)
    assert date(2026, 10, 1) < latest <= LAST_SESSION


def test_sessions_are_on_different_working_days_of_an_episode(city: Delivered) -> None:
    assert city.session.select("episode_ref", "session_date").is_duplicated().sum() == 0
    assert city.session["session_date"].dt.weekday().is_in([6, 7]).sum() == 0
    month_day = city.session["session_date"].dt.strftime("%m-%d")
    assert month_day.is_in(["01-01", "12-06", "12-24", "12-25"]).sum() == 0


def test_session_starts_on_its_own_day_and_says_what_its_episode_says(city: Delivered) -> None:
    with_start = city.session.filter(pl.col("starts_at").is_not_null())
    assert 0.9 < with_start.height / city.session.height < 1
    assert (with_start["starts_at"].dt.date() == with_start["session_date"]).all()
    joined = city.session.join(city.episode, on="episode_ref", suffix="_of_episode")
    assert (joined["service_code"] == joined["service_code_of_episode"]).all()
    assert (joined["team_code"] == joined["team_code_of_episode"]).all()


def test_dates_of_an_episode_are_in_order(city: Delivered) -> None:
    episode = city.episode
    neither = episode.filter(pl.col("opened_on").is_null() & pl.col("referred_on").is_null())
    assert neither.height == 0
    assert episode.filter(pl.col("referred_on") > pl.col("opened_on")).height == 0
    assert episode.filter(pl.col("closed_on") < pl.col("opened_on")).height == 0
    latest = episode.select("referred_on", "opened_on", "closed_on").max().row(0)
    assert max(latest) <= LAST_SESSION
    earliest = episode["opened_on"].min()
    assert isinstance(earliest, date)
    assert date(2023, 1, 1) <= earliest < date(2023, 2, 1)


def test_a_code_is_only_given_to_closed_episodes_and_rarely_left_out(city: Delivered) -> None:
    is_open = pl.col("closed_on").is_null()
    assert city.episode.filter(is_open & pl.col("ending_code").is_not_null()).height == 0
    uncoded = city.episode.filter(~is_open & pl.col("ending_code").is_null()).height
    assert 0 < uncoded < 0.02 * city.episode.height


def test_onward_service_belongs_to_referrals_only(city: Delivered) -> None:
    onward = city.episode.filter(pl.col("onward_service_code").is_not_null())
    coded = onward["ending_code"].drop_nulls()
    assert coded.is_in(["referred_on_early", "unknown"]).all()
    assert (coded == "referred_on_early").sum() > 0


def test_planned_amount_has_the_unit_of_the_price(city: Delivered) -> None:
    by_service = city.episode.group_by("service_code").agg(
        pl.col("planned_sessions").drop_nulls().unique().sort(),
        pl.col("planned_months").drop_nulls().unique().sort(),
        pl.col("planned_days").drop_nulls().len(),
    )
    planned = {row[0]: row[1:] for row in by_service.rows()}
    assert planned["hehku"] == ([], [6], 0)
    assert planned["nepsy_coaching"] == ([10], [], 0)
    assert planned["family_work"] == ([], [2, 3, 4], 0)
    assert planned["family_counselling"] == ([3, 6, 8, 12], [], 0)
    assert planned["adult_social_work"] == ([3, 6, 10], [], 0)


def test_forms_are_entered_after_the_session_and_before_the_extract(city: Delivered) -> None:
    dated = city.response.filter(pl.col("session_date").dt.year() >= 2023)
    late = (dated["entered_at"].dt.date() - dated["session_date"]).dt.total_days()
    assert late.min() == 0
    assert late.max() == 5
    assert 0.90 < (late == 0).mean() < 0.97
    latest = city.response["entered_at"].max()
    assert isinstance(latest, datetime)
    assert latest < datetime(2026, 11, 5, 6)


def test_workers_hold_their_post_on_the_day_of_the_session(city: Delivered) -> None:
    joined = city.session.join(city.worker, on="worker_ref", suffix="_of_worker")
    assert joined.height == city.session.height
    assert (joined["team_code"] == joined["team_code_of_worker"]).all()
    assert joined.filter(pl.col("session_date") < pl.col("valid_from")).height == 0
    assert joined.filter(pl.col("session_date") > pl.col("valid_to")).height == 0
    assert city.worker["valid_to"].drop_nulls().len() > 0
    assert city.worker.filter(pl.col("trained_on") > pl.col("valid_to")).height == 0


def test_a_successor_begins_the_day_after(city: Delivered) -> None:
    left = city.worker.filter(pl.col("valid_to").is_not_null()).with_columns(
        pl.col("valid_to").dt.offset_by("1d").alias("valid_from")
    )
    successors = left.join(city.worker, on=["team_code", "valid_from"], how="semi")
    assert successors.height == left.height > 0


def test_prices_are_the_published_ones_or_called_assumed(city: Delivered) -> None:
    prices = city.unit_price
    published = prices.filter(pl.col("source").str.contains("julkaistu esimerkki"))
    columns = ["service_code", "basis", "amount_eur", "planned_units", "planned_unit"]
    assert published.select(columns).rows() == [
        ("hehku", "period", 8664.0, 6, "month"),
        ("nepsy_coaching", "period", 3450.0, 10, "session"),
    ]
    assert (published["procurement"] == "purchased").all()
    others = prices.filter(~pl.col("source").str.contains("julkaistu esimerkki"))
    assert (others["source"] == "oletus, synteettinen aineisto").all()
    assert (others["procurement"] == "own").all()


def test_every_opening_has_exactly_one_price(city: Delivered) -> None:
    opened = city.episode.filter(pl.col("opened_on").is_not_null())
    priced = opened.join(city.unit_price, on="service_code").filter(
        (pl.col("opened_on") >= pl.col("valid_from"))
        & (pl.col("valid_to").is_null() | (pl.col("opened_on") <= pl.col("valid_to")))
    )
    assert priced.height == opened.height
    assert priced["episode_ref"].n_unique() == opened.height


def test_teams_adopt_fit_in_steps(city: Delivered) -> None:
    adopted = city.team["fit_adopted_on"].sort()
    assert adopted[0].isoformat() == "2023-02-01"
    assert adopted[-1].isoformat() == "2025-09-01"
    assert adopted.n_unique() > 0.8 * adopted.len()
    assert (adopted.dt.day() == 1).all()
