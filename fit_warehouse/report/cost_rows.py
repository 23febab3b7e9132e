"""Rows of the published tables of money that the page on cost effects reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Net:
    """Agreed early endings of a service in one scenario, from gross to net, in euros."""

    service_code: str
    perspective: str
    procurement: str
    price_year: int
    vat_included: int | None
    scenario: str
    n_episodes: int | None
    n_persons: int | None
    n_without_effect: int | None
    gross_amount_eur: Decimal | None
    avoidable_amount_eur: Decimal | None
    avoided_amount_eur: Decimal | None
    onward_amount_eur: Decimal | None
    rereferral_amount_eur: Decimal | None
    fit_cost_eur: Decimal | None
    net_amount_eur: Decimal | None
    freed_sessions: Decimal | None
    freed_hours: Decimal | None
    is_suppressed: int


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """The net amount at both ends of one factor's range, and where its sign turns."""

    service_code: str
    procurement: str
    price_year: int
    vat_included: int | None
    factor: str
    n_episodes: int | None
    low_value: float | None
    base_value: float | None
    high_value: float | None
    net_at_low_eur: Decimal | None
    net_at_high_eur: Decimal | None
    threshold_value: float | None
    is_suppressed: int


@dataclass(frozen=True, slots=True)
class Excluded:
    """Agreed early endings that are left out of a sum, by the reason."""

    left_out_of: str
    exclusion_reason: str
    n_episodes: int | None
    n_persons: int | None
    is_suppressed: int


@dataclass(frozen=True, slots=True)
class CostOutcome:
    """What the closed episodes of a service cost, over what came of them."""

    service_code: str
    procurement: str
    price_year: int
    vat_included: int | None
    indicator: str
    n: int | None
    n_without_cost: int | None
    n_in_change: int | None
    n_improved: int | None
    n_teams: int | None
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    ci_level: float | None
    set_kind: str | None
    is_suppressed: int


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A saving that finance has found in the books."""

    service_code: str
    confirmed_from: date
    confirmed_to: date
    realised_amount_eur: Decimal | None
    price_year: int | None
    vat_included: int | None
    confirmed_by_role: str
    confirmed_on: date
    is_suppressed: int


@dataclass(frozen=True, slots=True)
class Assumption:
    """What is assumed of a factor, of one service or of all, and who says so."""

    factor: str
    service_code: str | None
    low: Decimal
    base: Decimal
    high: Decimal
    unit: str
    valid_from: date | None
    valid_to: date | None
    is_assumption: int
    source: str
