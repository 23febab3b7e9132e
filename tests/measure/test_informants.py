"""Agreement of respondents: of the built city, and of pairs that no city has."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest

from fit_warehouse.measure import informants
from fit_warehouse.measure.context import Context

if TYPE_CHECKING:
    from tests.conftest import BuiltCity

GROUP = ["pair_kind", "own_instrument", "other_instrument"]
INDICATORS = {
    *("icc_agreement", "icc_consistency", "mean_difference"),
    *("lower_limit", "upper_limit", "slope"),
}
PAIR = {
    "client_key": pl.String, "family_key": pl.String, "worker_key": pl.String,
    "session_date": pl.Date, "pair_kind": pl.String, "own_instrument": pl.String,
    "other_instrument": pl.String, "other_response_key": pl.String,
    "own_total": pl.Decimal(6, 2), "other_total": pl.Decimal(6, 2),
}  # fmt: skip


def by_hand(own: Any, other: Any) -> dict[str, float]:
    """Return the indicators of pairs from the two-way analysis of variance, written out."""
    ratings = np.column_stack([own, other])
    n, k = ratings.shape
    grand, of_rows, of_columns = ratings.mean(), ratings.mean(axis=1), ratings.mean(axis=0)
    between = k * ((of_rows - grand) ** 2).sum() / (n - 1)
    raters = n * ((of_columns - grand) ** 2).sum() / (k - 1)
    left = ratings - of_rows[:, None] - of_columns[None, :] + grand
    rest = (left**2).sum() / ((n - 1) * (k - 1))
    difference = other - own
    spread = 1.959963984540054 * difference.std(ddof=1)
    return {
        "icc_agreement": (between - rest) / (between + (k - 1) * rest + k / n * (raters - rest)),
        "icc_consistency": (between - rest) / (between + (k - 1) * rest),
        "mean_difference": difference.mean(),
        "lower_limit": difference.mean() - spread,
        "upper_limit": difference.mean() + spread,
        "slope": np.polyfit((own + other) / 2, difference, 1)[0],
    }


def test_every_line_of_the_city(built_city: BuiltCity) -> None:
    lines = built_city.frame("select * from metrics.informant_agreement")
    start, end = built_city.frame(
        "select distinct period_start, period_end from metrics.city_funnel"
    ).row(0)
    pairs = built_city.frame(
        "select p.*, r.entered_at from marts.fct_informant_pair as p "
        "left join marts.fct_response as r on p.other_response_key = r.response_key"
    ).filter(pl.col("session_date").is_between(start, end))
    first = pairs.sort(
        "session_date", "entered_at", "own_total", "other_total", nulls_last=True
    ).unique([*GROUP, "client_key"], keep="first", maintain_order=True)
    assert set(lines["indicator"]) == INDICATORS
    assert lines.height == len(INDICATORS) * first.select(GROUP).unique().height > 0
    for line in lines.iter_rows(named=True):
        rows = first.filter(pl.col(name) == line[name] for name in GROUP)
        assert line["n"] == rows.height == rows["client_key"].n_unique()
        assert line["n_persons"] == rows["family_key"].n_unique()
        if rows.height < 3:
            continue
        wanted = by_hand(
            *(rows[f"{who}_total"].cast(pl.Float64).to_numpy() for who in ("own", "other"))
        )
        assert line["estimate"] == pytest.approx(wanted[line["indicator"]], rel=1e-8, abs=1e-8)
        if line["ci_low"] is not None:
            assert line["ci_low"] <= line["estimate"] <= line["ci_high"]


def pair(client: str, day: int, own: float, other: float, **more: Any) -> dict[str, Any]:
    return {
        "client_key": client, "family_key": f"f{client}", "worker_key": "w1",
        "session_date": date(2025, 3, day), "pair_kind": "client_caretaker",
        "own_instrument": "CORS", "other_instrument": "CORS",
        "other_response_key": f"{client}{day}{other}", "own_total": own, "other_total": other, **more,
    }  # fmt: skip


def measured(
    marts: Callable[..., Context], rows: list[dict[str, Any]], hours: dict[str, int] | None = None
) -> list[dict[str, Any]]:
    entered = [
        (
            row["other_response_key"],
            datetime(2025, 3, 9, (hours or {}).get(row["other_response_key"], 12)),
        )
        for row in rows
    ]
    context = marts(
        fct_informant_pair=pl.DataFrame(rows, schema=PAIR),
        fct_response=pl.DataFrame(
            entered, schema={"response_key": pl.String, "entered_at": pl.Datetime}, orient="row"
        ),
    )
    return list(informants.rows(context))


def test_one_pair_a_client_the_first_of_the_period(
    marts: Callable[..., Context], one_line: Callable[..., dict[str, Any]]
) -> None:
    early = pair("a", 1, 10.0, 40.0, session_date=date(2024, 12, 31))
    rows = [pair("a", 5, 20.0, 24.0), pair("a", 9, 1.0, 39.0), pair("b", 3, 30.0, 31.0), early]
    # Two other respondents at one meeting: the form recorded first.
    rows += [pair("c", 4, 25.0, 12.0), pair("c", 4, 25.0, 29.0)]
    rows += [pair("d", 4, 15.0, 15.0, other_instrument="ORS")]
    lines = measured(marts, rows, {"c429.0": 8})
    line = one_line(lines, other_instrument="CORS", indicator="mean_difference")
    assert (line["n"], line["n_persons"], line["n_workers"]) == (3, 3, 1)
    assert line["estimate"] == pytest.approx((4 + 1 + 4) / 3)
    alone = one_line(lines, other_instrument="ORS", indicator="icc_agreement")
    assert alone["n"] == 1
    assert math.isnan(alone["estimate"])


def test_new_pseudonyms_give_the_same_numbers(marts: Callable[..., Context]) -> None:
    rng = np.random.default_rng(3)
    totals = rng.integers(0, 400, (40, 2)) / 10
    rows = [
        pair(f"c{number % 12:02}", 1 + int(number % 3), float(own), float(other))
        for number, (own, other) in enumerate(totals)
    ]
    other_names = {f"c{number:02}": f"x{(number * 7) % 12:02}" for number in range(12)}
    renamed = [
        {**row, "client_key": other_names[row["client_key"]], "family_key": row["client_key"]}
        for row in rng.permutation(np.array(rows, dtype=object))
    ]
    assert measured(marts, renamed) == measured(marts, rows)


def test_no_pair_is_no_line(marts: Callable[..., Context]) -> None:
    assert measured(marts, []) == []
