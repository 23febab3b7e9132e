"""Notebooks hold no logic and no words; `reports.yml` is the only list of pages."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import jupytext
import pytest

from fit_warehouse.report.site import read_page_list

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
REPORTS = sorted(NOTEBOOKS.glob("report_*.py"))
LOGIC = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Lambda,
    ast.For,
    ast.While,
    ast.If,
)
FORBIDDEN = re.compile(r"(?i)\bselect\b|\bread_csv\b|\bpip\b|https?:|(?<!\w)/\w+/|[a-z]:\\")


def code_cells(path: Path) -> list[str]:
    notebook = jupytext.read(path, fmt="py:percent")
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_report_notebook_is_thin(path: Path) -> None:
    for source in code_cells(path):
        lines = [line for line in source.splitlines() if line.strip() and line[0] != "#"]
        assert len(lines) <= 15, source
        tree = ast.parse(source)
        assert not [node for node in ast.walk(tree) if isinstance(node, LOGIC)], source
        assert not FORBIDDEN.search(source), source


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_report_notebook_types_no_words_and_no_numbers(path: Path) -> None:
    constants = [
        node.value
        for source in code_cells(path)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant)
    ]
    assert sorted(map(str, constants)) == ["", "fi"]


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_report_notebook_opens_with_its_title_and_parameters(path: Path) -> None:
    cells = jupytext.read(path, fmt="py:percent").cells
    assert cells[0].cell_type == "markdown"
    assert cells[0].source.startswith("# ")
    assert "parameters" in cells[1].metadata["tags"]
    later = [cell.source for cell in cells[1:] if cell.cell_type == "markdown"]
    assert not [source for source in later if source.startswith("# ")]


def test_every_report_notebook_is_a_page_and_every_page_has_one() -> None:
    assert {spec.notebook for spec in read_page_list(NOTEBOOKS)} == {path.name for path in REPORTS}
