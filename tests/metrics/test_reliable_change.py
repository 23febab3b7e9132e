from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fit_metrics import reliable_change
from fit_metrics.reliable_change import (
    CHANGE_CLASSES,
    MISSING_CLASS,
    ChangeClasses,
    ReliableChangeIndex,
    classify,
    cutoff,
    standard_error_of_measurement,
    threshold,
)

ADULT: dict[str, Any] = {
    "reliable_change": 6,
    "cutoff": 25,
    "score_step": 0.1,
    "cutoff_is_functional": True,
    "reliable_change_inclusive": True,
}
RECOVERED, IMPROVED, UNCHANGED, DETERIORATED = range(4)


def classes(intake: Any, last: Any, **options: Any) -> ChangeClasses:
    return classify(intake, last, **{**ADULT, **options})


def one(intake: float, last: float, **options: Any) -> str:
    return str(classes([intake], [last], **options).to_labels()[0])


def all_pairs() -> tuple[np.ndarray, np.ndarray]:
    """Give every pair of scores 0.0, 0.1 … 40.0, in tenths."""
    first, final = np.meshgrid(np.arange(401), np.arange(401))
    return first.ravel(), final.ravel()


@pytest.mark.parametrize(
    ("reliable", "hundredths"), [(6, 600), (6.0, 600), (5.68, 568), (Decimal("4.99"), 499)]
)
@pytest.mark.parametrize("inclusive", [True, False])
@pytest.mark.parametrize("functional", [True, False])
@pytest.mark.parametrize(("limit", "limit_hundredths"), [(25, 2500), (24.3, 2430), (24.31, 2431)])
def test_every_pair_of_tenths_is_compared_exactly(
    reliable: Any,
    hundredths: int,
    inclusive: bool,
    functional: bool,
    limit: float,
    limit_hundredths: int,
) -> None:
    first, final = all_pairs()
    change = 10 * (final - first)
    reaches = change >= hundredths if inclusive else change > hundredths
    falls = -change >= hundredths if inclusive else -change > hundredths
    least = limit_hundredths + (0 if functional else 1)
    starts, ends = 10 * first >= least, 10 * final >= least
    expected = np.full(first.shape, UNCHANGED)
    expected[falls] = DETERIORATED
    expected[reaches] = IMPROVED
    expected[reaches & ~starts & ends] = RECOVERED
    result = classes(
        first / 10,
        final / 10,
        reliable_change=reliable,
        cutoff=limit,
        reliable_change_inclusive=inclusive,
        cutoff_is_functional=functional,
    )
    np.testing.assert_array_equal(result.codes, expected)
    np.testing.assert_array_equal(result.is_intake_functional, starts)
    assert sum(result.counts().values()) == result.n == first.size


def test_floats_alone_would_miss_tenths_that_are_six_apart() -> None:
    first, final = all_pairs()
    six_apart = (final - first) == 60
    in_floats = final / 10 - first / 10 >= 6.0
    assert np.count_nonzero(six_apart & ~in_floats) > 0
    result = classes(first / 10, final / 10)
    assert np.all(result.codes[six_apart] <= IMPROVED)


def test_classes_at_the_boundaries() -> None:
    assert one(18.9, 24.9) == "improved"
    assert one(19.0, 25.0) == "recovered"
    assert one(19.0, 25.0, cutoff_is_functional=False) == "improved"
    assert one(19.1, 25.0) == "unchanged"
    assert one(25.0, 31.0) == "improved"
    assert one(25.0, 31.0, cutoff_is_functional=False) == "recovered"
    assert one(20.0, 26.0, reliable_change_inclusive=False) == "unchanged"
    assert one(20.0, 26.1, reliable_change_inclusive=False) == "recovered"
    assert one(26.0, 20.0) == "deteriorated"
    assert one(26.0, 20.0, reliable_change_inclusive=False) == "unchanged"
    assert one(26.0, 20.1) == "unchanged"


def test_intake_above_the_cutoff_keeps_its_class() -> None:
    result = classes([30.0, 30.0, 30.0, 20.0], [36.0, 33.0, 20.0, 21.0])
    assert list(result.to_labels()) == ["improved", "unchanged", "deteriorated", "unchanged"]
    assert list(result.is_intake_functional) == [1, 1, 1, 0]


@pytest.mark.parametrize("functional", [True, False])
@pytest.mark.parametrize("inclusive", [True, False])
@pytest.mark.parametrize("limit", [25, 24.31])
def test_lower_is_better_mirrors_exactly(functional: bool, inclusive: bool, limit: float) -> None:
    first, final = all_pairs()
    flags: dict[str, Any] = {
        "cutoff_is_functional": functional,
        "reliable_change_inclusive": inclusive,
    }
    up = classes(first / 10, final / 10, cutoff=limit, **flags)
    down = classes(
        (400 - first) / 10,
        (400 - final) / 10,
        cutoff=Decimal(40) - Decimal(str(limit)),
        direction="lower_is_better",
        **flags,
    )
    np.testing.assert_array_equal(up.codes, down.codes)
    np.testing.assert_array_equal(up.is_intake_functional, down.is_intake_functional)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(st.none() | st.integers(0, 400), st.none() | st.integers(0, 400)),
        max_size=30,
    ),
    st.decimals("0.01", "20", places=2),
    st.decimals("0", "40", places=2),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["higher_is_better", "lower_is_better"]),
)
def test_classes_are_disjoint_and_exhaustive(
    rows: list[tuple[int | None, int | None]],
    reliable: Decimal,
    limit: Decimal,
    functional: bool,
    inclusive: bool,
    direction: str,
) -> None:
    intake = [None if a is None else a / 10 for a, _ in rows]
    last = [None if b is None else b / 10 for _, b in rows]
    result = classes(
        intake,
        last,
        reliable_change=reliable,
        cutoff=limit,
        cutoff_is_functional=functional,
        reliable_change_inclusive=inclusive,
        direction=direction,
    )
    is_missing = np.array([a is None or b is None for a, b in rows], dtype=bool)
    np.testing.assert_array_equal(result.codes == MISSING_CLASS, is_missing)
    np.testing.assert_array_equal(result.is_intake_functional == MISSING_CLASS, is_missing)
    assert tuple(result.counts()) == CHANGE_CLASSES
    assert sum(result.counts().values()) == result.n
    assert result.n + result.n_missing == len(rows)


def test_missing_score_has_no_class() -> None:
    result = classes([None, 20.0, np.nan, 20.0], [20.0, None, np.nan, 20.0])
    assert list(result.codes) == [-1, -1, -1, UNCHANGED]
    assert list(result.to_labels()) == [None, None, None, "unchanged"]
    assert (result.n, result.n_missing) == (1, 3)


def test_missing_can_be_refused() -> None:
    with pytest.raises(ValueError, match="1 of 2 rows have a missing value"):
        classes([None, 20.0], [20.0, 20.0], missing="raise")


def test_thresholds_may_differ_by_row_and_be_missing() -> None:
    result = classes(
        [22.0] * 5,
        [28.0] * 5,
        reliable_change=[6, 6.01, 6, np.nan, 5],
        cutoff=[25, 25, 28.1, 25, None],
    )
    labels = ["recovered", "unchanged", "improved", None, None]
    assert list(result.to_labels()) == labels


def test_decimal_thresholds_by_row() -> None:
    result = classes(
        [Decimal("22.3"), Decimal("22.3"), None],
        [Decimal("28.3"), Decimal("28.3"), Decimal("28.3")],
        reliable_change=[Decimal("6.00"), Decimal("6.01"), Decimal("6.00")],
        cutoff=Decimal("25.00"),
        score_step=Decimal("0.1"),
    )
    assert list(result.to_labels()) == ["recovered", "unchanged", None]


def test_float32_scores_and_thresholds_are_read_as_written() -> None:
    first, final = all_pairs()
    expected = classes(first / 10, final / 10, reliable_change=5.7, cutoff=24.3)
    result = classes(
        (first / 10).astype(np.float32),
        (final / 10).astype(np.float32),
        reliable_change=np.float32(5.7),
        cutoff=np.full(first.shape, 24.3, dtype=np.float32),
    )
    np.testing.assert_array_equal(result.codes, expected.codes)


def test_scores_between_steps_are_rounded_halves_away_from_zero() -> None:
    steps = [22.25, 22.35, 22.45, 22.24, -22.25]
    result = classes(steps, [0.0] * 5, cutoff=[22.3, 22.4, 22.5, 22.3, -22.3], reliable_change=1)
    assert list(result.is_intake_functional) == [1, 1, 1, 0, 1]
    below = classes([-22.25], [0.0], cutoff=-22.2, reliable_change=1)
    assert list(below.is_intake_functional) == [0]


def test_whole_number_scale() -> None:
    result = classes([14, 14, 3], [9, 8, 9], score_step=1, cutoff=10, direction="lower_is_better")
    assert list(result.to_labels()) == ["unchanged", "recovered", "deteriorated"]


def test_thresholds_that_no_score_reaches() -> None:
    result = classes([20.0, 30.0], [30.0, 20.0], reliable_change=1e30, cutoff=-1e30)
    assert list(result.to_labels()) == ["unchanged", "unchanged"]
    assert list(result.is_intake_functional) == [1, 1]


def test_no_rows() -> None:
    result = classes([], [])
    assert (result.n, result.n_missing, result.codes.size) == (0, 0, 0)
    assert set(result.counts().values()) == {0}


def test_codes_cannot_be_written() -> None:
    result = classes([20.0], [27.0])
    with pytest.raises(ValueError, match="read-only"):
        result.codes[0] = UNCHANGED


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"reliable_change": 0}, "reliable_change is 0.0 at least once: it must be above 0"),
        ({"reliable_change": [6, -1]}, "reliable_change is -1.0 at least once"),
        ({"reliable_change": np.nan}, "reliable_change is missing: a single threshold"),
        ({"cutoff": np.nan}, "cutoff is missing: a single threshold"),
        ({"cutoff": [25, 25, 25]}, r"cutoff has shape \(3,\): it must be one number or one for"),
        ({"cutoff": "25"}, "cutoff has values of type"),
        ({"score_step": 0}, "score_step is 0: it must be above 0"),
        ({"score_step": np.nan}, "score_step is nan: it must be finite"),
        ({"score_step": 1e-15}, r"intake has a score of more than 2\*\*53 steps"),
        ({"cutoff_is_functional": "yes"}, "cutoff_is_functional is 'yes'"),
        ({"reliable_change_inclusive": None}, "reliable_change_inclusive is None"),
        ({"direction": "up"}, "direction is 'up'"),
        ({"missing": "unchanged"}, "missing is 'unchanged'"),
    ],
)
def test_bad_arguments_are_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        classes([20.0, 21.0], [27.0, 21.0], **options)


def test_columns_must_have_the_same_length() -> None:
    with pytest.raises(ValueError, match="intake has 1 values and last has 2"):
        classes([20.0], [27.0, 21.0])


def test_flags_of_a_seed_table_are_flags() -> None:
    assert one(19.0, 25.0, cutoff_is_functional=1, reliable_change_inclusive=np.int16(1)) == (
        "recovered"
    )
    assert one(19.0, 25.0, cutoff_is_functional=np.False_) == "improved"


def test_threshold_grows_with_level_and_error() -> None:
    assert threshold(6.8, 0.93, level=0.9) < threshold(6.8, 0.93) < threshold(6.8, 0.92)
    assert threshold(6.8, 1.0) == 0.0
    assert standard_error_of_measurement(6.8, 0.75) == 3.4


def test_threshold_is_not_rounded() -> None:
    assert threshold(6.8, 0.93) == pytest.approx(4.986789, abs=1e-6)


@pytest.mark.parametrize(
    ("sd", "reliability", "level", "message"),
    [
        (-1, 0.9, 0.95, "sd is -1: it must be 0 or more"),
        (np.nan, 0.9, 0.95, "sd is nan: it must be finite"),
        (6.8, 1.1, 0.95, "reliability is 1.1: it must be above 0 and at most 1"),
        (6.8, -0.1, 0.95, "reliability is -0.1"),
        (6.8, 0, 0.95, "reliability is 0: it must be above 0"),
        (6.8, 0.9, 1.96, "level is 1.96: it must lie between 0 and 1"),
    ],
)
def test_bad_threshold_arguments(sd: float, reliability: float, level: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        threshold(sd, reliability, level=level)


@pytest.mark.parametrize("kind", ["a", "b", "c"])
def test_cutoff_mirrors_with_the_direction_of_the_scale(kind: Any) -> None:
    up = cutoff(kind, mean_clinical=19.6, sd_clinical=8.7, mean_functional=28.0, sd_functional=6.8)
    down = cutoff(
        kind, mean_clinical=-19.6, sd_clinical=8.7, mean_functional=-28.0, sd_functional=6.8
    )
    assert down == pytest.approx(-up, rel=1e-15)


def test_cutoff_c_lies_equally_many_sds_from_both_means() -> None:
    value = cutoff(
        "c", mean_clinical=19.6, sd_clinical=8.7, mean_functional=28.0, sd_functional=6.8
    )
    assert (value - 19.6) / 8.7 == pytest.approx((28.0 - value) / 6.8)


@pytest.mark.parametrize(
    ("kind", "norms", "message"),
    [
        ("d", {"sd_clinical": 8, "sd_functional": 7}, "kind is 'd'"),
        ("a", {"sd_functional": 7}, "sd_clinical is None: the cut-off of kind 'a' needs it"),
        ("b", {"sd_clinical": 7}, "sd_functional is None: the cut-off of kind 'b' needs it"),
        ("c", {"sd_functional": 7}, "sd_clinical is None: the cut-off of kind 'c' needs it"),
        ("c", {"sd_clinical": 0, "sd_functional": 0}, "sd_clinical and sd_functional are both 0"),
        ("a", {"sd_clinical": -1}, "sd_clinical is -1: it must be 0 or more"),
        ("a", {"sd_clinical": 7, "mean_functional": 20}, "are both 20.0: they must differ"),
    ],
)
def test_bad_norms_are_named(kind: Any, norms: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cutoff(kind, **{"mean_clinical": 20, "mean_functional": 28, **norms})


def test_cutoff_needs_no_more_than_its_kind_uses() -> None:
    assert cutoff("a", mean_clinical=20, sd_clinical=3, mean_functional=28) == 26
    assert cutoff("b", mean_clinical=20, mean_functional=28, sd_functional=3) == 22


MEANS: dict[str, dict[str, float]] = {
    "jacobson_truax": {},
    "gulliksen_lord_novick": {"mean": 21.0},
    "hsu_linn_lord": {"mean_intake": 19.5, "mean_last": 24.5},
    "edwards_nunnally": {"mean": 21.0},
}
methods = pytest.mark.parametrize("method", MEANS)


def index_of(method: str, intake: Any, last: Any, **options: Any) -> ReliableChangeIndex:
    function = getattr(reliable_change, method)
    result = function(intake, last, **{"sd": 7.7, "reliability": 0.82, **MEANS[method], **options})
    assert isinstance(result, ReliableChangeIndex)
    return result


@methods
@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.none() | st.integers(0, 400), st.integers(0, 400)), max_size=20))
def test_index_mirrors_and_flags_are_disjoint(
    method: str, rows: list[tuple[int | None, int]]
) -> None:
    intake = [None if a is None else a / 10 for a, _ in rows]
    last = [b / 10 for _, b in rows]
    up = index_of(method, intake, last)
    down = index_of(method, intake, last, direction="lower_is_better")
    np.testing.assert_array_equal(down.index, -up.index)
    np.testing.assert_array_equal(down.is_worse, up.is_better)
    assert not np.any((up.is_better == 1) & (up.is_worse == 1))
    is_missing = np.array([a is None for a in intake], dtype=bool)
    np.testing.assert_array_equal(up.is_better == MISSING_CLASS, is_missing)
    np.testing.assert_array_equal(up.is_worse == MISSING_CLASS, is_missing)
    assert up.n + up.n_missing == len(rows)


@methods
def test_index_has_no_unit(method: str) -> None:
    rng = np.random.default_rng(3)
    intake, last = rng.normal(20, 8, 50), rng.normal(25, 8, 50)
    means = {name: 3 * mean + 7 for name, mean in MEANS[method].items()}
    moved = index_of(method, 3 * intake + 7, 3 * last + 7, sd=3 * 7.7, **means)
    np.testing.assert_allclose(moved.index, index_of(method, intake, last).index, rtol=1e-10)


@methods
def test_index_needs_an_error(method: str) -> None:
    for options in ({"reliability": 1}, {"sd": 0}):
        result = index_of(method, [20.0], [30.0], **options)
        assert np.isnan(result.index).all()
        assert (result.is_better[0], result.is_worse[0], result.n) == (-1, -1, 1)
    assert index_of(method, [], []).n == 0


@methods
def test_index_is_standard_normal_where_its_model_holds(method: str) -> None:
    rng, n, r, sd = np.random.default_rng(8), 200_000, 0.82, 7.7
    mean, mean_last = (19.5, 24.5) if method == "hsu_linn_lord" else (21.0, 21.0)
    if method == "edwards_nunnally":
        # Only the error of the last score, around the estimated true one.
        intake = rng.normal(mean, sd, n)
        last = mean + r * (intake - mean) + rng.normal(0, sd * np.sqrt(1 - r), n)
    else:
        true = rng.normal(0, sd * np.sqrt(r), n)
        intake = mean + true + rng.normal(0, sd * np.sqrt(1 - r), n)
        last = mean_last + true + rng.normal(0, sd * np.sqrt(1 - r), n)
    result = index_of(method, intake, last)
    assert abs(result.index.mean()) < 5 / np.sqrt(n)
    assert result.index.std() == pytest.approx(1.0, abs=5 / np.sqrt(2 * n))
    assert np.mean(result.is_better == 1) == pytest.approx(0.025, abs=0.002)


def test_jacobson_truax_index_passes_one_at_the_threshold() -> None:
    limit = threshold(7.7, 0.82)
    result = index_of("jacobson_truax", [0.0, 0.0], [limit * 1.0001, limit * 0.9999])
    assert list(result.is_better) == [1, 0]
    assert result.standard_error * result.critical == pytest.approx(limit)


@methods
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"reliability": 0}, "reliability is 0: it must be above 0"),
        ({"reliability": 1.01}, "reliability is 1.01"),
        ({"sd": -1}, "sd is -1"),
        ({"level": 2}, "level is 2"),
        ({"direction": "up"}, "direction is 'up'"),
        ({"missing": "raise"}, "intake and last: 1 of 2 rows"),
        ({"intake": [1.0]}, "intake has 1 values and last has 2"),
    ],
)
def test_bad_index_arguments(method: str, options: dict[str, Any], message: str) -> None:
    rows: dict[str, Any] = {"intake": [1.0, None], "last": [1.0, 2.0], **options}
    with pytest.raises(ValueError, match=message):
        index_of(method, **rows)


def test_scores_outside_the_instrument_are_refused() -> None:
    rule: dict[str, Any] = {
        "reliable_change": 6, "cutoff": 25, "score_step": 0.1,
        "cutoff_is_functional": True, "reliable_change_inclusive": True,
    }  # fmt: skip
    for intake, last, name in (([20, -0.1], [30, 30], "intake"), ([20, 0], [40.1, None], "last")):
        classify(intake, last, **rule)
        with pytest.raises(ValueError, match=rf"^{name} has 1 scores outside 0 to 40"):
            classify(intake, last, score_range=(0, 40), **rule)
    assert classify([0, 40], [40, None], score_range=(0, 40), **rule).n == 1
