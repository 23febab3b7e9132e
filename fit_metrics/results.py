"""Results of the statistics: frozen records that say how they were made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number with its interval.

    Attributes
    ----------
    estimate : float
        The number, in the unit that the function names; ``nan`` where it does not exist.
    ci_low, ci_high : float
        Limits of the two-sided interval, same unit; ``nan`` where there is none.
    ci_level : float
        Coverage that the interval aims at, between 0 and 1.
    n : int
        How many observations (persons, pairs, trials) the number rests on.
    n_missing : int or None
        How many observations were left out because a value was missing; ``None`` where the
        function was given counts or sums and has not seen the rows.
    method : str
        Code of the estimator and of its interval.
    """

    estimate: float
    ci_low: float
    ci_high: float
    ci_level: float
    n: int
    n_missing: int | None
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanEstimate(Estimate):
    """A mean with its interval.

    Attributes
    ----------
    sd : float
        Sample standard deviation with n - 1 in the denominator; ``nan`` below two values.
    standard_error : float
        ``sd / sqrt(n)``.
    """

    sd: float
    standard_error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectSize(Estimate):
    """A standardised change with its interval.

    Attributes
    ----------
    standardizer : str
        Which standard deviation the change is divided by.
    standardizer_sd : float
        That standard deviation, in score units.
    mean_change : float
        Mean change in score units, positive where the change is for the better.
    bias_correction : float
        Factor applied to the estimate and to both limits; 1 without correction.
    standard_error : float
        Standard error of ``estimate`` (corrected like it) when the interval is normal; ``nan``
        otherwise.
    """

    standardizer: str
    standardizer_sd: float
    mean_change: float
    bias_correction: float
    standard_error: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EffectSizes:
    """The standardised changes of many groups with their intervals.

    Attributes
    ----------
    estimate, ci_low, ci_high : ndarray of float64, shape (n_groups,)
        As in `EffectSize`, one for each group.
    ci_level : float
        Coverage that each interval aims at, between 0 and 1.
    n : ndarray of int64, shape (n_groups,)
        Pairs behind each estimate.
    method : str
        Code of the estimator and of its interval.
    standardizer : str
        Which standard deviation the changes are divided by.
    standardizer_sd, mean_change, bias_correction, standard_error : ndarray of float64
        As in `EffectSize`, each of shape (n_groups,).
    """

    estimate: NDArray[np.float64]
    ci_low: NDArray[np.float64]
    ci_high: NDArray[np.float64]
    ci_level: float
    n: NDArray[np.int64]
    method: str
    standardizer: str
    standardizer_sd: NDArray[np.float64]
    mean_change: NDArray[np.float64]
    bias_correction: NDArray[np.float64]
    standard_error: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoGroupEffect(Estimate):
    """A standardised difference of two groups with its interval.

    Attributes
    ----------
    n_treatment, n_control : int
        Values in each group; `n` is their sum.
    standardizer : str
        Which standard deviation the difference is divided by.
    standardizer_sd : float
        That standard deviation, in score units.
    mean_difference : float
        Difference of the means in score units, positive where the treatment group does better.
    bias_correction : float
        Factor applied to the estimate and to both limits; 1 without correction.
    standard_error : float
        Standard error of ``estimate`` (corrected like it) when the interval is normal; ``nan``
        otherwise.
    """

    n_treatment: int
    n_control: int
    standardizer: str
    standardizer_sd: float
    mean_difference: float
    bias_correction: float
    standard_error: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeverityAdjusted(MeanEstimate):
    """Change beyond what the reference expects at the same intake, by person and on average.

    Attributes
    ----------
    values : ndarray of float64, shape (n_rows,)
        The adjusted effect of every row, ``nan`` where a value is missing. Read-only.
    convention : str
        What 0 stands for: the reference's average, or no change.
    source : str
        Where the reference comes from.
    """

    values: NDArray[np.float64]
    convention: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedRegression:
    """Change that regression to the mean alone would bring.

    Attributes
    ----------
    expected_change : float
        In score units, positive where it is for the better.
    expected_intake : float
        Mean intake score of the group, in score units.
    method : str
        Code of the formula.
    """

    expected_change: float
    expected_intake: float
    method: str
