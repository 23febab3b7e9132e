from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fit_metrics.case_mix import (
    observed_minus_expected,
    observed_over_expected,
    spline_basis,
    spline_knots,
)
from fit_metrics.rates import wilson

quick = settings(deadline=None, max_examples=30)
seeds = st.integers(0, 10**6)
STANDARDS = ("included", "left_out")
INTERVALS = ("fixed", "cluster", "empirical_bayes")


def drawn(seed: int, n: int = 90, n_units: int = 6) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    intake = np.round(np.clip(rng.normal(20, 8, n), 0, 40), 1)
    unit = rng.integers(0, n_units, n)
    age = rng.choice(["child", "youth", "adult"], n)
    outcome = 8 + 0.7 * intake + (unit - 2) + 2 * (age == "adult") + rng.normal(0, 5, n)
    return {
        "outcome": np.round(outcome, 1),
        "intake": intake,
        "unit": unit,
        "categories": {"age": age},
    }


def reordered(data: dict[str, Any], order: Any) -> dict[str, Any]:
    return {
        name: {"age": values["age"][order]} if name == "categories" else values[order]
        for name, values in data.items()
    }


def assert_close(one: Any, other: Any, tolerance: float = 1e-8) -> None:
    for name in ("estimate", "ci_low", "ci_high", "observed", "expected", "n"):
        np.testing.assert_allclose(
            getattr(one, name), getattr(other, name), rtol=tolerance, atol=tolerance
        )


@quick
@given(seeds, st.sampled_from(STANDARDS), st.sampled_from(["fixed", "empirical_bayes"]))
def test_order_of_rows_and_direction(seed: int, own: Any, interval: Any) -> None:
    data, options = drawn(seed), {"own_rows": own, "interval": interval}
    found = observed_minus_expected(**data, **options)
    order = np.random.default_rng(seed + 1).permutation(90)
    assert_close(observed_minus_expected(**reordered(data, order), **options), found, 1e-6)
    mirrored = observed_minus_expected(
        **{**data, "outcome": -data["outcome"], "intake": -data["intake"]},
        **options,
        direction="lower_is_better",
    )
    np.testing.assert_allclose(mirrored.estimate, found.estimate, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(mirrored.ci_low, found.ci_low, rtol=1e-6, atol=1e-6)
    assert ((found.ci_low <= found.estimate) & (found.estimate <= found.ci_high)).all()


@quick
@given(seeds, st.sampled_from(STANDARDS))
def test_change_and_last_score_are_one_question(seed: int, own: Any) -> None:
    data = drawn(seed)
    change = {**data, "outcome": data["outcome"] - data["intake"]}
    last, moved = (observed_minus_expected(**d, own_rows=own) for d in (data, change))
    np.testing.assert_allclose(last.estimate, moved.estimate, atol=1e-9)
    np.testing.assert_allclose(last.standard_error, moved.standard_error, atol=1e-9)
    scaled = observed_minus_expected(**{**data, "outcome": 10 * data["outcome"]}, own_rows=own)
    np.testing.assert_allclose(scaled.estimate, 10 * last.estimate, atol=1e-8)


@quick
@given(seeds)
def test_included_differences_sum_to_nothing(seed: int) -> None:
    found = observed_minus_expected(**drawn(seed), own_rows="included")
    assert float((found.n * found.estimate).sum()) == pytest.approx(0, abs=1e-8)
    assert int(found.n.sum()) == 90
    ratios = observed_over_expected(**reached(seed))
    assert ratios.observed.sum() == pytest.approx(ratios.expected.sum())


def reached(seed: int) -> dict[str, Any]:
    data = drawn(seed, n=160)
    data["outcome"] = (data["outcome"] > np.median(data["outcome"])).astype(int)
    rng = np.random.default_rng(seed)
    flip = rng.random(160) < 0.3
    data["outcome"][flip] = 1 - data["outcome"][flip]
    return {**data, "knots": None}


def test_left_out_is_a_model_of_the_others() -> None:
    data = drawn(5)
    found = observed_minus_expected(**data, knots=[5.0, 20.0, 35.0])
    others = data["unit"] != 3
    columns = np.column_stack(
        [
            np.ones(90),
            spline_basis(data["intake"], [5.0, 20.0, 35.0]),
            data["categories"]["age"] == "adult",
            data["categories"]["age"] == "child",
        ]
    )
    fit = np.linalg.lstsq(columns[others], data["outcome"][others], rcond=None)[0]
    expected = (columns[~others] @ fit).mean()
    assert found.expected[3] == pytest.approx(expected, rel=1e-10)
    assert found.estimate[3] == pytest.approx(data["outcome"][~others].mean() - expected)
    included = observed_minus_expected(**data, knots=[5.0, 20.0, 35.0], own_rows="included")
    assert abs(included.estimate[3]) < abs(found.estimate[3])


@quick
@given(seeds)
def test_shrinking_draws_towards_nothing(seed: int) -> None:
    data = drawn(seed)
    plain = observed_minus_expected(**data)
    shrunken = observed_minus_expected(**data, interval="empirical_bayes")
    assert ((shrunken.shrinkage >= 0) & (shrunken.shrinkage < 1)).all()
    np.testing.assert_allclose(shrunken.estimate, shrunken.shrinkage * plain.estimate)
    assert (plain.shrinkage == 1).all()
    assert math.isnan(plain.tau2)


def test_no_variance_between_units_gives_no_effects() -> None:
    rng = np.random.default_rng(0)
    unit = np.repeat(np.arange(10), 10)
    noise = rng.normal(0, 1, (10, 10))
    outcome = (noise - noise.mean(axis=1, keepdims=True)).ravel()
    found = observed_minus_expected(
        outcome, rng.normal(0, 1, 100), unit, knots=None, interval="empirical_bayes"
    )
    assert found.tau2 == 0.0
    assert (found.estimate == 0.0).all()
    assert (found.ci_low <= 0.0).all()
    one = observed_minus_expected(
        outcome + 2.0 * (unit == 3), rng.normal(0, 1, 100), unit, interval="empirical_bayes"
    )
    assert (one.ci_low < one.ci_high).all()


def test_workers_in_units() -> None:
    data = drawn(2)
    worker = np.arange(90) % 7
    found = observed_minus_expected(**data, interval="cluster", cluster=worker)
    assert not np.isnan(found.ci_low).any()
    # Every person a cluster of their own: the plain spread of the residuals.
    alone = observed_minus_expected(**data, interval="cluster", cluster=np.arange(90))
    own = data["unit"] == 1
    others = ~own
    columns = np.column_stack(
        [
            np.ones(90),
            spline_basis(data["intake"], alone.knots),
            data["categories"]["age"] == "adult",
            data["categories"]["age"] == "child",
        ]
    )
    fit = np.linalg.lstsq(columns[others], data["outcome"][others], rcond=None)[0]
    residuals = data["outcome"][own] - columns[own] @ fit
    assert alone.standard_error[1] == pytest.approx(residuals.std(ddof=1) / math.sqrt(own.sum()))
    single = observed_minus_expected(**data, interval="cluster", cluster=data["unit"])
    assert np.isnan(single.ci_low).all()
    assert np.isnan(single.standard_error).all()


@pytest.mark.parametrize("own", STANDARDS)
def test_a_unit_that_is_its_own_standard_has_none(own: Any) -> None:
    data = drawn(4)
    data["categories"]["service"] = np.where(data["unit"] == 2, "only here", "elsewhere")
    found = observed_minus_expected(**data, own_rows=own)
    assert np.isnan(found.estimate).tolist() == [False, False, True, False, False, False]
    assert np.isnan(found.ci_high).tolist() == [False, False, True, False, False, False]
    assert not np.isnan(found.observed).any()
    ratios = reached(4)
    ratios["categories"]["service"] = np.where(ratios["unit"] == 2, "only here", "elsewhere")
    scores = observed_over_expected(**ratios)
    assert scores.estimate[2] == pytest.approx(1)
    assert math.isnan(scores.z[2])


def test_columns_that_say_the_same_change_nothing() -> None:
    data = drawn(6)
    plain = observed_minus_expected(**data)
    again = {**data["categories"], "again": data["categories"]["age"], "one": ["x"] * 90}
    assert_close(observed_minus_expected(**{**data, "categories": again}), plain)


@pytest.mark.parametrize("own", STANDARDS)
@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("n", [0, 1, 2])
def test_few_rows(own: Any, interval: Any, n: int) -> None:
    cluster = {"cluster": list(range(n))} if interval == "cluster" else {}
    found = observed_minus_expected(
        [20.0, 25.0][:n], [10.0, 12.0][:n], ["a", "b"][:n],
        knots=None, own_rows=own, interval=interval, **cluster,
    )  # fmt: skip
    assert found.n.sum() == n
    assert np.isnan(found.ci_low).all()
    assert np.isnan(found.estimate).all()


def test_all_missing_and_units_without_rows() -> None:
    nobody = observed_minus_expected([None, 2.0], [1.0, None], ["a", "b"], missing="omit")
    assert (nobody.labels.tolist(), nobody.n.tolist(), nobody.n_missing) == (["a", "b"], [0, 0], 2)
    assert np.isnan(nobody.estimate).all()
    assert np.isnan(nobody.observed).all()
    ratios = observed_over_expected([None, 1.0], [1.0, None], ["a", "b"], missing="omit")
    assert np.isnan(ratios.estimate).all()
    data = drawn(7)
    outcome = np.where(data["unit"] == 4, np.nan, data["outcome"])
    found = observed_minus_expected(**{**data, "outcome": outcome}, missing="omit")
    assert found.n[4] == 0
    assert np.isnan(found.estimate).tolist() == [False] * 4 + [True, False]
    assert found.n_missing == int((data["unit"] == 4).sum())


def test_outcomes_without_spread() -> None:
    data = drawn(8)
    same = observed_minus_expected(**{**data, "outcome": np.full(90, 0.1)})
    np.testing.assert_allclose(same.estimate, 0, atol=1e-12)
    assert math.isnan(same.r_squared)
    shrunken = observed_minus_expected(
        **{**data, "outcome": np.full(90, 0.1)}, interval="empirical_bayes"
    )
    assert (shrunken.estimate == 0).all()
    assert (shrunken.ci_low == shrunken.ci_high).all()
    for value in (0, 1):
        found = observed_over_expected(**{**data, "outcome": np.full(90, value)})
        assert np.isnan(found.estimate).all()
        assert np.isnan(found.ci_low).all()


def test_types_of_input_do_not_matter() -> None:
    data = drawn(9)
    found = observed_minus_expected(**data)
    assert_close(
        observed_minus_expected(
            data["outcome"].tolist(),
            np.float64(data["intake"]),
            [str(u) for u in data["unit"]],
            categories={"age": np.array(data["categories"]["age"], dtype=object)},
        ),
        found,
        1e-12,
    )
    gaps = np.array([None, math.nan, *data["unit"][2:]], dtype=object)
    shorter = {**data, "unit": gaps}
    assert observed_minus_expected(**shorter, missing="omit").n_missing == 2
    flags = reached(9)
    one = observed_over_expected(**flags)
    other = observed_over_expected(**{**flags, "outcome": flags["outcome"].astype(bool)})
    assert_close(one, other, 1e-15)


def test_ratio_of_one_share_is_wilsons() -> None:
    # Intake tells nothing where it balances within outcomes and units: all shares are alike.
    outcome = np.repeat([1, 0, 1, 0], [12, 8, 8, 12])
    unit = np.repeat(["a", "b"], 20)
    intake = np.tile([1.0, -1.0], 20)
    found = observed_over_expected(outcome, intake, unit, knots=None)
    share = wilson(12, 20)
    assert found.expected[0] == pytest.approx(10)
    assert found.ci_low[0] == pytest.approx(share.ci_low / 0.5)
    assert found.ci_high[0] == pytest.approx(share.ci_high / 0.5)


@quick
@given(seeds, st.sampled_from(["score", "normal", "byar"]))
def test_ratios_lie_within_their_intervals(seed: int, interval: Any) -> None:
    found = observed_over_expected(**reached(seed), interval=interval)
    assert ((found.ci_low <= found.estimate) & (found.estimate <= found.ci_high)).all()
    assert (found.ci_low >= 0).all()
    mirrored = reached(seed)
    mirrored["outcome"] = 1 - mirrored["outcome"]
    np.testing.assert_allclose(observed_over_expected(**mirrored).z, -found.z, rtol=1e-6, atol=1e-6)


def test_unit_where_none_or_all_reached_it() -> None:
    data = reached(3)
    for value in (0, 1):
        data["outcome"][data["unit"] == 1] = value
        found = observed_over_expected(**data)
        limit = found.ci_low[1] if value == 0 else found.ci_high[1]
        assert limit == (0 if value == 0 else found.n[1] / found.expected[1])
        assert found.ci_low[1] < found.ci_high[1]


@quick
@given(seeds, st.integers(3, 7))
def test_spline_is_straight_beyond_its_knots(seed: int, k: int) -> None:
    knots = spline_knots(np.random.default_rng(seed).normal(20, 7, 200), k)
    for end in (knots[0] - np.arange(1, 4), knots[-1] + np.arange(1, 4)):
        assert np.abs(np.diff(spline_basis(end, knots), n=2, axis=0)).max() < 1e-9
    assert spline_basis(knots, knots).shape == (k, k - 1)


@pytest.mark.slow
def test_many_rows() -> None:
    data = drawn(1, n=200_000, n_units=300)
    found = observed_minus_expected(**data)
    assert not np.isnan(found.estimate).any()
    assert found.n.sum() == 200_000


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"intake": [1.0]}, "outcome has 90 values and intake has 1"),
        ({"unit": ["a"]}, "outcome has 90 values and unit has 1"),
        ({"categories": {"age": ["a"]}}, r"outcome has 90 values and categories\['age'\] has 1"),
        ({"unit": np.full(90, 1.5)}, "unit has a value with decimals"),
        ({"unit": np.array(["a", 1] * 45, dtype=object)}, "unit mixes text and numbers"),
        ({"unit": np.ones((90, 1), dtype=int)}, "unit has 2 dimensions"),
        ({"unit": np.ones(90, dtype="M8[D]")}, "groups are text or whole numbers"),
        ({"unit": [None] * 90}, "the rows: 90 of 90 rows have a missing value"),
        ({"knots": 2}, "n_knots is 2: it must be 3 or more"),
        ({"knots": 8}, "n_knots is 8: it must be 7 or less"),
        ({"knots": [1, 2]}, "knots has 2 places"),
        ({"knots": [1, 3, 2]}, "the places must rise"),
        ({"intake": np.ones(90)}, "do not all differ; ask for fewer knots"),
        ({"own_rows": "mine"}, "own_rows is 'mine'"),
        ({"interval": "wide"}, "interval is 'wide'"),
        ({"interval": "cluster"}, "cluster is not given and interval is 'cluster'"),
        ({"cluster": np.arange(90)}, "cluster is given and interval is 'fixed'"),
        ({"categories": ["age"]}, "categories is a list: it must be a mapping"),
        ({"direction": "up"}, "direction is 'up'"),
        ({"level": 95}, "level is 95"),
    ],
)
def test_bad_input_is_named(chosen: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        observed_minus_expected(**{**drawn(1), **chosen})


def test_bad_outcomes_are_named() -> None:
    data = reached(1)
    with pytest.raises(ValueError, match="outcome has a value that is neither 0 nor 1"):
        observed_over_expected(**{**data, "outcome": data["outcome"] * 2})
    told = {**data, "outcome": (data["intake"] > 20).astype(int)}
    with pytest.raises(ValueError, match="the logistic model has no solution"):
        observed_over_expected(**told)
    with pytest.raises(ValueError, match="interval is 'exact'"):
        observed_over_expected(**data, interval="exact")


@pytest.mark.parametrize("own", STANDARDS)
@pytest.mark.parametrize("interval", INTERVALS)
def test_outcomes_told_without_error(own: Any, interval: Any) -> None:
    data = drawn(11)
    cluster = {"cluster": np.arange(90) // 2} if interval == "cluster" else {}
    found = observed_minus_expected(
        **{**data, "outcome": 2 * data["intake"] + 1}, own_rows=own, interval=interval, **cluster
    )
    np.testing.assert_allclose(found.estimate, 0, atol=1e-9)
    np.testing.assert_allclose(found.ci_high, 0, atol=1e-9)
    assert found.r_squared == pytest.approx(1)
    alone = observed_minus_expected(
        **{**data, "unit": ["one"] * 90}, own_rows=own, interval=interval, **cluster
    )
    assert np.isnan(alone.estimate).all()
    assert alone.observed == pytest.approx(data["outcome"].mean())
