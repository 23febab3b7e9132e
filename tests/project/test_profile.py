"""The profile can be said again for every model, as dbt-duckdb does, also after DuckDB has spilled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pytest
import yaml

from fit_warehouse import project


@pytest.fixture
def target(tmp_path: Path) -> dict[str, Any]:
    """Return the DuckDB target of profiles.yml with a folder of the test's own for what is spilled."""

    def env_var(name: str, default: str) -> str:
        return (tmp_path / "spill").as_posix() if name == "FIT_BUILD_SPILL" else default

    text = (project.root() / "profiles.yml").read_text(encoding="utf-8")
    profile = yaml.safe_load(jinja2.Template(text).render(env_var=env_var))
    found: dict[str, Any] = profile["fit"]["outputs"]["duckdb"]
    return found


def test_settings_are_taken_again_after_spilling(target: dict[str, Any], tmp_path: Path) -> None:
    config = {**target["config_options"], "memory_limit": "40MB", "threads": 1}
    with duckdb.connect(tmp_path / "spilling.duckdb", config=config) as connection:
        connection.execute(
            "create table sorted as "
            "select md5(cast(i as varchar)) as text from range(1000000) as t(i) order by text"
        )
        assert (tmp_path / "spill").is_dir()
        for name, value in target["settings"].items():
            connection.execute(f"set {name} = '{value}'")


def test_the_folder_for_spilling_is_the_profiles(target: dict[str, Any], tmp_path: Path) -> None:
    with duckdb.connect(config=target["config_options"]) as connection:
        found = connection.execute("select current_setting('temp_directory')").fetchone()
    assert found == ((tmp_path / "spill").as_posix(),)
