"""On the simulator chances of improving come true as often as they say, also low ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from fit_metrics.course import improvement_chance
from fit_metrics.multilevel import cluster_robust_mean
from fit_warehouse.demo import make_city

BINS = [0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 0.9]
COURSE = ("service_code", "instrument_code")
LEAST = 0.1


def delivered(path: Path) -> pl.DataFrame:
    """Return a delivered file as texts: some are separated by semicolons, with decimal commas."""
    with path.open(encoding="utf-8-sig", errors="replace") as lines:
        separator = ";" if ";" in lines.readline() else ","
    return pl.read_csv(path, separator=separator, infer_schema=False, encoding="utf8-lossy")


def meetings_of(landing: Path) -> pl.DataFrame:
    """Return the held meetings of closed episodes with the own form of the client, as delivered."""
    forms = (
        pl.concat(delivered(path) for path in landing.glob("response_*.csv"))
        .filter(
            pl.col("instrument_code").is_in(["ORS", "CORS"]), pl.col("respondent_role") == "self"
        )
        .with_columns(pl.col("total").str.replace(",", ".").cast(pl.Float64, strict=False))
        # Slips of delivery are not what is tried here.
        .filter(pl.col("total").is_between(0.1, 40.0))
        .unique(["session_ref", "client_ref"], keep="last", maintain_order=True)
        .select("session_ref", "client_ref", "instrument_code", "total")
    )
    episodes = (
        delivered(landing / "episode.csv")
        .filter(pl.col("closed_on").is_not_null())
        .select("episode_ref", "service_code", "closed_on")
    )
    held = (
        delivered(landing / "session.csv")
        .filter(pl.col("attendance") == "attended")
        .select("session_ref", "episode_ref", "session_date", "starts_at")
        .join(episodes, on="episode_ref")
        .filter(pl.col("session_date") <= pl.col("closed_on"))
        .sort("episode_ref", "session_date", "starts_at", "session_ref")
        .with_columns(session_number=pl.int_range(1, pl.len() + 1).over("episode_ref"))
    )
    clients = (
        held.join(forms, on="session_ref")
        .group_by("episode_ref", "client_ref", "instrument_code", maintain_order=True)
        .agg(
            pl.len(),
            improved=(pl.col("total").last() - pl.col("total").first()).round(1) >= 6.0,
        )
        .filter(pl.col("len") >= 2)
        .unique("episode_ref", keep="first", maintain_order=True)
    )
    return (
        clients.join(held, on="episode_ref")
        .join(forms, on=["session_ref", "client_ref", "instrument_code"], how="left")
        .sort("episode_ref", "session_number")
    )


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """Return every meeting with the chance that the other episodes give it."""
    landing = tmp_path_factory.mktemp("calibration") / "landing"
    make_city(landing, forms=40_000, seed=3)
    parts = []
    for course in meetings_of(landing).partition_by(COURSE):
        found = improvement_chance(
            course["episode_ref"].to_numpy(),
            course["session_number"].to_numpy(),
            course["total"].to_numpy(),
            course["improved"].to_numpy(),
            reliable_change=6,
            reliable_change_inclusive=True,
            score_step=0.1,
        )
        parts.append(
            course.with_columns(
                chance=pl.Series(found.chance),
                is_visit=pl.Series(found.without_benefit(LEAST)),
            )
        )
    return pl.concat(parts).filter(pl.col("chance").is_not_nan())


def test_predicted_chances_are_the_shares_that_come_true(judged: pl.DataFrame) -> None:
    assert judged["episode_ref"].n_unique() > 1500
    bins = np.digitize(judged["chance"].to_numpy(), BINS)
    improved = judged["improved"].cast(pl.Float64)
    for each in range(len(BINS) + 1):
        rows = pl.Series(bins == each)
        beyond = (improved - judged["chance"]).filter(rows)
        error = cluster_robust_mean(
            beyond.to_numpy(), judged["episode_ref"].filter(rows).to_numpy()
        )
        assert error.n_clusters > 100
        assert abs(error.estimate) < 3.5 * error.standard_error


def test_few_improve_after_visits_without_benefit(judged: pl.DataFrame) -> None:
    visits = judged.filter("is_visit")
    episodes = visits.unique("episode_ref")
    share = visits.height / judged.height
    assert 0.01 < share < 0.2
    assert episodes.height > 50
    # The upper limit was below the setting, so fewer improve than it says.
    assert float(episodes["improved"].cast(pl.Float64).mean() or 0.0) < LEAST
