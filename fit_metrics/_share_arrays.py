"""Many shares with their intervals in one call."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fit_metrics._arrays import FloatArray, as_floats
from fit_metrics._options import check_level
from fit_metrics._share_limits import ShareMethod, share_limits

_LARGEST_EXACT = 2.0**53


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ShareIntervals:
    """Shares with their intervals, one an entry.

    Attributes
    ----------
    estimate, ci_low, ci_high : numpy.ndarray of float
        Shares and limits between 0 and 1; nan where `n` is 0.
    ci_level : float
        Coverage that each interval aims at (not all of them together).
    n : numpy.ndarray of int
        Denominators.
    n_missing : None
        Counts do not show what was left out.
    method : str
        Code of the interval.
    """

    estimate: FloatArray
    ci_low: FloatArray
    ci_high: FloatArray
    ci_level: float
    n: NDArray[np.int64]
    n_missing: None
    method: str


def share_intervals(
    successes: ArrayLike, n: ArrayLike, *, method: ShareMethod = "wilson", level: float = 0.95
) -> ShareIntervals:
    """Give many shares with their intervals in one call.

    Parameters
    ----------
    successes, n : array_like of int
        Counts and denominators of one shape, or one number for all of the other.
    method : {"wilson", "clopper_pearson", "jeffreys"}
        As the functions of these names.
    level : float
        Coverage of each interval, between 0 and 1.

    Returns
    -------
    ShareIntervals
        In the shape of the input; nan where a denominator is 0.

    Raises
    ------
    ValueError
        A count is missing, no integer, below 0 or above its denominator, or the shapes differ.

    Examples
    --------
    >>> result = share_intervals([0, 3, 0], [8, 10, 0], method="clopper_pearson")
    >>> result.estimate.tolist(), result.ci_high.round(4).tolist()
    ([0.0, 0.3, nan], [0.3694, 0.6525, nan])
    """
    counts, totals = _counts("successes", successes), _counts("n", n)
    try:
        counts, totals = np.broadcast_arrays(counts, totals)
    except ValueError as error:
        raise ValueError(
            f"successes has shape {counts.shape} and n has shape {totals.shape}: they must be of "
            "one shape, or one of them a single number"
        ) from error
    above = counts > totals
    if above.any():
        raise ValueError(
            f"successes is {int(counts[above][0])} and n is {int(totals[above][0])}: "
            "it must be at most n"
        )
    checked_level = check_level(level)
    low, high = share_limits(counts, totals, method, checked_level)
    share = np.full(totals.shape, np.nan)
    np.divide(counts, totals, out=share, where=totals > 0)
    return ShareIntervals(
        estimate=share,
        ci_low=low,
        ci_high=high,
        ci_level=checked_level,
        n=totals.astype(np.int64),
        n_missing=None,
        method=f"share_{method}",
    )


def _counts(name: str, values: ArrayLike) -> FloatArray:
    floats = as_floats(name, values)
    whole = floats.ravel()
    if np.isnan(whole).any():
        raise ValueError(f"{name} has a missing value: counts cannot be missing")
    bad = (whole < 0) | (whole != np.floor(whole)) | (whole > _LARGEST_EXACT)
    if bad.any():
        raise ValueError(f"{name} has the value {whole[bad][0]:g}: counts are integers from 0")
    return floats
