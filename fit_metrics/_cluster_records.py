"""Results of the methods for clusters."""

from __future__ import annotations

from dataclasses import dataclass

from fit_metrics._multilevel_records import FixedEffects
from fit_metrics.results import Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterMean(Estimate):
    """A mean over rows of clusters.

    Attributes
    ----------
    standard_error : float
        Cluster-robust standard error.
    df : float
        Degrees of freedom of the t interval.
    n_clusters : int
        How many clusters the rows come from.
    """

    standard_error: float
    df: float
    n_clusters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterRegression:
    """A least-squares regression with cluster-robust errors.

    Attributes
    ----------
    fixed : FixedEffects
        Coefficients: the intercept first, then the covariates in their order.
    ci_level : float
        Coverage that the intervals aim at.
    n, n_missing, n_clusters : int
        Rows used, rows left out, clusters.
    method : str
        Code of the correction.
    """

    fixed: FixedEffects
    ci_level: float
    n: int
    n_missing: int
    n_clusters: int
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterBootstrap(Estimate):
    """A statistic with its interval from resampled clusters.

    Attributes
    ----------
    standard_error : float
        Standard deviation of the statistic over the resamples.
    n_clusters : int
        How many clusters there are.
    resamples : int
        How many resamples gave a value.
    """

    standard_error: float
    n_clusters: int
    resamples: int
