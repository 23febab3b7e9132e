"""The quarter marts give the numbers of the episodes themselves, and add up to one city."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from fit_metrics import effect_size
from fit_warehouse import project

if TYPE_CHECKING:
    from tests.conftest import BuiltCity
    from tests.parity.conftest import Sandbox

STEPS = {row["instrument_code"]: row["score_step"] for row in project.seed("instrument")}
HUNDREDTHS = {code: int(Decimal(step) * 100) for code, step in STEPS.items() if step}
SUMS = ["sum_intake", "sum_last", "sum_intake_squared", "sum_last_squared", "sum_product"]
SERIES = ["prom_instrument", "prom_respondent"]
NUMBERS = ("estimate", "ci_low", "ci_high", "mean_change", "standardizer_sd")
CLASSES = ["recovered", "improved", "unchanged", "deteriorated"]
# What the rows of each mart are of, beside quarter, instrument, respondent and age band.
MARTS: dict[str, list[str]] = {
    "fct_team_quarter": ["team_code", "service_code"],
    "fct_service_quarter": ["service_code"],
    "fct_city_quarter": [],
}


# Of columns that may be missing in every row.
TYPES: dict[str, pl.DataType] = {
    **dict.fromkeys(["prom_intake", "prom_last"], pl.Decimal(6, 2)),
    **dict.fromkeys(["closed_on", "closed_quarter", "opened_on"], pl.Date()),
    **dict.fromkeys(
        ["prom_instrument", "prom_respondent", "age_band", "change_class"], pl.String()
    ),
}


def cell(mart: str) -> list[str]:
    return ["closed_quarter", *MARTS[mart], *SERIES, "age_band"]


def recomputed(episodes: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """Return what a quarter mart ought to hold, from the rows of fct_episode."""
    step = pl.col("prom_instrument").replace_strict(HUNDREDTHS, default=None)
    intake, last = (
        (pl.col(name) * 100).cast(pl.Int64) // step for name in ("prom_intake", "prom_last")
    )
    # Whether an episode has come so far: each step asks for the one before it.
    opened = pl.col("opened_on").is_not_null() | (pl.col("n_sessions") > 0)
    attended = opened & (pl.col("n_sessions") > 0)
    one_prom = attended & (pl.col("n_prom") >= 1)
    two_prom = one_prom & (pl.col("n_prom") >= 2)
    in_change = two_prom & (pl.col("is_in_change") == 1)
    products = [intake, last, intake * intake, last * last, intake * last]
    return (
        episodes.filter(pl.col("closed_on").is_not_null(), is_closed_before_opened=0)
        .group_by(by)
        .agg(
            pl.len().alias("n_referred"),
            opened.sum().alias("n_opened"),
            attended.sum().alias("n_attended"),
            one_prom.sum().alias("n_one_prom"),
            two_prom.sum().alias("n_two_prom"),
            in_change.sum().alias("n_in_change"),
            (in_change & pl.col("change_class").is_in(CLASSES[:2]))
            .sum()
            .alias("n_reliably_improved"),
            *[
                (in_change & (pl.col("change_class") == name)).sum().alias(f"n_{name}")
                for name in CLASSES
            ],
            (in_change & (pl.col("is_intake_functional") == 1)).sum().alias("n_intake_functional"),
            (in_change & (pl.col("is_late_baseline") == 1)).sum().alias("n_late_baseline"),
            *[
                product.filter(in_change).sum().alias(name)
                for name, product in zip(SUMS, products, strict=True)
            ],
        )
        .with_columns(pl.exclude(by).cast(pl.Int64))
    )


def assert_same(found: pl.DataFrame, expected: pl.DataFrame) -> None:
    """Compare two tables whatever the order of their rows."""
    names = expected.columns
    assert_frame_equal(found.select(names).sort(names), expected.sort(names))


def summed(cells: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    return cells.group_by(by).agg(pl.col("^(n|sum)_.*$").sum())


def compared(rows: pl.DataFrame, cells: pl.DataFrame, standardizer: Any) -> int:
    """Compare one union of cells with its episodes; return how many episodes there are."""
    sums = cells.select(pl.col("n_in_change", *SUMS).sum()).row(0)
    unit = Decimal(STEPS[cells["prom_instrument"][0]])
    of_sums = effect_size.pre_post_d_from_sums(*sums, unit=unit, standardizer=standardizer)
    of_rows = effect_size.pre_post_d(
        rows["prom_intake"].cast(pl.Float64),
        rows["prom_last"].cast(pl.Float64),
        standardizer=standardizer,
    )
    assert of_sums.n == of_rows.n == rows.height
    for name in NUMBERS:
        expected = getattr(of_rows, name)
        assert getattr(of_sums, name) == pytest.approx(
            expected, rel=1e-12, abs=1e-12, nan_ok=True
        ), name
    return rows.height


def in_change(built_city: BuiltCity, mart: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    episodes = built_city.frame("select * from marts.fct_episode where is_in_change = 1")
    return episodes, built_city.frame(f"select * from marts.{mart} where n_in_change > 0")


@pytest.mark.parametrize("mart", MARTS)
@pytest.mark.parametrize("standardizer", ["pre_sd", "average_sd", "change_sd"])
def test_effect_sizes_of_the_whole_city(
    built_city: BuiltCity, mart: str, standardizer: str
) -> None:
    episodes, quarters = in_change(built_city, mart)
    seen = 0
    for key, cells in quarters.group_by(SERIES):
        chosen = dict(zip(SERIES, key, strict=True))
        seen += compared(episodes.filter(**chosen), cells, standardizer)
    assert seen == episodes.height > 100


@pytest.mark.parametrize("mart", MARTS)
def test_effect_sizes_of_every_quarter(built_city: BuiltCity, mart: str) -> None:
    episodes, quarters = in_change(built_city, mart)
    by = ["closed_quarter", *MARTS[mart], *SERIES]
    groups = episodes.partition_by(by, as_dict=True)
    cells_of = quarters.partition_by(by, as_dict=True)
    assert set(groups) == set(cells_of)
    seen = sum(compared(groups[key], cells, "pre_sd") for key, cells in cells_of.items())
    assert seen == episodes.height


@pytest.mark.parametrize("mart", MARTS)
def test_every_number_of_every_row(built_city: BuiltCity, mart: str) -> None:
    episodes = built_city.frame("select * from marts.fct_episode")
    found = built_city.frame(f"select * from marts.{mart}")
    expected = recomputed(episodes, cell(mart))
    assert_same(found, expected)
    assert set(found.columns) - set(expected.columns) == {
        mart.removeprefix("fct_") + "_key",
        "parameter_set",
    }


def test_teams_and_services_make_the_same_city(built_city: BuiltCity) -> None:
    tables = {mart: built_city.frame(f"select * from marts.{mart}") for mart in MARTS}
    city = tables["fct_city_quarter"]
    by = cell("fct_city_quarter")
    assert city.height < tables["fct_service_quarter"].height < tables["fct_team_quarter"].height
    for mart in ("fct_team_quarter", "fct_service_quarter"):
        assert_same(city, summed(tables[mart], by))


def test_the_measured_funnel_is_that_of_the_quarters(built_city: BuiltCity) -> None:
    steps = built_city.frame("select * from metrics.city_funnel order by step_order")
    start, end = steps.select("period_start", "period_end").row(0)
    episodes = built_city.frame("select * from marts.fct_episode").filter(
        pl.col("closed_on").is_between(start, end), is_closed_before_opened=0
    )
    quarters = built_city.frame("select * from marts.fct_city_quarter").filter(
        pl.col("closed_quarter").is_between(start, end)
    )
    columns = {"in_denominator": "n_in_change", "improved": "n_reliably_improved"}
    counts = [quarters[columns.get(step, f"n_{step}")].sum() for step in steps["step"]]
    assert steps["n_episodes"].to_list() == counts
    assert counts == sorted(counts, reverse=True)
    assert len(set(counts)) >= 5
    better = episodes.filter(pl.col("change_class").is_in(CLASSES[:2]), is_in_change=1)
    families = {row["step"]: row["n_persons"] for row in steps.iter_rows(named=True)}
    assert families["referred"] == episodes["family_key"].n_unique()
    assert families["improved"] == better["family_key"].n_unique()


def test_measured_means_are_those_of_the_episodes(built_city: BuiltCity) -> None:
    lines = built_city.frame("select * from metrics.city_outcome where indicator = 'mean_change'")
    start, end = lines.select("period_start", "period_end").row(0)
    episodes = built_city.frame("select * from marts.fct_episode where is_in_change = 1").filter(
        pl.col("closed_on").is_between(start, end)
    )
    assert lines["n"].sum() == episodes.height > 0
    for line in lines.iter_rows(named=True):
        rows = episodes.filter(
            prom_instrument=line["instrument_code"], prom_respondent=line["respondent_role"]
        )
        mean = rows["prom_change"].cast(pl.Float64).mean()
        assert line["estimate"] == pytest.approx(mean, rel=1e-12)


def episode(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a row of fct_episode that keeps what holds between its columns."""
    n_sessions, n_prom = draw(st.integers(0, 2)), draw(st.integers(0, 3))
    is_backwards = draw(st.integers(0, 5)) == 0
    is_closed = draw(st.integers(0, 4)) > 0
    can_change = n_sessions > 0 and n_prom >= 2 and is_closed and not is_backwards
    kind = draw(st.sampled_from(["ORS", "CORS"])) if n_prom else None
    intake, last = (Decimal(draw(st.integers(0, 400))) / 10 for _ in range(2))
    quarter = draw(st.sampled_from([date(2025, 1, 1), date(2025, 4, 1)]))
    return {
        "closed_on": quarter if is_closed else None,
        "closed_quarter": quarter if is_closed else None,
        "team_code": draw(st.sampled_from(["T1", "T2"])),
        "service_code": draw(st.sampled_from(["s1", "s2"])),
        "opened_on": draw(st.sampled_from([None, date(2024, 12, 1)])),
        "prom_instrument": kind,
        "prom_respondent": kind and draw(st.sampled_from(["self", "caretaker"])),
        "age_band": draw(st.sampled_from([None, "6–12"])),
        "n_sessions": n_sessions,
        "n_prom": n_prom,
        "prom_intake": intake if n_prom else None,
        "prom_last": last if n_prom >= 2 else None,
        "change_class": draw(st.sampled_from(CLASSES)) if n_prom >= 2 else None,
        "is_intake_functional": draw(st.sampled_from([0, 1, None])),
        "is_late_baseline": draw(st.sampled_from([0, 1])) if n_prom else None,
        "is_closed_before_opened": int(is_backwards),
        "is_in_change": int(can_change and draw(st.booleans())),
        "parameter_set": "pcoms",
    }


@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=st.lists(st.composite(episode)(), min_size=1, max_size=40))
def test_any_episodes(sandbox: Sandbox, rows: list[dict[str, Any]]) -> None:
    sandbox.fill("instrument")
    episodes = pl.DataFrame(rows, schema_overrides=TYPES, infer_schema_length=None)
    made = {"fct_episode": episodes}
    for mart, source in zip(MARTS, ["fct_episode", *MARTS], strict=False):
        made[mart] = sandbox.run(mart, **{source: made[source]})
        assert_same(made[mart], recomputed(episodes, cell(mart)))
