"""Typed sections of `city.toml` about episodes: their length, meetings, sequels and queues."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EpisodeParameters:
    """Lengths of episodes and gaps in what is recorded of them."""

    referral_missing: float
    planned_missing: float
    length_log_sd: float
    early_before: float
    never_closed: float
    missing_ending_code: float
    unknown_ending_code: float
    onward_missing: float
    max_days: int


@dataclass(frozen=True, slots=True)
class SessionParameters:
    """Spacing, attendance and form of sessions."""

    first_wait_days: int
    gap_log_sd: float
    no_show: float
    late_cancelled: float
    cancelled: float
    channels: list[str]
    channel_shares: list[float]
    durations: list[int]
    duration_shares: list[float]
    starts_missing: float


@dataclass(frozen=True, slots=True)
class NextParameters:
    """Who has a second episode: after a referral, or by coming back."""

    onward_starts: float
    return_chance: float
    return_per_point: float
    return_days: list[int]
    return_mean_days: float
    start_carry: float


@dataclass(frozen=True, slots=True)
class QueueParameters:
    """What becomes of the time that early endings free."""

    share_used: float
    shortest_share: float
