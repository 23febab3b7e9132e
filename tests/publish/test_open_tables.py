"""What nobody delivered as a code, and what only a hidden line would tell, is not in the open data."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from fit_warehouse.home import Home
from fit_warehouse.measure import context as contexts
from fit_warehouse.publish import stage, switch
from fit_warehouse.settings import Publish

if TYPE_CHECKING:
    from tests.conftest import BuiltCity

NAME = "Meikalainen Maija"


@pytest.fixture(scope="module")
def staged(built_city: BuiltCity, tmp_path_factory: pytest.TempPathFactory) -> stage.Staged:
    """Stage a city in which one team and one service are codes that only rows name."""
    folder = tmp_path_factory.mktemp("open")
    paths = replace(built_city.settings.paths, home=folder / "var", published=folder / "published")
    settings = replace(built_city.settings, paths=paths)
    home = Home(paths.home)
    home.build_database.parent.mkdir(parents=True)
    shutil.copyfile(built_city.database, home.build_database)
    with duckdb.connect(str(home.build_database)) as connection:
        for what in ("team", "service"):
            connection.execute(
                f"insert into marts.dim_{what} by name select 9999 as {what}_id, "
                f"'{NAME}' as {what}_code, '{NAME}' as name_fi, '{NAME}' as name_sv, "
                f"'{NAME}' as name_en, 0 as is_known"
                + (", 'session' as measure_rhythm" if what == "service" else "")
            )
        connection.execute(f"update metrics.team_outcome set team_code = '{NAME}', n_persons = 90")
        # Nothing else is hidden: the unknown service would be the total less the others.
        connection.execute("update metrics.cost_effect set n_persons = 90, n_workers = 9")
        connection.execute(
            f"update metrics.cost_effect set service_code = '{NAME}' where service_code = 'hehku'"
        )
        context = contexts.make(connection, settings)
    return stage.stage(settings, home, context)


def every_text(folder: Path) -> set[str]:
    """Return every text in the Parquet files of a folder."""
    texts: set[str] = set()
    for path in folder.glob("*.parquet"):
        with duckdb.connect() as connection:
            for row in connection.execute("from read_parquet(?)", [str(path)]).fetchall():
                texts.update(str(value) for value in row)
    return texts


def test_a_code_that_only_rows_name_stays_restricted(staged: stage.Staged) -> None:
    texts = every_text(staged.folder / stage.OPEN_PARQUET)
    assert len(texts) > 1000
    assert not [text for text in texts if NAME in text]
    with duckdb.connect(
        str(staged.folder / stage.RESTRICTED_DATABASE), read_only=True
    ) as restricted:
        assert restricted.execute(
            "select count(*) from marts.dim_team where team_code = ?", [NAME]
        ).fetchone() == (1,)


def test_a_total_does_not_give_the_unknown_service_away(staged: stage.Staged) -> None:
    with duckdb.connect() as connection:
        for name, path in (("r", stage.RESTRICTED_DATABASE), ("o", stage.OPEN_DATABASE)):
            connection.execute(f"attach '{staged.folder / path}' as {name} (read_only)")
        totals = connection.execute(
            "select total.is_suppressed from o.marts.cost_effect as total "
            "semi join (select * from r.metrics.cost_effect where service_code = ?) as unknown "
            "using (is_agreed, procurement, price_year) where total.service_code = '_total'",
            [NAME],
        ).fetchall()
    assert totals
    assert set(totals) == {(1,)}


def test_a_course_does_not_tell_the_longest_episode(staged: stage.Staged) -> None:
    with duckdb.connect(str(staged.open_database), read_only=True) as connection:
        rows = connection.execute(
            "select instrument_code, respondent_role, count(*), "
            "max_by(is_suppressed, session_number), min(is_suppressed) "
            "from marts.course group by all"
        ).fetchall()
    assert rows
    for *group, n_rows, last_is_hidden, all_are_hidden in rows:
        assert n_rows == 1 if all_are_hidden else not last_is_hidden, group


@pytest.mark.skipif(os.name == "nt", reason="Windows inherits rights from the parent folder")
def test_the_restricted_folder_keeps_others_out_and_keeps_its_rights(
    staged: stage.Staged, tmp_path: Path
) -> None:
    published = tmp_path / "published"
    restricted = published / "current" / "restricted"
    (staged.folder / switch.MANIFEST).write_text("{}", encoding="utf-8")
    switch.switch(staged.folder, published, "one", Publish())
    assert restricted.stat().st_mode & 0o777 == 0o750
    restricted.chmod(0o700)
    switch.switch(staged.folder, published, "two", Publish())
    assert restricted.stat().st_mode & 0o777 == 0o700
