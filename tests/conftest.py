"""What all tests share: no installation of the user's own, dbt in process, and one built city."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from fit_warehouse import build, project
from fit_warehouse.demo import make_city
from fit_warehouse.home import Home
from fit_warehouse.landing.land import land
from fit_warehouse.measure.measure import measure
from fit_warehouse.settings import Paths, Settings

FORMS = 2000
Dbt = Callable[..., Any]


@pytest.fixture(scope="session", autouse=True)
def no_installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Take away what the user's environment says, and give a key file that is nobody's."""
    with pytest.MonkeyPatch.context() as patch:
        forget_installation(patch, tmp_path_factory.mktemp("key"))
        yield


def forget_installation(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Remove the project's settings from the environment; a key may be made in `folder`."""
    for name in [name for name in os.environ if name.startswith("FIT_")]:
        patch.delenv(name)
    patch.setenv("FIT_PATHS_KEY_FILE", str(folder / "pseudonym.key"))


@dataclass(frozen=True, slots=True)
class BuiltCity:
    """A small synthetic city, landed, built and measured."""

    settings: Settings
    home: Home

    @property
    def database(self) -> Path:
        return self.home.build_database

    def frame(self, sql: str) -> pl.DataFrame:
        """Return the rows of a query on the built database."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(sql).pl()


@pytest.fixture(scope="session")
def built_city(no_installation: None, tmp_path_factory: pytest.TempPathFactory) -> BuiltCity:
    return build_city(tmp_path_factory.mktemp("built_city"))


def build_city(folder: Path) -> BuiltCity:
    """Make, land, build and measure the small city of the tests below a folder."""
    settings = Settings(
        paths=Paths(
            home=folder / "var",
            landing=folder / "landing",
            published=folder / "published",
            key_file=folder / "pseudonym.key",
        )
    )
    home = Home(settings.paths.home)
    make_city(settings.landing, forms=FORMS, seed=1)
    with home.locked():
        land(settings, home)
        build.build(settings, home)
        measure(settings, home)
    return BuiltCity(settings, home)


@pytest.fixture(scope="session")
def dbt(no_installation: None) -> Dbt:
    """Return a function that calls dbt in this process, with all that it writes below a folder."""

    def call(folder: Path, *arguments: str, **variables: str) -> Any:
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner

        root = str(project.root())
        always = ["--quiet", "--no-print", "--no-use-colors", *arguments]
        with pytest.MonkeyPatch.context() as patch:
            for name in ("DBT_TARGET_PATH", "DBT_LOG_PATH"):
                patch.setenv(name, str(folder))
            patch.setenv("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
            patch.setenv("FIT_BUILD_SPILL", (folder / "spill").as_posix())
            for name, value in variables.items():
                patch.setenv(name, value)
            try:
                return dbtRunner().invoke([*always, "--project-dir", root, "--profiles-dir", root])
            finally:
                DuckDBConnectionManager.close_all_connections()

    return call


@pytest.fixture(scope="session")
def manifest(dbt: Dbt, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what dbt understands of the project, as its manifest.json has it."""
    folder = tmp_path_factory.mktemp("manifest")
    parsed = dbt(folder, "parse", FIT_BUILD_DATABASE=(folder / "none.duckdb").as_posix())
    assert parsed.success, parsed.exception
    content: dict[str, Any] = parsed.result.to_dict()
    return content
