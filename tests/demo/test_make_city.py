from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from fit_warehouse.demo import make_city

if TYPE_CHECKING:
    from tests.demo.conftest import Delivered

BOM = b"\xef\xbb\xbf"


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
    }


def test_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    first = make_city(tmp_path / "a", forms=3000, seed=5)
    second = make_city(tmp_path / "b", forms=3000, seed=5)
    assert hashes(tmp_path / "a") == hashes(tmp_path / "b")
    assert first.rows == second.rows


def test_another_seed_gives_other_data_but_the_same_services_and_prices(tmp_path: Path) -> None:
    make_city(tmp_path / "a", forms=3000, seed=5)
    make_city(tmp_path / "b", forms=3000, seed=6)
    first, second = hashes(tmp_path / "a"), hashes(tmp_path / "b")
    same = {name for name in first if first[name] == second.get(name)}
    assert same == {
        *("delivery.toml", "service.csv", "unit_price.csv"),
        *("cost_assumption.csv", "fit_cost.csv"),
    }


@pytest.mark.parametrize(
    ("forms", "seed"), [(200, 0), (200, 3), (333, 1), (1_000, 2), (2_500, 1), (10_000, 1)]
)
def test_number_of_forms_is_met_within_two_percent(
    tmp_path: Path,
    forms: int,
    seed: int,
    read_table: Callable[[Path, str], pl.DataFrame],
) -> None:
    summary = make_city(tmp_path, forms=forms, seed=seed)
    assert abs(summary.forms - forms) <= 0.02 * forms
    assert read_table(tmp_path, "response").height == summary.forms


def test_summary_tells_what_was_written(city: Delivered) -> None:
    written = {path for path in city.folder.iterdir() if path.suffix == ".csv"}
    assert set(city.summary.files) == written
    assert city.summary.forms == city.summary.rows["response"]
    for table, rows in city.summary.rows.items():
        assert city.table(table).height == rows, table


def test_delivery_says_when_it_was_extracted_and_that_it_is_synthetic(city: Delivered) -> None:
    text = (city.folder / "delivery.toml").read_text(encoding="utf-8")
    delivery = tomllib.loads(text)
    assert delivery["extracted_at"] == datetime(2026, 11, 5, 6, 0, 0)
    assert delivery["synthetic"] is True
    assert "synthetic" in delivery["note"].lower()


def test_both_dialects_are_delivered_with_plain_line_ends(city: Delivered) -> None:
    contents = {path.stem: path.read_bytes() for path in city.summary.files}
    finnish = {stem for stem, content in contents.items() if content.startswith(BOM)}
    assert finnish == {"response_2023", "response_2025", "service", "unit_price"}
    for stem, content in contents.items():
        header = content.removeprefix(BOM).split(b"\n", 1)[0]
        assert (b";" in header) == (stem in finnish), stem
        assert b"\r" not in content, stem
        assert content.endswith(b"\n"), stem
    assert b"8664,00" in contents["unit_price"]


@pytest.mark.parametrize("forms", [199, 0, -1, 100_000_001])
def test_a_size_out_of_range_is_refused_before_anything_is_written(
    tmp_path: Path, forms: int
) -> None:
    with pytest.raises(ValueError, match="forms must be 200 to 100000000"):
        make_city(tmp_path / "new", forms=forms)
    assert not (tmp_path / "new").exists()


def test_a_negative_seed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="seed must not be negative"):
        make_city(tmp_path, seed=-1)


def test_a_folder_with_content_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "response_2024.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(ValueError, match="new or empty"):
        make_city(tmp_path, forms=200)
    assert [path.name for path in tmp_path.iterdir()] == ["response_2024.csv"]
    assert (tmp_path / "response_2024.csv").read_text(encoding="utf-8") == "mine"


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "landing"
    path.write_text("", encoding="utf-8")
    with pytest.raises(ValueError, match="new or empty"):
        make_city(path, forms=200)


def test_missing_parent_folders_are_made(tmp_path: Path) -> None:
    make_city(tmp_path / "deep" / "landing", forms=200)
    assert (tmp_path / "deep" / "landing" / "delivery.toml").is_file()
