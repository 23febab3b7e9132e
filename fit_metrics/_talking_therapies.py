"""The outcome and waiting metrics of NHS Talking Therapies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from fit_metrics._arrays import FloatArray, check_same_length, refuse_missing
from fit_metrics._flags import BoolArray, flag_columns, non_negative_column
from fit_metrics._options import Missing, check_level
from fit_metrics._shares import Share, share_of

COMPLETED = "completed_treatment"
COMPLETED_AT_CASENESS = "completed_treatment_at_caseness"
WAIT_LIMITS_DAYS = (42, 126)


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkingTherapies:
    """The metrics of one service and period; every share names its denominator.

    Attributes
    ----------
    n_pathways, n_completed, n_not_at_caseness : int
        All rows; those with a completed treatment; and of these, those below caseness at the
        start.
    recovery, reliable_recovery : Share
        Of completed treatments that were at caseness at the start.
    reliable_improvement, reliable_deterioration : Share
        Of all completed treatments.
    first_treatment_42_days, first_treatment_126_days : Share
        Of all completed treatments: waits of at most 42 and 126 days.
    """

    n_pathways: int
    n_completed: int
    n_not_at_caseness: int
    recovery: Share
    reliable_recovery: Share
    reliable_improvement: Share
    reliable_deterioration: Share
    first_treatment_42_days: Share
    first_treatment_126_days: Share


def talking_therapies(
    completed: ArrayLike,
    caseness: ArrayLike,
    recovered: ArrayLike,
    improved: ArrayLike,
    deteriorated: ArrayLike,
    wait_days: ArrayLike,
    *,
    level: float = 0.95,
    missing: Missing = "raise",
) -> TalkingTherapies:
    """Give the metrics of NHS Talking Therapies with Wilson's intervals.

    Parameters
    ----------
    completed : array_like of bool, shape (n,)
        The pathway ended in the period after two or more attended treatment contacts.
    caseness : array_like of bool, shape (n,)
        At or above a clinical threshold at the start.
    recovered : array_like of bool, shape (n,)
        At caseness at the start and below every threshold at the end.
    improved, deteriorated : array_like of bool, shape (n,)
        Reliable improvement, reliable deterioration. A row is never both.
    wait_days : array_like, shape (n,)
        Days from referral to the first treatment contact, 0 or more.
    level : float
        Coverage of the intervals, between 0 and 1.
    missing : {"raise", "omit"}
        Refuse missing values, or leave a row out of each metric for which it lacks a value. Only
        values that a metric needs count: a pathway that is not completed may lack all others.

    Returns
    -------
    TalkingTherapies
        Shares between 0 and 1, nan where the denominator is 0; `n_missing` of each counts the
        rows left out of that metric.

    Raises
    ------
    ValueError
        An argument breaks its rule, or rows contradict themselves: recovered though never at
        caseness, or improved and deteriorated at once.

    Notes
    -----
    With C the completed treatments and N those of them not at caseness at the start: recovery is
    (C and recovered) / (C - N); reliable recovery (C and recovered and improved) / (C - N);
    reliable improvement and deterioration and the waits are of C. The national scripts count a
    flag that is missing as False: code it so to reproduce them. Nothing is rounded or suppressed.

    References
    ----------
    .. [1] NHS England, Talking Therapies monthly publication, SQL scripts,
       https://github.com/nhsengland/Talking-Therapies.

    Examples
    --------
    >>> result = talking_therapies(
    ...     completed=[1, 1, 1, 1, 0],
    ...     caseness=[1, 1, 1, 0, 1],
    ...     recovered=[1, 0, 1, 0, None],
    ...     improved=[1, 0, 0, 1, None],
    ...     deteriorated=[0, 1, 0, 0, None],
    ...     wait_days=[30, 42, 43, 127, 10],
    ... )
    >>> result.recovery.successes, result.recovery.n, result.reliable_recovery.successes
    (2, 3, 1)
    >>> result.reliable_improvement.estimate, result.first_treatment_126_days.estimate
    (0.5, 0.75)
    """
    flags = flag_columns(
        completed=completed,
        caseness=caseness,
        recovered=recovered,
        improved=improved,
        deteriorated=deteriorated,
    )
    waits = non_negative_column("wait_days", wait_days)
    check_same_length("completed", flags["completed"], "wait_days", waits)
    _refuse_contradictions(flags)
    counter = _Counter(flags, check_level(level), missing)
    at_caseness, improvement = flags["caseness"], flags["improved"]
    recovery = flags["recovered"]
    on_time = [np.where(np.isnan(waits), np.nan, waits <= limit) for limit in WAIT_LIMITS_DAYS]
    of_cases, of_all = COMPLETED_AT_CASENESS, COMPLETED
    return TalkingTherapies(
        n_pathways=waits.size,
        n_completed=int(counter.completed.sum()),
        n_not_at_caseness=int((counter.completed & (at_caseness == 0)).sum()),
        recovery=counter.share("recovered", recovery, of_cases),
        reliable_recovery=counter.share("recovered and improved", recovery * improvement, of_cases),
        reliable_improvement=counter.share("improved", improvement, of_all),
        reliable_deterioration=counter.share("deteriorated", flags["deteriorated"], of_all),
        first_treatment_42_days=counter.share("wait_days", on_time[0], of_all),
        first_treatment_126_days=counter.share("wait_days", on_time[1], of_all),
    )


class _Counter:
    """Counts a flag among the completed, or among those of them at caseness."""

    def __init__(self, flags: dict[str, FloatArray], level: float, missing: Missing) -> None:
        self.level = level
        self.missing = missing
        self.completed: BoolArray = flags["completed"] == 1
        self._status_missing: BoolArray = np.isnan(flags["completed"])
        self._caseness = flags["caseness"]

    def share(self, name: str, flag: FloatArray, denominator: str) -> Share:
        eligible, unknown = self.completed, np.isnan(flag)
        names = f"completed and {name}"
        if denominator == COMPLETED_AT_CASENESS:
            eligible = eligible & (self._caseness != 0)
            unknown = unknown | np.isnan(self._caseness)
            names = f"completed, caseness and {name}"
        n_missing = int((self._status_missing | (eligible & unknown)).sum())
        refuse_missing(names, n_missing, flag.size, self.missing)
        counted = eligible & ~unknown
        successes = int((flag[counted] == 1).sum())
        return share_of(successes, int(counted.sum()), denominator, n_missing, self.level)


def _refuse_contradictions(flags: dict[str, FloatArray]) -> None:
    impossible = (flags["recovered"] == 1) & (flags["caseness"] == 0)
    if impossible.any():
        raise ValueError(
            f"recovered is True in {int(impossible.sum())} rows whose caseness is False: only who "
            "was at caseness can recover"
        )
    both = (flags["improved"] == 1) & (flags["deteriorated"] == 1)
    if both.any():
        raise ValueError(
            f"improved and deteriorated are both True in {int(both.sum())} rows: a row is one or "
            "the other"
        )
