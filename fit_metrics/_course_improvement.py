"""The session of the first reliable improvement of each person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, SupportsFloat

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fit_metrics._arrays import FloatArray
from fit_metrics._course_rows import score_step_of
from fit_metrics._options import Direction, Missing, check_flag, direction_sign
from fit_metrics._person_sessions import PersonSessions, last_rows, person_sessions, scored
from fit_metrics._score_steps import least_steps, thresholds, to_steps
from fit_metrics._survival_records import freeze


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FirstImprovement:
    """When each person first had improved reliably.

    All arrays are read-only; persons without any score are left out.

    Attributes
    ----------
    person : ndarray, shape (n,)
        Labels of the persons, sorted.
    intake_session, last_session : ndarray of float64, shape (n,)
        Session number of the first score, and of the last row, with a score or without.
    session : ndarray of float64, shape (n,)
        Session number of the first reliable improvement; nan where there was none.
    n : int
        Persons with a score.
    n_without_score : int
        Persons without.
    n_missing : int
        Rows in which a value is missing.
    method : str
        Code of the rule.
    """

    person: NDArray[Any]
    intake_session: FloatArray
    last_session: FloatArray
    session: FloatArray
    n: int
    n_without_score: int
    n_missing: int
    method: str


def first_reliable_improvement(
    person: ArrayLike,
    session: ArrayLike,
    total: ArrayLike,
    *,
    reliable_change: ArrayLike,
    reliable_change_inclusive: bool,
    score_step: SupportsFloat,
    direction: Direction = "higher_is_better",
    missing: Missing = "omit",
) -> FirstImprovement:
    """Give the session at which each person first had improved reliably.

    Parameters
    ----------
    person : array_like, shape (n_rows,)
        Text or whole numbers.
    session : array_like of int, shape (n_rows,)
        Session number; a person has each at most once. Rows in any order. Attended sessions
        without a form are rows too: they say how long the person stayed.
    total : array_like, shape (n_rows,)
        Total score at the session; None and nan where no form was filled in.
    reliable_change : array_like, scalar or shape (n_rows,)
        Size of a reliable change in score units, above 0; the one of a person's first score
        counts.
    reliable_change_inclusive : bool
        Whether a change exactly as large is reliable.
    score_step : float or Decimal
        Smallest step between two scores (0.1), read as written.
    direction : {"higher_is_better", "lower_is_better"}
        Which way better lies.
    missing : {"omit", "raise"}
        Take rows without a total as sessions without a form and leave out rows without person or
        session, counting both; or refuse them.

    Returns
    -------
    FirstImprovement
        One entry a person with a score.

    Raises
    ------
    ValueError
        An argument breaks its rule; a person has a session twice; a person's threshold is missing.

    Notes
    -----
    Each later total is held against the intake's, the first one. Scores are compared as whole
    numbers of `score_step`. What was reached once may be lost again: the share who have *ever*
    improved is larger than the share improved at the end, the more so the more forms a person
    fills in, since each is a further chance for error to reach the threshold. One score: no
    improvement can be seen. No rows: no persons.

    Examples
    --------
    >>> first = first_reliable_improvement(
    ...     ["a", "a", "a", "b", "b"], [1, 2, 3, 1, 2], [20.0, 25.9, 26.0, 24.0, None],
    ...     reliable_change=6, reliable_change_inclusive=True, score_step=0.1,
    ... )
    >>> first.session.tolist(), first.last_session.tolist()
    ([3.0, nan], [3.0, 2.0])
    """
    everyone = person_sessions(person, session, "total", total, missing)
    return first_of(
        everyone,
        np.size(total),
        reliable_change,
        check_flag("reliable_change_inclusive", reliable_change_inclusive),
        score_step,
        direction,
    )


def first_of(
    everyone: PersonSessions,
    n_rows: int,
    reliable_change: ArrayLike,
    inclusive: bool,
    score_step: SupportsFloat,
    direction: Direction,
) -> FirstImprovement:
    """Give the first improvements of rows in order; `n_rows` is how many came in."""
    sign, step = direction_sign(direction), score_step_of(score_step)
    rows = scored(everyone)
    sizes = thresholds("reliable_change", reliable_change, n_rows)
    if (sizes <= 0.0).any():
        raise ValueError(f"reliable_change is {np.nanmin(sizes)} at least once: it must be above 0")
    least = least_steps(reliable_change, step=step, inclusive=inclusive)
    if least.ndim:
        own = rows.rows[rows.first]
        if np.isnan(sizes[own]).any():
            raise ValueError("reliable_change is missing at the first score of a person")
        least = least[own][rows.person]
    steps = sign * to_steps("total", rows.score, step)
    reached = steps - steps[rows.first][rows.person] >= least
    session = np.full(rows.first.size, np.nan)
    # Written from the last to the first, so that the first of each person stays.
    at = np.flatnonzero(reached)[::-1]
    session[rows.person[at]] = rows.session[at]
    last = everyone.session[last_rows(everyone)][has_score(everyone)]
    intake = rows.session[rows.first]
    labels = rows.labels.copy()
    freeze(labels, intake, last, session)
    return FirstImprovement(
        person=labels,
        intake_session=intake,
        last_session=last,
        session=session,
        n=labels.size,
        n_without_score=int(everyone.labels.size - labels.size),
        n_missing=everyone.n_missing,
        method="first_reliable_improvement",
    )


def has_score(everyone: PersonSessions) -> NDArray[np.bool_]:
    """Say which persons have a score."""
    scores = ~np.isnan(everyone.score)
    return np.asarray(np.bincount(everyone.person[scores], minlength=everyone.labels.size) > 0)
