"""Files that should not be where they are, or are none: links, devices, names."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import polars as pl

from tests.landing.faults.registry import Case, Write, content

TEAM = "team_code\nKEY1\n"
PATTERNS = ("team_*", "team_?", "team_[a]", "team_{1}", "team_'; --")
SUFFIXES = (".csv", ".parquet")


def link(target: Callable[[Path], Path], name: str = "team.csv") -> Write:
    """Return a writer of a link; its target is made from the case's own folder."""

    def write(folder: Path, key: str) -> None:
        (folder / name).symlink_to(target(folder))

    return write


def outside(folder: Path) -> Path:
    """Return a good file outside of the landing folder, which is two folders above."""
    path = folder.parents[1] / f"{folder.name}.csv"
    path.write_text("team_code\noutside\n", encoding="utf-8")
    return path


def outside_folder(folder: Path) -> Path:
    path = folder.parents[1] / "elsewhere"
    path.mkdir(exist_ok=True)
    (path / "team.csv").write_text("team_code\noutside\n", encoding="utf-8")
    return path


def linked_inside(folder: Path, key: str) -> None:
    (folder / "team_a.csv").write_text(f"team_code\n{key}1\n", encoding="utf-8")
    (folder / "team.csv").symlink_to(folder / "team_a.csv")


def pipe(folder: Path, key: str) -> None:
    os.mkfifo(folder / "team.csv")


def plug(folder: Path, key: str) -> None:
    here = Path.cwd()
    os.chdir(folder)  # the path of a socket may have some hundred letters only
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("team.csv")
    finally:
        os.chdir(here)


def raw_name(name: bytes) -> Write:
    def write(folder: Path, key: str) -> None:
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(b"team_code\nx\n")

    return write


def write_team(path: Path, code: str) -> None:
    """Write a team as the kind of file that the path's ending says."""
    if path.suffix == ".csv":
        path.write_text(f"team_code\n{code}\n", encoding="utf-8")
    else:
        pl.DataFrame({"team_code": [code]}).write_parquet(path)


def named(name: str, number: int, suffix: str) -> Case:
    """Return a good file whose name means something to a shell, to SQL or to a glob."""

    def write(folder: Path, key: str) -> None:
        # Neighbours that the name as a pattern would take in as well.
        for other in ("team_a", "team_1", name):
            write_team(folder / f"{other}{suffix}", f"{key}{other}")

    is_posix = any(letter in name for letter in "*?")
    return Case(f"name {number} {suffix}", write, f"{name}{suffix}", accepted=1, is_posix=is_posix)


def hive(column: str, suffix: str) -> Case:
    """Return a good file in a folder whose name says what a column has, in some engines' eyes."""
    name = f"{column}=outside/team{suffix}"

    def write(folder: Path, key: str) -> None:
        (folder / name).parent.mkdir()
        write_team(folder / name, f"{key}1")

    return Case(f"folder named like the column {column} {suffix}", write, name, accepted=1)


LINKS = [
    Case("link to a file outside", link(outside), refused="link_not_followed", is_posix=True),
    Case("link to a folder outside", link(outside_folder, "sub"), "sub",
         refused="link_not_followed", is_posix=True),
    Case("link to a folder inside", link(lambda folder: folder.parent, "round"), "round",
         refused="link_not_followed", is_posix=True),
    Case("link to nothing", link(lambda folder: folder / "none"), refused="link_not_followed",
         is_posix=True),
    Case("link to itself", link(lambda folder: folder / "team.csv"), refused="link_not_followed",
         is_posix=True),
    Case("link to a device", link(lambda _: Path("/dev/zero")), refused="link_not_followed",
         is_posix=True),
    Case("link to a file inside", linked_inside, accepted=1, is_posix=True),
    Case("pipe", pipe, refused="special_file", is_posix=True),
    Case("socket", plug, refused="special_file", is_posix=True),
]  # fmt: skip
NAMES = [
    Case("line break in the name", raw_name(b"team_a\nb.csv"), "team_a\\nb.csv",
         refused="bad_file_name", is_posix=True),
    Case("escape in the name", raw_name(b"team_\x1b[2J.csv"), "team_\\x1b[2J.csv",
         refused="bad_file_name", is_posix=True),
    Case("name in Latin-1", raw_name(b"team_p\xe4iv\xe4.csv"), "team_p\\udce4iv\\udce4.csv",
         refused="bad_file_name", is_posix=True),
    # The reader of CSV calls the columns c0, c1, ... until it has found them.
    *(hive(column, suffix) for column in ("team_code", "c0") for suffix in SUFFIXES),
    *(named(name, number, suffix) for suffix in SUFFIXES for number, name in enumerate(PATTERNS)),
    Case("passed over", content(TEAM, "~$team.csv"), "~$team.csv", note="passed over"),
]  # fmt: skip
CASES = [*LINKS, *NAMES]
