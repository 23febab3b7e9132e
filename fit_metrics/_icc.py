"""Intraclass correlations of single ratings in the two-way layout."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from fit_metrics._matrix import Rows, complete_rows
from fit_metrics._options import Missing, check_choice, check_level
from fit_metrics.results import Estimate

IccModel = Literal["A1", "C1"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IntraclassCorrelation(Estimate):
    """An intraclass correlation with its interval; `n` counts the persons rated.

    Attributes
    ----------
    n_raters : int
        Ratings of each person.
    mean_square_rows, mean_square_columns, mean_square_error : float
        Mean squares between persons, between raters and of what is left, in squared units.
    """

    n_raters: int
    mean_square_rows: float
    mean_square_columns: float
    mean_square_error: float


class _Squares(NamedTuple):
    n: int
    k: int
    rows: float
    columns: float
    error: float


def icc(
    ratings: ArrayLike,
    *,
    model: IccModel = "A1",
    level: float = 0.95,
    missing: Missing = "raise",
) -> IntraclassCorrelation:
    r"""Give the intraclass correlation of a single rating.

    Parameters
    ----------
    ratings : array_like, shape (n, k)
        One row a person, one column a rater (or respondent, or occasion), k of 2 or more; in
        score units. None and nan are missing.
    model : {"A1", "C1"}
        McGraw and Wong's ICC(A,1), absolute agreement, where a rater who always says two points
        more is disagreement; or ICC(C,1), consistency, where that does not matter.
    level : float
        Coverage of the interval, between 0 and 1.
    missing : {"raise", "omit"}
        Refuse missing ratings, or leave out every person with one and count them.

    Returns
    -------
    IntraclassCorrelation
        At most 1; negative where raters differ more within persons than between them. All nan
        for fewer than two persons and where all ratings are equal; ICC(C,1) also where persons
        do not differ at all. Limits that the data do not determine are nan.

    Raises
    ------
    ValueError
        An argument breaks its rule.

    Notes
    -----
    With the mean squares R (persons), C (raters) and E (rest) of the two-way layout without
    interaction, n persons and k raters:

    .. math::

        ICC(C,1) = \frac{R - E}{R + (k-1)E}, \qquad
        ICC(A,1) = \frac{R - E}{R + (k-1)E + k(C - E)/n}.

    The F interval of ICC(C,1) is exact for normal scores. That of ICC(A,1) replaces a sum of mean
    squares by one with Satterthwaite's degrees of freedom. Nominal property: 93 to 97 per cent at
    level 0.95 for n of 20 and more, normal scores and raters whose levels differ little (SD of
    raters a fifth of that of persons); with few raters as unlike as the persons it covers some 90
    per cent. Where E is 0 raters differ by constants alone and ICC(C,1) is 1. Differences that
    storing the ratings as floats explains count as 0.

    References
    ----------
    .. [1] McGraw, K. O., & Wong, S. P. (1996). Forming inferences about some intraclass
       correlation coefficients. Psychological Methods, 1(1), 30-46, tables 4 and 7.
    .. [2] Shrout, P. E., & Fleiss, J. L. (1979). Intraclass correlations: uses in assessing rater
       reliability. Psychological Bulletin, 86(2), 420-428.

    Examples
    --------
    >>> ratings = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    >>> round(icc(ratings, model="A1").estimate, 2), round(icc(ratings, model="C1").estimate, 2)
    (0.29, 0.71)
    """
    check_choice("model", model, IccModel)
    checked_level = check_level(level)
    rows = complete_rows("ratings", ratings, missing, "raters")
    squares = _mean_squares(rows)
    estimate = low = high = math.nan
    if squares.n >= 2 and max(squares.rows, squares.columns, squares.error) > 0.0:
        tail = (1.0 - checked_level) / 2.0
        if model == "C1":
            estimate, low, high = _consistency(squares, tail)
        else:
            estimate, low, high = _agreement(squares, tail)
    return IntraclassCorrelation(
        estimate=estimate,
        ci_low=low,
        ci_high=high,
        ci_level=checked_level,
        n=squares.n,
        n_missing=rows.n_missing,
        method=f"icc_{model}_f",
        n_raters=squares.k,
        mean_square_rows=squares.rows,
        mean_square_columns=squares.columns,
        mean_square_error=squares.error,
    )


def _mean_squares(rows: Rows) -> _Squares:
    n, k = rows.values.shape
    if n < 2:
        return _Squares(n, k, math.nan, math.nan, math.nan)
    # Measured from one of the ratings: a large common level then costs no digits.
    values = rows.values - rows.values[0, 0]
    grand = values.mean()
    persons, raters = values.mean(axis=1) - grand, values.mean(axis=0) - grand
    rest = values - grand - persons[:, None] - raters
    for part in (persons, raters, rest):
        part[np.abs(part) <= 2.0 * rows.resolution] = 0.0
    return _Squares(
        n,
        k,
        k * float(np.square(persons).sum()) / (n - 1),
        n * float(np.square(raters).sum()) / (k - 1),
        float(np.square(rest).sum()) / ((n - 1) * (k - 1)),
    )


def _consistency(s: _Squares, tail: float) -> tuple[float, float, float]:
    free, rest_free = s.n - 1, (s.n - 1) * (s.k - 1)
    if s.rows == 0.0 and s.error == 0.0:
        # Persons do not differ at all: only raters do.
        return math.nan, math.nan, math.nan

    def ratio(divisor: float, factor: float) -> float:
        # (F/q - 1) / (F/q + k - 1) with F = R/E, multiplied out so that E may be 0.
        rows = s.rows * factor
        return (rows - divisor * s.error) / (rows + (s.k - 1) * divisor * s.error)

    return (
        ratio(1.0, 1.0),
        ratio(_upper_f(free, rest_free, tail), 1.0),
        ratio(1.0, _upper_f(rest_free, free, tail)),
    )


def _agreement(s: _Squares, tail: float) -> tuple[float, float, float]:
    n, k = s.n, s.k
    noise = k * s.columns + (k * n - k - n) * s.error
    estimate = _quotient(n * (s.rows - s.error), n * s.rows + noise)
    # McGraw and Wong's a and b, both times n(1 - ICC), which cancels in the degrees of freedom.
    a = k * estimate * s.columns
    b = (n * (1.0 - estimate) + k * estimate * (n - 1)) * s.error
    spread = a * a / (k - 1) + b * b / ((n - 1) * (k - 1))
    if s.error == 0.0 and s.columns == 0.0:
        return 1.0, 1.0, 1.0
    if not spread > 0.0 or a + b == 0.0:
        return estimate, math.nan, math.nan
    free = (a + b) ** 2 / spread
    low_f, high_f = _upper_f(n - 1, free, tail), _upper_f(free, n - 1, tail)
    low = _quotient(n * (s.rows - low_f * s.error), low_f * noise + n * s.rows)
    high = _quotient(n * (high_f * s.rows - s.error), noise + n * high_f * s.rows)
    return estimate, low, high


def _quotient(above: float, below: float) -> float:
    # Two persons and two raters who exchange their scores leave nothing below.
    return above / below if below > 0.0 else math.nan


def _upper_f(numerator: float, denominator: float, tail: float) -> float:
    return float(special.fdtri(numerator, denominator, 1.0 - tail))
