"""The golden examples, landed, built and measured once; and a way to call the command."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from fit_warehouse import build, cli
from fit_warehouse.home import Home
from fit_warehouse.landing.land import land
from fit_warehouse.measure.context import Context
from fit_warehouse.measure.measure import measure
from fit_warehouse.settings import Paths, Publish, Settings

GOLDEN = Path(__file__).parents[1] / "golden" / "landing"
# Spaces, umlauts, quotes and brackets in a folder's name are no reason to fail.
ODD_NAME = "FIT [koe] 'ä'"
GOLDEN_DAY = date(2025, 8, 1)
RUN = ("run", "--landing", "landing", "--as-of", "2025-08-01")


@dataclass(frozen=True, slots=True)
class Golden:
    """The golden examples in a home of their own."""

    settings: Settings
    home: Home
    context: Context

    def query(self, sql: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.home.build_database), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def showing_everything(self) -> Settings:
        """Return settings that no installation may have: `settings.load` refuses them."""
        return replace(self.settings, publish=Publish(k_min=1, n_min_estimate=1, workers_min=1))


@pytest.fixture(scope="session")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Golden:
    folder = tmp_path_factory.mktemp("golden")
    settings = Settings(
        paths=Paths(
            home=folder / "var",
            landing=GOLDEN,
            published=folder / "published",
            key_file=folder / "pseudonym.key",
        )
    )
    home = Home(settings.paths.home)
    with home.locked():
        land(settings, home)
        build.build(settings, home)
        context = measure(settings, home, as_of=GOLDEN_DAY)
    return Golden(settings, home, context)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call of the command gave."""

    code: int
    out: str
    err: str


def use(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Make a folder the place where the command works."""
    patch.chdir(folder)
    patch.setenv("FIT_HOME", str(folder / "var"))
    patch.setenv("FIT_PUBLISHED", str(folder / "published"))
    patch.setenv("FIT_PATHS_KEY_FILE", str(folder / "pseudonym.key"))


def call(arguments: tuple[str, ...], patch: pytest.MonkeyPatch) -> Outcome:
    """Call the command in this process."""
    out, err = io.StringIO(), io.StringIO()
    patch.setattr("sys.argv", ["fit", *arguments])
    code = 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            cli.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
    return Outcome(code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="session")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    """Return an installation in which the main job has run once, and what it said."""
    folder = tmp_path_factory.mktemp("first_run") / ODD_NAME
    shutil.copytree(GOLDEN, folder / "landing")
    with pytest.MonkeyPatch.context() as patch:
        use(folder, patch)
        return folder, call(RUN, patch)


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an installation with the golden examples in its landing folder and nothing else."""
    folder = tmp_path / ODD_NAME
    shutil.copytree(GOLDEN, folder / "landing")
    use(folder, monkeypatch)
    return folder


@pytest.fixture
def installation(
    first_run: tuple[Path, Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Return a copy of the installation in which the main job has run once."""
    folder = tmp_path / "installation"
    shutil.copytree(first_run[0], folder, symlinks=True)
    use(folder, monkeypatch)
    return folder


@pytest.fixture
def fit(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Return a function that calls the command where `fresh` or `installation` says."""
    return lambda *arguments: call(arguments, monkeypatch)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Outcome]:
    """Return a function that runs the main job on the landing folder."""
    return lambda: call(RUN, monkeypatch)
