"""How reliable a group's mean is, and how many rows it takes."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike

from fit_metrics._arrays import FloatArray, as_floats
from fit_metrics._options import exact_fraction


def mean_reliability(icc: ArrayLike, n: ArrayLike) -> FloatArray:
    r"""Give the reliability of the mean of n rows of a group.

    Parameters
    ----------
    icc : array_like
        Intraclass correlation, 0 to 1; nan is missing.
    n : array_like
        Rows of the group, 0 or more; broadcast against `icc`.

    Returns
    -------
    ndarray
        Reliability between 0 and 1, of the broadcast shape: 0 for an ICC of 0 or no rows, nan where
        an argument is missing.

    Raises
    ------
    ValueError
        An ICC lies outside 0 to 1, or an n below 0.

    Notes
    -----
    :math:`\lambda = n\,ICC / (1 + (n - 1)\,ICC)`, the Spearman-Brown formula: the share of the
    variance of means that is not chance, and the weight that a group's own mean has in its shrunken
    mean.

    References
    ----------
    .. [1] Snijders, T. A. B., & Bosker, R. J. (2012). Multilevel analysis (2nd ed.). Sage.

    Examples
    --------
    >>> [round(float(value), 2) for value in mean_reliability(0.05, [15, 30, 60])]
    [0.44, 0.61, 0.76]
    """
    share, rows = as_floats("icc", icc), as_floats("n", n)
    if ((share < 0.0) | (share > 1.0)).any():
        raise ValueError("icc has a value outside 0 to 1: it is a share of variance")
    if (rows < 0.0).any():
        raise ValueError("n has a value below 0: it counts rows")
    try:
        share, rows = np.broadcast_arrays(share, rows)
    except ValueError as error:
        raise ValueError(f"icc and n do not go together: {error}") from error
    # n·ICC / (n·ICC + 1 - ICC), which is 0/0 for an ICC of 1 and no rows: no rows tell nothing.
    top = rows * share
    bottom = np.where(top == 0.0, 1.0, top + (1.0 - share))
    return np.asarray(np.where(np.isnan(share) | np.isnan(rows), np.nan, top / bottom))


def n_for_reliability(
    icc: float | Decimal | Fraction, reliability: float | Decimal | Fraction
) -> float:
    r"""Give the least number of rows whose mean has the wanted reliability.

    Parameters
    ----------
    icc : float or Decimal or Fraction
        Intraclass correlation, 0 to 1, read as it is written: 0.05 is one twentieth.
    reliability : float or Decimal or Fraction
        Wanted reliability, at least 0 and below 1, read as it is written.

    Returns
    -------
    float
        A whole number; infinite where no number suffices (an ICC of 0), and 0 for a wanted
        reliability of 0.

    Raises
    ------
    ValueError
        An argument lies outside its range.

    Notes
    -----
    :math:`n = \lceil \lambda (1 - ICC) / (ICC (1 - \lambda)) \rceil`, in exact fractions, and at
    least 1 for a reliability above 0.

    Examples
    --------
    >>> n_for_reliability(0.05, 0.7), n_for_reliability(0.05, 0.5)
    (45.0, 19.0)
    """
    share, wanted = exact_fraction("icc", icc), exact_fraction("reliability", reliability)
    if not 0 <= share <= 1:
        raise ValueError(f"icc is {icc!r}: it must lie between 0 and 1")
    if not 0 <= wanted < 1:
        raise ValueError(f"reliability is {reliability!r}: it must be at least 0 and below 1")
    if wanted == 0:
        return 0.0
    if share == 0:
        return math.inf
    return float(max(math.ceil(wanted * (1 - share) / (share * (1 - wanted))), 1))
