"""The course by intake band, computed again from the meetings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

if TYPE_CHECKING:
    from tests.conftest import BuiltCity

GROUP = ["instrument_code", "respondent_role", "session_number"]


@pytest.fixture(scope="module")
def lines(built_city: BuiltCity) -> pl.DataFrame:
    return built_city.frame("select * from metrics.course_by_intake order by all")


def test_every_mean_is_that_of_the_forms(built_city: BuiltCity, lines: pl.DataFrame) -> None:
    start, end = lines.select("period_start", "period_end").row(0)
    episodes = built_city.frame("select * from marts.fct_episode where is_in_change = 1").filter(
        pl.col("closed_on").is_between(start, end)
    )
    totals = {"self": "prom_total", "caretaker": "caretaker_prom_total"}
    instruments = {"self": "prom_instrument", "caretaker": "caretaker_prom_instrument"}
    meetings = built_city.frame("select * from marts.fct_session").select(
        pl.all().exclude("family_key", "prom_instrument"),
        pl.col("prom_instrument").alias("self_instrument"),
    )
    assert lines.height > 4
    for line in lines.iter_rows(named=True):
        role = line["respondent_role"]
        chosen = episodes.filter(
            pl.col("is_intake_functional") == int(line["intake_band"] == "functional"),
            prom_instrument=line["instrument_code"],
            prom_respondent=role,
        ).select("episode_key", "client_key", "family_key")
        column = "self_instrument" if role == "self" else instruments[role]
        rows = (
            meetings.join(chosen, on=["episode_key", "client_key"])
            .filter(
                pl.col("session_number") == line["session_number"],
                pl.col(column) == line["instrument_code"],
            )
            .drop_nulls(totals[role])
        )
        assert line["n"] == rows.height
        assert line["n_persons"] == rows["family_key"].n_unique()
        assert line["estimate"] == pytest.approx(
            rows[totals[role]].cast(pl.Float64).mean(), rel=1e-12
        )


def test_the_bands_make_the_course(built_city: BuiltCity, lines: pl.DataFrame) -> None:
    course = built_city.frame("select * from metrics.course order by all")
    weighted = (
        lines.group_by(GROUP)
        .agg(n_of_bands=pl.col("n").sum(), total=(pl.col("n") * pl.col("estimate")).sum())
        .join(course, on=GROUP, how="right")
    )
    assert weighted["n_of_bands"].to_list() == weighted["n"].to_list()
    means = (weighted["total"] / weighted["n"]).to_list()
    assert means == pytest.approx(weighted["estimate"].to_list(), rel=1e-9)
