"""CSV in every dialect gives the same rows; broken rows never take their neighbours with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from fit_warehouse.landing.files import CHUNK

if TYPE_CHECKING:
    from tests.landing.conftest import Site

BOM = "\ufeff"
TEAMS = "team_code,name_fi,fit_adopted_on\nT1,Ääkköset 😀,2024-01-01\nT2,,\n"


def finnish(text: str) -> str:
    """Return plain CSV as a Finnish spreadsheet writes it."""
    fields = (line.split(",") for line in text.splitlines())
    return "\r\n".join(";".join(f.replace(".", ",") for f in line) for line in fields) + "\r\n"


def reordered(text: str) -> str:
    return "".join(",".join(reversed(line.split(","))) + "\n" for line in text.splitlines())


DIALECTS: dict[str, Callable[[str], str]] = {
    "byte order mark": lambda text: BOM + text,
    "semicolons, decimal commas": finnish,
    "all that at once": lambda text: BOM + finnish(text),
    "tabs": lambda text: text.replace(",", "\t"),
    "other order": reordered,
    "Windows line ends": lambda text: text.replace("\n", "\r\n"),
    "old Mac line ends": lambda text: text.replace("\n", "\r"),
    "both line ends": lambda text: text.replace("\n", "\r\n", 2),
    "no last line end": lambda text: text.rstrip("\n"),
    "every field quoted": lambda text: "".join(
        ",".join(f'"{field}"' for field in line.split(",")) + "\n" for line in text.splitlines()
    ),
    "spaces": lambda text: text.replace(",", " , "),
    "blank lines": lambda text: text.replace("\n", "\n\n") + "\n\n",
    "blank rows": lambda text: text + "," * text.split("\n")[0].count(",") + "\n",
    "column not read": lambda text: text.replace("\n", ',"a, ""b""\nc"\n').replace(
        ',"a, ""b""\nc"', ",note", 1
    ),
    "delimiter at the end of rows": lambda text: text.replace("\n", ",\n").replace(",\n", "\n", 1),
    "that and blank lines": lambda text: text.replace("\n", ",\n\n").replace(",\n", "\n", 1),
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_dialect_changes_no_row(new_site: Callable[..., Site], dialect: str) -> None:
    plain, site = new_site(), new_site()
    rows = [
        plain.row("response", source_record_id=number, respondent_ref=ref)
        for number, ref in (("1", ""), ("2", "G-1"), ("3", "G-2"))
    ]
    for table, text in (("response", plain.text(*rows)), ("team", TEAMS)):
        plain.write(f"{table}.csv", text)
        site.write(f"{table}.csv", DIALECTS[dialect](text))
    plain.land()
    landing = site.land()
    assert not landing.refused
    assert not site.problems()
    assert len(site.accepted("response")) == 3
    for table in ("response", "team"):
        assert site.accepted(table) == plain.accepted(table)


BROKEN = {
    "too few fields": ("A,,\nB,\nC,,\n", [3], "A C"),
    "too many fields": ("A,,\nB,,,x\nC,,\n", [3], "A C"),
    "first row": ("A\nB,,\n", [2], "B"),
    "last row": ("A,,\nB\n", [3], "A"),
    "after blank lines": ("A,,\n\n\nB,\n\nC,,\nD\n", [5, 8], "A C"),
    "mark without end": ('A,,\nB,"x,\nC,,\nD,y,\n', [3], "A C D"),
    "two marks without end": ('A,,\nB,"x,\nC,,\nD,"y,\nE,,\n', [3, 5], "A C E"),
    "mark within": ('A,,\nB,"x" y,\nC,,\n', [3], "A C"),
    "mark in a text": ('A,5" wide,\nB,,\n', [], "A B"),
    "text over two lines": ('A,"x\ny",\nB,\nC,,\n', [4], "A C"),
    "broken before such a text": ('A\nB,"x\ny",\nC,,\nD,\n', [2, 6], "B C"),
    "mark at the end of the file": ('A,,\nB,"x\n', [3], "A"),
    "cut mark after a line end": ('A,,\nB,"x\ny\n', [3, 4], "A"),
    "spaces alone": ("A,,\n   \nB,\nC,,\n", [4], "A C"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_row_is_named_by_its_line_and_its_neighbours_land(site: Site, name: str) -> None:
    lines, broken, kept = BROKEN[name]
    site.write("team.csv", f"team_code,name_fi,service_code\n{lines}")
    landing = site.land()
    assert not landing.refused
    assert site.problems() == {("team.csv", line): {("", "malformed_row")} for line in broken}
    assert " ".join(row["team_code"] for row in site.accepted("team")) == kept
    assert site.account("team.csv").delivered == len(broken) + len(kept.split())


def test_row_numbers_stay_right_after_broken_and_blank_lines(site: Site) -> None:
    site.write(
        "team.csv",
        'team_code,name_fi,fit_adopted_on\nA\n\nB,"x\ny",z\n,,\nC,"un,\nD,,2024-13-01\nE,,\n',
    )
    site.land()
    assert site.problems() == {
        ("team.csv", 2): {("", "malformed_row")},
        ("team.csv", 4): {("fit_adopted_on", "not_a_date")},
        ("team.csv", 7): {("", "malformed_row")},
        ("team.csv", 8): {("fit_adopted_on", "not_a_date")},
    }


@pytest.mark.parametrize(
    ("before", "line"), [("A,,\n\n\n", 5), ('A,"x\ny",\n', 4), (",,\nA,,\n", 4), ("A,,\n", 3)]
)
def test_row_numbers_are_lines_where_every_row_is_whole(site: Site, before: str, line: int) -> None:
    site.write("team.csv", f"team_code,name_fi,fit_adopted_on\n{before}B,,2024-13-01\n")
    site.land()
    assert site.problems() == {("team.csv", line): {("fit_adopted_on", "not_a_date")}}
    assert site.account("team.csv").delivered == 2


def test_a_stray_mark_early_in_a_long_file_loses_nothing(site: Site) -> None:
    n_rows = 12_000  # longer than the engine's longest line, which a stray mark would run through
    rows = [f"T{number},{'name' * 30}," for number in range(n_rows)]
    rows[10] = 'T10,"a name,'
    site.write("team.csv", "\n".join(["team_code,name_fi,service_code", *rows]) + "\n")
    site.land()
    account = site.account("team.csv")
    assert (account.delivered, account.accepted, account.quarantined) == (n_rows, n_rows - 1, 1)
    assert site.problems() == {("team.csv", 12): {("", "malformed_row")}}


@pytest.mark.parametrize("shift", range(4))
def test_the_line_of_a_wrong_byte_is_right_across_the_pieces_of_a_file(
    site: Site, shift: int
) -> None:
    header = "team_code,name_fi\n"
    first = f"A,{'x' * (CHUNK - len(header) - 3 - shift)}😀\n"
    site.write("team.csv", (header + first).encode() + b"B,\xe4\nC,d\n")
    (entry,) = site.land().refused
    assert entry.refused_for == "wrong_encoding"
    assert "(line 3:" in entry.refusal


def test_a_row_longer_than_any_row_can_be_is_kept_out(site: Site) -> None:
    site.write("team.csv", f"team_code,name_fi\nA,\nB,{'x' * (1 << 21)}\nC,\n")
    site.land()
    assert site.problems() == {("team.csv", 3): {("", "malformed_row")}}
    assert [row["team_code"] for row in site.accepted("team")] == ["A", "C"]


def test_a_last_text_over_two_lines_without_a_line_end_is_whole(site: Site) -> None:
    site.write("team.csv", 'team_code,name_fi\nA,"x\ny"')
    landing = site.land()
    assert not landing.refused
    assert [row["name_fi"] for row in site.accepted("team")] == ["x\ny"]
