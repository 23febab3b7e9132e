from __future__ import annotations

import math
import time as clock
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fit_metrics import survival
from fit_metrics.survival import (
    aalen_johansen,
    cox,
    discrete_hazard,
    experience_drop,
    kaplan_meier,
    log_rank,
    median_time,
    restricted_mean,
    restricted_mean_difference,
)

quick = settings(deadline=None, max_examples=60)
INTERVALS = ("log_log", "log", "plain")


@st.composite
def stays(draw: st.DrawFn, smallest: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rows = draw(
        st.lists(
            st.tuples(st.integers(1, 9), st.sampled_from(["agreed", "left", "open"])),
            min_size=smallest,
            max_size=40,
        )
    )
    return np.array([t for t, _ in rows]), np.array([e for _, e in rows])


@st.composite
def person_sessions(draw: st.DrawFn) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    period = rng.integers(1, 6, 80)
    x = rng.integers(-2, 3, (80, 2)).astype(float)
    event = rng.random(80) < 1 / (1 + np.exp(1 - 0.5 * x[:, 0]))
    return period, event, x, rng.integers(0, 9, 80)


# --- curves -----------------------------------------------------------------------------------------


@quick
@given(stays())
def test_without_censoring_the_curve_is_the_share_above(data: Any) -> None:
    time, _ = data
    curve = kaplan_meier(time, np.ones(time.size))
    assert curve.estimate == pytest.approx((time[:, None] > curve.time).mean(axis=0), abs=1e-12)
    inner = (curve.estimate > 1e-9) & (curve.estimate < 1 - 1e-9)
    share = curve.estimate[inner]
    assert curve.standard_error[inner] == pytest.approx(np.sqrt(share * (1 - share) / time.size))


@quick
@given(stays(), st.sampled_from(INTERVALS), st.randoms(use_true_random=False))
def test_order_of_rows_is_irrelevant_and_limits_hold_the_curve(
    data: Any, ci: Any, random: Any
) -> None:
    time, ending = data
    order = np.array(random.sample(range(time.size), time.size))
    curve, mixed = (
        kaplan_meier(t, e == "left", ci=ci)
        for t, e in ((time, ending), (time[order], ending[order]))
    )
    np.testing.assert_array_equal(curve.estimate, mixed.estimate)
    np.testing.assert_array_equal(curve.ci_low, mixed.ci_low)
    known = ~np.isnan(curve.ci_low)
    assert (known == ((curve.estimate > 0) & (curve.estimate < 1))).all()
    assert (curve.ci_low[known] <= curve.estimate[known]).all()
    assert (curve.estimate[known] <= curve.ci_high[known]).all()
    assert (curve.ci_low[known] >= 0).all()
    assert (curve.ci_high[known] <= 1).all()
    assert (curve.at_risk >= curve.events + curve.censored).all()
    assert curve.events.sum() + curve.censored.sum() == curve.n


@quick
@given(stays(), st.sampled_from(["delta", "aalen"]))
def test_endings_and_those_without_are_everyone(data: Any, variance: Any) -> None:
    time, ending = data
    result = aalen_johansen(time, ending, censored="open", variance=variance)
    assert result.estimate.sum(axis=0) + result.event_free == pytest.approx(1.0)
    assert (np.diff(result.estimate, axis=1) >= 0).all()
    known = ~np.isnan(result.ci_low)
    assert (result.ci_low[known] <= result.estimate[known]).all()
    assert (result.estimate[known] <= result.ci_high[known]).all()
    for row, label in enumerate(result.endings):
        alone = kaplan_meier(time, ending == label)
        # Censoring the other endings can only overstate this one.
        assert (1 - alone.estimate >= result.estimate[row] - 1e-12).all()


@quick
@given(stays(smallest=2))
def test_one_ending_is_kaplan_meier_turned_over(data: Any) -> None:
    time, ending = data
    assume((ending != "open").any())
    one = np.where(ending == "open", "open", "left")
    result = aalen_johansen(time, one, censored="open")
    curve = kaplan_meier(time, one == "left")
    assert result.estimate[0] == pytest.approx(1 - curve.estimate, abs=1e-12)
    np.testing.assert_allclose(
        result.standard_error[0], curve.standard_error, rtol=1e-6, atol=1e-12
    )


@quick
@given(stays(smallest=2), st.sampled_from(["delta", "aalen"]))
def test_a_label_for_an_ending_is_only_a_label(data: Any, variance: Any) -> None:
    time, ending = data
    options: Any = {"variance": variance}
    result = aalen_johansen(time, ending, censored="open", **options)
    number = np.select([ending == "open", ending == "left"], [0, 1], 2)
    swapped = aalen_johansen(time, number, censored=0, **options)
    np.testing.assert_allclose(np.sort(swapped.estimate, axis=0), np.sort(result.estimate, axis=0))
    if result.endings.size == 2:
        np.testing.assert_allclose(swapped.standard_error, result.standard_error[::-1])


def test_one_minus_kaplan_meier_overstates_by_what_others_take() -> None:
    # Half leave by agreement at 1; half of the rest drop out at 2.
    time, ending = [1, 1, 2, 3], ["agreed", "agreed", "left", "agreed"]
    result = aalen_johansen(time, ending, censored="open")
    assert result.at("left", [2]).estimate.tolist() == [0.25]
    assert (1 - kaplan_meier(time, np.array(ending) == "left").at([2]).estimate).tolist() == [0.5]


def test_a_curve_is_read_between_its_steps_and_not_beyond() -> None:
    curve = kaplan_meier([1, 2, 2, 3, 5], [1, 1, 0, 1, 0])
    read = curve.at([0, 0.5, 1, 2.9, 5, 5.1])
    assert read.estimate == pytest.approx([1, 1, 0.8, 0.6, 0.3, math.nan], nan_ok=True)
    over = kaplan_meier([1, 2], [1, 1])
    assert over.at([9]).estimate.tolist() == [0.0]
    result = aalen_johansen([1, 2], ["a", "b"], censored="open")
    assert result.at("a", [0, 1, 9]).estimate.tolist() == [0.0, 0.5, 0.5]
    for bad in (lambda: curve.at([-1]), lambda: curve.at([None]), lambda: result.at("c", [1])):
        with pytest.raises(ValueError, match=r"times|ending"):
            bad()
    with pytest.raises(ValueError, match="read-only"):
        curve.estimate[0] = 1.0


@quick
@given(stays())
def test_entry_before_everything_changes_nothing(data: Any) -> None:
    time, ending = data
    plain = aalen_johansen(time, ending, censored="open")
    entered = aalen_johansen(time, ending, censored="open", entry=np.zeros(time.size))
    np.testing.assert_array_equal(plain.estimate, entered.estimate)
    np.testing.assert_array_equal(plain.standard_error, entered.standard_error)
    assert log_rank(time, ending == "left", ending, entry=np.zeros(time.size)).statistic == (
        pytest.approx(log_rank(time, ending == "left", ending).statistic, nan_ok=True)
    )


# --- quantiles and means ----------------------------------------------------------------------------


def test_median_where_exactly_half_are_left_is_the_middle() -> None:
    assert median_time([2, 4, 7, 9], [1, 1, 1, 1]).estimate == 5.5
    assert median_time([2, 4, 7, 9], [1, 1, 0, 0]).estimate == 6.5
    assert median_time([2, 4, 7], [1, 1, 1]).estimate == 4.0


@quick
@given(st.integers(1, 60))
def test_median_of_an_even_number_of_times_is_between_the_two(half: int) -> None:
    # The product of (k - 1) / k is 1/2 up to rounding for every one of these numbers.
    times = np.arange(1, 2 * half + 1)
    assert median_time(times, np.ones(2 * half)).estimate == half + 0.5


@quick
@given(stays(), st.sampled_from(INTERVALS), st.floats(0.1, 0.9))
def test_median_lies_in_its_interval_and_moves_with_the_unit(
    data: Any, ci: Any, probability: float
) -> None:
    time, ending = data
    options: Any = {"ci": ci, "probability": probability}
    result = median_time(time, ending != "open", **options)
    longer = median_time(time * 7, ending != "open", **options)
    for name in ("estimate", "ci_low", "ci_high"):
        assert getattr(longer, name) == pytest.approx(7 * getattr(result, name), nan_ok=True)
    if not math.isnan(result.ci_low):
        assert not result.ci_low > result.estimate
    assert not result.ci_high < result.estimate


@quick
@given(stays(smallest=2), st.integers(1, 10))
def test_restricted_mean_without_censoring_is_a_plain_mean(data: Any, horizon: int) -> None:
    time, _ = data
    result = restricted_mean(time, np.ones(time.size), horizon=horizon)
    cut = np.minimum(time, horizon)
    assert result.estimate == pytest.approx(cut.mean())
    # The error of the mean: not the spread of the times, which does not shrink with n.
    error = cut.std() / math.sqrt(time.size)
    assert result.standard_error == pytest.approx(error or math.nan, nan_ok=True)


def test_the_error_of_a_restricted_mean_shrinks_with_n() -> None:
    time, event = np.array([1, 2, 2, 3, 5]), np.array([1, 1, 0, 1, 0])
    one = restricted_mean(time, event, horizon=4)
    many = restricted_mean(np.tile(time, 10_000), np.tile(event, 10_000), horizon=4)
    assert many.estimate == pytest.approx(one.estimate)
    assert many.standard_error < one.standard_error / 80


def test_difference_is_of_the_two_means() -> None:
    time, event = [1, 2, 2, 3, 2, 4, 5, 5], [1, 1, 0, 1, 1, 1, 1, 0]
    group = ["a"] * 4 + ["b"] * 4
    difference = restricted_mean_difference(time, event, group, reference="a", horizon=3)
    a, b = (restricted_mean(time[i : i + 4], event[i : i + 4], horizon=3) for i in (0, 4))
    assert difference.estimate == pytest.approx(b.estimate - a.estimate)
    assert difference.standard_error == pytest.approx(
        math.hypot(a.standard_error, b.standard_error)
    )
    mirrored = restricted_mean_difference(time, event, group, reference="b", horizon=3)
    assert (mirrored.estimate, mirrored.ci_low) == (-difference.estimate, -difference.ci_high)


def test_restricted_mean_is_not_known_beyond_the_last_person() -> None:
    assert math.isnan(restricted_mean([1, 2, 3], [1, 1, 0], horizon=4).estimate)
    assert restricted_mean([1, 2, 3], [1, 1, 1], horizon=4).estimate == pytest.approx(2.0)


# --- log-rank ---------------------------------------------------------------------------------------


@quick
@given(stays(smallest=4), st.integers(0, 2**16))
def test_log_rank_counts_every_event_once(data: Any, seed: int) -> None:
    time, ending = data
    group = np.random.default_rng(seed).integers(0, 3, time.size)
    result = log_rank(time, ending == "left", group)
    assert result.observed.sum() == (ending == "left").sum()
    assert result.expected.sum() == pytest.approx(result.observed.sum())
    assert result.covariance.sum(axis=0) == pytest.approx(0.0, abs=1e-9)
    one = log_rank(time, ending == "left", group, strata=np.ones(time.size, int))
    assert one.statistic == pytest.approx(result.statistic, nan_ok=True)
    named = log_rank(time, ending == "left", np.array(["z", "y", "x"])[group])
    assert named.statistic == pytest.approx(result.statistic, rel=1e-6, abs=1e-9, nan_ok=True)
    if result.df:
        assert 0 <= result.p_value <= 1


def test_log_rank_of_what_cannot_be_compared() -> None:
    for result in (
        log_rank([], [], []),
        log_rank([1, 2], [1, 1], ["a", "a"]),
        log_rank([1, 2], [0, 0], ["a", "b"]),
    ):
        assert math.isnan(result.statistic)
        assert (result.df, math.isnan(result.p_value)) == (0, True)


def test_log_rank_is_the_score_test_of_the_hazard_without_ties() -> None:
    rng = np.random.default_rng(4)
    time, event, group = rng.permutation(60) + 1.0, rng.random(60) < 0.7, rng.integers(0, 2, 60)
    test = log_rank(time, event, group)
    fit = cox(np.zeros(60), time, event, group)
    likelihood_ratio = 2 * (fit.log_likelihood - fit.log_likelihood_null)
    assert test.statistic == pytest.approx(likelihood_ratio, rel=0.1)


# --- hazards ----------------------------------------------------------------------------------------


@quick
@given(person_sessions())
def test_hazards_move_with_scale_and_not_with_order(data: Any) -> None:
    period, event, x, cluster = data
    order = np.argsort(x[:, 1], kind="stable")
    for fit in (
        lambda p, e, z, c: cox(p - 1, p, e, z, clusters=c),
        lambda p, e, z, c: discrete_hazard(p, e, z, clusters=c),
    ):
        result = fit(period, event, x, cluster)
        mixed = fit(period[order], event[order], x[order], cluster[order])
        assert mixed.estimate == pytest.approx(result.estimate, rel=1e-7, abs=1e-9)
        assert mixed.standard_error == pytest.approx(result.standard_error, rel=1e-7)
        scaled = fit(period, event, x * [-4, 0.5] + 3, cluster)
        assert scaled.estimate * [-4, 0.5] == pytest.approx(result.estimate, rel=1e-6, abs=1e-8)
        assert scaled.standard_error * [4, 0.5] == pytest.approx(result.standard_error, rel=1e-6)
        assert (result.ratio_low <= result.ratio).all()
        assert (result.ratio <= result.ratio_high).all()
        assert result.log_likelihood >= result.log_likelihood_null


@quick
@given(person_sessions())
def test_the_slope_of_the_partial_likelihood_is_zero_at_its_top(data: Any) -> None:
    period, event, x, _ = data
    top = cox(period - 1, period, event, x)

    def value(coefficients: np.ndarray) -> float:
        # Efron's likelihood written out, one tied event after the other.
        risk, total = np.exp(x @ coefficients), float((x @ coefficients)[event].sum())
        for t in np.unique(period[event]):
            tied = risk[event & (period == t)]
            at_risk = risk[period == t].sum()
            total -= sum(math.log(at_risk - k / tied.size * tied.sum()) for k in range(tied.size))
        return total

    assert top.log_likelihood == pytest.approx(value(top.estimate), rel=1e-10)
    for move in (np.array([1e-3, 0]), np.array([0, -1e-3])):
        assert value(top.estimate + move) <= top.log_likelihood
        assert value(top.estimate - move) <= top.log_likelihood


def test_rows_of_a_person_split_in_time_are_the_person() -> None:
    rng = np.random.default_rng(8)
    time, event, x = rng.integers(1, 12, 50), rng.random(50) < 0.6, rng.normal(size=50)
    whole = cox(np.zeros(50), time, event, x)
    cut = time // 2
    split = cut > 0
    start = np.concatenate([cut, np.zeros(split.sum())])
    parts = cox(
        start,
        np.concatenate([time, cut[split]]),
        np.concatenate([event, np.zeros(split.sum(), bool)]),
        np.concatenate([x, x[split]]),
        clusters=np.concatenate([np.arange(50), np.arange(50)[split]]),
    )
    robust = cox(np.zeros(50), time, event, x, clusters=np.arange(50))
    assert parts.estimate == pytest.approx(whole.estimate, rel=1e-9)
    assert parts.standard_error == pytest.approx(robust.standard_error, rel=1e-9)


def test_without_covariate_effect_the_hazard_is_the_share_of_those_at_risk() -> None:
    # The covariate is balanced at each session, so that its ratio is exactly 1.
    period = np.repeat([1, 2, 3], 8)
    event = np.tile([1, 0, 0, 0], 6)
    x = np.tile(np.repeat([0.0, 1.0], 4), 3)
    result = discrete_hazard(period, event, x)
    assert result.ratio == pytest.approx(1.0)
    assert result.baseline == pytest.approx([0.25, 0.25, 0.25])
    assert (result.at_risk.tolist(), result.events.tolist()) == ([8, 8, 8], [2, 2, 2])


def test_sessions_of_nobody_and_of_everybody_have_a_sure_hazard() -> None:
    period, event, x = [1, 1, 2, 2, 2, 2, 3], [0, 0, 1, 0, 1, 0, 1], [0, 1, 0, 0, 1, 1, 1]
    result = discrete_hazard(period, event, x)
    assert result.baseline[[0, 2]].tolist() == [0.0, 1.0]
    assert result.estimate == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("function", [cox, discrete_hazard])
def test_hazards_without_an_answer(function: Any) -> None:
    def fit(event: Any, x: Any, **options: Any) -> Any:
        period = np.ones(len(event))
        times = (period - 1, period) if function is cox else (period,)
        return function(*times, event, x, **options)

    for nothing in (fit([], []), fit([0, 0], [1, 2])):
        assert np.isnan(nothing.estimate).all()
        assert np.isnan(nothing.covariance).all()
        assert nothing.n_events == 0
    with pytest.raises(ValueError, match="tell without error"):
        fit([1, 1, 0, 0, 0], [5, 5, 1, 2, 3])
    with pytest.raises(ValueError, match="one value only"):
        fit([1, 0, 1], [2, 2, 2])
    with pytest.raises(ValueError, match="follows from"):
        fit([1, 0, 1, 0], [[1, 2], [2, 4], [3, 6], [5, 10]])
    alone = fit([1, 0, 1, 0, 0], [1, 2, 3, 3, 1], clusters=["a"] * 5)
    assert np.isfinite(alone.estimate).all()
    assert np.isnan(alone.standard_error).all()
    assert alone.n_clusters == 1
    omitted = fit([1, 0, None, 1, 0, 1], [1, 2, 3, None, 1, 2], missing="omit")
    assert (omitted.n, omitted.n_missing) == (4, 2)


# --- falls of experience ----------------------------------------------------------------------------


@quick
@given(st.lists(st.one_of(st.none(), st.integers(0, 400)), min_size=1, max_size=12), st.booleans())
def test_falls_are_those_of_one_person_told_row_by_row(scores: list[Any], lasting: bool) -> None:
    tenths = [None if s is None else s / 10 for s in scores]
    options: Any = {"at_least": 0.3, "score_step": 0.1, "lasting": lasting}
    found = experience_drop(["p"] * len(scores), range(len(scores)), tenths, **options)
    wanted: list[float] = []
    earlier, fallen = None, False
    for score in scores:
        now = score is not None and earlier is not None and earlier - score >= 3
        fallen = fallen or now
        earlier = earlier if score is None else score
        if lasting:
            wanted.append(math.nan if earlier is None else float(fallen))
        else:
            wanted.append(math.nan if score is None else float(now))
    np.testing.assert_array_equal(found.values, wanted)


@quick
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_falls_do_not_depend_on_row_order_or_on_others(seed: int, lasting: bool) -> None:
    rng = np.random.default_rng(seed)
    person, session = np.repeat([3, 5, 9], 6), np.tile(np.arange(6), 3)
    score = np.where(rng.random(18) < 0.3, np.nan, rng.integers(300, 400, 18) / 10)
    options: Any = {"at_least": 2, "score_step": 0.1, "lasting": lasting}
    whole = experience_drop(person, session, score, **options)
    order = rng.permutation(18)
    mixed = experience_drop(person[order], session[order], score[order], **options)
    np.testing.assert_array_equal(mixed.values, whole.values[order])
    own = person == 5
    alone = experience_drop(person[own], session[own], score[own], **options)
    np.testing.assert_array_equal(alone.values, whole.values[own])
    mirrored = experience_drop(person, session, 40 - score, direction="lower_is_better", **options)
    np.testing.assert_array_equal(mirrored.values, whole.values)


def test_a_fall_of_exactly_the_size_counts_in_tenths_and_float32() -> None:
    for scores in ([36.4, 34.3], np.array([36.4, 34.3], dtype=np.float32)):
        drop = experience_drop(["a", "a"], [1, 2], scores, at_least=2.1, score_step=0.1)
        assert drop.values.tolist() == [0.0, 1.0]
    assert experience_drop([], [], [], at_least=1, score_step=1).n == 0


# --- edges and bad input ----------------------------------------------------------------------------


def test_no_rows_one_row_and_all_missing() -> None:
    for time, event in (([], []), ([None], [1]), ([2.0], [None])):
        curve = kaplan_meier(time, event, missing="omit")
        assert (curve.n, curve.time.size, curve.n_missing) == (0, 0, len(time))
        assert math.isnan(median_time(time, event, missing="omit").estimate)
        assert math.isnan(restricted_mean(time, event, horizon=1, missing="omit").estimate)
        assert np.isnan(curve.at([1]).estimate).all()
    empty = aalen_johansen([], [], censored="open")
    assert (empty.endings.size, empty.estimate.shape) == (0, (0, 0))
    alone = kaplan_meier([3], [1])
    assert (alone.estimate.tolist(), alone.n) == ([0.0], 1)
    assert np.isnan([alone.standard_error[0], alone.ci_low[0], alone.ci_high[0]]).all()
    mean = restricted_mean([3], [1], horizon=5)
    assert (mean.estimate, math.isnan(mean.standard_error)) == (3.0, True)
    assert median_time([3], [1]).estimate == 3.0
    two = kaplan_meier([3, 4], [1, 1])
    assert two.standard_error[0] == pytest.approx(math.sqrt(1 / 8))


def test_time_zero_counts_where_all_are_seen_from_the_start() -> None:
    assert kaplan_meier([0, 1], [1, 1]).estimate.tolist() == [0.5, 0.0]
    assert restricted_mean([0, 1], [1, 1], horizon=2).estimate == 0.5


def test_numbers_of_any_type_are_taken() -> None:
    wanted = kaplan_meier([1.0, 2.0, 2.0], [1, 0, 1])
    for kind in (np.int8, np.uint16, np.float32, object):
        found = kaplan_meier(np.array([1, 2, 2], dtype=kind), np.array([True, False, True]))
        np.testing.assert_array_equal(found.estimate, wanted.estimate)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: kaplan_meier([1, -2], [1, 1]), "time has the value -2"),
        (lambda: kaplan_meier([1, 2], [1, 2]), "event has the value 2"),
        (lambda: kaplan_meier([1, 2], [1]), "time has 2 values and event has 1"),
        (lambda: kaplan_meier([1, None], [1, 1]), "1 of 2 rows have a missing value"),
        (lambda: kaplan_meier([1, 2], [1, 1], entry=[0, 2]), "entry is 2 and time is 2"),
        (lambda: kaplan_meier([[1]], [1]), "2 dimensions"),
        (lambda: kaplan_meier([1], [1], ci="loglog"), "ci is 'loglog'"),  # type: ignore[arg-type]
        (lambda: kaplan_meier([1], [1], level=95), "level is 95"),
        (lambda: aalen_johansen([1], ["left"], censored=0), "censored is 0 and ending holds text"),
        (
            lambda: aalen_johansen([1], [1], censored=0, variance="gaynor"),  # type: ignore[arg-type]
            "variance is 'gaynor'",
        ),
        (lambda: median_time([1], [1], probability=1), "probability is 1"),
        (lambda: restricted_mean([1], [1], horizon=0), "horizon is 0"),
        (
            lambda: restricted_mean_difference([1], [1], ["a"], reference="a", horizon=1),
            "1 different labels",
        ),
        (
            lambda: restricted_mean_difference([1, 2], [1, 1], [1, 2], reference=3, horizon=1),
            "reference is 3",
        ),
        (lambda: log_rank([1, 2], [1, 1], [1]), "group has 1"),
        (lambda: cox([2], [2], [1], [1]), "start is 2 and stop is 2"),
        (lambda: cox([0], [2], [1], [[[1]]]), "covariates has shape"),
        (lambda: discrete_hazard([1, 2], [1, 0], [1]), "covariates has shape"),
        (
            lambda: experience_drop([1, 1], [2, 2], [3, 4], at_least=1, score_step=1),
            "session is 2 in 2 or more rows",
        ),
        (lambda: experience_drop([1], [2], [3], at_least=0, score_step=1), "at_least is 0"),
        (lambda: experience_drop([1], [2.5], [3], at_least=1, score_step=1), "session has the"),
    ],
)
def test_bad_input_is_named(call: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()


def test_a_million_rows() -> None:
    rng = np.random.default_rng(1)
    n = 1_000_000
    time = np.minimum(rng.geometric(0.12, n), 40)
    ending = rng.integers(0, 3, n)
    begin = clock.perf_counter()
    curve = kaplan_meier(time, ending == 1)
    result = aalen_johansen(time, ending, censored=0)
    test = log_rank(time, ending == 1, rng.integers(0, 2, n))
    x = (rng.random(n) < 0.2).astype(float)
    fits = cox(time - 1, time, ending == 1, x), discrete_hazard(time, ending == 1, x)
    assert clock.perf_counter() - begin < 30
    assert curve.n == result.n == test.n == n
    assert all(abs(fit.estimate[0]) < 0.02 for fit in fits)


def test_public_names() -> None:
    assert set(survival.__all__) >= {
        *("kaplan_meier", "aalen_johansen", "log_rank", "restricted_mean", "median_time"),
        *("cox", "discrete_hazard", "experience_drop"),
    }


def test_a_tiny_unit_of_a_covariate_changes_the_scale_alone() -> None:
    covariate = np.array([1, 0, 1, 1, 0, 0.5])
    time, event = np.arange(1, 7), np.ones(6)
    usual = survival.cox(np.zeros(6), time, event, covariate)
    tiny = survival.cox(np.zeros(6), time, event, covariate * 1e-6)
    assert tiny.estimate * 1e-6 == pytest.approx(usual.estimate)
    assert np.isinf(tiny.ratio).all()
