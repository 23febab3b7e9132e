"""Change classes: from pairs of scores and thresholds to disjoint classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, SupportsFloat

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fit_metrics import _arrays
from fit_metrics._arrays import FloatArray
from fit_metrics._options import (
    Direction,
    Missing,
    check_choice,
    check_flag,
    direction_sign,
    exact_fraction,
)
from fit_metrics._score_steps import least_steps, thresholds, to_steps

CHANGE_CLASSES = ("recovered", "improved", "unchanged", "deteriorated")
"""Labels of the change classes; a class code is the position of its label."""

MISSING_CLASS = -1
"""Code where no class can be given."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChangeClasses:
    """Change class of every row.

    Attributes
    ----------
    codes : ndarray of int8, shape (n_rows,)
        Position in `labels`, or -1 where a score or the row's threshold is missing. Read-only.
    is_intake_functional : ndarray of int8, shape (n_rows,)
        1 where the intake was on the functional side already, 0 where not, -1 where `codes` is
        -1. Read-only. Such rows keep their class; they cannot be "recovered".
    labels : tuple of str
        The classes, disjoint and exhaustive.
    n : int
        Rows with a class.
    n_missing : int
        Rows without.
    method : str
        Code of the rule.
    """

    codes: NDArray[np.int8]
    is_intake_functional: NDArray[np.int8]
    labels: tuple[str, ...]
    n: int
    n_missing: int
    method: str

    def counts(self) -> dict[str, int]:
        """Give the number of rows in each class, all classes present, summing to `n`."""
        tally = np.bincount(self.codes[self.codes >= 0], minlength=len(self.labels))
        return {label: int(count) for label, count in zip(self.labels, tally, strict=True)}

    def to_labels(self) -> NDArray[np.object_]:
        """Give the label of every row, None where there is no class."""
        return np.array([*self.labels, None], dtype=object)[self.codes]


def classify(
    intake: ArrayLike,
    last: ArrayLike,
    *,
    reliable_change: ArrayLike,
    cutoff: ArrayLike,
    score_step: SupportsFloat,
    cutoff_is_functional: bool,
    reliable_change_inclusive: bool,
    direction: Direction = "higher_is_better",
    missing: Missing = "omit",
    score_range: _arrays.ScoreRange | None = None,
) -> ChangeClasses:
    """Give the change class of every pair of scores.

    Parameters
    ----------
    intake, last : array_like, shape (n_rows,)
        First and last score of each series, in score units; None and nan are missing.
    reliable_change : array_like, scalar or shape (n_rows,)
        Size of a reliable change in score units, above 0.
    cutoff : array_like, scalar or shape (n_rows,)
        Cut-off in score units.
    score_step : float or Decimal
        Smallest step between two scores (0.1 for a score with one decimal), read as written.
        Scores are rounded to it, halves away from 0.
    cutoff_is_functional : bool
        Whether a score exactly at the cut-off is on the functional side.
    reliable_change_inclusive : bool
        Whether a change exactly as large as `reliable_change` is reliable.
    direction : {"higher_is_better", "lower_is_better"}
        Which way better lies.
    missing : {"omit", "raise"}
        Give rows with a missing score no class (code -1), or refuse them. In an array of
        thresholds a missing one does the same to its row: some respondents have no parameter.
    score_range : tuple of two floats, optional
        Lowest and highest score of the instrument; a score outside is refused. Without it any
        score is taken.

    Returns
    -------
    ChangeClasses
        recovered: reliably better, from the clinical to the functional side; improved: reliably
        better otherwise; deteriorated: reliably worse; unchanged: all else.

    Raises
    ------
    ValueError
        An argument breaks its rule; a single threshold is missing.

    Notes
    -----
    Scores are compared as integers of `score_step`, because in binary 6.1 - 0.1 is below 6. A
    threshold T between two steps needs no rounding: k steps reach it exactly when k is at least
    the ceiling of T / step (with "more than": the floor plus 1), and that quotient is formed as
    an exact fraction of the decimals as written.

    References
    ----------
    .. [1] Jacobson and Truax (1991), as in :func:`standard_error_of_measurement` (the classes).

    Examples
    --------
    >>> result = classify(
    ...     [22.3, 22.3, 26.0, 30.1, None],
    ...     [28.3, 28.2, 32.0, 24.1, 30.0],
    ...     reliable_change=6, cutoff=25, score_step=0.1,
    ...     cutoff_is_functional=True, reliable_change_inclusive=True,
    ... )
    >>> list(result.to_labels())
    ['recovered', 'unchanged', 'improved', 'deteriorated', None]
    """
    sign = direction_sign(direction)
    step = exact_fraction("score_step", score_step)
    if step <= 0:
        raise ValueError(f"score_step is {score_step!r}: it must be above 0")
    at_cutoff = check_flag("cutoff_is_functional", cutoff_is_functional)
    at_change = check_flag("reliable_change_inclusive", reliable_change_inclusive)
    scores = _scores(intake, last, reliable_change, cutoff, missing)
    _arrays.refuse_outside("intake", scores.intake, score_range)
    _arrays.refuse_outside("last", scores.last, score_range)
    first = sign * to_steps("intake", scores.intake, step)
    final = sign * to_steps("last", scores.last, step)
    least_change = least_steps(reliable_change, step=step, inclusive=at_change)
    least_functional = least_steps(cutoff, step=step, inclusive=at_cutoff, sign=sign)
    return _codes(first, final, least_change, least_functional, scores.is_complete)


class _Scores(NamedTuple):
    intake: FloatArray
    last: FloatArray
    is_complete: NDArray[np.bool_]


def _scores(
    intake: ArrayLike,
    last: ArrayLike,
    reliable_change: ArrayLike,
    cutoff: ArrayLike,
    missing: Missing,
) -> _Scores:
    check_choice("missing", missing, Missing)
    first, final = _arrays.as_column("intake", intake), _arrays.as_column("last", last)
    _arrays.check_same_length("intake", first, "last", final)
    change = thresholds("reliable_change", reliable_change, first.size)
    limit = thresholds("cutoff", cutoff, first.size)
    if (change <= 0.0).any():
        raise ValueError(
            f"reliable_change is {np.nanmin(change)} at least once: it must be above 0"
        )
    is_complete = ~(np.isnan(first) | np.isnan(final) | np.isnan(change) | np.isnan(limit))
    n_missing = int(first.size - np.count_nonzero(is_complete))
    _arrays.refuse_missing("intake, last and the thresholds", n_missing, first.size, missing)
    return _Scores(first, final, is_complete)


def _codes(
    first: NDArray[np.int64],
    final: NDArray[np.int64],
    least_change: NDArray[np.int64],
    least_functional: NDArray[np.int64],
    is_complete: NDArray[np.bool_],
) -> ChangeClasses:
    change = final - first
    is_intake_functional = first >= least_functional
    is_crossed = ~is_intake_functional & (final >= least_functional)
    is_better = change >= least_change
    codes = np.full(first.shape, CHANGE_CLASSES.index("unchanged"), dtype=np.int8)
    codes[change <= -least_change] = CHANGE_CLASSES.index("deteriorated")
    codes[is_better] = CHANGE_CLASSES.index("improved")
    codes[is_better & is_crossed] = CHANGE_CLASSES.index("recovered")
    codes[~is_complete] = MISSING_CLASS
    functional = is_intake_functional.astype(np.int8)
    functional[~is_complete] = MISSING_CLASS
    codes.setflags(write=False)
    functional.setflags(write=False)
    n = int(np.count_nonzero(is_complete))
    return ChangeClasses(
        codes=codes,
        is_intake_functional=functional,
        labels=CHANGE_CLASSES,
        n=n,
        n_missing=codes.size - n,
        method="jacobson_truax",
    )
