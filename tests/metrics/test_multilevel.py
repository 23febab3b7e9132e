from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fit_metrics.multilevel import (
    MixedModel,
    mean_reliability,
    n_for_reliability,
    nested_intercepts,
    random_intercept,
    random_intercept_from_sums,
    random_slope,
)

quick = settings(deadline=None, max_examples=8)
seeds = st.integers(0, 2**32 - 1)


def rows(
    seed: int, *, groups: int = 8, spread: float = 2.0, slope: float = 0.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores in tenths, times and group numbers; groups of 2 to 9 rows."""
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(groups), rng.integers(2, 10, groups))
    times = rng.integers(0, 6, codes.size).astype(float)
    lift, course = rng.normal(size=groups) * spread, rng.normal(size=groups) * slope
    noise = rng.normal(size=codes.size) * 3.0
    return np.round(22.0 + lift[codes] + course[codes] * times + noise, 1), times, codes


def numbers(model: MixedModel) -> list[float]:
    found = [model.sigma, model.log_likelihood, *model.fixed.estimate, *model.fixed.standard_error]
    for term in model.terms:
        found += [term.variance.estimate, *term.effect, *term.estimate, *term.ci_low]
    return [float(number) for number in found]


# ---------------------------------------------------------------------------------- properties


@quick
@given(seeds)
def test_row_order_and_names_are_irrelevant(seed: int) -> None:
    scores, times, codes = rows(seed, slope=0.5)
    order = np.random.default_rng(seed).permutation(scores.size)
    names = np.array([f"team {chr(ord('a') + code)}" for code in codes])
    for fit in (
        lambda y, t, g: random_intercept(y, g, covariates=t),
        random_slope,
    ):
        straight, mixed = fit(scores, times, codes), fit(scores[order], times[order], names[order])
        assert numbers(mixed) == pytest.approx(numbers(straight), rel=1e-5, abs=1e-5)


@quick
@given(seeds, st.floats(0.01, 100.0), st.floats(-50.0, 50.0))
def test_change_of_scale(seed: int, factor: float, shift: float) -> None:
    scores, _, codes = rows(seed)
    one, other = random_intercept(scores, codes), random_intercept(scores * factor + shift, codes)
    first, second = one.term("group"), other.term("group")
    assert first.icc is not None
    assert second.icc is not None
    assert second.icc.estimate == pytest.approx(first.icc.estimate, rel=1e-6, abs=1e-9)
    assert second.icc.ci_high == pytest.approx(first.icc.ci_high, rel=1e-6, abs=1e-9)
    assert second.reliability == pytest.approx(first.reliability, rel=1e-6, abs=1e-9)
    assert second.estimate == pytest.approx(first.estimate * factor + shift, rel=1e-6, abs=1e-6)
    assert second.variance.ci_high == pytest.approx(first.variance.ci_high * factor**2, rel=1e-4)


@quick
@given(seeds)
def test_direction_mirrors(seed: int) -> None:
    scores, times, codes = rows(seed, slope=0.4)
    up, down = random_slope(scores, times, codes), random_slope(-scores, times, codes)
    assert down.theta == pytest.approx(up.theta, rel=1e-4, abs=1e-6)
    for one, other in zip(up.terms, down.terms, strict=True):
        assert other.effect == pytest.approx(-one.effect, rel=1e-4, abs=1e-6)
        assert other.ci_low == pytest.approx(-one.ci_high, rel=1e-4, abs=1e-4)


@quick
@given(seeds, st.sampled_from(["reml", "ml"]))
def test_sums_of_groups_give_what_the_rows_give(seed: int, estimator: Any) -> None:
    scores, _, codes = rows(seed)
    whole = np.round(scores * 10).astype(np.int64)
    of_rows = random_intercept(scores, codes, estimator=estimator)
    of_sums = random_intercept_from_sums(
        np.bincount(codes),
        np.bincount(codes, weights=whole).astype(np.int64),
        np.bincount(codes, weights=whole**2).astype(np.int64),
        unit=0.1,
        estimator=estimator,
    )
    assert of_sums.n == of_rows.n
    assert of_sums.n_missing is None
    assert numbers(of_sums) == pytest.approx(numbers(of_rows), rel=1e-6, abs=1e-6)


@quick
@given(seeds)
def test_intervals_hold_their_estimates(seed: int) -> None:
    scores, times, codes = rows(seed, groups=10, slope=0.5)
    for model in (
        random_intercept(scores, codes),
        nested_intercepts(scores, codes // 3, codes),
        random_slope(scores, times, codes),
    ):
        assert model.converged
        estimates = [model.residual_variance, *(term.variance for term in model.terms)]
        estimates += [term.icc for term in model.terms if term.icc is not None]
        if model.correlation is not None and not math.isnan(model.correlation.estimate):
            estimates.append(model.correlation)
        for estimate in estimates:
            assert estimate.ci_low - 1e-9 <= estimate.estimate <= estimate.ci_high + 1e-9
        for term in model.terms:
            assert (term.ci_low <= term.estimate).all()
            assert (term.estimate <= term.ci_high).all()
            assert ((term.reliability >= 0.0) & (term.reliability <= 1.0)).all()


@quick
@given(seeds)
def test_effects_shrink_the_means_by_their_reliability(seed: int) -> None:
    scores, _, codes = rows(seed)
    model = random_intercept(scores, codes)
    term = model.term("group")
    means = np.bincount(codes, weights=scores) / np.bincount(codes)
    average = model.fixed.estimate[0]
    assert term.effect == pytest.approx(term.reliability * (means - average), rel=1e-7, abs=1e-9)
    assert term.icc is not None
    expected = mean_reliability(term.icc.estimate, term.n)
    assert term.reliability == pytest.approx(expected, rel=1e-7, abs=1e-9)


@quick
@given(seeds)
def test_nothing_lies_lower_than_the_optimum(seed: int) -> None:
    """The deviance of the dense likelihood, which shares no formula with the solver."""
    scores, times, codes = rows(seed, slope=0.5)
    model = random_slope(scores, times, codes)
    x = np.column_stack([np.ones(scores.size), times])

    def deviance(theta: np.ndarray) -> float:
        factor = np.array([[theta[0], 0.0], [theta[1], theta[2]]])
        z = np.zeros((scores.size, 2 * (codes.max() + 1)))
        for k in range(2):
            z[np.arange(scores.size), 2 * codes + k] = x[:, k]
        lifted = z @ np.kron(np.eye(codes.max() + 1), factor)
        v = np.eye(scores.size) + lifted @ lifted.T
        inverse = np.linalg.inv(v)
        information = x.T @ inverse @ x
        residual = scores - x @ np.linalg.solve(information, x.T @ inverse @ scores)
        df = scores.size - 2
        squares = float(residual @ inverse @ residual)
        logs = np.linalg.slogdet(v)[1] + np.linalg.slogdet(information)[1]
        return float(logs + df * (1.0 + math.log(2.0 * math.pi * squares / df)))

    lowest = -2.0 * model.log_likelihood
    assert deviance(model.theta) == pytest.approx(lowest, rel=1e-9)
    rng = np.random.default_rng(seed)
    for scale in (0.01, 0.1, 1.0, 10.0):
        for _ in range(5):
            near = model.theta + rng.normal(size=3) * scale * 0.3
            assert deviance(near) >= lowest - 1e-7


# ------------------------------------------------------------------------------------ boundary


def test_no_variance_gives_no_effects() -> None:
    scores = np.tile([20.0, 24.0, 22.0, 30.0], 6)
    model = random_intercept(scores, np.repeat(np.arange(6), 4))
    term = model.term("group")
    assert model.converged
    assert model.theta.tolist() == [0.0]
    assert term.variance.estimate == 0.0
    assert term.icc is not None
    assert (term.icc.estimate, term.icc.ci_low) == (0.0, 0.0)
    assert term.effect.tolist() == [0.0] * 6
    assert term.reliability.tolist() == [0.0] * 6
    assert term.estimate == pytest.approx([24.0] * 6)
    # That no difference was seen does not mean that there is none.
    assert (term.ci_low < term.ci_high).all()
    assert model.sigma == pytest.approx(scores.std(ddof=1))


@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_correlation_at_the_end(sign: float) -> None:
    rng = np.random.default_rng(4)
    codes, times = np.repeat(np.arange(30), 6), np.tile(np.arange(6.0), 30)
    lift = rng.normal(size=30)[codes]
    # Noise without a level or a course of its own leaves the groups' lines exactly in step.
    line = np.column_stack([np.ones(6), np.arange(6.0)])
    noise = rng.normal(size=(30, 6)) * 2.0
    noise -= noise @ line @ np.linalg.inv(line.T @ line) @ line.T
    scores = 20.0 + 3.0 * lift + sign * lift * times + noise.ravel()
    model = random_slope(scores, times, codes)
    assert model.converged
    assert model.theta[2] == 0.0
    assert model.correlation is not None
    assert model.correlation.estimate == sign
    assert (model.correlation.ci_high if sign > 0 else model.correlation.ci_low) == sign
    assert np.isfinite(numbers(model)).all()


def test_few_rows_that_hardly_tell_the_level_from_the_course() -> None:
    """The profile of the residual variance passes places where the coefficients are lost."""
    codes = np.repeat(np.arange(6), [2, 2, 1, 2, 2, 3])
    times = np.array([1, 3, 2, 1, 2, 0, 2, 1, 3, 3, 3, 0])
    scores = [21.3, 21.2, 20.1, 19.5, 19.7, 20.6, 18.5, 20.4, 19.2, 20.1, 20.5, 20.1]
    model = random_slope(scores, times, codes)
    assert model.converged
    assert np.isfinite(numbers(model)).all()
    assert model.residual_variance.ci_low < model.residual_variance.estimate


def test_nested_without_team_variance() -> None:
    rng = np.random.default_rng(1)
    workers = np.repeat(np.arange(12), 5)
    lift = np.tile([-3.0, 3.0], 6)
    scores = 20.0 + lift[workers] + rng.normal(size=60)
    model = nested_intercepts(scores, workers // 2, workers)
    assert model.term("team").effect.tolist() == [0.0] * 6
    assert model.term("worker").variance.estimate > 5.0
    assert np.isfinite(numbers(model)).all()


def test_nearly_all_variance_between_groups() -> None:
    codes = np.repeat(np.arange(9), 5)
    noise = np.tile([0.0, 1e-5, -1e-5, 2e-5, -2e-5], 9)
    model = random_intercept(codes * 7.0 + noise, codes)
    term = model.term("group")
    assert model.converged
    assert model.sigma == pytest.approx(math.sqrt(1e-9 * 9 / 36), rel=1e-5)
    assert term.icc is not None
    assert 1.0 - term.icc.estimate < 1e-10
    assert term.estimate == pytest.approx(np.arange(9) * 7.0, abs=1e-4)


@pytest.mark.parametrize(
    ("scores", "groups"),
    [
        ([], []),
        ([20.0], ["a"]),
        ([20.0, 21.0], ["a", "b"]),
        ([20.0, 21.0, 25.0], ["a", "a", "a"]),
        ([20.0, 20.0, 25.0, 25.0], ["a", "a", "b", "b"]),
        ([20.1] * 6, ["a", "a", "b", "b", "c", "c"]),
        ([None, math.nan, None], ["a", "a", "b"]),
        ([20.0, 21.0, 22.0], [None, None, None]),
    ],
)
def test_what_rows_do_not_determine_is_missing(scores: list[Any], groups: list[Any]) -> None:
    model = random_intercept(scores, groups, missing="omit")
    assert not model.converged
    assert np.isnan(numbers(model)).all()
    assert model.n + (model.n_missing or 0) == len(scores)
    assert len(model.term("group").estimate) == len(model.term("group").labels)


def test_levels_that_cannot_be_told_apart_are_missing() -> None:
    scores, times, codes = rows(2)
    assert not nested_intercepts(scores, codes, codes).converged
    assert not nested_intercepts(scores, codes // 2, np.arange(codes.size)).converged
    assert not random_slope(scores, times + 0.0, np.arange(codes.size)).converged
    at_one_time = random_slope(scores, np.full(codes.size, 2.0), codes)
    assert not at_one_time.converged
    assert np.isnan(at_one_time.term("slope").estimate).all()
    # A covariate for every group leaves nothing for the groups to differ by.
    three = np.repeat(np.arange(3), 5)
    covariates = np.column_stack([three == 0, three == 1]).astype(float)
    assert not random_intercept(np.arange(15.0) % 4, three, covariates=covariates).converged


def test_two_groups_of_two() -> None:
    model = random_intercept([20.0, 22.0, 30.0, 31.0], ["a", "a", "b", "b"])
    assert model.converged
    # Balanced, so the analysis of variance gives the same: (90.25 - 1.25) / 2 between groups.
    assert model.residual_variance.estimate == pytest.approx(1.25)
    assert model.term("group").variance.estimate == pytest.approx((90.25 - 1.25) / 2)


def test_group_without_rows_has_the_average() -> None:
    model = random_intercept_from_sums([3, 0, 2], [66, 0, 50], [1460, 0, 1258], unit=1)
    term = model.term("group")
    assert term.effect[1] == 0.0
    assert term.reliability[1] == 0.0
    assert term.estimate[1] == pytest.approx(model.fixed.estimate[0])


# --------------------------------------------------------------------------------------- input


def test_missing_rows_are_counted() -> None:
    scores, times, codes = rows(3)
    gaps = scores.copy()
    gaps[[2, 5]] = np.nan
    kept = np.delete(np.arange(scores.size), [2, 5])
    model = random_slope(gaps, times, codes, missing="omit")
    assert (model.n, model.n_missing) == (kept.size, 2)
    assert numbers(model) == numbers(random_slope(scores[kept], times[kept], codes[kept]))
    with pytest.raises(ValueError, match=r"2 of .* rows have a missing value"):
        random_slope(gaps, times, codes)


def test_types_of_scores_and_labels() -> None:
    scores, _, codes = rows(5)
    whole = np.round(scores)
    expected = numbers(random_intercept(whole, codes))
    for labels in (codes.astype(np.uint8), codes * 10**12, codes.astype(str), codes.astype(object)):
        assert numbers(random_intercept(whole, labels)) == expected
    assert numbers(random_intercept(whole.astype(np.float32), codes)) == expected
    assert numbers(random_intercept(whole.astype(int).tolist(), codes.tolist())) == expected


def test_workers_of_two_teams_may_share_a_label() -> None:
    scores, _, codes = rows(6)
    own, shared = codes, codes % 2
    one, other = (
        nested_intercepts(scores, codes // 2, own),
        nested_intercepts(scores, codes // 2, shared),
    )
    assert numbers(one) == numbers(other)
    assert other.term("worker").parents is not None
    assert other.term("worker").parents.tolist() == sorted(np.unique(codes) // 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: random_intercept([1.0, 2.0], ["a"]), "groups has 1 values and scores has 2"),
        (lambda: random_intercept([[1.0]], ["a"]), "scores has 2 dimensions"),
        (lambda: random_intercept([1.0], [["a"]]), "groups has 2 dimensions"),
        (lambda: random_intercept([1.0, math.inf], [1, 2]), "scores has an infinite value"),
        (lambda: random_intercept(["1"], [1]), "scores has values of type"),
        (lambda: random_intercept([1.0], [1], estimator="mle"), "estimator is 'mle'"),  # type: ignore[arg-type]
        (lambda: random_intercept([1.0], [1], level=1.0), "level is 1.0"),
        (lambda: random_intercept([1.0, 2.0], [1, "a"], missing="keep"), "missing is 'keep'"),  # type: ignore[arg-type]
        (
            lambda: random_intercept([1.0, 2.0], np.array([1, "a"], dtype=object)),
            "groups mixes labels that cannot be ordered",
        ),
        (
            lambda: random_intercept(np.arange(6.0), [1, 1, 2, 2, 3, 3], covariates=np.ones(6)),
            "covariates: column 0 has one value only",
        ),
        (
            lambda: random_slope(
                np.arange(6.0) % 4,
                np.arange(6.0),
                [1, 1, 2, 2, 3, 3],
                covariates=2 * np.arange(6.0),
            ),
            "covariates: column 0 follows from the columns before it",
        ),
        (
            lambda: random_intercept(np.arange(4.0), [1, 1, 2, 2], covariates=np.ones(3)),
            "covariates has 3 rows and scores has 4",
        ),
        (lambda: random_slope([1.0, 2.0], [1.0], [1, 1]), "times has 1 values and scores has 2"),
        (lambda: random_intercept_from_sums([2.0], [3], [5], unit=1), r"n\[0\] is 2.0: it must be"),
        (lambda: random_intercept_from_sums([-2], [3], [5], unit=1), "n has the value -2"),
        (lambda: random_intercept_from_sums([2], [3, 4], [5], unit=1), "total has 2"),
        (lambda: random_intercept_from_sums([2, 2], [3, 3], [5, 4], unit=1), r"total\[1\] is 3"),
        (lambda: random_intercept_from_sums([2], [3], [5], unit=0), "unit is 0"),
        (lambda: random_intercept([1.0, 2.0, 4.0], [1, 1, 2]).term("team"), "name is 'team'"),
    ],
)
def test_bad_input_is_named(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_a_million_rows() -> None:
    rng = np.random.default_rng(8)
    codes = rng.integers(0, 700, 1_000_000)
    scores = 22.0 + rng.normal(size=700)[codes] + rng.normal(size=codes.size) * 4.0
    model = random_intercept(scores, codes)
    assert model.converged
    assert model.sigma == pytest.approx(4.0, rel=0.01)
    assert model.term("group").variance.estimate == pytest.approx(1.0, rel=0.2)


def test_sums_larger_than_64_bits_stay_exact() -> None:
    n, high = 10**6, 10**10
    total = [n * high, n * (high + 1), n * (high + 3)]
    squares = [n * value * value + n for value in (high, high + 1, high + 3)]
    model = random_intercept_from_sums([n] * 3, total, squares, unit=1)
    assert model.residual_variance.estimate == pytest.approx(n / (n - 1), rel=1e-12)
    assert model.term("group").variance.estimate == pytest.approx(7 / 3 - 1 / (n - 1), rel=1e-9)


# --------------------------------------------------------------------------------- reliability


@quick
@given(st.fractions(Fraction(1, 1000), 1), st.fractions(Fraction(1, 1000), Fraction(999, 1000)))
def test_n_is_the_least_that_reaches_the_reliability(icc: Fraction, wanted: Fraction) -> None:
    n = n_for_reliability(icc, wanted)

    def reached(rows: Fraction) -> Fraction:
        return rows * icc / (1 + (rows - 1) * icc) if rows else Fraction(0)

    assert reached(Fraction(n)) >= wanted
    assert reached(Fraction(n) - 1) < wanted
    assert float(mean_reliability(float(icc), n)) == pytest.approx(float(reached(Fraction(n))))


@pytest.mark.parametrize(
    ("icc", "n", "expected"),
    [(0.0, 30, 0.0), (1.0, 1, 1.0), (1.0, 0, 0.0), (0.05, 0, 0.0), (0.05, 1, 0.05)],
)
def test_reliability_at_its_ends(icc: float, n: float, expected: float) -> None:
    assert mean_reliability(icc, n) == pytest.approx(expected, abs=1e-15)


def test_n_for_reliability_at_its_ends() -> None:
    assert n_for_reliability(0.05, 0.5) == 19.0
    assert n_for_reliability(0.1, 0.5) == 9.0
    assert n_for_reliability(0.0, 0.7) == math.inf
    assert n_for_reliability(1.0, 0.99) == 1.0
    assert n_for_reliability(0.05, 0.0) == 0.0
    assert np.isnan(mean_reliability([math.nan, 0.1], [3, None])).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mean_reliability(1.2, 3), "icc has a value outside 0 to 1"),
        (lambda: mean_reliability(0.1, -3), "n has a value below 0"),
        (lambda: mean_reliability([0.1, 0.2], [1, 2, 3]), "icc and n do not go together"),
        (lambda: n_for_reliability(-0.1, 0.7), "icc is -0.1"),
        (lambda: n_for_reliability(0.1, 1.0), "reliability is 1.0"),
    ],
)
def test_bad_reliability_is_named(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
