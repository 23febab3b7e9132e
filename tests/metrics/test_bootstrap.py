from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from fit_metrics._bootstrap import draw_sums, sums_of
from fit_metrics.effect_size import pre_post_d, pre_post_d_from_stats, two_group_d

STANDARDIZERS = ("pre_sd", "average_sd", "change_sd", "repeated")


def scores(n: int, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    pre = np.round(rng.normal(20, 7, n), 1)
    return pre, np.clip(np.round(0.6 * pre + 13 + rng.normal(0, 6, n), 1), 0, 40)


def bootstrapped(pre: Any, post: Any, **options: Any) -> Any:
    options = {"rng": np.random.default_rng(8), "n_resamples": 2_000, **options}
    return pre_post_d(pre, post, ci="bootstrap", **options)


def test_sums_of_resamples_are_the_sums_of_the_drawn_rows() -> None:
    rows = np.random.default_rng(1).normal(size=(3, 7))
    indices = np.random.default_rng(2).integers(0, 7, size=(11, 7))
    np.testing.assert_allclose(sums_of(rows, indices), rows[:, indices].sum(axis=2), atol=1e-12)


@pytest.mark.parametrize("n", [3, 200, 40_000])
def test_resamples_are_drawn_in_blocks_of_any_size(n: int) -> None:
    rows = np.stack([np.ones(n), np.arange(n) / n])
    drawn = draw_sums(rows, np.random.default_rng(4), 500)
    assert np.all(drawn[0] == n)
    # Sums of n uniform draws: mean n times that of the rows, variance n times theirs.
    error = math.sqrt(n * rows[1].var() / 500)
    assert abs(drawn[1].mean() - rows[1].sum()) < 5 * error


def test_limits_are_close_to_those_of_scipy() -> None:
    pre, post = scores(60)

    def d(x: np.ndarray, y: np.ndarray, axis: int) -> Any:
        return (y - x).mean(axis) / x.std(axis, ddof=1)

    ours = bootstrapped(pre, post, correct_bias=False, n_resamples=40_000)
    theirs = stats.bootstrap(
        (pre, post), d, paired=True, vectorized=True, n_resamples=40_000, method="BCa", rng=5
    ).confidence_interval
    assert ours.ci_low == pytest.approx(theirs.low, abs=0.01)
    assert ours.ci_high == pytest.approx(theirs.high, abs=0.01)


def test_two_group_limits_are_close_to_those_of_scipy() -> None:
    one, two = scores(50)[1], scores(30, seed=9)[0]

    def d(x: np.ndarray, y: np.ndarray, axis: int) -> Any:
        return (x.mean(axis) - y.mean(axis)) / y.std(axis, ddof=1)

    rng = np.random.default_rng(8)
    ours = two_group_d(
        one, two, standardizer="control", ci="bootstrap", rng=rng, n_resamples=40_000,
        correct_bias=False,
    )  # fmt: skip
    theirs = stats.bootstrap(
        (one, two), d, vectorized=True, n_resamples=40_000, method="BCa", rng=5
    ).confidence_interval
    assert ours.ci_low == pytest.approx(theirs.low, abs=0.015)
    assert ours.ci_high == pytest.approx(theirs.high, abs=0.015)


@pytest.mark.parametrize("standardizer", STANDARDIZERS)
def test_normal_scores_give_limits_near_the_normal_ones(standardizer: Any) -> None:
    rng = np.random.default_rng(6)
    pre, noise = rng.normal(20, 7, 4000), rng.normal(0, 5, 4000)
    drawn = bootstrapped(pre, 0.5 * pre + 14 + noise, standardizer=standardizer)
    normal = pre_post_d(pre, 0.5 * pre + 14 + noise, standardizer=standardizer)
    assert drawn.estimate == normal.estimate
    assert drawn.ci_low == pytest.approx(normal.ci_low, abs=0.012)
    assert drawn.ci_high == pytest.approx(normal.ci_high, abs=0.012)
    assert drawn.method == "pre_post_g_bootstrap"
    assert math.isnan(drawn.standard_error)


@pytest.mark.parametrize("standardizer", STANDARDIZERS)
def test_the_same_generator_gives_the_same_limits_in_either_direction(standardizer: Any) -> None:
    pre, post = scores(40)
    up = bootstrapped(pre, post, standardizer=standardizer)
    again = bootstrapped(pre, post, standardizer=standardizer)
    moved = bootstrapped(10 * pre + 3, 10 * post + 3, standardizer=standardizer)
    down = bootstrapped(pre, post, standardizer=standardizer, direction="lower_is_better")
    assert (up.ci_low, up.ci_high) == (again.ci_low, again.ci_high)
    assert (moved.ci_low, moved.ci_high) == pytest.approx((up.ci_low, up.ci_high), rel=1e-9)
    assert (-down.ci_high, -down.ci_low) == pytest.approx((up.ci_low, up.ci_high), rel=1e-9)
    assert up.ci_low < up.estimate < up.ci_high


def test_clusters_of_one_pair_are_pairs() -> None:
    pre, post = scores(25)
    plain = bootstrapped(pre, post)
    alone = bootstrapped(pre, post, clusters=np.arange(25))
    assert (plain.ci_low, plain.ci_high) == (alone.ci_low, alone.ci_high)


def test_clusters_that_are_alike_widen_the_interval() -> None:
    pre, post = scores(25)
    families = [f"family {k}" for k in np.repeat(np.arange(25), 4)]
    plain = bootstrapped(np.repeat(pre, 4), np.repeat(post, 4))
    clustered = bootstrapped(np.repeat(pre, 4), np.repeat(post, 4), clusters=families)
    once = bootstrapped(pre, post)
    assert plain.ci_high - plain.ci_low < 0.7 * (clustered.ci_high - clustered.ci_low)
    ratio = (clustered.ci_high - clustered.ci_low) / (once.ci_high - once.ci_low)
    assert ratio == pytest.approx(1.0, abs=0.06)


def test_clusters_follow_the_pairs_that_are_kept() -> None:
    pre, post = scores(12)
    clusters = np.repeat(np.arange(6), 2)
    holed = np.insert(pre, 3, np.nan), np.insert(post, 3, 20.0)
    result = bootstrapped(*holed, clusters=np.insert(clusters, 3, 9), missing="omit")
    assert result.ci_low == bootstrapped(pre, post, clusters=clusters).ci_low


@pytest.mark.parametrize("n", [0, 1, 2])
def test_too_few_pairs_have_no_limits(n: int) -> None:
    result = bootstrapped([10.0, 14.0][:n], [12.0, 19.0][:n])
    assert math.isnan(result.ci_low)
    assert math.isnan(result.ci_high)


def test_equal_scores_have_no_limits() -> None:
    assert math.isnan(bootstrapped([0.1] * 7, [1, 2, 3, 4, 5, 6, 7]).ci_low)
    pre = [0.1, 7.3, 12.9, 20.2, 33.3]
    post = [0.4, 7.6, 13.2, 20.5, 33.6]
    assert math.isnan(bootstrapped(pre, post, standardizer="change_sd").ci_low)
    nobody_changed = bootstrapped(pre, pre)
    assert nobody_changed.estimate == 0.0
    assert math.isnan(nobody_changed.ci_low)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rng": 5}, "rng is 5: ci='bootstrap' draws at random"),
        ({"rng": None}, "rng is None"),
        ({"n_resamples": 0}, "n_resamples is 0: it must be 1 or more"),
        ({"clusters": [1, 2]}, r"clusters has shape \(2,\): it must have one label"),
        ({"clusters": [1, None, 2]}, "clusters has a missing label"),
        ({"clusters": [1, math.nan, 2]}, "clusters has a missing label"),
    ],
)
def test_bad_options_are_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bootstrapped([1, 2, 4], [2, 3, 3], **options)


def test_bootstrap_needs_rows_and_clusters_need_a_bootstrap() -> None:
    with pytest.raises(ValueError, match="ci is 'bootstrap': it draws from the rows"):
        pre_post_d_from_stats(20, 1, 2, 3, 4, 0.5, ci="bootstrap")
    with pytest.raises(ValueError, match="clusters are given with ci='normal'"):
        pre_post_d([1, 2, 4], [2, 3, 3], clusters=[1, 1, 2])
