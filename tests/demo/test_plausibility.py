"""The city looks like one: families, roll-out, intake, change, endings, attendance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

if TYPE_CHECKING:
    from tests.demo.conftest import Delivered

PROM = ["ORS", "CORS"]
PREM = ["SRS", "CSRS"]
EARLY = ["goals_reached_early", "not_benefiting_early", "referred_on_early"]
RELIABLE_CHANGE = 6.0
DAYS_PER_YEAR = 365.25


def series(city: Delivered) -> pl.DataFrame:
    """Return intake and change of the index clients' own series in episodes closed with FIT."""
    index = city.episode_client.filter(pl.col("role") == "index")
    own = city.valid_responses().filter(
        pl.col("instrument_code").is_in(PROM) & (pl.col("respondent_role") == "self")
    )
    own = own.join(index.select("episode_ref", "client_ref"), on=["episode_ref", "client_ref"])
    own = own.join(city.closed_with_fit().select("episode_ref", "service_code"), on="episode_ref")
    return (
        own.sort("session_date", "source_record_id")
        .group_by("episode_ref", "client_ref", "instrument_code", "service_code")
        .agg(
            pl.len().alias("n"),
            pl.col("total").first().alias("intake"),
            (pl.col("total").last() - pl.col("total").first()).round(1).alias("change"),
        )
    )


def test_adults_start_near_the_published_clinical_mean(city: Delivered) -> None:
    intake = series(city).filter(pl.col("service_code") == "adult_social_work")["intake"]
    assert intake.mean() == pytest.approx(19.8, abs=1.3)
    assert intake.std() == pytest.approx(8.2, abs=0.9)


def test_children_start_somewhat_higher_than_adults(city: Delivered) -> None:
    first = series(city)
    children = first.filter(pl.col("instrument_code") == "CORS")["intake"].mean()
    adults = first.filter(pl.col("service_code") == "adult_social_work")["intake"].mean()
    assert isinstance(children, float)
    assert isinstance(adults, float)
    assert 2.5 < children - adults < 7


def test_about_half_improve_and_few_deteriorate(city: Delivered) -> None:
    change = series(city).filter(pl.col("n") >= 2)["change"]
    assert change.len() > 1000
    assert change.mean() == pytest.approx(5.5, abs=0.8)
    assert 0.40 <= (change >= RELIABLE_CHANGE).mean() <= 0.55
    assert 0.045 <= (change <= -RELIABLE_CHANGE).mean() <= 0.08


def test_items_hang_together_as_published(city: Delivered) -> None:
    forms = city.valid_responses().filter(pl.col("instrument_code") == "ORS")
    items = forms.select([f"item_{number}" for number in range(1, 5)]).to_numpy()
    variances = items.var(axis=0, ddof=1).sum() / items.sum(axis=1).var(ddof=1)
    alpha = 4 / 3 * (1 - variances)
    assert 0.85 < alpha < 0.93


def test_prem_is_near_its_ceiling(city: Delivered) -> None:
    total = city.valid_responses().filter(pl.col("instrument_code").is_in(PREM))["total"]
    assert total.mean() == pytest.approx(36.2, abs=0.6)
    assert 0.26 < (total >= 39).mean() < 0.40
    assert total.median() > total.mean()


def test_drop_out_is_within_the_published_band(city: Delivered) -> None:
    closed = city.closed_with_fit()
    assert 0.12 <= (closed["ending_code"] == "unilateral").mean() <= 0.20


def test_early_agreed_endings_come_with_fit(city: Delivered) -> None:
    with_fit = city.closed_with_fit()
    before = city.episode.filter(pl.col("closed_on").is_not_null()).join(
        with_fit, on="episode_ref", how="anti"
    )
    share_with = with_fit["ending_code"].is_in(EARLY).mean()
    share_before = before["ending_code"].is_in(EARLY).mean()
    assert isinstance(share_with, float)
    assert isinstance(share_before, float)
    assert share_with > 2 * share_before > 0


@pytest.mark.parametrize("service", ["hehku", "nepsy_coaching"])
@pytest.mark.parametrize("ending", EARLY)
def test_purchased_services_have_every_early_ending(
    city: Delivered, service: str, ending: str
) -> None:
    closed = city.closed_with_fit()
    early = closed.filter((pl.col("service_code") == service) & (pl.col("ending_code") == ending))
    assert early.height > 0


def test_early_endings_leave_planned_units_unused(city: Delivered) -> None:
    attended = (
        city.session.filter(pl.col("attendance") == "attended")
        .group_by("episode_ref")
        .len("attended")
    )
    early = city.closed_with_fit().filter(pl.col("ending_code").is_in(EARLY))
    early = early.join(attended, on="episode_ref", how="left")
    by_session = early.filter(pl.col("planned_sessions").is_not_null())
    assert (by_session["attended"] < by_session["planned_sessions"]).all()
    by_month = early.filter(pl.col("planned_months").is_not_null())
    planned_end = by_month["opened_on"].dt.offset_by(
        by_month["planned_months"].cast(pl.String) + "mo"
    )
    assert (by_month["closed_on"] < planned_end).all()


def test_some_planned_ends_come_later_than_planned(city: Delivered) -> None:
    hehku = city.closed_with_fit().filter(
        (pl.col("service_code") == "hehku") & (pl.col("ending_code") == "planned_end")
    )
    days = (hehku["closed_on"] - hehku["opened_on"]).dt.total_days()
    assert 0.1 < (days > 6 * 30.44 + 14).mean() < 0.7


def test_some_episodes_are_still_open_and_some_clients_wait(city: Delivered) -> None:
    open_share = city.episode["closed_on"].is_null().mean()
    assert isinstance(open_share, float)
    assert 0.05 < open_share < 0.25
    waiting = city.episode.filter(pl.col("opened_on").is_null())
    assert waiting.height > 0
    assert waiting.join(city.session, on="episode_ref").height == 0


def test_attendance_and_number_of_sessions(city: Delivered) -> None:
    shares = dict(city.session["attendance"].value_counts(normalize=True).rows())
    assert shares["no_show"] == pytest.approx(0.065, abs=0.01)
    assert shares["late_cancelled"] == pytest.approx(0.03, abs=0.006)
    assert shares["cancelled"] == pytest.approx(0.04, abs=0.006)
    attended = city.session.filter(pl.col("attendance") == "attended")
    per_episode = attended.group_by("service_code", "episode_ref").len()
    means = per_episode.group_by("service_code").agg(pl.col("len").mean())["len"]
    assert means.min() > 5
    assert means.max() < 9


def test_july_is_quiet(city: Delivered) -> None:
    by_month = city.session.group_by(pl.col("session_date").dt.month()).len("n")
    n = dict(by_month.rows())
    assert n[7] < 0.5 * min(n[5], n[6], n[8], n[9])
    assert n[12] < 0.85 * n[11]


def test_forms_come_only_from_attended_sessions_after_adoption(city: Delivered) -> None:
    forms = city.valid_responses()
    joined = forms.join(city.session, on="session_ref", suffix="_of_session")
    assert joined.height == forms.join(city.session, on="session_ref", how="semi").height
    assert (joined["attendance"] == "attended").all()
    assert (joined["session_date"] == joined["session_date_of_session"]).all()
    by_team = forms.join(city.team, on="team_code")
    assert (by_team["session_date"] >= by_team["fit_adopted_on"]).all()
    first = (
        city.session.join(city.team, on="team_code")
        .group_by("team_code")
        .agg((pl.col("session_date") < pl.col("fit_adopted_on")).sum().alias("before"))
    )
    assert (first["before"] > 0).mean() == 1.0


def test_use_of_forms_at_sessions_after_adoption(city: Delivered) -> None:
    adopted = city.closed_with_fit().filter(pl.col("service_code") == "adult_social_work")
    sessions = city.session.filter(pl.col("attendance") == "attended").join(
        adopted.select("episode_ref"), on="episode_ref"
    )
    filled = city.response.filter(pl.col("is_skipped") == 0).unique("source_record_id")
    rates = [
        sessions.join(
            filled.filter(pl.col("instrument_code") == code), on="session_ref", how="semi"
        ).height
        / sessions.height
        for code in ("ORS", "SRS")
    ]
    assert rates[0] == pytest.approx(0.84, abs=0.04)
    assert rates[1] == pytest.approx(0.74, abs=0.04)


def test_weekly_service_has_at_most_one_form_a_week(city: Delivered) -> None:
    own = city.valid_responses().filter(
        (pl.col("respondent_role") == "self") & pl.col("instrument_code").is_in(PROM)
    )
    own = own.join(
        city.episode.filter(pl.col("service_code") == "family_work"), on="episode_ref"
    ).with_columns(pl.col("session_date").dt.truncate("1w").alias("week"))
    assert own.height > 0
    assert own.select("episode_ref", "client_ref", "instrument_code", "week").is_unique().all()


def test_families_have_an_index_child_and_guardians(city: Delivered) -> None:
    roles = city.episode_client.group_by("episode_ref").agg(
        *[(pl.col("role") == role).sum().alias(role) for role in ("index", "child", "guardian")]
    )
    roles = roles.join(city.episode.select("episode_ref", "service_code"), on="episode_ref")
    adult = pl.col("service_code") == "adult_social_work"
    alone = roles.filter(adult).select("index", "child", "guardian").unique().rows()
    assert alone == [(1, 0, 0)]
    families = roles.filter(~adult)
    assert set(families["guardian"].to_list()) == {1, 2}
    assert set(families["index"].to_list()) == {1, 2}
    assert set(families["child"].to_list()) == {0, 1}
    assert roles.height == city.episode.height


def test_some_families_have_a_second_episode_most_in_the_same_service(city: Delivered) -> None:
    joined = city.episode_client.join(city.episode, on="episode_ref")
    episodes = (
        joined.filter(pl.col("role") == "index")
        .group_by("client_ref")
        .agg(pl.len(), pl.col("service_code").n_unique().alias("services"))
    )
    assert set(episodes["len"].to_list()) == {1, 2}
    twice = episodes.filter(pl.col("len") == 2)
    assert 0.05 < twice.height / episodes.height < 0.12
    assert 0.05 < (twice["services"] == 2).mean() < 0.4


def ages(city: Delivered) -> pl.DataFrame:
    """Return each valid form with the client's age at the session, where the birth day is known."""
    born = city.episode_client.filter(pl.col("birth_date").is_not_null())
    forms = city.valid_responses().join(born, on=["episode_ref", "client_ref"])
    days = (pl.col("session_date") - pl.col("birth_date")).dt.total_days()
    return forms.with_columns((days / DAYS_PER_YEAR).alias("age"))


def test_instrument_fits_the_age(city: Delivered) -> None:
    own = ages(city).filter(pl.col("respondent_role") == "self")
    child_form = own.filter(pl.col("instrument_code").is_in(["CORS", "CSRS"]))
    assert child_form["age"].min() > 5.99
    assert child_form["age"].max() < 17.2
    adult_form = own.filter(pl.col("instrument_code").is_in(["ORS", "SRS"]))
    assert adult_form["age"].min() > 12.99
    teens = own.filter(pl.col("age").is_between(13.1, 15.9))
    assert 0.01 < teens["instrument_code"].is_in(["CORS", "CSRS"]).mean() < 0.30
    assert own["instrument_code"].is_in(["YCORS", "YCSRS"]).sum() == 0


def test_some_children_change_form_at_thirteen(city: Delivered) -> None:
    own = ages(city).filter(
        (pl.col("respondent_role") == "self") & pl.col("instrument_code").is_in(PROM)
    )
    both = own.group_by("episode_ref", "client_ref").agg(
        pl.col("instrument_code").n_unique().alias("forms")
    )
    assert (both["forms"] == 2).sum() > 0


def test_forms_for_the_youngest_are_only_noted_as_not_offered(city: Delivered) -> None:
    young = city.response.filter(pl.col("instrument_code").is_in(["YCORS", "YCSRS"]))
    assert young.height > 0
    assert (young["is_skipped"] == 1).all()
    assert (young["skip_reason"] == "not_offered").all()


def test_a_caretaker_is_a_guardian_in_the_same_episode(city: Delivered) -> None:
    caretaker = city.response.filter(pl.col("respondent_role") == "caretaker")
    guardians = city.episode_client.filter(pl.col("role") == "guardian")
    joined = caretaker.join(
        guardians,
        left_on=["episode_ref", "respondent_ref"],
        right_on=["episode_ref", "client_ref"],
        how="semi",
    )
    assert joined.height == caretaker.height > 0
    about = caretaker.join(city.episode_client, on=["episode_ref", "client_ref"])
    assert (about["role"] == "index").all()
    assert caretaker["instrument_code"].is_in(PROM).all()


def test_guardians_fill_in_their_own_adult_forms(city: Delivered) -> None:
    guardians = city.episode_client.filter(pl.col("role") == "guardian")
    own = city.valid_responses().join(guardians, on=["episode_ref", "client_ref"], how="semi")
    assert set(own["instrument_code"].to_list()) == {"ORS", "SRS"}
    assert (own["respondent_role"] == "self").all()
    assert own["respondent_ref"].null_count() == own.height


def test_change_comes_early_and_slows_down(city: Delivered) -> None:
    index = city.episode_client.filter(pl.col("role") == "index")
    own = city.valid_responses().filter(
        pl.col("instrument_code").is_in(PROM) & (pl.col("respondent_role") == "self")
    )
    own = own.join(index, on=["episode_ref", "client_ref"], how="semi")
    own = own.join(city.closed_with_fit(), on="episode_ref", how="semi").sort("session_date")
    courses = own.group_by("episode_ref", "client_ref", "instrument_code").agg("total")
    totals = [total[:9] for total in courses["total"].to_list() if len(total) >= 9]
    mean = np.mean(totals, axis=0)
    assert mean[4] - mean[0] > 1.5 * (mean[8] - mean[4]) > 0
