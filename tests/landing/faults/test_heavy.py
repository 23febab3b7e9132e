"""Files that would take memory or time without end: bounded in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.landing.faults import parquets, workbooks

ROOT = Path(__file__).resolve().parents[3]
PIECE = 1 << 20
HEADER = b"team_code,name_fi,fit_adopted_on\n"


@dataclass(frozen=True)
class Heavy:
    """A heavy file, and within which bounds it must give which landing.

    The bounds are some three times what is measured on a machine of 2 cores under load; the memory
    is what landing takes beyond the imports, the engine being allowed 1 GB.
    """

    name: str
    write: Callable[[Path], object]
    refused: str = ""
    accepted: int = 0
    quarantined: int = 0
    mebibytes: int = 400
    seconds: int = 60
    share: float = 1.0


def written(name: str, *parts: tuple[bytes, int]) -> Callable[[Path], None]:
    """Return a writer of a file made of some pieces, each so many times."""

    def write(folder: Path) -> None:
        with (folder / name).open("wb") as file:
            for piece, n_times in parts:
                for _ in range(n_times):
                    file.write(piece)

    return write


def sparse(folder: Path) -> None:
    """Write a file that says to be of ten gigabytes and has one line."""
    path = folder / "team.csv"
    path.write_bytes(HEADER)
    with path.open("r+b") as file:
        file.truncate(10 << 30)


def bad_rows(folder: Path) -> None:
    rows = (f"T{number},,31.1.2025\n" for number in range(1_000_000))
    (folder / "team.csv").write_bytes(HEADER + "".join(rows).encode() + b"good,,\n")


def broken_rows(folder: Path) -> None:
    rows = (f'T{number},"x\n' for number in range(200_000))
    (folder / "team.csv").write_bytes(HEADER + "".join(rows).encode() + b"good,,\n")


CASES = [
    Heavy("ten gigabytes of nothing", sparse, "wrong_encoding"),
    Heavy("a line of a gigabyte", written("team.csv", (HEADER + b"A,,\nB,", 1), (b"x" * PIECE, 1 << 10),
                                          (b",\nC,,\n", 1)), accepted=2, quarantined=1),
    Heavy("a quotation of a gigabyte", written("team.csv", (HEADER + b'A,,\nB,"', 1),
                                               (b"x" * PIECE, 1 << 10), (b'",\nC,,\n', 1)),
          accepted=2, quarantined=1),
    Heavy("ten megabytes in a field", written("team.csv", (HEADER + b'A,,\nB,"', 1),
                                              (b"x" * PIECE, 10), (b'",\nC,,\n', 1)),
          accepted=2, quarantined=1),
    Heavy("a header of a gigabyte", written("team.csv", (b"x" * PIECE, 1 << 10)), "unreadable_file"),
    Heavy("a million columns", written("team.csv", (b"team_code", 1), (b",c", 1_000_000), (b"\n", 1)),
          "too_many_columns"),
    Heavy("a million delimiters", written("team.csv", (HEADER + b"A,,\nB", 1), (b",", 1_000_000),
                                          (b"\n", 1)), accepted=2),
    Heavy("a million rows kept out", bad_rows, accepted=1, quarantined=1_000_000, mebibytes=1500),
    Heavy("a million rows too many", bad_rows, "too_many_quarantined", mebibytes=1500, share=0.05),
    Heavy("marks without end", broken_rows, accepted=1, quarantined=200_000),
    Heavy("a zip bomb", lambda folder: workbooks.bomb(folder, "b"), "unpacks_too_large"),
    Heavy("a cell far away", lambda folder: workbooks.book(workbooks.far_cell)(folder, "f"),
          "unpacks_too_large"),
    Heavy("rows without end", lambda folder: parquets.endless(folder, "e"), "unpacks_too_large"),
]  # fmt: skip


def landed(folder: Path, share: float, seconds: int) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "tests.landing.faults.child", str(folder), str(share)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=2 * seconds,  # starting and importing included
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limits of a process to set")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_heavy_file_stays_within_its_bounds(tmp_path: Path, case: Heavy) -> None:
    folder = tmp_path / "landing"
    folder.mkdir()
    case.write(folder)
    took = landed(tmp_path, case.share, case.seconds)
    for path in folder.iterdir():
        path.unlink()  # gigabytes, which pytest would keep for three runs
    assert set(took["refused"].values()) == ({case.refused} - {""})
    if not case.refused:
        (account,) = took["accounts"]
        assert account == {
            "accepted": case.accepted,
            "quarantined": case.quarantined,
            "delivered": case.accepted + case.quarantined,
            "unaccounted": 0,
        }
    assert took["mebibytes"] < case.mebibytes
    assert took["seconds"] < case.seconds
