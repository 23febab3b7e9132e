"""The restricted databases of kept releases are written anew without the person."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from fit_warehouse.erase.erase import Erasure
from fit_warehouse.publish import stage
from tests.landing.erase.conftest import mentions
from tests.landing.test_pseudonyms import expected

if TYPE_CHECKING:
    from tests.landing.conftest import Site

ME, SISTER, OTHER = (expected(name, "client") for name in ("C-1", "C-2", "C-3"))
LONE, SHARED = expected("E-1", "episode"), expected("E-2", "episode")
UNNAMED = hashlib.md5(f"{SISTER}|{ME}".encode()).hexdigest()


def release(published: Path, name: str) -> Path:
    """Write a release whose restricted database has rows of two families."""
    path = published / "releases" / name / stage.RESTRICTED_DATABASE
    path.parent.mkdir(parents=True)
    with duckdb.connect(
        str(path), config={"storage_compatibility_version": "v1.0.0"}
    ) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.fct_response "
            "(client_key varchar, respondent_key varchar, episode_key varchar, total double)"
        )
        connection.executemany(
            "insert into marts.fct_response values (?, ?, ?, 1)",
            [
                (ME, None, LONE),
                (SISTER, None, SHARED),
                (SISTER, ME, SHARED),
                (SISTER, UNNAMED, SHARED),
                (OTHER, SISTER, LONE),
            ],
        )
        connection.execute(
            "create table marts.fct_episode (client_key varchar, family_key varchar, n integer)"
        )
        connection.executemany(
            "insert into marts.fct_episode values (?, ?, 1)", [(ME, ME), (SISTER, ME), (OTHER, ME)]
        )
        connection.execute(
            "create table marts.fct_early_ending as "
            f"select unnest(['{LONE}', '{SHARED}']) as episode_key, 1 as unused_units"
        )
        connection.execute("create table marts.dim_team as select 'T1' as team_code")
        connection.execute("comment on table marts.fct_episode is 'An episode.'")
        connection.execute("comment on column marts.fct_episode.n is 'How many.'")
    manifest = {"files": {stage.RESTRICTED_DATABASE: _hash(path), "open/x": "0"}}
    (path.parents[1] / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return path


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def published(families: Site, tmp_path: Path) -> Path:
    for name in ("20260101T000000Z", "20260201T000000Z"):
        release(tmp_path / "published", name)
    return tmp_path / "published"


def test_every_release_loses_the_person_s_rows_and_name(
    families: Site, erase: Callable[..., Erasure], published: Path
) -> None:
    done = erase(families, "C-1", published=str(published))
    assert done.releases == {"20260101T000000Z": 5, "20260201T000000Z": 5}
    assert mentions(published, {ME, UNNAMED}) == []
    for path in sorted(published.rglob("*.duckdb")):
        manifest = json.loads((path.parents[1] / "manifest.json").read_text("utf-8"))
        assert manifest["files"] == {stage.RESTRICTED_DATABASE: _hash(path), "open/x": "0"}
        with duckdb.connect(str(path), read_only=True) as connection:
            forms = connection.execute(
                "select client_key, respondent_key from marts.fct_response order by all"
            ).fetchall()
            assert sorted(forms, key=str) == sorted([(SISTER, None), (OTHER, SISTER)], key=str)
            families_left = connection.execute(
                "select count(*), count(distinct family_key) from marts.fct_episode"
            ).fetchall()
            assert families_left == [(2, 1)], "siblings are still one family"
            endings = connection.execute(
                "select episode_key from marts.fct_early_ending"
            ).fetchall()
            assert endings == [(SHARED,)]
            described = connection.execute(
                "select comment from duckdb_columns() where column_name = 'n'"
            ).fetchall()
            assert described == [("How many.",)]
        assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_release_without_the_person_stays_as_it_is(
    families: Site, erase: Callable[..., Erasure], published: Path
) -> None:
    before = {path: path.read_bytes() for path in published.rglob("*") if path.is_file()}
    erase(families, "C-99", published=str(published))
    assert {path: path.read_bytes() for path in published.rglob("*") if path.is_file()} == before
