"""The estimated effect against R, its mirror, its ends, and what it refuses."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fit_metrics.cost_effect import EstimatedEffect, estimated_effect
from fit_metrics.multilevel import cluster_robust_regression

quick = settings(deadline=None, max_examples=20)
CASES = json.loads(
    (Path(__file__).parent / "reference" / "cost" / "estimated.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES])
def test_matches_r(case: dict[str, Any]) -> None:
    is_wild = case["options"]["ci"] == "wild"
    result = estimated_effect(
        **case["inputs"], **case["options"], weights="rademacher", resamples=9_999
    )
    # Inversion of a step function by halving is as fine as the last half.
    loose = {"ci_low", "ci_high"} if is_wild else set()
    for name, value in case["expected"].items():
        rel = 1e-6 if name in loose else 1e-8
        assert getattr(result, name) == pytest.approx(value, rel=rel), name


def rows(seed: int, teams: int = 12, each: int = 8) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    team = np.repeat(np.arange(teams), each)
    fit = np.tile(np.arange(each) >= each // 2, teams).astype(float)
    used = rng.poisson(8.0 + rng.normal(size=teams)[team] - fit).astype(float)
    return {
        "used_units": used,
        "planned_units": np.full(used.size, 10.0),
        "is_fit": fit,
        "teams": team,
    }


def wild(arguments: dict[str, Any], **options: Any) -> EstimatedEffect:
    return estimated_effect(
        **arguments, ci="wild", weights="rademacher", **{"resamples": 5_000, **options}
    )


@quick
@given(st.integers(0, 2**32 - 1))
@example(1157045)  # no difference at all but for rounding
def test_mirror_scale_and_order(seed: int) -> None:
    given_rows = rows(seed)
    one = wild(given_rows)
    turned = wild({**given_rows, "is_fit": 1.0 - given_rows["is_fit"]})
    order = np.random.default_rng(seed).permutation(given_rows["teams"].size)
    doubled = wild(
        {
            name: (2.0 if name.endswith("units") else 1.0) * values[order]
            for name, values in given_rows.items()
        }
    )
    assert turned.estimate == pytest.approx(-one.estimate, abs=1e-12)
    assert (turned.ci_low, turned.ci_high) == pytest.approx((-one.ci_high, -one.ci_low), rel=1e-6)
    assert doubled.estimate == pytest.approx(2 * one.estimate, abs=1e-12)
    assert (doubled.ci_low, doubled.ci_high) == pytest.approx(
        (2 * one.ci_low, 2 * one.ci_high), rel=1e-6
    )
    assert one.p_value == turned.p_value == doubled.p_value
    assert one.ci_low < one.estimate < one.ci_high


@quick
@given(st.integers(0, 2**32 - 1))
def test_p_value_and_interval_agree(seed: int) -> None:
    for ci in ("cr2", "wild"):
        result = estimated_effect(**rows(seed), ci=ci, weights="rademacher")  # type: ignore[arg-type]
        # Next to the level the p-value of the wild bootstrap goes in steps, up and down.
        if ci == "wild" and abs(result.p_value - 0.05) < 0.01:
            continue
        assert (result.p_value <= 0.05) == (not result.ci_low < 0.0 < result.ci_high)


def test_cr2_is_the_regression_of_restricted_units() -> None:
    given_rows = rows(3, teams=20)
    result = estimated_effect(**given_rows)
    restricted = np.minimum(given_rows["used_units"], 10.0)
    expected = cluster_robust_regression(
        restricted, given_rows["teams"], covariates=given_rows["is_fit"]
    ).fixed
    fit = given_rows["is_fit"] == 1.0
    assert result.method == "restricted_mean_difference_cr2"
    assert result.estimate == pytest.approx(restricted[fit].mean() - restricted[~fit].mean())
    assert result.ci_low == pytest.approx(expected.ci_low[1])
    assert (result.n_fit, result.n_comparison) == (80, 80)
    assert (result.n_teams, result.n_fit_teams, result.n_comparison_teams) == (20, 20, 20)


def test_use_beyond_the_plan_counts_as_the_plan() -> None:
    given_rows = rows(4)
    beyond = np.where(given_rows["used_units"] >= 10.0, 99.0, given_rows["used_units"])
    assert (given_rows["used_units"] > 10.0).any()
    assert wild(given_rows) == wild({**given_rows, "used_units": beyond})


def test_teams_compared_with_themselves() -> None:
    given_rows = rows(5, teams=20)
    plain = estimated_effect(**given_rows)
    within = estimated_effect(**given_rows, factors={"team": given_rows["teams"]})
    # The shares of FIT are the same in all teams, so only the error changes.
    assert within.estimate == pytest.approx(plain.estimate)
    assert within.df < 20
    assert math.isfinite(within.ci_low)


def test_webb_draws_agree_with_all_signs() -> None:
    given_rows = rows(6)
    drawn = estimated_effect(**given_rows, rng=np.random.default_rng(1), resamples=40_000)
    every = wild(given_rows)
    assert drawn.method == "restricted_mean_difference_wild_webb"
    width = every.ci_high - every.ci_low
    assert drawn.ci_low == pytest.approx(every.ci_low, abs=0.08 * width)
    assert drawn.ci_high == pytest.approx(every.ci_high, abs=0.08 * width)
    again = estimated_effect(**given_rows, rng=np.random.default_rng(1), resamples=40_000)
    assert drawn == again


def test_fewer_than_ten_teams_have_no_interval() -> None:
    result = estimated_effect(**rows(7, teams=9))
    assert math.isfinite(result.estimate)
    assert all(math.isnan(x) for x in (result.ci_low, result.ci_high, result.standard_error))
    assert result.reason == "9 teams: below 10 no method gives an interval that holds"
    assert result.method == "restricted_mean_difference"


@pytest.mark.parametrize(
    ("turned", "words"), [(0, "3 of 20 teams under FIT"), (1, "3 of 20 teams before FIT")]
)
def test_few_teams_on_a_side_have_no_interval(turned: int, words: str) -> None:
    given_rows = rows(7, teams=20)
    fit = np.abs(turned - (given_rows["teams"] < 3).astype(float))
    result = estimated_effect(**{**given_rows, "is_fit": fit})
    assert result.reason.startswith(words)
    assert math.isnan(result.ci_low)
    four = np.abs(turned - (given_rows["teams"] < 4).astype(float))
    assert estimated_effect(**{**given_rows, "is_fit": four}).reason == ""


@pytest.mark.parametrize("n", [0, 1, 2])
def test_few_rows(n: int) -> None:
    given_rows = {name: values[3 : 3 + n] for name, values in rows(8).items()}
    if n == 1:
        with pytest.raises(ValueError, match="is_fit is 0 in all 1 episodes"):
            estimated_effect(**given_rows)
        return
    result = estimated_effect(**given_rows)
    assert result.n == n
    assert math.isnan(result.ci_low)
    assert math.isfinite(result.estimate) == (n == 2)


def test_no_variation_has_no_interval() -> None:
    given_rows = rows(9, teams=20)
    result = estimated_effect(**{**given_rows, "used_units": np.full(160, 5.0)})
    assert result.estimate == pytest.approx(0.0, abs=1e-12)
    assert math.isnan(result.ci_low)
    assert result.reason == "no variation is left between teams"


def test_missing_rows_are_counted() -> None:
    given_rows = rows(10, teams=20)
    age = np.arange(160.0)
    age[5] = np.nan
    season = np.array(["spring", "autumn"] * 80, dtype=object)
    season[9] = None
    with pytest.raises(ValueError, match="2 of 160 rows have a missing value"):
        estimated_effect(**given_rows, covariates=age, factors={"season": season})
    result = estimated_effect(
        **given_rows, covariates=age, factors={"season": season}, missing="omit"
    )
    kept = np.setdiff1d(np.arange(160), [5, 9])
    expected = estimated_effect(
        **{name: values[kept] for name, values in given_rows.items()},
        covariates=age[kept],
        factors={"season": season[kept]},
    )
    assert (result.n, result.n_missing) == (158, 2)
    assert result.ci_low == pytest.approx(expected.ci_low)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"is_fit": np.ones(96)}, "is_fit is 1 in all 96 episodes"),
        ({"is_fit": np.full(96, 0.5)}, r"is_fit has the value 0\.5"),
        ({"planned_units": np.zeros(96)}, "planned_units is 0 at least once"),
        ({"used_units": np.full(96, -1.0)}, "used_units has the value -1"),
        ({"teams": np.arange(95)}, "used_units has 96 values and teams has 95"),
        ({"is_closed": np.zeros(96)}, "is_closed is 0 in .* choose openings"),
        ({"factors": {"season": np.zeros(3)}}, r"factors\['season'\] has 3"),
        ({"ci": "bootstrap"}, "ci is 'bootstrap'"),
        ({"weights": "mammen"}, "weights is 'mammen'"),
        ({"resamples": 99}, "resamples is 99: it must be 199 or more"),
        ({"level": 1.0}, r"level is 1\.0"),
        ({"rng": None}, "rng is None: the wild bootstrap draws at random"),
        ({"covariates": np.ones(96)}, "one value only"),
    ],
)
def test_bad_input_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        estimated_effect(**{**rows(11), "rng": np.random.default_rng(0), **change})


def test_open_episodes_at_their_plan_are_known() -> None:
    given_rows = rows(12, teams=20)
    used = np.full(160, 10.0)
    used[:40] = 4.0
    closed = np.zeros(160)
    closed[:40] = 1.0
    result = estimated_effect(**{**given_rows, "used_units": used}, is_closed=closed)
    assert result.n == 160
