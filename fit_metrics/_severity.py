"""Effect sizes adjusted for severity at intake, against a reference."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, SupportsFloat

import numpy as np
from numpy.typing import ArrayLike

from fit_metrics import _moments
from fit_metrics._arrays import FloatArray, as_column, as_floats, check_same_length, refuse_missing
from fit_metrics._options import (
    Direction,
    Missing,
    check_choice,
    check_level,
    direction_sign,
    finite_number,
    normal_quantile,
    student_quantile,
)
from fit_metrics.results import EffectSize, Estimate, SeverityAdjusted

Convention = Literal["zero_is_reference", "plus_reference_mean"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What the reference data expect of a last score, given the intake.

    Attributes
    ----------
    intercept : float
        Expected last score at an intake (and covariates) of 0, in score units.
    slopes : tuple of float
        Expected difference of the last score for one point of intake, then for one unit of each
        covariate.
    sd : float
        Standard deviation that effects are measured in, in score units, above 0.
    mean_effect : float
        Mean change of the reference over `sd`, in the scores' own direction (a rise is positive).
    source : str
        Where the numbers come from.
    """

    intercept: float
    slopes: tuple[float, ...]
    sd: float
    mean_effect: float
    source: str

    def __post_init__(self) -> None:
        finite_number("intercept", self.intercept)
        finite_number("mean_effect", self.mean_effect)
        if not self.slopes:
            raise ValueError("slopes is empty: the first slope, that of the intake, is needed")
        for slope in self.slopes:
            finite_number("slopes", slope)
        if finite_number("sd", self.sd) <= 0.0:
            raise ValueError(f"sd is {self.sd!r}: it must be above 0")


def fit_reference(
    intake: ArrayLike,
    last: ArrayLike,
    *,
    covariates: ArrayLike | None = None,
    source: str,
    missing: Missing = "raise",
) -> Reference:
    """Fit the expected last score to reference rows by least squares.

    Parameters
    ----------
    intake, last : array_like, shape (n,)
        First and last score of each reference person; None and nan are missing.
    covariates : array_like, shape (n,) or (n, k), optional
        Further predictors (age, 0/1 for a service).
    source : str
        Which data these are; kept with the reference.
    missing : {"raise", "omit"}
        Refuse rows with a missing value, or leave them out.

    Returns
    -------
    Reference
        `sd` is the SD of the intake scores, `mean_effect` the mean change over it.

    Raises
    ------
    ValueError
        An argument breaks its rule, or the rows do not determine the coefficients: too few, all
        intakes equal, or predictors that depend on each other.

    Examples
    --------
    >>> reference = fit_reference([10, 20, 30], [19, 24, 31], source="three persons")
    >>> [round(slope, 3) for slope in reference.slopes], round(reference.intercept, 3)
    ([0.6], 12.667)
    """
    table, n_rows = _table(intake, last, covariates)
    present = ~np.isnan(table).any(axis=1)
    refuse_missing("intake, last and covariates", n_rows - int(present.sum()), n_rows, missing)
    kept = table[present]
    predictors, outcome = kept[:, :-1], kept[:, -1]
    if kept.shape[0] <= predictors.shape[1]:
        raise ValueError(
            f"intake has {kept.shape[0]} complete rows for {predictors.shape[1]} slopes and an "
            "intercept: at least one row more than slopes is needed"
        )
    centre = predictors.mean(axis=0)
    spread = np.where(np.ptp(predictors, axis=0) > 0.0, predictors.std(axis=0), 0.0)
    if (spread == 0.0).any():
        raise ValueError("intake or a covariate has equal values: its slope cannot be fitted")
    scaled, _, rank, _ = np.linalg.lstsq((predictors - centre) / spread, outcome - outcome.mean())
    if rank < predictors.shape[1]:
        raise ValueError("covariates depend on each other or on intake: slopes are not unique")
    slopes = scaled / spread
    sd = math.sqrt(_moments.covariance(predictors[:, 0], predictors[:, 0]))
    return Reference(
        intercept=float(outcome.mean() - centre @ slopes),
        slopes=tuple(float(slope) for slope in slopes),
        sd=sd,
        mean_effect=_moments.mean(outcome - predictors[:, 0]) / sd,
        source=source,
    )


def severity_adjusted(
    intake: ArrayLike,
    last: ArrayLike,
    *,
    reference: Reference,
    covariates: ArrayLike | None = None,
    convention: Convention = "zero_is_reference",
    level: float = 0.95,
    missing: Missing = "raise",
    direction: Direction = "higher_is_better",
) -> SeverityAdjusted:
    r"""Give each person's change beyond what the reference expects, in reference SDs.

    Parameters
    ----------
    intake, last : array_like, shape (n,)
        First and last score of each person, in score units; None and nan are missing.
    reference : Reference
        Expected last scores, from :func:`fit_reference` or from a publication.
    covariates : array_like, shape (n,) or (n, k), optional
        The predictors of the reference beyond the intake, in its order.
    convention : {"zero_is_reference", "plus_reference_mean"}
        Whether 0 is the average of the reference (last minus expected last score), or the
        reference's mean effect is added, so that 0 is no change at all.
    level : float
        Coverage of the interval of the mean, between 0 and 1.
    missing : {"raise", "omit"}
        Refuse rows with a missing value, or give them nan and count them in `n_missing`.
    direction : {"higher_is_better", "lower_is_better"}
        Sign of the result: positive is always better than the reference.

    Returns
    -------
    SeverityAdjusted
        The mean with Student's t interval, and `values` by row; no unit. For n = 0 the mean is
        nan, for n = 1 it has no interval.

    Raises
    ------
    ValueError
        An argument breaks its rule, or covariates and slopes differ in number.

    Notes
    -----
    :math:`e_i = (y_i - a - b x_i)/s_{ref}` and, with "plus_reference_mean",
    :math:`e_i + \bar d_{ref}`. The interval treats the reference as known and the persons as
    drawn independently; for a reference not much larger than the group it is too narrow.

    References
    ----------
    .. [1] Seidel, J. A., Miller, S. D., & Chow, D. L. (2014). Effect size calculations for the
       clinician: methods and comparability. Psychotherapy Research, 24(4), 470-484.

    Examples
    --------
    >>> reference = Reference(
    ...     intercept=14.0, slopes=(0.5,), sd=8.0, mean_effect=0.5, source="an example"
    ... )
    >>> result = severity_adjusted([20, 16], [28, 26], reference=reference)
    >>> [float(v) for v in result.values], result.estimate
    ([0.5, 0.5], 0.5)
    """
    check_choice("convention", convention, Convention)
    sign, checked_level = direction_sign(direction), check_level(level)
    table, n_rows = _table(intake, last, covariates)
    if table.shape[1] - 1 != len(reference.slopes):
        raise ValueError(
            f"covariates has {table.shape[1] - 2} columns and the reference "
            f"{len(reference.slopes) - 1} slopes beyond the intake's: they must agree"
        )
    expected = reference.intercept + (table[:, :-1] * np.array(reference.slopes)).sum(axis=1)
    values = sign * (table[:, -1] - expected) / reference.sd
    if convention == "plus_reference_mean":
        values = values + sign * reference.mean_effect
    kept = values[~np.isnan(values)]
    refuse_missing("intake, last and covariates", n_rows - kept.size, n_rows, missing)
    values.setflags(write=False)
    n, mean = kept.size, _moments.mean(kept)
    variance = _moments.covariance(kept, kept)
    error = math.sqrt(variance / n) if n >= 2 else math.nan
    half_width = student_quantile(checked_level, n - 1) * error if n >= 2 else math.nan
    return SeverityAdjusted(
        estimate=mean,
        ci_low=mean - half_width,
        ci_high=mean + half_width,
        ci_level=checked_level,
        n=n,
        n_missing=n_rows - n,
        method=f"severity_adjusted_{convention}",
        sd=math.sqrt(variance),
        standard_error=error,
        values=values,
        convention=convention,
        source=reference.source,
    )


def relative_effect_size(
    d: EffectSize, d_reference: EffectSize | SupportsFloat, *, level: float = 0.95
) -> Estimate:
    """Give how far an effect size lies above that of a reference.

    Parameters
    ----------
    d : EffectSize
        The own effect, with a normal interval (its standard error is used).
    d_reference : EffectSize or float
        The effect in the reference data, from other persons; a number is taken as known exactly.
    level : float
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    Estimate
        Difference, no unit, 0 for an effect like the reference's; `n` is that of `d`. The limits
        are nan where a standard error is.

    Raises
    ------
    ValueError
        The effects are standardised differently, or a number is not finite.

    Notes
    -----
    d - d_ref ± z √(SE² + SE_ref²). It corrects for no difference in severity at intake: that does
    :func:`severity_adjusted`.

    Examples
    --------
    >>> from fit_metrics.effect_size import pre_post_d_from_stats
    >>> own = pre_post_d_from_stats(60, 19, 26, 8, 8, 0.5)
    >>> result = relative_effect_size(own, 0.8)
    >>> round(result.estimate, 3), round(result.ci_low, 3)
    (0.064, -0.232)
    """
    if isinstance(d_reference, EffectSize):
        if d_reference.standardizer != d.standardizer:
            raise ValueError(
                f"d_reference is standardised by {d_reference.standardizer!r} and d by "
                f"{d.standardizer!r}: they must be the same"
            )
        other, other_error = d_reference.estimate, d_reference.standard_error
    else:
        other, other_error = finite_number("d_reference", d_reference), 0.0
    checked_level = check_level(level)
    difference = d.estimate - other
    half_width = normal_quantile(checked_level) * math.hypot(d.standard_error, other_error)
    return Estimate(
        estimate=difference,
        ci_low=difference - half_width,
        ci_high=difference + half_width,
        ci_level=checked_level,
        n=d.n,
        n_missing=d.n_missing,
        method="relative_effect_size_normal",
    )


def _table(
    intake: ArrayLike, last: ArrayLike, covariates: ArrayLike | None
) -> tuple[FloatArray, int]:
    """Give intake, covariates and last score as columns, in this order."""
    first, final = as_column("intake", intake), as_column("last", last)
    check_same_length("intake", first, "last", final)
    columns = [first[:, np.newaxis], final[:, np.newaxis]]
    if covariates is not None:
        others = as_floats("covariates", covariates)
        others = others[:, np.newaxis] if others.ndim == 1 else others
        if others.ndim != 2 or others.shape[0] != first.size:
            raise ValueError(
                f"covariates has shape {others.shape}: it must have one row for each of the "
                f"{first.size} intakes"
            )
        columns.insert(1, others)
    return np.concatenate(columns, axis=1), first.size
