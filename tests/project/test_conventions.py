"""dbt-bouncer, the field's checker of conventions, on the parsed project (dbt-bouncer.yml)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from dbt_bouncer import run_bouncer

from fit_warehouse import project

CONFIGURATION = project.root() / "dbt-bouncer.yml"


def bounced(manifest: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    """Return what the checker found; empty when every check passed."""
    (folder / "target").mkdir()
    (folder / "target" / "manifest.json").write_text(json.dumps(manifest, default=str))
    settings = yaml.safe_load(CONFIGURATION.read_text(encoding="utf-8"))
    settings["dbt_artifacts_dir"] = str(folder / "target")
    (folder / "dbt-bouncer.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    run_bouncer(
        config_file=folder / "dbt-bouncer.yml",
        output_file=folder / "found.json",
        output_format="json",
    )
    found = json.loads((folder / "found.json").read_text(encoding="utf-8"))
    rows: list[dict[str, Any]] = found["results"] if isinstance(found, dict) else found
    assert len(rows) > 100
    return [row for row in rows if row["outcome"] != "success"]


def test_the_project_keeps_the_conventions(manifest: dict[str, Any], tmp_path: Path) -> None:
    assert bounced(manifest, tmp_path) == []


def test_broken_conventions_are_found(manifest: dict[str, Any], tmp_path: Path) -> None:
    broken = json.loads(json.dumps(manifest, default=str))
    nodes = broken["nodes"]
    nodes["model.fit.fct_episode"]["description"] = ""
    nodes["model.fit.fct_session"]["access"] = "private"
    nodes["model.fit.int_series"]["raw_code"] += "select 1 where target.type"
    found = {row["check_run_id"].rsplit(":", 1)[-1] for row in bounced(broken, tmp_path)}
    assert {"fct_episode", "fct_session", "int_series"} <= found
