"""The documentation of the models as one page: dbt's own, without a server and without a network.

dbt's page shows what two of its files say: the manifest, which the build has written, and a catalogue of
the columns in the database, which is read from the database here. A second call of dbt would take
longer than the rest of a publication. What names this machine is left out of both.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb

from fit_warehouse import database
from fit_warehouse.errors import DataError
from fit_warehouse.home import Home
from fit_warehouse.settings import Settings

PAGE = "open/docs/models.html"
PACKAGE = "fit"  # dbt's own macros are documented by dbt
# Paths of this machine, compiled texts that hold such paths, and settings of single runs.
LEFT_OUT = {
    *("build_path", "compiled_path", "compiled_code", "extra_ctes", "root_path", "created_at"),
    *("meta", "source_meta", "config", "unrendered_config", "checksum", "external"),
}
METADATA = ("dbt_schema_version", "dbt_version", "generated_at", "project_name", "adapter_type")
EMPTY = ("metrics", "groups", "selectors", "disabled", "saved_queries", "semantic_models")

Json = dict[str, Any]


def write(settings: Settings, home: Home, page: Path) -> None:
    """Write the page.

    Parameters
    ----------
    settings, home
        The run's; the home holds the built database and what dbt wrote beside it.
    page
        The file to write.

    Raises
    ------
    DataError
        When the manifest of the last build is not there.
    """
    path = home.dbt_target / "manifest.json"
    if not path.is_file():
        raise DataError(f"{path} is missing: the marts were not built here. Run: fit build")
    manifest = _manifest(json.loads(path.read_text(encoding="utf-8")))
    connection = database.connect(
        home.build_database, settings.build, temporary=home.path / "spill", read_only=True
    )
    try:
        catalogue = _catalogue(connection, manifest)
    finally:
        connection.close()
    text = _template().read_text(encoding="utf-8")
    for name, content in (("MANIFEST", manifest), ("CATALOG", catalogue)):
        mark = f'"{name}.JSON INLINE DATA"'
        if mark not in text:
            raise DataError("the page of this version of dbt has another form: report it, please")
        text = text.replace(mark, _inline(content))
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(text, encoding="utf-8")


def _template() -> Path:
    from dbt.task.docs import DOCS_INDEX_FILE_PATH  # slow to import

    return Path(DOCS_INDEX_FILE_PATH)


def _inline(content: Json) -> str:
    """Return JSON that cannot end the script element around it."""
    return json.dumps(content, ensure_ascii=False).replace("</", "<\\/")


def _manifest(whole: Json) -> Json:
    """Return what the page shows of the manifest: the project's own, without this machine."""
    kept: Json = {name: {} for name in EMPTY}
    kept["metadata"] = {name: whole["metadata"][name] for name in METADATA}
    kept["metadata"]["send_anonymous_usage_stats"] = False
    for kind in ("nodes", "sources", "exposures", "unit_tests", "macros", "docs"):
        kept[kind] = {
            name: _resource(resource)
            for name, resource in whole[kind].items()
            if resource["package_name"] == PACKAGE
        }
    known = {name for kind in kept.values() for name in kind}
    for kind in ("parent_map", "child_map"):
        kept[kind] = {
            name: [other for other in others if other in known]
            for name, others in whole[kind].items()
            if name in known
        }
    return kept


def _resource(resource: Json) -> Json:
    kept = {name: value for name, value in resource.items() if name not in LEFT_OUT}
    config = resource.get("config", {})
    if resource["resource_type"] == "source":
        kept["relation_name"] = f"{resource['schema']}.{resource['name']}"  # else a path
    kept["config"] = {"materialized": config.get("materialized"), "enabled": True}
    kept["meta"] = {
        name: resource.get("meta", {})[name]
        for name in ("grain", "sensitivity")
        if name in resource.get("meta", {})
    }
    return kept


def _catalogue(connection: duckdb.DuckDBPyConnection, manifest: Json) -> Json:
    """Return dbt's catalogue: every relation of the manifest with its columns; no rows, no counts."""
    columns: dict[tuple[str, str], Json] = {}
    for schema, table, name, index, kind, comment in connection.execute(
        "select schema_name, table_name, column_name, column_index, data_type, comment "
        "from duckdb_columns() where not internal order by all"
    ).fetchall():
        columns.setdefault((schema, table), {})[name] = {
            "name": name,
            "index": index,
            "type": kind,
            "comment": comment,
        }
    nodes = {
        name: {
            "unique_id": name,
            "metadata": {
                "type": "table",
                "schema": node["schema"],
                "name": node["alias"],
                "database": node["database"],
                "comment": node["description"],
                "owner": None,
            },
            "columns": columns[node["schema"], node["alias"]],
            "stats": {},
        }
        for name, node in manifest["nodes"].items()
        if (node["schema"], node.get("alias")) in columns
    }
    return {"metadata": {}, "nodes": nodes, "sources": {}, "errors": None}
