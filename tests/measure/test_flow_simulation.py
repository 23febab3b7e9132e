"""The simulated change of waiting: what it rests on, what it refuses, and which way it goes."""

from __future__ import annotations

import sys
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats

from fit_warehouse.measure import flow_simulation
from fit_warehouse.measure.flow_simulation import arrivals, calibrated, simulated
from fit_warehouse.measure.period import Period

pytest.importorskip("simpy")
YEAR = Period(date(2025, 1, 1), date(2025, 12, 31))
DAYS = 365
quick = settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def a_service(**more: Any) -> dict[str, Any]:
    return {
        "n_referred": 120,
        "arrivals_per_day": 120 / DAYS,
        "n_lengths": 100,
        "mean_length_days": 90.0,
        "mean_wait_days": 30.0,
        "scenario": "base",
        **more,
    }


def lengths(low: float = 0.0, base: float = 0.0, high: float = 0.0) -> pl.DataFrame:
    """Return 100 lengths of 90 days on average; every fifth would have been longer by so much."""
    days = np.linspace(30.0, 150.0, 100)
    early = np.arange(100) % 5 == 0
    added = {"low": low, "base": base, "high": high}
    return pl.DataFrame({"days": days, **{f"added_{name}": early * x for name, x in added.items()}})


def run(
    rows: list[dict[str, Any]], found: pl.DataFrame, share: float = 1.0
) -> list[dict[str, Any]]:
    return simulated(rows, DAYS, found, share, 0.95)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulate few clients, for tests of many examples."""
    monkeypatch.setattr(flow_simulation, "CLIENTS", 600)
    monkeypatch.setattr(flow_simulation, "REPLICATIONS", (3, 3))
    monkeypatch.setattr(flow_simulation, "LARGEST_MISFIT", 5.0)


def test_without_early_endings_nothing_changes() -> None:
    (found,) = run([a_service()], lengths())
    assert found["simulation_reason"] is None
    assert found["simulated_wait_days_without"] == found["simulated_wait_days"] > 0
    for name in ("simulated_change_days", "ci_low", "ci_high", "simulated_end_change_days"):
        assert found[name] == 0
    for limit in (30, 90):
        assert found[f"share_over_{limit}_days"] == found[f"share_over_{limit}_days_without"]


def test_nor_where_nothing_freed_goes_to_those_who_wait() -> None:
    (found,) = run([a_service()], lengths(base=60.0), share=0.0)
    assert found["simulated_change_days"] == 0


@pytest.mark.usefixtures("small")
@quick
@given(
    st.lists(st.floats(0, 1), min_size=3, max_size=3).map(sorted),
    st.floats(0, 200),
    st.floats(5, 200),
)
def test_more_attribution_is_no_smaller_change(
    shares: list[float], added: float, wait: float
) -> None:
    rows = [a_service(scenario=name, mean_wait_days=wait) for name in ("low", "base", "high")]
    found = run(rows, lengths(*(share * added for share in shares)))
    changes = [line["simulated_change_days"] for line in found]
    ends = [line["simulated_end_change_days"] for line in found]
    assert changes[0] <= 1e-9
    assert (np.diff(changes) <= 1e-9).all()
    assert (np.diff(ends) <= 1e-9).all()
    assert len({line["simulated_wait_days"] for line in found}) == 1


def test_the_line_is_that_of_the_period_and_the_change_adds_up() -> None:
    (found,) = run([a_service()], lengths(base=60.0))
    assert abs(found["misfit_days"]) <= 0.25 * 30
    assert found["simulated_wait_days"] == pytest.approx(30 + found["misfit_days"])
    # 120 a year for 90 days each are 30 at a time.
    assert found["n_places"] == pytest.approx(30, abs=3)
    difference = found["simulated_wait_days"] - found["simulated_wait_days_without"]
    assert found["simulated_change_days"] == pytest.approx(difference)
    assert found["ci_low"] < found["simulated_change_days"] < found["ci_high"] < 0
    waiting = found["simulated_waiting"] - found["simulated_waiting_without"]
    assert found["simulated_end_change_days"] == pytest.approx(waiting * DAYS / 120)
    # 12 days more for 90 are 2/15 of all places: Little's law has 365 * 2/15 days, at most.
    assert -365 * 2 / 15 < found["simulated_end_change_days"] < found["simulated_change_days"]
    for limit in (30, 90):
        assert found[f"share_over_{limit}_days"] < found[f"share_over_{limit}_days_without"]


def test_the_same_data_give_the_same_rows() -> None:
    one, two = (run([a_service()], lengths(base=20.0)) for _ in range(2))
    assert one == two


def test_a_large_service_is_simulated_in_parts() -> None:
    rate = 24_000 / DAYS
    row = a_service(n_referred=24_000, arrivals_per_day=rate)
    (found,) = run([row], lengths(base=60.0))
    parts = found["n_parts"]
    clients = rate * (DAYS + 30 + 90)
    assert clients / parts <= flow_simulation.CLIENTS_OF_PART < clients / (parts - 1)
    assert found["n_replications"] == 20 > 10_000 * parts // clients
    assert found["n_places"] % parts == 0
    assert found["n_places"] == pytest.approx(rate * 90, rel=0.05)
    # A long line of many places has hardly an empty one: about Little's 365 * 2/15 days.
    assert found["simulated_end_change_days"] == pytest.approx(-365 * 2 / 15, rel=0.15)


def test_stays_of_years_bound_the_parts_too() -> None:
    row = a_service(mean_length_days=9_000.0)
    days = lengths().with_columns(pl.col("days") * 100)
    (found,) = run([row], days)
    assert found["n_places"] / found["n_parts"] < 1.1 * flow_simulation.CLIENTS_OF_PART
    assert found["n_parts"] == 3


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"n_referred": 19}, "few_referrals"),
        ({"n_lengths": 19}, "few_lengths"),
        ({"mean_length_days": 0.0}, "few_lengths"),
        ({"mean_length_days": None}, "few_lengths"),
        ({"mean_wait_days": None}, "wait_unknown"),
        ({"mean_wait_days": 0.99}, "nobody_waits"),
        # Few places are far apart: one keeps the line too long and the next empties it.
        (
            {"n_referred": 20, "arrivals_per_day": 20 / DAYS, "mean_wait_days": 15.0},
            "no_places_fit",
        ),
    ],
)
def test_what_cannot_be_simulated_says_why(change: dict[str, Any], reason: str) -> None:
    rows = [a_service(scenario=name, **change) for name in ("low", "base")]
    found = run(rows, lengths(base=60.0))
    assert [line["simulation_reason"] for line in found] == [reason] * 2
    assert {value for line in found for value in line.values()} == {None, reason}


def test_at_the_limits_it_is_simulated() -> None:
    for change in ({"n_referred": 20}, {"n_lengths": 20}, {"mean_wait_days": 1.0}):
        assert flow_simulation.reason(a_service(**change)) is None


def test_a_misfit_of_a_quarter_is_the_most(monkeypatch: pytest.MonkeyPatch) -> None:
    row = a_service(n_referred=40, arrivals_per_day=40 / DAYS, mean_wait_days=12.0)
    monkeypatch.setattr(flow_simulation, "LARGEST_MISFIT", 9.0)
    found = calibrated(row, DAYS, lengths())
    assert not isinstance(found, str)
    share = abs(found.misfit) / 12.0
    assert share > 0
    for limit, fits in ((share * 1.001, True), (share * 0.999, False)):
        monkeypatch.setattr(flow_simulation, "LARGEST_MISFIT", limit)
        assert isinstance(calibrated(row, DAYS, lengths()), str) is not fits


def test_without_simpy_the_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "simpy", None)
    (found,) = run([a_service()], lengths(base=60.0))
    assert found["simulation_reason"] == "no_simpy"


def test_dispersion_by_hand() -> None:
    # February has 28 of 59 days: 28 of 59 are expected and 40 came.
    found = arrivals([19, 40], Period(date(2025, 1, 1), date(2025, 2, 28)))
    statistic = 144 / 31 + 144 / 28
    assert found["arrival_dispersion"] == pytest.approx(statistic)
    assert found["arrival_p_value"] == pytest.approx(stats.chi2.sf(statistic, 1))
    assert (found["arrival_pattern"], found["n_referred"]) == ("in_waves", 59)
    assert found["arrivals_per_day"] == 1.0
    assert found["arrival_test"] == "chi_squared_dispersion"


def test_nobody_came() -> None:
    found = arrivals([0] * 12, YEAR)
    assert (found["n_referred"], found["arrivals_per_day"]) == (0, 0)
    assert (found["arrival_pattern"], found["arrival_p_value"]) == (None, None)


def test_referrals_at_random_are_seldom_called_waves() -> None:
    rng = np.random.default_rng(7)
    days = np.diff(
        np.arange("2025-01", "2026-02", dtype="datetime64[M]").astype("datetime64[D]")
    ).astype(int)
    even = [arrivals(rng.poisson(0.5 * days).tolist(), YEAR) for _ in range(1000)]
    waves = [
        arrivals(rng.poisson(0.5 * days * (1 + np.arange(12) % 2)).tolist(), YEAR)
        for _ in range(50)
    ]
    assert sum(found["arrival_pattern"] == "in_waves" for found in even) == pytest.approx(
        50, abs=25
    )
    assert np.mean([found["arrival_dispersion"] for found in even]) == pytest.approx(1, abs=0.05)
    assert all(found["arrival_pattern"] == "in_waves" for found in waves)
