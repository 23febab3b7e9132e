"""Files as wholes: every reason to refuse one, what is passed over, and what is said beside them."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from rich.console import Console

from fit_warehouse import pipeline, project
from fit_warehouse.errors import DataError, UsageError
from fit_warehouse.landing import files, ledger
from fit_warehouse.landing.ledger import Entry
from fit_warehouse.progress import Steps

if TYPE_CHECKING:
    from tests.landing.conftest import Site

TEAM = "team_code,name_fi\nT1,Hehku\n"
PRICES = "service_code,basis,amount_eur,price_year,procurement,source\n"
PRICE = "hehku,session,100,2025,own,list\n"


def parquet(frame: pl.DataFrame) -> bytes:
    file = io.BytesIO()
    frame.write_parquet(file)
    return file.getvalue()


def twice_parquet() -> bytes:
    file = io.BytesIO()
    columns = [pa.array(["T1"]), pa.array(["a"]), pa.array(["b"])]
    pq.write_table(pa.Table.from_arrays(columns, names=["team_code", "name_fi", "name_fi"]), file)
    return file.getvalue()


def workbook(**sheets: list[list[Any]]) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return file.getvalue()


TEAM_PARQUET = parquet(pl.DataFrame({"team_code": ["T1"] * 500, "name_fi": ["Hehku"] * 500}))
TEAM_XLSX = workbook(team=[["team_code", "name_fi"], ["T1", "Hehku"]])


@dataclass(frozen=True)
class Refused:
    """A bad file, the reason to refuse it, and what its message must say of the place."""

    reason: str
    name: str
    content: bytes
    where: str = ""
    sheet: str = ""


REFUSED = [
    Refused("unknown_table", "clients.csv", b"a,b\n1,2\n", "known: response, session"),
    Refused("unknown_table", "teams.csv", TEAM.encode()),
    Refused("unknown_table", "team.txt", TEAM.encode(), "ending .txt"),
    Refused("unknown_table", "team", TEAM.encode(), "ending missing"),
    Refused("unknown_table", "team_w.xlsx", workbook(A=[["x"]], B=[["y"]]), "sheets: A, B"),
    Refused("unreadable_file", "team_cut.parquet", TEAM_PARQUET[:-20]),
    Refused("unreadable_file", "team_short.parquet", TEAM_PARQUET[:8]),
    Refused("unreadable_file", "team_empty.parquet", b""),
    Refused("unreadable_file", "team_no.parquet", TEAM.encode()),
    Refused("unreadable_file", "team_cut.xlsx", TEAM_XLSX[: len(TEAM_XLSX) // 2]),
    Refused("unreadable_file", "team_no.xlsx", TEAM.encode()),
    Refused("unreadable_file", "team_json.csv", b"[" + b"x" * 200_000 + b"]", "without end"),
    Refused("wrong_encoding", "team_latin1.csv", TEAM.encode() + "T2,Pähkinä\n".encode("latin-1"), "line 3"),
    Refused("wrong_encoding", "team_utf16.csv", TEAM.encode("utf-16"), "line 1"),
    Refused("wrong_encoding", "team_utf16be.csv", TEAM.encode("utf-16-be"), "line 1"),
    Refused("wrong_encoding", "team_nul.csv", TEAM.encode() + b"T2,a\0b\n", "line 3"),
    Refused("empty_file", "team_0.csv", b""),
    Refused("empty_file", "team_bom.csv", b"\xef\xbb\xbf"),
    Refused("empty_file", "team_blank.csv", b"\n\n"),
    Refused("empty_file", "team_0.xlsx", workbook(team_a=[]), "sheet team_a", "team_a"),
    Refused("empty_file", "team_1.xlsx", workbook(team=[[" "], [""]]), "sheet team", "team"),
    Refused("missing_column", "team_code.csv", b"name_fi\nHehku\n", "(team_code)"),
    Refused("missing_column", "team_case.csv", b"Team_Code,name_fi\nT1,Hehku\n", "(team_code)"),
    Refused("missing_column", "team_no_header.csv", b"T1,Hehku\nT2,Valmennus\n", "(team_code)"),
    Refused("missing_column", "unit_price.csv", b"basis,source\nday,x\n",
            "(service_code, amount_eur, price_year, procurement)"),
    Refused("missing_column", "team.parquet", parquet(pl.DataFrame({"name_fi": ["a"]})), "team_code"),
    Refused("missing_column", "team.xlsx", workbook(team=[["name_fi"], ["a"]]), "team_code", "team"),
    Refused("duplicate_column", "team_2.csv", b"team_code,name_fi,name_fi\nT1,a,b\n", "(name_fi)"),
    Refused("duplicate_column", "team_2.parquet", twice_parquet(), "(name_fi)"),
    Refused("duplicate_column", "team_2.xlsx",
            workbook(team=[["team_code", "name_fi", "name_fi "], ["T1", "a", "b"]]), "name_fi", "team"),
    Refused("file_truncated", "team_cut_row.csv", TEAM.encode() + b"T2", "line 3"),
    Refused("file_truncated", "team_cut_letter.csv", (TEAM + "T2,ä").encode()[:-1], "line 3"),
    Refused("file_truncated", "team_cut_quote.csv", TEAM.encode() + b'T2,"Valm', "line 3"),
    Refused("too_many_quarantined", "unit_price_bad.csv", (PRICES + PRICE + PRICE.replace("100", "x")).encode(),
            "1 of 2 rows; row 3, column amount_eur: not_a_number"),
    Refused("too_many_quarantined", "unit_price_cut.csv", f"{PRICES}{PRICE}\n1,2\n".encode(),
            "1 of 2 rows; row 4: malformed_row"),
    Refused("unknown_entry", "team_mended.csv", b"quarantine_id,team_code\nteam-0.2,T1\n", "(row 2)"),
    Refused("no_rows", "empty.ndjson", b""),
    Refused("unsupported_version", "r5.ndjson", b'{"resourceType": "Encounter", "class": []}\n',
            "row 1: Encounter"),
    Refused("nested_too_deep", "deep.json", b'{"resourceType":' + b"[" * 99, "line 1, more than"),
    Refused("file_too_large", "long.ndjson", b'{"resourceType": "' + b"x" * (1 << 24) + b'"}',
            "line 1 is longer"),
    Refused("no_permission", "team_locked.csv", TEAM.encode()),
    Refused("identity_in_file", "team_code_in.csv", b"team_code,name_fi\nT1,tiimi 131052-308T\n",
            "name_fi: personal_identity_code in 1 rows, the first is row 2"),
    Refused("identity_in_name", "team_column.csv", b"team_code,131052-308T\nT1,x\n",
            "column 2: personal_identity_code"),
    Refused("synthetic_and_real", "synthetic/team.csv", TEAM.replace("T1", "T3").encode()),
]  # fmt: skip
GOOD = {"service.csv": "service_code\nhehku\n", "team_ok.csv": TEAM}


@pytest.fixture(scope="module")
def refused(new_site: Callable[..., Site]) -> tuple[Site, dict[str, Entry], str]:
    """All bad files beside two good ones, landed by the step that a command runs."""
    site = new_site(max_quarantined_share=0.05)
    for name, content in GOOD.items():
        site.write(name, content)
    for case in REFUSED:
        site.write(case.name, case.content)
    site.write("synthetic/delivery.toml", "synthetic = true\n")
    real_open = Path.open

    def locked_open(path: Path, *arguments: Any, **options: Any) -> Any:
        if path.name == "team_locked.csv":
            raise PermissionError(13, "Permission denied", str(path))
        return real_open(path, *arguments, **options)

    steps = Steps(Console(file=io.StringIO()))
    with pytest.MonkeyPatch.context() as patch, site.home.locked():
        patch.setattr(Path, "open", locked_open)
        with pytest.raises(DataError) as raised:
            pipeline.land_step(site.settings, site.home, steps)
    assert raised.value.exit_code == 1
    entries = {e.file_name: e for e in ledger.entries(site.home) if e.status == ledger.REFUSED}
    return site, entries, str(raised.value)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_a_bad_file_is_refused_for_its_reason(
    refused: tuple[Site, dict[str, Entry], str], case: Refused
) -> None:
    _, entries, message = refused
    entry = entries[case.name]
    assert (entry.refused_for, entry.sheet) == (case.reason, case.sheet)
    assert case.where in entry.refusal
    (reason,) = (row for row in project.seed("reason") if row["reason_code"] == case.reason)
    assert entry.refusal.startswith(reason["text_en"])
    assert entry.refusal.endswith(reason["hint_en"])
    place = f"{case.name}, sheet {case.sheet}" if case.sheet else case.name
    assert f"  {place}: {entry.refusal}" in message.splitlines()


def test_nothing_of_a_refused_file_is_kept_and_the_good_ones_have_landed(
    refused: tuple[Site, dict[str, Entry], str],
) -> None:
    site, entries, message = refused
    assert message.startswith(f"{len(REFUSED)} files refused, nothing is published:")
    assert entries.keys() == {case.name for case in REFUSED}
    landed = ledger.landed(site.home)
    assert {entry.file_name for entry in landed} == GOOD.keys()
    assert {Path(name).stem for name in site.stored("raw")} == {e.file_id for e in landed}
    assert not site.stored("quarantine")


def test_refusals_are_judged_anew_and_forgotten_once_mended(site: Site) -> None:
    site.write("team.csv", b"")
    site.write("service.csv", GOOD["service.csv"])
    assert [entry.refused_for for entry in site.land().refused] == ["empty_file"]
    assert [entry.refused_for for entry in site.land().refused] == ["empty_file"]
    site.write("team.csv", TEAM)
    assert not site.land().refused
    assert {entry.status for entry in ledger.entries(site.home)} == {ledger.LANDED}


def test_a_message_names_the_first_faults_and_says_that_there_are_more(
    new_site: Callable[..., Site],
) -> None:
    site = new_site(max_quarantined_share=0.05)
    bad = "".join(f"hehku,day,x{number},2025,own,list\n" for number in range(7))
    site.write("unit_price.csv", PRICES + bad)
    (entry,) = site.land().refused
    assert "7 of 7 rows; row 2, column amount_eur: not_a_number; row 3" in entry.refusal
    assert "row 6, column amount_eur: not_a_number ..." in entry.refusal
    assert "x0" not in entry.refusal


@pytest.mark.parametrize(("n_bad", "is_refused"), [(1, False), (2, True)])
def test_a_file_is_refused_above_the_share_and_not_at_it(
    new_site: Callable[..., Site], n_bad: int, is_refused: bool
) -> None:
    site = new_site(max_quarantined_share=0.25)
    rows = "".join(f"T{number},,x\n" for number in range(n_bad))
    site.write("team.csv", f"team_code,name_fi,fit_adopted_on\n{rows}" + "A,,\nB,,\nC,,\n")
    assert bool(site.land().refused) is is_refused


def test_a_header_without_rows_lands_as_nothing(site: Site) -> None:
    site.write("team.csv", "team_code,name_fi\n")
    site.land()
    assert site.account("team.csv").delivered == 0
    assert site.accepted("team") == []


def test_a_first_row_that_is_no_header_is_not_repeated_in_a_note(site: Site) -> None:
    site.write("episode_client.csv", "Virtanen,Aino,index\nVirtanen,Aino,index\n")
    landing = site.land()
    said = "\n".join([*landing.notes, *(entry.refusal for entry in landing.refused)])
    assert landing.refused[0].refused_for == "missing_column"
    assert "Virtanen" not in said


def test_unknown_columns_are_noted_and_not_read(site: Site) -> None:
    site.write("team.csv", "team_code,Nimi,row_number,ordinal,,\nT1,Hehku,7,8,,\n")
    landing = site.land()
    assert not landing.refused
    (note,) = landing.notes
    assert note.startswith("team.csv: ")
    assert note.endswith(": Nimi, ordinal, row_number")
    (row,) = site.accepted("team")
    assert (row["team_code"], row["name_fi"]) == ("T1", None)


def test_files_that_are_no_data_are_noted_and_passed_over(site: Site) -> None:
    for name in (".hidden", "~$team.xlsx", "team.csv.tmp", "sub/.DS_Store"):
        site.write(name, b"x")
    site.write("team.csv", TEAM)
    landing = site.land()
    passed = {note.split(":")[0] for note in landing.notes}
    assert passed == {".hidden", "~$team.xlsx", "team.csv.tmp", "sub/.DS_Store"}
    assert [entry.file_name for entry in landing.new] == ["team.csv"]


def test_an_empty_landing_folder_is_said_with_what_to_do(site: Site) -> None:
    with pytest.raises(UsageError, match=r"is empty\. Put files there .*response, session"):
        site.land()


def test_a_missing_landing_folder_is_said_with_what_to_do(site: Site) -> None:
    site.landing.rmdir()
    with pytest.raises(UsageError, match="there is no landing folder"):
        site.land()


def test_an_emptied_landing_folder_changes_nothing_that_has_landed(site: Site) -> None:
    path = site.write("team.csv", TEAM)
    site.land()
    path.unlink()
    landing = site.land()
    assert (landing.new, landing.known, landing.refused) == ([], [], [])
    assert len(site.accepted("team")) == 1


def test_a_folder_without_permission_is_not_taken_for_an_empty_one(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.write("team.csv", TEAM)
    site.write("locked/service.csv", GOOD["service.csv"])
    real_scandir = files.os.scandir

    def scandir(path: Any) -> Any:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied", str(path))
        return real_scandir(path)

    monkeypatch.setattr(files.os, "scandir", scandir)
    with pytest.raises(UsageError, match=r"no permission to read .*locked"):
        site.land()
