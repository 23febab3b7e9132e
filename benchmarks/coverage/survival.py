"""Coverage of curves, restricted means and hazard ratios of counted sessions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from benchmarks.coverage_case import Case
from fit_metrics import survival

NEAR = "93 to 97 % (approximate)"
SHOWN = "shown beside it"
MORE = "50 persons and more."
# Of those still there at a session: who ends by agreement, who leaves, who is last seen.
_AGREED, _LEFT, _SEEN = 0.10, 0.08, 0.05
_LAST = 20
_Run = Callable[[np.random.Generator, int], tuple[int, int]]


def cases() -> list[Case]:
    """Give the cases: one time on a curve, a mean up to a horizon, and ratios of hazards."""
    where = "sessions, about a fifth of the persons open"
    found = [
        Case(
            f"kaplan_meier_{n}_{ci}_session_{at}",
            f"survival.kaplan_meier, {ci}",
            f"n = {n}, {where}, session {at}",
            NEAR if ci == "log_log" and n >= 50 else SHOWN,
            _curve(n, at, partial(survival.kaplan_meier, ci=ci)),
            instead=MORE if ci == "log_log" else f"The default, `log_log`, with {MORE}",
        )
        for n in (20, 50, 200)
        for at in (3, 10)
        for ci in ("log_log", "log", "plain")
    ]
    found += [
        Case(
            f"aalen_johansen_{n}_{variance}_session_{at}",
            f"survival.aalen_johansen, {variance}, log_log",
            f"n = {n}, {where}, who left by session {at}",
            NEAR if n >= 50 else SHOWN,
            _incidence(n, at, variance),
            instead=MORE,
        )
        for n in (20, 50, 200)
        for at in (3, 10)
        for variance in ("delta", "aalen")
    ]
    found += [
        Case(
            f"one_minus_kaplan_meier_{n}",
            "1 - survival.kaplan_meier, other endings censored",
            f"n = {n}, {where}, who left by session 10",
            "none: what not to do",
            _overstated(n),
            instead="`aalen_johansen`, which counts each ending among the others.",
        )
        for n in (50, 200)
    ]
    found += [
        Case(
            f"restricted_mean_{n}_{horizon}",
            "survival.restricted_mean",
            f"n = {n}, {where}, up to session {horizon}",
            NEAR if n >= 50 else SHOWN,
            _mean(n, horizon),
            instead=MORE,
        )
        for n in (20, 50, 200)
        for horizon in (5, 10)
    ]
    found += [
        Case(
            f"{name}_{n}",
            f"survival.{name}",
            f"n = {n} persons, odds ratio 2, a covariate that changes at each session",
            NEAR,
            _ratio(n, name),
        )
        for name in ("discrete_hazard", "cox")
        for n in (100, 300)
    ]
    return found


def _draw(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw when each person ends and how: 1 agreed, 2 left, 0 last seen."""
    ends = rng.geometric(_AGREED + _LEFT, n)
    ending = np.where(rng.random(n) < _AGREED / (_AGREED + _LEFT), 1, 2)
    seen = np.minimum(rng.geometric(_SEEN, n), _LAST)
    return np.minimum(ends, seen), np.where(ends <= seen, ending, 0)


def _stays(session: float) -> float:
    return (1.0 - _AGREED - _LEFT) ** session


def _counted(
    rng: np.random.Generator,
    replications: int,
    truth: float,
    limits: Callable[[np.random.Generator], tuple[float, float]],
) -> tuple[int, int]:
    """Count the draws whose limits hold the truth, of those that have limits."""
    found = np.array([limits(rng) for _ in range(replications)])
    known = ~np.isnan(found).any(axis=1)
    return int(((found[:, 0] <= truth) & (truth <= found[:, 1])).sum()), int(known.sum())


def _curve(n: int, at: int, estimate: Callable[..., survival.SurvivalCurve]) -> _Run:
    def limits(rng: np.random.Generator) -> tuple[float, float]:
        time, ending = _draw(rng, n)
        read = estimate(time, ending > 0).at([at])
        return float(read.ci_low[0]), float(read.ci_high[0])

    return lambda rng, replications: _counted(rng, replications, _stays(at), limits)


def _incidence(n: int, at: int, variance: str) -> _Run:
    truth = _LEFT / (_AGREED + _LEFT) * (1.0 - _stays(at))

    def limits(rng: np.random.Generator) -> tuple[float, float]:
        time, ending = _draw(rng, n)
        if not (ending == 2).any():
            return np.nan, np.nan
        read = survival.aalen_johansen(time, ending, censored=0, variance=variance).at(2, [at])
        return float(read.ci_low[0]), float(read.ci_high[0])

    return lambda rng, replications: _counted(rng, replications, truth, limits)


def _overstated(n: int) -> _Run:
    truth = _LEFT / (_AGREED + _LEFT) * (1.0 - _stays(10))

    def limits(rng: np.random.Generator) -> tuple[float, float]:
        time, ending = _draw(rng, n)
        read = survival.kaplan_meier(time, ending == 2).at([10])
        return 1.0 - float(read.ci_high[0]), 1.0 - float(read.ci_low[0])

    return lambda rng, replications: _counted(rng, replications, truth, limits)


def _mean(n: int, horizon: int) -> _Run:
    truth = float(sum(_stays(session) for session in range(horizon)))

    def limits(rng: np.random.Generator) -> tuple[float, float]:
        time, ending = _draw(rng, n)
        result = survival.restricted_mean(time, ending > 0, horizon=horizon)
        return result.ci_low, result.ci_high

    return lambda rng, replications: _counted(rng, replications, truth, limits)


def _ratio(n: int, name: str) -> _Run:
    def limits(rng: np.random.Generator) -> tuple[float, float]:
        x = (rng.random((n, _LAST)) < 0.3).astype(float)
        if name == "cox":
            # Time to the event on a fine grid within the session, so that hazards are in proportion.
            gap = rng.exponential(1.0, (n, _LAST)) / (0.08 * 2.0**x)
            event, offset = gap < 1.0, np.minimum(gap, 1.0)
        else:
            event = rng.random((n, _LAST)) < 1.0 / (1.0 + np.exp(2.5 - np.log(2.0) * x))
            offset = np.ones(x.shape)
        before = np.cumsum(event, axis=1) - event
        kept = before == 0
        session = np.broadcast_to(np.arange(_LAST), x.shape)[kept]
        if name == "cox":
            result = survival.cox(session, session + offset[kept], event[kept], x[kept])
        else:
            result = survival.discrete_hazard(session + 1, event[kept], x[kept])
        return float(result.ratio_low[0]), float(result.ratio_high[0])

    return lambda rng, replications: _counted(rng, replications, 2.0, limits)
