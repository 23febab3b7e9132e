"""Intervals of what an episode and a reliably improved client cost: over teams, and over families."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from fit_metrics.cost_outcome import CostPerOutcome, cost_per_outcome
from fit_warehouse.measure.context import Context

COLUMNS = ("ci_low", "ci_high", "ci_level", "method", "set_kind", "bca_low", "bca_high")
# Of a ratio whose denominator is of other episodes than its numerator.
NONE = {**dict.fromkeys(COLUMNS), "bca_reason": "other_episodes"}
# From so many clusters the bootstrap holds its level: docs/method/cost_outcome.md.
LEAST_FAMILIES = 50
RESAMPLES = 1_999


def limits(
    context: Context, kind: Sequence[str], closed: str
) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Return the limits of each line of cost_outcome that is a ratio over the same episodes.

    Parameters
    ----------
    context
        Of the run.
    kind
        Columns that set lines apart.
    closed
        Query of the episodes and clients that closed in the period, with `is_improved`.

    Returns
    -------
    dict
        The columns of `NONE` by the values of `kind` and the indicator. Limits that are not
        finite are missing: `set_kind` says which set there is instead of an interval, and
        `bca_reason` why there is none of the bootstrap.
    """
    frame = context.connection.execute(
        f"""
        select {", ".join(kind)}, team_code, total_cost_eur::double as cost,
            coalesce(family_key, episode_key) as family,
            case when is_in_change = 1 then is_improved::double end as improved
        from ({closed})
        where total_cost_eur is not null
        order by all
        """,
        context.days,
    ).pl()
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for key, episodes in frame.partition_by(*kind, as_dict=True).items():
        costs = episodes["cost"].to_numpy()
        outcomes = {
            "cost_per_episode": np.ones(len(costs)),
            "cost_per_improved": episodes["improved"].to_numpy(),
        }
        for indicator, outcome in outcomes.items():
            result = cost_per_outcome(
                costs, outcome, clusters=episodes["team_code"].to_list(), level=context.ci_level
            )
            of_families = cost_per_outcome(
                costs,
                outcome,
                clusters=episodes["family"].to_list(),
                ci="bootstrap",
                rng=np.random.default_rng(context.cost.seed),
                n_resamples=RESAMPLES,
                level=context.ci_level,
            )
            found[(*key, indicator)] = {
                "ci_low": _finite(result.ci_low),
                "ci_high": _finite(result.ci_high),
                "ci_level": result.ci_level,
                "method": result.method,
                "set_kind": result.set_kind,
                **_bca(of_families),
            }
    return found


def _bca(result: CostPerOutcome) -> dict[str, Any]:
    """Return the limits of the bootstrap of families, or why there are none."""
    reason = None
    if not result.total_outcome:
        reason = "no_outcome"
    elif result.n_clusters < LEAST_FAMILIES:
        reason = "few_families"
    elif math.isnan(result.ci_low):
        reason = "no_variation"
    limits = (result.ci_low, result.ci_high) if reason is None else (None, None)
    return {"bca_low": limits[0], "bca_high": limits[1], "bca_reason": reason}


def _finite(limit: float) -> float | None:
    return limit if math.isfinite(limit) else None
