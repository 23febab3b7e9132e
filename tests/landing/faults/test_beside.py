"""What stands beside the data: a delivery.toml that is none, a linked folder, a reader that panics."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fit_warehouse.errors import DataError
from fit_warehouse.home import Home
from fit_warehouse.landing import files, read_other
from fit_warehouse.settings import Paths, Settings
from tests.landing.conftest import Site
from tests.landing.faults import places, workbooks
from tests.landing.faults.registry import Case

TEAM = "team_code,name_fi\nT1,Hehku\n"
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot have such a file")


def text(content: str) -> Callable[[Path], Any]:
    return lambda path: path.write_text(content, encoding="utf-8")


def linked(path: Path) -> None:
    target = path.parents[1] / "elsewhere.toml"
    target.write_text("synthetic = false\n", encoding="utf-8")
    path.symlink_to(target)


WRONG = {
    "brackets without end": (text("a = " + "[" * 30_000), "not valid TOML"),
    "a number without end": (text("a = " + "9" * 30_000), "not valid TOML"),
    "a long file": (text("#" * files.LARGEST_DELIVERY + "\n"), "longer than"),
    "a folder": (Path.mkdir, "no ordinary file"),
    "a day that is none": (text("extracted_at = 2025-02-30T00:00:00"), "not valid TOML"),
}
WRONG_ON_POSIX = {
    "a link": (linked, "a link or"),
    "a link to nothing": (lambda path: path.symlink_to(path.parent / "none"), "a link or"),
    "a pipe": (lambda path: os.mkfifo(path), "no ordinary file"),
}


def assert_stops(site: Site, write: Callable[[Path], Any], said: str) -> None:
    site.write("team.csv", TEAM)
    write(site.landing / files.DELIVERY)
    with pytest.raises(DataError, match=said) as raised:
        site.land()
    assert str(site.landing / files.DELIVERY) in str(raised.value)
    assert not site.stored("raw", "ledger")


@pytest.mark.parametrize("name", WRONG)
def test_a_delivery_toml_that_is_none_stops_the_landing(site: Site, name: str) -> None:
    assert_stops(site, *WRONG[name])


@posix
@pytest.mark.parametrize("name", WRONG_ON_POSIX)
def test_a_delivery_toml_that_is_no_file_stops_the_landing(site: Site, name: str) -> None:
    assert_stops(site, *WRONG_ON_POSIX[name])


@posix
def test_a_landing_folder_may_itself_be_a_link(site: Site, tmp_path: Path) -> None:
    site.landing.rmdir()
    site.landing.symlink_to(tmp_path, target_is_directory=True)
    site.write("sub/team.csv", TEAM)
    assert not site.land().refused
    assert len(site.accepted("team")) == 1


class PanicException(BaseException):  # named as a reader written in Rust names its own
    """What such a reader raises where it meets what it thought impossible."""


@pytest.mark.parametrize("kind", [PanicException, RuntimeError])
def test_a_reader_that_panics_refuses_the_file(
    site: Site, monkeypatch: pytest.MonkeyPatch, kind: type[BaseException]
) -> None:

    def read_excel(_: Path) -> None:
        raise kind("no such cell")

    workbooks.book(workbooks.one_row)(site.landing, "p")
    site.write("team.csv", TEAM)
    monkeypatch.setattr(read_other.fastexcel, "read_excel", read_excel)
    landing = site.land()
    assert {entry.file_name: entry.refused_for for entry in landing.refused} == {
        "team.xlsx": "unreadable_file"
    }
    assert len(site.accepted("team")) == 1


def test_a_person_who_stops_the_run_stops_it(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:

    def read_excel(_: Path) -> None:
        raise KeyboardInterrupt

    workbooks.book(workbooks.one_row)(site.landing, "k")
    monkeypatch.setattr(read_other.fastexcel, "read_excel", read_excel)
    with pytest.raises(KeyboardInterrupt):
        site.land()


PATTERNS = [case for case in places.NAMES if case.accepted]


@pytest.mark.parametrize("case", PATTERNS, ids=lambda case: case.name)
def test_a_name_is_no_pattern_where_the_path_has_no_brackets(
    key_file: Path, tmp_path_factory: pytest.TempPathFactory, case: Case
) -> None:
    # An engine that finds no file for a pattern takes it as a name: brackets above would hide it.
    if case.is_posix and sys.platform == "win32":
        pytest.skip("Windows cannot have such a file")
    folder = tmp_path_factory.mktemp("plain")
    assert "[" not in str(folder)
    settings = Settings(paths=Paths(home=folder, key_file=key_file))
    settings.landing.mkdir()
    site = Site(settings, Home(folder))
    case.write(site.landing, "k-")
    site.land()
    assert {account.delivered for account in site.accounts()} == {1}
    assert site.account(case.file).accepted == 1
    assert "outside" not in {row["team_code"] for row in site.accepted("team")}
