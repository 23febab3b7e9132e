"""Files that should not be where they are, or are none: links, devices, names."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

from tests.landing.faults.registry import Case, Write, content

TEAM = "team_code\nKEY1\n"
TEAM_PARQUET_NAMES = ("team_*.csv", "team_?.csv", "team_[a].csv", "team_{1}.csv", "team_'; --.csv")


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


def named(name: str, number: int) -> Case:
    """Return a good file whose name means something to a shell, to SQL or to a glob."""

    def write(folder: Path, key: str) -> None:
        # Neighbours that the name as a pattern would take in as well.
        for other in ("team_a.csv", "team_1.csv"):
            (folder / other).write_text(f"team_code\n{key}{other}\n", encoding="utf-8")
        (folder / name).write_text(f"team_code\n{key}own\n", encoding="utf-8")

    is_posix = any(letter in name for letter in "*?")
    return Case(f"name {number}", write, name, accepted=1, is_posix=is_posix)


def hive(folder: Path, key: str) -> None:
    (folder / "team_code=other").mkdir()
    (folder / "team_code=other" / "team.csv").write_text(f"team_code\n{key}1\n", encoding="utf-8")


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
    Case("folder named like a column", hive, "team_code=other/team.csv", accepted=1),
    *(named(name, number) for number, name in enumerate(TEAM_PARQUET_NAMES)),
    Case("passed over", content(TEAM, "~$team.csv"), "~$team.csv", note="passed over"),
]  # fmt: skip
CASES = [*LINKS, *NAMES]
