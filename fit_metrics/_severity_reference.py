"""What reference data expect of a last score, given the intake."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from fit_metrics import _moments
from fit_metrics._arrays import FloatArray, as_column, as_floats, check_same_length, refuse_missing
from fit_metrics._options import Missing, finite_number


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
    n, n_missing : int or None
        Reference persons behind the numbers, and those left out because a value was missing;
        ``None`` where a publication does not say.
    """

    intercept: float
    slopes: tuple[float, ...]
    sd: float
    mean_effect: float
    source: str
    n: int | None = None
    n_missing: int | None = None

    def __post_init__(self) -> None:
        finite_number("intercept", self.intercept)
        finite_number("mean_effect", self.mean_effect)
        if not self.slopes:
            raise ValueError("slopes is empty: the first slope, that of the intake, is needed")
        for slope in self.slopes:
            finite_number("slopes", slope)
        if finite_number("sd", self.sd) <= 0.0:
            raise ValueError(f"sd is {self.sd!r}: it must be above 0")
        if not isinstance(self.source, str) or not self.source.strip():
            raise ValueError(f"source is {self.source!r}: a reference says where it comes from")


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
        First and last score of each reference person, in score units; None and nan are missing.
    covariates : array_like, shape (n,) or (n, k), optional
        Further predictors (age, 0/1 for a service).
    source : str
        Which data these are; kept with the reference.
    missing : {"raise", "omit"}
        Refuse rows with a missing value, or leave them out and count them in `n_missing`.

    Returns
    -------
    Reference
        `sd` is the SD of the intake scores in score units, `mean_effect` the mean change over it.

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
    table, n_rows = columns_of(intake, last, covariates)
    present = ~np.isnan(table).any(axis=1)
    n_missing = n_rows - int(present.sum())
    refuse_missing("intake, last and covariates", n_missing, n_rows, missing)
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
        n=kept.shape[0],
        n_missing=n_missing,
    )


def columns_of(
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
