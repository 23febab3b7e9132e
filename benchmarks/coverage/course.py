"""Coverage of means and shares by session, and of the time to a first reliable improvement."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from benchmarks.coverage_case import Case
from fit_metrics import course, survival

NEAR = "93 to 97 % (approximate)"
_SESSIONS = 8
_AT = 5
# At the last session shown both cohorts are the same persons.
_EARLIER = 3
_LEAVES, _CUT = 0.15, 0.06
_CHANGE = 6.0
_TRUTH_PERSONS = 200_000
_Run = Callable[[np.random.Generator, int], tuple[int, int]]


class _Rows(NamedTuple):
    person: np.ndarray
    session: np.ndarray
    score: np.ndarray
    ending: np.ndarray


def cases() -> list[Case]:
    """Give the cases: a cell of the course, a dose, and the curve at one session."""
    return [
        *(
            Case(
                f"mean_course_{cohort}_{n}",
                f"course.mean_course, {cohort}",
                f"n = {n} persons at intake, skewed scores with a ceiling, those who are well leave "
                f"more; session {_EARLIER} of {_AT}",
                NEAR,
                _mean(n, cohort),
            )
            for n in (50, 200)
            for cohort in ("present", "stayers")
        ),
        *(
            Case(
                f"dose_response_{view}_{n}",
                f"course.dose_response, {view}",
                f"n = {n} persons, dose 4",
                NEAR,
                _dose(n, view),
            )
            for n in (200, 1000)
            for view in ("good_enough_level", "cumulative")
        ),
        *(
            Case(
                f"time_to_reliable_improvement_{n}",
                "course.time_to_reliable_improvement",
                f"n = {n} persons, a fifth of them cut off while open; session {_AT}",
                NEAR,
                _time(n),
            )
            for n in (50, 200)
        ),
    ]


def _draw(rng: np.random.Generator, n: int, *, is_cut: bool = False) -> _Rows:
    """Draw scores in tenths that rise, and who leaves after which session.

    Where it is cut, the data end at a session drawn apart from all else; who is there is open.
    """
    noise = rng.gamma(4.0, 1.5, (n, _SESSIONS)) - 6.0
    rise = 1.2 * np.arange(_SESSIONS)
    level = 20.0 + 6.0 * rng.standard_normal((n, 1))
    score = np.round(np.clip(level + rise - noise, 0.0, 40.0), 1)
    leaves = rng.random((n, _SESSIONS)) < np.where(score > 28.0, 2.0, 1.0) * _LEAVES
    stays = np.where(leaves.any(axis=1), leaves.argmax(axis=1) + 1, _SESSIONS)
    seen = rng.geometric(_CUT, n) if is_cut else np.full(n, _SESSIONS)
    kept = np.arange(_SESSIONS) < np.minimum(stays, seen)[:, np.newaxis]
    person = np.broadcast_to(np.arange(n)[:, np.newaxis], kept.shape)[kept]
    session = np.broadcast_to(np.arange(1, _SESSIONS + 1), kept.shape)[kept]
    ending = np.where(stays > seen, "open", "closed")[person]
    return _Rows(person, session, score[kept], ending)


def _many() -> _Rows:
    """Draw the persons that stand for the truth: their own error is a fiftieth of the cases'."""
    return _draw(np.random.default_rng(99), _TRUTH_PERSONS)


def _counted(
    rng: np.random.Generator,
    replications: int,
    truth: float,
    limits: Callable[[np.random.Generator], tuple[float, float]],
) -> tuple[int, int]:
    found = np.array([limits(rng) for _ in range(replications)])
    known = ~np.isnan(found).any(axis=1)
    return int(((found[:, 0] <= truth) & (truth <= found[:, 1])).sum()), int(known.sum())


def _mean(n: int, cohort: str) -> _Run:
    def at(rows: _Rows) -> course.MeanCourse:
        return course.mean_course(*rows[:3], last_session=_AT, cohort=cohort)

    def limits(rng: np.random.Generator) -> tuple[float, float]:
        result = at(_draw(rng, n))
        return float(result.ci_low[0, _EARLIER - 1]), float(result.ci_high[0, _EARLIER - 1])

    def run(rng: np.random.Generator, replications: int) -> tuple[int, int]:
        return _counted(rng, replications, float(at(_many()).estimate[0, _EARLIER - 1]), limits)

    return run


def _dose(n: int, view: str) -> _Run:
    def at(rows: _Rows) -> course.DoseResponse:
        begins = np.flatnonzero(np.diff(rows.person, prepend=-1))
        ends = np.append(begins, rows.person.size)[1:] - 1
        improved = np.round(rows.score[ends] - rows.score[begins], 1) >= _CHANGE
        return course.dose_response(rows.session[ends], improved, view=view)

    def limits(rng: np.random.Generator) -> tuple[float, float]:
        result = at(_draw(rng, n))
        return float(result.ci_low[3]), float(result.ci_high[3])

    def run(rng: np.random.Generator, replications: int) -> tuple[int, int]:
        return _counted(rng, replications, float(at(_many()).estimate[3]), limits)

    return run


def _time(n: int) -> _Run:
    def at(rows: _Rows) -> survival.CurvePoints:
        return course.time_to_reliable_improvement(
            *rows,
            censored="open",
            reliable_change=_CHANGE,
            reliable_change_inclusive=True,
            score_step=0.1,
        ).at("improved", [_AT])

    def limits(rng: np.random.Generator) -> tuple[float, float]:
        read = at(_draw(rng, n, is_cut=True))
        return float(read.ci_low[0]), float(read.ci_high[0])

    def run(rng: np.random.Generator, replications: int) -> tuple[int, int]:
        return _counted(rng, replications, float(at(_many()).estimate[0]), limits)

    return run
