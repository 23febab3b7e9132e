"""Roll-out surveys: a wide export becomes answers, all in one direction."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import xlsxwriter
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fit_warehouse.errors import UsageError
from fit_warehouse.landing.adapters import survey_table
from fit_warehouse.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.landing.conftest import Site

NOMAD = """
survey_code = "nomad"
files = "nomad_*"
wave = "1"
team_column = "Tiimi"
respondent_column = "Vastaaja"

[scale]
direction = "5_agrees"
not_relevant = { 6 = 6, "Ei koske rooliani" = 6, 7 = 7, 8 = 8 }
answers = { "Täysin samaa mieltä" = 5, "Täysin eri mieltä" = 1 }

[items]
coherence_1 = "Kysymys 1"
collective_action_1 = { column = "Kysymys 2", reversed = true }
"""
HEADER = "Vastaaja;Tiimi;Kysymys 1;Kysymys 2\n"


@pytest.fixture
def survey(new_site: Callable[..., Site], tmp_path: Path) -> Callable[..., Site]:
    """Return a maker of a site with one survey described."""

    def make(text: str = NOMAD) -> Site:
        folder = tmp_path / "surveys"
        folder.mkdir(exist_ok=True)
        (folder / "nomad.toml").write_text(text, encoding="utf-8")
        site = new_site()
        paths = dataclasses.replace(site.settings.paths, surveys=folder)
        return dataclasses.replace(site, settings=dataclasses.replace(site.settings, paths=paths))

    return make


def values(site: Site) -> dict[str, list[int]]:
    """Return the accepted values of each item, ordered."""
    found: dict[str, list[int]] = {}
    for row in site.accepted("survey_response"):
        found.setdefault(row["item_code"], []).append(row["value"])
    return {item: sorted(of_item) for item, of_item in found.items()}


def test_answers_become_rows_in_one_direction(survey: Callable[..., Site]) -> None:
    site = survey()
    site.write(
        "nomad_2025.csv",
        f"{HEADER}a;T1;5;2\nb;T1;täysin ERI mieltä;Täysin samaa mieltä \nc;T2;6;\n",
    )
    landing = site.land()
    assert not landing.refused
    assert values(site) == {"coherence_1": [1, 5, 6], "collective_action_1": [1, 4]}
    rows = site.accepted("survey_response")
    assert {(row["survey_code"], row["wave"]) for row in rows} == {("nomad", "1")}
    assert len({row["respondent_hash"] for row in rows}) == 3
    assert sum(account.delivered for account in site.accounts()) == 5


def test_where_1_agrees_all_is_turned_but_the_reversed(survey: Callable[..., Site]) -> None:
    text = NOMAD.replace("5_agrees", "1_agrees").replace("answers =", "# ")
    site = survey(text)
    site.write("nomad_2025.csv", f"{HEADER}a;T1;5;2\nb;T1;Ei koske rooliani;8\n")
    site.land()
    assert values(site) == {"coherence_1": [1, 6], "collective_action_1": [2, 8]}


@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(answers=st.lists(st.integers(1, 8), min_size=1, max_size=30))
def test_both_directions_are_mirrors_and_keep_what_is_not_relevant(
    survey: Callable[..., Site], answers: list[int]
) -> None:
    rows = "".join(f"r{number};T1;{value};{value}\n" for number, value in enumerate(answers))
    found = []
    for direction in ("5_agrees", "1_agrees"):
        site = survey(NOMAD.replace("5_agrees", direction))
        site.write("nomad_2025.csv", HEADER + rows)
        site.land()
        found.append(values(site))
    five, one = found
    assert five["coherence_1"] == sorted(answers) == one["collective_action_1"]
    mirrored = sorted(6 - value if value <= 5 else value for value in answers)
    assert one["coherence_1"] == mirrored == five["collective_action_1"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("9", "not_a_number"),
        ("0", "not_a_number"),
        ("3,5", "not_a_number"),
        ("joo", "not_a_number"),
    ],
)
def test_answers_off_the_scale_are_kept_out(
    survey: Callable[..., Site], answer: str, reason: str
) -> None:
    site = survey()
    site.write("nomad_2025.csv", f"{HEADER}a;T1;4;1\nb;T1;{answer};1\n")
    site.land()
    assert site.problems() == {("nomad_2025.csv", 3): {("value", reason)}}


def test_6_is_no_answer_unless_the_survey_says_what_it_is(survey: Callable[..., Site]) -> None:
    site = survey(NOMAD.replace("6 = 6, ", ""))
    site.write("nomad_2025.csv", f"{HEADER}a;T1;6;1\n")
    site.land()
    assert ("value", "not_a_number") in site.problems()["nomad_2025.csv", 2]


def test_an_answer_without_team_or_respondent_is_kept_out(survey: Callable[..., Site]) -> None:
    site = survey()
    site.write("nomad_2025.csv", f"{HEADER}a;;4;\n ;T1;4;\n")
    site.land()
    assert site.problems() == {
        ("nomad_2025.csv", 2): {("team_code", "missing_required")},
        ("nomad_2025.csv", 3): {("respondent_hash", "missing_required")},
    }


def test_a_broken_row_counts_once_for_all_items(survey: Callable[..., Site]) -> None:
    site = survey()
    site.write("nomad_2025.csv", f"{HEADER}a;T1;4;1\nb;T1\n")
    site.land()
    assert site.problems() == {("nomad_2025.csv", 3): {("", "malformed_row")}}
    assert sum(account.quarantined for account in site.accounts()) == 1


def test_a_workbook_with_positions_global_items_teams_and_waves(
    survey: Callable[..., Site],
) -> None:
    text = """
survey_code = "nomad20"
files = ["*/webropol_*.xlsx"]
sheet = "Data"
team_column = "Yksikkö"
anonymous = true
teams = { "Hehku-tiimi" = "T1" }
[waves]
"webropol_*-03*" = "2025-03"
"webropol_*-09*" = "2025-09"
[scale]
direction = "5_agrees"
not_relevant = { 6 = 6 }
[items]
coherence_1 = 2
general_1 = { column = 3, lowest = 0, highest = 10 }
"""
    site = survey(text)
    for month in ("03", "09"):
        file = io.BytesIO()
        with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
            book.add_worksheet("Kansi")
            sheet = book.add_worksheet("Data")
            cells: list[list[Any]] = [
                ["Yksikkö", "A", "A?", "Palaute"],
                ["hehku-tiimi", 6, 6, "SECRET"],
                ["T2", 4, 10, ""],
            ]
            for number, row in enumerate(cells):
                sheet.write_row(number, 0, row)
        site.write(f"survey/webropol_2025-{month}-15.xlsx", file.getvalue())
    landing = site.land()
    assert not landing.refused
    assert values(site) == {"coherence_1": [4, 4, 6, 6], "general_1": [6, 6, 10, 10]}
    rows = site.accepted("survey_response")
    assert {row["team_code"] for row in rows} == {"T1", "T2"}
    assert {row["wave"] for row in rows} == {"2025-03", "2025-09"}
    # An anonymous respondent is one person within a wave, and nobody in another.
    assert len({row["respondent_hash"] for row in rows}) == 4
    assert any("Palaute" in note for note in landing.notes)
    assert not any(
        b"SECRET" in content for content in site.stored("raw", "ledger", "accepted").values()
    )


def test_items_that_are_not_there_and_columns_that_nobody_names_are_said(
    survey: Callable[..., Site],
) -> None:
    site = survey()
    site.write("nomad_2025.csv", "Vastaaja;Tiimi;Kysymys 1;Vapaa sana\na;T1;4;x\n")
    (absent, other) = site.land().notes
    assert absent.endswith("items that are not in the file: collective_action_1")
    assert other.endswith("columns that are not read: Vapaa sana")


@pytest.mark.parametrize(
    ("content", "reason", "where"),
    [
        ("Vastaaja;Kysymys 1\na;4\n", "missing_column", "(Tiimi)"),
        ("Vastaaja;Tiimi\na;T1\n", "missing_column", "no item"),
        ("Vastaaja;Tiimi;Kysymys 1;Kysymys 1\na;T1;4;4\n", "duplicate_column", "Kysymys 1"),
        ("", "empty_file", ""),
    ],
)
def test_a_bad_file_is_refused_by_name(
    survey: Callable[..., Site], content: str, reason: str, where: str
) -> None:
    site = survey()
    site.write("nomad_2025.csv", content)
    (entry,) = site.land().refused
    assert entry.refused_for == reason
    assert where in entry.refusal


def test_a_mended_description_reads_the_file_again(survey: Callable[..., Site]) -> None:
    site = survey(NOMAD.replace("5_agrees", "1_agrees"))
    site.write("nomad_2025.csv", f"{HEADER}a;T1;5;1\n")
    site.land()
    assert values(site) == {"coherence_1": [1], "collective_action_1": [1]}
    mended = survey()
    both = dataclasses.replace(
        site,
        settings=dataclasses.replace(
            site.settings,
            paths=dataclasses.replace(mended.settings.paths, home=site.settings.paths.home),
        ),
    )
    both.land()
    assert values(both) == {"coherence_1": [5], "collective_action_1": [5]}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('direction = "5_agrees"\n', "", "scale.direction is required"),
        ('"5_agrees"', '"up"', "scale.direction is required"),
        ('wave = "1"\n', "", "exactly one of wave, wave_column, waves"),
        ('respondent_column = "Vastaaja"\n', "", "exactly one of respondent_column, anonymous"),
        ("6 = 6,", "6 = 5,", "scale.not_relevant leads to numbers from 6 to 8"),
        ('samaa mieltä" = 5', 'samaa mieltä" = 9', "scale.answers leads to numbers from 1 to 5"),
        ("coherence_1 =", "Coherence =", "a code is the construct and a number"),
        ('"Kysymys 1"', "0", "a header or a position"),
        ("files =", "file =", "file is not known"),
        ("[scale]", "[scale", "not valid TOML"),
    ],
)
def test_a_description_that_cannot_be_understood_is_refused(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    assert before in NOMAD
    (tmp_path / "nomad.toml").write_text(NOMAD.replace(before, after), encoding="utf-8")
    with pytest.raises(UsageError, match=said):
        survey_table.load(tmp_path)


def test_without_a_folder_there_are_no_surveys(tmp_path: Path) -> None:
    assert survey_table.load(tmp_path / "none") == ()
    assert Settings().paths.surveys == Path("surveys")
