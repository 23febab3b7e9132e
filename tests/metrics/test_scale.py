from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from fit_metrics import scale

quick = settings(deadline=None, max_examples=50)
tables = hnp.arrays(
    np.int64, st.tuples(st.integers(3, 30), st.integers(3, 5)), elements=st.integers(0, 100)
).filter(lambda a: a.std(axis=0).min() > 1 and a.sum(axis=1).std() > 1)


def one_factor(n: int, loadings: list[float], seed: int) -> Any:
    rng = np.random.default_rng(seed)
    weights = np.array(loadings)
    noise = rng.normal(size=(n, weights.size)) * np.sqrt(1 - weights**2)
    return rng.normal(size=(n, 1)) * weights + noise


@quick
@given(
    tables,
    st.floats(0.1, 9),
    st.floats(-50, 50),
    st.randoms(),
    st.sampled_from(["feldt", "bonett", "distribution_free"]),
)
def test_alpha_is_blind_to_scale_and_order(
    table: Any, factor: float, shift: float, random: Any, ci: Any
) -> None:
    rows, columns = list(range(len(table))), list(range(table.shape[1]))
    random.shuffle(rows)
    random.shuffle(columns)
    before = scale.cronbach_alpha(table, ci=ci)
    after = scale.cronbach_alpha(shift - factor * table[np.ix_(rows, columns)], ci=ci)
    for name in ("estimate", "ci_low", "ci_high"):
        assert getattr(after, name) == pytest.approx(getattr(before, name), rel=1e-6, abs=1e-9)


@quick
@given(tables, st.sampled_from(["feldt", "bonett"]), st.floats(0.5, 0.99))
def test_alpha_from_rows_covariances_and_sums_agree(table: Any, ci: Any, level: float) -> None:
    options: Any = {"ci": ci, "level": level}
    rows = scale.cronbach_alpha(table / 10, **options)
    matrix = np.cov(table / 10, rowvar=False)
    others = (
        scale.cronbach_alpha_from_covariance(len(table), matrix, **options),
        scale.cronbach_alpha_from_sums(len(table), table.sum(axis=0), table.T @ table, **options),
    )
    for other in others:
        for name in ("estimate", "ci_low", "ci_high"):
            assert getattr(other, name) == pytest.approx(getattr(rows, name), rel=1e-7, abs=1e-9)
    assert rows.ci_low <= rows.estimate <= rows.ci_high <= 1.0


@quick
@given(tables, tables)
def test_sums_of_groups_are_those_of_all(one: Any, other: Any) -> None:
    k = min(one.shape[1], other.shape[1])
    one, other = one[:, :k], other[:, :k]
    pooled = np.vstack([one, other])
    summed = scale.cronbach_alpha_from_sums(
        len(pooled), one.sum(axis=0) + other.sum(axis=0), one.T @ one + other.T @ other
    )
    assert summed.estimate == pytest.approx(scale.cronbach_alpha(pooled).estimate, abs=1e-9)


def test_alpha_sums_do_not_cancel() -> None:
    table = np.array([[1, 2, 4], [3, 3, 5], [6, 4, 9], [2, 2, 2]], dtype=object)
    far = table + 10**15
    near = scale.cronbach_alpha_from_sums(4, table.sum(axis=0), table.T @ table)
    moved = scale.cronbach_alpha_from_sums(4, far.sum(axis=0), far.T @ far)
    assert moved == near


def test_equal_items_have_alpha_one() -> None:
    scores = np.arange(12) / 10
    result = scale.cronbach_alpha(np.column_stack([scores] * 4))
    assert result.estimate == pytest.approx(1.0, abs=1e-12)
    assert result.ci_low == pytest.approx(1.0, abs=1e-11)


@pytest.mark.parametrize(
    "items",
    [
        [],
        [[1.0, 2.0, 3.0]],
        [[None, 1.0, 2.0]],
        [[0.1, 2.0, 5.0], [0.1, 3.0, 1.0], [0.1, 5.0, 4.0]],
        [[1.0, 5.0], [2.0, 4.0], [4.0, 2.0]],
    ],
    ids=["nobody", "one", "all missing", "an item without variance", "a constant sum"],
)
def test_alpha_that_does_not_exist_is_missing(items: Any) -> None:
    result = scale.cronbach_alpha(items, missing="omit")
    assert math.isnan(result.estimate)
    assert math.isnan(result.ci_low)


def test_alpha_of_two_persons() -> None:
    table = [[1.0, 2.0, 5.0], [2.0, 4.0, 4.0]]
    assert math.isfinite(scale.cronbach_alpha(table).ci_low)
    bonett = scale.cronbach_alpha(table, ci="bonett")
    assert math.isfinite(bonett.estimate)
    assert math.isnan(bonett.ci_low)


def test_distribution_free_limits_hold_the_estimate_and_meet_feldts() -> None:
    table = one_factor(50_000, [0.8] * 4, seed=9)
    free, normal = (scale.cronbach_alpha(table, ci=ci) for ci in ("distribution_free", "feldt"))  # type: ignore[arg-type]
    assert free.ci_low < free.estimate < free.ci_high
    assert free.ci_low == pytest.approx(normal.ci_low, abs=2e-4)
    few = scale.cronbach_alpha([[1, 2, 5], [2, 4, 4]], ci="distribution_free")
    assert math.isfinite(few.estimate)
    assert math.isnan(few.ci_low)
    same = scale.cronbach_alpha(
        np.repeat(np.arange(5.0)[:, None], 3, axis=1), ci="distribution_free"
    )
    assert same.ci_low == pytest.approx(1.0, abs=1e-12)
    with pytest.raises(ValueError, match="ci is 'distribution_free': it must be one of 'feldt'"):
        scale.cronbach_alpha_from_covariance(9, np.eye(3), ci="distribution_free")  # type: ignore[arg-type]


def test_rows_left_out_are_counted() -> None:
    table = [[1, 2, 3], [2, 2, 4], [None, 3, 3], [5, 4, 6]]
    for function in (scale.cronbach_alpha, scale.item_total, scale.straight_lining):
        result: Any = function(table, missing="omit")
        assert (result.n, result.n_missing) == (3, 1)
        with pytest.raises(ValueError, match="items: 1 of 4 rows have a missing value"):
            function(table)


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        ("cronbach_alpha", ([1, 2],), "items has 1 dimensions: it must have two"),
        ("cronbach_alpha", ([[1], [2]],), "items has 1 items: it must have two or more"),
        ("omega_total", ([[1, 2], [2, 3], [3, 1]],), "items has 2 items: one factor needs three"),
        ("cronbach_alpha_from_covariance", (9, [[1, 2], [0, 1]]), "covariance is not symmetric"),
        (
            "cronbach_alpha_from_covariance",
            (9, [[-1, 0], [0, 1]]),
            "covariance has the variance -1",
        ),
        (
            "cronbach_alpha_from_covariance",
            (9, [[1, 5], [5, 1]]),
            "covariance has the value 5: with these variances a correlation",
        ),
        (
            "cronbach_alpha_from_sums",
            (3, [6, 6], [[14, 99], [99, 14]]),
            "are of no 3 persons: a correlation would lie outside",
        ),
        ("cronbach_alpha_from_covariance", (9, [[1, 2]]), r"covariance has shape \(1, 2\)"),
        ("cronbach_alpha_from_sums", (2, [9, 9], [[1, 1], [1, 1]]), "are of no 2 persons"),
        ("cronbach_alpha_from_sums", (2, [1.5, 2], [[1, 1], [1, 1]]), "sums is 1.5"),
        ("cronbach_alpha_from_sums", (2, [1], [[1, 1], [1, 1]]), r"sums has shape \(1,\)"),
    ],
)
def test_bad_items_are_named(function: str, arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        getattr(scale, function)(*arguments)


@pytest.mark.parametrize("loadings", [[0.8, 0.7, 0.6, 0.5], [0.9, 0.9, 0.3], [0.7] * 6])
def test_omega_finds_the_loadings_it_was_made_of(loadings: list[float]) -> None:
    table = one_factor(200_000, loadings, seed=11)
    result = scale.omega_total(table, standardized=True)
    assert result.loadings == pytest.approx(loadings, abs=0.01)
    common = sum(loadings) ** 2
    own = sum(1 - v * v for v in loadings)
    assert result.estimate == pytest.approx(common / (common + own), abs=0.004)
    assert not result.is_boundary


def test_omega_is_alpha_only_where_loadings_are_alike() -> None:
    alike = one_factor(200_000, [0.7] * 4, seed=5)
    unlike = one_factor(200_000, [0.95, 0.9, 0.3, 0.3], seed=5)
    same = scale.omega_total(alike).estimate - scale.cronbach_alpha(alike).estimate
    apart = scale.omega_total(unlike).estimate - scale.cronbach_alpha(unlike).estimate
    assert abs(same) < 1e-3 < 0.02 < apart


@quick
@given(tables, st.floats(0.1, 9), st.floats(-50, 50))
def test_omega_is_blind_to_a_change_of_scale(table: Any, factor: float, shift: float) -> None:
    before = scale.omega_total(table)
    after = scale.omega_total(shift - factor * table)
    assert 0.0 <= before.estimate <= 1.0 + 1e-12
    if not before.is_boundary and min(map(abs, before.loadings)) > 0.05:
        assert after.estimate == pytest.approx(before.estimate, abs=1e-5)


def test_omega_interval_needs_a_generator_and_holds_the_estimate() -> None:
    table = one_factor(150, [0.8, 0.7, 0.6, 0.75], seed=2)
    with pytest.raises(ValueError, match="rng is None: resamples need a numpy"):
        scale.omega_total(table, resamples=100)
    first = scale.omega_total(table, resamples=500, rng=np.random.default_rng(1))
    again = scale.omega_total(table, resamples=500, rng=np.random.default_rng(1))
    assert first == again
    assert first.ci_low < first.estimate < first.ci_high
    assert math.isnan(scale.omega_total(table).ci_low)


def test_omega_resamples_of_three_persons_do_not_break() -> None:
    few = [[1.0, 2.0, 3.0], [2.0, 3.0, 1.0], [3.0, 1.0, 1.0]]
    result = scale.omega_total(few, resamples=60, rng=np.random.default_rng(0))
    assert 0.0 <= result.ci_low <= result.ci_high <= 1.0


def test_omega_of_too_little_is_missing() -> None:
    for items in ([], [[1, 2, 3]], [[1, 2, 3], [2, 4, 1]], [[1, 2, 3], [1, 3, 5], [1, 6, 2]]):
        assert math.isnan(scale.omega_total(items).estimate)


@quick
@given(tables)
def test_item_total_is_the_correlation_with_the_others(table: Any) -> None:
    result = scale.item_total(table)
    total = table.sum(axis=1)
    for item in range(table.shape[1]):
        rest = total - table[:, item]
        if rest.std() > 0:
            expected = np.corrcoef(table[:, item], rest)[0, 1]
            assert result.estimate[item] == pytest.approx(expected, abs=1e-9)
        else:
            assert math.isnan(result.estimate[item])


def test_item_total_at_its_edges() -> None:
    scores = np.arange(6) / 10
    perfect = scale.item_total(np.column_stack([scores, 2 * scores, 3 * scores]))
    assert perfect.estimate.tolist() == pytest.approx([1.0] * 3, abs=1e-12)
    constant = scale.item_total(np.column_stack([scores, np.full(6, 0.1), scores[::-1] ** 2]))
    assert np.isnan(constant.estimate[1])
    few = scale.item_total([[1, 2], [2, 5], [3, 4]])
    assert np.isfinite(few.estimate).all()
    assert np.isnan(few.ci_low).all()
    assert np.isnan(scale.item_total([]).estimate).all()


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_straight_lines_in_tenths(dtype: Any) -> None:
    table = np.array([[0.1, 0.1, 0.1], [0.1, 0.2, 0.1], [10, 10, 10], [0, 0, 0]], dtype=dtype)
    result = scale.straight_lining(table)
    assert (result.successes, result.n, result.denominator) == (3, 4, "complete_forms")
    ends = scale.end_shares(table, lowest=0, highest=10)
    assert (ends.ceiling.successes, ends.floor.successes) == (1, 1)


@quick
@given(tables)
def test_ends_are_disjoint_straight_lines(table: Any) -> None:
    ends = scale.end_shares(table, lowest=0, highest=100)
    mirrored = scale.end_shares(100 - table, lowest=0, highest=100)
    assert ends.ceiling.successes + ends.floor.successes <= scale.straight_lining(table).successes
    assert (ends.ceiling, ends.floor) == (mirrored.floor, mirrored.ceiling)


def test_answers_outside_the_instrument_are_refused() -> None:
    with pytest.raises(ValueError, match="items has the answer 11: the instrument allows 0 to 10"):
        scale.end_shares([[11, 3]], lowest=0, highest=10)
    with pytest.raises(ValueError, match="lowest is 10 and highest is 0"):
        scale.end_shares([[1, 3]], lowest=10, highest=0)


def test_forms_of_nobody_have_no_shares() -> None:
    assert math.isnan(scale.straight_lining([]).estimate)
    assert math.isnan(scale.end_shares([], lowest=0, highest=10).ceiling.estimate)


def test_a_million_rows() -> None:
    table = one_factor(1_000_000, [0.7] * 4, seed=3)
    assert scale.cronbach_alpha(table).estimate == pytest.approx(0.7967, abs=0.003)
    assert scale.straight_lining(table).successes == 0
