"""A scale of another size, on which less is better, lands and is classified by rows alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from fit_warehouse import registry
from fit_warehouse.build import build
from fit_warehouse.errors import UsageError
from fit_warehouse.landing import pseudonym
from fit_warehouse.measure.measure import measure
from tests.landing.registry.conftest import BDI, BDI_ADULT, BURDEN, BURDEN_ADULT, write

if TYPE_CHECKING:
    from tests.landing.conftest import Site

    Row = dict[str, str]

# Intake, last, class and whether the intake was functional: 14 is clinical, and 9 points are a change.
COURSES = {
    "reliable_and_crossed": (22, 13, "recovered", 0),
    "one_point_short": (21, 13, "unchanged", 0),
    "only_to_the_cutoff": (23, 14, "improved", 0),
    "from_the_cutoff": (14, 5, "recovered", 0),
    "from_below_it": (13, 4, "improved", 1),
    "to_zero": (9, 0, "improved", 1),
    "worse": (10, 19, "deteriorated", 1),
    "one_point_short_of_worse": (10, 18, "unchanged", 1),
    "whole_range": (63, 0, "recovered", 0),
}


def items(total: int) -> Row:
    """Share a total out over 21 items of 0 to 3 points."""
    return {
        f"item_{number}": str(min(3, max(0, total - 3 * (number - 1)))) for number in range(1, 22)
    }


def form(site: Site, case: str, number: int, code: str, **scores: str) -> Row:
    """Return a form at a meeting of a case's episode."""
    empty = dict.fromkeys(("item_1", "item_2", "item_3", "item_4", "total"), "")
    refs = {
        "source_record_id": f"{case}-{code}-{number}",
        "client_ref": f"C-{case}",
        "episode_ref": f"E-{case}",
        "session_ref": f"S-{case}-{number}",
    }
    day = f"2025-01-{14 + number}"
    same = {"instrument_code": code, "session_date": day, "entered_at": f"{day} 09:00"}
    return site.row("response", **refs, **same, **{**empty, **scores})


def deliver_spine(site: Site, cases: list[str]) -> None:
    for table in ("team", "service", "worker"):
        site.csv(f"{table}.csv", site.row(table))
    site.csv("episode.csv", *(site.row("episode", episode_ref=f"E-{case}") for case in cases))
    persons = ({"episode_ref": f"E-{case}", "client_ref": f"C-{case}"} for case in cases)
    rows = (site.row("episode_client", **refs, birth_date="1980-04-09") for refs in persons)
    site.csv("episode_client.csv", *rows)
    site.csv(
        "session.csv",
        *(
            site.row(
                "session",
                session_ref=f"S-{case}-{number}",
                episode_ref=f"E-{case}",
                session_date=f"2025-01-{14 + number}",
                starts_at=f"2025-01-{14 + number} 09:00",
            )
            for case in cases
            for number in (1, 2)
        ),
    )


@pytest.fixture(scope="module")
def own(new_site: Callable[..., Site], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Land forms of the package's instruments, then add two of one's own, land theirs and build."""
    made = new_site()
    folder = tmp_path_factory.mktemp("own") / "registry"
    paths = dataclasses.replace(made.settings.paths, registry=folder)
    site = dataclasses.replace(made, settings=dataclasses.replace(made.settings, paths=paths))
    deliver_spine(site, [*COURSES, "zero_ors", "burden"])
    zeros = {f"item_{number}": "0" for number in range(1, 5)}
    site.csv(
        "response_before.csv",
        form(site, "zero_ors", 1, "ORS", **zeros),
        form(site, "zero_ors", 2, "ORS", total="0"),
    )
    site.land()
    assert "item_5" not in site.accepted("response")[0]

    write(folder, [BDI, BURDEN], [BDI_ADULT, BURDEN_ADULT])
    assert has_all_items_again(site)
    rows = []
    for case, (intake, last, _, _) in COURSES.items():
        # One with its items, one with its total alone.
        rows += [form(site, case, 1, "BDI", **items(intake))]
        rows += [form(site, case, 2, "BDI", total=str(last))]
    rows += [form(site, "burden", number, "BURDEN", item_1=str(4 - number)) for number in (1, 2)]
    site.csv("response_own.csv", *rows)
    site.csv(
        "response_faulty.csv",
        form(site, "off_step", 1, "BDI", **{**items(20), "item_21": "0.5"}),
        form(site, "too_high", 1, "BDI", **{**items(20), "item_1": "4"}),
        form(site, "total_too_high", 1, "BDI", total="64"),
        form(site, "mismatch", 1, "BDI", **items(20), total="21"),
        form(site, "of_four", 1, "ORS", item_5="1"),
        form(site, "not_known", 1, "PHQ-9", total="1"),
    )
    site.land()
    with site.home.locked():
        build(site.settings, site.home)
        measure(site.settings, site.home)
    yield site
    registry.forget()


def has_all_items_again(site: Site) -> bool:
    """Land nothing new with the larger registry; return whether older forms have its items, empty."""
    site.land()
    return all("item_21" in row and row["item_21"] is None for row in site.accepted("response"))


@pytest.fixture(scope="module")
def ask(own: Site) -> Callable[[str], list[dict[str, Any]]]:
    def answer(sql: str) -> list[dict[str, Any]]:
        with duckdb.connect(str(own.home.build_database), read_only=True) as connection:
            return connection.execute(sql).pl().to_dicts()

    return answer


@pytest.fixture(scope="module")
def keys(own: Site) -> dict[str, str]:
    """Return the case of each episode key."""
    loaded = pseudonym.load_keys(own.settings.paths.key_file)
    sql = pseudonym.sql("$reference", "episode", loaded)
    with duckdb.connect() as connection:
        pseudonym.prepare(connection, loaded)
        found = {}
        for case in (*COURSES, "zero_ors", "burden"):
            row = connection.execute(f"select {sql}", {"reference": f"E-{case}"}).fetchone()
            assert row is not None
            found[row[0]] = case
    return found


def test_faulty_forms_are_told_by_the_registry(own: Site) -> None:
    found = own.problems()
    assert [found[place] for place in sorted(found)] == [
        {("item_21", "score_off_step")},
        {("item_1", "score_out_of_range")},
        {("total", "score_out_of_range")},
        {("total", "total_mismatch")},
        {("item_5", "too_many_items")},
        {("instrument_code", "unknown_instrument")},
    ]
    assert {name for name, _ in found} == {"response_faulty.csv"}


def test_classes_at_exact_thresholds(
    ask: Callable[[str], list[dict[str, Any]]], keys: dict[str, str]
) -> None:
    rows = ask("select * from marts.fct_episode where prom_instrument = 'BDI'")
    found = {
        keys[row["episode_key"]]: (
            int(row["prom_intake"]),
            int(row["prom_last"]),
            row["change_class"],
            row["is_intake_functional"],
        )
        for row in rows
    }
    assert found == COURSES
    changes = {keys[row["episode_key"]]: row["prom_change"] for row in rows}
    assert changes == {case: Decimal(last - first) for case, (first, last, *_) in COURSES.items()}


def test_zero_is_a_result_or_a_placeholder(ask: Callable[[str], list[dict[str, Any]]]) -> None:
    rows = ask(
        """
        select instrument_code, items_source, is_all_zero, is_valid, count(*)::integer as n
        from marts.fct_response where total = 0 group by all order by all
        """
    )
    assert [tuple(row.values()) for row in rows] == [
        ("BDI", "total_only", 0, 1, 2),
        ("ORS", "items", 1, 0, 1),
        ("ORS", "total_only", 1, 0, 1),
    ]


def test_experience_on_which_less_is_better(
    ask: Callable[[str], list[dict[str, Any]]], keys: dict[str, str]
) -> None:
    """The last form is below the cut-off of 3, which is the functional side of a burden."""
    (row,) = ask("select * from marts.fct_episode where prem_instrument = 'BURDEN'")
    assert keys[row["episode_key"]] == "burden"
    assert (row["prem_last"], row["is_prem_last_at_cutoff"]) == (Decimal(2), 1)


def test_items_beyond_the_fourth(ask: Callable[[str], list[dict[str, Any]]]) -> None:
    rows = ask(
        """
        select count(*) as n_items, sum(item_score) as total, max(item_number) as last
        from marts.fct_response_item group by response_key order by total
        """
    )
    intakes = sorted(intake for intake, *_ in COURSES.values())
    assert [(row["n_items"], row["total"], row["last"]) for row in rows] == [
        (21, intake, 21) for intake in intakes
    ]


def test_the_scale_is_described(ask: Callable[[str], list[dict[str, Any]]]) -> None:
    (row,) = ask("select * from marts.dim_instrument where instrument_code = 'BDI'")
    assert (row["total_min"], row["total_max"], row["score_step"]) == (0, 63, 1)
    assert row["direction"] == "lower_is_better"
    assert row["source"] == BDI["source"]


def test_an_instrument_whose_row_has_gone(own: Site) -> None:
    """Nothing is built, and the message says which row is to be put back."""
    paths = dataclasses.replace(own.settings.paths, registry=own.home.path / "none")
    with own.home.locked(), pytest.raises(UsageError, match="forms of BDI, BURDEN have landed"):
        build(dataclasses.replace(own.settings, paths=paths), own.home)


def test_a_parameter_set_that_is_in_no_registry(own: Site) -> None:
    outcome = dataclasses.replace(own.settings.outcome, parameter_set="local")
    with own.home.locked(), pytest.raises(UsageError, match="there are icce, pcoms"):
        build(dataclasses.replace(own.settings, outcome=outcome), own.home)
