"""Typed sections of `city.toml` about what comes with the forms: surveys, avoided services, flaws."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class RolloutParameters:
    """The survey of the roll-out (NoMAD)."""

    survey_code: str
    waves: int
    first_wave_days: int
    wave_gap_days: int
    response_rate: float
    constructs: list[str]
    items: list[int]
    start: list[float]
    growth: float
    largest: float
    team_sd: float
    worker_sd: float
    item_sd: float
    not_relevant: float


@dataclass(frozen=True, slots=True)
class AvoidedParameters:
    """Services that were put off or not needed."""

    chance: float
    deferred: float
    revisit_days: list[int]
    source: str


@dataclass(frozen=True, slots=True)
class ExtractParameters:
    """Monthly extracts: the overlap, and the shares of rows that are corrected or deleted later."""

    overlap_days: int
    correction_days: list[int]
    withdrawn: float
    wrong_attendance: float
    wrong_date: float
    wrong_plan: float
    wrong_ending: float
    mistaken_session: float
    mistaken_episode: float


@dataclass(frozen=True, slots=True)
class OpenFitParameters:
    """Import files of OpenFIT."""

    totals_only: float
    digits_from: date


@dataclass(frozen=True, slots=True)
class FlawParameters:
    """Shares of form rows with a planted flaw, and the file sizes below which none is planted."""

    smallest_file: int
    smallest_month: int
    item_out_of_range: float
    total_mismatch: float
    wrong_century: float
    duplicate: float
    redelivered: float
    unknown_team: float
    orphan_session: float
    all_zero: float
