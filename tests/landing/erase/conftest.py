"""Two families and a meeting of both, landed; and what is left of a person anywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import polars as pl
import pytest

from fit_warehouse.erase import erase as erasing
from fit_warehouse.erase.erase import Erasure

if TYPE_CHECKING:
    from tests.landing.conftest import Site


def write_families(site: Site, folder: str = "", moment: str = "2025-08-01T06:00:00") -> None:
    """Deliver C-1, alone in E-1, and the siblings C-2 and C-3 in E-2, who also meet C-1 in S-9.

    C-1 is 17 in the system `app`; in `fit` ids are those of the warehouse, and 17 is another client.
    """
    site.delivered_at(moment, folder or ".")
    place = f"{folder}/" if folder else ""
    site.csv(
        f"{place}episode.csv",
        site.row("episode"),
        site.row("episode", episode_ref="E-2", service_code="other", closed_on="2025-07-15"),
    )
    site.csv(
        f"{place}episode_client.csv",
        *(
            site.row("episode_client", episode_ref=episode, client_ref=client)
            for episode, client in (("E-1", "C-1"), ("E-2", "C-2"), ("E-2", "C-3"))
        ),
    )
    site.csv(
        f"{place}client_link.csv",
        site.row("client_link", source_system="app", source_client_ref="17", client_ref="C-1"),
    )
    site.csv(
        f"{place}session.csv",
        site.row("session"),
        site.row("session", session_ref="S-2", episode_ref="E-2"),
        site.row("session", session_ref="S-9"),
    )
    site.csv(
        f"{place}session_episode.csv",
        site.row("session_episode", session_ref="S-9", episode_ref="E-1"),
        site.row("session_episode", session_ref="S-9", episode_ref="E-2"),
    )
    site.csv(f"{place}session_worker.csv", site.row("session_worker"))
    site.csv(f"{place}avoided_service.csv", site.row("avoided_service"))
    form = site.row("response")
    siblings = {"episode_ref": "E-2", "session_ref": "S-2"}
    site.csv(
        f"{place}response.csv",
        form,
        {**form, "source_record_id": "2", "source_system": "app", "client_ref": "17"},
        {**form, "source_record_id": "3", "client_ref": "17", **siblings},
        {**form, "source_record_id": "4", "client_ref": "C-2", **siblings},
        {**form, "source_record_id": "5", "client_ref": "C-3", "respondent_ref": "C-1", **siblings},
        {**form, "source_record_id": "6", "total": "99"},
        {**form, "source_record_id": "7", "client_ref": "C-2", "total": "99", **siblings},
        {**form, "source_record_id": "8", "client_ref": "C-2", **siblings, "session_ref": "S-9"},
    )
    site.csv(f"{place}team.csv", site.row("team"))


@pytest.fixture
def families(site: Site) -> Site:
    write_families(site)
    assert not site.land().refused
    return site


@pytest.fixture
def erase() -> Callable[..., Erasure]:
    """Return a function that erases a person from a site."""

    def call(site: Site, reference: str, system: str | None = None, published: str = "") -> Erasure:
        settings = site.settings
        if published:
            settings = replace(settings, paths=replace(settings.paths, published=Path(published)))
        with site.home.locked():
            doom = erasing.of_person(site.home, reference, system)
            return erasing.erase(settings, site.home, doom, "person")

    return call


def mentions(folder: Path, texts: set[str]) -> list[str]:
    """Return the files below a folder that hold one of the texts, as bytes or as a value read out."""
    found = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes().decode("latin-1")
        if path.suffix == ".parquet":
            content += pl.read_parquet(path, glob=False).cast(pl.String).write_csv()
        elif path.suffix == ".duckdb":
            with duckdb.connect(str(path), read_only=True) as connection:
                tables = connection.execute(
                    "select schema_name || '.' || table_name from duckdb_tables()"
                ).fetchall()
                for (name,) in tables:
                    content += str(connection.execute(f"from {name}").fetchall())
        if any(text in content for text in texts):
            found.append(path.relative_to(folder).as_posix())
    return found
