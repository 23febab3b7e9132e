"""A full disk, a lost permission, and two landings at once."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fit_warehouse import home as home_module
from fit_warehouse.demo import make_city
from fit_warehouse.errors import UsageError
from fit_warehouse.landing import ledger
from fit_warehouse.landing.export import export
from tests.landing import killing

if TYPE_CHECKING:
    from tests.landing.conftest import Site

TEAM = "team_code,name_fi\nT1,Hehku\n"
SERVICE = "service_code\nhehku\n"


def test_a_file_for_which_there_is_no_room_is_not_landed_and_lands_later(
    new_site: Callable[..., Site], key_file: Path, tmp_path: Path
) -> None:
    if os.name == "nt":
        pytest.skip("Windows cannot limit the size of files")
    landing = tmp_path / "landing"
    make_city(landing, forms=2_000)
    whole, full = new_site().home, new_site().home
    killing.finish(whole.path, landing, key_file)
    largest = max(path.stat().st_size for path in whole.raw.rglob("*.parquet"))
    with killing.start(full.path, landing, key_file, largest // 2) as process:
        _, said = process.communicate()
    assert process.returncode != 0
    assert "UsageError" in said
    assert "Make room there" in said
    assert not list(full.raw.rglob("*.tmp"))
    n_before = len(ledger.landed(full))
    assert n_before < len(ledger.landed(whole))
    killing.finish(full.path, landing, key_file)
    assert export(full) == export(whole)
    assert killing.account(full) == killing.account(whole)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EFBIG, errno.EACCES])
@pytest.mark.parametrize("at", range(4))
def test_wherever_writing_fails_the_next_landing_makes_up_for_it(
    new_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch, number: int, at: int
) -> None:
    whole, stopped = new_site(), new_site()
    for site in (whole, stopped):
        site.write("team.csv", TEAM)
        site.write("service.csv", SERVICE)
    whole.land()
    real_fsync, calls = os.fsync, iter(range(1000))

    def failing(descriptor: int) -> None:
        if next(calls) == at:
            raise OSError(number, os.strerror(number), "somewhere")
        real_fsync(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(home_module.os, "fsync", failing)
        with pytest.raises(UsageError, match=r"is full|no permission to write"):
            stopped.land()
    stopped.land()
    assert export(stopped.home) == export(whole.home)
    assert killing.account(stopped.home) == killing.account(whole.home)
    assert stopped.stored("raw") == whole.stored("raw")


@pytest.mark.parametrize("folder", ["raw/team", "ledger", "accepted"])
def test_a_folder_that_may_not_be_written_is_named_and_nothing_is_lost(
    new_site: Callable[..., Site], folder: str
) -> None:
    # The test above fails at every write by a fake instead, on every system and for every user.
    if os.name == "nt":
        pytest.skip("Windows keeps nobody out of a folder by its mode")
    if os.geteuid() == 0:
        pytest.skip("root may write into any folder")
    whole, locked = new_site(), new_site()
    for site in (whole, locked):
        site.write("team.csv", TEAM)
    whole.land()
    path = locked.home.path / folder
    path.mkdir(parents=True)
    path.chmod(0o500)
    with pytest.raises(UsageError, match="right to write"):
        locked.land()
    path.chmod(0o700)
    locked.land()
    assert locked.stored("raw") == whole.stored("raw")
    assert export(locked.home) == export(whole.home)


def test_of_two_landings_at_once_one_is_turned_away_and_the_other_is_whole(
    new_site: Callable[..., Site], key_file: Path, tmp_path: Path
) -> None:
    landing = tmp_path / "landing"
    make_city(landing, forms=2_000)
    whole, shared = new_site().home, new_site().home
    killing.finish(whole.path, landing, key_file)
    first = killing.start(shared.path, landing, key_file)
    arguments: list[Any] = [sys.executable, "-c", killing.LAND, shared.path, landing, key_file]
    # The first may have ended before the second comes: then both are well, and nothing is twice.
    second = subprocess.run(
        arguments, cwd=killing.ROOT, capture_output=True, text=True, check=False
    )
    with first:
        first.wait()
    assert first.returncode == 0
    assert second.returncode == 0 or "another fit command is at work" in second.stderr
    assert export(shared) == export(whole)
    assert killing.account(shared) == killing.account(whole)
