"""What a comparison is adjusted for: numbers as they are, codes as indicator columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fit_metrics._arrays import FloatArray, check_same_length
from fit_metrics._groups import as_groups
from fit_metrics._multilevel_rows import covariate_matrix


class Adjustments(NamedTuple):
    """Covariates and codes of factors, one row an episode."""

    matrix: FloatArray
    codes: tuple[NDArray[np.int64], ...]

    def is_lacking(self) -> NDArray[np.bool_]:
        """Give which rows have a missing covariate or code."""
        found = np.isnan(self.matrix).any(axis=1)
        for codes in self.codes:
            found |= codes < 0
        return np.asarray(found, dtype=np.bool_)

    def columns(self, kept: NDArray[np.bool_]) -> FloatArray:
        """Give the columns of the kept rows: covariates, then indicators in the order of factors."""
        return np.column_stack(
            [self.matrix[kept], *(_indicators(each[kept]) for each in self.codes)]
        )


def adjustments(
    covariates: ArrayLike | None,
    factors: Mapping[str, ArrayLike] | None,
    name: str,
    column: FloatArray,
) -> Adjustments:
    """Give the adjustments of rows that have `column`, called `name` where lengths differ."""
    matrix = covariate_matrix(covariates, column.size)
    coded = {each: as_groups(f"factors[{each!r}]", raw) for each, raw in (factors or {}).items()}
    for each, groups in coded.items():
        check_same_length(name, column, f"factors[{each!r}]", groups.codes)
    return Adjustments(matrix, tuple(groups.codes for groups in coded.values()))


def _indicators(codes: NDArray[np.int64]) -> FloatArray:
    """Give a column for each code that occurs but the first."""
    levels = np.unique(codes)[1:]
    return np.asarray(codes[:, None] == levels, dtype=np.float64)
