"""Queues in closed form against sums of the birth-death chain; simulations against both."""

from __future__ import annotations

import heapq
import math
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from fit_metrics._queue_plan import drawn_clients
from fit_metrics._queue_simulation import one_replication
from fit_metrics.cost_effect import Gamma, Uniform
from fit_metrics.queue import (
    ObservedTimes,
    QueuePlan,
    compare_queues,
    erlang_b,
    erlang_c,
    littles_law,
    mmc,
    mmc_wait_longer_than,
    simulate,
)

quick = settings(deadline=None, max_examples=100)


def chain(load: float, servers: int) -> tuple[float, float]:
    """Give the share that waits and the mean number waiting from the chain's own probabilities."""
    states = np.arange(servers + 4000)
    busy = np.minimum(states, servers)
    logs = np.concatenate([[0.0], np.cumsum(np.log(load) - np.log(busy[1:]))])
    shares = np.exp(logs - special.logsumexp(logs))
    return float(shares[servers:].sum()), float((shares * (states - busy)).sum())


@quick
@given(st.integers(1, 200), st.floats(0.05, 0.97), st.floats(0.1, 50))
def test_closed_forms_are_those_of_the_chain(servers: int, use: float, service: float) -> None:
    load = use * servers
    waits, waiting = chain(load, servers)
    found = mmc(arrival_rate=load / service, mean_service=service, servers=servers)
    assert found.probability_of_wait == pytest.approx(waits, rel=1e-9, abs=1e-300)
    assert found.mean_waiting == pytest.approx(waiting, rel=1e-8, abs=1e-300)
    assert found.utilisation == pytest.approx(use)
    assert littles_law(arrival_rate=load / service, mean_time=found.mean_wait) == pytest.approx(
        found.mean_waiting
    )
    assert littles_law(mean_number=found.mean_number, arrival_rate=load / service) == pytest.approx(
        found.mean_time
    )


@pytest.mark.parametrize("servers", [1, 10, 1_000, 100_000])
def test_many_servers_stay_exact(servers: int) -> None:
    # B = P(N = c) / P(N <= c) for a Poisson number N.
    load = servers - math.sqrt(servers) / 2
    log_share = servers * math.log(load) - load - special.gammaln(servers + 1)
    expected = math.exp(log_share) / special.gammaincc(servers + 1, load)
    assert erlang_b(load, servers) == pytest.approx(expected, rel=1e-9)
    assert 0 < erlang_c(load, servers) < 1


def test_erlang_by_hand() -> None:
    assert erlang_b(2, 2) == pytest.approx(0.4)
    assert erlang_c(2, 3) == pytest.approx(4 / 9)
    assert erlang_b(3, 0) == 1
    assert erlang_b(0, 3) == erlang_c(0, 3) == 0
    assert erlang_b(1e-3, 500) >= 0
    # M/M/1: an arrival waits as often as the server is busy, longer than t with rho e^(-(1-rho)t).
    assert mmc_wait_longer_than(2, arrival_rate=0.8, mean_service=1, servers=1) == pytest.approx(
        0.8 * math.exp(-0.4)
    )


def test_overload_has_no_long_run() -> None:
    for rate in (3, 4):
        found = mmc(arrival_rate=rate, mean_service=1, servers=3)
        assert (found.probability_of_wait, found.mean_wait) == (1, math.inf)
        assert (found.mean_waiting, found.mean_number) == (math.inf, math.inf)
        assert mmc_wait_longer_than(9, arrival_rate=rate, mean_service=1, servers=3) == 1
    empty = mmc(arrival_rate=0, mean_service=1, servers=3)
    assert (empty.mean_wait, empty.mean_number) == (0, 0)


@quick
@given(st.integers(1, 60), st.floats(0.1, 0.95))
def test_a_further_server_shortens_the_wait(servers: int, use: float) -> None:
    rate = use * servers
    fewer, more = (
        mmc(arrival_rate=rate, mean_service=1, servers=c) for c in (servers, servers + 1)
    )
    assert more.mean_wait < fewer.mean_wait
    shorter = mmc(arrival_rate=rate, mean_service=0.95, servers=servers)
    assert shorter.mean_wait < fewer.mean_wait


def test_littles_law_at_its_ends() -> None:
    assert littles_law(arrival_rate=20, mean_time=3) == 60
    assert littles_law(mean_number=60, mean_time=3) == 20
    assert math.isnan(littles_law(mean_number=0, arrival_rate=0))
    assert littles_law(mean_number=1, arrival_rate=0) == math.inf


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: littles_law(mean_number=1), "1 of mean_number, arrival_rate and mean_time"),
        (lambda: littles_law(mean_number=1, arrival_rate=1, mean_time=1), "3 of mean_number"),
        (lambda: littles_law(mean_number=-1, arrival_rate=1), "mean_number is -1"),
        (lambda: erlang_c(1, 0), "servers is 0"),
        (lambda: erlang_b(-1, 1), "offered_load is -1"),
        (lambda: mmc(arrival_rate=1, mean_service=0, servers=1), "mean_service is 0"),
        (
            lambda: mmc_wait_longer_than(-1, arrival_rate=1, mean_service=1, servers=1),
            "time is -1",
        ),
    ],
)
def test_bad_input_is_named(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


# ------------------------------------------------------------------------------------ simulation

pytest.importorskip("simpy")


@pytest.mark.parametrize(
    "plan",
    [
        QueuePlan(arrival_rate=2, servers=3, service=Gamma(shape=0.5, scale=2.5)),
        QueuePlan(arrival_rate=0.9, servers=1, service=Uniform(low=0, high=2)),
        QueuePlan(arrival_rate=9, servers=8, service=ObservedTimes([0.2, 0.5, 2.0])),
    ],
)
def test_every_wait_is_that_of_the_recursion(plan: QueuePlan) -> None:
    arrivals, waits = one_replication(plan, 200.0, seed=5)
    again, services = drawn_clients(plan, 200.0, seed=5)
    free = [0.0] * plan.servers
    expected = []
    for moment, service in zip(again.tolist(), services.tolist(), strict=True):
        begin = max(moment, heapq.heappop(free))
        heapq.heappush(free, begin + service)
        expected.append(begin - moment)
    assert np.array_equal(arrivals, again)
    assert waits == pytest.approx(expected, abs=1e-9)
    assert (waits > 0).any()


def simulated(plan: QueuePlan, **options: Any) -> Any:
    arguments = {
        "horizon": 500,
        "warm_up": 150,
        "replications": 25,
        "rng": np.random.default_rng(11),
        "level": 0.999,
        **options,
    }
    return simulate(plan, **arguments)


@pytest.mark.parametrize(("rate", "servers"), [(0.7, 1), (2.4, 3), (8.5, 10)])
def test_exponential_service_agrees_with_erlang_c(rate: float, servers: int) -> None:
    plan = QueuePlan(arrival_rate=rate, servers=servers, service=Gamma(shape=1, scale=1))
    found = simulated(plan, longer_than=0.5)
    exact = mmc(arrival_rate=rate, mean_service=1, servers=servers)
    longer = mmc_wait_longer_than(0.5, arrival_rate=rate, mean_service=1, servers=servers)
    assert found.mean_wait.ci_low < exact.mean_wait < found.mean_wait.ci_high
    assert found.mean_waiting.ci_low < exact.mean_waiting < found.mean_waiting.ci_high
    assert found.share_waiting.ci_low < longer < found.share_waiting.ci_high
    assert found.is_stable
    assert found.mean_wait.n == 25


@pytest.mark.parametrize(
    ("service", "squares"),
    [(Uniform(low=1, high=1), 1.0), (Gamma(shape=4, scale=0.25), 1.25)],
)
def test_one_server_agrees_with_pollaczek_and_khinchine(service: Any, squares: float) -> None:
    found = simulated(QueuePlan(arrival_rate=0.6, servers=1, service=service))
    expected = 0.6 * squares / (2 * (1 - 0.6))
    assert found.mean_wait.ci_low < expected < found.mean_wait.ci_high


def test_repeats_with_the_same_generator() -> None:
    plan = QueuePlan(arrival_rate=2, servers=3, service=Gamma(shape=1, scale=1))
    one, two = (simulated(plan, rng=np.random.default_rng(seed), replications=3) for seed in (1, 1))
    assert np.array_equal(one.waits, two.waits)
    assert not np.array_equal(one.waits, simulated(plan, replications=3).waits)
    assert not one.waits.flags.writeable


def test_shared_clients_tell_more_of_the_difference() -> None:
    now = QueuePlan(arrival_rate=2, servers=12, service=Gamma(shape=2, scale=2.7))
    more = QueuePlan(arrival_rate=2, servers=13, service=Gamma(shape=2, scale=2.7))
    change = compare_queues(
        now, more, horizon=400, warm_up=100, replications=30, rng=np.random.default_rng(2)
    )
    apart = math.hypot(
        change.before.mean_wait.standard_error, change.after.mean_wait.standard_error
    )
    assert change.wait_change.ci_high < 0
    assert change.wait_change.standard_error < apart
    assert (change.after.waits <= change.before.waits).all()
    same = compare_queues(
        now, now, horizon=100, warm_up=10, replications=3, rng=np.random.default_rng(2)
    )
    assert (same.wait_change.estimate, same.wait_change.ci_high) == (0, 0)


def test_overload_and_silence_are_said() -> None:
    full = simulated(
        QueuePlan(arrival_rate=3, servers=1, service=Uniform(low=1, high=1)),
        horizon=60,
        warm_up=0,
        replications=3,
    )
    assert (full.is_stable, full.utilisation) == (False, 3)
    silent = simulated(
        QueuePlan(arrival_rate=1e-9, servers=1, service=Uniform(low=1, high=1)), replications=3
    )
    assert math.isnan(silent.mean_wait.estimate)
    assert (silent.mean_wait.n_missing, silent.mean_waiting.estimate) == (3, 0)


def test_without_simpy_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "simpy", None)
    plan = QueuePlan(arrival_rate=2, servers=3, service=Gamma(shape=1, scale=1))
    with pytest.raises(ImportError, match=r"install the extra, fit-warehouse\[queue\]"):
        simulated(plan)
    assert mmc(arrival_rate=2, mean_service=1, servers=3).mean_wait == pytest.approx(4 / 9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rng": None}, "rng is None"),
        ({"replications": 1}, "replications is 1: it must be 2 or more"),
        ({"warm_up": 500}, "warm_up is 500 and horizon is 500"),
        ({"longer_than": -1}, "longer_than is -1"),
        ({"level": 0}, "level is 0"),
    ],
)
def test_simulation_refuses(change: dict[str, Any], message: str) -> None:
    plan = QueuePlan(arrival_rate=2, servers=3, service=Gamma(shape=1, scale=1))
    with pytest.raises(ValueError, match=message):
        simulated(plan, **change)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ObservedTimes([]), "values must have at least one time"),
        (lambda: ObservedTimes([1, -1]), "values must have at least one time"),
        (
            lambda: QueuePlan(arrival_rate=0, servers=1, service=ObservedTimes([1])),
            "arrival_rate is 0",
        ),
        (
            lambda: QueuePlan(arrival_rate=1, servers=0, service=ObservedTimes([1])),
            "servers is 0",
        ),
        (
            lambda: simulated(
                QueuePlan(arrival_rate=1, servers=1, service=Uniform(low=-2, high=-1))
            ),
            "service must draw one time for each client",
        ),
    ],
)
def test_bad_plans_are_named(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
