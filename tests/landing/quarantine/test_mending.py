"""A quarantined row is exported, mended, landed again, and the books hold at every step."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fit_warehouse.landing import ledger, pseudonym
from fit_warehouse.landing.quarantine import cells, entries
from fit_warehouse.landing.quarantine.export import export
from fit_warehouse.landing.quarantine.write import WITHHELD
from tests.landing.test_pseudonyms import expected

if TYPE_CHECKING:
    from tests.landing.conftest import Site

DAY = date(2026, 11, 22)
AT = "2025-08-01T06:00:00"
Cells = dict[str, str]


def exported(site: Site, delimiter: str = ";", **chosen: str) -> dict[str, list[Cells]]:
    """Export the open rows and return them by the name of their file."""
    connection = duckdb.connect()
    written = export(
        connection,
        site.home,
        site.home.mend,
        n_keys=len(pseudonym.load_keys(site.settings.paths.key_file)),
        day=DAY,
        delimiter=delimiter,
        **chosen,  # type: ignore[arg-type]  # reason, file_name and language are texts
    )
    connection.close()
    found = {}
    for path, n_rows in written.items():
        with path.open(encoding="utf-8-sig", newline="") as file:
            found[path.name] = list(csv.DictReader(file, delimiter=delimiter))
        assert len(found[path.name]) == n_rows
    return found


def groups(site: Site) -> list[entries.Group]:
    connection = duckdb.connect()
    found = entries.groups(connection, site.home)
    connection.close()
    return found


def spoiled(site: Site, *rows: dict[str, str]) -> None:
    """Land forms of which one is right, with a known time."""
    site.delivered_at(AT, "one")
    site.csv("one/response.csv", site.row("response", source_record_id="good"), *rows)
    assert not site.land().refused


def test_a_mended_row_lands_and_closes_its_entry(site: Site) -> None:
    spoiled(site, site.row("response", item_1="41", total=""))
    ((row,),) = exported(site).values()
    assert row["where"] == "one/response.csv, row 3"
    assert row["reason"] == "item_1: The score is outside the instrument's range"
    assert row["item_1"] == "41"
    assert row["client_ref"] == "~1~" + expected("C-1", "client")
    assert row["extracted_at"].startswith("2025-08-01 06:00:00")
    site.csv("response_mended_2026-11-22.csv", {**row, "item_1": "4.1"}, delimiter=";")
    landing = site.land()
    assert not landing.refused
    old = site.account("one/response.csv")
    new = site.account("response_mended_2026-11-22.csv")
    assert (old.delivered, old.accepted, old.quarantined, old.mended) == (2, 1, 0, 1)
    assert (new.delivered, new.accepted, new.quarantined) == (1, 1, 0)
    mended = [row for row in site.accepted("response") if row["total"] is None]
    assert [row["client_ref"] for row in mended] == [expected("C-1", "client")]
    assert mended[0]["version_at"] == datetime(2025, 8, 1, 6)
    assert groups(site) == []
    assert exported(site) == {}
    before = site.stored("raw", "ledger", "quarantine", "closed", "accepted")
    site.land()
    assert site.stored("raw", "ledger", "quarantine", "closed", "accepted") == before


def test_an_untouched_row_stays_with_its_old_entry(site: Site) -> None:
    spoiled(
        site,
        site.row("response", source_record_id="2", item_1="41", total=""),
        site.row("response", source_record_id="3", item_1="42", total=""),
    )
    first, second = exported(site)["response_mended_2026-11-22.csv"]
    site.csv("response_mended.csv", {**first, "item_1": "4,1"}, second, delimiter=";")
    site.land()
    old, new = (site.account(f"{n}.csv") for n in ("one/response", "response_mended"))
    assert (old.delivered, old.accepted, old.quarantined, old.mended) == (3, 1, 1, 1)
    assert (new.delivered, new.accepted, new.quarantined) == (1, 1, 0)
    (group,) = groups(site)
    assert (group.n_rows, group.first) == (1, (4,))


def test_a_row_mended_wrongly_is_an_entry_of_the_file_in_which_it_was_mended(site: Site) -> None:
    spoiled(site, site.row("response", item_1="41", total=""))
    ((row,),) = exported(site).values()
    site.csv("response_mended.csv", {**row, "item_1": "42"})
    site.land()
    old, new = (site.account(f"{n}.csv") for n in ("one/response", "response_mended"))
    assert (old.quarantined, old.mended) == (0, 1)
    assert (new.delivered, new.accepted, new.quarantined) == (1, 0, 1)
    (again,) = exported(site)["response_mended_2026-11-22_2.csv"]
    site.csv("response_mended_2.csv", {**again, "item_1": "4.2"})
    site.land()
    assert site.account("response_mended.csv").mended == 1
    assert site.account("response_mended_2.csv").accepted == 1
    # The file that was mended twice names an entry that is closed: nothing happens.
    site.csv("response_mended_3.csv", {**row, "item_1": "4.3"})
    site.land()
    assert site.account("response_mended_3.csv").delivered == 0


def test_a_later_delivery_supersedes_a_mended_row(site: Site) -> None:
    spoiled(site, site.row("response", item_1="41", total=""))
    site.delivered_at("2025-09-01T06:00:00", "two")
    site.csv("two/response.csv", site.row("response", item_1="5.0", total=""))
    ((row,),) = exported(site).values()
    site.csv("response_mended_2026-11-22.csv", {**row, "item_1": "4.1"})
    landing = site.land()
    assert site.fates.count(landing.new[-1].file_id, "superseded", "current") == 1
    (form,) = (
        r for r in site.accepted("response") if r["source_record_id"] == expected("1", "record")
    )
    assert str(form["item_1"]) == "5.00"


def test_a_newly_typed_reference_is_hashed_as_any_other(site: Site) -> None:
    spoiled(site, site.row("response", client_ref=""))
    ((row,),) = exported(site).values()
    assert row["client_ref"] == ""
    site.csv("response_mended.csv", {**row, "client_ref": "C-7"})
    site.land()
    assert expected("C-7", "client") in {form["client_ref"] for form in site.accepted("response")}


def test_what_may_name_a_person_is_withheld_and_has_to_be_written_anew(site: Site) -> None:
    spoiled(
        site,
        site.row("response", total="Virtanen", skip_reason="Matti Meikäläinen"),
        site.row("response", source_record_id="2", total="131052-3081"),
        site.row("response", source_record_id="3", total="0401234567", respondent_role="parent"),
    )
    first, second, third = exported(site)["response_mended_2026-11-22.csv"]
    assert (first["total"], first["skip_reason"]) == (WITHHELD, WITHHELD)
    assert (second["total"], third["total"]) == (WITHHELD, WITHHELD)
    assert third["respondent_role"] == "parent"
    for name, content in site.stored("quarantine", "mend", "ledger").items():
        for text in ("Virtanen", "Meik", "131052", "0401234567", "C-1"):
            assert text.encode() not in content, (name, text)
    # The cell is not missing: it must not be taken for that.
    site.csv("response_mended.csv", {**first, "skip_reason": ""})
    site.land()
    assert site.account("response_mended.csv").delivered == 0
    site.csv("response_mended_2.csv", {**first, "skip_reason": "", "total": "17.2"})
    site.land()
    assert site.account("response_mended_2.csv").accepted == 1


def test_no_day_of_birth_is_kept(site: Site) -> None:
    site.csv(
        "episode_client.csv",
        site.row("episode_client", role="?"),
        site.row("episode_client", client_ref="C-2", birth_date="2011-04-31"),
        site.row("episode_client", client_ref="C-3", birth_date="", birth_year="2011-04-09"),
    )
    site.land()
    ok, wrong, day = exported(site)["episode_client_mended_2026-11-22.csv"]
    assert (ok["birth_date"], wrong["birth_date"], day["birth_year"]) == (
        "2011-04",
        WITHHELD,
        WITHHELD,
    )
    for content in site.stored("quarantine", "mend").values():
        assert b"2011-04-" not in content
    site.csv("episode_client_mended.csv", {**ok, "role": "index"})
    site.land()
    (client,) = site.accepted("episode_client")
    assert client["birth_date"] == date(2011, 4, 1)


def test_of_a_malformed_row_only_the_place_is_kept(site: Site) -> None:
    text = site.text(site.row("response")) + "Virtanen,too,few\n"
    site.write("response.csv", text)
    site.land()
    (path,) = site.home.quarantine.glob("*.parquet")
    (row,) = pl.read_parquet(path, glob=False).to_dicts()
    assert {name for name, value in row.items() if value is not None} == {
        "quarantine_id",
        "file_id",
        "table_name",
        "row_number",
        "column_name",
        "reason_code",
    }


@pytest.mark.parametrize("cell", ["=1+1", "+358", "-5", "@x", "'=1", "''-1"])
@pytest.mark.parametrize("delimiter", [";", ","])
def test_no_cell_is_a_formula_and_all_come_back(site: Site, cell: str, delimiter: str) -> None:
    spoiled(site, site.row("response", team_code=cell, item_1="41", total=""))
    ((row,),) = exported(site, delimiter).values()
    assert row["team_code"] == "'" + cell
    assert not [name for name, text in row.items() if text[:1] in tuple("=+-@")]
    site.csv("response_mended.csv", {**row, "item_1": "4.1"}, delimiter=delimiter)
    site.land()
    assert cell in {form["team_code"] for form in site.accepted("response")}


@settings(max_examples=60, deadline=None)
@given(text=st.text(st.sampled_from(["'", "=", "+", "-", "@", "\t", "\r", "a", " ", "~"])))
def test_every_text_survives_the_way_out_and_back(text: str) -> None:
    connection = duckdb.connect()
    query = f"select n, {cells.plain('n')} from (select {cells.neutral('$text')} as n)"
    ((shown, back),) = connection.execute(query, {"text": text}).fetchall()
    connection.close()
    assert back == text
    assert not shown.startswith(tuple("=+-@\t\r"))


@pytest.mark.parametrize(
    "change",
    [
        {"quarantine_id": ""},
        {"quarantine_id": "response-0123.7"},
        {"client_ref": "~1~" + "0" * 32},
        {"client_ref": "~7~" + expected("C-1", "client")},
    ],
)
def test_a_row_that_the_quarantine_does_not_know_is_refused_by_its_number(
    site: Site, change: Cells
) -> None:
    spoiled(site, site.row("response", item_1="41", total=""))
    ((row,),) = exported(site).values()
    site.csv("response_mended.csv", {**row, **change, "item_1": "4.1"})
    (refused,) = site.land().refused
    assert refused.refused_for == "unknown_entry"
    assert "row 2" in refused.refusal


def test_the_same_entry_twice_is_refused(site: Site) -> None:
    spoiled(site, site.row("response", item_1="41", total=""))
    ((row,),) = exported(site).values()
    site.csv("response_mended.csv", {**row, "item_1": "4.1"}, {**row, "item_1": "4.2"})
    (refused,) = site.land().refused
    assert "row 2, row 3" in refused.refusal


def test_rows_are_chosen_by_reason_and_by_file_and_told_in_three_languages(site: Site) -> None:
    spoiled(
        site,
        site.row("response", source_record_id="2", item_1="41", total=""),
        site.row("response", source_record_id="3", total="x"),
    )
    assert len(exported(site, reason="not_a_number")["response_mended_2026-11-22.csv"]) == 1
    assert exported(site, reason="date_too_early") == {}
    assert (
        len(exported(site, file_name="one/response.csv")["response_mended_2026-11-22_2.csv"]) == 2
    )
    hints = set()
    for number, language in enumerate(("fi", "sv", "en"), start=3):
        rows = exported(site, language=language)[f"response_mended_2026-11-22_{number}.csv"]
        hints |= {row["hint"] for row in rows}
    assert len(hints) == 6


def test_a_stop_before_the_ledger_closes_nothing(
    new_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = new_site()
    spoiled(site, site.row("response", item_1="41", total=""))
    ((row,),) = exported(site).values()
    site.csv("response_mended.csv", {**row, "item_1": "4.1"})

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "write", stop)
        with pytest.raises(KeyboardInterrupt):
            site.land()
    assert [group.n_rows for group in groups(site)] == [1]
    site.land()
    assert site.account("one/response.csv").mended == 1
    assert groups(site) == []


def test_groups_are_counted_whatever_their_number(site: Site) -> None:
    rows = [site.row("response", source_record_id=str(n), item_1="41", total="") for n in range(40)]
    spoiled(site, *rows)
    (group,) = groups(site)
    assert (group.n_rows, group.first) == (40, (3, 4, 5, 6, 7))
    assert (group.reason_code, group.column_name) == ("score_out_of_range", "item_1")


def test_the_marker_is_of_no_use_to_what_is_no_pseudonym(site: Site) -> None:
    site.csv("session_worker.csv", site.row("session_worker", worker_ref="~1~Matti"))
    site.land()
    (row,) = site.accepted("session_worker")
    assert row["worker_ref"] == expected("~1~Matti", "worker")
