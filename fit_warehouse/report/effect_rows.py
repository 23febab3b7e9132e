"""Rows of the published tables beside the calculated amounts: a comparison, a queue, a probability.

A field with a default may be missing in a publication that was made before the column.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Comparison:
    """Used units with FIT less those without, an episode; of a service, or of all in shares of the plan."""

    service_code: str
    unit: str
    opened_to: date
    n: int | None
    n_fit: int | None
    n_comparison: int | None
    n_teams: int | None
    n_fit_teams: int | None
    n_comparison_teams: int | None
    n_left_out: int | None
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    ci_level: float | None
    interval_reason: str | None
    procurement: str | None
    price_year: int | None
    vat_included: int | None
    per: str | None
    unit_price_eur: Decimal | None
    estimate_eur: Decimal | None
    ci_low_eur: Decimal | None
    ci_high_eur: Decimal | None
    caveat_code: str
    is_suppressed: int


@dataclass(frozen=True, slots=True)
class Flow:
    """The wait of a service with its early endings and without them, in one scenario."""

    service_code: str
    scenario: str
    n_episodes: int | None
    n_started: int | None
    mean_wait_days: float | None
    wait_days_without: float | None
    wait_change_days: float | None
    share_used: float | None
    caveat_code: str
    is_suppressed: int
    procurement: str | None = None
    n_referred: int | None = None
    arrival_pattern: str | None = None
    n_places: int | None = None
    n_replications: int | None = None
    simulated_wait_days: float | None = None
    simulated_wait_days_without: float | None = None
    simulated_change_days: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    ci_level: float | None = None
    share_over_30_days: float | None = None
    share_over_30_days_without: float | None = None
    share_over_90_days: float | None = None
    share_over_90_days_without: float | None = None
    simulation_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Probability:
    """The net amount of a line when all its assumptions are drawn at once."""

    service_code: str
    procurement: str
    price_year: int
    vat_included: int | None
    n_episodes: int | None
    net_mean_eur: Decimal | None
    net_p025_eur: Decimal | None
    net_p500_eur: Decimal | None
    net_p975_eur: Decimal | None
    probability_net_above_zero: float | None
    n_draws: int | None
    seed: int | None
    distribution: str
    is_suppressed: int
