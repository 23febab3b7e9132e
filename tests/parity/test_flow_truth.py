"""The models of waiting on cities whose true waits are known, and that they read what the marts hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pytest
from polars.testing import assert_frame_equal

from benchmarks import flow_truth
from fit_warehouse.demo import make_city
from fit_warehouse.measure.context import Context
from fit_warehouse.measure.flow_counts import counted, lengths, referrals
from fit_warehouse.measure.period import twelve_months

if TYPE_CHECKING:
    from tests.conftest import BuiltCity

SERVICES = {"adult_social_work", "family_counselling", "family_work", "hehku", "nepsy_coaching"}


@pytest.fixture(scope="module")
def of_files(built_city: BuiltCity) -> Iterator[Context]:
    with duckdb.connect() as connection:
        assert built_city.settings.landing is not None
        yield flow_truth.context_of(connection, built_city.settings.landing, 1.0)


@pytest.fixture(scope="module")
def of_marts(built_city: BuiltCity, of_files: Context) -> Iterator[Context]:
    with duckdb.connect(str(built_city.database), read_only=True) as connection:
        (as_of,) = connection.execute(
            "select as_of from metrics.city_funnel limit 1"
        ).fetchone() or (None,)
        assert as_of == of_files.as_of
        yield Context(connection, as_of, twelve_months(as_of, 30), "none", 0.95)


def test_the_counts_are_those_of_the_marts(of_files: Context, of_marts: Context) -> None:
    # Of episodes that overlap another no wait is known; the files alone do not say which these are.
    overlapping = dict(
        of_marts.connection.execute(
            "select service_code, count(distinct episode_key) from marts.fct_episode "
            "where is_overlapping = 1 and days_waited >= 0 "
            "and first_session_on between $period_start and $period_end group by all",
            of_marts.days,
        ).fetchall()
    )
    rows = {(row["service_code"], row["scenario"]): row for row in counted(of_files)}
    again = {(row["service_code"], row["scenario"]): row for row in counted(of_marts)}
    assert rows.keys() == again.keys()
    assert {service for service, _ in rows} == SERVICES
    for key, row in rows.items():
        other = again[key]
        assert row["n_waits"] - other["n_waits"] == overlapping.get(key[0], 0)
        for name in row.keys() - {"n_waits", "n_persons_waited", "mean_wait_days", "mean_caseload"}:
            expected = other[name]
            if name == "freed_sessions" and expected is not None:
                # The marts round each episode to four decimals.
                assert abs(row[name] - expected) <= 5.1e-5 * row["n_episodes"]
            else:
                assert row[name] == expected, (key, name)
        if key[0] not in overlapping:
            assert row["mean_wait_days"] == other["mean_wait_days"]
            assert row["n_persons_waited"] == other["n_persons_waited"]


def test_lengths_and_referrals_are_those_of_the_marts(of_files: Context, of_marts: Context) -> None:
    assert referrals(of_files) == referrals(of_marts)
    of_both = [lengths(context) for context in (of_files, of_marts)]
    assert of_both[0].height > 40
    assert of_both[0]["added_high"].max() > 30
    assert_frame_equal(*of_both, rel_tol=1e-3, abs_tol=1e-3)


def changes(folder: Path, name: str, forms: int) -> dict[str, Any]:
    """Return the true change of each service of a city, and that of each model."""
    parameters = flow_truth.parameters_of(name)
    landing = folder / name / "landing"
    make_city(landing, forms=forms, seed=1, parameters=parameters)
    found = flow_truth.changes(landing, parameters.queue.share_used)
    assert len(found) >= 3
    return {
        key: np.array([row[key] for row in found], dtype=float)
        for key in ("truth", *flow_truth.MODELS)
    }


def test_with_the_true_lengths_the_simulated_change_is_the_true_one(tmp_path: Path) -> None:
    """Over 20 such cities it is 3 days less than a true -27, and a city's mean has an SD of some 7."""
    found = changes(tmp_path, "long", 20_000)
    assert found["truth"].mean() < -15
    assert found["true lengths"].mean() == pytest.approx(found["truth"].mean(), abs=12)


def test_without_an_effect_only_the_attribution_makes_a_change(tmp_path: Path) -> None:
    found = changes(tmp_path, "none", 5_000)
    assert (found["truth"] == 0).all()
    assert (found["true lengths"][~np.isnan(found["true lengths"])] == 0).all()
    assert not np.isnan(found["true lengths"]).all()
    # What ended early by agreement is taken for FIT's, as the attribution says: no data contradict it.
    assert np.nansum(found["simulated"]) < 0
