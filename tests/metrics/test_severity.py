from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fit_metrics.effect_size import (
    Reference,
    fit_reference,
    pre_post_d_from_stats,
    regression_to_the_mean,
    regression_to_the_mean_of_group,
    relative_effect_size,
    severity_adjusted,
)

REFERENCE = Reference(intercept=14.0, slopes=(0.5,), sd=8.0, mean_effect=0.5, source="a test")
quick = settings(deadline=None, max_examples=60)
tenths = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=3, max_size=30)


def columns(rows: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    table = np.array(rows) / 10
    return table[:, 0], table[:, 1]


@quick
@given(tenths)
def test_old_convention_is_new_plus_the_reference_effect(rows: list[tuple[int, int]]) -> None:
    new = severity_adjusted(*columns(rows), reference=REFERENCE)
    old = severity_adjusted(*columns(rows), reference=REFERENCE, convention="plus_reference_mean")
    assert old.estimate == pytest.approx(new.estimate + REFERENCE.mean_effect, abs=1e-12)
    np.testing.assert_allclose(old.values, new.values + REFERENCE.mean_effect, atol=1e-12)
    assert old.ci_low == pytest.approx(new.ci_low + REFERENCE.mean_effect, abs=1e-12)
    assert new.ci_low <= new.estimate <= new.ci_high


@quick
@given(tenths.filter(lambda rows: len({a for a, _ in rows}) > 1))
def test_the_reference_itself_has_the_effect_of_its_convention(rows: list[tuple[int, int]]) -> None:
    pre, post = columns(rows)
    reference = fit_reference(pre, post, source="itself")
    assert severity_adjusted(pre, post, reference=reference).estimate == pytest.approx(0, abs=1e-9)
    old = severity_adjusted(pre, post, reference=reference, convention="plus_reference_mean")
    assert old.estimate == pytest.approx((post - pre).mean() / pre.std(ddof=1), abs=1e-9)


@quick
@given(tenths)
def test_direction_mirrors_and_order_only_permutes(rows: list[tuple[int, int]]) -> None:
    pre, post = columns(rows)
    for convention in ("zero_is_reference", "plus_reference_mean"):
        options: dict[str, Any] = {"reference": REFERENCE, "convention": convention}
        up = severity_adjusted(pre, post, **options)
        down = severity_adjusted(pre, post, direction="lower_is_better", **options)
        assert (down.ci_low, down.estimate) == (-up.ci_high, -up.estimate)
        back = severity_adjusted(pre[::-1], post[::-1], **options)
        np.testing.assert_array_equal(back.values[::-1], up.values)


def test_missing_rows_have_no_value() -> None:
    options: dict[str, Any] = {"reference": REFERENCE}
    result = severity_adjusted([20, None, 16], [28, 30, None], missing="omit", **options)
    assert (result.n, result.n_missing, result.estimate) == (1, 2, 0.5)
    assert [math.isnan(v) for v in result.values] == [False, True, True]
    assert math.isnan(result.ci_low)
    nothing = severity_adjusted([None], [None], missing="omit", **options)
    assert (nothing.n, nothing.n_missing) == (0, 1)
    assert math.isnan(nothing.estimate)
    with pytest.raises(ValueError, match="2 of 3 rows have a missing value"):
        severity_adjusted([20, None, 16], [28, 30, None], **options)
    with pytest.raises(ValueError, match="read-only"):
        result.values[0] = 1.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"last": [1]}, "intake has 2 values and last has 1"),
        ({"covariates": [1, 2]}, "covariates has 1 columns and the reference 0 slopes"),
        ({"covariates": [1]}, r"covariates has shape \(1, 1\)"),
        ({"convention": "old"}, "convention is 'old'"),
        ({"level": 0}, "level is 0"),
        ({"reference": 0.8}, "reference is 0.8: it must be a Reference"),
    ],
)
def test_bad_arguments_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        severity_adjusted(**{"intake": [1, 2], "last": [2, 3], "reference": REFERENCE, **arguments})


@pytest.mark.parametrize(
    ("intake", "covariates", "message"),
    [
        ([5, 5, 5], None, "equal values"),
        ([1, 2, 4], [2, 4, 8], "intake has 3 complete rows for 2 slopes|depend on each other"),
        ([1, 2], None, "at least"),
    ],
)
def test_references_that_cannot_be_fitted(intake: Any, covariates: Any, message: str) -> None:
    rows = {"intake": intake, "last": intake, "covariates": covariates}
    if len(intake) == 2:
        rows = {"intake": [1], "last": [2], "covariates": None}
    with pytest.raises(ValueError, match=message):
        fit_reference(**rows, source="a test")


def test_a_fitted_reference_says_how_many_it_rests_on() -> None:
    made = fit_reference([10, None, 30, 20], [19, 24, 31, 24], source="rows", missing="omit")
    assert (made.n, made.n_missing) == (3, 1)
    whole = fit_reference([10, 30, 20], [19, 31, 24], source="rows")
    assert (whole.n, whole.n_missing) == (3, 0)
    assert (made.intercept, *made.slopes) == pytest.approx((whole.intercept, *whole.slopes))
    assert REFERENCE.n is REFERENCE.n_missing is None


def test_bad_reference_is_named() -> None:
    good: dict[str, Any] = {"intercept": 1, "slopes": (1,), "mean_effect": 0, "source": "a test"}
    with pytest.raises(ValueError, match="sd is 0: it must be above 0"):
        Reference(sd=0, **good)
    with pytest.raises(ValueError, match="slopes is empty"):
        Reference(sd=1, **{**good, "slopes": ()})
    with pytest.raises(ValueError, match="mean_effect is nan"):
        Reference(sd=1, **{**good, "mean_effect": math.nan})
    with pytest.raises(ValueError, match="source is '': a reference says where it comes from"):
        Reference(sd=1, **{**good, "source": ""})
    with pytest.raises(ValueError, match="source is None"):
        fit_reference([1, 2, 4], [2, 4, 5], source=None)  # type: ignore[arg-type]


def test_relative_effect_size_adds_both_errors() -> None:
    own = pre_post_d_from_stats(60, 19, 26, 8, 8, 0.5)
    other = pre_post_d_from_stats(900, 19, 25, 8, 8, 0.5)
    fixed, drawn = relative_effect_size(own, other.estimate), relative_effect_size(own, other)
    assert fixed.estimate == drawn.estimate == own.estimate - other.estimate
    assert drawn.ci_low < fixed.ci_low
    half = 1.959963984540054 * math.hypot(own.standard_error, other.standard_error)
    assert drawn.ci_high - drawn.estimate == pytest.approx(half)
    with pytest.raises(ValueError, match="d_reference is standardised by 'average_sd'"):
        relative_effect_size(
            own, pre_post_d_from_stats(9, 1, 2, 3, 4, 0.5, standardizer="average_sd")
        )
    plain = pre_post_d_from_stats(900, 19, 25, 8, 8, 0.5, correct_bias=False)
    with pytest.raises(
        ValueError, match="d_reference is a 'pre_post_d_normal' and d a 'pre_post_g"
    ):
        relative_effect_size(own, plain)
    with pytest.raises(ValueError, match=r"d is 0\.8: it must be an EffectSize"):
        relative_effect_size(0.8, own)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="d_reference is nan"):
        relative_effect_size(own, math.nan)
    empty = pre_post_d_from_stats(1, 0, 0, 0, 0, 0)
    assert math.isnan(relative_effect_size(empty, 0.5).ci_low)


@pytest.mark.parametrize(("selected", "cutoff", "n_intake"), [("below", 22, 1), ("above", 28, 2)])
def test_expected_regression_is_what_a_simulation_shows(
    selected: Any, cutoff: float, n_intake: int
) -> None:
    rng, n = np.random.default_rng(12), 400_000
    true = rng.normal(24, 8 * math.sqrt(0.7), n)
    error = 8 * math.sqrt(0.3)
    intake = true + rng.normal(0, error, (n_intake, n)).mean(axis=0)
    last = true + rng.normal(0, error, n)
    chosen = intake < cutoff if selected == "below" else intake > cutoff
    change = (last - intake)[chosen]
    expected = regression_to_the_mean(
        24, 8, 0.7, cutoff=cutoff, selected=selected, n_intake=n_intake
    )
    slack = 5 * change.std() / math.sqrt(change.size)
    assert abs(change.mean() - expected.expected_change) < slack
    assert expected.expected_intake == pytest.approx(intake[chosen].mean(), abs=slack)
    by_mean = regression_to_the_mean_of_group(expected.expected_intake, 24, 0.7, n_intake=n_intake)
    assert by_mean.expected_change == pytest.approx(expected.expected_change, rel=1e-12)


@quick
@given(st.floats(-400, 400), st.floats(0.1, 20), st.floats(0.05, 1), st.integers(1, 5))
def test_regression_mirrors(cutoff: float, sd: float, reliability: float, m: int) -> None:
    options: dict[str, Any] = {"n_intake": m}
    below = regression_to_the_mean(0, sd, reliability, cutoff=cutoff, selected="below", **options)
    above = regression_to_the_mean(0, sd, reliability, cutoff=-cutoff, selected="above", **options)
    assert below.expected_change == -above.expected_change >= 0.0
    down = regression_to_the_mean(
        0, sd, reliability, cutoff=cutoff, selected="below", direction="lower_is_better", **options
    )
    assert down.expected_change == -below.expected_change
    assert below.expected_intake <= min(cutoff, 0) + 1e-6 * (1 + abs(cutoff))


def test_nothing_regresses_without_error() -> None:
    for sd, reliability in ((8, 1), (0, 0.5)):
        result = regression_to_the_mean(24, sd, reliability, cutoff=20, selected="below")
        assert result.expected_change == 0.0
    assert regression_to_the_mean_of_group(18, 24, 1).expected_change == 0.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reliability": 0}, "reliability is 0: it must be above 0"),
        ({"reliability": 1.2}, "reliability is 1.2"),
        ({"sd": -1}, "sd is -1"),
        ({"mean": math.inf}, "mean is inf"),
        ({"selected": "low"}, "selected is 'low'"),
        ({"n_intake": 0}, "n_intake is 0"),
        ({"direction": "up"}, "direction is 'up'"),
    ],
)
def test_bad_populations_are_named(change: dict[str, Any], message: str) -> None:
    good: dict[str, Any] = {
        "mean": 24,
        "sd": 8,
        "reliability": 0.7,
        "cutoff": 25,
        "selected": "below",
    }
    with pytest.raises(ValueError, match=message):
        regression_to_the_mean(**{**good, **change})
