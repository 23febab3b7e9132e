"""What is in the published files: described, readable by old drivers, and nothing hidden left in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from fit_warehouse import project
from fit_warehouse.publish import stage

if TYPE_CHECKING:
    from tests.pipeline.conftest import Golden

MARTS = {path.stem for path in (project.root() / "models" / "marts").rglob("*.sql")}
METRICS = {"city_funnel", "city_outcome", "city_use", "course", "team_outcome"}
METRICS |= {"cost_confirmed", "cost_effect", "cost_excluded", "cost_net", "cost_outcome"}
METRICS |= {"cost_probability", "cost_sensitivity"}
LEDGER = {"delivery", "delivery_reason"}  # file names and hashes stay restricted
# Without a rule of disclosure of their own.
RESTRICTED = {
    "cost_acceptability",
    "cost_comparison",
    "cost_effectiveness",
    "course_by_intake",
    "dropout",
    "flow_effect",
    "informant_agreement",
}
RESTRICTED |= {"scale_quality", "service_outcome", "team_funnel"}
# Of the marts only dimensions are open: facts are about persons, or sums before disclosure control.
OPEN_MARTS = {"dim_client_group", "dim_date", "dim_instrument", "dim_service", "dim_team"}
OPEN_MARTS |= {"dim_cost_assumption"}
OPEN = METRICS | OPEN_MARTS | {"disclosure_summary", "publication"}
NUMBERS = ("n", "numerator", "n_persons", "n_episodes", "estimate", "ci_low", "ci_high")
NUMBERS += ("gross_amount_eur", "unused_units", "net_amount_eur", "fit_cost_eur", "total_cost_eur")
NUMBERS += ("net_at_low_eur", "base_value", "threshold_value", "n_improved", "freed_sessions")
NUMBERS += ("net_mean_eur", "net_p025_eur", "net_p975_eur", "probability_net_above_zero", "bca_low")


@pytest.fixture(scope="module")
def staged(golden: Golden) -> stage.Staged:
    return stage.stage(golden.settings, golden.home, golden.context)


@pytest.fixture(params=[stage.OPEN_DATABASE, stage.RESTRICTED_DATABASE])
def published(request: pytest.FixtureRequest, staged: stage.Staged) -> Path:
    return staged.folder / str(request.param)


def names(database: Path, schema: str) -> set[str]:
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(
            "select table_name from duckdb_tables() where schema_name = ?", [schema]
        ).fetchall()
    return {name for (name,) in rows}


def test_each_file_has_its_tables_and_no_other(staged: stage.Staged) -> None:
    restricted = staged.folder / stage.RESTRICTED_DATABASE
    assert names(restricted, "marts") == MARTS
    assert names(restricted, "metrics") == METRICS | LEDGER | RESTRICTED
    assert names(staged.open_database, "marts") == OPEN
    parquet = {path.stem for path in (staged.folder / stage.OPEN_PARQUET).glob("*.parquet")}
    assert parquet == OPEN


def test_every_table_and_column_is_described_in_the_file(published: Path) -> None:
    with duckdb.connect(str(published), read_only=True) as connection:
        silent = connection.execute(
            "select table_name, column_name from duckdb_columns() "
            "where schema_name in ('marts', 'metrics') and coalesce(comment, '') = '' "
            "union all select table_name, '' from duckdb_tables() where coalesce(comment, '') = ''"
        ).fetchall()
    assert silent == []


def test_the_oldest_driver_can_open_the_files(published: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{published.as_posix()}' as published (read_only)")
        (tags,) = connection.execute(
            "select tags from duckdb_databases() where database_name = 'published'"
        ).fetchone() or ({},)
    assert tags["storage_version"].startswith("v1.0.0")


def test_a_suppressed_line_has_keys_and_no_number(staged: stage.Staged) -> None:
    with duckdb.connect(str(staged.open_database), read_only=True) as connection:
        for table in sorted(METRICS):
            cursor = connection.execute(f"select * from marts.{table} where is_suppressed = 1")
            columns = [description[0] for description in cursor.description]
            rows = cursor.fetchall()
            for name, values in zip(columns, zip(*rows, strict=True), strict=bool(rows)):
                if name in NUMBERS:
                    assert set(values) == {None}, (table, name)
        shown = connection.execute(
            "select count(*) from marts.city_outcome where is_suppressed = 0"
        ).fetchone()
    assert shown == (0,)


def test_sums_of_squares_stay_restricted(staged: stage.Staged) -> None:
    with duckdb.connect(str(staged.open_database), read_only=True) as connection:
        columns = {
            name
            for (name,) in connection.sql("select column_name from duckdb_columns()").fetchall()
        }
    assert not {name for name in columns if "squared" in name or "product" in name}
    assert not {"n_workers", "n_persons_numerator", "n_persons_rest"} & columns
