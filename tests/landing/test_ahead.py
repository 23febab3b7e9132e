"""Reading a file while the one before it is stored: it changes nothing but the time that it takes."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fit_warehouse.landing import land, ledger, read_csv

if TYPE_CHECKING:
    from tests.landing.conftest import Site

GOOD = "team_code,name_fi\nT1,Hehku-tiimi 1\nT2,Hehku-tiimi 2\n"
CONTENTS: dict[str, str | bytes] = {
    "good": GOOD,
    "other": GOOD.replace("T2", "T3"),
    "faulty": GOOD + ",Hehku-tiimi 3\n",
    "quoted": GOOD + '"T3","Hehku-\ntiimi"\n',
    "identity": GOOD + "T3,Matti 010594-9032\n",
    "cut": GOOD + '"T3',
    "lacks": "name_fi\nHehku-tiimi\n",
    "strange": "x,y\n1,2\n",
    "empty": "",
    "latin": GOOD.encode() + b"T3,P\xe4iv\xe4\n",
}


def outcome(site: Site) -> tuple[Any, ...]:
    """Return all that a landing says and stores, but for the time of day."""
    landing = site.land()
    entries = [
        dataclasses.replace(entry, landed_at="")
        for entry in sorted(ledger.entries(site.home), key=lambda entry: entry.file_id)
    ]
    said = [entry.file_name for entry in (*landing.new, *landing.refused)]
    return said, landing.known, landing.notes, entries, site.stored("raw", "quarantine")


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(contents=st.lists(st.sampled_from(sorted(CONTENTS)), min_size=1, max_size=6))
def test_reading_ahead_changes_no_outcome(
    new_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch, contents: list[str]
) -> None:
    outcomes = []
    for bytes_ahead in (land.READ_AHEAD, -1):
        site = new_site()
        for number, content in enumerate(contents):
            site.write(f"team_{number}.csv", CONTENTS[content])
        with monkeypatch.context() as patch:
            patch.setattr(land, "READ_AHEAD", bytes_ahead)
            outcomes.append(outcome(site))
    assert outcomes[0] == outcomes[1]


def test_a_small_file_is_read_once_and_beside_the_one_before(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers: dict[str, list[bool]] = {}
    read = read_csv.read

    def watched(
        connection: duckdb.DuckDBPyConnection, path: Path, known: tuple[str, ...]
    ) -> tuple[str, ...]:
        is_beside = threading.current_thread() is not threading.main_thread()
        readers.setdefault(path.name, []).append(is_beside)
        return read(connection, path, known)

    monkeypatch.setattr(read_csv, "read", watched)
    site.write("team_1.csv", GOOD)
    site.write("team_2.csv", CONTENTS["identity"])
    large = site.write("team_3.csv", GOOD + "T5,x\n" * 20)
    monkeypatch.setattr(land, "READ_AHEAD", large.stat().st_size - 1)
    site.land()
    # What is wrong with a file is found again when it is its turn; a large file is read in slices then.
    assert readers == {"team_1.csv": [True], "team_2.csv": [True, False]}
    assert {row["team_code"] for row in site.accepted("team")} == {"T1", "T2", "T5"}


def test_a_file_that_has_landed_before_is_not_read(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.write("team_1.csv", GOOD)
    site.land()

    def fail(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(read_csv, "read", fail)
    assert site.land().known == ["team_1.csv"]
