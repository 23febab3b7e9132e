"""Landing again, landing a copy, being stopped halfway, and two commands at once."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fit_warehouse.errors import UsageError
from fit_warehouse.landing import ledger, resolved

if TYPE_CHECKING:
    from tests.landing.conftest import Site

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "landing"
KEPT = ("raw", "ledger", "quarantine", "accepted")


@pytest.fixture
def golden(site: Site) -> Site:
    """A site with a small valid delivery that has landed."""
    shutil.copytree(GOLDEN, site.landing, dirs_exist_ok=True)
    assert not site.land().refused
    return site


def test_landing_the_same_files_again_changes_nothing(golden: Site) -> None:
    before = golden.stored(*KEPT)
    assert len([name for name in before if name.startswith("raw/")]) == 8
    landing = golden.land()
    assert landing.new == []
    assert len(landing.known) == 8
    assert golden.stored(*KEPT) == before


def test_a_copy_under_another_name_is_known(golden: Site) -> None:
    before = golden.stored(*KEPT)
    shutil.copy(golden.landing / "response.csv", golden.landing / "response_copy.csv")
    landing = golden.land()
    assert landing.new == []
    assert "response_copy.csv" in landing.known
    assert golden.stored(*KEPT) == before


def test_new_files_are_added_and_the_raw_ones_before_them_stay(golden: Site) -> None:
    before = golden.stored("raw")
    golden.csv("team_2.csv", golden.row("team", team_code="T9"))
    landing = golden.land()
    assert [entry.file_name for entry in landing.new] == ["team_2.csv"]
    after = golden.stored("raw")
    assert len(after) == len(before) + 1
    assert {name: after[name] for name in before} == before


@pytest.mark.parametrize("stopped_at", ["the ledger", "the accepted rows"])
def test_a_stopped_landing_is_swept_and_made_up_for(
    new_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch, stopped_at: str
) -> None:
    whole, stopped = new_site(), new_site()
    for site in (whole, stopped):
        shutil.copytree(GOLDEN, site.landing, dirs_exist_ok=True)
    whole.land()

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        owner = ledger if stopped_at == "the ledger" else resolved
        patch.setattr(owner, "write", stop)
        with pytest.raises(KeyboardInterrupt):
            stopped.land()
    assert bool(stopped.stored("ledger")) is (stopped_at == "the accepted rows")
    assert stopped.stored("raw")
    stopped.land()
    for folder in ("raw", "accepted", "quarantine"):
        assert stopped.stored(folder) == whole.stored(folder)
    assert stopped.stored("ledger").keys() == whole.stored("ledger").keys()


@pytest.mark.parametrize(
    "leftover",
    [
        "raw/team/team-0123.parquet",
        "raw/team/team-0123.parquet.tmp",
        "quarantine/team-0123.parquet",
        "ledger/team-0123.json.tmp",
        "spill/duckdb_temp_storage_DEFAULT-0.tmp",
    ],
)
def test_a_leftover_of_a_stopped_run_is_removed_and_said(golden: Site, leftover: str) -> None:
    before = golden.stored(*KEPT)
    path = golden.home.path / leftover
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"half a file")
    landing = golden.land()
    assert not path.exists()
    assert landing.notes == [f"removed a leftover of a stopped run: {leftover}"]
    assert golden.stored(*KEPT) == before


def test_a_second_command_at_the_same_time_is_turned_away(golden: Site) -> None:
    with (
        golden.home.locked(),
        pytest.raises(UsageError, match="another fit command is at work") as raised,
    ):
        golden.land()
    assert raised.value.exit_code == 2
    assert golden.land().refused == []


def test_a_later_delivery_of_equal_rows_is_a_duplicate_in_every_table(
    site: Site, every_table: tuple[str, ...]
) -> None:
    for table in every_table:
        # Otherwise the correction would take the form away.
        row = site.row(table, corrected_at="2024-01-01") if table == "correction" else None
        for day in ("2025-06-01", "2025-06-02"):
            site.csv(f"{table}_{day}.csv", row or site.row(table))
    site.land()
    found = [(account.accepted, account.duplicates) for account in site.accounts()]
    assert sorted(found) == [(0, 1)] * len(every_table) + [(1, 0)] * len(every_table)
