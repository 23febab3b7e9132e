"""Write the schema `metrics` of the build database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from fit_warehouse import database
from fit_warehouse.home import Home
from fit_warehouse.measure import (
    avoided_service,
    cost,
    cost_comparison,
    cost_effectiveness,
    cost_probability,
    cost_sensitivity,
    counts,
    course,
    delivery,
    dropout,
    flow_effect,
    informants,
    outcome,
    scales,
    tables,
    visits,
)
from fit_warehouse.measure import context as contexts
from fit_warehouse.measure.context import Context
from fit_warehouse.settings import Settings

Rows = Iterable[Mapping[str, Any]]

MEASURES: dict[str, Callable[[Context], Rows]] = {
    "city_outcome": lambda context: outcome.rows(context, outcome.GROUP),
    "service_outcome": lambda context: outcome.rows(context, outcome.SERVICE_GROUP),
    "team_outcome": lambda context: outcome.rows(context, outcome.TEAM_GROUP),
    "course": course.rows,
    "course_by_intake": lambda context: course.rows(context, by_intake=True),
    "city_funnel": counts.funnel,
    "team_funnel": counts.team_funnel,
    "dropout": dropout.rows,
    "informant_agreement": informants.rows,
    "scale_quality": scales.rows,
    "city_use": counts.use,
    "cost_effect": counts.cost_effect,
    "cost_net": cost.net,
    "cost_sensitivity": cost_sensitivity.sensitivity,
    "cost_probability": cost_probability.probability,
    "cost_excluded": cost.excluded,
    "cost_outcome": cost.outcome,
    "cost_comparison": cost_comparison.comparison,
    "cost_effectiveness": cost_effectiveness.effectiveness,
    "cost_acceptability": cost_effectiveness.acceptability,
    "cost_confirmed": cost.confirmed,
    "avoided_service": avoided_service.rows,
    "visit_without_benefit": visits.rows,
    "flow_effect": flow_effect.effect,
}


def measure(settings: Settings, home: Home, *, as_of: date | None = None) -> Context:
    """Compute every table of statistics from the marts.

    Returns
    -------
    Context
        Of the run; its connection is closed.
    """
    connection = database.connect(
        home.build_database, settings.build, temporary=home.path / "spill"
    )
    try:
        context = contexts.make(connection, settings, as_of)
        for name, rows in MEASURES.items():
            tables.write(connection, "metrics", tables.table(name), rows(context))
        tables.write(connection, "metrics", tables.table("delivery"), delivery.deliveries(home))
        tables.write(connection, "metrics", tables.table("delivery_reason"), delivery.reasons(home))
        return context
    finally:
        connection.close()
