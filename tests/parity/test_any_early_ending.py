"""Early endings of any kind have in the mart the lines that `fit_metrics` gives, to the last digit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fit_metrics.cost_effect import freed_capacity, unused_value
from tests.parity.early_endings import (
    BASIS,
    SCENARIOS,
    SLACK,
    Ending,
    Row,
    assert_same,
    gross_by_profile,
    lines,
    ranged,
    stored,
)

if TYPE_CHECKING:
    from tests.parity.conftest import Sandbox

PLACE = Decimal("0.0001")
CLOSED = date(2025, 5, 15)


def numbers(largest: int, places: int) -> st.SearchStrategy[Decimal]:
    """Return whole numbers of the last place, up to the largest amount."""
    return st.integers(0, largest * 10**places).map(lambda whole: Decimal(whole) / 10**places)


def ranges(values: st.SearchStrategy[Decimal]) -> st.SearchStrategy[list[Decimal]]:
    return st.lists(values, min_size=3, max_size=3).map(sorted)


# Hundredths of cents end in halves of the last place; ten-thousandths come near to each other.
share_ranges = ranges(numbers(1, 2) | numbers(1, 4))
worlds = st.fixed_dictionaries(
    {
        "attribution_share": st.none() | share_ranges,
        "avoidable_share": share_ranges,
        "onward_share": share_ranges,
        "rereferral_share": st.none() | share_ranges,
        "front_weight": st.none() | ranges(numbers(4, 2).map(lambda weight: weight + PLACE * 100)),
        "front_units": st.none() | (numbers(12, 0) | numbers(12, 1)).map(lambda units: [units] * 3),
    }
)
endings = st.lists(
    st.fixed_dictionaries(
        {
            "unit": st.sampled_from(["session", "month", "day"]),
            "planned": st.integers(2, 20),
            "used_share": st.integers(0, 99),
            "part_of_month": st.tuples(st.integers(0, 27), st.integers(28, 31)),
            "n_clients": st.integers(1, 3),
            "per": st.sampled_from(["client", "episode"]),
            "procurement": st.sampled_from(["purchased", "own"]),
            "ending_code": st.sampled_from(
                ["goals_reached_early", "not_benefiting_early", "referred_on_early", "unilateral"]
            ),
            "price": numbers(20_000, 2),
            "onward": st.none() | numbers(50_000, 4),
            "rereferral": st.none() | numbers(50_000, 2),
            "fit_cost": st.none() | numbers(500, 4),
        }
    ),
    min_size=1,
    max_size=12,
)
DEARER = {"low": 3, "base": 2, "high": 1}
PACE = {"session": 1.0, "month": 2.5, "day": 0.125}
AMOUNT = pl.Decimal(18, 4)


def used_of(ending: Row) -> tuple[int, int, int]:
    """Return whole units used, and the days of a further month over its length."""
    whole = ending["planned"] * ending["used_share"] // 100
    days, length = ending["part_of_month"]
    return (whole, days, length) if ending["unit"] == "month" else (whole, 0, 1)


def effects(
    sandbox: Sandbox, world: Mapping[str, list[Decimal] | None], drawn: list[dict[str, Any]]
) -> dict[str, dict[str, Row]]:
    """Return the mart's rows of endings in one service, by number and scenario."""
    sandbox.fill("ending")
    keys = [f"e{number:03}" for number in range(len(drawn))]
    given_of = dict(zip(keys, drawn, strict=True))
    on_day = {"service_code": "s1", "opened_on": CLOSED, "closed_on": CLOSED}
    episodes = pl.DataFrame(
        [
            {
                "episode_key": key,
                **on_day,
                "ending_code": ending["ending_code"],
                "onward_service_code": None if ending["onward"] is None else "s2",
            }
            for key, ending in given_of.items()
        ],
        schema_overrides={"onward_service_code": pl.String},
    )
    prices = pl.DataFrame(
        [
            {
                "episode_key": key,
                "n_prices": 1,
                "amount_eur": ending["price"],
                "units_in_price": Decimal(ending["planned"]),
                "price_planned_units": Decimal(ending["planned"]),
                "no_show_is_used": 0,
                **{name: ending[name] for name in ("unit", "per", "procurement")},
            }
            for key, ending in given_of.items()
        ],
        schema_overrides=dict.fromkeys(("amount_eur", "units_in_price"), AMOUNT),
    )
    used = pl.DataFrame(
        [
            {
                "episode_key": key,
                **dict.fromkeys(("whole_months", "used_days", "n_attended"), used_of(ending)[0]),
                "remaining_days": used_of(ending)[1],
                "days_in_month": used_of(ending)[2],
                "n_missed": 0,
            }
            for key, ending in given_of.items()
        ]
    )
    clients = pl.DataFrame(
        {"episode_key": [key for key in keys for _ in range(given_of[key]["n_clients"])]}
    )
    early = sandbox.run(
        "fct_early_ending",
        int_episode=episodes,
        int_episode_price=prices,
        int_episode_used=used,
        fct_episode=clients,
    )
    values = dict.fromkeys(SCENARIOS, AMOUNT)
    assumed = pl.DataFrame(
        [
            {"factor": factor, **dict(zip(SCENARIOS, ends, strict=True))}
            for factor, ends in world.items()
            if ends is not None
        ],
        schema_overrides=values,
    )
    assumptions = sandbox.run(
        "int_cost_assumption", stg_fit__cost_assumption=assumed, cost_assumption=assumed.clear()
    )
    after = [
        {
            "episode_key": key,
            "scenario": scenario,
            **{
                f"{name}_amount_eur": float((ending[name] or 0) * dearer)
                for name in ("onward", "rereferral")
            },
            "is_rereferral_priced": 0 if ending["rereferral"] is None else 1,
        }
        for key, ending in given_of.items()
        for scenario, dearer in DEARER.items()
    ]
    found = sandbox.run(
        "fct_early_ending_effect",
        fct_early_ending=early,
        int_cost_assumption=assumptions,
        int_early_ending_onward=pl.DataFrame(after),
        int_episode_fit_cost=pl.DataFrame(
            [
                {
                    "episode_key": key,
                    "n_fit_meetings": 1,
                    "n_cost_years": 0 if ending["fit_cost"] is None else 1,
                    "fit_cost_eur": ending["fit_cost"] or Decimal(0),
                    "is_other_vat": 0,
                }
                for key, ending in given_of.items()
            ],
            schema_overrides={"fit_cost_eur": AMOUNT},
        ),
        int_service_pace=pl.DataFrame(
            {
                "service_code": ["s1"],
                "sessions_per_month": [PACE["month"]],
                "sessions_per_day": [PACE["day"]],
                "minutes_per_session": [90.0],
            }
        ),
    )
    rows: dict[str, dict[str, Row]] = {key: {} for key in keys}
    for row in found.iter_rows(named=True):
        rows[row["episode_key"]][row["scenario"]] = row
    assert found.height == 3 * len(drawn)
    return rows


def expected_gross(world: Row, ending: Row, scenario: str) -> Decimal:
    whole, days, length = used_of(ending)
    front = None
    if world["front_weight"] and world["front_units"]:
        dearest_first = world["front_weight"][::-1]
        front = (dearest_first[SCENARIOS.index(scenario)], world["front_units"][0])
    left = gross_by_profile(
        ending["planned"],
        whole + Decimal(days) / length,
        ending["price"],
        ending["n_clients"] if ending["per"] == "client" else 1,
        front if front and front[1] else None,
    )
    return stored(left.gross_amount_eur, SLACK)


def parts_of(world: Row, ending: Row) -> Ending:
    def prices(name: str) -> dict[str, Decimal]:
        return {scenario: (ending[name] or 0) * dearer for scenario, dearer in DEARER.items()}

    known = {name: ranged(ends) if ends else None for name, ends in world.items()}
    return Ending(
        gross_eur={name: expected_gross(world, ending, name) for name in SCENARIOS},
        attribution=known["attribution_share"],
        avoidable=known["avoidable_share"],
        onward_share=known["onward_share"],
        rereferral_share=known["rereferral_share"],
        onward_price_eur=prices("onward"),
        rereferral_price_eur=prices("rereferral"),
        fit_cost_eur=ending["fit_cost"] or Decimal(0),
        ending_code=ending["ending_code"],
        procurement=ending["procurement"],
    )


def check(sandbox: Sandbox, world: Row, drawn: list[dict[str, Any]]) -> None:
    for ending, row in zip(drawn, effects(sandbox, world, drawn).values(), strict=True):
        for scenario in SCENARIOS:
            check_row(world, ending, scenario, row[scenario])
        if row["base"]["effect_amount_eur"] is not None:
            # Three lines are rounded apart.
            low, base, high = (row[scenario]["effect_amount_eur"] for scenario in SCENARIOS)
            assert low <= base + 3 * PLACE <= high + 6 * PLACE


def check_row(world: Row, ending: Row, scenario: str, row: Row) -> None:
    gross = expected_gross(world, ending, scenario)
    if ending["ending_code"] == "unilateral":
        lost = unused_value(gross_eur=gross, ending_code="unilateral", n_episodes=1, basis=BASIS)
        assert row["unused_value_eur"] == lost.unused_value_eur
        assert row["effect_exclusion_reason"] == "not_agreed"
        assert row["effect_amount_eur"] is row["freed_sessions"] is None
        return
    assert row["unused_value_eur"] is None
    check_time(world, ending, scenario, row)
    is_lacking = world["attribution_share"] is None or (
        ending["rereferral"] is not None and world["rereferral_share"] is None
    )
    where_to = ending["ending_code"] == "referred_on_early" and ending["onward"] is None
    reason = "no_assumption" if is_lacking else "onward_unknown" if where_to else None
    assert row["effect_exclusion_reason"] == reason
    if reason is not None:
        assert row["effect_amount_eur"] is row["net_amount_eur"] is None
        # Without an amount there is nothing that a share could be missing of.
        if world["attribution_share"] is None or (is_lacking and ending["rereferral"]):
            with pytest.raises(ValueError, match="None"):
                lines(parts_of(world, ending), scenario)
        return
    reason = "no_fit_cost" if ending["fit_cost"] is None else None
    assert row["net_exclusion_reason"] == reason
    assert_same(row, lines(parts_of(world, ending), scenario))


def check_time(world: Row, ending: Row, scenario: str, row: Row) -> None:
    if ending["procurement"] == "purchased" or world["attribution_share"] is None:
        assert row["freed_sessions"] is row["freed_hours"] is None
        return
    freed = freed_capacity(
        unused_units=row["unused_units"],
        sessions_per_unit=ranged([Decimal(PACE[ending["unit"]])] * 3),
        hours_per_session=ranged([Decimal("1.5")] * 3),
        attribution=ranged(world["attribution_share"]),
        n_episodes=1,
    )
    place = SCENARIOS.index(scenario)
    assert row["freed_sessions"] == stored(freed.sessions[place], SLACK)
    assert row["freed_hours"] == stored(freed.hours[place], SLACK)


ONE = {
    "unit": "session", "planned": 2, "used_share": 50, "part_of_month": (0, 30), "n_clients": 1,
    "per": "episode", "procurement": "purchased", "ending_code": "goals_reached_early",
    "price": Decimal("200.02"), "onward": None, "rereferral": None, "fit_cost": Decimal("1.5"),
}  # fmt: skip
ALL = [Decimal(1)] * 3
PLAIN = {
    "attribution_share": [Decimal("0.5"), Decimal("0.75"), Decimal(1)],
    "avoidable_share": ALL, "onward_share": ALL, "rereferral_share": ALL,
    "front_weight": None, "front_units": None,
}  # fmt: skip


# 33.333333 is spared and 33.33334 came instead: a loss, though both are stored as 33.3333.
@example(
    {**PLAIN, "avoidable_share": [Decimal("0.3333")] * 3, "onward_share": [Decimal("0.2")] * 3},
    [{**ONE, "onward": Decimal("166.6667")}],
)
# Spared is what came instead: no loss, and nothing turns.
@example(PLAIN, [{**ONE, "price": Decimal("200"), "onward": Decimal("50")}])
# 100.01 x 0.005 is 0.50005: a half of the last place goes up.
@example({**PLAIN, "attribution_share": [Decimal("0.005")] * 3}, [ONE])
# The first two of six months at one and a half: 8 664 x 2 / 7 is 2 475.428571...
@example(
    {**PLAIN, "front_weight": [Decimal("1.5")] * 3, "front_units": [Decimal(2)] * 3},
    [{**ONE, "unit": "month", "planned": 6, "used_share": 67, "price": Decimal(8664)}],
)
@settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(world=worlds, drawn=endings)
def test_any_endings_are_those_of_fit_metrics(
    sandbox: Sandbox, world: Row, drawn: list[dict[str, Any]]
) -> None:
    check(sandbox, world, drawn)
