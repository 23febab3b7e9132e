"""How many have improved reliably by each session, the other endings competing."""

from __future__ import annotations

from typing import Any, SupportsFloat

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fit_metrics._arrays import check_same_length
from fit_metrics._course_improvement import first_of, has_score
from fit_metrics._groups import as_groups
from fit_metrics._options import Direction, Missing, check_flag
from fit_metrics._person_sessions import PersonSessions, person_sessions
from fit_metrics._survival_endings import IncidenceVariance, aalen_johansen
from fit_metrics._survival_limits import CurveInterval
from fit_metrics._survival_records import CumulativeIncidence

IMPROVED = "improved"
"""Label of the ending that a first reliable improvement is."""


def time_to_reliable_improvement(
    person: ArrayLike,
    session: ArrayLike,
    total: ArrayLike,
    ending: ArrayLike,
    *,
    censored: str,
    reliable_change: ArrayLike,
    reliable_change_inclusive: bool,
    score_step: SupportsFloat,
    direction: Direction = "higher_is_better",
    variance: IncidenceVariance = "delta",
    ci: CurveInterval = "log_log",
    level: float = 0.95,
    missing: Missing = "omit",
) -> CumulativeIncidence:
    """Give the share who have improved reliably by each session, the other endings competing.

    Parameters
    ----------
    person, session, total, reliable_change, reliable_change_inclusive, score_step, direction
        As in :func:`first_reliable_improvement`.
    ending : array_like of str, shape (n_rows,)
        How the person's episode ended, the same text in every row of the person.
    censored : str
        The text that stands for an episode still open.
    variance, ci, level
        As in :func:`aalen_johansen`.
    missing : {"omit", "raise"}
        As in :func:`first_reliable_improvement`; a row without an ending is refused always.

    Returns
    -------
    CumulativeIncidence
        Time is the number of sessions, that of the first score being 1. The ending "improved" is a
        first reliable improvement; the others are endings before any. `n` counts persons with a
        score, `n_missing` those without.

    Raises
    ------
    ValueError
        An argument breaks its rule; a person's rows name different endings, or one is "improved".

    Notes
    -----
    Who leaves after session 3 will not improve at session 8. Kaplan-Meier with the leavers censored
    gives the share that would improve if nobody left and the leavers were like the others; the
    Aalen-Johansen curve gives the share that does. Open episodes are censored at their last row.
    Nobody can improve at time 1.

    A person counts as improved from the session of the form that shows it, which is late where
    forms are sparse. Improvement at the session that is the last one is improvement, not an ending.

    References
    ----------
    .. [1] Anderson, E. M., & Lambert, M. J. (2001). A survival analysis of clinically significant
       change in outpatient psychotherapy. Journal of Clinical Psychology, 57(7), 875-888.

    Examples
    --------
    >>> curve = time_to_reliable_improvement(
    ...     ["a", "a", "a", "b", "b", "c", "d", "d"], [1, 2, 3, 1, 2, 1, 1, 2],
    ...     [20, 24, 27, 18, 25, 22, 19, 20],
    ...     ["agreed"] * 5 + ["left"] + ["open"] * 2,
    ...     censored="open", reliable_change=6, reliable_change_inclusive=True, score_step=0.1,
    ... )
    >>> curve.endings.tolist(), curve.estimate.round(2).tolist()
    (['improved', 'left'], [[0.0, 0.25, 0.75], [0.25, 0.25, 0.25]])
    """
    everyone = person_sessions(person, session, "total", total, missing)
    first = first_of(
        everyone,
        np.size(total),
        reliable_change,
        check_flag("reliable_change_inclusive", reliable_change_inclusive),
        score_step,
        direction,
    )
    ended = _endings(everyone, ending, np.asarray(person))[has_score(everyone)]
    better = ~np.isnan(first.session)
    until = np.where(better, first.session, first.last_session)
    curve = aalen_johansen(
        until - first.intake_session + 1.0,
        np.where(better, IMPROVED, ended),
        censored=censored,
        variance=variance,
        ci=ci,
        level=level,
    )
    shared = {name: getattr(curve, name) for name in CumulativeIncidence.__slots__}
    return CumulativeIncidence(
        **shared
        | {
            "n_missing": first.n_without_score,
            "method": f"first_reliable_improvement_{curve.method}",
        }
    )


def _endings(everyone: PersonSessions, ending: ArrayLike, person: NDArray[Any]) -> NDArray[np.str_]:
    """Give the ending of each person."""
    found = as_groups("ending", ending)
    check_same_length("ending", found.codes, "person", person)
    codes = found.codes[everyone.rows]
    if (codes < 0).any():
        raise ValueError(f"ending is missing in {int((codes < 0).sum())} rows: every row needs one")
    if found.labels.size and found.labels.dtype.kind not in "UO":
        raise ValueError(f"ending has values of type {found.labels.dtype}: they must be text")
    if IMPROVED in found.labels.tolist():
        raise ValueError(
            f"ending is {IMPROVED!r} in a row: that word is for the improvement itself"
        )
    own = codes[everyone.first]
    other = codes != own[everyone.person]
    if other.any():
        count = np.unique(everyone.person[other]).size
        raise ValueError(f"ending differs between the rows of one person, for {count} persons")
    return found.labels.astype(np.str_)[own] if own.size else np.empty(0, dtype=np.str_)
