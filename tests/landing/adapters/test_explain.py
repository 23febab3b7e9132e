"""A file explained before it is landed: its columns without values, a mapping, what it would give."""

from __future__ import annotations

import dataclasses
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import polars as pl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from fit_warehouse import cli
from fit_warehouse.errors import UsageError
from fit_warehouse.landing import contract
from fit_warehouse.landing.adapters.mapping import synonyms
from fit_warehouse.landing.adapters.mapping.explain import explain
from fit_warehouse.landing.adapters.mapping.mapping_file import Reader, allowed
from fit_warehouse.landing.adapters.mapping.profile import Profile, may_show, profile
from fit_warehouse.landing.adapters.mapping.propose import propose

if TYPE_CHECKING:
    from tests.landing.conftest import Site

STATES = ("Toteutunut", "Peruttu", "Ei saapunut", "Myöhään peruttu")
PLACES = ("Kotikäynti", "Vastaanotto", "Etäyhteys")
COLUMNS = {
    "Asiakasnumero": lambda n: f"A{1000 + n // 5}",
    "Jaksotunnus": lambda n: f"J-{n // 5}",
    "Käyntinumero": lambda n: str(70_000 + n),
    "Käyntipäivä": lambda n: f"{1 + n % 28}.{1 + n % 5}.2025",
    "Klo": lambda n: f"{8 + n % 8}:30",
    "Käynnin tila": lambda n: STATES[n % 4],
    "Käyntityyppi": lambda n: PLACES[n % 3],
    "Tiimi": lambda n: f"Tiimi {1 + n // 5 % 4}",
    "Työntekijä": lambda n: f"Virtanen{n % 6}",
    "Palvelu": lambda n: "hehku",
    "Asiakkaan nimi": lambda n: f"Korhonen Onni{n}",
    "Jakson alkupvm": lambda n: "45659",
    "Vapaasana": lambda n: f"Korhonen Onni kertoi {n} asiaa",
    "Kesto (min)": lambda n: "60",
}
VISITS = [{name: value(n) for name, value in COLUMNS.items()} for n in range(200)]
SECRET = ("Virtanen", "Korhonen", "Onni", "A10", "70001", "J-1")


def said(site: Site, name: str, write: Path | None = None) -> str:
    return "\n".join(explain(site.settings, site.landing / name, write))


def placed(site: Site) -> Site:
    paths = dataclasses.replace(site.settings.paths, mappings=site.home.path / "mappings")
    return dataclasses.replace(site, settings=dataclasses.replace(site.settings, paths=paths))


def test_an_unknown_extract_is_described_mapped_and_read_without_code(site: Site) -> None:
    site = placed(site)
    path = site.csv("kaynnit_2025-06.csv", *VISITS, delimiter=";")
    before = sorted(site.home.path.rglob("*"))
    text = said(site, path.name)
    assert sorted(site.home.path.rglob("*")) == before
    assert "is in no layout that is known" in text
    assert 'session_date = { column = "Käyntipäivä", date = "%d.%m.%Y" }' in text
    assert 'opened_on = { column = "Jakson alkupvm", date = "excel" }' in text
    assert '"Ei saapunut" = "no_show"' in text
    assert 'drop = ["Asiakkaan nimi"]' in text
    assert "session: 200 rows, 0 of them would be kept out" in text
    assert "episode_client: 40 rows, 0 of them" in text
    # Written, it is what lands.
    mapping = site.settings.paths.mappings / "kaynnit.toml"
    said(site, path.name, mapping)
    assert "is read as mapping" in said(site, path.name)
    landing = site.land()
    assert not landing.refused
    assert not site.problems()
    assert len(site.accepted("session")) == 200
    assert len(site.accepted("episode")) == 40


def test_no_value_of_a_person_is_shown(site: Site) -> None:
    site.csv("kaynnit.csv", *VISITS)
    text = said(site, "kaynnit.csv")
    assert "Toteutunut" in text
    for word in SECRET:
        assert word not in text


def test_a_file_without_a_header_does_not_show_its_first_row(site: Site) -> None:
    first = ("Korhonen Onni", "010190-123A", "1.2.2025", "Toteutunut")
    site.csv("kaynnit.csv", *(dict.fromkeys(first, f"arvo {number}") for number in range(9)))
    text = said(site, "kaynnit.csv")
    assert "The first row looks like data" in text
    assert not any(value in text for value in first)


def test_problems_are_counted_with_the_name_that_the_file_uses(site: Site) -> None:
    wrong = [row | {"Käynnin tila": "Outo"} for row in VISITS[:20]]
    site = placed(site)
    site.csv("kaynnit.csv", *VISITS[20:], *wrong)
    text = said(site, "kaynnit.csv")
    assert "20 rows, column attendance (in the file: Käynnin tila)" in text
    assert "unknown_code" in text
    assert "more than land.max_quarantined_share" not in text  # the test's site allows all
    assert '# without a pair: "Outo"' in text


def test_contradictions_within_the_file_are_told(site: Site) -> None:
    rows = [*VISITS[1:], VISITS[0] | {"Jakson alkupvm": "45660"}]
    site.csv("kaynnit.csv", *rows)
    assert "2 rows: Two different versions of a row" in said(site, "kaynnit.csv")


def test_what_is_missing_is_to_be_filled_in(site: Site) -> None:
    rows = [{name: text for name, text in row.items() if name != "Palvelu"} for row in VISITS]
    site.csv("kaynnit.csv", *rows)
    text = said(site, "kaynnit.csv")
    assert '# service_code = { constant = "..." }  # required' in text
    assert "To be filled in first: mapping proposed, session: service_code is required" in text


def test_the_sheet_with_most_columns_is_mapped(site: Site) -> None:
    with xlsxwriter.Workbook(site.landing / "vienti.xlsx") as book:
        book.add_worksheet("Ohje").write_row(0, 0, ["Lue ensin"])
        sheet = book.add_worksheet("Käynnit")
        for number, row in enumerate([dict.fromkeys(COLUMNS, ""), *VISITS]):
            sheet.write_row(number, 0, list(row.values()) if number else list(COLUMNS))
    text = said(site, "vienti.xlsx")
    assert "Sheet Käynnit of: Ohje, Käynnit" in text
    assert 'sheet = "Käynnit"' in text
    assert "session: 200 rows, 0 of them" in text


def test_known_layouts_are_named(site: Site) -> None:
    site.csv("response.csv", site.row("response"), site.row("response", item_1="41"))
    text = said(site, "response.csv")
    assert "is read in the shape of the intake contract" in text
    assert "response: 2 rows, 1 of them would be kept out" in text
    assert "column item_1: The score is outside" in text
    line = {"Service_Location": "T1", "Client_ID": "1", "Case_ID": "2", "Case_Date": "2025-01-01"}
    site.csv("export.csv", line | {"Client_Group": "Adult", "Provider_ID": "W-1"})
    text = said(site, "export.csv")
    assert "is read as openfit" in text
    assert "worker: 1 rows, 0 of them would be kept out" in text


def test_what_no_mapping_can_read_is_said(site: Site) -> None:
    site.write("muistio.docx", b"PK")
    assert "A mapping reads .csv, .xlsx, .parquet" in said(site, "muistio.docx")
    site.csv("saa.csv", {"Lämpötila": "20,1", "Sademäärä": "3"})
    assert "No table of the intake contract was recognised" in said(site, "saa.csv")
    site.write("kaynnit.csv", "Käyntipäivä\n".encode("latin-1"))
    assert "would be refused: The file is not UTF-8 text" in said(site, "kaynnit.csv")


def test_no_file_is_written_over(site: Site, tmp_path: Path) -> None:
    path = site.csv("kaynnit.csv", *VISITS)
    mine = tmp_path / "mine.toml"
    mine.write_text("my own work", encoding="utf-8")
    with pytest.raises(UsageError, match="is there already"):
        explain(site.settings, path, mine)
    assert mine.read_text(encoding="utf-8") == "my own work"
    with pytest.raises(UsageError, match="there is no file"):
        explain(site.settings, tmp_path / "none.csv")


SHAPES = {
    "date %d.%m.%Y": ["1.2.2025", "31.12.2025"],
    "date %Y-%m-%d": ["2025-02-01"],
    "time %d.%m.%Y %H:%M": ["1.2.2025 9:30"],
    "time of day": ["9:30", "14:00"],
    "excel day": ["45659", "45660"],
    "integer": ["12", "70001"],
    "decimal with ,": ["1,5", "12", "1.234,50"],
    "decimal with .": ["1.5", "12"],
    "personal identity code": ["010190-123A"],
    "address of e-mail": ["a@example.invalid"],
    "identifier": ["X-1", "Y-2"],
    "text": ["kertoi asioista", "kertoi muista asioista"],
    "empty": [""],
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_is_seen(shape: str, tmp_path: Path) -> None:
    pl.DataFrame({"x": SHAPES[shape], "row": "r"}).write_parquet(tmp_path / "some.parquet")
    with duckdb.connect() as connection:
        found, _ = profile(connection, tmp_path / "some.parquet", "")
    assert found.shape == shape


def test_few_values_are_a_code_and_words_for_yes_and_no_a_flag(tmp_path: Path) -> None:
    table = {"Laji": ["b", "a"] * 10, "Onko": ["Kyllä", "ei"] * 10, "Nimi": ["Onni", "Aino"] * 10}
    pl.DataFrame(table).write_parquet(tmp_path / "some.parquet")
    with duckdb.connect() as connection:
        code, flag, name = profile(connection, tmp_path / "some.parquet", "")
    assert (code.shape, code.codes) == ("code", ("a", "b"))
    assert (flag.shape, flag.codes) == ("flag", ("Kyllä", "ei"))
    assert name.codes == ()


@given(st.from_regex(r"[A-ZÅÄÖ][a-zåäö]{1,9},? [A-ZÅÄÖ][a-zåäö]{1,9}", fullmatch=True))
def test_two_names_are_never_shown(person: str) -> None:
    assert not may_show(("T", person))


def test_every_synonym_is_of_the_contract_and_of_one_column() -> None:
    tables = contract.tables().values()
    columns = {column.name: column for table in tables for column in table.columns}
    words = synonyms.words()
    assert set(words["columns"]) <= set(columns)
    every = [word for known in words["columns"].values() for word in known]
    assert len(every) == len(set(every))
    for word in [*every, *words["personal"]["words"]]:
        assert word == synonyms.plain(word)
    for name, codes in words["values"].items():
        assert set(codes) <= set(allowed(columns[name]))
        theirs = [word for known in codes.values() for word in known]
        assert len(theirs) == len(set(theirs))
    for name, constant in words["constants"].items():
        table, _, column = name.partition(".")
        codes = allowed(contract.tables()[table][column])
        assert not codes or constant in codes
    for table, marks in words["marks"].items():
        assert set(marks) <= set(contract.tables()[table].names)


@given(
    st.lists(
        st.builds(
            Profile,
            name=st.text(min_size=1, max_size=9)
            | st.sampled_from(
                [word for known in synonyms.words()["columns"].values() for word in known]
            ),
            position=st.integers(1, 50),
            share_filled=st.floats(0, 1),
            n_distinct=st.integers(1, 9),
            shape=st.sampled_from([*SHAPES, "code", "flag"]),
            codes=st.lists(st.text(max_size=9), max_size=4).map(tuple),
        ),
        unique_by=lambda each: each.name,
        max_size=12,
    )
)
def test_a_proposal_is_a_mapping_or_says_what_is_missing(profiles: list[Profile]) -> None:
    proposal = propose(Path("some_2025.csv"), "", profiles)
    if proposal.text:
        missing = "  # required" in proposal.text
        with pytest.raises(UsageError, match="is required; map it") if missing else nullcontext():
            mapping = Reader(Path("proposed")).parse(proposal.text.encode())
            assert set(mapping.columns) == set(proposal.read)


def test_the_command_explains_and_lands_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, site: Site
) -> None:
    path = site.csv("kaynnit.csv", *VISITS)
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    done = runner.invoke(
        cli.app, ["land", "--explain", str(path), "--write-mapping", "mappings/kaynnit.toml"]
    )
    assert done.exit_code == 0
    assert "The proposed mapping is in mappings/kaynnit.toml" in done.output.replace("\\", "/")
    again = runner.invoke(cli.app, ["land", "--explain", str(path)])
    assert "is read as mapping" in again.output
    assert [found.name for found in tmp_path.rglob("*") if found.is_file()] == ["kaynnit.toml"]
    alone = runner.invoke(cli.app, ["land", "--write-mapping", "mappings/other.toml"])
    assert isinstance(alone.exception, UsageError)
