"""The two published examples, from the delivered files to the page: 2 888.00 and 2 760.00 euros."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fit_warehouse.publish import release, stage

if TYPE_CHECKING:
    from tests.pipeline.conftest import Golden

AMOUNTS = {"hehku": Decimal("2888.00"), "nepsy_coaching": Decimal("2760.00")}
ON_PAGE = ("2\u00a0888\u00a0€", "2\u00a0760\u00a0€")


def page_of(golden: Golden, settings: object, folder: Path) -> str:
    staged = stage.stage(settings, golden.home, golden.context)  # type: ignore[arg-type]
    release.make_pages(folder, staged.open_database)
    return (folder / "city_overview_fi.html").read_text(encoding="utf-8")


def test_the_mart_has_both_amounts_to_the_cent(golden: Golden) -> None:
    rows = golden.query(
        "select service_code, planned_units, used_units, unused_units, gross_amount_eur, is_agreed "
        "from marts.fct_early_ending order by service_code"
    )
    assert rows == [
        ("hehku", Decimal(6), Decimal(4), Decimal(2), AMOUNTS["hehku"], 1),
        ("nepsy_coaching", Decimal(10), Decimal(2), Decimal(8), AMOUNTS["nepsy_coaching"], 1),
    ]


def test_the_statistics_add_only_what_may_be_added(golden: Golden) -> None:
    rows = dict(
        golden.query("select service_code, gross_amount_eur from metrics.cost_effect")  # type: ignore[arg-type]
    )
    assert rows == {**AMOUNTS, "_total": Decimal("5648.00")}


def test_the_page_shows_both_when_nothing_is_hidden(golden: Golden, tmp_path: Path) -> None:
    page = page_of(golden, golden.showing_everything(), tmp_path / "open")
    for amount in ON_PAGE:
        assert amount in page


def test_two_clients_are_hidden_from_the_published_page(golden: Golden, tmp_path: Path) -> None:
    page = page_of(golden, golden.settings, tmp_path / "hidden")
    text = re.sub(r"<[^>]+>", " ", page)
    for digits in ("888", "760", "5\u00a0648"):
        assert digits not in text
    assert "peitetty" in text
    assert "Synteettinen aineisto" in text


@pytest.mark.parametrize("column", ["family_key", "client_key", "worker_key", "episode_key"])
def test_the_open_database_has_no_key_of_a_person(golden: Golden, column: str) -> None:
    import duckdb

    staged = stage.stage(golden.settings, golden.home, golden.context)
    with duckdb.connect(str(staged.open_database), read_only=True) as connection:
        names = {
            name
            for (name,) in connection.sql("select column_name from duckdb_columns()").fetchall()
        }
    assert column not in names
