"""The share reliably improved by the number of sessions attended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fit_metrics._arrays import FloatArray, check_same_length, refuse_missing
from fit_metrics._flags import flag_column, whole_column
from fit_metrics._options import Missing, check_choice
from fit_metrics._share_arrays import share_intervals
from fit_metrics._survival_records import freeze

View = Literal["good_enough_level", "cumulative"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DoseResponse:
    """Shares by number of sessions.

    All arrays are read-only.

    Attributes
    ----------
    sessions : ndarray of int64, shape (n_doses,)
        Numbers of sessions: every one from 1 to the largest attended.
    improved, n : ndarray of int64, shape (n_doses,)
        Numerator and denominator.
    estimate, ci_low, ci_high : ndarray of float64, shape (n_doses,)
        Share between 0 and 1 with Wilson's limits; nan where `n` is 0.
    ci_level : float
        Coverage that the interval of one share aims at.
    n_persons, n_missing : int
        Persons, and those left out because a value was missing.
    method : str
        Code of the view and of the interval.
    """

    sessions: NDArray[np.int64]
    improved: NDArray[np.int64]
    n: NDArray[np.int64]
    estimate: FloatArray
    ci_low: FloatArray
    ci_high: FloatArray
    ci_level: float
    n_persons: int
    n_missing: int
    method: str


def dose_response(
    sessions: ArrayLike,
    improved: ArrayLike,
    *,
    view: View = "good_enough_level",
    level: float = 0.95,
    missing: Missing = "raise",
) -> DoseResponse:
    """Give the share of closed episodes reliably improved at their end, by sessions attended.

    Parameters
    ----------
    sessions : array_like of int, shape (n,)
        Sessions that the person attended until the end, 1 or more: closed episodes only.
    improved : array_like of bool, shape (n,)
        Reliably improved at the last score (recovered ones too).
    view : {"good_enough_level", "cumulative"}
        "good_enough_level": of those who attended exactly so many sessions, how many improved.
        "cumulative": of all, how many ended improved with so many sessions or fewer.
    level : float
        Coverage of the interval (Wilson) of each share, between 0 and 1.
    missing : {"raise", "omit"}
        Refuse rows with a missing value, or leave them out and count them.

    Returns
    -------
    DoseResponse
        One entry for each number of sessions from 1 up; empty for no persons.

    Raises
    ------
    ValueError
        An argument breaks its rule.

    Notes
    -----
    Who decides when to end decides the shape. If persons leave when they are well enough, those
    with few sessions have improved as often as those with many and the first view is flat; that is
    no sign that further sessions do nothing. The second view always rises, in the dose-effect
    manner, and ends at the share of all who improved; it says nothing of what a person would gain
    by staying. Neither is a causal effect of sessions. For the session of the *first* reliable
    improvement see :func:`time_to_reliable_improvement`.

    Nominal property: as :func:`wilson`, n of 20 and more, shares from 0.1 to 0.9. The shares of
    the second view rest on the same persons and are not independent.

    References
    ----------
    .. [1] Howard, K. I., Kopta, S. M., Krause, M. S., & Orlinsky, D. E. (1986). The dose-effect
       relationship in psychotherapy. American Psychologist, 41(2), 159-164.
    .. [2] Barkham, M., Connell, J., Stiles, W. B., Miles, J. N. V., Margison, F., Evans, C., &
       Mellor-Clark, J. (2006). Dose-effect relations and responsive regulation of treatment
       duration: the good enough level. Journal of Consulting and Clinical Psychology, 74(1),
       160-167.

    Examples
    --------
    >>> sessions, improved = [1, 2, 2, 4, 4], [0, 1, 0, 1, 1]
    >>> result = dose_response(sessions, improved)
    >>> result.n.tolist(), result.estimate.tolist()
    ([1, 2, 0, 2], [0.0, 0.5, nan, 1.0])
    >>> dose_response(sessions, improved, view="cumulative").estimate.tolist()
    [0.0, 0.2, 0.2, 0.6]
    """
    check_choice("view", view, View)
    numbers, flags = whole_column("sessions", sessions), flag_column("improved", improved)
    check_same_length("sessions", numbers, "improved", flags)
    if (numbers < 1).any():
        raise ValueError("sessions has the value 0: who attended none had no dose; leave them out")
    present = ~(np.isnan(numbers) | np.isnan(flags))
    n_missing = int(numbers.size - np.count_nonzero(present))
    refuse_missing("sessions and improved", n_missing, numbers.size, missing)
    dose = numbers[present].astype(np.int64)
    persons = np.bincount(dose, minlength=1)[1:]
    better = np.bincount(dose[flags[present] == 1.0], minlength=persons.size + 1)[1:]
    if view == "cumulative":
        better, persons = np.cumsum(better), np.full(persons.size, dose.size)
    found = share_intervals(better, persons, level=level)
    steps = np.arange(1, persons.size + 1, dtype=np.int64)
    counts = better.astype(np.int64)
    freeze(steps, counts, found.n, found.estimate, found.ci_low, found.ci_high)
    return DoseResponse(
        sessions=steps,
        improved=counts,
        n=found.n,
        estimate=found.estimate,
        ci_low=found.ci_low,
        ci_high=found.ci_high,
        ci_level=found.ci_level,
        n_persons=dose.size,
        n_missing=n_missing,
        method=f"dose_response_{view}_wilson",
    )
