"""Falls of experience as they were known at each session."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import SupportsFloat

import numpy as np
from numpy.typing import ArrayLike

from fit_metrics._arrays import FloatArray
from fit_metrics._options import (
    Direction,
    Missing,
    check_flag,
    direction_sign,
    exact_fraction,
)
from fit_metrics._person_sessions import person_sessions, scored
from fit_metrics._score_steps import to_steps


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExperienceDrop:
    """Whether experience has fallen, row by row.

    Attributes
    ----------
    values : ndarray of float64, shape (n_rows,)
        1 where it has, 0 where not, nan where it is not known. Read-only.
    n : int
        Rows with a value.
    n_missing : int
        Rows without.
    method : str
        Code of the rule.
    """

    values: FloatArray
    n: int
    n_missing: int
    method: str


def experience_drop(
    person: ArrayLike,
    session: ArrayLike,
    experience: ArrayLike,
    *,
    at_least: SupportsFloat,
    score_step: SupportsFloat,
    lasting: bool = False,
    direction: Direction = "higher_is_better",
    missing: Missing = "omit",
) -> ExperienceDrop:
    """Say at each session whether the score of experience has fallen, by what was known then.

    Parameters
    ----------
    person : array_like, shape (n_rows,)
        Text or whole numbers.
    session : array_like of int, shape (n_rows,)
        Session number; a person has each at most once. The rows may come in any order.
    experience : array_like, shape (n_rows,)
        Score given at the end of the session, in score units; None and nan where none was.
    at_least : float
        Size of a fall that counts, above 0; a fall of exactly this size does.
    score_step : float or Decimal
        Smallest step between two scores (0.1), read as written.
    lasting : bool
        False: a fall from the last earlier score to this one. True: any such fall up to now.
    direction : {"higher_is_better", "lower_is_better"}
        Which way better lies.
    missing : {"omit", "raise"}
        Give rows with a missing value nan where that leaves it open, or refuse them.

    Returns
    -------
    ExperienceDrop
        Row by row as they came, for `covariates` of :func:`discrete_hazard` and :func:`cox`.

    Raises
    ------
    ValueError
        An argument breaks its rule; a person has a session twice.

    Notes
    -----
    At the first score nothing has fallen yet: 0. A session without a score is nan; with `lasting`
    it carries on what was known, and is nan only before the first score. No later row is looked
    at, so that a hazard is never explained by what came after. No rows give no values.

    Examples
    --------
    >>> drop = experience_drop(
    ...     ["a", "a", "a", "a"], [1, 2, 3, 4], [38.1, 36.1, None, 37], at_least=2, score_step=0.1
    ... )
    >>> drop.values.tolist(), drop.n_missing
    ([0.0, 1.0, nan, 0.0], 1)
    """
    sign, is_lasting = direction_sign(direction), check_flag("lasting", lasting)
    step = exact_fraction("score_step", score_step)
    if step <= 0:
        raise ValueError(f"score_step is {score_step!r}: it must be above 0")
    fall = exact_fraction("at_least", at_least)
    if fall <= 0:
        raise ValueError(f"at_least is {at_least!r}: it must be above 0")
    size = math.ceil(fall / step)
    everyone = person_sessions(person, session, "experience", experience, missing)
    rows = scored(everyone)
    steps = sign * to_steps("experience", rows.score, step)
    falls = np.zeros(steps.size, dtype=np.bool_)
    falls[1:] = np.diff(steps) <= -size
    falls[rows.first] = False
    total = np.size(experience)
    values = np.full(total, np.nan)
    if is_lasting:
        # A person's own falls so far: those of all rows so far less those of persons before.
        at = np.zeros(total, dtype=np.int64)
        at[rows.rows[falls]] = 1
        seen = np.zeros(total, dtype=np.int64)
        seen[rows.rows] = 1
        so_far = [np.cumsum(column[everyone.rows]) for column in (at, seen)]
        before = [
            (c - column[everyone.rows])[everyone.first][everyone.person]
            for c, column in zip(so_far, (at, seen), strict=True)
        ]
        fallen, known = so_far[0] - before[0] > 0, so_far[1] - before[1] > 0
        values[everyone.rows] = np.where(known, fallen, np.nan)
    else:
        values[rows.rows] = falls
    values.setflags(write=False)
    n = int(np.count_nonzero(~np.isnan(values)))
    return ExperienceDrop(
        values=values,
        n=n,
        n_missing=total - n,
        method="experience_drop_lasting" if is_lasting else "experience_drop_at_session",
    )
