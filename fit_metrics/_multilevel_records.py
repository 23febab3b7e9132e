"""Results of multilevel models."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fit_metrics._arrays import FloatArray
from fit_metrics._multilevel_rows import Labels
from fit_metrics.results import Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedEffects:
    """Coefficients: the intercept first, then the covariates in their order.

    Attributes
    ----------
    estimate, standard_error : ndarray, shape (p,)
        In score units per unit of the covariate.
    df : ndarray, shape (p,)
        Degrees of freedom of each coefficient's t distribution.
    ci_low, ci_high : ndarray, shape (p,)
        Limits of the interval.
    covariance : ndarray, shape (p, p)
        Covariance matrix of the estimates.
    """

    estimate: FloatArray
    standard_error: FloatArray
    df: FloatArray
    ci_low: FloatArray
    ci_high: FloatArray
    covariance: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomTerm:
    """What differs between the groups of one level: their means or their slopes.

    Attributes
    ----------
    name : str
        "group", "team", "worker", "intercept" or "slope".
    labels : ndarray, shape (groups,)
        The groups, sorted.
    parents : ndarray, shape (groups,), or None
        Of workers, the team of each; otherwise ``None``.
    n : ndarray of int, shape (groups,)
        Rows of each group.
    effect : ndarray, shape (groups,)
        Predicted deviation from the average (best linear unbiased prediction), score units.
    conditional_variance : ndarray, shape (groups,)
        Variance of the deviation given the rows, as if the parameters were known.
    estimate : ndarray, shape (groups,)
        Shrunken mean (or slope) at the means of the covariates.
    standard_error : ndarray, shape (groups,)
        Root of the mean squared error of its prediction, over the likely variances.
    ci_low, ci_high : ndarray, shape (groups,)
        Limits of the interval about `estimate`.
    reliability : ndarray, shape (groups,)
        Share of the variance of the predicted deviation that is between groups, 0 to 1.
    variance : Estimate
        Variance between groups in squared units, with its profile-likelihood interval.
    icc : Estimate or None
        Share of this variance in the total; ``None`` for slopes.
    """

    name: str
    labels: Labels
    parents: Labels | None
    n: NDArray[np.int64]
    effect: FloatArray
    conditional_variance: FloatArray
    estimate: FloatArray
    standard_error: FloatArray
    ci_low: FloatArray
    ci_high: FloatArray
    reliability: FloatArray
    variance: Estimate
    icc: Estimate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedModel:
    """A fitted multilevel model.

    Attributes
    ----------
    fixed : FixedEffects
        Coefficients.
    terms : tuple of RandomTerm
        "group"; "team" and "worker"; or "intercept" and "slope".
    residual_variance : Estimate
        Variance of rows within groups, with its profile-likelihood interval.
    correlation : Estimate or None
        Of intercepts and slopes; ``None`` in models without slopes, and nan in them where one of
        the two does not vary.
    sigma : float
        Root of the residual variance.
    theta : ndarray
        Standard deviations of the random effects over sigma (with a slope: the lower Cholesky
        factor of their covariance over sigma, by columns).
    log_likelihood : float
        Restricted (REML) or full (ML) log-likelihood.
    converged : bool
        True where a further Newton step would win less than 1e-8 of deviance and no variance at 0
        would win by leaving it.
    gain_left : float
        The deviance that such a step would win.
    ci_level : float
        Coverage that all intervals aim at.
    n, n_missing : int, int or None
        Rows in the model, and rows left out because a value was missing.
    method : str
        Code of the model and its estimator.
    """

    fixed: FixedEffects
    terms: tuple[RandomTerm, ...]
    residual_variance: Estimate
    correlation: Estimate | None
    sigma: float
    theta: FloatArray
    log_likelihood: float
    converged: bool
    gain_left: float
    ci_level: float
    n: int
    n_missing: int | None
    method: str

    def term(self, name: str) -> RandomTerm:
        """Give the random term of this name; an unknown one is a ValueError."""
        for term in self.terms:
            if term.name == name:
                return term
        names = ", ".join(repr(term.name) for term in self.terms)
        raise ValueError(f"name is {name!r}: this model has the terms {names}")
