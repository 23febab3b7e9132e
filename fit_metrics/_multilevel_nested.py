"""Likelihood of the model with workers in teams, from the workers' means."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fit_metrics._arrays import FloatArray
from fit_metrics._multilevel_blocks import group_means
from fit_metrics._multilevel_likelihood import Evaluation, Likelihood, finish
from fit_metrics._multilevel_rows import Codes


@dataclass(frozen=True, slots=True)
class Nested(Likelihood):
    """Workers in teams, each with a random intercept; theta is (team, worker).

    Given the worker variance a team is a weighted mean of its workers, so each team costs one
    division instead of a matrix.

    Attributes
    ----------
    counts : ndarray, shape (workers,)
        Rows of each worker.
    means : ndarray, shape (workers, p + 1)
        The workers' means of covariates and scores.
    teams : ndarray of int, shape (workers,)
        The team of each worker.
    n_teams : int
        How many teams there are.
    """

    counts: FloatArray
    means: FloatArray
    teams: Codes
    n_teams: int

    def per_team(self, values: FloatArray) -> FloatArray:
        """Give the sums over each team's workers, of one column or of several."""
        if values.ndim == 1:
            sums = np.bincount(self.teams, weights=values, minlength=self.n_teams)
            return np.asarray(sums, dtype=np.float64)
        return np.column_stack([self.per_team(column) for column in values.T])

    def weights(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Give the weights of the workers' means and their sums over teams."""
        worker = self.counts / (1.0 + theta[1] ** 2 * self.counts)
        return worker, self.per_team(worker)

    def evaluate(self, theta: FloatArray, variance: float | None = None) -> Evaluation:
        """Give deviance and gradient at `theta`, with the residual variance profiled out or set."""
        worker, team = self.weights(theta)
        lift = 1.0 + theta[0] ** 2 * team
        centres = self.per_team(worker[:, None] * self.means) / team[:, None]
        moved = self.means - centres[self.teams]
        shrunk = centres / lift[:, None]
        products = (
            self.rest + moved.T @ (worker[:, None] * moved) + centres.T @ (team[:, None] * shrunk)
        )
        log_determinant = float(np.log(lift).sum() + np.log1p(theta[1] ** 2 * self.counts).sum())
        point = finish(self, products, log_determinant, variance)
        # Z'V⁻¹ of covariates and scores, for teams and for workers.
        team_slopes = team[:, None] * shrunk
        worker_slopes = worker[:, None] * (moved + shrunk[self.teams])
        information = np.array(
            [
                (team / lift).sum(),
                (worker - worker**2 * (theta[0] ** 2 / lift)[self.teams]).sum(),
            ]
        )
        pull = np.array([self._pull(slopes, point) for slopes in (team_slopes, worker_slopes)])
        steepness = information - pull
        return point.with_gradient(
            2.0 * steepness * theta, np.diag(steepness), np.diag(information)
        )

    def _pull(self, slopes: FloatArray, point: Evaluation) -> float:
        covariates = slopes[:, :-1]
        residual = slopes[:, -1] - covariates @ point.beta
        pull = float(residual @ residual) / point.variance
        if self.restricted:
            pull += float(np.sum((covariates @ point.covariance) * covariates))
        return pull


def nested(
    columns: FloatArray,
    workers: Codes,
    counts: FloatArray,
    teams: Codes,
    n_teams: int,
    *,
    restricted: bool,
    offset: float,
) -> Nested:
    """Give the sums of a model of rows; `teams` says the team of each worker."""
    means, deviations = group_means(columns, workers, counts)
    return Nested(
        n=int(counts.sum()),
        p=columns.shape[1] - 1,
        restricted=restricted,
        offset=offset,
        groups=counts.size,
        counts=counts,
        means=means,
        rest=deviations.T @ deviations,
        teams=teams,
        n_teams=n_teams,
    )
