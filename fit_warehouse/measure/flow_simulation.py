"""What early endings do to waiting, by simulation: a service with its line, over the period."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from fit_metrics import rates
from fit_metrics.queue import QueuePeriod, SimulatedPeriod, fit_servers, simulate_period
from fit_warehouse.measure.period import Period

SEED = 20_250_812  # the same data give the same rows
# Clients of a part, and of all replications together: they bound the time that a service takes.
CLIENTS_OF_PART = 1_000
CLIENTS = 10_000
REPLICATIONS = (20, 200)
LEAST = 20
LEAST_WAIT_DAYS = 1.0
LARGEST_MISFIT = 0.25  # of the mean wait
LIMITS = (30, 90)
TEST = "chi_squared_dispersion"
WAVES_BELOW = 0.05
NUMBERS = (
    *("n_places", "n_parts", "misfit_days", "n_replications", "simulated_wait_days"),
    *("simulated_wait_days_without", "simulated_change_days", "ci_low", "ci_high"),
    *("simulated_waiting", "simulated_waiting_without", "simulated_end_change_days"),
    *(f"share_over_{limit}_days{end}" for limit in LIMITS for end in ("", "_without")),
)


def arrivals(months: Sequence[int], period: Period) -> dict[str, Any]:
    """Return the rate of arrivals, and whether they come at random: counts by month of the period.

    Examples
    --------
    31 days of 31 arrivals and 28 of 28 are as even as can be.

    >>> from datetime import date
    >>> found = arrivals([31, 28], Period(date(2025, 1, 1), date(2025, 2, 28)))
    >>> found["arrivals_per_day"], found["arrival_dispersion"], found["arrival_pattern"]
    (1.0, 0.0, 'at_random')
    """
    total, days = sum(months), _days_of_months(period)
    found: dict[str, Any] = {
        "n_referred": total,
        "arrivals_per_day": total / sum(days),
        "arrival_test": TEST,
        "arrival_dispersion": None,
        "arrival_p_value": None,
        "arrival_pattern": None,
    }
    if total and len(days) > 1:
        expected = np.array(days) * (total / sum(days))
        result = stats.chisquare(months, expected)
        p_value = float(result.pvalue)
        found |= {
            "arrival_dispersion": float(result.statistic) / (len(days) - 1),
            "arrival_p_value": p_value,
            "arrival_pattern": "in_waves" if p_value < WAVES_BELOW else "at_random",
        }
    return found


def _days_of_months(period: Period) -> list[int]:
    """Return the days of each month of a period of whole quarters."""
    first = np.datetime64(period.start, "M")
    bounds = np.arange(first, np.datetime64(period.end, "M") + 2).astype("datetime64[D]")
    return [int(days) for days in np.diff(bounds).astype(int)]


@dataclass(frozen=True, slots=True)
class Service:
    """A service as it is simulated: one of `n_parts` equal parts, each with its own line."""

    period: QueuePeriod
    servers: int
    misfit: float
    n_parts: int
    replications: int
    as_is: SimulatedPeriod

    def otherwise(
        self, times: np.ndarray[Any, np.dtype[np.float64]], level: float
    ) -> dict[str, Any]:
        """Return the columns of a plan in which the clients have other lengths."""
        other = _run(self.period, self.servers, self.replications, times)
        # Below 0: the wait is shorter as it is.
        change = rates.mean_interval(self.as_is.waits - other.waits, level=level, missing="omit")
        waiting = [self.n_parts * found.waiting_at_end.estimate for found in (self.as_is, other)]
        rate = self.n_parts * self.period.arrival_rate
        shares = {
            f"share_over_{limit}_days{end}": found.shares_waiting[place].estimate
            for place, limit in enumerate(LIMITS)
            for end, found in (("", self.as_is), ("_without", other))
        }
        return {
            "n_places": self.n_parts * self.servers,
            "n_parts": self.n_parts,
            "misfit_days": self.misfit,
            "n_replications": self.replications,
            "simulated_wait_days": self.as_is.mean_wait.estimate,
            "simulated_wait_days_without": other.mean_wait.estimate,
            "simulated_change_days": change.estimate,
            "ci_low": change.ci_low,
            "ci_high": change.ci_high,
            "simulated_waiting": waiting[0],
            "simulated_waiting_without": waiting[1],
            "simulated_end_change_days": (waiting[0] - waiting[1]) / rate,
            **shares,
        }


def _run(
    period: QueuePeriod,
    servers: int,
    replications: int,
    times: np.ndarray[Any, np.dtype[np.float64]] | None = None,
) -> SimulatedPeriod:
    return simulate_period(
        period,
        servers=servers,
        replications=replications,
        seed=SEED,
        times=times,
        longer_than=LIMITS,
    )


def reason(row: Mapping[str, Any]) -> str | None:
    """Return the code that says why a service cannot be simulated; None where it can.

    Examples
    --------
    >>> row = {"n_referred": 90, "n_lengths": 60, "mean_wait_days": 0.4, "mean_length_days": 80.0}
    >>> reason(row), reason({**row, "mean_wait_days": 12.0}), reason({**row, "n_lengths": 19})
    ('nobody_waits', None, 'few_lengths')
    """
    if row["n_referred"] < LEAST:
        return "few_referrals"
    if row["n_lengths"] < LEAST or not row["mean_length_days"]:
        return "few_lengths"
    if row["mean_wait_days"] is None:
        return "wait_unknown"
    return "nobody_waits" if row["mean_wait_days"] < LEAST_WAIT_DAYS else None


def calibrated(row: Mapping[str, Any], days: int, lengths: pl.DataFrame) -> Service | str:
    """Return the service with as many places as give its mean wait, or why there is none."""
    why = reason(row)
    if why is not None:
        return why
    wait, rate = row["mean_wait_days"], row["arrivals_per_day"]
    # Those who come, or those who are there where stays are longer than all that.
    clients = rate * max(days + wait + max(LIMITS), row["mean_length_days"])
    n_parts = math.ceil(clients / CLIENTS_OF_PART)
    replications = int(np.clip(CLIENTS * n_parts // clients, *REPLICATIONS))
    period = QueuePeriod(
        arrival_rate=rate / n_parts,
        length=float(days),
        mean_wait=wait,
        times=lengths["days"].to_numpy(),
    )
    try:
        found = fit_servers(period, replications=replications, seed=SEED)
    except ImportError:
        return "no_simpy"
    if abs(found.misfit) > LARGEST_MISFIT * wait:
        return "no_places_fit"
    as_is = _run(period, found.servers, replications)
    return Service(period, found.servers, found.misfit, n_parts, replications, as_is)


def simulated(
    rows: Sequence[Mapping[str, Any]],
    days: int,
    lengths: pl.DataFrame,
    share_used: float,
    level: float,
) -> list[dict[str, Any]]:
    """Return the simulated columns of each row of a service: one row for each scenario.

    Parameters
    ----------
    rows : sequence of mapping
        The service's counts, with `n_referred`, `arrivals_per_day`, `n_lengths`, `mean_length_days`
        and `mean_wait_days`, the same in all, and `scenario`.
    days : int
        Length of the period.
    lengths : DataFrame
        Of the service, as `flow_counts.lengths` has them.
    share_used : float
        Part of the added days that counts.
    level : float
        Level of the interval.
    """
    service = calibrated(rows[0], days, lengths)
    if isinstance(service, str):
        empty = {**dict.fromkeys(NUMBERS), "simulation_reason": service}
        return [empty for _ in rows]
    days_now = lengths["days"].to_numpy()
    return [
        {
            **service.otherwise(
                days_now + share_used * lengths[f"added_{row['scenario']}"].to_numpy(), level
            ),
            "simulation_reason": None,
        }
        for row in rows
    ]
