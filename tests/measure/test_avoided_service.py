"""Services put off or not needed: counts, shares and sums of a few decisions worked by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from fit_metrics.rates import wilson
from fit_warehouse.measure import avoided_service, tables
from fit_warehouse.measure.context import Context

AMOUNT = pl.Decimal(18, 4)
SCHEMA = {
    "episode_key": pl.String, "family_key": pl.String, "service_code": pl.String,
    "avoided_service_code": pl.String, "kind": pl.String, "decided_on": pl.Date,
    "is_revisited": pl.Int16, "is_came_anyway": pl.Int16, "is_in_came_anyway": pl.Int16,
    "perspective": pl.String, "procurement": pl.String, "price_year": pl.Int32,
    "vat_included": pl.Int16, "gross_amount_low_eur": AMOUNT, "gross_amount_eur": AMOUNT,
    "gross_amount_high_eur": AMOUNT, "deferral_value_eur": AMOUNT,
}  # fmt: skip
SESSIONS = {"episode_key": pl.String, "worker_key": pl.String, "attendance": pl.String}
Row = dict[str, Any]


def decision(episode: str, *, came: int | None = 0, over: int = 1, **other: Any) -> Row:
    return {
        "episode_key": episode, "family_key": f"f-{episode}", "service_code": "family_work",
        "avoided_service_code": "examination", "kind": "avoided", "decided_on": date(2024, 3, 1),
        "is_revisited": 0, "is_came_anyway": came, "is_in_came_anyway": over,
        "perspective": "payer", "procurement": "purchased", "price_year": 2025, "vat_included": None,
        "gross_amount_low_eur": Decimal(100), "gross_amount_eur": Decimal("200.5"),
        "gross_amount_high_eur": Decimal(400), "deferral_value_eur": None, **other,
    }  # fmt: skip


def put_off(episode: str, **other: Any) -> Row:
    values = {"kind": "deferred", "is_revisited": 1, "deferral_value_eur": Decimal("1.25")}
    return decision(episode, **{**values, **other})


@pytest.fixture
def measured(marts: Callable[..., Context]) -> Callable[..., dict[tuple[Any, ...], Row]]:
    def make(rows: list[Row], met: list[tuple[str, str, str]]) -> dict[tuple[Any, ...], Row]:
        context = marts(
            fct_avoided_service=pl.DataFrame(rows, schema=SCHEMA),
            fct_session=pl.DataFrame(met, schema=SESSIONS, orient="row"),
        )
        found = list(avoided_service.rows(context))
        assert all(set(row) == set(tables.table("avoided_service").names) for row in found)
        keys = ("kind", "procurement", "price_year", "scenario")
        lines = {tuple(row[name] for name in keys): row for row in found}
        assert len(lines) == len(found)
        return lines

    return make


def test_what_came_is_taken_off_and_the_share_is_of_those_whose_time_is_over(
    measured: Callable[..., dict[tuple[Any, ...], Row]],
) -> None:
    lines = measured(
        [
            # The last day of the period is in it.
            decision("e1", decided_on=date(2025, 12, 31)),
            decision("e2", came=1, decided_on=date(2023, 1, 1)),
            decision("e3", came=1, over=0, family_key="f-e2"),
            decision("e4", came=None, over=0),
            decision(
                "e5",
                **dict.fromkeys(
                    ("gross_amount_low_eur", "gross_amount_eur", "gross_amount_high_eur")
                ),
            ),
            # After the period.
            decision("e6", decided_on=date(2026, 1, 1)),
        ],
        [
            ("e1", "w1", "attended"), ("e1", "w1", "attended"), ("e2", "w2", "attended"),
            ("e4", "w3", "no_show"), ("e6", "w4", "attended"),
        ],
    )  # fmt: skip
    assert set(lines) == {("avoided", "purchased", 2025, end) for end in ("low", "base", "high")}
    line = lines["avoided", "purchased", 2025, "base"]
    assert line["service_code"] == "examination"
    assert (line["n_decisions"], line["n_persons"], line["n_workers"]) == (5, 4, 2)
    assert (line["decided_from"], line["decided_to"]) == (date(2023, 1, 1), date(2025, 12, 31))
    assert line["n_without_amount"] == 1
    share = wilson(1, 3)
    assert (line["numerator"], line["n"], line["estimate"]) == (1, 3, share.estimate)
    assert (line["ci_low"], line["ci_high"]) == (share.ci_low, share.ci_high)
    amounts = {
        scenario: [
            lines["avoided", "purchased", 2025, scenario][f"{name}_amount_eur"]
            for name in ("gross", "came_anyway", "not_begun")
        ]
        for scenario in ("low", "base", "high")
    }
    assert amounts == {"low": [400, 200, 200], "base": [802, 401, 401], "high": [1600, 800, 800]}
    assert line["deferral_value_eur"] is None


def test_what_is_put_off_leaves_the_value_of_time_alone(
    measured: Callable[..., dict[tuple[Any, ...], Row]],
) -> None:
    lines = measured(
        [
            decision("e1"),
            put_off("e1", came=1),
            put_off("e2"),
            put_off("e3", is_revisited=0, deferral_value_eur=None),
            put_off("e4", procurement="own", price_year=2024),
        ],
        [],
    )
    line = lines["deferred", "purchased", 2025, "base"]
    assert (line["n_decisions"], line["n_revisited"], line["n_workers"]) == (3, 2, 0)
    assert line["gross_amount_eur"] == Decimal("601.5")
    assert line["came_anyway_amount_eur"] == Decimal("200.5")
    assert line["not_begun_amount_eur"] is None
    assert (line["n_deferral_value"], line["deferral_value_eur"]) == (2, Decimal("2.5"))
    # Rates and their ranges belong to the base line: no sum of them is shown twice.
    assert lines["deferred", "purchased", 2025, "high"]["deferral_value_eur"] is None
    assert lines["deferred", "own", 2024, "base"]["n_decisions"] == 1
    assert lines["avoided", "purchased", 2025, "base"]["not_begun_amount_eur"] == Decimal("200.5")


def test_without_a_price_there_is_a_count_and_no_amount(
    measured: Callable[..., dict[tuple[Any, ...], Row]],
) -> None:
    nothing = dict.fromkeys(
        (
            *("gross_amount_low_eur", "gross_amount_eur", "gross_amount_high_eur"),
            *("procurement", "price_year"),
        )
    )
    line = measured([decision("e1", came=None, over=0, **nothing)], [])[
        "avoided", None, None, "base"
    ]
    assert (line["n_decisions"], line["n_without_amount"], line["n"]) == (1, 1, 0)
    assert line["gross_amount_eur"] is line["came_anyway_amount_eur"] is None
    assert line["not_begun_amount_eur"] is None
