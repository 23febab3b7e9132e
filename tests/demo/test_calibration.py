"""A simulated city keeps to the published aggregates, and the page shows the table that it makes."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from fit_warehouse.demo import calibration
from fit_warehouse.demo.calibration import Target, alpha, anova_icc, targets

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "method" / "simulator.md"


@pytest.fixture(scope="module")
def values() -> dict[str, float]:
    return calibration.city_values()


@pytest.mark.parametrize("name", sorted(targets()))
def test_figure_is_within_its_band(values: dict[str, float], name: str) -> None:
    low, high = targets()[name].band
    assert low <= values[name] <= high


def test_every_figure_has_a_target_and_every_target_a_source(values: dict[str, float]) -> None:
    assert values.keys() == targets().keys()
    for target in targets().values():
        assert target.band[0] < target.band[1]
        assert target.source


def cells(lines: list[str]) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_page_shows_the_table_that_the_command_makes(values: dict[str, float]) -> None:
    text = PAGE.read_text(encoding="utf-8")
    found = re.search(r"calibration: begin -->\n(.*)\n<!-- calibration: end", text, re.DOTALL)
    assert found is not None
    shown, made = cells(found.group(1).splitlines()), cells(calibration.table(values))
    assert [row[:1] + row[2:] for row in shown] == [row[:1] + row[2:] for row in made]
    # Other versions of the numerical libraries may move a last digit.
    assert [float(row[1]) for row in shown] == pytest.approx(
        [float(row[1]) for row in made], rel=0.02, abs=0.002
    )


def test_the_page_names_files_that_exist() -> None:
    paths = re.findall(r"`((?:fit_warehouse|tests)/[\w/.]+)`", PAGE.read_text(encoding="utf-8"))
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_a_figure_outside_its_band_fails_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], values: dict[str, float]
) -> None:
    monkeypatch.setattr(calibration, "city_values", lambda: values)
    assert calibration.main() == 0
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(calibration, "city_values", lambda: {**values, "drop_out": 0.3})
    assert calibration.main() == 1
    assert "drop_out = 0.3000 is outside [0.12, 0.2]" in capsys.readouterr().err


def test_a_band_includes_its_ends() -> None:
    target = Target("", "", [0.05, 0.07], "")
    assert target.holds(0.05)
    assert target.holds(0.07)
    assert not target.holds(0.0701)


def test_icc_is_found_again_in_groups_of_unequal_size() -> None:
    rng = np.random.default_rng(5)
    group = np.repeat(np.arange(800), rng.integers(5, 60, 800))
    noise = rng.normal(0.0, np.sqrt(0.9), group.size)
    values = rng.normal(0.0, np.sqrt(0.1), 800)[group] + noise
    assert anova_icc(values, group) == pytest.approx(0.1, abs=0.015)
    assert anova_icc(noise, group) == pytest.approx(0.0, abs=0.005)


def test_alpha_of_parallel_items() -> None:
    rng = np.random.default_rng(6)
    items = rng.normal(size=(50_000, 1)) + rng.normal(size=(50_000, 4))
    # Spearman-Brown: four items that correlate .5 with each other.
    assert alpha(items) == pytest.approx(4 * 0.5 / (1 + 3 * 0.5), abs=0.01)
