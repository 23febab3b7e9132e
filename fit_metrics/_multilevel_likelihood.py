"""What the likelihoods of all multilevel models share."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import linalg

from fit_metrics._arrays import FloatArray

HOPELESS = 1e12


def _nothing() -> FloatArray:
    return np.empty(0)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The likelihood at one value of theta.

    Attributes
    ----------
    deviance : float
        Minus twice the (restricted) log-likelihood.
    gradient : ndarray
        Its derivatives by theta.
    by_log_variance : float
        Its derivative by the logarithm of the residual variance; 0 where that is profiled out.
    beta, covariance : ndarray
        Coefficients of the design's columns and the inverse of their cross-products.
    residual_squares : float
        Weighted residual sum of squares.
    variance : float
        Residual variance.
    steepness : ndarray
        Derivatives by the relative covariance matrix of the random effects. At an optimum they
        vanish along the effects that vary and are 0 or more along those that do not.
    information : ndarray
        The part of `steepness` that the determinant gives: its natural unit.
    """

    deviance: float
    by_log_variance: float
    beta: FloatArray
    covariance: FloatArray
    residual_squares: float
    variance: float
    gradient: FloatArray = field(default_factory=_nothing)
    steepness: FloatArray = field(default_factory=_nothing)
    information: FloatArray = field(default_factory=_nothing)

    def with_gradient(
        self, gradient: FloatArray, steepness: FloatArray, information: FloatArray
    ) -> Evaluation:
        """Give the evaluation with its derivatives."""
        return replace(self, gradient=gradient, steepness=steepness, information=information)


@dataclass(frozen=True, slots=True)
class Likelihood(ABC):
    """A model as a function of theta, the random effects' standard deviations over sigma.

    Attributes
    ----------
    n, p : int
        Rows and coefficients.
    restricted : bool
        Restricted likelihood (REML) or full likelihood (ML).
    offset : float
        What the coordinates of the design add to the restricted deviance.
    rest : ndarray, shape (p + 1, p + 1)
        Cross-products of covariates and scores within groups: what no random effect touches.
    groups : int
        Groups of the lowest level.
    """

    n: int
    p: int
    restricted: bool
    offset: float
    rest: FloatArray
    groups: int

    @property
    def df(self) -> int:
        """Degrees of freedom of the residual variance."""
        return self.n - self.p if self.restricted else self.n

    def within(self) -> tuple[int, float]:
        """Give how many covariates vary within groups and the squares that they leave there."""
        values, vectors = np.linalg.eigh(self.rest[:-1, :-1])
        kept = values > 1e-9 * self.n
        along = vectors[:, kept].T @ self.rest[:-1, -1]
        explained = float((along**2 / values[kept]).sum())
        return int(np.count_nonzero(kept)), float(self.rest[-1, -1]) - explained

    def free_between(self, rank: int) -> int:
        """Give the degrees of freedom between groups beyond the covariates."""
        return self.groups - (self.p - rank)

    def free_within(self, rank: int) -> int:
        """Give the degrees of freedom within groups beyond the `rank` covariates that vary there."""
        return self.n - self.groups - rank

    @abstractmethod
    def evaluate(self, theta: FloatArray, variance: float | None = None) -> Evaluation:
        """Give deviance and gradient at `theta`, with the residual variance profiled out or set."""


def finish(
    model: Likelihood, products: FloatArray, log_determinant: float, variance: float | None
) -> Evaluation:
    """Give the evaluation that weighted cross-products of covariates and scores lead to."""
    try:
        root = np.linalg.cholesky(products[:-1, :-1])
    except np.linalg.LinAlgError:
        # So far out that the coefficients are lost in rounding: no search shall end there.
        nowhere = np.zeros(model.p)
        return Evaluation(HOPELESS, 0.0, nowhere, np.diag(nowhere), 1.0, 1.0)
    half = linalg.solve_triangular(root, products[:-1, -1], lower=True, check_finite=False)
    beta = linalg.solve_triangular(root, half, lower=True, trans=1, check_finite=False)
    inverse = linalg.solve_triangular(root, np.eye(model.p), lower=True, check_finite=False)
    squares = float(products[-1, -1] - half @ half)
    if model.restricted:
        log_determinant += 2.0 * float(np.log(root.diagonal()).sum()) + model.offset
    df = model.df
    chosen = squares / df if variance is None else variance
    deviance = log_determinant + df * math.log(2.0 * math.pi * chosen) + squares / chosen
    return Evaluation(
        deviance=deviance,
        by_log_variance=0.0 if variance is None else df - squares / chosen,
        beta=beta,
        covariance=inverse.T @ inverse,
        residual_squares=squares,
        variance=chosen,
    )
