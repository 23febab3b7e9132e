"""Queues, caseload and meetings counted straight from their definitions, one month's end at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

LIMITS = {"0_7": (0, 7), "8_30": (8, 30), "31_90": (31, 90), "91_180": (91, 180)}
GROUPS = {
    "planned": ["planned_end"],
    "early_agreed": ["goals_reached_early", "not_benefiting_early", "referred_on_early"],
    "early_client": ["unilateral"],
    "other": ["moved", "aged_out", "placed", "died", "other"],
    "unknown": ["unknown"],
}
CELL = ["team_code", "service_code"]
SILENCE = "12mo"  # how long after something happened months are shown


@dataclass(frozen=True, slots=True)
class Month:
    start: date
    end: date

    def has(self, column: str) -> pl.Expr:
        return pl.col(column).is_between(self.start, self.end)


def usable(episodes: pl.DataFrame, sessions: pl.DataFrame) -> pl.DataFrame:
    """Return the episodes whose days are possible, with their first attended meeting."""
    first = (
        sessions.filter(attendance="attended")
        .group_by("episode_key")
        .agg(pl.col("session_date").min().alias("met_on"))
    )
    closed = pl.col("closed_on")
    begun = pl.coalesce("opened_on", "referred_on")
    return (
        episodes.join(first, on="episode_key", how="left")
        .filter((closed < begun).fill_null(value=False).not_())
        .with_columns(
            pl.when((closed < pl.col("referred_on")).fill_null(value=False).not_()).then(
                "referred_on"
            ),
            pl.when((pl.col("met_on") > closed).fill_null(value=False).not_()).then("met_on"),
        )
    )


def of_month(episodes: pl.DataFrame, meetings: pl.DataFrame, month: Month) -> pl.DataFrame:
    """Return the numbers of one month by team and service; only cells that have one."""
    met_before = (pl.col("met_on") < pl.col("referred_on")).fill_null(value=False)
    waited = pl.col("referred_on").is_not_null() & ~met_before
    gone = (pl.col("met_on") <= month.end).fill_null(value=False) | (
        pl.col("closed_on") <= month.end
    ).fill_null(value=False)
    waits = waited & (pl.col("referred_on") <= month.end) & ~gone
    days = (pl.lit(month.end) - pl.col("referred_on")).dt.total_days()
    is_open = (pl.col("opened_on") <= month.end) & (
        (pl.col("closed_on") > month.end).fill_null(value=True)
    )
    ended = month.has("closed_on") & pl.col("opened_on").is_not_null()
    started = month.has("met_on")
    known = started & waited & (pl.col("is_overlapping") == 0)
    counts = {
        "n_referred": month.has("referred_on"),
        "n_met_before": month.has("referred_on") & met_before,
        "n_started": started,
        "n_started_waited": started & waited,
        "n_wait_known": known,
        "n_stopped_waiting": waited & pl.col("met_on").is_null() & month.has("closed_on"),
        "n_waiting_end": waits,
        **{f"n_waiting_{band}": waits & days.is_between(*LIMITS[band]) for band in LIMITS},
        "n_waiting_over_180": waits & (days > 180),
        "n_opened": month.has("opened_on"),
        "n_ended": ended,
        "n_caseload_end": is_open,
        **{
            f"n_ended_{group}": ended & pl.col("ending_code").is_in(GROUPS[group])
            for group in GROUPS
        },
        "n_ended_unopened": month.has("closed_on") & pl.col("opened_on").is_null(),
    }
    wait = (pl.col("met_on") - pl.col("referred_on")).dt.total_days()
    of_episodes = episodes.group_by(CELL).agg(
        *[condition.fill_null(value=False).sum().alias(name) for name, condition in counts.items()],
        wait.filter(known.fill_null(value=False)).sum().alias("sum_days_waited"),
    )
    is_in = meetings.filter(month.has("session_date"))
    of_meetings = is_in.group_by(CELL).agg(
        pl.len().alias("n_sessions_planned"),
        (pl.col("attendance") == "attended").sum().alias("n_sessions_held"),
        *[
            (pl.col("attendance") == what).sum().alias(f"n_{what}")
            for what in ("no_show", "late_cancelled", "cancelled")
        ],
    )
    both = of_episodes.join(of_meetings, on=CELL, how="full", coalesce=True).fill_null(0)
    return both.with_columns(pl.lit(month.start).alias("month_start"))


def expected(
    episodes: pl.DataFrame, sessions: pl.DataFrame, months: list[Month], as_of: date
) -> pl.DataFrame:
    """Return what fct_flow_month must say: all cells from the month of their first event on.

    `episodes` says in `is_overlapping` whose wait is not known.
    """
    kept = usable(episodes, sessions)
    service = pl.col("service_code_of_episode")
    meetings = sessions.join(
        episodes.select("episode_key", "service_code"),
        on="episode_key",
        how="left",
        suffix="_of_episode",
    ).with_columns(pl.coalesce(service, "service_code").alias("service_code"))
    days = [kept.select(*CELL, pl.col(name).alias("day")) for name in ("referred_on", "opened_on")]
    days += [kept.select(*CELL, pl.col(name).alias("day")) for name in ("closed_on", "met_on")]
    days += [meetings.select(*CELL, pl.col("session_date").alias("day"))]
    first = (
        pl.concat(days)
        .filter(pl.col("day") <= as_of)
        .group_by(CELL)
        .agg(pl.col("day").min().dt.month_start().alias("first_month"))
    )
    numbers = pl.concat(
        [of_month(kept, meetings, month) for month in months], how="diagonal_relaxed"
    )
    grid = first.join(pl.DataFrame({"month_start": [month.start for month in months]}), how="cross")
    filled = (
        grid.filter(pl.col("month_start") >= pl.col("first_month"))
        .join(numbers, on=["month_start", *CELL], how="left")
        .fill_null(0)
        .sort("month_start")
    )
    counts = pl.exclude("month_start", "first_month", *CELL)
    is_active = pl.any_horizontal(counts != 0)
    active_on = pl.when(is_active).then("month_start").forward_fill().over(CELL)
    since = pl.coalesce(active_on, "first_month")
    return filled.filter(pl.col("month_start") <= since.dt.offset_by(SILENCE)).drop("first_month")
