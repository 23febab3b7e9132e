"""The truth lies beside the data and fits what was delivered."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import polars as pl
import pytest

from fit_warehouse.demo import make_city, truth
from fit_warehouse.demo.savings import months_between
from fit_warehouse.demo.working_time import day_number
from fit_warehouse.landing import files

if TYPE_CHECKING:
    from tests.demo.conftest import Delivered

ITEMS = [f"item_{number}" for number in range(1, 5)]


@pytest.fixture(scope="module")
def episodes(city: Delivered) -> pl.DataFrame:
    delivered = truth.read(city.folder, "episode").join(city.episode, on="episode_ref")
    assert delivered.height == city.episode.height
    return delivered


def test_truth_is_beside_the_landing_folder_and_never_landed(city: Delivered) -> None:
    place = truth.folder_of(city.folder)
    assert place.is_dir()
    assert city.folder not in place.parents
    found, ignored = files.scan(city.folder)
    assert {file.path.suffix for file in found} == {".csv"}
    assert ignored == []


def test_truth_of_an_earlier_city_is_replaced(tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    make_city(landing, forms=70_000, seed=1)
    for path in landing.iterdir():
        path.unlink()
    summary = make_city(landing, forms=300, seed=2)
    assert truth.read(landing, "episode").height == summary.rows["episode"]
    assert truth.parameters_of(landing)["seed"] == 2


def test_no_truth_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="there is no truth about"):
        truth.read(tmp_path / "landing", "form")


def test_every_record_has_one_true_fate(city: Delivered) -> None:
    forms = truth.read(city.folder, "form")
    assert forms["source_record_id"].is_unique().all()
    delivered = (
        city.response.group_by("source_record_id").len("rows").join(forms, on="source_record_id")
    )
    assert delivered.height == forms.height
    twice = delivered.filter(pl.col("rows") == 2)
    assert set(twice["fate"].to_list()) == {"duplicate", "superseded"}
    assert (delivered.filter(pl.col("fate") == "accepted")["rows"] == 1).all()


def test_planted_flaws_are_where_the_truth_says(city: Delivered) -> None:
    rows = city.response.join(truth.read(city.folder, "form"), on="source_record_id")

    def of(flaw: str) -> pl.DataFrame:
        found = rows.filter(pl.col("flaw") == flaw)
        assert found.height > 0
        return found

    assert (of("all_zero").select(pl.max_horizontal(ITEMS)).to_series() == 0).all()
    sums = of("total_mismatch").select((pl.sum_horizontal(ITEMS) - pl.col("total")).abs())
    assert (sums.to_series() > 0.05).all()
    assert (of("wrong_century")["session_date"].dt.year() < 2000).all()
    assert of("unknown_team").join(city.team, on="team_code").height == 0
    assert of("orphan_session").join(city.session, on="session_ref").height == 0
    outside = pl.any_horizontal(~pl.col(item).is_between(0, 10) for item in ITEMS)
    assert of("item_out_of_range").select(outside).to_series().all()


def test_a_form_is_the_true_score_and_noise_without_bias(city: Delivered) -> None:
    prom = city.valid_responses().filter(pl.col("instrument_code").is_in(["ORS", "CORS"]))
    forms = truth.read(city.folder, "form").filter(pl.col("fate") == "accepted")
    joined = prom.join(forms, on="source_record_id")
    # The ends of the scale bend the noise, so bias is judged in its middle.
    middle = joined.filter(pl.col("true_total").is_between(12, 30))
    noise = middle["total"] - middle["true_total"]
    assert noise.mean() == pytest.approx(0.0, abs=0.1)
    reliability = joined.select(pl.corr("total", "true_total")).item() ** 2
    assert 0.80 < reliability < 0.95


def test_who_feels_worse_fills_in_less(city: Delivered) -> None:
    about = city.response.filter(pl.col("instrument_code").is_in(["ORS", "CORS"]))
    joined = about.join(truth.read(city.folder, "form"), on="source_record_id")
    by_state = joined.group_by(pl.col("true_total") > 22.0).agg(pl.col("filled_chance").mean())
    chance = dict(by_state.rows())
    assert chance[True] > chance[False] + 0.01


def test_families_are_those_that_the_delivery_connects(city: Delivered) -> None:
    graph = nx.Graph()
    graph.add_edges_from(city.episode_client.select("episode_ref", "client_ref").iter_rows())
    family = dict(truth.read(city.folder, "client").iter_rows())
    groups = [
        {family[node] for node in part if node in family} for part in nx.connected_components(graph)
    ]
    assert all(len(group) == 1 for group in groups)
    assert len(set.union(*groups)) == len(groups)


def test_true_endings_are_those_delivered(episodes: pl.DataFrame) -> None:
    coded = episodes.filter(
        pl.col("closed_on_right").is_not_null()
        & pl.col("ending_code_right").is_not_null()
        & (pl.col("ending_code_right") != "unknown")
    )
    assert coded.height > 0.7 * episodes.height
    assert (coded["ending_code"] == coded["ending_code_right"]).all()
    assert (coded["closed_on"] == coded["closed_on_right"]).all()


def test_used_sessions_are_those_delivered(city: Delivered, episodes: pl.DataFrame) -> None:
    billed = pl.col("attendance").is_in(["attended"]) | (
        (pl.col("service_code") == "nepsy_coaching")
        & pl.col("attendance").is_in(["no_show", "late_cancelled"])
    )
    used = city.session.filter(billed).group_by("episode_ref").len("sessions")
    closed = episodes.filter(
        pl.col("closed_on_right").is_not_null() & (pl.col("unit") == "session")
    )
    joined = closed.join(used, on="episode_ref", how="left").with_columns(
        pl.col("sessions").fill_null(0)
    )
    assert joined.height > 1000
    assert (joined["used_units"] == joined["sessions"]).all()


def test_without_fit_in_an_episode_nothing_is_saved(
    city: Delivered, episodes: pl.DataFrame
) -> None:
    adopted = episodes.join(city.team.select("team_code", "fit_adopted_on"), on="team_code")
    before = adopted.filter(pl.col("closed_on") < pl.col("fit_adopted_on"))
    assert before.height > 100
    assert (before["saving_eur"] == 0).all()
    assert (before["ending_code"] == before["ending_code_without_fit"]).all()


def test_the_same_chance_gives_most_episodes_the_same_end(episodes: pl.DataFrame) -> None:
    with_fit = episodes.filter("opened_with_fit")
    same = with_fit["closed_on"] == with_fit["closed_on_without_fit"]
    # Drawn anew, two long courses would hardly ever close on the same day.
    assert 0.5 < same.mean() < 0.95
    assert with_fit["saving_eur"].mean() > 0
    assert (with_fit["saving_eur"] < 0).any()


def test_a_saving_is_units_times_rate(episodes: pl.DataFrame) -> None:
    units = episodes["used_units_without_fit"] - episodes["used_units"]
    saving = units * episodes["unit_rate_eur"] * episodes["n_paid"]
    assert np.allclose(saving, episodes["saving_eur"])
    hehku = episodes.filter(pl.col("service_code") == "hehku")
    assert set(hehku["unit_rate_eur"].to_list()) == {1444.0}
    assert episodes["unit_rate_eur"].is_not_nan().all()


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (date(2025, 1, 15), date(2025, 5, 15), 4.0),
        (date(2025, 1, 31), date(2025, 2, 28), 1.0),
        (date(2025, 1, 31), date(2025, 3, 1), 1 + 1 / 31),
        (date(2025, 3, 10), date(2025, 3, 10), 0.0),
        (date(2025, 3, 10), date(2025, 3, 25), 15 / 31),
        (date(2024, 2, 29), date(2025, 2, 28), 12.0),
    ],
)
def test_months_follow_the_rule_of_the_house(first: date, last: date, expected: float) -> None:
    days = np.array([day_number(first)]), np.array([day_number(last)])
    assert months_between(*days).tolist() == pytest.approx([expected])


def test_months_grow_with_every_day() -> None:
    first = day_number(date(2023, 1, 1)) + np.arange(400)
    lengths = np.stack([months_between(first, first + days) for days in range(120)])
    assert (np.diff(lengths, axis=0) > 0).all()


def test_effects_of_workers_spread_as_set(city: Delivered) -> None:
    effect = truth.read(city.folder, "worker")["worker_effect"]
    assert effect.mean() == pytest.approx(0.0, abs=0.5)
    assert 1.5 < float(np.std(effect.to_numpy())) < 3.0
    assert truth.read(city.folder, "team").height == city.team.height
