"""Cost for each outcome: against R, as properties, and at its ends."""

from __future__ import annotations

import json
import math
from operator import attrgetter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fit_metrics import _bootstrap
from fit_metrics._cost_ratio import ratio
from fit_metrics.cost_outcome import (
    compare_costs,
    cost_per_outcome,
    fieller,
)

quick = settings(deadline=None, max_examples=60)
CASES = json.loads(
    (Path(__file__).parent / "reference" / "cost" / "outcome.json").read_text(encoding="utf-8")
)


def bca_of_given_resamples(
    costs: list[float],
    outcomes: list[float | None],
    clusters: list[int],
    indices: list[list[int]],
    level: float,
) -> SimpleNamespace:
    rows = np.stack([costs, np.nan_to_num(np.array(outcomes, dtype=float))])
    units = _bootstrap.sums_by_unit(rows, np.array(clusters) - 1)
    low, high = _bootstrap.bca_limits(
        ratio(_bootstrap.sums_of(units, np.array(indices))),
        float(ratio(units.sum(axis=1))),
        [ratio(_bootstrap.leave_one_out(units))],
        level,
    )
    return SimpleNamespace(ci_low=low, ci_high=high)


FUNCTIONS: dict[str, Any] = {
    "fieller": fieller,
    "cost_per_outcome": cost_per_outcome,
    "bca": bca_of_given_resamples,
    "compare_costs": compare_costs,
}


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES])
def test_matches_r(case: dict[str, Any]) -> None:
    result = FUNCTIONS[case["function"]](**case["inputs"], **case["options"])
    for name, value in case["expected"].items():
        found = attrgetter(name)(result)
        if isinstance(value, str):
            assert found == value, name
        else:
            assert found == pytest.approx(value, rel=case["tolerance"]), name


def test_references_hold_every_kind_of_set() -> None:
    kinds = {case["expected"].get("set_kind") for case in CASES}
    assert kinds >= {"interval", "whole_line", "complement"}


# ---------------------------------------------------------------------------- as it was printed

PUBLISHED = {case["id"]: case for case in CASES}


def published(name: str) -> Any:
    case = PUBLISHED[name]
    return FUNCTIONS[case["function"]](**case["inputs"], **case["options"])


def test_soporifics_as_student_and_the_manual_of_r_have_them() -> None:
    """Ten patients are ten clusters seen on both sides, an hour of sleep is a euro.

    Student (1908, Biometrika 6, 1-25): means 0.75 and 2.33, the second the better with 0.9985 (his
    table is interpolated). R's manual page of `t.test` on these pairs: t = -4.0621 with 9 degrees of
    freedom, p = 0.002833, interval -2.4598858 to -0.7001142.
    """
    found = published("student_1908_difference")
    (benefit,), (low,), (high,) = found.net_benefit, found.net_benefit_low, found.net_benefit_high
    assert found.incremental_cost == pytest.approx(2.33 - 0.75)
    assert benefit / found.cost_error == pytest.approx(-4.0621, abs=5e-5)
    assert found.df == pytest.approx(9)
    assert (low, high) == pytest.approx((-2.4598858, -0.7001142), abs=5e-8)
    assert 2 * found.acceptability[0] == pytest.approx(0.002833, abs=5e-7)
    assert 1 - found.acceptability[0] == pytest.approx(0.9985, abs=1e-4)
    assert published("student_1908_soporifics").estimate == pytest.approx(0.75 / 2.33)


def test_the_ratio_of_ten_cities_is_the_printed_one() -> None:
    """Davison & Hinkley (1997), Bootstrap methods and their application, Table 1.3: ratio 1.520."""
    assert published("davison_hinkley_1997_cities").estimate == pytest.approx(1.520, abs=5e-4)


# -------------------------------------------------------------------------------------- Fieller

means = st.floats(-1e4, 1e4).filter(lambda x: abs(x) > 1e-3)
errors = st.floats(1e-3, 1e4)


@quick
@given(means, means, errors, errors, st.floats(-0.99, 0.99), st.floats(-1e5, 1e5))
def test_set_is_what_the_inequality_says(
    a: float, b: float, s_a: float, s_b: float, r: float, tried: float
) -> None:
    result = fieller(
        a, b, variance_numerator=s_a**2, variance_denominator=s_b**2, covariance=r * s_a * s_b
    )
    left = (a - tried * b) ** 2
    right = 1.959963984540054**2 * (s_a**2 - 2 * tried * r * s_a * s_b + tried**2 * s_b**2)
    if abs(left - right) < 1e-6 * (left + right):
        return
    is_in = result.ci_low <= tried <= result.ci_high
    if result.set_kind == "complement":
        is_in &= not result.excluded_low < tried < result.excluded_high
    assert is_in == (left < right)
    assert result.ci_low <= result.estimate <= result.ci_high
    assert not result.excluded_low < result.estimate < result.excluded_high


@quick
@given(means, means, errors, errors, st.floats(-0.99, 0.99), st.floats(0.01, 100))
def test_fieller_mirrors_and_scales(
    a: float, b: float, s_a: float, s_b: float, r: float, factor: float
) -> None:
    def of(a: float, b: float, s_a: float, s_b: float, r: float) -> Any:
        return fieller(
            a, b, variance_numerator=s_a**2, variance_denominator=s_b**2, covariance=r * s_a * s_b
        )

    one, turned, both = of(a, b, s_a, s_b, r), of(-a, b, s_a, s_b, -r), of(-a, -b, s_a, s_b, r)
    larger = of(factor * a, b, factor * s_a, s_b, r)
    assert one.set_kind == turned.set_kind == both.set_kind
    for name in ("low", "high"):
        other = "high" if name == "low" else "low"
        for kind in ("ci", "excluded"):
            value = getattr(one, f"{kind}_{name}")
            assert getattr(turned, f"{kind}_{other}") == pytest.approx(
                -value, rel=1e-7, nan_ok=True
            )
            assert getattr(both, f"{kind}_{name}") == pytest.approx(value, rel=1e-7, nan_ok=True)
            if one.set_kind == larger.set_kind:
                assert getattr(larger, f"{kind}_{name}") == pytest.approx(
                    factor * value, rel=1e-5, nan_ok=True
                )


def test_fieller_at_its_ends() -> None:
    known = fieller(10, 2, variance_numerator=0, variance_denominator=0, covariance=0)
    assert (known.ci_low, known.ci_high, known.set_kind) == (5, 5, "interval")
    sure_denominator = fieller(10, 2, variance_numerator=4, variance_denominator=0, covariance=0)
    assert sure_denominator.ci_high == pytest.approx(5 + 1.959963984540054)
    nothing = fieller(10, 0, variance_numerator=4, variance_denominator=1, covariance=0)
    assert math.isnan(nothing.estimate)
    assert nothing.set_kind == "undefined"
    # The denominator lies just at the level: one end is infinite.
    half = fieller(
        10,
        1,
        variance_numerator=1,
        variance_denominator=1 / 1.959963984540054**2,
        covariance=0,
    )
    assert (half.set_kind, half.ci_high) == ("half_line", math.inf)
    assert half.ci_low == pytest.approx((100 - 1.959963984540054**2) / 20)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"variance_numerator": -1}, "variance_numerator is -1"),
        ({"variance_denominator": math.nan}, "variance_denominator is nan"),
        ({"covariance": 3}, "covariance is 3: its square"),
        ({"df": 0}, "df is 0: it must be above 0"),
        ({"level": 0}, "level is 0"),
        ({"numerator": math.inf}, "numerator is inf"),
    ],
)
def test_fieller_refuses(change: dict[str, Any], message: str) -> None:
    arguments = {
        "numerator": 1,
        "denominator": 1,
        "variance_numerator": 1,
        "variance_denominator": 1,
        "covariance": 0,
    }
    with pytest.raises(ValueError, match=message):
        fieller(**{**arguments, **change})


# ----------------------------------------------------------------------------- cost per outcome


def episodes(seed: int, teams: int = 20) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    team = np.repeat(np.arange(teams), 6)
    outcome = rng.integers(0, 2, team.size).astype(float)
    outcome[:3] = np.nan
    return np.round(rng.lognormal(7, 0.7, team.size), 2), outcome, team


@quick
@given(st.integers(0, 2**32 - 1), st.sampled_from(["fieller", "bootstrap"]))
def test_order_scale_and_sums(seed: int, ci: Any) -> None:
    cost, outcome, team = episodes(seed)

    def of(cost: np.ndarray, outcome: np.ndarray, team: np.ndarray) -> Any:
        rng = np.random.default_rng(1)
        return cost_per_outcome(cost, outcome, clusters=team, ci=ci, rng=rng, n_resamples=499)

    order = np.random.default_rng(seed).permutation(team.size)
    one, mixed, dear = (
        of(cost, outcome, team),
        of(cost[order], outcome[order], team[order]),
        of(2 * cost, outcome, team),
    )
    assert one.estimate == pytest.approx(cost.sum() / np.nansum(outcome))
    assert (mixed.ci_low, mixed.ci_high) == pytest.approx((one.ci_low, one.ci_high))
    assert (dear.ci_low, dear.ci_high) == pytest.approx((2 * one.ci_low, 2 * one.ci_high))
    assert one.ci_low <= one.estimate <= one.ci_high
    assert (one.n, one.n_unmeasured, one.n_clusters) == (120, 3, 20)


def test_unmeasured_episodes_are_paid_for() -> None:
    cost, outcome, team = episodes(1)
    measured = ~np.isnan(outcome)
    all_of_them = cost_per_outcome(cost, outcome, clusters=team)
    only = cost_per_outcome(cost[measured], outcome[measured], clusters=team[measured])
    assert all_of_them.estimate > only.estimate
    assert all_of_them.total_cost == pytest.approx(cost.sum())


def test_cost_per_episode_without_clusters_is_a_mean() -> None:
    cost = np.array([100.0, 200.0, 600.0, 700.0])
    result = cost_per_outcome(cost, np.ones(4))
    half = 3.182446305284263 * cost.std(ddof=1) / 2
    assert result.estimate == 400
    assert (result.ci_low, result.ci_high) == pytest.approx((400 - half, 400 + half))


@pytest.mark.parametrize("ci", ["fieller", "bootstrap"])
def test_ratio_at_its_ends(ci: Any) -> None:
    rng = np.random.default_rng(0)
    nothing = cost_per_outcome([], [], ci=ci, rng=rng)
    one = cost_per_outcome([100], [1], ci=ci, rng=rng)
    two = cost_per_outcome([100, 300], [1, 1], ci=ci, rng=rng)
    none_improved = cost_per_outcome([100, 300, 200], [0, 0, None], ci=ci, rng=rng)
    assert math.isnan(nothing.estimate)
    assert (one.estimate, one.set_kind) == (100, "undefined")
    assert two.estimate == 200
    assert math.isnan(two.ci_low) == (ci == "bootstrap")
    assert math.isnan(none_improved.estimate)
    assert (none_improved.set_kind, none_improved.total_cost) == ("undefined", 600)
    alike = cost_per_outcome([100] * 5, [1] * 5, ci=ci, rng=rng)
    assert alike.estimate == 100
    assert alike.set_kind == ("interval" if ci == "fieller" else "undefined")


def test_few_improved_give_no_bounded_interval() -> None:
    outcome = [0.0] * 9 + [1.0]
    result = cost_per_outcome(np.linspace(500, 1500, 10), outcome)
    assert result.set_kind in ("complement", "whole_line")
    assert result.ci_high == math.inf


@pytest.mark.parametrize(
    "outcomes",
    [[1, None, 0, 1], [True, None, False, True], np.ma.array([1, 9, 0, 1], mask=[0, 1, 0, 0])],
)
def test_flags_are_numbers_and_may_be_missing(outcomes: Any) -> None:
    result = cost_per_outcome(np.array([100, 200, 300, 400], dtype=np.float32), outcomes)
    assert (result.estimate, result.n_unmeasured) == (500, 1)
    if not isinstance(outcomes, np.ndarray):
        with pytest.raises(ValueError, match="outcomes has the value 2"):
            cost_per_outcome([1, 2, 3], [True, 2, None])


def test_a_million_rows() -> None:
    rng = np.random.default_rng(0)
    cost, outcome = rng.gamma(2, 500, 1_000_000), rng.random(1_000_000) < 0.5
    result = cost_per_outcome(cost, outcome, clusters=rng.integers(0, 50, cost.size))
    assert result.n == 1_000_000
    assert result.estimate == pytest.approx(cost.sum() / outcome.sum())
    assert result.ci_low < result.estimate < result.ci_high


def test_missing_costs_are_counted() -> None:
    cost, outcome, team = episodes(2)
    cost[7] = np.nan
    with pytest.raises(ValueError, match="1 of 120 rows have a missing value"):
        cost_per_outcome(cost, outcome, clusters=team)
    result = cost_per_outcome(cost, outcome, clusters=team, missing="omit")
    assert (result.n, result.n_missing) == (119, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"costs": [-1, 2, 3]}, "costs has the value -1"),
        ({"outcomes": [1, 2]}, "costs has 3 values and outcomes has 2"),
        ({"clusters": [1, 2]}, "costs has 3 values and clusters has 2"),
        ({"ci": "normal"}, "ci is 'normal'"),
        ({"ci": "bootstrap"}, "rng is None"),
        ({"level": 2}, "level is 2"),
    ],
)
def test_ratio_refuses(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cost_per_outcome(**{"costs": [1, 2, 3], "outcomes": [1, 1, 0], **change})
