"""Pairs of informants in SQL are those that Python finds form by form."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fit_warehouse import project

if TYPE_CHECKING:
    from tests.conftest import BuiltCity
    from tests.parity.conftest import Sandbox

Pair = tuple[str, str, Decimal]
REGISTRY = {row["instrument_code"]: row for row in project.seed("instrument")}
ITEMS = [f"item_{number}" for number in range(1, 5)]


def scale(code: str) -> tuple[str, Decimal, Decimal]:
    """Return what two instruments must share for their totals to be compared."""
    row = REGISTRY[code]
    n_items = int(row["item_count"])
    return row["direction"], n_items * Decimal(row["item_min"]), n_items * Decimal(row["item_max"])


def pairs(forms: list[dict[str, Any]]) -> set[Pair]:
    """Return own form, other form and difference of every pair of valid outcome forms."""
    last: dict[tuple[Any, ...], dict[str, Any]] = {}
    for form in sorted(forms, key=lambda form: (form["entered_at"] or datetime.min, form["key"])):
        person = (form["role"], form["respondent"] or "")
        last[form["session"], form["client"], *person, scale(form["instrument"])] = form
    return {
        (own["key"], other["key"], other["total"] - own["total"])
        for (session, client, role, _, on), other in last.items()
        if role != "self" and (own := last.get((session, client, "self", "", on))) is not None
    }


def found(rows: pl.DataFrame) -> set[Pair]:
    names = ("own_response_key", "other_response_key", "difference")
    assert rows.height == rows.select(names).n_unique()
    return set(rows.select(names).iter_rows())


def test_pairs_of_the_city(built_city: BuiltCity) -> None:
    known = set(built_city.frame("select session_key from staging.stg_fit__session").to_series())
    total = pl.when(pl.all_horizontal(pl.col(ITEMS).is_not_null())).then(pl.sum_horizontal(ITEMS))
    none = pl.all_horizontal(pl.col(ITEMS).is_null())
    rows = (
        built_city.frame("select * from staging.stg_fit__response")
        .with_columns(total=total.when(none).then("delivered_total"))
        .filter(
            pl.col("total") > 0,
            pl.col("is_skipped") == 0,
            pl.col("instrument_code").is_in(["ORS", "CORS"]),
            pl.col("session_key").is_in(known),
        )
        .select(
            "total",
            "entered_at",
            key="response_key",
            session="session_key",
            client="client_key",
            role="respondent_role",
            respondent="respondent_client_key",
            instrument="instrument_code",
        )
    )
    # This city has no links of ids and nobody answers for the client under the client's own role.
    assert built_city.frame("select * from staging.stg_fit__client_link").is_empty()
    expected = pairs(rows.to_dicts())
    assert len(expected) > 50
    assert found(built_city.frame("select * from marts.fct_informant_pair")) == expected


FORM = st.fixed_dictionaries(
    {
        "session": st.sampled_from(["s1", "s2"]),
        "client": st.sampled_from(["c1", "c2"]),
        "who": st.sampled_from(
            [("self", None), ("caretaker", "g1"), ("caretaker", None), ("professional", None)]
        ),
        "instrument": st.sampled_from(["ORS", "CORS", "LASS"]),
        "total": st.integers(1, 300).map(lambda tenths: Decimal(tenths) / 10),
        "entered_at": st.sampled_from([None, datetime(2025, 1, 10, 9), datetime(2025, 1, 10, 10)]),
    }
)
NO_ROWS = {"episode_key": pl.Series([], dtype=pl.String)}


@settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(drawn=st.lists(FORM, min_size=1, max_size=14))
def test_pairs_of_any_forms(sandbox: Sandbox, drawn: list[dict[str, Any]]) -> None:
    forms = [
        {**form, "key": f"r{number:02}", "role": form["who"][0], "respondent": form["who"][1]}
        for number, form in enumerate(drawn)
    ]
    scored = pl.DataFrame(
        {
            "response_key": [form["key"] for form in forms],
            "session_key": [form["session"] for form in forms],
            "client_key": [form["client"] for form in forms],
            "respondent_role": [form["role"] for form in forms],
            "respondent_key": pl.Series([form["respondent"] for form in forms], dtype=pl.String),
            "instrument_code": [form["instrument"] for form in forms],
            "total": [form["total"] for form in forms],
            "entered_at": pl.Series([form["entered_at"] for form in forms], dtype=pl.Datetime),
        }
    ).with_columns(is_valid=1, kind=pl.lit("PROM"))
    for seed in ("instrument", "age_band"):
        sandbox.fill(seed)
    rows = sandbox.run(
        "fct_informant_pair",
        int_response_scored=scored,
        int_session=pl.DataFrame({"session_key": ["s1", "s2"], "is_main": [1, 1]}),
        int_episode=pl.DataFrame(NO_ROWS),
    )
    assert found(rows) == pairs(forms)
