from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from fit_metrics.funnel import limits, overdispersion, z_scores

quick = settings(deadline=None, max_examples=60)
sizes = st.lists(st.integers(1, 400), min_size=1, max_size=12)
shares = st.integers(1, 999).map(lambda v: v / 1000)
levels = st.floats(0.5, 0.999)
units = st.lists(st.tuples(st.integers(-60, 60), st.integers(1, 40)), min_size=2, max_size=30).map(
    lambda rows: (np.array([a for a, _ in rows]) / 10, np.array([b for _, b in rows]) / 10)
)


@quick
@given(sizes, shares, levels)
def test_exact_limits_leave_no_more_than_the_tail(n: list[int], share: float, level: float) -> None:
    found = limits(n, kind="proportion", centre=share, levels=[level])
    size = np.array(n)
    low, high = np.rint(found.ci_low[0] * size), np.rint(found.ci_high[0] * size)
    tail = (1 - level) / 2
    assert (stats.binom.cdf(low - 1, size, share) <= tail + 1e-12).all()
    assert (stats.binom.sf(high, size, share) <= tail + 1e-12).all()
    # One count further in and the tail would be too large.
    assert (stats.binom.cdf(low, size, share) >= tail - 1e-12).all()
    assert (stats.binom.sf(high - 1, size, share) >= tail - 1e-12).all()


@pytest.mark.parametrize("n", [1, 2, 5, 12, 20])
def test_a_tail_that_a_count_just_fills_keeps_that_count_inside(n: int) -> None:
    # With a share of one half and few persons the distribution has exact floats.
    for count in range(n // 2):
        tail = sum(math.comb(n, k) for k in range(count + 1)) / 2**n
        found = limits([n], kind="proportion", centre=0.5, levels=[1 - 2 * tail])
        assert found.ci_low[0, 0] == count / n
        assert found.ci_high[0, 0] == (n - count - 1) / n


@quick
@given(sizes, shares, levels)
def test_interpolated_lies_within_one_person_of_exact(n: Any, share: float, level: float) -> None:
    exact = limits(n, kind="proportion", centre=share, levels=[level])
    smooth = limits(n, kind="proportion", centre=share, levels=[level], method="interpolated")
    for one, other in ((exact.ci_low, smooth.ci_low), (exact.ci_high, smooth.ci_high)):
        assert (other <= one + 1e-9).all()
        assert (other >= one - 1 / np.array(n) - 1e-9).all()
        assert ((other >= 0) & (other <= 1)).all()


@quick
@given(sizes, shares, levels, st.sampled_from(["normal", "arcsine"]))
def test_successes_mirror_failures(n: Any, share: float, level: float, method: Any) -> None:
    options: dict[str, Any] = {"kind": "proportion", "levels": [level], "method": method}
    found, mirrored = limits(n, centre=share, **options), limits(n, centre=1 - share, **options)
    assert mirrored.ci_low == pytest.approx(1 - found.ci_high, abs=1e-12)
    assert mirrored.ci_high == pytest.approx(1 - found.ci_low, abs=1e-12)


def test_exact_limits_mirror() -> None:
    found = limits([7, 25, 90], kind="proportion", centre=0.3)
    mirrored = limits([7, 25, 90], kind="proportion", centre=0.7)
    assert mirrored.ci_low == pytest.approx(1 - found.ci_high, abs=1e-12)


@quick
@given(sizes, st.floats(1, 3), st.floats(0, 2))
def test_wider_with_level_and_overdispersion(n: Any, phi: float, tau2: float) -> None:
    base: dict[str, Any] = {"kind": "mean", "centre": 4.0, "sd": 6.0}
    found = limits(n, **base)
    assert (found.ci_low[1] <= found.ci_low[0]).all()
    assert (found.ci_low <= 4.0).all()
    assert (limits(n, **base, phi=phi).ci_high >= found.ci_high).all()
    assert (limits(n, **base, tau2=tau2).ci_high >= found.ci_high).all()
    assert (limits(n, **base, method="t", df=9).ci_high > found.ci_high).all()


def test_limits_of_the_mean_by_hand() -> None:
    found = limits([16, 64], kind="mean", centre=5, sd=8, levels=[0.95])
    assert found.ci_low[0] == pytest.approx([5 - 1.959964 * 2, 5 - 1.959964], rel=1e-6)
    widened = limits([16], kind="mean", centre=5, sd=8, levels=[0.95], tau2=5)
    assert widened.ci_high[0] == pytest.approx([5 + 1.959964 * 3], rel=1e-6)


def test_z_and_limits_agree_on_who_is_outside() -> None:
    rng = np.random.default_rng(3)
    n = rng.integers(5, 200, 60)
    values = rng.normal(4.0, 3.0, 60)
    base: dict[str, Any] = {"kind": "mean", "centre": 4.0, "sd": 6.0, "tau2": 0.4}
    found, z = limits(n, **base, levels=[0.9]), z_scores(values, n, **base).z
    outside = (values < found.ci_low[0]) | (values > found.ci_high[0])
    assert 0 < outside.sum() < 60
    assert (outside == (np.abs(z) > stats.norm.ppf(0.95))).all()


def test_units_of_nobody_and_centres_at_the_ends() -> None:
    for method in ("exact", "interpolated", "normal", "arcsine"):
        found = limits([0, 10], kind="proportion", centre=0.4, method=method)  # type: ignore[arg-type]
        assert np.isnan(found.ci_low[:, 0]).all()
        assert np.isnan(found.ci_high[:, 0]).all()
        assert not np.isnan(found.ci_high[:, 1]).any()
    for share in (0.0, 1.0):
        ends = limits([1, 10], kind="proportion", centre=share)
        assert (ends.ci_low == share).all()
        assert (ends.ci_high == share).all()
        assert np.isnan(z_scores([share], [10], kind="proportion", centre=share).z).all()
    assert limits([], kind="mean", centre=1, sd=1).ci_low.shape == (2, 0)
    still = limits([9], kind="mean", centre=1.5, sd=0)
    assert (still.ci_low == still.ci_high).all()
    assert math.isnan(z_scores([1.5], [9], kind="mean", centre=1.5, sd=0).z[0])


def test_z_keeps_its_place_where_a_value_is_missing() -> None:
    found = z_scores([5.0, None, 9.0], [4, 4, 0], kind="mean", centre=3, sd=4, missing="omit")
    assert found.z[0] == 1.0
    assert np.isnan(found.z[1:]).all()
    assert (found.n, found.n_missing) == (1, 2)
    with pytest.raises(ValueError, match="values and n: 2 of 3 rows have a missing value"):
        z_scores([5.0, None, 9.0], [4, 4, 0], kind="mean", centre=3, sd=4)


def test_types_of_numbers_do_not_matter() -> None:
    base: dict[str, Any] = {"kind": "proportion", "centre": 0.5}
    one = z_scores(np.float32([0.5, 0.75]), np.array([8, 16], dtype=np.uint16), **base)
    assert one.z.tolist() == z_scores([0.5, 0.75], [8.0, 16.0], **base).z.tolist()


@quick
@given(units, st.integers(0, 49).map(lambda v: v / 100))
def test_overdispersion_is_the_same_however_units_are_ordered(data: Any, share: float) -> None:
    z, s = data
    one, other = (overdispersion(a, b, winsorise=share) for a, b in ((z, s), (z[::-1], s[::-1])))
    mirrored = overdispersion(-z, s, winsorise=share)
    for found in (other, mirrored):
        assert found.phi == pytest.approx(one.phi)
        assert found.tau2 == pytest.approx(one.tau2, abs=1e-9)
        assert found.n_winsorised == one.n_winsorised
    assert one.phi >= 1
    assert one.tau2 >= 0
    scaled = overdispersion(z, 10 * s, winsorise=share)
    assert scaled.tau2 == pytest.approx(100 * one.tau2, rel=1e-9, abs=1e-9)


def test_the_extremes_are_held_back() -> None:
    z = np.array([-1.5, -0.5, 0.2, 0.4, 0.9, 1.1, -1.0, 0.3, -0.2, 40.0])
    plain, held = (overdispersion(z, np.ones(10), winsorise=w) for w in (0, 0.1))
    assert plain.phi > 100
    assert held.phi < 5
    assert (plain.n_winsorised, held.n_winsorised) == (0, 2)


def test_few_units() -> None:
    nothing = overdispersion([], [])
    assert math.isnan(nothing.phi)
    assert math.isnan(nothing.tau2)
    one = overdispersion([2.0, None], [1.0, 1.0])
    assert (one.phi, one.n, one.n_missing) == (4.0, 1, 1)
    assert math.isnan(one.tau2)
    alike = overdispersion([0.0, 0.0], [1.0, 1.0])
    assert (alike.phi, alike.tau2, alike.mean_square) == (1.0, 0.0, 0.0)


def test_a_million_units() -> None:
    n = np.tile(np.arange(1, 1001), 1000)
    found = limits(n, kind="proportion", centre=0.37)
    assert (found.ci_low[:, :1000] == found.ci_low[:, -1000:]).all()
    assert (found.ci_low <= 0.37).all()


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"kind": "median"}, "kind is 'median'"),
        ({"kind": "proportion", "centre": 0.5}, "sd is 8 with kind 'proportion'"),
        ({"sd": None}, "sd is None with kind 'mean'"),
        ({"sd": -1}, "sd is -1: it must be 0 or more"),
        ({"method": "exact"}, "method is 'exact': it must be one of 'normal', 't'"),
        ({"method": "t"}, "df is None with method 't'"),
        ({"df": 4}, "df is 4 with method 'normal'"),
        ({"method": "t", "df": 0}, "df is 0: it must be 1 or more"),
        ({"phi": 0.9}, "phi is 0.9: it must be 1 or more"),
        ({"tau2": -0.1}, "tau2 is -0.1: it must be 0 or more"),
        ({"phi": 1.2, "tau2": 0.1}, "widen by one of them"),
        ({"levels": []}, "levels is empty"),
        ({"levels": 0.95}, "levels is 0.95: it must be a sequence"),
        ({"levels": [95]}, "level is 95"),
        ({"kind": "proportion", "sd": None, "centre": 1.2}, "centre is 1.2: a proportion"),
        ({"kind": "proportion", "sd": None, "centre": 0.2, "phi": 2}, "exact limits cannot be"),
    ],
)
def test_bad_settings_are_named(chosen: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        limits([10], **{"kind": "mean", "centre": 5, "sd": 8, **chosen})


def test_bad_columns_are_named() -> None:
    base: dict[str, Any] = {"kind": "mean", "centre": 5, "sd": 8}
    with pytest.raises(ValueError, match=r"n is 2\.5 at least once: it must be a whole number"):
        limits([2.5], **base)
    with pytest.raises(ValueError, match="n has a missing value"):
        limits([2, None], **base)
    with pytest.raises(ValueError, match="values has 1 values and n has 2"):
        z_scores([1.0], [2, 3], **base)
    with pytest.raises(ValueError, match="values has one below 0 or above 1"):
        z_scores([1.2], [2], kind="proportion", centre=0.5)
    with pytest.raises(ValueError, match="df is None with method 't'"):
        z_scores([1.2], [2], **base, method="t")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="z-scores are 'normal' or 'arcsine'"):
        z_scores([0.2], [2], kind="proportion", centre=0.5, method="exact")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"winsorise is 0\.5: it must be 0 or more and below"):
        overdispersion([1.0], [1.0], winsorise=0.5)
    with pytest.raises(ValueError, match=r"standard_errors is 0\.0 at least once"):
        overdispersion([1.0], [0.0])
