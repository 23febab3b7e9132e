"""Session, episode and team tables in polars, as benchmarks/peers/reference.sql makes them.

python in_polars.py ACCEPTED SEEDS OUTPUT
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

NEVER = pl.datetime(9999, 1, 1)
ITEMS = ["item_1", "item_2", "item_3", "item_4"]
ROLES = {"index": 1, "child": 2, "other": 3, "guardian": 4}


def forms(accepted: Path, seeds: Path) -> pl.DataFrame:
    """Return the valid forms, each with its kind, its episode and its score."""
    instruments = pl.scan_csv(seeds / "instrument.csv").filter(pl.col("is_scored") == 1)
    sessions = pl.scan_parquet(accepted / "session.parquet")
    filled = pl.sum_horizontal(pl.col(name).is_not_null() for name in ITEMS)
    return (
        pl.scan_parquet(accepted / "response.parquet")
        .filter(pl.col("is_skipped").fill_null(0) == 0)
        .join(instruments.select("instrument_code", "kind", "item_count"), on="instrument_code")
        .join(
            sessions.select("session_ref", "starts_at", of_session="episode_ref"),
            on="session_ref",
            how="left",
        )
        .with_columns(
            score=pl.when(filled == pl.col("item_count"))
            .then(pl.sum_horizontal(ITEMS))
            .when(filled == 0)
            .then("total")
        )
        .filter(pl.col("score").is_not_null() & ~((pl.col("score") == 0) & (filled > 0)))
        .select(
            "session_ref",
            "client_ref",
            pl.coalesce("episode_ref", "of_session").alias("episode_ref"),
            "kind",
            "instrument_code",
            "respondent_role",
            pl.when(pl.col("respondent_ref") != pl.col("client_ref"))
            .then("respondent_ref")
            .alias("respondent_ref"),
            "session_date",
            pl.col("starts_at").fill_null(NEVER),
            "entered_at",
            "source_record_id",
            "score",
        )
        .collect()
    )


def clients_of_episodes(accepted: Path, form: pl.DataFrame) -> pl.DataFrame:
    """Return the episodes, each with its index clients."""
    ranked = pl.read_parquet(accepted / "episode_client.parquet").select(
        "episode_ref", "client_ref", place=pl.col("role").replace_strict(ROLES)
    )
    listed = ranked.filter(pl.col("place") == pl.col("place").min().over("episode_ref"))
    formed = form.select("episode_ref", "client_ref").drop_nulls().unique()
    known = pl.concat(
        [listed.drop("place"), formed.join(listed, on="episode_ref", how="anti")], how="vertical"
    )
    return pl.read_parquet(accepted / "episode.parquet").join(known, on="episode_ref", how="left")


def attended_meetings(accepted: Path) -> pl.DataFrame:
    """Return the attended meetings with their number."""
    return (
        pl.scan_parquet(accepted / "session.parquet")
        .filter(pl.col("attendance") == "attended")
        .select("session_ref", "episode_ref", "team_code", "session_date", "starts_at")
        .sort("session_date", "starts_at", "session_ref", nulls_last=True)
        .with_columns(session_number=pl.int_range(1, pl.len() + 1).over("episode_ref"))
        .collect()
    )


def sessions(
    accepted: Path, form: pl.DataFrame, clients: pl.DataFrame, attended: pl.DataFrame
) -> pl.DataFrame:
    """Return a row for each meeting and index client."""
    named = {("PROM", "self"): "prom", ("PREM", "self"): "prem", ("PROM", "caretaker"): "caretaker"}
    measured = (
        form.filter(pl.col("session_ref").is_not_null())
        .sort("entered_at", "source_record_id", nulls_last=False)
        .group_by("session_ref", "client_ref")
        .agg(
            pl.col(column)
            .filter((pl.col("kind") == kind) & (pl.col("respondent_role") == role))
            .last()
            .alias(f"{name}_{column}")
            for (kind, role), name in named.items()
            for column in ("instrument_code", "score")
        )
    )
    return (
        pl.scan_parquet(accepted / "session.parquet")
        .join(attended.lazy().select("session_ref", "session_number"), on="session_ref", how="left")
        .join(
            clients.lazy().select("episode_ref", "client_ref", "opened_on", ruling="service_code"),
            on="episode_ref",
            how="left",
        )
        .join(measured.lazy(), on=["session_ref", "client_ref"], how="left")
        .select(
            pl.col("session_ref").alias("session_key"),
            pl.col("episode_ref").alias("episode_key"),
            pl.col("client_ref").alias("client_key"),
            pl.col("worker_ref").alias("worker_key"),
            "team_code",
            pl.coalesce("ruling", "service_code").alias("service_code"),
            "session_date",
            "starts_at",
            "session_number",
            "attendance",
            "channel",
            "duration_minutes",
            (pl.col("session_date") - pl.col("opened_on"))
            .dt.total_days()
            .alias("days_since_opening"),
            pl.col("prom_instrument_code").alias("prom_instrument"),
            pl.col("prom_score").alias("prom_total"),
            pl.col("prem_instrument_code").alias("prem_instrument"),
            pl.col("prem_score").alias("prem_total"),
            pl.col("caretaker_instrument_code").alias("caretaker_prom_instrument"),
            pl.col("caretaker_score").alias("caretaker_prom_total"),
        )
        .collect()
    )


def headline_series(form: pl.DataFrame) -> pl.DataFrame:
    """Return the series of outcome forms that speaks for each episode and client."""
    keys = ["episode_ref", "client_ref", "instrument_code", "respondent_role", "respondent_ref"]
    own = pl.col("respondent_role") == "self"
    return (
        form.lazy()
        .filter(
            (pl.col("kind") == "PROM")
            & pl.col("respondent_role").is_in(["self", "caretaker"])
            & pl.col("episode_ref").is_not_null()
        )
        .sort("session_date", "starts_at", "entered_at", "source_record_id", nulls_last=True)
        .group_by(keys)
        .agg(
            n=pl.len(),
            intake=pl.col("score").first(),
            last=pl.col("score").last(),
            first_on=pl.col("session_date").min(),
            last_on=pl.col("session_date").max(),
        )
        .with_columns(
            preference=pl.when(~own).then(2).when(pl.col("n") >= 2).then(1).otherwise(3),
            fewest=-pl.col("n").cast(pl.Int64),
            far=pl.when(own)
            .then(-pl.col("last_on").to_physical())
            .otherwise(pl.col("first_on").to_physical()),
        )
        .sort("preference", "fewest", "far", "instrument_code")
        .unique(["episode_ref", "client_ref"], keep="first", maintain_order=True)
        .collect()
    )


def episodes(
    accepted: Path,
    seeds: Path,
    form: pl.DataFrame,
    clients: pl.DataFrame,
    attended: pl.DataFrame,
) -> pl.DataFrame:
    """Return a row for each episode and index client, with the class of its change."""
    met = (
        attended.group_by("episode_ref", "team_code")
        .agg(n=pl.len(), last_number=pl.col("session_number").max())
        .sort("n", "last_number")
        .group_by("episode_ref")
        .agg(n_sessions=pl.col("n").sum(), owner=pl.col("team_code").last())
    )
    client = (
        pl.read_parquet(accepted / "episode_client.parquet")
        .group_by("client_ref")
        .agg(pl.col("birth_date", "birth_year").min())
        .with_columns(pl.coalesce("birth_year", pl.col("birth_date").dt.year()))
    )
    decimal = pl.Decimal(6, 2)
    thresholds = (
        pl.read_csv(seeds / "instrument_parameter.csv")
        .filter(pl.col("parameter_set") == "pcoms")
        .select(
            "instrument_code",
            "respondent_role",
            "parameter_group",
            pl.col("cutoff", "reliable_change").cast(decimal),
        )
    )
    first = pl.col("first_on").dt
    age = (
        first.year()
        - pl.col("birth_year")
        - (first.month() < pl.col("birth_date").dt.month()).fill_null(value=False).cast(pl.Int32)
    )
    intake, last, change = pl.col("intake"), pl.col("last"), pl.col("reliable_change")
    has_crossed = (intake <= pl.col("cutoff")) & (last > pl.col("cutoff"))
    return (
        clients.join(met, on="episode_ref", how="left")
        .join(headline_series(form), on=["episode_ref", "client_ref"], how="left")
        .join(client, on="client_ref", how="left")
        .with_columns(
            last=pl.when(pl.col("n") >= 2).then("last"),
            parameter_group=pl.when(pl.col("instrument_code") == "CORS")
            .then(pl.lit("child"))
            .when(age < 18)
            .then(pl.lit("adolescent"))
            .otherwise(pl.lit("adult")),
        )
        .join(thresholds, on=["instrument_code", "respondent_role", "parameter_group"], how="left")
        .select(
            pl.col("episode_ref").alias("episode_key"),
            pl.col("client_ref").alias("client_key"),
            "service_code",
            pl.coalesce("owner", "team_code").alias("team_code"),
            "referred_on",
            "opened_on",
            "closed_on",
            pl.when(pl.col("closed_on").is_not_null())
            .then(pl.col("ending_code").fill_null("unknown"))
            .alias("ending_code"),
            pl.col("n_sessions").fill_null(0),
            pl.col("instrument_code").alias("prom_instrument"),
            pl.col("respondent_role").alias("prom_respondent"),
            pl.col("n").fill_null(0).alias("n_prom"),
            intake.alias("prom_intake"),
            last.alias("prom_last"),
            pl.when(last.is_null() | pl.col("cutoff").is_null())
            .then(None)
            .when((last - intake >= change) & has_crossed)
            .then(pl.lit("recovered"))
            .when(last - intake >= change)
            .then(pl.lit("improved"))
            .when(intake - last >= change)
            .then(pl.lit("deteriorated"))
            .otherwise(pl.lit("unchanged"))
            .alias("change_class"),
        )
    )


def team_quarters(episode: pl.DataFrame) -> pl.DataFrame:
    """Return counts and sums by quarter of closing and team."""
    counted = pl.col("change_class").is_not_null() & (pl.col("n_sessions") > 0)
    intake, last = (pl.col(name).cast(pl.Float64) for name in ("prom_intake", "prom_last"))
    return (
        episode.filter(pl.col("closed_on") >= pl.coalesce("opened_on", "referred_on"))
        .group_by(
            pl.col("closed_on").dt.truncate("1q").alias("closed_quarter"),
            "team_code",
            "service_code",
            "prom_instrument",
            "prom_respondent",
        )
        .agg(
            n_closed=pl.len(),
            n_in_change=counted.sum(),
            sum_intake=intake.filter(counted).sum(),
            sum_last=last.filter(counted).sum(),
            sum_intake_squared=(intake * intake).filter(counted).sum(),
            sum_last_squared=(last * last).filter(counted).sum(),
            sum_product=(intake * last).filter(counted).sum(),
        )
    )


def main(accepted: Path, seeds: Path, output: Path) -> None:
    """Write the three tables."""
    form = forms(accepted, seeds)
    clients = clients_of_episodes(accepted, form)
    attended = attended_meetings(accepted)
    sessions(accepted, form, clients, attended).write_parquet(output / "session.parquet")
    episode = episodes(accepted, seeds, form, clients, attended)
    episode.write_parquet(output / "episode.parquet")
    team_quarters(episode).write_parquet(output / "team_quarter.parquet")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
