"""Queues: waits fall where episodes get shorter, and nowhere else."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fit_warehouse.demo import truth
from fit_warehouse.demo.episode_parameters import QueueParameters
from fit_warehouse.demo.organisation import Organisation, build_organisation
from fit_warehouse.demo.parameters import Parameters, load_parameters
from fit_warehouse.demo.pilot import length_ratios, shares_with_fit, with_queues
from fit_warehouse.demo.queues import DAYS_PER_MONTH, Waits, shortened, usual_waits
from fit_warehouse.demo.randomness import Streams

if TYPE_CHECKING:
    from tests.demo.conftest import Delivered


@pytest.fixture(scope="module")
def organisation(parameters: Parameters) -> Organisation:
    return build_organisation(parameters, 40_000, Streams(2))


def one_service(ratio: float, with_fit: list[float], rules: QueueParameters) -> Waits:
    """Return the waits of one service whose usual wait is 20 days."""
    usual = Waits(np.arange(len(with_fit)), np.array([20.0]), np.full((1, len(with_fit)), 20.0))
    parameters = dataclasses.replace(load_parameters(), queue=rules)
    return shortened(parameters, usual, np.array([with_fit]), np.array([ratio]))


@given(
    ratio=st.floats(0.3, 1.0),
    with_fit=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=60).map(sorted),
    share_used=st.floats(0.0, 1.0),
    shortest_share=st.floats(0.05, 1.0),
)
def test_shorter_episodes_never_lengthen_a_wait(
    ratio: float, with_fit: list[float], share_used: float, shortest_share: float
) -> None:
    mean = one_service(ratio, with_fit, QueueParameters(share_used, shortest_share)).mean[0]
    assert (np.diff(mean) <= 1e-9).all()
    assert (mean <= 20.0).all()
    assert (mean >= 20.0 * shortest_share - 1e-9).all()
    longer = one_service(2.0 - ratio, with_fit, QueueParameters(share_used, shortest_share)).mean[0]
    assert (np.diff(longer) >= -1e-9).all()
    assert (longer <= 20.0 / shortest_share + 1e-9).all()


def test_the_surplus_of_a_month_leaves_the_queue() -> None:
    rules = QueueParameters(share_used=0.5, shortest_share=0.01)
    mean = one_service(0.8, [0.0, 1.0, 1.0, 0.5], rules).mean[0]
    # A quarter more throughput at full use, half of it for the queue; an eighth of that at half use.
    surplus, less = 0.5 * 0.25, 0.5 * (1 / 0.9 - 1)
    queue = 20.0 - DAYS_PER_MONTH * surplus * np.array([0, 1, 2])
    expected = [20.0, *(queue[:2] / (1 + surplus)), queue[2] / (1 + less)]
    assert mean.tolist() == pytest.approx(expected)


def test_nothing_changes_where_episodes_stay_as_long() -> None:
    mean = one_service(1.0, [0.0, 0.4, 1.0], QueueParameters(1.0, 0.1)).mean
    assert (mean == 20.0).all()


def test_the_pilot_finds_no_difference_where_fit_has_none(
    parameters: Parameters, organisation: Organisation
) -> None:
    endings = dataclasses.replace(parameters.endings, fit_effect=0.0)
    without = dataclasses.replace(parameters, endings=endings)
    assert (length_ratios(without, organisation, Streams(2)) == 1.0).all()
    ratio = length_ratios(parameters, organisation, Streams(2))
    assert ((ratio > 0.8) & (ratio < 1.0)).all()
    assert np.array_equal(ratio, length_ratios(parameters, organisation, Streams(2)))


def test_the_share_of_posts_with_fit_grows_from_none_to_all(organisation: Organisation) -> None:
    shares = shares_with_fit(organisation)
    assert shares.shape == organisation.waits.mean.shape
    assert (shares[:, 0] == 0).all()
    assert (shares[:, -1] == 1).all()
    assert (np.diff(shares, axis=1) >= 0).all()


def test_waits_fall_from_the_adoption_on(
    parameters: Parameters, organisation: Organisation
) -> None:
    waits = with_queues(parameters, organisation, Streams(2)).waits
    shares = shares_with_fit(organisation)
    before = shares == 0
    usual = np.broadcast_to(waits.usual[:, np.newaxis], waits.mean.shape)
    assert np.array_equal(waits.mean[before], usual[before])
    assert (waits.mean[~before] < usual[~before]).all()


def test_days_outside_the_period_have_the_nearest_month(parameters: Parameters) -> None:
    waits = usual_waits(parameters)
    falling = dataclasses.replace(waits, mean=waits.mean - np.arange(waits.months.size) / 100)
    day = np.array(["1999-01-01", "2023-01-31", "2023-02-01", "2050-01-01"], dtype="datetime64[D]")
    found = falling.on(np.zeros(4, dtype=np.int64), day.astype(np.int64))
    assert found.tolist() == falling.mean[0, [0, 0, 1, -1]].tolist()


def test_true_waits_are_those_delivered(city: Delivered) -> None:
    joined = truth.read(city.folder, "episode").join(city.episode, on="episode_ref")
    known = joined.filter(
        pl.col("opened_on").is_not_null() & pl.col("referred_on").is_not_null()
    ).with_columns((pl.col("opened_on") - pl.col("referred_on")).dt.total_days().alias("wait"))
    assert known.height > 0.8 * joined.height
    assert (known["wait"] == known["days_waited"]).all()
    assert (joined["days_waited"] <= joined["days_waited_without_fit"]).all()


def test_waits_get_shorter_in_the_city_and_fit_is_why(city: Delivered) -> None:
    joined = truth.read(city.folder, "episode").join(city.episode, on="episode_ref")
    late = joined.filter(pl.col("opened_on").dt.year() == 2026)
    by_service = late.group_by("service_code").agg(
        pl.col("days_waited", "days_waited_without_fit").mean()
    )
    assert by_service.height == 5
    assert (by_service["days_waited"] < 0.9 * by_service["days_waited_without_fit"]).all()


def test_without_fit_waits_are_exponential_around_the_usual_one(city: Delivered) -> None:
    joined = truth.read(city.folder, "episode").join(city.episode, on="episode_ref")
    usual = (
        truth.read(city.folder, "queue")
        .unique("service_code")
        .select("service_code", pl.col("mean_wait_days_without_fit").alias("usual"))
    )
    # Who still waits is known to wait, so is left out; a next episode waits a day at least.
    first = joined.filter(pl.col("opened_on").is_not_null() & pl.col("next_of").is_null())
    waits = first.group_by("service_code").agg(
        pl.col("days_waited_without_fit").mean().alias("mean"), pl.len().alias("n")
    )
    rows = waits.join(usual, on="service_code").select("mean", "n", "usual").rows()
    assert len(rows) == 5
    for mean, n, expected in rows:
        # Days begun do not count, which takes half a day off.
        assert mean == pytest.approx(expected - 0.5, abs=4 * expected / np.sqrt(n))
