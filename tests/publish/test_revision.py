"""A second publication of the same twelve months must not tell who came in between."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from fit_warehouse.home import Home
from fit_warehouse.landing import ledger
from fit_warehouse.measure import tables
from fit_warehouse.measure.context import Context, make
from fit_warehouse.publish import revision, stage
from fit_warehouse.publish.disclosure import Rule
from fit_warehouse.settings import Settings

if TYPE_CHECKING:
    from tests.conftest import BuiltCity

SHOWN = "select n_persons, estimate from marts.city_outcome where is_suppressed = 0 order by all"


class City:
    """A built city taken for a real one, in a home that a test may change."""

    def __init__(self, built: BuiltCity, folder: Path) -> None:
        paths = replace(built.settings.paths, home=folder / "var", published=folder / "published")
        self.settings: Settings = replace(built.settings, paths=paths)
        self.home = Home(paths.home)
        self.home.build_database.parent.mkdir(parents=True)
        shutil.copyfile(built.database, self.home.build_database)

    def change(self, sql: str) -> None:
        with duckdb.connect(str(self.home.build_database)) as connection:
            connection.execute(sql)

    def context(self) -> Context:
        with duckdb.connect(str(self.home.build_database), read_only=True) as connection:
            (day,) = connection.execute(
                "select max(as_of) from metrics.city_funnel"
            ).fetchone() or (date.min,)
            return make(connection, self.settings, day)

    def publish(self) -> stage.Staged:
        staged = stage.stage(self.settings, self.home, self.context())
        current = self.settings.paths.published / "current"
        shutil.rmtree(current, ignore_errors=True)
        shutil.copytree(staged.folder, current)
        revision.remember(
            self.settings.paths.published, staged.open_database, self.context().period.end
        )
        return staged

    def shown(self) -> list[tuple[object, ...]]:
        database = self.settings.paths.published / "current" / stage.OPEN_DATABASE
        with duckdb.connect(str(database), read_only=True) as connection:
            return connection.execute(SHOWN).fetchall()


@pytest.fixture
def city(built_city: BuiltCity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> City:
    # Nothing has landed in the copy, so nothing says that it is synthetic.
    monkeypatch.setattr(ledger, "landed", lambda _: [])
    made = City(built_city, tmp_path)
    made.change("update metrics.city_outcome set n_persons = n_persons + 40, n_workers = 5")
    made.publish()
    assert made.shown(), "a city in which nothing is shown proves nothing"
    return made


ONE_LINE = "where indicator = 'mean_change'"


@pytest.mark.parametrize(
    "change",
    [
        f"update metrics.city_outcome set n_persons = n_persons + 1 {ONE_LINE}",
        f"update metrics.city_outcome set n_persons = n_persons - 4, n = n - 4 {ONE_LINE}",
        f"update metrics.city_outcome set estimate = estimate + 0.001 {ONE_LINE}",
    ],
)
def test_a_small_change_is_held_back(city: City, change: str) -> None:
    before = city.shown()
    city.change(change)
    assert city.publish().n_held_back > 0
    assert city.shown() == before


def test_a_change_of_enough_families_is_published(city: City) -> None:
    before = city.shown()
    city.change(
        f"update metrics.city_outcome set n_persons = n_persons + 5, estimate = estimate + 1 {ONE_LINE}"
    )
    assert city.publish().n_held_back == 0
    assert city.shown() != before


def test_one_small_change_holds_the_large_ones_back(city: City) -> None:
    before = city.shown()
    city.change(f"update metrics.city_outcome set n_persons = n_persons + 5 {ONE_LINE}")
    city.change(
        "update metrics.city_outcome set n_persons = n_persons + 1 where indicator = 'mean_last'"
    )
    assert city.publish().n_held_back > 0
    assert city.shown() == before


def test_the_same_data_are_no_revision(city: City) -> None:
    before = city.shown()
    assert city.publish().n_held_back == 0
    assert city.shown() == before


def to_period(city: City, days: int) -> None:
    """Take the statistics for those of another quarter's end."""
    for name in ("city_outcome", "team_outcome", "course", "city_funnel", "cost_effect"):
        city.change(f"update metrics.{name} set period_end = period_end + {days}")
    city.change(f"update metrics.city_funnel set as_of = as_of + {days}")


def test_another_period_is_another_publication(city: City) -> None:
    to_period(city, 92)
    city.change(f"update metrics.city_outcome set n_persons = n_persons + 1 {ONE_LINE}")
    assert city.publish().n_held_back == 0


def test_a_period_in_between_does_not_make_one_forget(city: City) -> None:
    before = city.shown()
    to_period(city, 92)
    assert city.publish().n_held_back == 0
    to_period(city, -92)
    city.change(f"update metrics.city_outcome set n_persons = n_persons + 1 {ONE_LINE}")
    assert city.publish().n_held_back > 0
    assert city.shown() == before


def test_a_quarter_of_use_stays_as_it_was_first_published(city: City) -> None:
    query = "select * exclude (as_of) from marts.city_use where is_suppressed = 0 order by all"

    def use() -> list[tuple[object, ...]]:
        database = city.settings.paths.published / "current" / stage.OPEN_DATABASE
        with duckdb.connect(str(database), read_only=True) as connection:
            return connection.execute(query).fetchall()

    before = use()
    assert before, "a city whose use is hidden proves nothing"
    to_period(city, 92)
    city.change("update metrics.city_use set n = n + 2, n_persons = n_persons + 1")
    city.publish()
    assert use() == before
    city.change("update metrics.city_use set n = n + 20, n_persons = n_persons + 9")
    city.change("update metrics.city_use set numerator = numerator + 10")
    city.publish()
    assert use() != before


def test_a_comparison_stays_until_enough_families_have_come_in_any_period(city: City) -> None:
    def compared() -> list[tuple[object, ...]]:
        database = city.settings.paths.published / "current" / stage.OPEN_DATABASE
        with duckdb.connect(str(database), read_only=True) as connection:
            return connection.execute(
                "select service_code, n_fit, opened_to from marts.cost_comparison "
                "where is_suppressed = 0 order by all"
            ).fetchall()

    def grow(families: int) -> None:
        city.change(
            f"update metrics.cost_comparison set n_fit = n_fit + {families}, "
            f"n_persons_fit = n_persons_fit + {families}, n_persons = n_persons + {families}, "
            "opened_to = opened_to + 92"
        )

    city.change("delete from metrics.cost_comparison where service_code = '_total'")
    city.change(
        "update metrics.cost_comparison set n_fit = 60, n_persons_fit = 60, n_comparison = 50, "
        "n_persons_comparison = 50, n_persons = 110, n_workers = 4, n_workers_fit = 2, "
        "n_workers_comparison = 2"
    )
    city.publish()
    before = compared()
    assert {n for _, n, _ in before} == {60}
    grow(1)
    assert city.publish().n_held_back == 0
    assert compared() == before
    to_period(city, 92)
    grow(1)
    city.publish()
    assert compared() == before
    grow(3)
    city.publish()
    assert {n for _, n, _ in compared()} == {65}


def line(n: int, numerator: int | None = None, estimate: float = 0.5) -> dict[str, object]:
    return {"n": n, "n_persons": n, "numerator": numerator, "estimate": estimate}


@pytest.mark.parametrize(
    ("before", "after", "is_small"),
    [
        (line(40, 10), line(40, 10), False),
        (line(40, 10), line(44, 10), True),
        (line(40, 10), line(45, 10), False),
        (line(40, 10), line(45, 11), True),
        (line(40, 10), line(45, 14), True),
        (line(40, 10), line(45, 15), False),
        (line(40, 10), line(50, 15), False),
        (line(40), line(40, estimate=0.6), True),
        (line(40), line(45, estimate=0.6), False),
    ],
)
def test_both_sides_of_a_share_change_by_none_or_enough(
    before: dict[str, object], after: dict[str, object], is_small: bool
) -> None:
    assert revision.is_small(before, after, Rule(5, 20, 2)) is is_small


def test_the_restricted_data_do_not_wait(city: City) -> None:
    city.change(f"update metrics.city_outcome set n_persons = n_persons + 1 {ONE_LINE}")
    staged = city.publish()
    assert staged.n_held_back > 0
    query = f"select n_persons from {{}}.metrics.city_outcome {ONE_LINE} order by all"
    with duckdb.connect() as connection:
        connection.execute(f"attach '{staged.folder / stage.RESTRICTED_DATABASE}' as r (read_only)")
        connection.execute(f"attach '{city.home.build_database}' as b (read_only)")
        restricted = connection.execute(query.format("r")).fetchall()
        assert restricted == connection.execute(query.format("b")).fetchall()


def test_a_table_that_was_not_published_before_holds_nothing_back(tmp_path: Path) -> None:
    day = date(2025, 9, 30)
    last = revision.last_of(tmp_path, day)
    last.parent.mkdir(parents=True)
    with duckdb.connect(str(last)) as connection:
        connection.execute("create schema marts")
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        definition = tables.table("cost_confirmed").opened()
        tables.write(connection, "marts", definition, [])
        found = revision.n_held_back(
            connection, tmp_path, "marts", ["cost_confirmed"], day, Rule(5, 20, 2)
        )
    assert found == 0


AMOUNTS = {
    "cost_net": "net_amount_eur",
    "cost_probability": "net_mean_eur",
    "cost_sensitivity": "net_at_low_eur",
}


def _write_money(
    connection: duckdb.DuckDBPyConnection, table: str, persons: int, net: int, low: float
) -> None:
    """Write a line of money and the assumption that it rests on."""
    definition = tables.table(table).opened()
    row: dict[str, object] = dict.fromkeys(definition.names)
    row |= {"service_code": "hehku", "is_suppressed": 0, "n_persons": persons, AMOUNTS[table]: net}
    connection.execute("create schema marts")
    tables.write(connection, "marts", definition, [row])
    connection.execute(f"create table marts.{revision.ASSUMPTIONS} as select {low} as low")


@pytest.mark.parametrize("table", AMOUNTS)
@pytest.mark.parametrize(
    ("persons", "net", "low", "held_back"),
    [
        (9, 1000, 0.5, 0),
        (9, 1200, 0.5, 1),
        (9, 1200, 0.6, 0),
        (10, 1200, 0.6, 1),
        (14, 1200, 0.6, 0),
    ],
    ids=["the same", "corrected", "assumed otherwise", "one more as well", "enough more"],
)
def test_another_assumption_does_not_wait_for_the_next_quarter(
    tmp_path: Path, table: str, persons: int, net: int, low: float, held_back: int
) -> None:
    day = date(2025, 9, 30)
    last = revision.last_of(tmp_path, day)
    last.parent.mkdir(parents=True)
    with duckdb.connect(str(last)) as connection:
        _write_money(connection, table, 9, 1000, 0.5)
    with duckdb.connect() as connection:
        _write_money(connection, table, persons, net, low)
        found = revision.n_held_back(connection, tmp_path, "marts", [table], day, Rule(5, 20, 2))
    assert found == held_back
