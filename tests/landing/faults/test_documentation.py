"""The page on bad files names every reason there is, and none that there is not."""

from __future__ import annotations

import re

import pytest

from fit_warehouse import project
from fit_warehouse.landing import guards, workbook

PAGE = project.root() / "docs" / "how_to" / "bad_files.md"
SECTIONS = {
    "file_refused": "## The file is refused",
    "row_quarantined": "## A row is kept out",
    "kept_flagged": "## The row is kept and flagged",
    "note": "## Only noted",
}


@pytest.mark.parametrize("fate", SECTIONS)
def test_every_reason_stands_in_the_section_of_its_fate(fate: str) -> None:
    text = PAGE.read_text(encoding="utf-8").split(SECTIONS[fate] + "\n")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")] or [text]
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", " ".join(rows)))
    assert named == {row["reason_code"] for row in project.seed("reason") if row["fate"] == fate}


def test_the_limits_are_those_of_the_code() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert f"more than {guards.MOST_COLUMNS:,} columns" in text
    assert f"{workbook.LARGEST_UNPACKED >> 30} GiB" in text
    assert f"{workbook.MOST_CELLS // 1_000_000} million cells" in text
