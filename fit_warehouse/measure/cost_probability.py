"""How the net amount of a line of cost_net varies when its assumptions vary together.

A factor is one judgement: a draw reads all rows of it at the same share of their ranges, so that a
factor which is high for one day of closing is high for the others. Factors are drawn apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fit_metrics.cost_effect import Pert, Uniform, probabilistic
from fit_warehouse.measure.context import Context
from fit_warehouse.measure.cost import KIND, net
from fit_warehouse.measure.cost_comparison import in_euros
from fit_warehouse.measure.cost_sensitivity import ADDING, KIND_OF_BASE, SCENARIOS, TAKING, TERMS
from fit_warehouse.measure.tables import read

Draws = NDArray[np.float64]

DISTRIBUTION = "pert"
LEVEL = 0.95  # between the percentiles that the columns are named by
SHARES = "avor"
AMOUNTS = "gpq"
FACTORS = {letter: factor for factor, letters in (ADDING | TAKING).items() for letter in letters}


def probability(context: Context) -> Iterator[dict[str, Any]]:
    """Yield the lines of cost_probability, of each line of cost_net that has a net amount."""
    columns = KIND.split(", ")
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for group in _groups(context):
        groups.setdefault(tuple(group[name] for name in columns), []).append(group)
    drawn = {factor: Uniform(low=0, high=1) for factor in dict.fromkeys(FACTORS.values())}
    for line in net(context):
        if line["scenario"] != "base" or line["net_amount_eur"] is None:
            continue
        of_line = groups[tuple(line[name] for name in columns)]
        found = probabilistic(
            partial(_net, of_line, float(line["fit_cost_eur"])),
            drawn,
            rng=np.random.default_rng(context.cost.seed),
            n_draws=context.cost.draws,
            level=LEVEL,
        )
        yield {
            **{name: line[name] for name in (*columns, "n_episodes", "n_persons", "n_workers")},
            "net_mean_eur": in_euros(found.estimate, Decimal(1)),
            "net_p025_eur": in_euros(found.ci_low, Decimal(1)),
            "net_p500_eur": in_euros(float(np.median(found.draws)), Decimal(1)),
            "net_p975_eur": in_euros(found.ci_high, Decimal(1)),
            "probability_net_above_zero": found.share_above_zero,
            "n_draws": context.cost.draws,
            "seed": context.cost.seed,
            "distribution": DISTRIBUTION,
            "as_of": context.as_of,
            **context.days,
        }


def _net(groups: list[dict[str, Any]], fit_cost: float, **shares: Draws) -> Draws:
    """Return the net amount of each draw: a (v g - o p - r q) of every group, less FIT's own cost."""
    total = np.full(shares["attribution_share"].size, -fit_cost)
    for group in groups:
        a, v, o, r, g, p, q = (
            _pert(group, letter).quantile(shares[FACTORS[letter]]) for letter in SHARES + AMOUNTS
        )
        total += a * (v * g - o * p - r * q)
    return total


def _pert(group: dict[str, Any], letter: str) -> Pert:
    """Return the distribution of a term: what takes away is high in the low scenario."""
    low, mode, high = sorted(float(group[f"{letter}_{end}"]) for end in ("low", "base", "high"))
    return Pert(low=low, mode=mode, high=high)


def _groups(context: Context) -> list[dict[str, Any]]:
    """Return, by line, the endings with the same shares and the sums of their amounts."""
    shares = ", ".join(
        f"coalesce({end}.{TERMS[letter]}, 0)::double as {letter}_{end}"
        for letter in SHARES
        for end in ("low", "base", "high")
    )
    amounts = ", ".join(
        f"sum(coalesce({end}.{TERMS[letter]}, 0)) as {letter}_{end}"
        for letter in AMOUNTS
        for end in ("low", "base", "high")
    )
    return read(
        context.connection,
        f"select {KIND_OF_BASE}, {shares}, {amounts} {SCENARIOS} group by all order by all",
        context.days,
    )
