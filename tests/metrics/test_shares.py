from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from fit_metrics import rates

quick = settings(deadline=None, max_examples=60)
counts = st.integers(1, 10**5).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
cells = st.tuples(*[st.integers(0, 60)] * 4).filter(lambda c: sum(c) > 0)
METHODS = ("wilson", "clopper_pearson", "jeffreys")


def coverage(n: int, shares: NDArray[np.float64], method: Any) -> NDArray[np.float64]:
    limits = rates.share_intervals(np.arange(n + 1), n, method=method)
    covers = (limits.ci_low[:, None] <= shares) & (shares <= limits.ci_high[:, None])
    probability = stats.binom.pmf(np.arange(n + 1)[:, None], n, shares)
    result: NDArray[np.float64] = (probability * covers).sum(axis=0)
    return result


@pytest.mark.parametrize("n", [1, 2, 5, 10, 20, 47, 100])
def test_clopper_pearson_covers_at_least_its_level_everywhere(n: int) -> None:
    limits = rates.share_intervals(np.arange(n + 1), n, method="clopper_pearson")
    # Coverage jumps down just beyond a limit: that is where the least of it lies.
    edges = np.concatenate([limits.ci_low + 1e-10, limits.ci_high - 1e-10, limits.ci_low - 1e-10])
    shares = np.concatenate([np.linspace(0.0, 1.0, 501), np.clip(edges, 0.0, 1.0)])
    assert coverage(n, shares, "clopper_pearson").min() >= 0.95


@pytest.mark.parametrize("method", METHODS)
def test_average_coverage_is_near_the_level(method: str) -> None:
    average = coverage(40, np.linspace(0.0005, 0.9995, 1000), method).mean()
    assert average == pytest.approx(0.95, abs=0.005 if method != "clopper_pearson" else 0.025)


@quick
@given(counts, st.floats(0.01, 0.9999))
def test_clopper_pearson_limits_have_equal_tails(case: tuple[int, int], level: float) -> None:
    x, n = case
    result = rates.clopper_pearson(x, n, level=level)
    tail = (1 - level) / 2
    if x > 0:
        assert stats.binom.sf(x - 1, n, result.ci_low) == pytest.approx(tail, rel=1e-7)
    if x < n:
        assert stats.binom.cdf(x, n, result.ci_high) == pytest.approx(tail, rel=1e-7)
    assert result.ci_low <= result.estimate <= result.ci_high


@quick
@given(counts, st.floats(0.5, 0.999))
def test_intervals_are_nested_and_mirrored(case: tuple[int, int], level: float) -> None:
    x, n = case
    exact = rates.clopper_pearson(x, n, level=level)
    prior = rates.jeffreys(x, n, level=level)
    assert exact.ci_low <= prior.ci_low <= prior.estimate <= prior.ci_high <= exact.ci_high
    for function in (rates.clopper_pearson, rates.jeffreys):
        share, rest = function(x, n, level=level), function(n - x, n, level=level)
        assert share.ci_low == pytest.approx(1 - rest.ci_high, abs=1e-12)


@pytest.mark.parametrize("n", [1, 7, 20, 10**9])
@pytest.mark.parametrize("function", [rates.clopper_pearson, rates.jeffreys])
def test_ends_are_exact(function: Any, n: int) -> None:
    assert function(0, n).ci_low == 0.0
    assert function(n, n).ci_high == 1.0
    assert 0.0 < function(0, n).ci_high < 1.0
    assert 0.0 < function(n, n).ci_low < 1.0


def test_clopper_pearson_without_successes_has_a_closed_form() -> None:
    for n in (1, 20, 10**6):
        expected = -math.expm1(math.log(0.025) / n)
        assert rates.clopper_pearson(0, n).ci_high == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("method", METHODS)
def test_arrays_are_the_single_shares(method: Any) -> None:
    successes, n = np.array([[0, 3], [10, 0]]), np.array([[8, 10], [10, 0]])
    result = rates.share_intervals(successes, n, method=method, level=0.9)
    assert result.estimate.shape == result.n.shape == (2, 2)
    single = getattr(rates, method)
    for position in np.ndindex(2, 2):
        one = single(int(successes[position]), int(n[position]), level=0.9)
        for name in ("estimate", "ci_low", "ci_high"):
            assert getattr(result, name)[position] == pytest.approx(
                getattr(one, name), abs=1e-15, nan_ok=True
            )
        assert one.method == result.method


def test_a_million_shares_in_one_call() -> None:
    n = np.arange(1, 1_000_001)
    result = rates.share_intervals(n // 3, n)
    assert bool(np.all((result.ci_low <= result.estimate) & (result.estimate <= result.ci_high)))


def test_integers_and_float32_are_counts() -> None:
    for dtype in (np.int8, np.uint16, np.float32):
        result = rates.share_intervals(np.array([3], dtype), np.array([10], dtype))
        assert result.estimate[0] == 0.3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 4], [3, 3]), "successes is 4 and n is 3: it must be at most n"),
        (([1, None], [3, 3]), "successes has a missing value"),
        (([0.5], [3]), "successes has the value 0.5: counts are integers from 0"),
        (([1], [-3]), "n has the value -3: counts are integers from 0"),
        (([1, 2, 3], [3, 3]), r"successes has shape \(3,\) and n has shape \(2,\)"),
    ],
)
def test_bad_arrays_of_counts_are_named(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        rates.share_intervals(*arguments)


def test_unknown_method_is_named() -> None:
    with pytest.raises(ValueError, match="method is 'wald': it must be one of 'wilson'"):
        rates.share_intervals([1], [2], method="wald")  # type: ignore[arg-type]


@quick
@given(counts, counts)
def test_difference_mirrors_and_contains(first: tuple[int, int], other: tuple[int, int]) -> None:
    there = rates.share_difference(*first, *other)
    back = rates.share_difference(*other, *first)
    assert there.estimate == -back.estimate
    assert there.ci_low == pytest.approx(-back.ci_high, abs=1e-14)
    assert -1.0 <= there.ci_low <= there.estimate <= there.ci_high <= 1.0


@quick
@given(cells)
def test_paired_difference_mirrors_and_contains(table: tuple[int, int, int, int]) -> None:
    both, first, second, neither = table
    there = rates.paired_share_difference(both, first, second, neither)
    back = rates.paired_share_difference(both, second, first, neither)
    turned = rates.paired_share_difference(neither, first, second, both)
    assert there.ci_low == pytest.approx(-back.ci_high, abs=1e-14)
    assert (turned.ci_low, turned.ci_high) == pytest.approx((-back.ci_high, -back.ci_low))
    slack = 1e-12
    assert -1 - slack <= there.ci_low <= there.estimate + slack
    assert there.estimate - slack <= there.ci_high <= 1 + slack


def test_pairing_narrows_where_answers_agree() -> None:
    paired = rates.paired_share_difference(40, 10, 4, 46)
    apart = rates.share_difference(50, 100, 44, 100)
    assert paired.estimate == pytest.approx(apart.estimate)
    assert apart.ci_low < paired.ci_low < paired.ci_high < apart.ci_high


def test_difference_with_an_empty_group_is_missing() -> None:
    for result in (rates.share_difference(0, 0, 3, 8), rates.paired_share_difference(0, 0, 0, 0)):
        assert math.isnan(result.estimate)
        assert math.isnan(result.ci_low)
        assert math.isnan(result.ci_high)


def test_bad_difference_is_named() -> None:
    with pytest.raises(ValueError, match="other_successes is 4 and other_n is 3"):
        rates.share_difference(1, 2, 4, 3)
    with pytest.raises(ValueError, match="neither is -1: it must be 0 or more"):
        rates.paired_share_difference(1, 2, 3, -1)


@quick
@given(counts, st.integers(0, 1000), st.sampled_from(["wilson", "imbens_manski"]))
def test_bounds_hold_every_way_to_fill_the_missing(
    case: tuple[int, int], lost: int, ci: Any
) -> None:
    x, n = case
    result = rates.share_bounds(x, n, lost, ci=ci)
    filled = (x + np.arange(lost + 1)) / (n + lost)
    assert filled.min() == result.bound_low
    assert filled.max() == result.bound_high
    assert result.ci_low <= result.bound_low <= result.bound_high <= result.ci_high
    assert result.bound_low <= result.estimate <= result.bound_high


def test_bounds_without_missing_are_the_share() -> None:
    bounds, share = rates.share_bounds(20, 25, 0), rates.wilson(20, 25)
    assert bounds.bound_low == bounds.bound_high == share.estimate
    assert (bounds.ci_low, bounds.ci_high) == (share.ci_low, share.ci_high)


def test_bounds_of_nothing() -> None:
    unseen = rates.share_bounds(0, 0, 9, ci="imbens_manski")
    assert math.isnan(unseen.estimate)
    assert dataclasses.astuple(unseen)[1:3] == (0.0, 1.0)
    assert math.isnan(rates.share_bounds(0, 0, 0).ci_low)
    with pytest.raises(ValueError, match="ci is 'wald'"):
        rates.share_bounds(1, 2, 3, ci="wald")  # type: ignore[arg-type]


def test_imbens_manski_at_a_level_that_the_bounds_reach() -> None:
    result = rates.share_bounds(5, 10, 10**6, ci="imbens_manski", level=0.01)
    assert (result.ci_low, result.ci_high) == (result.bound_low, result.bound_high)


def test_imbens_manski_covers_the_share_not_the_bounds() -> None:
    one, set_of_both = (rates.share_bounds(60, 200, 200, ci=c) for c in ("imbens_manski", "wilson"))  # type: ignore[arg-type]
    assert set_of_both.ci_low < one.ci_low
    z = stats.norm.ppf(0.95)
    assert one.ci_low == pytest.approx(0.15 - z * math.sqrt(0.15 * 0.85 / 400), rel=1e-10)
