"""Likelihood of a model with one grouping, from sums over groups."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from fit_metrics._arrays import FloatArray
from fit_metrics._multilevel_likelihood import Evaluation, Likelihood, finish
from fit_metrics._multilevel_rows import Codes


@dataclass(frozen=True, slots=True)
class Blocks(Likelihood):
    """Groups, each with q random effects (an intercept, or an intercept and a slope).

    Each group's random-effect columns are written as an orthonormal basis times an upper triangle.
    Scores and covariates split into their coordinates in that basis, which the group variance acts
    on, and a rest, which it leaves alone.

    Attributes
    ----------
    triangles : ndarray, shape (groups, q, q)
        The upper triangles.
    coordinates : ndarray, shape (groups, q, p + 1)
        Coordinates of the p covariates and of the scores.
    """

    triangles: FloatArray
    coordinates: FloatArray

    @property
    def effects(self) -> int:
        """How many random effects a group has."""
        return int(self.triangles.shape[1])

    def factor(self, theta: FloatArray) -> FloatArray:
        """Give the lower triangle that `theta` fills column by column."""
        if self.effects == 1:
            return theta.reshape(1, 1)
        return np.array([[theta[0], 0.0], [theta[1], theta[2]]])

    def rebased(self, coordinates: FloatArray) -> Blocks:
        """Give the same groups with random effects `coordinates` @ the effects of these."""
        return replace(self, triangles=self.triangles @ np.linalg.inv(coordinates))

    def inverse(self, factor: FloatArray) -> tuple[FloatArray, float]:
        """Give the inverse variance in each group's basis and the log-determinant of all."""
        root = self.triangles @ factor
        if self.effects == 1:
            variance = 1.0 + root**2
            return 1.0 / variance, float(np.log(variance).sum())
        a = 1.0 + root[:, 0, 0] ** 2 + root[:, 0, 1] ** 2
        b = root[:, 0, 0] * root[:, 1, 0] + root[:, 0, 1] * root[:, 1, 1]
        c = 1.0 + root[:, 1, 0] ** 2 + root[:, 1, 1] ** 2
        # The determinant as a sum of squares: a c - b² loses digits near a correlation of ±1.
        area = root[:, 0, 0] * root[:, 1, 1] - root[:, 0, 1] * root[:, 1, 0]
        determinant = 1.0 + (root**2).sum(axis=(1, 2)) + area**2
        inverse = np.empty_like(root)
        inverse[:, 0, 0], inverse[:, 1, 1] = c / determinant, a / determinant
        inverse[:, 0, 1] = inverse[:, 1, 0] = -b / determinant
        return inverse, float(np.log(determinant).sum())

    def evaluate(self, theta: FloatArray, variance: float | None = None) -> Evaluation:
        """Give deviance and gradient at `theta`, with the residual variance profiled out or set."""
        factor = self.factor(theta)
        inverse, log_determinant = self.inverse(factor)
        weighted = inverse @ self.coordinates
        groups, q, m = weighted.shape
        products = self.rest + (
            self.coordinates.reshape(groups * q, m).T @ weighted.reshape(groups * q, m)
        )
        point = finish(self, products, log_determinant, variance)
        turned = self.triangles.transpose(0, 2, 1)
        slopes = turned @ weighted
        information = (turned @ inverse @ self.triangles).sum(axis=0)
        residual = slopes[:, :, -1] - slopes[:, :, :-1] @ point.beta
        pull = residual.T @ residual / point.variance
        if self.restricted:
            covariates = slopes[:, :, :-1]
            pull = pull + np.einsum("jkp,jlp->kl", covariates @ point.covariance, covariates)
        steepness = information - pull
        gradient = 2.0 * (steepness @ factor)[np.tril_indices(q)]
        return point.with_gradient(gradient, steepness, information)


def intercept_blocks(
    columns: FloatArray, codes: Codes, groups: int, *, restricted: bool, offset: float
) -> Blocks:
    """Give the sums of a random-intercept model of rows."""
    counts = np.bincount(codes, minlength=groups).astype(np.float64)
    means, deviations = group_means(columns, codes, counts)
    rest = deviations.T @ deviations
    return intercept_blocks_from_means(counts, means, rest, restricted=restricted, offset=offset)


def intercept_blocks_from_means(
    counts: FloatArray, means: FloatArray, rest: FloatArray, *, restricted: bool, offset: float
) -> Blocks:
    """Give the sums of a random-intercept model of group means and the products within groups."""
    roots = np.sqrt(counts)
    return Blocks(
        n=int(counts.sum()),
        p=means.shape[1] - 1,
        restricted=restricted,
        offset=offset,
        triangles=roots[:, None, None],
        coordinates=roots[:, None, None] * means[:, None, :],
        rest=rest,
        groups=int(np.count_nonzero(counts)),
    )


def group_means(
    columns: FloatArray, codes: Codes, counts: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Give the means of each group and what they leave; the first column is the intercept."""
    means = np.ones((counts.size, columns.shape[1]))
    deviations = np.zeros_like(columns)
    for j in range(1, columns.shape[1]):
        means[:, j] = np.bincount(codes, weights=columns[:, j], minlength=counts.size) / counts
        deviations[:, j] = columns[:, j] - means[codes, j]
    return means, deviations


def slope_blocks(
    columns: FloatArray,
    times: FloatArray,
    codes: Codes,
    groups: int,
    *,
    restricted: bool,
    offset: float,
) -> Blocks:
    """Give the sums of a model with a random intercept and a random slope on `times`."""
    counts = np.bincount(codes, minlength=groups).astype(np.float64)
    means, deviations = group_means(columns, codes, counts)
    time_means = np.bincount(codes, weights=times, minlength=groups) / counts
    moved = times - time_means[codes]
    spread = np.sqrt(np.bincount(codes, weights=moved**2, minlength=groups))
    # A group seen at one time only has no slope of its own: its second coordinate is 0.
    spread[spread <= 1e-12 * np.sqrt(counts) * np.abs(times).max(initial=0.0)] = 0.0
    unit = np.divide(moved, spread[codes], out=np.zeros_like(moved), where=spread[codes] > 0.0)
    roots = np.sqrt(counts)
    triangles = np.zeros((groups, 2, 2))
    triangles[:, 0, 0], triangles[:, 0, 1], triangles[:, 1, 1] = roots, roots * time_means, spread
    coordinates = np.zeros((groups, 2, columns.shape[1]))
    coordinates[:, 0] = roots[:, None] * means
    for j in range(1, columns.shape[1]):
        coordinates[:, 1, j] = np.bincount(codes, weights=unit * deviations[:, j], minlength=groups)
        deviations[:, j] -= unit * coordinates[codes, 1, j]
    return Blocks(
        n=int(counts.sum()),
        p=columns.shape[1] - 1,
        restricted=restricted,
        offset=offset,
        triangles=triangles,
        coordinates=coordinates,
        rest=deviations.T @ deviations,
        groups=counts.size,
    )
