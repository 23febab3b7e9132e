"""Monthly extracts of the episodes and their clients: open until closed, a few corrected later."""

from __future__ import annotations

import polars as pl

from fit_warehouse.demo.extracts.slips import (
    MISTAKE,
    can_be_corrected,
    can_be_deleted,
    corrected_at,
    deletions,
    only_where,
    row_truth,
    unused_refs,
    with_slips,
)
from fit_warehouse.demo.extracts.table import Extracts
from fit_warehouse.demo.extracts.times import (
    MOMENT,
    evening,
    in_extracts,
    month_of,
    monthly_files,
    replaced_in,
)
from fit_warehouse.demo.parameters import Parameters
from fit_warehouse.demo.randomness import Streams, uniform_days
from fit_warehouse.demo.tables import EPISODE_NUMBERS

WRONG_PLAN, WRONG_ENDING = "wrong_plan", "wrong_ending"
PLAN = ["planned_sessions", "planned_months"]
AT_THE_END = ["closed_on", "ending_code", "onward_service_code"]
TOO_MANY = [1, 3]
EVENTS = ["referred_at", "opened_at", "closed_at", "corrected_at"]
HELPERS = [*EVENTS, "slip", "corrected_after", "too_many"]


def episode_extracts(parameters: Parameters, episode: pl.DataFrame, streams: Streams) -> Extracts:
    """Return the monthly extracts of a block's episodes.

    An episode comes when its client is referred, opened, closed, and when something in it is
    corrected. What has not happened yet when an extract is taken does not stand in it.

    Parameters
    ----------
    parameters : Parameters
        The city's numbers.
    episode : DataFrame
        Landing table `episode` as it stands at the end.
    streams : Streams
        Source of chance.
    """
    rows = dated(parameters, episode.drop("extracted_at"), streams)
    extra = rows.filter(pl.col("slip") == MISTAKE).with_columns(
        pl.lit(None, pl.Date).alias("closed_on"),
        *(pl.lit(None, MOMENT).alias(event) for event in ("referred_at", "closed_at")),
    )
    extra = extra.with_columns(episode_ref=unused_refs("E", EPISODE_NUMBERS, extra.height, streams))
    versions = states(pl.concat([rows, extra])).drop(HELPERS)
    versions = replaced_in(parameters, versions, "episode_ref")
    month = month_of(parameters, pl.col("opened_at"))
    wrong = rows.filter(pl.col("slip").is_in([WRONG_PLAN, WRONG_ENDING]))
    return Extracts(
        files=monthly_files("episode", in_extracts(parameters, versions)),
        corrections=deletions(parameters, "episode", extra.with_columns(month=month)),
        truth=row_truth("episode", "episode_ref", wrong, extra),
    )


def dated(parameters: Parameters, episode: pl.DataFrame, streams: Streams) -> pl.DataFrame:
    """Return the episodes with their slips and the times of what happens to them."""
    rules = parameters.extracts
    shares = {
        WRONG_PLAN: rules.wrong_plan,
        WRONG_ENDING: rules.wrong_ending,
        MISTAKE: rules.mistaken_episode,
    }
    many = uniform_days(streams.named("wrong plans"), TOO_MANY, episode.height)
    rows = with_slips(parameters, episode, shares, streams, "episode").with_columns(
        referred_at=evening("referred_on"),
        opened_at=evening("opened_on"),
        closed_at=evening("closed_on"),
        too_many=pl.Series(many),
    )
    has_plan = pl.any_horizontal(pl.col(name).is_not_null() for name in PLAN)
    # A null is neither equal nor unequal, so an ending without a code is left out as well.
    has_code = pl.col("ending_code") != "unknown"
    rows = rows.with_columns(
        only_where(WRONG_PLAN, can_be_corrected(parameters, "opened_at") & has_plan)
    )
    rows = rows.with_columns(
        only_where(WRONG_ENDING, can_be_corrected(parameters, "closed_at") & has_code)
    )
    rows = rows.with_columns(only_where(MISTAKE, can_be_deleted(parameters, "opened_at")))
    return rows.with_columns(
        corrected_at=pl.when(pl.col("slip") == WRONG_PLAN)
        .then(corrected_at(parameters, "opened_at"))
        .when(pl.col("slip") == WRONG_ENDING)
        .then(corrected_at(parameters, "closed_at"))
    )


def states(rows: pl.DataFrame) -> pl.DataFrame:
    """Return each episode as it stood after each thing that happened to it, at `known_at`."""
    after = pl.concat(
        rows.filter(pl.col(event).is_not_null()).with_columns(known_at=pl.col(event))
        for event in EVENTS
    )
    now = pl.col("known_at")
    is_wrong = now < pl.col("corrected_at")
    has_wrong_plan = is_wrong & (pl.col("slip") == WRONG_PLAN)
    has_wrong_ending = is_wrong & (pl.col("slip") == WRONG_ENDING)
    was_as_planned = pl.col("ending_code") == "planned_end"
    other = (
        pl.when(was_as_planned).then(pl.lit("goals_reached_early")).otherwise(pl.lit("planned_end"))
    )
    after = after.with_columns(
        pl.when(has_wrong_ending).then(other).otherwise(pl.col("ending_code")).alias("ending_code"),
        *(
            pl.when(has_wrong_plan)
            .then(pl.col(name) + pl.col("too_many"))
            .otherwise(pl.col(name))
            .alias(name)
            for name in PLAN
        ),
    )
    return after.with_columns(
        pl.when(pl.col("opened_at") <= now).then(pl.col("opened_on")).alias("opened_on"),
        *(
            pl.when(pl.col("closed_at") <= now).then(pl.col(name)).alias(name)
            for name in AT_THE_END
        ),
    )


def client_extracts(
    parameters: Parameters, episode: pl.DataFrame, client: pl.DataFrame
) -> dict[str, pl.DataFrame]:
    """Return the monthly extracts of `episode_client`: clients come with their episode."""
    begun = episode.select(
        "episode_ref", known_at=pl.coalesce(evening("referred_on"), evening("opened_on"))
    )
    rows = client.join(begun, on="episode_ref", how="left", maintain_order="left")
    rows = rows.with_columns(until=pl.lit(None, pl.Date))
    return monthly_files("episode_client", in_extracts(parameters, rows))
