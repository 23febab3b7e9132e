"""The model behind the expected outcome: complete rows, an orthonormal basis, residuals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fit_metrics._arrays import FloatArray, as_column, check_same_length, refuse_missing
from fit_metrics._groups import Groups, as_groups
from fit_metrics._options import Missing
from fit_metrics._spline import check_knots, spline_basis, spline_knots

_SMALLEST_EIGENVALUE = 1e-11


class Rows(NamedTuple):
    """Complete rows with the model's columns made orthonormal, sorted by unit."""

    outcome: FloatArray
    basis: FloatArray
    labels: NDArray[Any]
    units: NDArray[np.int64]
    clusters: NDArray[np.int64] | None
    knots: FloatArray
    n_missing: int

    @property
    def persons(self) -> NDArray[np.int64]:
        """Number of rows of each unit, 0 where all of its rows are incomplete."""
        return np.bincount(self.units, minlength=self.labels.size)


def complete_rows(
    outcome: ArrayLike,
    intake: ArrayLike,
    unit: ArrayLike,
    categories: Mapping[str, ArrayLike] | None,
    cluster: ArrayLike | None,
    knots: SupportsIndex | ArrayLike | None,
    missing: Missing,
) -> Rows:
    """Give the rows that miss nothing, and the basis of the model's columns on them."""
    results, start = as_column("outcome", outcome), as_column("intake", intake)
    check_same_length("outcome", results, "intake", start)
    columns = {"unit": as_groups("unit", unit)}
    if categories is not None and not isinstance(categories, Mapping):
        raise ValueError(f"categories is a {type(categories).__name__}: it must be a mapping")
    for name, values in (categories or {}).items():
        columns[f"categories[{name!r}]"] = as_groups(f"categories[{name!r}]", values)
    if cluster is not None:
        columns["cluster"] = as_groups("cluster", cluster)
    is_complete = ~(np.isnan(results) | np.isnan(start))
    for name, column in columns.items():
        if column.codes.size != results.size:
            raise ValueError(
                f"outcome has {results.size} values and {name} has {column.codes.size}: they must "
                "be rows of the same table"
            )
        is_complete &= column.codes >= 0
    n_missing = int(results.size - np.count_nonzero(is_complete))
    refuse_missing("the rows", n_missing, results.size, missing)
    units = columns.pop("unit")
    clusters = columns.pop("cluster", None)
    order = np.flatnonzero(is_complete)
    order = order[np.argsort(units.codes[order], kind="stable")]
    places = _places(start[order], knots)
    return Rows(
        outcome=results[order],
        basis=orthonormal(_columns(start[order], places, columns, order)),
        labels=units.labels,
        units=units.codes[order],
        clusters=None if clusters is None else clusters.codes[order],
        knots=places,
        n_missing=n_missing,
    )


def _places(intake: FloatArray, knots: SupportsIndex | ArrayLike | None) -> FloatArray:
    if knots is None:
        return np.empty(0)
    if np.ndim(np.asarray(knots)) > 0:
        return check_knots(np.asarray(knots))
    # Nobody has no quantiles; the result is then nan whatever the knots.
    return spline_knots(intake, knots) if intake.size else np.empty(0)  # type: ignore[arg-type]


def _columns(
    intake: FloatArray, places: FloatArray, categories: Mapping[str, Groups], order: NDArray[Any]
) -> FloatArray:
    curve = spline_basis(intake, places) if places.size else intake[:, np.newaxis]
    parts = [np.ones((intake.size, 1)), curve]
    for groups in categories.values():
        positions = np.arange(1, groups.labels.size)
        parts.append((groups.codes[order, np.newaxis] == positions).astype(np.float64))
    return np.concatenate(parts, axis=1)


def orthonormal(columns: FloatArray) -> FloatArray:
    """Give an orthonormal basis of the columns' span; columns that others make up are dropped.

    Two rounds of squares instead of a QR decomposition: the second makes up for the digits that
    the first loses, and both run at the speed of a matrix product.
    """
    if columns.shape[0] == 0:
        return np.empty((0, 0))
    # All columns but the first (the ones) are centred, which keeps the span.
    shifted = np.concatenate([columns[:, :1], columns[:, 1:] - columns[:, 1:].mean(axis=0)], axis=1)
    sizes = np.sqrt((shifted**2).sum(axis=0))
    scale = np.maximum(np.abs(columns).max(axis=0), 1e-300) * np.sqrt(columns.shape[0])
    shifted = shifted[:, sizes > 1e-13 * scale] / sizes[sizes > 1e-13 * scale]
    values, vectors = np.linalg.eigh(shifted.T @ shifted)
    keep = values > _SMALLEST_EIGENVALUE * values[-1]
    first = shifted @ (vectors[:, keep] / np.sqrt(values[keep]))
    triangle = np.linalg.cholesky(first.T @ first)
    return np.asarray(np.linalg.solve(triangle, first.T).T)
