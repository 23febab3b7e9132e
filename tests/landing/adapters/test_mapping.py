"""Extracts of any system, read as a mapping file says; and mapping files that say it wrongly."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from fit_warehouse import build, project
from fit_warehouse.errors import UsageError
from fit_warehouse.landing.adapters.mapping.mapping_file import Reader
from fit_warehouse.landing.adapters.mapping.sources import Source
from fit_warehouse.landing.contract import tables
from fit_warehouse.settings import OpenFIT

if TYPE_CHECKING:
    from tests.landing.conftest import Site

VISIT = {
    "Asiakasnumero": "C-1",
    "Jakso": "E-1",
    "Käyntinro": "7",
    "Käyntipäivä": "15.1.2025",
    "Klo": "9:00",
    "Tila": "T",
    "Tiimi": "T1",
    "Jakso alkoi": "45659",  # 2.1.2025
    "Asiakkaan nimi": "Onni Keksitty",
}
VISITS = """
files = ["kaynnit_*.csv", "kaynnit.*"]
drop = ["Asiakkaan nimi"]

[session]
session_ref = { columns = ["Jakso", "Käyntinro"] }
episode_ref = "Jakso"
session_date = { column = "Käyntipäivä", date = "%d.%m.%Y" }
starts_at = { columns = ["Käyntipäivä", "Klo"], separator = " ", date = "%d.%m.%Y %H:%M" }
attendance = { column = "Tila", values = { T = "attended", P = "cancelled" } }
team_code = "Tiimi"
service_code = { constant = "hehku" }

[episode]
distinct = true
episode_ref = "Jakso"
team_code = "Tiimi"
service_code = { constant = "hehku" }
opened_on = { column = "Jakso alkoi", date = "excel" }

[episode_client]
distinct = true
episode_ref = "Jakso"
client_ref = "Asiakasnumero"
role = { constant = "index" }
"""


def mapped(site: Site, **files: str) -> Site:
    """Return a site with mapping files in a folder of its own."""
    folder = site.home.path / "mappings"
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    paths = dataclasses.replace(site.settings.paths, mappings=folder)
    return dataclasses.replace(site, settings=dataclasses.replace(site.settings, paths=paths))


def test_one_row_feeds_several_tables(site: Site) -> None:
    site = mapped(site, visits=VISITS)
    second = {"Käyntinro": "8", "Käyntipäivä": "22.01.2025", "Tila": "P"}
    site.csv("kaynnit_2025.csv", VISIT, VISIT | second, delimiter=";")
    landing = site.land()
    assert not landing.refused
    assert not site.problems()
    assert not landing.notes
    found = [
        (row["session_date"], row["starts_at"], row["attendance"], row["service_code"])
        for row in sorted(site.accepted("session"), key=lambda row: str(row["session_date"]))
    ]
    assert found == [
        (date(2025, 1, 15), datetime(2025, 1, 15, 9), "attended", "hehku"),
        (date(2025, 1, 22), datetime(2025, 1, 22, 9), "cancelled", "hehku"),
    ]
    (episode,) = site.accepted("episode")
    assert episode["opened_on"] == date(2025, 1, 2)
    assert {row["episode_ref"] for row in site.accepted("session")} == {episode["episode_ref"]}
    assert len(site.accepted("episode_client")) == 1
    assert not any(b"Keksitty" in content for content in site.stored("raw", "ledger").values())


def test_kinds_of_files_give_the_same_rows(new_site: Callable[..., Site]) -> None:
    sites = {kind: mapped(new_site(), visits=VISITS) for kind in ("csv", "xlsx", "parquet")}
    sites["csv"].csv("kaynnit.csv", VISIT)
    values: dict[str, Any] = {**VISIT, "Jakso alkoi": 45659, "Käyntinro": 7}
    pl.DataFrame([values]).write_parquet(sites["parquet"].landing / "kaynnit.parquet")
    with xlsxwriter.Workbook(sites["xlsx"].landing / "kaynnit.xlsx") as book:
        sheet = book.add_worksheet("Taul1")
        sheet.write_row(0, 0, list(values))
        sheet.write_row(1, 0, list(values.values()))
    for site in sites.values():
        assert not site.land().refused
        assert not site.problems()
        for table in ("session", "episode", "episode_client"):
            assert site.accepted(table) == sites["csv"].accepted(table)


def test_a_sheet_is_named_where_there_are_several(new_site: Callable[..., Site]) -> None:
    refused = {}
    for name, said in (
        ("none", ""),
        ("wrong", 'sheet = "Muut"\n'),
        ("right", 'sheet = "käynnit"\n'),
    ):
        site = mapped(new_site(), visits=said + VISITS)
        with xlsxwriter.Workbook(site.landing / "kaynnit.xlsx") as book:
            book.add_worksheet("Ohje").write_row(0, 0, ["Lue ensin"])
            sheet = book.add_worksheet("Käynnit")
            sheet.write_row(0, 0, list(VISIT))
            sheet.write_row(1, 0, list(VISIT.values()))
        refused[name] = [entry.refused_for for entry in site.land().refused]
    assert refused == {"none": ["unknown_sheet"], "wrong": ["unknown_sheet"], "right": []}


def test_faults_of_rows_are_kept_out_with_a_reason(site: Site) -> None:
    site = mapped(site, visits=VISITS)
    wrong = [
        VISIT | {"Käyntinro": "8", "Tila": "X"},
        VISIT | {"Käyntinro": "9", "Käyntipäivä": "31.2.2025", "Klo": ""},
        VISIT | {"Käyntinro": "", "Klo": "kello"},
    ]
    site.csv("kaynnit_2025.csv", VISIT, *wrong)
    site.land()
    assert site.problems() == {
        ("kaynnit_2025.csv", 3): {("attendance", "unknown_code")},
        ("kaynnit_2025.csv", 4): {("session_date", "not_a_date")},
        ("kaynnit_2025.csv", 5): {
            ("session_ref", "missing_required"),
            ("starts_at", "not_a_date"),
        },
    }


PRICES = """
files = ["hinnasto*"]
[unit_price]
service_code = "Palvelu"
basis = { column = "Yksikkö", values = { "käynti" = "session", kk = "month" }, unmapped = "day" }
amount_eur = { column = "Hinta", decimal = "," }
price_year = { constant = 2025 }
procurement = { constant = "purchased" }
no_show_is_used = { column = "Laskutetaan", yes = ["kyllä", "K"], no = ["ei"] }
source = { constant = "hinnasto" }
"""


def test_numbers_flags_and_codes_are_read_as_told(site: Site) -> None:
    site = mapped(site, prices=PRICES)
    rows = [
        ("a", "käynti", "1.234", "kyllä"),
        ("b", "kk", "1 234,50", "k"),
        ("c", "vrk", "0,125", "EI"),
        ("d", "", "12", ""),
        ("e", "kk", "1.23,4", "ehkä"),
    ]
    names = ("Palvelu", "Yksikkö", "Hinta", "Laskutetaan")
    site.csv("hinnasto.csv", *(dict(zip(names, row, strict=True)) for row in rows), delimiter=";")
    site.land()
    found = [
        (row["service_code"], row["basis"], row["amount_eur"], row["no_show_is_used"])
        for row in site.accepted("unit_price")
    ]
    assert found == [
        ("a", "session", Decimal(1234), 1),
        ("b", "month", Decimal("1234.5"), 1),
        ("c", "day", Decimal("0.125"), 0),
    ]
    assert site.problems() == {
        ("hinnasto.csv", 5): {("basis", "missing_required")},
        ("hinnasto.csv", 6): {("amount_eur", "not_a_number"), ("no_show_is_used", "not_a_flag")},
    }


@given(st.decimals(0, 9_999_999, places=2), st.sampled_from([",", "."]), st.booleans())
def test_a_number_is_read_with_the_mark_that_is_told(
    number: Decimal, mark: str, has_thousands: bool
) -> None:
    text = f"{number:,.2f}" if has_thousands else f"{number:.2f}"
    if mark == ",":
        text = text.replace(",", " ").replace(".", ",").replace(" ", ".")
    source = Source(("x",), decimal=mark)
    sql = source.sql(tables()["unit_price"]["amount_eur"], {"x": "x"})
    ((read,),) = duckdb.execute(f"select {sql} from (select $1 as x)", [text]).fetchall()
    assert Decimal(read) == number


@given(st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1)))
def test_a_spreadsheets_number_is_its_day_and_time(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    days = (moment - datetime(1899, 12, 30)).total_seconds() / 86400
    source = Source(("x",), date="excel")
    for name, shown in (("session_date", "%Y-%m-%d"), ("starts_at", "%Y-%m-%d %H:%M:%S")):
        sql = source.sql(tables()["session"][name], {"x": "x"})
        ((read,),) = duckdb.execute(f"select {sql} from (select $1 as x)", [repr(days)]).fetchall()
        assert read == moment.strftime(shown)


FORMS = """
files = ["lomakkeet*"]
[[response]]
part = "ennen"
source_system = { constant = "paperi" }
source_record_id = { columns = ["Tunnus", "Laji"] }
client_ref = "Asiakas"
session_date = "Pvm"
instrument_code = { column = "Laji", values = { alku = "ORS" } }
respondent_role = { constant = "self" }
team_code = { constant = "T1" }
total = { column = "Summa", decimal = "," }
only = { "Laji" = ["alku"] }

[[response]]
part = "jälkeen"
source_system = { constant = "paperi" }
source_record_id = { columns = ["Tunnus", "Laji"] }
client_ref = "Asiakas"
session_date = "Pvm"
instrument_code = { constant = "SRS" }
respondent_role = { constant = "self" }
team_code = { constant = "T1" }
total = { column = "Summa", decimal = "," }
only = { "Laji" = ["loppu"] }
"""


def test_one_table_from_several_kinds_of_rows_and_none_is_lost_in_silence(site: Site) -> None:
    site = mapped(site, forms=FORMS)
    row = {"Tunnus": "1", "Asiakas": "C-1", "Pvm": "2025-01-15", "Summa": "17,2", "Yksikkö": "x"}
    site.csv("lomakkeet.csv", *(row | {"Laji": kind} for kind in ("alku", "loppu", "väli", "")))
    landing = site.land()
    codes = {row["instrument_code"] for row in site.accepted("response")}
    assert codes == {"ORS", "SRS"}
    assert sorted(note.partition(", ")[2] for note in landing.notes) == [
        "2 rows belong to no part of mapping forms.toml",
        "columns that mapping forms.toml does not name: Yksikkö",
    ]


def test_a_broken_row_is_counted_where_rows_are_rows(site: Site) -> None:
    site = mapped(site, visits=VISITS)
    site.write("kaynnit_1.csv", site.text(VISIT) + "C-2,E-2\n")
    landing = site.land()
    delivered = {entry.table_name: entry.rows_delivered for entry in landing.new}
    assert delivered == {"session": 2, "episode": 1, "episode_client": 1}


def test_two_mappings_for_one_file_are_named(site: Site) -> None:
    site = mapped(site, visits=VISITS, other=VISITS.replace('"kaynnit_*.csv"', '"*.csv"'))
    site.csv("kaynnit_1.csv", VISIT)
    (refused,) = site.land().refused
    assert refused.refused_for == "two_mappings"
    assert "other.toml, visits.toml" in refused.refusal


def test_a_column_that_the_extract_lost_is_named(site: Site) -> None:
    site = mapped(site, visits=VISITS)
    site.csv("kaynnit_1.csv", {name: text for name, text in VISIT.items() if name != "Klo"})
    (refused,) = site.land().refused
    assert refused.refused_for == "missing_column"
    assert "Klo; mapping visits.toml" in refused.refusal


def test_a_changed_mapping_takes_the_place_of_the_former_reading(site: Site) -> None:
    site = mapped(site, visits=VISITS)
    site.csv("kaynnit_1.csv", VISIT)
    site.land()
    site = mapped(site, visits=VISITS.replace('"hehku"', '"nepsy"'))
    site.land()
    assert [row["service_code"] for row in site.accepted("session")] == ["nepsy"]
    assert site.land().new == []


WRONG = {
    "no toml": ("käynti = 1", "is not valid TOML: .*names with ä"),
    "unknown table": ('[visit]\nx = "y"', "visit: is none of files, sheet, drop and the tables"),
    "no files": (
        VISITS.replace("files", "drop", 1).replace('drop = ["Asi', 'sheet = ["Asi'),
        "files",
    ),
    "unknown column": (VISITS.replace("starts_at", "begins_at"), "session.begins_at: session has"),
    "missing column": (
        VISITS.replace('team_code = "Tiimi"', "", 1),
        "session: team_code is required",
    ),
    "unknown code": (
        VISITS.replace('"cancelled"', '"peruttu"'),
        r"values\.P: peruttu is none of att",
    ),
    "unknown constant": (VISITS.replace('"index"', '"lapsi"'), "lapsi is none of index, child"),
    "constant person": (
        VISITS.replace('client_ref = "Asiakasnumero"', 'client_ref = { constant = "1" }'),
        "client_ref.constant: would give every row",
    ),
    "date of a code": (
        VISITS.replace('values = { T = "attended", P = "cancelled" }', 'date = "excel"'),
        "attendance.date: is for date, datetime; this is a code",
    ),
    "date format": (VISITS.replace("%d.%m.%Y", "%d.%m.%y", 1), "session_date.date: .*four digits"),
    "code in a format": (VISITS.replace("%d.%m.%Y", "%d.%m.%Y') --", 1), "session_date.date"),
    "unknown key": (VISITS.replace(" date =", " format =", 1), "session_date.format: is none of"),
    "no source": (VISITS.replace("{ constant = ", "{ decimal = ", 1), "needs one of column"),
    "both": (VISITS.replace('drop = ["', 'drop = ["Tiimi", "'), "drop: Tiimi is mapped as well"),
    "decimal": (PRICES.replace('decimal = ","', 'decimal = ";"'), r"amount_eur.decimal: is"),
    "unmapped": (
        PRICES.replace('unmapped = "day"', 'unmapped = "week"'),
        "unmapped: stands beside",
    ),
    "parts": (FORMS.replace('part = "jälkeen"', 'part = "ennen"'), r"response: each \[\[...\]\]"),
    "only": (FORMS.replace('{ "Laji" = ["alku"] }', '"alku"'), "response.ennen.only: says which"),
    "distinct": (VISITS.replace("= true", '= "true"', 1), "episode.distinct: is true or false"),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_a_mistake_is_named_with_file_key_and_what_is_allowed(mistake: str, tmp_path: Path) -> None:
    text, told = WRONG[mistake]
    path = tmp_path / "visits.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=told) as stop:
        Reader(path).read()
    assert str(path) in str(stop.value)


def test_the_constants_of_the_tests_are_valid(tmp_path: Path) -> None:
    for text in (VISITS, PRICES, FORMS):
        path = tmp_path / "visits.toml"
        path.write_text(text, encoding="utf-8")
        assert Reader(path).read().parts


def test_the_mapping_of_the_walk_through_is_valid(tmp_path: Path) -> None:
    page = project.root() / "docs" / "how_to" / "map_an_extract.md"
    (example,) = re.findall(r"```toml\n(files.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    mapping = Reader(tmp_path / "example.toml").parse(example.encode())
    assert [part.table.name for part in mapping.parts] == ["session", "episode", "episode_client"]


LINKS = """
files = ["tunnukset*"]
[client_link]
source_system = { constant = "openfit" }
source_client_ref = "OpenFIT-tunnus"
client_ref = "Asiakasnumero"
"""


@pytest.mark.slow
def test_forms_of_openfit_find_clients_and_episodes_of_a_mapped_extract(site: Site) -> None:
    site = mapped(site, visits=VISITS, links=LINKS)
    openfit = OpenFIT(tables=("response",))
    site = dataclasses.replace(site, settings=dataclasses.replace(site.settings, openfit=openfit))
    site.csv("kaynnit_1.csv", VISIT)
    site.csv("tunnukset.csv", {"OpenFIT-tunnus": "X-9", "Asiakasnumero": "C-1"})
    line = {"Service_Location": "T1", "Client_ID": "X-9", "Client_Group": "Adult"}
    line |= {"Case_ID": "E-1", "Case_Date": "2025-01-02", "Session_ID": "1"}
    line |= {"Session_Date": "2025-01-15", "ORS_Skip": "N", "Total_ORS": "17.2"}
    site.csv("openfit.csv", line, {**line, "Client_ID": "X-8"})
    assert not site.land().refused
    assert not site.problems()
    with site.home.locked():
        build.build(site.settings, site.home)
    with duckdb.connect(str(site.home.build_database), read_only=True) as connection:
        found = connection.execute(
            """
            select count(*), count(episodes.client_key), count(distinct responses.episode_key)
            from marts.fct_response as responses
            left join marts.fct_episode as episodes
                on responses.client_key = episodes.client_key
                and responses.episode_key = episodes.episode_key
            """
        ).fetchall()
    # The form of the client without a link belongs to the episode, but to nobody whom it knows.
    assert found == [(2, 1, 1)]
