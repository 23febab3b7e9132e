"""OpenFIT's import files: every template, every way of writing, and what they may get wrong."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from fit_warehouse.demo import make_city
from fit_warehouse.errors import UsageError
from fit_warehouse.landing.adapters import adapters
from fit_warehouse.landing.adapters.openfit_columns import SKIPPED
from fit_warehouse.settings import OpenFIT, Settings, load

if TYPE_CHECKING:
    from tests.landing.conftest import Site

PROVIDERS = {
    "Service_Location": "T1",
    "Provider_FirstName": "Aino",
    "Provider_LastName": "Keksitty",
    "Provider_Email": "Aino@example.invalid",
    "Provider_ID": "W-1",
    "Client_ID": "C-1",
    "Client_FirstName": "Onni",
    "Client_LastName": "Keksitty",
    "Client_Gender": "Male",
    "Client_Group": "Adult",
    "Case_ID": "E-1",
    "Case_Date": "2025-01-02",
}
RATERS = {"Collateral_Role": "Parent", "Collateral_ID": "G-1"}
FORMS = {
    "Session_ID": "1",
    "Session_Date": "2025-01-15",
    "ORS_Skip": "N",
    "ORSQ1": "4.1",
    "ORSQ2": "5.2",
    "ORSQ3": "3.9",
    "ORSQ4": "4.0",
    "Total_ORS": "",
    "SRS_Skip": "0",
    "SRSQ1": "",
    "SRSQ2": "",
    "SRSQ3": "",
    "SRSQ4": "",
    "Total_SRS": "36.4",
}
NOTES = {"Notes": "Onni kertoi"}
LINE = PROVIDERS | FORMS | NOTES
TEMPLATES = {
    "cases": PROVIDERS,
    "raters": PROVIDERS | RATERS,
    "meetings": PROVIDERS | FORMS,
    "raters and meetings": PROVIDERS | FORMS | RATERS,
    "full": PROVIDERS | FORMS | RATERS | NOTES | {"Client_Area": "x"},
}


def with_settings(site: Site, **said: Any) -> Site:
    settings = dataclasses.replace(site.settings, openfit=OpenFIT(**said))
    return dataclasses.replace(site, settings=settings)


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_gives_the_tables_that_it_holds(site: Site, template: str) -> None:
    line = TEMPLATES[template]
    site.csv("export.csv", line)
    landing = site.land()
    assert not landing.refused
    assert not site.problems()
    n_forms = 2 if "Session_ID" in line else 0
    counts = {
        table: len(site.accepted(table))
        for table in ("response", "session", "episode", "episode_client", "worker")
    }
    assert counts == {
        "response": n_forms,
        "session": n_forms // 2,
        "episode": 1,
        "episode_client": 1,
        "worker": 1,
    }
    roles = {row["respondent_role"] for row in site.accepted("response")}
    assert roles == ({"caretaker" if "Collateral_ID" in line else "self"} if n_forms else set())


def test_a_line_is_two_forms_of_one_meeting(site: Site) -> None:
    site.csv("export.csv", LINE)
    site.land()
    ors, srs = sorted(site.accepted("response"), key=lambda row: row["instrument_code"])
    assert [ors[f"item_{n}"] for n in range(1, 5)] == [
        Decimal(x) for x in ("4.1", "5.2", "3.9", "4")
    ]
    assert (ors["instrument_code"], ors["total"], ors["is_skipped"]) == ("ORS", None, 0)
    assert (srs["instrument_code"], srs["total"], srs["item_1"]) == ("SRS", Decimal("36.4"), None)
    assert (ors["source_system"], ors["team_code"]) == ("openfit", "T1")
    (session,) = site.accepted("session")
    assert {ors["session_ref"], srs["session_ref"]} == {session["session_ref"]}
    assert session["attendance"] == "attended"
    (episode,) = site.accepted("episode")
    assert episode["opened_on"] == date(2025, 1, 2)
    assert {ors["episode_ref"], session["episode_ref"]} == {episode["episode_ref"]}
    (client,) = site.accepted("episode_client")
    assert (client["client_ref"], client["gender"]) == (ors["client_ref"], "male")


def test_ids_are_those_of_contract_files(new_site: Callable[..., Site]) -> None:
    """So that prices, workers and episodes of another system find their rows."""
    mine, theirs = new_site(), new_site()
    mine.csv("export.csv", LINE)
    mine.land()
    theirs.csv("response.csv", theirs.row("response"))
    theirs.land()
    (form,) = theirs.accepted("response")
    for row in mine.accepted("response"):
        for name in ("client_ref", "episode_ref", "worker_ref"):
            assert row[name] == form[name]


@pytest.mark.parametrize("spelling", SKIPPED)
def test_a_skip_flag_has_two_spellings(site: Site, spelling: str) -> None:
    none = dict.fromkeys(("ORSQ1", "ORSQ2", "ORSQ3", "ORSQ4"), "")
    line = {**LINE, "ORS_Skip": spelling.upper()}
    site.csv("export.csv", line | none if SKIPPED[spelling] == "1" else line)
    site.land()
    assert not site.problems()
    (ors,) = (row for row in site.accepted("response") if row["instrument_code"] == "ORS")
    assert ors["is_skipped"] == int(SKIPPED[spelling])


@given(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=4))
def test_another_spelling_of_a_skip_flag_is_no_flag(word: str) -> None:
    import duckdb

    from fit_warehouse.landing.adapters.openfit_columns import mapped

    (said,) = duckdb.execute(
        f"select {mapped('word', SKIPPED)} from (select $1 as word)", [word]
    ).fetchall()[0]
    if word.lower() in SKIPPED:
        assert said == SKIPPED[word.lower()]
    else:
        assert said == word


WRONG: dict[str, tuple[dict[str, str], str, str]] = {
    "skip flag": ({"ORS_Skip": "kyllä"}, "is_skipped", "not_a_flag"),
    "skipped with scores": ({"ORS_Skip": "Y"}, "is_skipped", "skipped_with_scores"),
    "score": ({"ORSQ2": "52"}, "item_2", "score_out_of_range"),
    "sum": ({"Total_ORS": "19.2"}, "total", "total_mismatch"),
    "age group": ({"Client_Group": "Toddler"}, "instrument_code", "unknown_instrument"),
    "date": ({"Session_Date": "15.1.2025"}, "session_date", "not_a_date"),
    "client": ({"Client_ID": ""}, "client_ref", "missing_required"),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_fault_keeps_the_form_out_with_a_reason(site: Site, fault: str) -> None:
    change, column, reason = WRONG[fault]
    good = {**LINE, "Session_ID": "2", "Session_Date": "2025-01-22"}
    site.csv("export.csv", good, LINE | change)
    site.land()
    assert (column, reason) in site.problems()["export.csv", 3]
    assert ("export.csv", 2) not in site.problems()


def test_zero_as_a_placeholder_is_a_score_that_is_flagged_later(site: Site) -> None:
    site.csv("export.csv", LINE | dict.fromkeys(("ORSQ1", "ORSQ2", "ORSQ3", "ORSQ4"), "0"))
    site.land()
    assert not site.problems()
    assert {row["item_1"] for row in site.accepted("response")} == {Decimal(0), None}


@pytest.mark.parametrize(
    ("group", "codes"),
    [("Child", {"CORS", "CSRS"}), ("ADULT", {"ORS", "SRS"}), ("Adolescent", {"ORS", "SRS"})],
)
def test_the_age_group_says_which_form_it_is(site: Site, group: str, codes: set[str]) -> None:
    site.csv("export.csv", LINE | {"Client_Group": group})
    site.land()
    assert {row["instrument_code"] for row in site.accepted("response")} == codes


def test_two_dates_of_one_case_are_a_contradiction_and_a_repetition_is_none(site: Site) -> None:
    second = LINE | {"Session_ID": "2", "Session_Date": "2025-01-22"}
    site.csv("export.csv", LINE, second, LINE | {"Session_ID": "3", "Case_Date": "2025-01-03"})
    site.land()
    assert site.accepted("episode") == []
    assert site.problems() == {
        ("export.csv", 2): {("", "conflicting_versions")},
        ("export.csv", 4): {("", "conflicting_versions")},
    }
    assert len(site.accepted("session")) == 3
    assert len(site.accepted("worker")) == 1


def test_a_case_that_turns_thirteen_is_no_contradiction(site: Site) -> None:
    older = {"Session_ID": "2", "Session_Date": "2025-02-15", "Client_Group": "Adult"}
    site.csv("export.csv", LINE | {"Client_Group": "Child"}, LINE | older)
    site.land()
    assert not site.problems()
    (client,) = site.accepted("episode_client")
    assert client["role"] == "child"


def test_a_family_meets_once_with_all_its_workers(site: Site) -> None:
    child = {"Client_ID": "C-2", "Client_Group": "Child", "Provider_ID": "W-2"}
    site.csv("export.csv", LINE, LINE | child)
    site.land()
    assert not site.problems()
    assert len(site.accepted("session")) == 1
    assert len(site.accepted("response")) == 4
    assert {row["role"] for row in site.accepted("episode_client")} == {"child", "other"}
    named = {row["worker_ref"] for row in site.accepted("session")}
    further = {row["worker_ref"] for row in site.accepted("session_worker")}
    assert named | further == {row["worker_ref"] for row in site.accepted("worker")}
    assert len(named) == len(further) == 1


def test_an_address_is_a_worker_where_there_is_no_number(new_site: Callable[..., Site]) -> None:
    refs = []
    for line in (
        LINE | {"Provider_ID": ""},
        LINE | {"Provider_ID": "", "Provider_Email": " aino@EXAMPLE.invalid "},
        LINE | {"Provider_ID": "aino@example.invalid"},
    ):
        site = new_site()
        site.csv("export.csv", line)
        site.land()
        refs += [row["worker_ref"] for row in site.accepted("worker")]
    assert len(refs) == 3
    assert len(set(refs)) == 1


def test_nothing_of_names_notes_and_addresses_is_stored(site: Site) -> None:
    site.csv("export.csv", LINE | RATERS | {"Client_Area": "Kallio"})
    landing = site.land()
    stored = b"".join(site.stored("raw", "ledger", "quarantine", "accepted").values())
    for path in site.home.raw.rglob("*.parquet"):
        stored += pl.read_parquet(path, glob=False).write_csv().encode()
    for word in ("Aino", "Onni", "Keksitty", "example.invalid", "kertoi", "Kallio"):
        assert word.encode().lower() not in stored.lower()
    assert any("Client_Area" in note for note in landing.notes)
    assert not any("Notes" in note for note in landing.notes)


def test_a_setting_reads_columns_of_ones_own(site: Site) -> None:
    columns = {"episode.closed_on": "Episode_Closed", "episode_client.birth_year": "Client_Year"}
    told = with_settings(site, columns=columns)
    told.csv("export.csv", LINE | {"Episode_Closed": "2025-05-01", "Client_Year": "1990"})
    landing = told.land()
    assert told.accepted("episode")[0]["closed_on"] == date(2025, 5, 1)
    assert told.accepted("episode_client")[0]["birth_year"] == 1990
    assert not any("Episode_Closed" in note for note in landing.notes)


def test_the_service_of_a_location(new_site: Callable[..., Site]) -> None:
    lines = [LINE, LINE | {"Service_Location": "T2", "Case_ID": "E-2", "Client_ID": "C-2"}]
    for said, expected in (
        ({}, {"T1": "T1", "T2": "T2"}),
        ({"default_service": "muu"}, {"T1": "muu", "T2": "muu"}),
        ({"service_by_location": {"T1": "hehku"}}, {"T1": "hehku", "T2": "T2"}),
        (
            {"service_by_location": {"T1": "hehku"}, "default_service": "muu"},
            {"T1": "hehku", "T2": "muu"},
        ),
    ):
        site = with_settings(new_site(), **said)
        site.csv("export.csv", *lines)
        landing = site.land()
        for table in ("episode", "session"):
            found = {row["team_code"]: row["service_code"] for row in site.accepted(table)}
            assert found == expected
        assert any("no service is set" in note for note in landing.notes) is (said == {})


def test_a_new_setting_takes_the_place_of_the_former_reading(site: Site) -> None:
    site.csv("export.csv", LINE)
    site.land()
    told = with_settings(site, default_service="hehku")
    told.land()
    assert [row["service_code"] for row in told.accepted("episode")] == ["hehku"]
    assert len(told.accepted("response")) == 2
    assert told.land().new == []


def test_only_the_tables_that_a_setting_names_are_taken(site: Site) -> None:
    told = with_settings(site, tables=("response",))
    told.csv("export.csv", LINE)
    assert not told.land().notes
    assert len(told.accepted("response")) == 2
    assert not any(told.accepted(table) for table in ("session", "episode", "worker"))


@pytest.mark.parametrize(
    "said",
    [
        {"tables": ("unit_price",)},
        {"columns": {"episode.closing": "Episode_Closed"}},
        {"columns": {"closed_on": "Episode_Closed"}},
    ],
)
def test_a_setting_that_names_nothing_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"setting openfit\."):
        adapters(dataclasses.replace(Settings(), openfit=OpenFIT(**said)))


def test_settings_come_from_the_file_and_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "fit.toml"
    file.write_text(
        '[openfit]\ntables = ["response"]\nservice_by_location = { "Itä" = "hehku" }\n',
        encoding="utf-8",
    )
    found = load(file, {"FIT_OPENFIT_DEFAULT_SERVICE": "muu"}).openfit
    assert found == OpenFIT({"Itä": "hehku"}, "muu", ("response",))
    assert load(file, {"FIT_OPENFIT_TABLES": "worker, episode"}).openfit.tables == (
        "worker",
        "episode",
    )


@pytest.mark.parametrize(
    "said",
    ["tables = 1", "tables = [1]", 'service_by_location = "hehku"', "columns = { a = 1 }"],
)
def test_settings_of_the_wrong_kind_are_named(said: str, tmp_path: Path) -> None:
    file = tmp_path / "fit.toml"
    file.write_text(f"[openfit]\n{said}\n", encoding="utf-8")
    with pytest.raises(UsageError, match=rf"setting openfit\.{said.partition(' ')[0]}"):
        load(file, {})


@pytest.mark.parametrize("missing", ["Session_Date", "Client_Group"])
def test_a_missing_column_of_the_template_is_named(site: Site, missing: str) -> None:
    site.csv("export.csv", {name: text for name, text in LINE.items() if name != missing})
    (refused,) = site.land().refused
    assert refused.refused_for == "missing_column"
    assert missing in refused.refusal


def test_a_file_in_another_encoding_is_still_known(site: Site) -> None:
    text = site.text(LINE | {"Client_LastName": "Mäki"})
    (site.landing / "export.csv").write_bytes(text.encode("latin-1"))
    (refused,) = site.land().refused
    assert refused.refused_for == "wrong_encoding"


def test_a_broken_line_counts_with_the_forms_alone(site: Site) -> None:
    site.write("export.csv", site.text(LINE) + "T1,x\n")
    landing = site.land()
    delivered = {(entry.table_name, entry.sheet): entry.rows_delivered for entry in landing.new}
    assert delivered["response", "ORS"] == delivered["response", "SRS"] == 2
    assert delivered["episode", ""] == delivered["session", ""] == 1
    assert site.problems() == {("export.csv", 3): {("", "malformed_row")}}


def test_a_case_without_a_meeting_yet_has_no_form(site: Site) -> None:
    site.csv("export.csv", PROVIDERS | dict.fromkeys(FORMS, ""))
    site.land()
    assert not site.problems()
    assert site.accepted("response") == []
    assert len(site.accepted("episode")) == 1


@pytest.mark.parametrize("mark", [";", "\t"])
def test_a_file_as_a_finnish_spreadsheet_writes_it(
    new_site: Callable[..., Site], mark: str
) -> None:
    plain, site = new_site(), new_site()
    plain.csv("export.csv", LINE)
    line = LINE | {"ORSQ1": "4,1", "Total_SRS": "36,4"}
    site.csv("export.csv", line, delimiter=mark)
    for landed in (plain, site):
        assert not landed.land().refused
    for table in ("session", "episode", "worker"):
        assert site.accepted(table) == plain.accepted(table)
    found = {row["total"] or row["item_1"] for row in site.accepted("response")}
    assert found == {Decimal("4.1"), Decimal("36.4")}


@pytest.mark.parametrize("kind", ["xlsx", "parquet"])
def test_other_kinds_of_files_give_the_rows_of_the_csv(
    new_site: Callable[..., Site], kind: str
) -> None:
    plain, site = new_site(), new_site()
    plain.csv("export.csv", LINE)
    values: dict[str, Any] = {
        **LINE,
        "Session_ID": 1,
        "ORSQ1": 4.1,
        "Total_SRS": 36.4,
        "SRS_Skip": 0,
    }
    values["Session_Date"] = date(2025, 1, 15)
    if kind == "parquet":
        pl.DataFrame([values]).write_parquet(site.landing / "export.parquet")
    else:
        with xlsxwriter.Workbook(
            site.landing / "export.xlsx", {"default_date_format": "dd.mm.yyyy"}
        ) as book:
            book.add_worksheet("Ohje").write_row(0, 0, ["Lue ensin"])
            sheet = book.add_worksheet("Import")
            sheet.write_row(0, 0, list(values))
            sheet.write_row(1, 0, list(values.values()))
    for landed in (plain, site):
        assert not landed.land().refused
        assert not landed.problems()
    for table in ("response", "session", "episode", "episode_client", "worker"):
        assert site.accepted(table) == plain.accepted(table)


@pytest.fixture(scope="module")
def cities(new_site: Callable[..., Site]) -> dict[str, Site]:
    """Return one city in both layouts, landed."""
    sites = {}
    for layout in ("openfit", "landing"):
        site = new_site()
        site.landing.rmdir()
        make_city(site.landing, forms=6_000, seed=4, layout=layout)  # type: ignore[arg-type]
        assert not site.land().refused
        sites[layout] = site
    return sites


def forms(site: Site, kind: str) -> pl.DataFrame:
    """Return a city's own forms by client, day and total; talk tools count as the child's form."""
    rows = pl.read_parquet(site.home.accepted / "response.parquet", glob=False)
    items = [f"item_{number}" for number in range(1, 5)]
    total = pl.when(pl.all_horizontal(pl.col(items).is_not_null())).then(pl.sum_horizontal(items))
    return rows.filter(
        pl.col("instrument_code").str.ends_with(kind), pl.col("respondent_role") == "self"
    ).select(
        "client_ref",
        "episode_ref",
        "session_date",
        pl.col("instrument_code").str.strip_prefix("Y"),
        pl.col("is_skipped").fill_null(0),
        total.otherwise("total").alias("score"),
    )


@pytest.mark.parametrize("kind", ["ORS", "SRS"])
def test_a_city_has_the_forms_of_its_contract_files(cities: dict[str, Site], kind: str) -> None:
    found, expected = forms(cities["openfit"], kind), forms(cities["landing"], kind)
    scored = expected.filter(pl.col("score").is_not_null())
    assert scored.height > 1_000
    keys = ["client_ref", "episode_ref", "session_date", "instrument_code", "score"]
    missing = scored.join(found, on=keys, how="anti")
    # Slips that this layout cannot carry: a form's own day, a form left half filled in.
    assert missing.height <= 0.02 * scored.height
    # A form that was never given is skipped here.
    given_scores = found.filter(pl.col("score").is_not_null())
    assert given_scores.join(expected, on=keys[:3], how="anti").height <= 0.01 * found.height


def test_a_city_has_the_episodes_and_clients_of_its_forms(cities: dict[str, Site]) -> None:
    for table, keys in (("episode", 1), ("episode_client", 2)):
        expected = cities["landing"].accepted(table)
        names = list(expected[0])[:keys]
        known = {tuple(row[name] for name in names) for row in expected}
        found = {tuple(row[name] for name in names) for row in cities["openfit"].accepted(table)}
        assert len(found) > 400
        assert found <= known
