from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fit_metrics._between_areas import Summaries, _restricted_likelihood, estimate_tau2
from fit_metrics.pool import PooledEstimate, fixed_effect, random_effects

NAMES = (
    *("estimate", "ci_low", "ci_high", "standard_error", "q", "q_p_value", "tau2", "tau2_low"),
    *("tau2_high", "i2", "i2_low", "i2_high", "prediction_low", "prediction_high"),
)
IN_UNITS = ("estimate", "ci_low", "ci_high", "standard_error", "prediction_low", "prediction_high")
quick = settings(deadline=None, max_examples=50)
areas = st.lists(
    st.tuples(st.integers(-300, 300), st.integers(2, 90)), min_size=2, max_size=15
).map(lambda rows: (np.array([a for a, _ in rows]) / 100, np.array([b for _, b in rows]) / 100))
options = st.fixed_dictionaries(
    {
        "tau2": st.sampled_from(["dl", "reml"]),
        "ci": st.sampled_from(["hartung_knapp", "hartung_knapp_widened", "normal"]),
        "prediction": st.sampled_from(["t_k_minus_1", "t_k_minus_2"]),
    }
)


def assert_close(one: PooledEstimate, other: PooledEstimate, tolerance: float = 1e-6) -> None:
    for name in NAMES:
        assert getattr(one, name) == pytest.approx(
            getattr(other, name), rel=tolerance, abs=tolerance, nan_ok=True
        ), name


def all_nan(result: PooledEstimate, *names: str) -> bool:
    return all(math.isnan(getattr(result, name)) for name in names)


@quick
@given(areas, options)
def test_order_of_the_areas_is_irrelevant(data: Any, chosen: Any) -> None:
    y, s = data
    assert_close(random_effects(y, s, **chosen), random_effects(y[::-1], s[::-1], **chosen))
    assert_close(fixed_effect(y, s), fixed_effect(y[::-1], s[::-1]))


@quick
@given(areas, options)
def test_mirrors_and_moves_with_the_scale(data: Any, chosen: Any) -> None:
    y, s = data
    result, scaled = random_effects(y, s, **chosen), random_effects(-8 * y + 3, 8 * s, **chosen)
    assert scaled.estimate == pytest.approx(3 - 8 * result.estimate, abs=1e-5)
    assert scaled.ci_low == pytest.approx(3 - 8 * result.ci_high, rel=1e-5, abs=1e-5)
    assert scaled.tau2 == pytest.approx(64 * result.tau2, rel=1e-5, abs=1e-5)
    assert scaled.i2 == pytest.approx(result.i2, abs=1e-6)
    assert scaled.q == pytest.approx(result.q, rel=1e-9, abs=1e-9)


@quick
@given(areas, options)
def test_intervals_contain_their_estimates(data: Any, chosen: Any) -> None:
    result = random_effects(*data, **chosen)
    assert result.ci_low <= result.estimate <= result.ci_high
    assert 0 <= result.tau2_low <= result.tau2_high
    assert 0 <= result.i2_low <= result.i2_high <= 1
    assert 0 <= result.i2 <= 1
    assert result.weights.sum() == pytest.approx(1)
    if not math.isnan(result.prediction_low):
        assert result.prediction_low <= result.estimate <= result.prediction_high


@quick
@given(areas)
def test_reml_is_the_top_of_the_likelihood(data: Any) -> None:
    summaries = Summaries(data[0], data[1] ** 2)
    found = estimate_tau2(summaries, "reml")
    near = np.array([found * f for f in (0.5, 0.9, 1.1, 2.0)] + [0.0, 1e-4, 0.1, 1.0, 10.0])
    tops = _restricted_likelihood(summaries, np.array([found]))
    assert (_restricted_likelihood(summaries, near) <= tops + 1e-9).all()


@pytest.mark.parametrize("seed", range(60))
def test_reml_where_the_likelihood_is_flat(seed: int) -> None:
    # As much spread as chance gives, to the last digits: tau2 is next to nothing or nothing.
    rng = np.random.default_rng(seed)
    y = rng.normal(0, 1, 5)
    hair = 1 + 10 ** rng.uniform(-9, -3) * rng.normal(0, 1, 5)
    errors = y.std(ddof=1) / math.sqrt(1 + 10 ** rng.uniform(-15, -6)) * hair
    assert 0 <= random_effects(y, errors).tau2 < 0.01


@quick
@given(areas)
def test_alike_areas_have_no_variance_between(data: Any) -> None:
    y, s = data
    same = np.full_like(y, y[0])
    result = random_effects(same, s)
    assert (result.estimate, result.tau2, result.q, result.i2) == (y[0], 0.0, 0.0, 0.0)
    assert result.ci_low == result.ci_high == y[0]
    widened = random_effects(same, s, ci="hartung_knapp_widened")
    assert widened.standard_error == pytest.approx(fixed_effect(same, s).standard_error)


@quick
@given(areas)
def test_widened_is_never_narrower(data: Any) -> None:
    plain = random_effects(*data, ci="hartung_knapp")
    widened = random_effects(*data, ci="hartung_knapp_widened")
    normal = random_effects(*data, ci="normal")
    assert widened.standard_error == max(plain.standard_error, normal.standard_error)


def test_halves_pool_to_the_whole_with_a_fixed_effect() -> None:
    y, s = np.array([0.3, 0.9, 0.5, 0.1, 0.7]), np.array([0.1, 0.3, 0.2, 0.15, 0.4])
    parts = [fixed_effect(y[:2], s[:2]), fixed_effect(y[2:], s[2:])]
    whole = fixed_effect([p.estimate for p in parts], [p.standard_error for p in parts])
    assert whole.estimate == pytest.approx(fixed_effect(y, s).estimate, rel=1e-14)
    assert whole.ci_low == pytest.approx(fixed_effect(y, s).ci_low, rel=1e-13)


def test_equal_precision_is_the_plain_mean_and_students_t() -> None:
    # Q = 100 * 0.26 = 26, df 3: DL tau2 is the variance of the estimates less s².
    y = np.array([0.2, 0.5, 0.6, 0.9])
    result = random_effects(y, [0.1] * 4, tau2="dl")
    assert result.estimate == pytest.approx(0.55)
    assert result.tau2 == pytest.approx(y.var(ddof=1) - 0.01)
    assert result.standard_error == pytest.approx(y.std(ddof=1) / 2)
    assert random_effects(y, [0.1] * 4).tau2 == pytest.approx(result.tau2)


def test_one_area_says_nothing_of_others() -> None:
    result = random_effects([0.7], [0.1])
    assert (result.estimate, result.n, result.weights.tolist()) == (0.7, 1, [1.0])
    assert all_nan(result, *(n for n in NAMES if n not in ("estimate", "q")))
    alone = fixed_effect([0.7], [0.1])
    assert (alone.estimate, alone.standard_error) == pytest.approx((0.7, 0.1))
    assert alone.ci_low == pytest.approx(0.7 - 1.959964 * 0.1)
    assert all_nan(alone, "tau2", "i2", "tau2_high", "q_p_value", "prediction_low")


def test_two_areas_have_one_degree_of_freedom() -> None:
    result = random_effects([0.2, 0.8], [0.1, 0.1])
    assert result.ci_high - result.estimate == pytest.approx(12.7062 * 0.3, rel=1e-5)
    assert all_nan(result, "prediction_low", "prediction_high")
    assert random_effects([0.2, 0.8], [0.1, 0.1], prediction="t_k_minus_1").prediction_high > 0.8


@pytest.mark.parametrize("function", [fixed_effect, random_effects])
def test_no_area_and_all_missing(function: Any) -> None:
    for y, s, count in (([], [], 0), ([None, 0.2], [0.1, None], 2)):
        result = function(y, s, missing="omit")
        assert all_nan(result, *NAMES)
        assert (result.n, result.n_missing, result.weights.size) == (0, count, 0)


def test_numbers_of_any_type_are_taken() -> None:
    whole = random_effects([1, 4, 2], [1, 1, 2])
    assert_close(whole, random_effects(np.float32([1, 4, 2]), np.float32([1, 1, 2])), 1e-12)
    with pytest.raises(ValueError, match="read-only"):
        whole.weights[0] = 1.0


def test_extreme_precision_is_survived() -> None:
    result = random_effects([1.0, 2.0, 3.0], [1e-6, 1e-6, 1e3])
    assert result.tau2 == pytest.approx(0.5, rel=1e-3)
    assert math.isfinite(result.tau2_high)
    # W1 - W2 / W1 is 2e12 / (1e12 + 1): the difference of two floats near 1e12 has four digits.
    two = random_effects([0.0, 3.0], [1e-6, 1.0], tau2="dl")
    assert two.tau2 == pytest.approx((two.q - 1) * (1e12 + 1) / 2e12, rel=1e-12)
    assert random_effects([0.0, 3.0], [1e-9, 1.0]).tau2 == pytest.approx(4.0, rel=1e-6)


@quick
@given(areas)
def test_missing_areas_are_left_out_and_counted(data: Any) -> None:
    y, s = data
    assume(y.size > 2)
    result = random_effects([*y, None, 0.3], [*s, 0.1, math.nan], missing="omit")
    assert_close(result, random_effects(y, s), 1e-12)
    assert (result.n, result.n_missing) == (y.size, 2)


@pytest.mark.parametrize(
    ("arguments", "chosen", "message"),
    [
        (([0.1], [0.1, 0.2]), {}, "estimates has 1 values and standard_errors has 2"),
        (([0.1, 0.2], [0.1, 0.0]), {}, "standard_errors is 0.0 at least once: it must be above 0"),
        (([0.1, 0.2], [0.1, -0.1]), {}, "standard_errors is -0.1 at least once"),
        (([[0.1]], [[0.1]]), {}, "estimates has 2 dimensions"),
        (([0.1, None], [0.1, 0.1]), {}, "1 of 2 rows have a missing value"),
        (([0.1, 0.2], [0.1, 0.1]), {"tau2": "ml"}, "tau2 is 'ml': it must be one of"),
        (([0.1, 0.2], [0.1, 0.1]), {"ci": "t"}, "ci is 't': it must be one of"),
        (([0.1, 0.2], [0.1, 0.1]), {"prediction": "z"}, "prediction is 'z'"),
        (([0.1, 0.2], [0.1, 0.1]), {"level": 1.0}, "level is 1.0"),
    ],
)
def test_bad_input_is_named(arguments: Any, chosen: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        random_effects(*arguments, **chosen)
