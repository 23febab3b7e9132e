"""Cost and outcome of episodes under FIT against those of teams that had not begun.

The rows and adjustments are those of cost_comparison, of openings that lie a year further back: an
outcome is known twelve months after the closing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from fit_warehouse.measure.compared_costs import PRICED, Line, lines, opened_to
from fit_warehouse.measure.context import Context
from fit_warehouse.measure.cost_comparison import CAVEAT, LEFT_OUT, in_euros, left_out, size_of
from fit_warehouse.measure.used_units import closed_episodes

ONE_EURO = Decimal(1)


def effectiveness(context: Context) -> Iterator[dict[str, Any]]:
    """Yield the lines of cost_effectiveness: a service and an outcome, and never several services."""
    last = opened_to(context)
    closed = closed_episodes(context.connection, last)
    others = left_out(context, closed, last)
    for line in lines(context):
        counted = others.filter(service_code=line.service)
        yield {
            "service_code": line.service,
            "outcome_code": line.outcome,
            "opened_from": line.rows["started_on"].min(),
            "opened_to": last,
            **size_of(line.rows),
            **{name: counted[name].sum() for name in LEFT_OUT},
            "n_without_cost": line.n_without_cost,
            "n_without_outcome": line.n_without_outcome,
            **_priced(line),
            **_differences(line),
            **_ratio(line),
            "ci_level": context.ci_level,
            "refusal_reason": line.refusal,
            "interval_reason": line.interval_reason,
            "caveat_code": CAVEAT,
            "as_of": context.as_of,
        }


def acceptability(context: Context) -> Iterator[dict[str, Any]]:
    """Yield the lines of cost_acceptability: a compared service and outcome at each value of it."""
    for line in lines(context):
        found, told = line.found, line.told
        if found is None:
            continue
        size = size_of(line.rows)
        for place, value in enumerate(found.values.tolist()):
            yield {
                "service_code": line.service,
                "outcome_code": line.outcome,
                **{name: size[name] for name in ("n", "n_persons", "n_teams")},
                **_priced(line),
                "willingness_to_pay_eur": Decimal(value),
                "net_benefit_eur": _euros(found.net_benefit[place]),
                "net_benefit_low_eur": _euros(told.net_benefit_low[place]) if told else None,
                "net_benefit_high_eur": _euros(told.net_benefit_high[place]) if told else None,
                "probability": float(told.acceptability[place]) if told else None,
                "ci_level": context.ci_level,
                "interval_reason": line.interval_reason,
                "caveat_code": CAVEAT,
                "as_of": context.as_of,
            }


def _priced(line: Line) -> dict[str, Any]:
    """Return whose money and of which year; missing where the costs have nothing in common."""
    told = line.rows if line.refusal is None else line.rows.clear()
    return {"perspective": "payer", **{name: told[name].max() for name in PRICED}}


def _differences(line: Line) -> dict[str, Any]:
    found, told = line.found, line.told
    return {
        "cost_difference_eur": _euros(found.incremental_cost) if found else None,
        "cost_difference_low_eur": _euros(told.cost_low) if told else None,
        "cost_difference_high_eur": _euros(told.cost_high) if told else None,
        "outcome_difference": found.incremental_effect if found else None,
        "outcome_difference_low": told.effect_low if told else None,
        "outcome_difference_high": told.effect_high if told else None,
    }


def _ratio(line: Line) -> dict[str, Any]:
    """Return the place on the plane and the ratio, which alone of a few teams would say too much."""
    found, told = line.found, line.told
    ratio = ("estimate", "ci_low", "ci_high", "excluded_low", "excluded_high")
    return {
        "verdict": found.verdict if found else None,
        **{name: _finite(getattr(told, name)) if told else None for name in ratio},
        "set_kind": told.set_kind if told else None,
        "method": found.method if found else None,
    }


def _finite(limit: float) -> float | None:
    return limit if math.isfinite(limit) else None


def _euros(amount: float) -> Decimal | None:
    return in_euros(amount, ONE_EURO)
