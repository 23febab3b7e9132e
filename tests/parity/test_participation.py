"""Participation and counts of respondents in SQL are those that polars counts from the delivered rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

if TYPE_CHECKING:
    from tests.conftest import BuiltCity

ITEMS = [f"item_{number}" for number in range(1, 5)]
CELL = ["session_quarter", "team_code", "service_code", "age_band"]
PERSON = ["session_quarter", "team_code", "service_code", "client_key"]
REASONS = {
    "n_declined": "declined",
    "n_unable": "unable",
    "n_not_offered": "not_offered",
    "n_technical": "technical",
    "n_other_reason": "other",
    "n_unknown_reason": None,
}
FIRST_AGE = {0: "0–5", 6: "6–12", 13: "13–15", 16: "16–17", 18: "18–20", 21: "21–24", 25: "25+"}


def staged(built_city: BuiltCity, name: str) -> pl.DataFrame:
    return built_city.frame(f"select * from staging.stg_fit__{name}")


@pytest.fixture(scope="module")
def forms(built_city: BuiltCity) -> pl.DataFrame:
    """Return the delivered forms, with is_valid; this city has no links of ids."""
    assert staged(built_city, "client_link").is_empty()
    complete = pl.all_horizontal(pl.col(ITEMS).is_not_null())
    alone = pl.all_horizontal(pl.col(ITEMS).is_null())
    total = pl.when(complete).then(pl.sum_horizontal(ITEMS)).when(alone).then("delivered_total")
    is_scored = ~pl.col("instrument_code").is_in(["YCORS", "YCSRS"])
    return staged(built_city, "response").with_columns(
        is_valid=(total > 0).fill_null(False) & is_scored & (pl.col("is_skipped") == 0),
        is_prom=pl.col("instrument_code").is_in(["ORS", "CORS"]),
    )


def born(built_city: BuiltCity) -> pl.DataFrame:
    clients = staged(built_city, "episode_client").group_by("client_key")
    return clients.agg(pl.min("birth_month", "birth_year"))


def test_participation_of_the_city(built_city: BuiltCity, forms: pl.DataFrame) -> None:
    index = staged(built_city, "episode_client").filter(role="index")
    met = (
        staged(built_city, "session")
        .filter(attendance="attended")
        .select("session_key", "episode_key", "session_date", "team_code")
        .join(staged(built_city, "episode").select("episode_key", "service_code"), on="episode_key")
        .join(index.select("episode_key", "client_key"), on="episode_key")
        .with_columns(session_quarter=pl.col("session_date").dt.truncate("1q"))
    )
    own = forms.filter(respondent_role="self").select(
        "session_key", "client_key", "is_valid", "is_prom", "is_skipped", "skip_reason"
    )
    at_meeting = met.join(own, on=["session_key", "client_key"], how="left", nulls_equal=False)
    skipped = (pl.col("is_skipped") == 1).fill_null(False)
    persons = at_meeting.group_by(PERSON).agg(
        prom=(pl.col("is_valid") & pl.col("is_prom")).fill_null(False).any(),
        prem=(pl.col("is_valid") & ~pl.col("is_prom")).fill_null(False).any(),
        skipped=skipped.any(),
        **{
            name: (skipped & pl.col("skip_reason").eq_missing(reason)).any()
            for name, reason in REASONS.items()
        },
    )
    quarter, birth = pl.col("session_quarter"), pl.col("birth_month")
    by_month = quarter.dt.year() - birth.dt.year() - (quarter.dt.month() < birth.dt.month())
    age = pl.coalesce(by_month, quarter.dt.year() - pl.col("birth_year"))
    first_age = pl.max_horizontal(pl.when(age >= first).then(first) for first in FIRST_AGE)
    expected = (
        persons.join(born(built_city), on="client_key")
        .with_columns(age_band=first_age.replace_strict(FIRST_AGE, return_dtype=pl.String))
        .group_by(CELL)
        .agg(
            n_clients=pl.len(),
            n_own_prom=pl.sum("prom"),
            n_own_prem=pl.sum("prem"),
            n_own_both=(pl.col("prom") & pl.col("prem")).sum(),
            n_own_neither=(~pl.col("prom") & ~pl.col("prem")).sum(),
            n_only_skipped=(~pl.col("prom") & ~pl.col("prem") & pl.col("skipped")).sum(),
            n_skipped=pl.sum("skipped"),
            **{name: pl.sum(name) for name in REASONS},
        )
        .sort(CELL)
    )
    found = (
        built_city.frame("select * from marts.fct_participation_quarter")
        .select(expected.columns)
        .sort(CELL)
        .cast(dict(expected.schema))
    )
    assert found.height > 50
    assert found["n_declined"].sum() > 0 < found["n_own_both"].sum()
    assert found.equals(expected)


def test_children_are_the_bands_from_6_to_17(built_city: BuiltCity) -> None:
    found = built_city.frame(
        "select distinct age_band, is_child_6_plus from marts.fct_participation_quarter"
    )
    flags = dict(found.iter_rows())
    assert {band for band, flag in flags.items() if flag} == {"6–12", "13–15", "16–17"}
    assert "25+" in flags


def test_clients_with_a_form_add_up_over_the_bands(built_city: BuiltCity) -> None:
    found = built_city.frame(
        "select session_quarter, sum(n_own_prom) as n from marts.fct_participation_quarter group by all"
    )
    persons = built_city.frame(
        """
        select date_trunc('quarter', session_date)::date as session_quarter,
            count(distinct (client_key, team_code, service_code)) as n
        from marts.fct_session
        where attendance = 'attended' and prom_total is not null
        group by all
        """
    )
    by_quarter = dict(persons.iter_rows())
    assert {quarter: n for quarter, n in found.iter_rows() if n} == by_quarter


def test_respondents_of_the_city(built_city: BuiltCity, forms: pl.DataFrame) -> None:
    known = staged(built_city, "episode").select("episode_key")
    proms = forms.filter("is_valid", "is_prom").join(known, on="episode_key", how="semi")
    clients = staged(built_city, "episode_client")
    role = pl.col("respondent_role")
    counted = proms.group_by("episode_key", "client_key").agg(
        n_self_series=pl.col("instrument_code").filter(role == "self").n_unique(),
        n_caretaker_forms=(role == "caretaker").sum(),
        n_professional_forms=(role == "professional").sum(),
        n_respondents=pl.struct("respondent_role", "respondent_client_key").n_unique(),
    )
    guardians = clients.filter(role="guardian").select("episode_key", "client_key")
    by_guardians = (
        proms.filter(respondent_role="self")
        .join(guardians, on=["episode_key", "client_key"], how="semi")
        .group_by("episode_key")
        .agg(n_guardian_own_forms=pl.len())
    )
    expected = (
        clients.filter(role="index")
        .select("episode_key", "client_key")
        .join(counted, on=["episode_key", "client_key"], how="left")
        .join(by_guardians, on="episode_key", how="left")
        .fill_null(0)
        .sort("episode_key", "client_key")
    )
    found = built_city.frame("select * from intermediate.int_episode_respondent")
    found = found.select(expected.columns).sort("episode_key", "client_key")
    assert expected["n_guardian_own_forms"].sum() > 0 < expected["n_caretaker_forms"].sum()
    assert found.cast(dict(expected.schema)).equals(expected)
