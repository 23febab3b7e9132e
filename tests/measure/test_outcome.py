"""Outcomes of services and teams, computed again from the episodes themselves."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from scipy import special, stats

if TYPE_CHECKING:
    from tests.conftest import BuiltCity

GROUPS = {
    "service_outcome": ["service_code", "instrument_code", "respondent_role"],
    "team_outcome": ["team_code", "service_code", "instrument_code", "respondent_role"],
}
CLASSES = {
    "share_recovered": ["recovered"],
    "share_improved": ["improved"],
    "share_unchanged": ["unchanged"],
    "share_deteriorated": ["deteriorated"],
    "share_reliably_improved": ["recovered", "improved"],
}


def of_period(built_city: BuiltCity, table: str) -> pl.DataFrame:
    """Return the closed episodes of the period of a table of statistics."""
    return built_city.frame(
        f"""
        select fct_episode.*, prom_instrument as instrument_code, prom_respondent as respondent_role
        from marts.fct_episode
        where is_in_closed = 1
            and closed_on >= (select any_value(period_start) from metrics.{table})
            and closed_on <= (select any_value(period_end) from metrics.{table})
        """
    )


def workers_of(built_city: BuiltCity, episodes: pl.DataFrame) -> int:
    met = built_city.frame(
        "select distinct episode_key, worker_key from marts.fct_session "
        "where attendance = 'attended' and worker_key is not null"
    )
    return met.join(episodes, on="episode_key", how="semi")["worker_key"].n_unique()


@pytest.mark.parametrize("table", GROUPS)
def test_every_share_and_mean_is_that_of_the_episodes(built_city: BuiltCity, table: str) -> None:
    lines = built_city.frame(f"select * from metrics.{table}")
    episodes = of_period(built_city, table).filter(pl.col("is_in_change") == 1)
    n_checked = 0
    for line in lines.filter(~pl.col("indicator").str.contains("prem")).iter_rows(named=True):
        rows = episodes.filter(pl.col(name).eq_missing(line[name]) for name in GROUPS[table])
        assert line["n"] == rows.height > 0
        assert line["n_persons"] == rows["family_key"].n_unique()
        intake, last = (rows[f"prom_{name}"].cast(pl.Float64) for name in ("intake", "last"))
        indicator = line["indicator"]
        if indicator.startswith("share_"):
            counts = (
                rows["is_intake_functional"] == 1
                if indicator == "share_intake_functional"
                else rows["change_class"].is_in(CLASSES[indicator])
            )
            assert line["numerator"] == counts.sum()
            interval = stats.binomtest(int(counts.sum()), rows.height).proportion_ci(
                method="wilson"
            )
            wanted = (counts.mean(), interval.low, interval.high)
        elif indicator == "pre_post_d":
            wanted = effect(intake.to_numpy(), last.to_numpy())
        else:
            values = {"mean_intake": intake, "mean_last": last, "mean_change": last - intake}
            wanted = student(values[indicator].to_numpy())
        found = [line[name] for name in ("estimate", "ci_low", "ci_high")]
        assert [math.nan if value is None else value for value in found] == pytest.approx(
            wanted, rel=1e-9, abs=1e-9, nan_ok=True
        ), (indicator, rows.height)
        n_checked += 1
    assert n_checked == lines.height - lines["indicator"].str.contains("prem").sum() > 20


def student(values: Any) -> tuple[float, float, float]:
    mean = float(values.mean())
    if values.size < 2:
        return mean, math.nan, math.nan
    error = values.std(ddof=1) / math.sqrt(values.size)
    half = float(stats.t.ppf(0.975, values.size - 1)) * error
    return mean, mean - half, mean + half


def effect(intake: Any, last: Any) -> tuple[float, float, float]:
    """Return g and its normal interval, written out for the SD at intake."""
    n = intake.size
    sd = intake.std(ddof=1) if n > 1 else 0.0
    if not sd > 0:
        return math.nan, math.nan, math.nan
    df = n - 1
    factor = (
        math.exp(special.gammaln(df / 2) - special.gammaln((df - 1) / 2)) / math.sqrt(df / 2)
        if df > 1
        else 0.0
    )
    d = (last - intake).mean() / sd
    error = math.sqrt(((last - intake).var(ddof=1) / sd**2 + d * d / 2) / df)
    if factor == 0.0:
        return 0.0, math.nan, math.nan
    return (
        factor * d,
        factor * (d - 1.959963984540054 * error),
        factor * (d + 1.959963984540054 * error),
    )


def test_services_make_the_city(built_city: BuiltCity) -> None:
    by = ["instrument_code", "respondent_role", "indicator"]
    counts = [pl.col("n").sum(), pl.col("numerator").sum()]
    service = built_city.frame("select * from metrics.service_outcome").group_by(by).agg(counts)
    city = built_city.frame("select * from metrics.city_outcome").group_by(by).agg(counts)
    assert service.sort(by).equals(city.sort(by))
    assert city.height > 5


def test_the_last_experience_of_services(built_city: BuiltCity) -> None:
    lines = built_city.frame(
        "select * from metrics.service_outcome where indicator = 'mean_prem_last'"
    )
    episodes = of_period(built_city, "service_outcome").filter(pl.col("is_in_prem") == 1)
    assert lines["n"].sum() == episodes.height > 0
    for line in lines.iter_rows(named=True):
        rows = episodes.filter(
            service_code=line["service_code"], prem_instrument=line["instrument_code"]
        )
        assert line["n"] == rows.height
        assert line["n_workers"] == workers_of(built_city, rows)
        values = rows["prem_last"].cast(pl.Float64).to_numpy()
        assert line["estimate"] == pytest.approx(np.mean(values), rel=1e-12)
