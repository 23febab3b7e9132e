"""What cannot be made is an error that names the part and the cause, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from fit_warehouse.errors import UsageError
from fit_warehouse.report import ReportError, build_reports
from fit_warehouse.report.marts import read_marts, read_publication
from fit_warehouse.report.notebook import run_notebook
from fit_warehouse.report.page import open_page
from fit_warehouse.report.site import read_page_list

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
NOTEBOOK = NOTEBOOKS / "report_city_overview.py"
HEAD = '# %% tags=["parameters"]\ndatabase = ""\nlanguage = "fi"\n'
Tables = dict[str, list[dict[str, Any]]]


@pytest.fixture
def make_notebook(tmp_path: Path) -> Callable[[str], Path]:
    def make(body: str) -> Path:
        path = tmp_path / "report_probe.py"
        path.write_text(body, encoding="utf-8", newline="\n")
        return path

    return make


def test_unknown_page_is_named(database: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no page moon; there are: city_overview"):
        build_reports(database, tmp_path / "out", notebooks=NOTEBOOKS, pages=["moon"])
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("languages", [(), ("xx",)])
def test_unknown_language_is_refused(
    database: Path, tmp_path: Path, languages: tuple[str, ...]
) -> None:
    with pytest.raises(UsageError, match="language"):
        build_reports(database, tmp_path / "out", notebooks=NOTEBOOKS, languages=languages)


def test_unknown_parameter_is_named() -> None:
    with pytest.raises(ReportError, match=r"report_city_overview\.py has no parameter colour"):
        run_notebook(NOTEBOOK, {"database": "x", "colour": "red"})


def test_notebook_without_parameters_cell_is_refused(
    make_notebook: Callable[[str], Path],
) -> None:
    with pytest.raises(ReportError, match="no cell tagged 'parameters'"):
        run_notebook(make_notebook("# %%\n1 + 1\n"), {})


def test_failing_cell_is_named_by_its_heading(make_notebook: Callable[[str], Path]) -> None:
    body = f"{HEAD}\n# %% [markdown]\n# ## The moon\n\n# %%\n1 / 0\n"
    with pytest.raises(ReportError, match=r"report_probe\.py.*'The moon'.*ZeroDivisionError"):
        run_notebook(make_notebook(body), {})


def test_notebook_that_shows_nothing_is_refused(make_notebook: Callable[[str], Path]) -> None:
    with pytest.raises(ReportError, match="shows no section"):
        run_notebook(make_notebook(f"{HEAD}\n# %%\n1 + 1\n"), {})


def test_page_that_would_reach_outside_is_not_written(
    tables: Tables, make_database: Callable[[Tables], Path], tmp_path: Path
) -> None:
    tables["dim_service"][0]["name_fi"] = "Hehku https://example.invalid"
    with pytest.raises(ReportError, match="not self-contained"):
        build_reports(make_database(tables), tmp_path / "out", notebooks=NOTEBOOKS)
    assert not (tmp_path / "out").exists()


def test_missing_database_and_missing_notebook_are_named(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="nowhere"):
        read_publication(tmp_path / "nowhere.duckdb")
    with pytest.raises(ReportError, match="nowhere"):
        run_notebook(tmp_path / "nowhere.py", {})
    with pytest.raises(ReportError, match="list of pages"):
        read_page_list(tmp_path)


def test_row_of_the_page_list_with_a_wrong_field_is_named(tmp_path: Path) -> None:
    text = "pages:\n  - {id: moon, notebook: a.py, languages: [fi], title: a, colour: red}\n"
    (tmp_path / "reports.yml").write_text(text, encoding="utf-8")
    with pytest.raises(ReportError, match="page moon: missing or unknown: colour, lead"):
        read_page_list(tmp_path)


def test_two_publications_in_one_file_are_refused(
    tables: Tables, make_database: Callable[[Tables], Path]
) -> None:
    tables["publication"] *= 2
    with pytest.raises(ReportError, match="publication has 2 rows"):
        read_marts(make_database(tables), "fi")


def test_rows_of_another_period_are_refused(
    tables: Tables, make_database: Callable[[Tables], Path]
) -> None:
    tables["city_funnel"][0]["period_end"] = date(2025, 6, 30)
    with pytest.raises(ReportError, match=r"marts\.city_funnel.*2025-06-30"):
        read_marts(make_database(tables), "fi")


def test_two_rows_of_one_indicator_are_refused(
    tables: Tables, make_database: Callable[[Tables], Path]
) -> None:
    tables["city_outcome"].append(tables["city_outcome"][0])
    page = open_page(str(make_database(tables)), "fi")
    with pytest.raises(ReportError, match="2 rows of cors_self"):
        page.outcome(page.groups("PROM")[0], tables["city_outcome"][0]["indicator"])


def test_instrument_that_is_not_registered_is_named(
    tables: Tables, make_database: Callable[[Tables], Path]
) -> None:
    tables["dim_instrument"] = tables["dim_instrument"][1:]
    page = open_page(str(make_database(tables)), "fi")
    with pytest.raises(ReportError, match="instrument ORS"):
        page.groups("PROM")


def test_another_instrument_gets_a_name_of_its_own(
    tables: Tables, make_database: Callable[[Tables], Path]
) -> None:
    for row in tables["city_outcome"]:
        row["instrument_code"] = {"ORS": "PHQ9"}.get(row["instrument_code"], row["instrument_code"])
    tables["dim_instrument"].append({"instrument_code": "PHQ9", "kind": "PROM"})
    page = open_page(str(make_database(tables)), "fi")
    names = [page.group_name(group) for group in page.groups("PROM")]
    assert "PHQ9, oma arvio" in names
    assert "PHQ9, huoltajan arvio" in names
