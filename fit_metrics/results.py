"""Results of the statistics: frozen records that say how they were made."""

from __future__ import annotations

from dataclasses import dataclass


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
