"""Quality of scales: of the built city, and of forms that no city has."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest

from fit_warehouse.measure import scales
from fit_warehouse.measure.context import Context

if TYPE_CHECKING:
    from tests.conftest import BuiltCity

ITEMS = ["item_1", "item_2", "item_3", "item_4"]
FORM = {
    "response_key": pl.String, "client_key": pl.String, "worker_key": pl.String,
    "session_date": pl.Date, "entered_at": pl.Datetime, "source_system": pl.String,
    "instrument_code": pl.String, "respondent_role": pl.String, "is_valid": pl.Int16,
    "items_source": pl.String, **dict.fromkeys(ITEMS, pl.Decimal(6, 2)),
}  # fmt: skip
INSTRUMENTS = [
    {
        "instrument_code": code,
        "item_count": n,
        "total_min": 0.0,
        "total_max": 10.0 * n,
        "is_scored": ok,
    }
    for code, n, ok in (
        ("ORS", 4, 1),
        ("LASS", 3, 1),
        ("LONG", 5, 1),
        ("TALK", 4, 0),
        ("SUM", 1, 1),
    )
]


def alpha(items: Any) -> float:
    k = items.shape[1]
    of_items, of_sum = items.var(axis=0, ddof=1).sum(), items.sum(axis=1).var(ddof=1)
    return float(k / (k - 1) * (1 - of_items / of_sum))


def item_total(items: Any, place: int) -> float:
    rest = np.delete(items, place - 1, axis=1).sum(axis=1)
    return float(np.corrcoef(items[:, place - 1], rest)[0, 1])


def test_every_line_of_the_city(built_city: BuiltCity) -> None:
    lines = built_city.frame("select * from metrics.scale_quality")
    start, end = built_city.frame(
        "select distinct period_start, period_end from metrics.city_funnel"
    ).row(0)
    forms = built_city.frame("select * from marts.fct_response").filter(
        pl.col("session_date").is_between(start, end), is_valid=1, items_source="items"
    )
    first = forms.sort("session_date", "entered_at", *ITEMS, nulls_last=True).unique(
        ["instrument_code", "respondent_role", "client_key"], keep="first", maintain_order=True
    )
    groups = first.group_by("instrument_code", "respondent_role").len()
    assert lines.select("instrument_code", "respondent_role").unique().height == groups.height > 2
    n_alpha = 0
    for line in lines.iter_rows(named=True):
        rows = first.filter(
            instrument_code=line["instrument_code"], respondent_role=line["respondent_role"]
        )
        items = rows.select(pl.col(ITEMS).cast(pl.Float64)).to_numpy()
        assert line["n"] == rows.height
        alike = (items == items[:, :1]).all(axis=1)
        counts = {
            "share_straight_lining": alike,
            "share_ceiling": (items == 10.0).all(axis=1),
            "share_floor": (items == 0.0).all(axis=1),
        }
        if line["indicator"] in counts:
            counted = counts[line["indicator"]]
            assert (line["numerator"], line["estimate"]) == (counted.sum(), counted.mean())
        elif line["estimate"] is None:
            continue
        elif line["indicator"] == "alpha":
            assert line["estimate"] == pytest.approx(alpha(items), rel=1e-9)
            free = line["method"] == "alpha_distribution_free"
            assert free == (rows.height >= scales.DISTRIBUTION_FREE_FROM)
            n_alpha += 1
        elif line["indicator"] == "item_total":
            assert line["estimate"] == pytest.approx(
                item_total(items, line["item_number"]), rel=1e-9
            )
        else:
            assert line["indicator"] == "omega"
            # With loadings that are alike omega is alpha; these items are close to that.
            if rows.height > 100:
                assert line["estimate"] == pytest.approx(alpha(items), abs=0.02)
                assert line["ci_low"] < line["estimate"] < line["ci_high"]
    assert n_alpha > 2


def form(number: int, items: list[float | None], **other: Any) -> dict[str, Any]:
    return {
        "response_key": f"r{number}", "client_key": f"c{number}", "worker_key": "w1",
        "session_date": date(2025, 5, 5), "entered_at": datetime(2025, 5, 5, 12),
        "source_system": "own", "instrument_code": "ORS", "respondent_role": "self", "is_valid": 1,
        "items_source": "items", **dict(zip(ITEMS, [*items, *[None] * 4][:4], strict=True)), **other,
    }  # fmt: skip


def measured(
    marts: Callable[..., Context],
    forms: list[dict[str, Any]],
    long: dict[str, list[float]] | None = None,
) -> list[dict[str, Any]]:
    items = [
        (key, date(2025, 5, 5), place, value)
        for key, values in (long or {}).items()
        for place, value in enumerate(values, start=1)
    ]
    context = marts(
        fct_response=pl.DataFrame(forms, schema=FORM),
        fct_response_item=pl.DataFrame(
            items[::-1],
            schema={
                "response_key": pl.String, "session_date": pl.Date,
                "item_number": pl.Int16, "item_score": pl.Decimal(6, 2),
            },
            orient="row",
        ),
        dim_instrument=pl.DataFrame(INSTRUMENTS),
        fct_episode=pl.DataFrame({"client_key": ["c1", "c2", "c1"], "family_key": ["f", "f", "f"]}),
    )  # fmt: skip
    return list(scales.rows(context))


TABLE = [[6.0, 7.0, 5.0, 8.0], [3.0, 2.0, 4.0, 4.0], [8.0, 9.0, 9.0, 7.0], [10.0] * 4, [5.0] * 4]


def test_which_forms_count(
    marts: Callable[..., Context], one_line: Callable[..., dict[str, Any]]
) -> None:
    forms = [form(number, row) for number, row in enumerate(TABLE)]
    apart: list[dict[str, Any]] = [
        form(0, [1.0, 9.0, 2.0, 8.0], response_key="later", session_date=date(2025, 6, 1)),
        form(11, [1.0] * 4, is_valid=0),
        form(12, [1.0, 2.0, 3.0], is_valid=0, items_source="partial"),
        form(13, [], items_source="total_only"),
        form(14, [1.0] * 4, session_date=date(2024, 12, 31)),
        form(15, [2.0] * 4, source_system="shares", items_source="unknown"),
        # Of the same system, unlike items: alone they would look as if nobody answered alike.
        form(16, [2.0, 3.0, 2.0, 3.0], source_system="shares"),
        form(17, [2.0, 3.0, 2.0, 3.0], instrument_code="TALK"),
        form(18, [2.0], instrument_code="SUM"),
    ]
    lines = measured(marts, forms + apart)
    assert {line["instrument_code"] for line in lines} == {"ORS"}
    assert {line["n"] for line in lines} == {5}
    # Two of the five are of one family; clients without an episode are a family each.
    assert {(line["n_persons"], line["n_workers"]) for line in lines} == {(4, 1)}
    assert one_line(lines, indicator="alpha")["estimate"] == pytest.approx(alpha(np.array(TABLE)))
    assert one_line(lines, indicator="share_ceiling")["numerator"] == 1
    assert one_line(lines, indicator="share_straight_lining")["numerator"] == 2
    assert [line["item_number"] for line in lines if line["indicator"] == "item_total"] == [
        1,
        2,
        3,
        4,
    ]
    missing_system = [{**row, "source_system": None} for row in forms]
    assert {line["n"] for line in measured(marts, missing_system + apart)} == {5}


def test_forms_of_other_lengths(
    marts: Callable[..., Context], one_line: Callable[..., dict[str, Any]]
) -> None:
    long = {f"r{number}": [*row, row[0] / 2] for number, row in enumerate(TABLE)}
    long["r3"] = long["r3"][:4]
    lines = measured(marts, [form(n, [], instrument_code="LONG") for n in range(5)], long)
    whole = np.array([values for values in long.values() if len(values) == 5])
    line = one_line(lines, indicator="alpha")
    assert (line["n"], line["estimate"]) == (4, pytest.approx(alpha(whole)))
    short = measured(
        marts, [form(n, row[:3], instrument_code="LASS") for n, row in enumerate(TABLE)]
    )
    assert one_line(short, indicator="alpha")["estimate"] == pytest.approx(
        alpha(np.array(TABLE)[:, :3])
    )


def test_new_pseudonyms_give_the_same_numbers(marts: Callable[..., Context]) -> None:
    rng = np.random.default_rng(5)
    forms = [
        form(
            number,
            [float(v) for v in rng.integers(0, 100, 4) / 10],
            client_key=f"c{number % 20:02}",
        )
        for number in range(60)
    ]
    renamed = [
        {
            **row,
            "client_key": f"x{(int(row['client_key'][1:]) * 7) % 20}",
            "response_key": f"y{number}",
        }
        for number, row in enumerate(reversed(forms))
    ]
    first, second = measured(marts, forms), measured(marts, renamed)
    assert [{**line, "n_persons": None} for line in first] == [
        {**line, "n_persons": None} for line in second
    ]
    assert first[0]["n"] == 20


def test_no_form_is_no_line(marts: Callable[..., Context]) -> None:
    assert measured(marts, []) == []
