"""Random, one-way and threshold analysis; feedback's own cost; what is refused."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from fit_metrics.cost_effect import (
    Beta,
    Gamma,
    Pert,
    PriceBasis,
    Triangular,
    Uniform,
    break_even_dropout,
    break_even_endings,
    fit_cost,
    net_amount,
    net_thresholds,
    one_way,
    probabilistic,
    realised_saving,
    refuse_extrapolation,
    refuse_sum,
    threshold,
)

quick = settings(deadline=None, max_examples=100)
BASE = {
    "gross_eur": 2888.0,
    "attribution": 0.75,
    "avoidable_share": 0.5,
    "onward_cost_eur": 300.0,
    "fit_cost_eur": 100.0,
}

# ----------------------------------------------------------------------------------- at random


@pytest.mark.parametrize(
    ("stated", "reference"),
    [
        (Beta(alpha=15, beta=5), stats.beta(15, 5)),
        (Gamma(shape=4, scale=100), stats.gamma(4, scale=100)),
        (Uniform(low=-1, high=3), stats.uniform(-1, 4)),
        (Triangular(low=0, mode=1, high=5), stats.triang(0.2, 0, 5)),
        (Pert(low=0, mode=1, high=5), stats.beta(1.8, 4.2, scale=5)),
        (Pert(low=2, mode=2, high=4), stats.beta(1, 5, loc=2, scale=2)),
    ],
)
def test_distributions_are_those_stated(stated: Any, reference: Any) -> None:
    drawn = stated.draw(np.random.default_rng(1), 20_000)
    assert stats.kstest(drawn, reference.cdf).pvalue > 0.001
    assert stated.mean == pytest.approx(reference.mean())


@pytest.mark.parametrize(
    "stated",
    [Uniform(low=3, high=3), Triangular(low=3, mode=3, high=3), Pert(low=3, mode=3, high=3)],
)
def test_a_range_of_no_width_is_its_value(stated: Any) -> None:
    assert set(stated.draw(np.random.default_rng(1), 5)) == {3.0}
    assert stated.mean == 3.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Beta(alpha=0, beta=1), "alpha is 0: it must be above 0"),
        (lambda: Beta(alpha=1, beta=-1), "beta is -1"),
        (lambda: Gamma(shape=1, scale=math.inf), "scale is inf"),
        (lambda: Uniform(low=2, high=1), "low 2, high 1: they must not fall"),
        (lambda: Triangular(low=0, mode=3, high=2), "mode 3, high 2"),
        (lambda: Pert(low=0, mode=None, high=2), "mode is None"),  # type: ignore[arg-type]
    ],
)
def test_bad_distributions_are_named(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def drawn(**changes: Any) -> Any:
    factors = {
        **BASE,
        "attribution": Beta(alpha=15, beta=5),
        "onward_cost_eur": Gamma(shape=4, scale=75),
    }
    return probabilistic(
        net_amount, {**factors, **changes}, rng=np.random.default_rng(1), n_draws=20_000
    )


def test_probabilistic_by_theory() -> None:
    result = drawn()
    # Independent factors: the mean of the product is that of the means.
    assert result.estimate == pytest.approx(0.75 * (1444 - 300) - 100, abs=5)
    again = net_amount(**{**BASE, **result.factors})
    assert np.array_equal(result.draws, again)
    assert list(result.factors) == ["attribution", "onward_cost_eur"]
    assert result.ci_low == pytest.approx(np.quantile(again, 0.025))
    assert result.share_above_zero == np.mean(again > 0)
    assert not result.draws.flags.writeable
    assert np.array_equal(drawn().draws, result.draws)


def test_without_distributions_nothing_varies() -> None:
    result = probabilistic(net_amount, BASE, rng=np.random.default_rng(0), n_draws=100)
    assert result.ci_low == result.ci_high == result.estimate == net_amount(**BASE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rng": None}, "rng is None"),
        ({"n_draws": 10}, "n_draws is 10: it must be 100 or more"),
        ({"level": 1}, "level is 1"),
        ({"factors": {**BASE, "attribution": None}}, "attribution is None: it must be a number"),
        ({"model": lambda **_: math.nan}, "model gives an amount that is not finite"),
    ],
)
def test_probabilistic_refuses(change: dict[str, Any], message: str) -> None:
    arguments = {"model": net_amount, "factors": BASE, "rng": np.random.default_rng(0), **change}
    with pytest.raises(ValueError, match=message):
        probabilistic(arguments.pop("model"), arguments.pop("factors"), **arguments)


# --------------------------------------------------------------------------- one way, threshold


def test_tornado_by_hand() -> None:
    bars = one_way(
        net_amount,
        base=BASE,
        ranges={"fit_cost_eur": (0, 200), "attribution": (0.5, 1), "avoidable_share": (0.2, 1)},
    )
    assert [bar.factor for bar in bars] == ["avoidable_share", "attribution", "fit_cost_eur"]
    assert [bar.swing for bar in bars] == pytest.approx([0.75 * 0.8 * 2888, 0.5 * 1144, 200])
    # 0.75 * (1444 - 300) = 858, less nothing or 200.
    assert bars[2].at_low == pytest.approx(858)
    assert bars[2].at_high == pytest.approx(658)


@pytest.mark.parametrize(
    ("ranges", "message"),
    [
        ({"price": (0, 1)}, "ranges has 'price', of which base has no value"),
        ({"attribution": (0.8, 1)}, r"0\.8 to 1: it must hold the base value 0\.75"),
    ],
)
def test_tornado_refuses(ranges: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        one_way(net_amount, base=BASE, ranges=ranges)


@quick
@given(
    st.floats(0.05, 1),
    st.floats(0.05, 1),
    st.floats(100, 1e5),
    st.floats(0, 1e4),
    st.floats(1, 1e4),
)
def test_thresholds_agree_with_the_exact_ones(
    a: float, v: float, g: float, o: float, f: float
) -> None:
    base = dict(zip(BASE, (g, a, v, o, f), strict=True))
    exact = net_thresholds(**{name: Decimal(x) for name, x in base.items()})
    for name, high in (("attribution", 1), ("avoidable_share", 1), ("onward_cost_eur", 1e6)):
        found = threshold(net_amount, base=base, factor=name, low=0, high=high)
        expected = getattr(exact, name)
        assert found.is_linear
        if expected is not None:
            assert found.value == pytest.approx(float(expected), rel=1e-6, abs=1e-6)


def test_threshold_where_it_is_not_linear() -> None:
    found = threshold(lambda x: x**3 - 8, base={"x": 1}, factor="x", low=0, high=10)
    assert (found.is_linear, found.is_in_range) == (False, True)
    assert found.value == pytest.approx(2)
    none = threshold(lambda x: x**2 + 1, base={"x": 1}, factor="x", low=-1, high=2)
    assert math.isnan(none.value)
    assert not none.is_in_range
    edge = threshold(lambda x: x**2 - 4, base={"x": 1}, factor="x", low=2, high=9)
    assert edge.value == 2
    flat = threshold(lambda x: 5.0, base={"x": 1}, factor="x", low=2, high=9)
    assert (flat.is_linear, math.isnan(flat.value)) == (True, True)
    beyond = threshold(lambda x: x - 10, base={"x": 1}, factor="x", low=0, high=5)
    assert (beyond.value, beyond.is_in_range) == (10, False)
    with pytest.raises(ValueError, match="factor is 'y'"):
        threshold(lambda x: x, base={"x": 1}, factor="y", low=0, high=1)
    with pytest.raises(ValueError, match="low must be below high"):
        threshold(lambda x: x, base={"x": 1}, factor="x", low=1, high=1)


# --------------------------------------------------------------------------- feedback's own cost

COST: dict[str, Any] = {
    "licences_eur": 3000,
    "training_days": Decimal("40.5"),
    "cost_of_training_day_eur": 250,
    "trainers_eur": Decimal("11585.50"),
    "minutes_per_session": 7,
    "n_sessions": 2000,
    "cost_of_hour_eur": 40,
    "basis": PriceBasis(price_year=2025, perspective="payer", vat_included=False),
}


def test_own_cost_by_hand() -> None:
    result = fit_cost(**COST)
    assert result.training_eur == 10125
    assert result.session_time_eur.quantize(Decimal("0.01")) == Decimal("9333.33")
    assert result.total_eur.quantize(Decimal("0.01")) == Decimal("34043.83")


@pytest.mark.parametrize("name", [name for name in COST if name != "basis"])
def test_a_missing_part_of_the_cost_is_named(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} is None"):
        fit_cost(**{**COST, name: None})


money = st.decimals("0", "100000", places=2)


@quick
@given(money, st.decimals("0.01", "5000", places=2), st.integers(1, 500))
def test_break_even_pays_and_one_less_does_not(cost: Decimal, each: Decimal, episodes: int) -> None:
    ending = break_even_endings(fit_cost_eur=cost, net_per_ending_eur=each, n_episodes=episodes)
    dropout = break_even_dropout(fit_cost_eur=cost, value_per_dropout_eur=each, n_episodes=episodes)
    assert ending.whole is not None
    assert ending.whole * each >= cost
    assert ending.whole == 0 or (ending.whole - 1) * each < cost
    assert dropout.whole == ending.whole
    assert dropout.needed is not None
    assert abs(dropout.needed * episodes * each - cost) < Decimal("1e-15")
    assert ending.is_reachable == (cost <= each * episodes) == (ending.reason == "")


def test_break_even_that_nothing_reaches() -> None:
    never = break_even_endings(fit_cost_eur=10, net_per_ending_eur=-5, n_episodes=9)
    assert (never.needed, never.is_reachable) == (None, False)
    assert never.reason == "an early ending brings nothing"
    assert break_even_dropout(
        fit_cost_eur=10, value_per_dropout_eur=0, n_episodes=9
    ).reason.startswith("a drop-out less")
    free = break_even_endings(fit_cost_eur=0, net_per_ending_eur=-5, n_episodes=9)
    assert (free.whole, free.is_reachable) == (0, True)
    far = break_even_endings(fit_cost_eur=1000, net_per_ending_eur=5, n_episodes=9)
    assert (far.whole, far.reason) == (200, "more than all 9 episodes would be needed")
    with pytest.raises(ValueError, match="n_episodes is 0"):
        break_even_endings(fit_cost_eur=1, net_per_ending_eur=1, n_episodes=0)


# -------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"estimate": [1, None]}, "teams at 1 have no estimate"),
        ({"n": [0, 4]}, "teams at 0 have no episode"),
        ({"ci_low": [None, None]}, "teams at 0, 1 have no finite interval"),
        ({"ci_high": [0.5, 3]}, "teams at 0 have no finite interval"),
        ({"n": [2, None]}, "n has a missing value"),
        ({"ci_high": [3]}, "estimate has 2 values and ci_high has 1"),
        ({"ci_high": [3, math.inf]}, "ci_high has an infinite value"),
    ],
)
def test_sums_over_teams_without_what_they_need(change: dict[str, Any], message: str) -> None:
    arguments = {"estimate": [1, 2], "ci_low": [0, 1], "ci_high": [3, 3], "n": [4, 4]}
    refuse_sum(**arguments)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=message):
        refuse_sum(**{**arguments, **change})


def test_other_refusals() -> None:
    refuse_extrapolation(n_observed=5, n_target=5)
    with pytest.raises(ValueError, match="no extrapolation"):
        refuse_extrapolation(n_observed=5, n_target=6)
    with pytest.raises(ValueError, match=r"calculated \(laskennallinen\) and not realised"):
        realised_saving([])
    with pytest.raises(ValueError, match=r"confirmed_eur\[1\] is -5"):
        realised_saving([1, -5])
    assert realised_saving([Decimal("0.10"), 3]).amount_eur == Decimal("3.10")


@given(
    st.lists(st.floats(-1e4, 1e4), min_size=3, max_size=3).map(sorted),
    st.lists(st.just(0.0) | st.floats(1e-60, 1), min_size=1, max_size=5),
)
def test_quantiles_of_a_pert_are_those_of_its_beta(ends: list[float], shares: list[float]) -> None:
    low, mode, high = ends
    found = Pert(low=low, mode=mode, high=high).quantile(shares)
    if low == high:
        assert found.tolist() == [low] * len(shares)
        return
    alpha = 1 + 4 * (mode - low) / (high - low)
    expected = stats.beta.ppf(shares, alpha, 6 - alpha, loc=low, scale=high - low)
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-6 * (high - low))


@pytest.mark.parametrize("mode", [0.0, 1.0, 2.0])
@pytest.mark.parametrize("share", [0.0, 5e-324, 1e-271, 1e-91])
def test_a_share_of_next_to_nothing_is_at_the_low_end(mode: float, share: float) -> None:
    assert Pert(low=0, mode=mode, high=2).quantile([share, 1.0]).tolist() == [0.0, 2.0]


@pytest.mark.parametrize("share", [-0.1, 1.1, math.nan])
def test_quantiles_of_no_share_are_refused(share: float) -> None:
    with pytest.raises(ValueError, match="not between 0 and 1"):
        Pert(low=0, mode=1, high=2).quantile([0.5, share])
