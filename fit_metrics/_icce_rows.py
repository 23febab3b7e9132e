"""Each index of the ICCE's list from the columns of the episodes."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fit_metrics._arrays import FloatArray, refuse_missing
from fit_metrics._dropout import dropout
from fit_metrics._flags import BoolArray
from fit_metrics._means import mean_interval
from fit_metrics._options import Direction, Missing
from fit_metrics._shares import share_of
from fit_metrics.effect_size import pre_post_d
from fit_metrics.results import Estimate

EVERYBODY = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Index(Estimate):
    """One index of one group.

    Attributes
    ----------
    name : str
        Code of the index.
    group : str
        Age group, or "all".
    denominator : str
        Code of what `n` counts.
    """

    name: str
    group: str
    denominator: str


class Episodes:
    """The episodes, and an index from each of their columns."""

    def __init__(
        self,
        clients: NDArray[np.str_],
        ages: NDArray[np.str_],
        columns: dict[str, FloatArray],
        level: float,
        missing: Missing,
    ) -> None:
        self._clients, self._ages, self._columns = clients, ages, columns
        self._level, self._missing = level, missing

    def _in_group(self, group: str) -> BoolArray:
        everybody: BoolArray = np.ones(self._ages.size, dtype=np.bool_)
        return everybody if group == EVERYBODY else self._ages == group

    def count(self, name: str, number: float, n_missing: int, group: str = EVERYBODY) -> Index:
        return Index(
            estimate=float(number),
            ci_low=math.nan,
            ci_high=math.nan,
            ci_level=self._level,
            n=int(self._in_group(group).sum()) - n_missing,
            n_missing=n_missing,
            method="count",
            name=name,
            group=group,
            denominator="episodes",
        )

    def clients(self, group: str) -> Index:
        return self.count("clients", np.unique(self._clients[self._in_group(group)]).size, 0, group)

    def collateral_raters(self) -> Index:
        raters = self._columns["collateral_raters"]
        n_missing = int(np.isnan(raters).sum())
        refuse_missing("collateral_raters", n_missing, raters.size, self._missing)
        return self.count("collateral_raters", np.nansum(raters), n_missing)

    def mean(self, name: str, column: str, group: str = EVERYBODY) -> Index:
        values = self._columns[column][self._in_group(group)]
        refuse_missing(column, int(np.isnan(values).sum()), values.size, self._missing)
        return _index(
            mean_interval(values, level=self._level, missing=self._missing), name, group, "episodes"
        )

    def effects(self, reference: float, direction: Direction) -> tuple[Index, Index]:
        measured, n_unknown = self._measured()
        effect = pre_post_d(
            self._columns["intake"][measured],
            self._columns["last"][measured],
            level=self._level,
            missing=self._missing,
            direction=direction,
        )
        effect = replace(effect, n_missing=(effect.n_missing or 0) + n_unknown)
        own = _index(effect, "effect_size", EVERYBODY, "episodes_with_two_scores")
        relative = _index(effect, "relative_effect_size", EVERYBODY, own.denominator, reference)
        return own, relative

    def reached_target(self) -> Index:
        closed, green = self._columns["closed"], self._columns["in_green"]
        measured, _ = self._measured()
        candidates = measured & (closed == 1)
        unknown = np.isnan(closed) | np.isnan(self._columns["n_scores"])
        n_missing = int((unknown | (candidates & np.isnan(green))).sum())
        refuse_missing("closed and in_green", n_missing, closed.size, self._missing)
        known = candidates & ~np.isnan(green)
        denominator = "closed_episodes_with_two_scores"
        successes, n = int((green[known] == 1).sum()), int(known.sum())
        share = share_of(successes, n, denominator, n_missing, self._level)
        return _index(share, "reached_target", EVERYBODY, denominator)

    def dropouts(self) -> tuple[Index, Index]:
        columns = self._columns
        shares = dropout(
            columns["closed"],
            columns["unilateral"],
            columns["in_green"],
            columns["n_scores"],
            level=self._level,
            missing=self._missing,
        ).of_measured
        without, with_effect = shares.without_effect, shares.with_effect
        return (
            _index(without, "dropout_without_effect", EVERYBODY, without.denominator),
            _index(with_effect, "dropout_with_effect", EVERYBODY, with_effect.denominator),
        )

    def _measured(self) -> tuple[BoolArray, int]:
        """Give which episodes have two scores, and of how many that is not known."""
        scores = self._columns["n_scores"]
        n_unknown = int(np.isnan(scores).sum())
        refuse_missing("n_scores", n_unknown, scores.size, self._missing)
        return scores >= 2, n_unknown


def _index(base: Estimate, name: str, group: str, denominator: str, less: float = 0.0) -> Index:
    values: dict[str, Any] = {f.name: getattr(base, f.name) for f in fields(Estimate)}
    for number in ("estimate", "ci_low", "ci_high"):
        values[number] -= less
    return Index(**values, name=name, group=group, denominator=denominator)
