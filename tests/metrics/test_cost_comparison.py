"""Cost-effectiveness: mirrors, names of the plane, and what is refused.

Its numbers are held against R in `test_cost_outcome.py`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fit_metrics.cost_outcome import acceptability_of_draws, compare_costs

quick = settings(deadline=None, max_examples=60)


def both_periods(seed: int, teams: int = 20, **changes: Any) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    team = np.repeat(np.arange(teams), 10)
    fit = np.tile([0, 1], team.size // 2)
    return {
        "costs": rng.gamma(4, 500, team.size) + 400 * fit,
        "effects": rng.integers(0, 2, team.size),
        "is_fit": fit,
        "teams": team,
        "recorded_in_both_periods": True,
        "direction": "higher_is_better",
        "willingness_to_pay": [0.0, 1000.0, 1e6],
        **changes,
    }


@quick
@given(st.integers(0, 2**32 - 1))
def test_direction_and_arms_mirror(seed: int) -> None:
    data = both_periods(seed)
    one = compare_costs(**data)
    flipped = compare_costs(
        **{**data, "effects": 1 - data["effects"], "direction": "lower_is_better"}
    )
    swapped = compare_costs(**{**data, "is_fit": 1 - data["is_fit"]})
    assert flipped.net_benefit == pytest.approx(one.net_benefit, rel=1e-6, abs=1e-6)
    assert flipped.acceptability == pytest.approx(one.acceptability, abs=1e-9)
    assert swapped.acceptability == pytest.approx(1 - one.acceptability, abs=1e-9)
    assert swapped.net_benefit_low == pytest.approx(-one.net_benefit_high, rel=1e-6, abs=1e-6)
    opposite = {
        "dominant": "dominated",
        "more_costly_more_effective": "less_costly_less_effective",
        "equal": "equal",
    }
    assert opposite.get(one.verdict, swapped.verdict) == swapped.verdict
    assert one.acceptability[0] == pytest.approx(float(np.asarray(one.net_benefit[0] > 0)), abs=0.5)


@pytest.mark.parametrize(
    ("cost", "effect", "verdict"),
    [
        (100, 1, "more_costly_more_effective"),
        (-100, 1, "dominant"),
        (100, -1, "dominated"),
        (-100, -1, "less_costly_less_effective"),
        (0, 1, "dominant"),
        (0, -1, "dominated"),
        (100, 0, "dominated"),
        (-100, 0, "dominant"),
        (0, 0, "equal"),
    ],
)
def test_verdicts(cost: float, effect: float, verdict: str) -> None:
    fit = np.tile([0, 1], 10)
    result = compare_costs(
        500 + cost * fit,
        5 + effect * fit,
        fit,
        np.repeat(np.arange(10), 2),
        recorded_in_both_periods=True,
        direction="higher_is_better",
        willingness_to_pay=[50],
    )
    assert result.verdict == verdict
    assert math.isnan(result.estimate) == (not verdict.endswith("effective"))
    if verdict.endswith("effective"):
        assert result.estimate == pytest.approx(100)


def test_a_prom_before_adoption_is_refused() -> None:
    with pytest.raises(ValueError, match=r"recorded only under FIT .* has no comparison"):
        compare_costs(**both_periods(1, recorded_in_both_periods=False))


@pytest.mark.parametrize(("happens", "verdict"), [(0.1, "dominated"), (1.0, "dominated")])
def test_an_outcome_that_never_varies_differs_by_nothing(happens: float, verdict: str) -> None:
    """No rounding makes a ratio of it, which would be euros by next to nothing."""
    data = both_periods(2)
    age = np.random.default_rng(1).normal(10, 3, 200)
    result = compare_costs(**{**data, "effects": np.full(200, happens), "covariates": age})
    assert (result.incremental_effect, result.effect_low, result.effect_high) == (0.0, 0.0, 0.0)
    assert (result.verdict, result.set_kind) == (verdict, "undefined")
    assert math.isnan(result.estimate)


def test_a_factor_is_its_indicators() -> None:
    data = both_periods(4)
    season = np.array(["autumn", "spring", "winter"])[np.arange(200) % 7 % 3]
    indicators = np.column_stack([season == "spring", season == "winter"]).astype(float)
    by_code = compare_costs(**data, factors={"season": season})
    by_column = compare_costs(**data, covariates=indicators)
    for name in ("incremental_cost", "incremental_effect", "cost_low", "effect_high", "df"):
        assert getattr(by_code, name) == pytest.approx(getattr(by_column, name)), name
    with pytest.raises(ValueError, match=r"factors\['season'\] has 3"):
        compare_costs(**data, factors={"season": season[:3]})


def test_few_teams_have_no_interval() -> None:
    result = compare_costs(**both_periods(2, teams=9))
    assert result.reason.startswith("9 teams")
    assert np.isnan(result.acceptability).all()
    assert np.isnan(result.net_benefit_low).all()
    assert np.isfinite(result.net_benefit).all()
    data = both_periods(2)
    one_side = compare_costs(**{**data, "is_fit": data["teams"] < 3})
    assert one_side.reason.startswith("3 of 20 teams under FIT")
    nothing = compare_costs(
        **{**both_periods(2), "costs": [], "effects": [], "is_fit": [], "teams": []}
    )
    assert (nothing.verdict, nothing.n) == ("undefined", 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"willingness_to_pay": [-1.0]}, "willingness_to_pay has the value -1"),
        ({"willingness_to_pay": [np.nan]}, "willingness_to_pay has a missing value"),
        ({"direction": "up"}, "direction is 'up'"),
        ({"recorded_in_both_periods": "yes"}, "recorded_in_both_periods is 'yes'"),
        ({"is_fit": np.ones(200)}, "is_fit is 1 in all 200 episodes"),
        ({"effects": [1.0]}, "costs has 200 values and effects has 1"),
        ({"effects": np.full(200, np.nan)}, "200 of 200 rows have a missing value"),
    ],
)
def test_comparison_refuses(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        compare_costs(**both_periods(3, **change))


def test_acceptability_of_draws_at_its_ends() -> None:
    assert np.isnan(acceptability_of_draws([], [], willingness_to_pay=[1, 2])).all()
    rng = np.random.default_rng(1)
    curve = acceptability_of_draws(
        rng.normal(100, 50, 5000), rng.normal(0.1, 0.01, 5000), willingness_to_pay=[0, 1000, 1e7]
    )
    assert curve == pytest.approx([0.02275, 0.5, 1.0], abs=0.02)
    with pytest.raises(ValueError, match="cost_draws has a missing value"):
        acceptability_of_draws([np.nan], [1], willingness_to_pay=[1])
