"""The page docs/data_dictionary.md, made from the descriptions of the marts and of the statistics.

Make it anew after a change of any of them: python -m fit_warehouse.data_dictionary
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from fit_warehouse import project
from fit_warehouse.measure import tables

PAGE = Path(__file__).parents[1] / "docs" / "data_dictionary.md"
HEAD = """# Data dictionary

This page is made from the descriptions in the code by `python -m fit_warehouse.data_dictionary`. The
same texts stand in the published DuckDB files themselves (`from duckdb_columns()`), and with the
lineage of every model in `open/docs/models.html` of a publication.

Schema `marts` holds facts and plain rules, built by dbt; schema `metrics` holds statistics with their
intervals, written by `fit measure`. Tables about persons (pseudonyms) stand in the restricted database
alone; aggregates stand there whole and in the open database after disclosure control.
"""
SENSITIVITY = {"person": "about persons: restricted", "aggregate": "aggregate"}


def page() -> str:
    """Return the page."""
    models = [
        (path, model)
        for path in sorted((project.root() / "models" / "marts").rglob("*.yml"))
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", [])
    ]
    lines = [HEAD, "## Tables", ""]
    lines += [f"- [`{model['name']}`](#{model['name']})" for _, model in models]
    lines += [f"- [`metrics.{name}`](#metrics{name})" for name in tables.names()]
    lines += ["", "## Schema `marts`", ""]
    for path, model in models:
        lines += _mart(path.parent.name, model)
    lines += ["## Schema `metrics`", ""]
    for name in tables.names():
        lines += _statistics(tables.table(name))
    return "\n".join(lines).rstrip("\n") + "\n"


def _mart(folder: str, model: dict[str, Any]) -> Iterator[str]:
    meta = model["config"]["meta"]
    yield f"### {model['name']}"
    yield ""
    yield _line(model["description"])
    yield ""
    grain = ", ".join(f"`{column}`" for column in meta["grain"])
    yield f"Key: {grain}. {SENSITIVITY[meta['sensitivity']].capitalize()}. Folder: `{folder}`."
    yield ""
    yield from _columns(
        (column["name"], column["data_type"], column["description"]) for column in model["columns"]
    )


def _statistics(table: tables.Table) -> Iterator[str]:
    yield f"### metrics.{table.name}"
    yield ""
    yield _line(table.text)
    yield ""
    yield from _columns((column.name, column.type.lower(), column.text) for column in table.columns)


def _columns(rows: Iterator[tuple[str, str, str]]) -> Iterator[str]:
    yield "| column | type | meaning |"
    yield "| --- | --- | --- |"
    for name, kind, text in rows:
        yield f"| `{name}` | {kind} | {_line(text)} |"
    yield ""


def _line(text: str) -> str:
    """Return a description as one line that a table of Markdown holds as it is."""
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
