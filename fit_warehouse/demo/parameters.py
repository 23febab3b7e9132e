"""Read `city.toml`, the numbers of the synthetic city, into typed sections.

Each class below is one table of that file; what a number means and where it comes from stands
beside the number itself. A missing or a misspelt key is an error when the file is read.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from typing import Any

from fit_warehouse.demo.delivery_parameters import (
    AvoidedParameters,
    ExtractParameters,
    FlawParameters,
    OpenFitParameters,
    RolloutParameters,
)
from fit_warehouse.demo.episode_parameters import (
    EpisodeParameters,
    NextParameters,
    QueueParameters,
    SessionParameters,
)


@dataclass(frozen=True, slots=True)
class Calendar:
    """When things happen."""

    first_opening: date
    last_opening: date
    last_session: date
    extracted_at: datetime
    july_intensity: float
    christmas_intensity: float
    closed_days: list[str]


@dataclass(frozen=True, slots=True)
class OrganisationParameters:
    """How many teams and workers there are and when they adopt FIT."""

    teams: int
    reference_forms: int
    teams_at_reference: int
    team_growth: float
    most_teams: int
    workers_per_team: list[int]
    first_adoption: date
    last_adoption: date
    turnover: float
    trainer_share: float
    training_missing: float
    training_days: list[int]


@dataclass(frozen=True, slots=True)
class PeopleParameters:
    """Who the members of an episode are."""

    sibling_share: float
    sibling_index_share: float
    sibling_age_gap: int
    second_guardian_share: float
    guardian_age_at_birth: list[int]
    gender_codes: list[str]
    gender_child: list[float]
    gender_guardian: list[float]
    gender_adult: list[float]
    year_only_share: float


@dataclass(frozen=True, slots=True)
class Intake:
    """Distribution of a group's first totals."""

    mean: float
    sd: float


@dataclass(frozen=True, slots=True)
class CourseParameters:
    """How wellbeing changes and how exactly a form measures it."""

    reference_sessions: int
    gain_mean: float
    gain_sd: float
    gain_from_fit: float
    gain_per_intake_point: float
    worker_icc: float
    team_icc: float
    shock_chance: float
    shock_mean: float
    shock_sd: float
    shared_with_index: float
    state_sd: float
    item_noise_sd: float
    item_profile_sd: float
    floor: float
    ceiling: float


@dataclass(frozen=True, slots=True)
class PremParameters:
    """Experience of a session as a distance from the best total."""

    median_deficit: float
    client_log_sd: float
    session_log_sd: float
    item_log_sd: float
    change_per_session: float
    largest_deficit: float


@dataclass(frozen=True, slots=True)
class EndingParameters:
    """Chances per session that an episode ends, and when it is closed then."""

    fit_effect: float
    judgement_sd: float
    goals_min_attended: int
    goals_progress: float
    goals_level: float
    goals_with_fit: float
    goals_without_fit: float
    stuck_min_attended: int
    stuck_progress: float
    not_benefiting_with_fit: float
    not_benefiting_without_fit: float
    referred_on_with_fit: float
    referred_on_without_fit: float
    unilateral_with_fit: float
    without_fit_ratio: float
    unilateral_per_point: float
    unilateral_per_alliance: float
    moved: float
    placed: float
    died: float
    other: float
    closing_days_agreed: list[int]
    closing_days_unilateral: list[int]


@dataclass(frozen=True, slots=True)
class FormParameters:
    """Who fills in which form how often."""

    late_start: float
    prom_filled: float
    prem_filled: float
    worker_log_odds_sd: float
    filled_per_point: float
    late_baseline: float
    straight_lining: float
    always_best: float
    skip_recorded: float
    skip_reasons: list[str]
    skip_reason_shares: list[float]
    incomplete: float
    total_only: float
    late_entry: float
    cors_in_early_teens: float
    changes_form_at_13: float
    sibling_rates: float
    sibling_presence: float
    guardian_rates: float
    guardian_presence: float
    caretaker_under_6: float
    caretaker_6_to_12: float
    caretaker_over_12: float
    caretaker_presence: float
    professional_rates: float
    professional_presence: float
    young_not_offered: float


@dataclass(frozen=True, slots=True)
class Service:
    """One service: its names, its clients and its planned length."""

    code: str
    name_fi: str
    name_sv: str
    name_en: str
    team_fi: str
    team_sv: str
    team_en: str
    measure_rhythm: str
    share: float
    ages: list[int]
    age_mode: int
    is_family: bool
    may_place: bool
    planned_unit: str
    planned_choices: list[int]
    planned_shares: list[float]
    gap_days: int
    wait_days: int
    intake_shift: float
    gain_shift: float
    onward: list[str]


@dataclass(frozen=True, slots=True)
class Parameters:
    """All of `city.toml`."""

    calendar: Calendar
    organisation: OrganisationParameters
    people: PeopleParameters
    episodes: EpisodeParameters
    next: NextParameters
    queue: QueueParameters
    sessions: SessionParameters
    intake: dict[str, Intake]
    course: CourseParameters
    prem: PremParameters
    endings: EndingParameters
    forms: FormParameters
    rollout: RolloutParameters
    avoided: AvoidedParameters
    extracts: ExtractParameters
    openfit: OpenFitParameters
    flaws: FlawParameters
    services: tuple[Service, ...]
    prices: list[dict[str, Any]]
    cost_assumptions: list[dict[str, Any]]
    fit_costs: list[dict[str, Any]]


def read_city() -> dict[str, Any]:
    """Return the tables of the `city.toml` that ships with the package."""
    text = files("fit_warehouse.demo").joinpath("city.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def load_parameters() -> Parameters:
    """Return the parameters that ship with the package."""
    return from_tables(read_city())


def from_tables(tables: dict[str, Any]) -> Parameters:
    """Return the parameters that stand in these tables.

    Raises
    ------
    ValueError
        If a key is missing or unknown.
    """
    try:
        return _typed(tables)
    except TypeError as problem:
        raise ValueError(f"a key of the parameters is missing or unknown: {problem}") from problem


def _typed(tables: dict[str, Any]) -> Parameters:
    return Parameters(
        calendar=Calendar(**tables["calendar"]),
        organisation=OrganisationParameters(**tables["organisation"]),
        people=PeopleParameters(**tables["people"]),
        episodes=EpisodeParameters(**tables["episodes"]),
        next=NextParameters(**tables["next"]),
        queue=QueueParameters(**tables["queue"]),
        sessions=SessionParameters(**tables["sessions"]),
        intake={group: Intake(**values) for group, values in tables["intake"].items()},
        course=CourseParameters(**tables["course"]),
        prem=PremParameters(**tables["prem"]),
        endings=EndingParameters(**tables["endings"]),
        forms=FormParameters(**tables["forms"]),
        rollout=RolloutParameters(**tables["rollout"]),
        avoided=AvoidedParameters(**tables["avoided"]),
        extracts=ExtractParameters(**tables["extracts"]),
        openfit=OpenFitParameters(**tables["openfit"]),
        flaws=FlawParameters(**tables["flaws"]),
        services=tuple(Service(**values) for values in tables["service"]),
        prices=tables["price"],
        cost_assumptions=tables["cost_assumption"],
        fit_costs=tables["fit_cost"],
    )
