"""A queue over a period: by hand, against the recursion and a fluid queue, and its own order."""

from __future__ import annotations

import heapq
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fit_metrics._queue_events import served
from fit_metrics._queue_period import _drawn_starts
from fit_metrics.queue import QueuePeriod, fit_servers, littles_law, mmc, simulate_period

pytest.importorskip("simpy")
quick = settings(deadline=None, max_examples=50)


def a_period(**more: Any) -> QueuePeriod:
    return QueuePeriod(
        **{
            "arrival_rate": 0.2,
            "length": 200.0,
            "mean_wait": 20.0,
            "times": np.array([20.0, 60.0, 100.0, 180.0]),
            **more,
        }
    )


def test_starts_by_hand() -> None:
    arrivals, services = np.array([0.0, 1.0, 2.0]), np.full(3, 5.0)
    assert served(arrivals, services, 1, busy=np.array([3.0])).tolist() == [3, 8, 13]
    assert served(arrivals, services, 2, busy=np.array([10.0, 3.0])).tolist() == [3, 8, 10]
    assert served(arrivals, services, 2).tolist() == [0, 1, 5]
    # Who was there is gone before the first one comes.
    assert served(arrivals, services, 1, busy=np.array([-4.0])).tolist() == [0, 5, 10]
    assert served(np.empty(0), np.empty(0), 1).size == 0


@quick
@given(
    st.lists(st.tuples(st.floats(0, 9), st.floats(0, 30)), min_size=1, max_size=40),
    st.lists(st.floats(0, 20), min_size=1, max_size=5),
)
def test_starts_are_those_of_the_recursion(
    clients: list[tuple[float, float]], busy: list[float]
) -> None:
    steps, services = np.array(clients).T
    arrivals = steps.cumsum()
    free = sorted(busy)
    expected = []
    for moment, service in zip(arrivals.tolist(), services.tolist(), strict=True):
        begin = max(moment, heapq.heappop(free))
        heapq.heappush(free, begin + service)
        expected.append(begin)
    found = served(arrivals, services, len(busy), busy=np.array(busy))
    assert found == pytest.approx(expected, abs=1e-9)
    assert (found >= arrivals).all()


def test_a_long_line_grows_as_a_fluid_one() -> None:
    # All places end and begin anew every 60 days instead of 50: in 360 days each is left 6 times
    # instead of 7.2 times, so 1.2 clients a place more wait, which come in 1.2 * 50 days.
    period = a_period(arrival_rate=4.0, length=360.0, mean_wait=80.0, times=np.full(3, 50.0))
    now, longer = (
        simulate_period(period, servers=200, replications=5, seed=1, times=np.full(3, time))
        for time in (50.0, 60.0)
    )
    more = longer.waiting_at_end.estimate - now.waiting_at_end.estimate
    assert more / 4.0 == pytest.approx(60.0, abs=1.0)
    # Of a fluid queue Little's law says the same: 1 / 50 instead of 1 / 60 leave a place each day.
    number = 200 * (1 / 50 - 1 / 60) * 360
    assert littles_law(mean_number=number, arrival_rate=4.0) == pytest.approx(60.0)


def test_a_period_of_many_services_settles_as_erlang_says() -> None:
    times = np.random.default_rng(3).exponential(1.0, 20_000)
    exact = mmc(arrival_rate=2.4, mean_service=float(times.mean()), servers=3)
    period = QueuePeriod(arrival_rate=2.4, length=1_500.0, mean_wait=exact.mean_wait, times=times)
    found = simulate_period(period, servers=3, replications=30, seed=5, level=0.999)
    assert found.mean_wait.ci_low < exact.mean_wait < found.mean_wait.ci_high
    assert found.waiting_at_end.ci_low < exact.mean_waiting < found.waiting_at_end.ci_high


@quick
@given(
    st.lists(st.floats(0, 2), min_size=4, max_size=4),
    st.integers(1, 30),
    st.integers(0, 1000),
)
def test_longer_stays_never_shorten_a_wait(more: list[float], servers: int, seed: int) -> None:
    period = a_period()
    longer = period.times * (1 + np.array(more))
    now, then = (
        simulate_period(period, servers=servers, replications=3, seed=seed, times=times)
        for times in (None, longer)
    )
    assert (then.waits >= now.waits - 1e-9).all()
    assert then.waiting_at_end.estimate >= now.waiting_at_end.estimate
    same = simulate_period(
        period, servers=servers, replications=3, seed=seed, times=period.times.copy()
    )
    assert np.array_equal(same.waits, now.waits)


@quick
@given(
    st.lists(st.tuples(st.floats(0, 9), st.floats(0, 30)), min_size=1, max_size=40),
    st.integers(1, 4),
    st.integers(0, 99),
)
def test_drawn_starts_are_the_same_moments_for_others(
    clients: list[tuple[float, float]], servers: int, seed: int
) -> None:
    steps, services = np.array(clients).T
    arrivals = steps.cumsum()
    starts = served(arrivals, services, servers)
    drawn = _drawn_starts(arrivals, starts, np.random.default_rng(seed).random(arrivals.size))
    assert sorted(drawn) == starts.tolist()
    assert (drawn >= arrivals).all()


def test_whoever_waits_is_next_with_the_same_chance() -> None:
    arrivals, starts = np.array([0.0, 0.1, 0.2, 1.5]), np.array([1.0, 2.0, 3.0, 4.0])
    rng = np.random.default_rng(1)
    drawn = np.array([_drawn_starts(arrivals, starts, rng.random(4)) for _ in range(6000)])
    first = (drawn == 1.0).mean(axis=0)
    assert first == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0], abs=0.02)
    # Of two that are left and the one who came, each is second with a third.
    assert (drawn[:, 3] == 2.0).mean() == pytest.approx(1 / 3, abs=0.02)


def test_waits_spread_as_exponential_ones_where_the_next_is_drawn() -> None:
    period = a_period(arrival_rate=4.0, length=365.0, mean_wait=40.0, times=np.full(3, 50.0))
    found = simulate_period(
        period, servers=200, replications=10, seed=1, longer_than=(0, 30, 90, 400)
    )
    shares = [share.estimate for share in found.shares_waiting]
    mean = found.mean_wait.estimate
    assert shares[1:3] == pytest.approx(np.exp([-30 / mean, -90 / mean]), abs=0.03)
    assert shares[0] > 0.95
    assert shares == sorted(shares, reverse=True)


@pytest.mark.parametrize("rate", [0.05, 0.2])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_fitted_places_are_the_nearest_of_all(rate: float, seed: int) -> None:
    period = a_period(arrival_rate=rate)
    found = fit_servers(period, replications=5, seed=seed)
    misfits = {
        servers: simulate_period(
            period, servers=servers, replications=5, seed=seed
        ).mean_wait.estimate
        - 20.0
        for servers in range(1, 41)
    }
    best = min(misfits, key=lambda servers: abs(misfits[servers]))
    assert (found.servers, found.misfit) == (best, misfits[best])
    assert found.mean_wait == found.misfit + 20.0


@pytest.mark.parametrize("wait", [1e-3, 500.0])
def test_places_are_found_far_from_the_load(wait: float) -> None:
    found = fit_servers(a_period(mean_wait=wait), replications=3, seed=1)
    assert found.servers >= 1
    around = [
        abs(
            simulate_period(
                a_period(mean_wait=wait), servers=servers, replications=3, seed=1
            ).mean_wait.estimate
            - wait
        )
        for servers in (found.servers - 1, found.servers, found.servers + 1)
        if servers
    ]
    assert min(around) == abs(found.misfit)


def test_nobody_who_comes_is_missing() -> None:
    found = simulate_period(
        a_period(arrival_rate=1e-9), servers=1, replications=3, seed=1, longer_than=[30]
    )
    assert (found.mean_wait.n_missing, found.waiting_at_end.estimate) == (3, 0)
    assert np.isnan(found.shares_waiting[0].estimate)
    assert not found.waits.flags.writeable


def test_without_simpy_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "simpy", None)
    with pytest.raises(ImportError, match=r"install the extra, fit-warehouse\[queue\]"):
        fit_servers(a_period(), replications=2, seed=1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"servers": 0}, "servers is 0"),
        ({"replications": 1}, "replications is 1"),
        ({"seed": -1}, "seed is -1"),
        ({"times": [1.0]}, "times must be one for each of the period's"),
        ({"times": [1.0, 2.0, 3.0, -1.0]}, "times must be one for each of the period's"),
        ({"longer_than": [-1]}, "longer_than is -1"),
        ({"level": 1}, "level is 1"),
    ],
)
def test_bad_runs_are_named(change: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {"servers": 2, "replications": 2, "seed": 1, **change}
    with pytest.raises(ValueError, match=message):
        simulate_period(a_period(), **arguments)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"arrival_rate": 0}, "arrival_rate is 0"),
        ({"length": 0}, "length is 0"),
        ({"mean_wait": -1}, "mean_wait is -1"),
        ({"times": [0.0, 0.0]}, "times must have a mean above 0"),
        ({"times": [1.0, None]}, "times must have a mean above 0"),
    ],
)
def test_bad_periods_are_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        a_period(**change)


def test_places_need_a_wait_to_be_fitted_to() -> None:
    with pytest.raises(ValueError, match="mean_wait is 0"):
        fit_servers(a_period(mean_wait=0), replications=2, seed=1)


def test_only_those_who_come_in_the_period_are_counted() -> None:
    # The line of some 20 is served within two days; those in it have waited 20 days on average.
    found = simulate_period(
        a_period(times=np.full(2, 30.0), arrival_rate=0.5, mean_wait=40.0, length=100.0),
        servers=500,
        replications=20,
        seed=1,
        longer_than=[2],
    )
    assert found.mean_wait.estimate < 0.2
    assert found.shares_waiting[0].estimate == 0
