"""Sums over clusters, which is all that the methods for clusters need of the rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fit_metrics._arrays import FloatArray
from fit_metrics._multilevel_rows import Codes


class ClusterProducts(NamedTuple):
    """Cross-products of each cluster, and what least squares of all rows leaves.

    Attributes
    ----------
    squares : ndarray, shape (clusters, p, p)
        Cross-products of the design's columns.
    scores : ndarray, shape (clusters, p)
        Products of the design's columns with the residuals.
    """

    squares: FloatArray
    scores: FloatArray


def products(columns: FloatArray, codes: Codes, clusters: int) -> ClusterProducts:
    """Give the cross-products of a design whose last column is the residual."""
    p = columns.shape[1] - 1
    squares, scores = np.empty((clusters, p, p)), np.empty((clusters, p))

    def total(values: FloatArray) -> FloatArray:
        return np.asarray(np.bincount(codes, weights=values, minlength=clusters), dtype=np.float64)

    for a in range(p):
        scores[:, a] = total(columns[:, a] * columns[:, -1])
        for b in range(a + 1):
            squares[:, a, b] = squares[:, b, a] = total(columns[:, a] * columns[:, b])
    return ClusterProducts(squares, scores)


def sums(columns: FloatArray, codes: Codes, clusters: int) -> FloatArray:
    """Give each cluster's rows and its sums of the columns, shape (clusters, 1 + columns)."""
    each = [np.bincount(codes, weights=column, minlength=clusters) for column in columns.T]
    return np.column_stack([np.bincount(codes, minlength=clusters).astype(np.float64), *each])
