"""The data dictionary says what the models and the statistics say, and so do the database files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fit_warehouse import data_dictionary
from fit_warehouse.measure import tables

if TYPE_CHECKING:
    from tests.conftest import BuiltCity


def test_the_page_is_as_the_descriptions_are_now() -> None:
    made = data_dictionary.PAGE.read_text(encoding="utf-8")
    assert made == data_dictionary.page(), "run: python -m fit_warehouse.data_dictionary"


def test_every_mart_and_column_is_on_the_page(manifest: dict[str, Any]) -> None:
    text = data_dictionary.page()
    marts = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["fqn"][1] == "marts"
    ]
    assert len(marts) > 10
    for mart in marts:
        section = text.partition(f"\n### {mart['name']}\n")[2].partition("\n### ")[0]
        for column in mart["columns"].values():
            assert f"| `{column['name']}` | {column['data_type']} | " in section, column["name"]
    assert all(f"\n### metrics.{name}\n" in text for name in tables.names())


def test_the_build_database_describes_every_column_of_the_marts(built_city: BuiltCity) -> None:
    undescribed = built_city.frame(
        "select table_name, column_name from duckdb_columns() "
        "where schema_name in ('marts', 'metrics') and coalesce(trim(comment), '') = ''"
    )
    assert undescribed.rows() == []
