"""The wild cluster bootstrap of one coefficient, its null imposed, and the interval by inversion."""

from __future__ import annotations

import math
from itertools import product
from typing import Literal, NamedTuple

import numpy as np

from fit_metrics._arrays import FloatArray
from fit_metrics._cluster_rows import ClusterProducts

WildWeights = Literal["webb", "rademacher"]

_WEBB = np.sqrt([0.5, 1.0, 1.5])
_WEBB_POINTS = np.concatenate([-_WEBB[::-1], _WEBB])
# Draws that equal the data but for rounding count as at least as extreme.
_TIE = 1e-9
# Squared statistic of an estimate that is the null but for rounding: no draw is less extreme.
_NO_DISTANCE = 1e-20
_MOST_DOUBLINGS = 30
_HALVINGS = 50


class WildTest(NamedTuple):
    """Draws of the wild bootstrap, as functions of the null hypothesis.

    With d the estimate less the coefficient under the null, draw r has the squared statistic
    (a + d b)^2 / (c + 2 d e + d^2 g), each a column of `draws`; that of the data is d^2 / `spread`.
    """

    draws: FloatArray
    spread: float
    is_complete: bool

    def p_value(self, distance: float) -> float:
        """Give the two-sided p-value of the null that lies `distance` below the estimate."""
        a, b, c, e, g = self.draws
        own = distance**2 / self.spread
        if own < _NO_DISTANCE:
            return 1.0
        below = c + 2.0 * distance * e + distance**2 * g
        as_extreme = (a + distance * b) ** 2 >= own * (1.0 - _TIE) * below
        count, size = int(np.count_nonzero(as_extreme)), int(as_extreme.size)
        added = 0 if self.is_complete else 1
        return (count + added) / (size + added)

    def limit(self, start: float, level: float) -> float:
        """Give the distance on the side of `start` at which the null begins to be rejected.

        It is doubled until the null is rejected, then halved in between; infinite where no null
        that far is rejected.
        """
        outer = start
        for _ in range(_MOST_DOUBLINGS):
            if self.p_value(outer) <= 1.0 - level:
                break
            outer = 2.0 * outer
        else:
            return math.copysign(math.inf, start)
        inner = 0.0
        for _ in range(_HALVINGS):
            middle = 0.5 * (inner + outer)
            if self.p_value(middle) <= 1.0 - level:
                outer = middle
            else:
                inner = middle
        return 0.5 * (inner + outer)


def wild_test(
    parts: ClusterProducts,
    n: int,
    weights: WildWeights,
    rng: np.random.Generator | None,
    resamples: int,
) -> WildTest:
    """Give the wild bootstrap of the last coefficient of an orthonormal design.

    `parts` are the products of columns with mean square 1 over n rows, the last one being the
    regressor cleared of the others, and their products with the residuals of the full regression.
    All that a draw needs are these sums over clusters: the restricted residuals are the full ones
    plus d times the regressor, and regressing a draw on the design is a product of p columns.
    """
    own, slopes = parts.scores[:, -1], parts.squares[:, -1, :]
    drawn, is_complete = _draws(own.size, weights, rng, resamples)
    # Restricted scores are S + d M; what is left of a draw after its own regression, U + d V.
    numerator = drawn @ own, drawn @ slopes[:, -1]
    left = drawn * own - (drawn @ parts.scores) @ slopes.T / n
    left_slope = drawn * slopes[:, -1] - (drawn @ slopes) @ slopes.T / n
    denominator = (
        (left**2).sum(axis=1),
        (left * left_slope).sum(axis=1),
        (left_slope**2).sum(axis=1),
    )
    return WildTest(np.stack([*numerator, *denominator]), float((own**2).sum()) / n**2, is_complete)


def _draws(
    clusters: int, weights: WildWeights, rng: np.random.Generator | None, resamples: int
) -> tuple[FloatArray, bool]:
    """Give one weight for each draw and cluster, and whether these are all draws there are."""
    if weights == "rademacher" and 2**clusters <= resamples:
        return np.array(list(product([-1.0, 1.0], repeat=clusters))), True
    if not isinstance(rng, np.random.Generator):
        raise ValueError(
            f"rng is {rng!r}: the wild bootstrap draws at random and needs a numpy.random.Generator"
        )
    points = _WEBB_POINTS if weights == "webb" else np.array([-1.0, 1.0])
    return points[rng.integers(points.size, size=(resamples, clusters))], False
