"""The class of change in SQL is that of fit_metrics, at every threshold and for every pair."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import jinja2
import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fit_metrics.reliable_change import classify
from fit_warehouse import project

if TYPE_CHECKING:
    from tests.conftest import BuiltCity
    from tests.parity.conftest import Sandbox

PARAMETERS = [row for row in project.seed("instrument_parameter") if row["reliable_change"]]
SETS = sorted({row["parameter_set"] for row in PARAMETERS})
DIRECTIONS = ("higher_is_better", "lower_is_better")
STEP = Decimal("0.1")
TENTH = pl.Decimal(6, 2)


def macro_sql() -> str:
    """Render change_class and is_functional as dbt would, for columns of their arguments' names."""
    folder = project.root() / "macros" / "fit"
    source = "".join(
        (folder / f"{name}.sql").read_text(encoding="utf-8")
        for name in ("is_functional", "change_class")
    )
    names = [
        "intake",
        "last",
        "reliable_change",
        "is_inclusive",
        "cutoff",
        "cutoff_is_functional",
        "direction",
    ]
    arguments = ", ".join(f"'{name}'" for name in names)
    functional = "'intake', 'cutoff', 'cutoff_is_functional', 'direction'"
    return (
        jinja2.Environment(autoescape=False)
        .from_string(
            source
            + "select {{ change_class("
            + arguments
            + ") }} as change_class, {{ is_functional("
            + functional
            + ") }} as is_intake_functional from pairs order by position"
        )
        .render()
    )


SQL = macro_sql()


def in_sql(pairs: pl.DataFrame, rule: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    """Return classes and functional intakes as SQL gives them, in the order of the rows."""
    decimals = pl.Decimal(6, 2)
    columns = pairs.with_row_index("position").with_columns(
        pl.col("intake", "last").cast(decimals),
        pl.lit(rule["reliable_change"]).cast(decimals).alias("reliable_change"),
        pl.lit(rule["cutoff"]).cast(decimals).alias("cutoff"),
        pl.lit(int(rule["reliable_change_inclusive"])).alias("is_inclusive"),
        pl.lit(int(rule["cutoff_is_functional"])).alias("cutoff_is_functional"),
        pl.lit(rule["direction"]).alias("direction"),
    )
    with duckdb.connect(":memory:") as connection:
        connection.register("pairs", columns)
        rows = connection.execute(SQL).fetchall()
    return [row[0] for row in rows], [row[1] for row in rows]


def in_python(pairs: pl.DataFrame, rule: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    """Return the same as fit_metrics gives it; a functional intake without a class is None."""
    result = classify(
        pairs["intake"].cast(pl.Float64).to_numpy(),
        pairs["last"].cast(pl.Float64).to_numpy(),
        reliable_change=rule["reliable_change"],
        cutoff=rule["cutoff"],
        score_step=rule.get("score_step", STEP),
        cutoff_is_functional=bool(int(rule["cutoff_is_functional"])),
        reliable_change_inclusive=bool(int(rule["reliable_change_inclusive"])),
        direction=rule["direction"],
    )
    functional = [None if flag < 0 else int(flag) for flag in result.is_intake_functional]
    return list(result.to_labels()), functional


def frame(pairs: list[tuple[Decimal | None, Decimal | None]]) -> pl.DataFrame:
    return pl.DataFrame(pairs, schema={"intake": TENTH, "last": TENTH}, orient="row")


def rule_of(row: dict[str, str], direction: str) -> dict[str, Any]:
    numbers = {name: Decimal(row[name]) for name in ("reliable_change", "cutoff")}
    return {**row, **numbers, "direction": direction}


def threshold_pairs(
    change: Decimal, cutoff: Decimal
) -> list[tuple[Decimal | None, Decimal | None]]:
    """Return every pair a step from, or at, a reliable change either way or the cut-off."""
    scores = [STEP * step for step in range(401)]
    near = (-STEP, Decimal(0), STEP)
    lasts = {
        intake: {intake + sign * change + off for sign in (-1, 1) for off in near}
        | {cutoff + off for off in near}
        for intake in scores
    }
    return [(intake, last) for intake in scores for last in sorted(lasts[intake]) if last >= 0]


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("row", PARAMETERS, ids=lambda row: "-".join(list(row.values())[:4]))
def test_every_pair_at_a_threshold(row: dict[str, str], direction: str) -> None:
    rule = rule_of(row, direction)
    pairs = frame(threshold_pairs(rule["reliable_change"], rule["cutoff"]))
    classes, functional = in_sql(pairs, rule)
    expected_classes, expected_functional = in_python(pairs, rule)
    assert set(classes) == {"recovered", "improved", "unchanged", "deteriorated"}
    assert classes == expected_classes
    assert functional == expected_functional


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("parameter_set", SETS)
def test_every_pair_of_the_city(built_city: BuiltCity, parameter_set: str, direction: str) -> None:
    series = built_city.frame(
        "select intake, last_total as last, instrument_code, parameter_group, respondent_role "
        "from intermediate.int_series order by series_key"
    )
    keys = ("instrument_code", "parameter_group", "respondent_role")
    seen = 0
    for row in (row for row in PARAMETERS if row["parameter_set"] == parameter_set):
        pairs = series.filter(pl.all_horizontal(pl.col(key) == row[key] for key in keys))
        rule = rule_of(row, direction)
        assert in_sql(pairs, rule)[0] == in_python(pairs, rule)[0]
        seen += pairs.height
    assert seen > 100


def test_the_marts_own_classes(built_city: BuiltCity) -> None:
    episodes = built_city.frame(
        "select prom_intake as intake, prom_last as last, change_class, is_intake_functional, "
        "headlines.parameter_group, prom_instrument, prom_respondent "
        "from marts.fct_episode inner join intermediate.int_headline_series as headlines "
        "using (episode_key, client_key) where change_class is not null order by episode_client_key"
    )
    chosen = built_city.settings.outcome.parameter_set
    seen = 0
    for row in (row for row in PARAMETERS if row["parameter_set"] == chosen):
        rows = episodes.filter(
            pl.col("prom_instrument") == row["instrument_code"],
            pl.col("parameter_group") == row["parameter_group"],
            pl.col("prom_respondent") == row["respondent_role"],
        )
        expected = in_python(rows, rule_of(row, "higher_is_better"))
        assert rows["change_class"].to_list() == expected[0]
        assert rows["is_intake_functional"].to_list() == expected[1]
        seen += rows.height
    assert seen == episodes.height > 100


def in_the_mart(rows: pl.DataFrame, row: dict[str, str]) -> pl.DataFrame:
    """Return fct_episode_class for one set, instrument, group and respondent."""
    return rows.filter(
        pl.col("parameter_set") == row["parameter_set"],
        pl.col("prom_instrument") == row["instrument_code"],
        pl.col("parameter_group") == row["parameter_group"],
        pl.col("prom_respondent") == row["respondent_role"],
    ).select(
        "episode_client_key",
        pl.col("prom_intake").alias("intake"),
        pl.col("prom_last").alias("last"),
        "change_class",
        "is_intake_functional",
    )


def agrees(rows: pl.DataFrame, row: dict[str, str]) -> int:
    """Compare the rows of one set of thresholds with fit_metrics; return how many there are."""
    found = in_the_mart(rows, row)
    classes, functional = in_python(found, rule_of(row, "higher_is_better"))
    assert found["change_class"].to_list() == classes
    assert found["is_intake_functional"].to_list() == functional
    return found.height


def test_every_set_in_the_mart_of_classes(built_city: BuiltCity) -> None:
    rows = built_city.frame("select * from marts.fct_episode_class order by episode_class_key")
    assert set(rows["parameter_set"]) == set(SETS)
    assert len(SETS) > 1
    assert sum(agrees(rows, row) for row in PARAMETERS) == rows.height > 200


def made_episodes(pairs: pl.DataFrame, row: dict[str, str]) -> pl.DataFrame:
    """Return rows of fct_episode with two forms each."""
    names = {"prom_instrument": "instrument_code", "prom_respondent": "respondent_role"}
    return pairs.drop_nulls().select(
        pl.int_range(pl.len()).cast(pl.String).str.zfill(6).alias("episode_client_key"),
        pl.col("intake").alias("prom_intake"),
        pl.col("last").alias("prom_last"),
        *(pl.lit(row[source]).alias(name) for name, source in names.items()),
        pl.lit(row["parameter_group"]).alias("parameter_group"),
        pl.lit(1).alias("is_in_two_prom"),
    )


def classes_of(sandbox: Sandbox, pairs: pl.DataFrame, row: dict[str, str]) -> pl.DataFrame:
    for seed in ("instrument", "instrument_parameter"):
        sandbox.fill(seed)
    rows = sandbox.run("fct_episode_class", fct_episode=made_episodes(pairs, row))
    return rows.sort("episode_client_key")


@pytest.mark.parametrize("row", PARAMETERS, ids=lambda row: "-".join(list(row.values())[:4]))
def test_every_pair_at_a_threshold_in_the_mart(sandbox: Sandbox, row: dict[str, str]) -> None:
    pairs = frame(threshold_pairs(Decimal(row["reliable_change"]), Decimal(row["cutoff"])))
    rows = classes_of(sandbox, pairs, row)
    assert agrees(rows, row) == pairs.height > 1_000
    assert set(rows["change_class"]) == {"recovered", "improved", "unchanged", "deteriorated"}


def scores(step: Decimal) -> st.SearchStrategy[Decimal | None]:
    return st.none() | st.integers(0, 400).map(lambda whole: whole * step)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_pairs_of_any_instrument(data: st.DataObject) -> None:
    step = data.draw(st.sampled_from([STEP, Decimal(1), Decimal("0.5")]))
    # Thresholds may lie between two steps: 5.05 of an instrument with tenths.
    hundredths = st.integers(1, 2000).map(lambda whole: Decimal(whole) / 100)
    rule = {
        "reliable_change": data.draw(hundredths),
        "cutoff": data.draw(hundredths),
        "reliable_change_inclusive": data.draw(st.sampled_from([0, 1])),
        "cutoff_is_functional": data.draw(st.sampled_from([0, 1])),
        "direction": data.draw(st.sampled_from(DIRECTIONS)),
        "score_step": step,
    }
    pairs = frame(data.draw(st.lists(st.tuples(scores(step), scores(step)), min_size=1)))
    classes, functional = in_sql(pairs, rule)
    expected_classes, expected_functional = in_python(pairs, rule)
    assert classes == expected_classes
    has_class = np.array([label is not None for label in classes])
    # SQL knows the side of an intake without a last score too.
    assert list(np.array(functional, dtype=object)[has_class]) == list(
        np.array(expected_functional, dtype=object)[has_class]
    )


@settings(
    deadline=None,
    max_examples=30,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_episodes_of_any_pairs(sandbox: Sandbox, data: st.DataObject) -> None:
    row = data.draw(st.sampled_from(PARAMETERS))
    pairs = frame(data.draw(st.lists(st.tuples(scores(STEP), scores(STEP)), min_size=1)))
    rows = classes_of(sandbox, pairs, row)
    # Every set that has thresholds for the series has a row for each episode, and no other.
    alike = [other for other in PARAMETERS if all(other[key] == row[key] for key in list(row)[1:4])]
    assert rows.height == len(alike) * pairs.drop_nulls().height
    assert sum(agrees(rows, other) for other in alike) == rows.height
