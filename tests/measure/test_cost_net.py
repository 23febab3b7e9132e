"""From gross to net: who is left out of a line is counted beside it, also what has no price."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from fit_warehouse.measure import cost
from tests.measure.conftest import PERIOD

if TYPE_CHECKING:
    from tests.measure.conftest import Marts

Row = dict[str, Any]
MONEY = pl.Decimal(18, 4)
UNPRICED: Row = {"procurement": None, "price_year": None, "vat_included": None}
AMOUNTS = (
    "gross_amount_eur",
    "avoidable_share",
    "avoided_amount_eur",
    "onward_amount_eur",
    "rereferral_amount_eur",
    "effect_amount_eur",
    "freed_sessions",
    "freed_hours",
)
REASONS = ("exclusion_reason", "effect_exclusion_reason")
KIND: Row = {
    "service_code": "s1",
    "perspective": "payer",
    "procurement": "own",
    "price_year": 2025,
    "vat_included": 0,
    "closed_on": PERIOD.start,
}


def early(episode: str, reason: str | None = None, **changes: Any) -> Row:
    """Return an agreed early ending: with an effect of 60 euros, or left out for a reason."""
    amount = None if reason else 60
    known = {"is_agreed": 1, "scenario": "base", "is_change_known": 1, "has_deteriorated": 0}
    later = {f"is_in_rereferral_{months}": 1 for months in (6, 12)}
    later |= {f"is_rereferred_{months}_months": 0 for months in (6, 12)}
    reasons = dict.fromkeys(REASONS, reason)
    names = {"episode_key": episode, "family_key": f"family of {episode}"}
    return {
        **KIND,
        **names,
        **known,
        **later,
        **reasons,
        **dict.fromkeys(AMOUNTS, amount),
        **changes,
    }


def worked(episode: str, **changes: Any) -> Row:
    """Return an episode with feedback work of 10 euros."""
    return {**KIND, "episode_key": episode, "n_fit_meetings": 1, "fit_cost_eur": 10, **changes}


def net(marts: Marts, endings: list[Row], episodes: list[Row] | None = None) -> list[Row]:
    costs = [worked(row["episode_key"]) for row in endings[:1]] if episodes is None else episodes
    context = marts(
        fct_early_ending_effect=pl.DataFrame(endings, infer_schema_length=None).cast(
            {**dict.fromkeys(AMOUNTS, MONEY), **dict.fromkeys(REASONS, pl.String)}
        ),
        fct_episode_cost=pl.DataFrame(costs, infer_schema_length=None).cast(
            {"fit_cost_eur": MONEY}
        ),
        fct_session=pl.DataFrame(
            {"episode_key": ["e1"], "worker_key": ["w1"], "attendance": ["attended"]}
        ),
    )
    return list(cost.net(context))


def left_out(lines: list[Row]) -> dict[int, tuple[int, int, int, int]]:
    names = ("n_episodes", "n_without_effect", "n_persons_rest", "n_persons_unpriced")
    return {line["price_year"]: tuple(line[name] for name in names) for line in lines}


def test_endings_without_a_gross_amount_are_left_out_and_counted(marts: Marts) -> None:
    endings = [
        early("e1"),
        early("e2", effect_exclusion_reason="onward_unknown", effect_amount_eur=None),
        early("e3", "no_plan"),
        early("e4", "no_price", **UNPRICED),
        early("e5", "several_prices", **UNPRICED),
        early("e6", "no_price", **UNPRICED, service_code="s2"),
        early("e7", effect_exclusion_reason="without_fit", effect_amount_eur=None),
        early("e8", "no_plan", is_agreed=0),
    ]
    (line,) = net(marts, endings)
    assert left_out([line]) == {2025: (1, 4, 1, 3)}
    assert line["share_without_effect"] == 0.8
    # The harm check is of those that have a gross amount.
    assert line["n_change_known"] == line["n_in_rereferral_12"] == 2
    assert line["gross_amount_eur"] == 60


def test_what_has_no_price_is_in_every_line_of_its_service(marts: Marts) -> None:
    endings = [
        early("e1"),
        early("e2", price_year=2024),
        early("e3", "no_plan", price_year=2024),
        early("e4", "unit_mismatch", price_year=2023),
        early("e5", "no_price", **UNPRICED),
    ]
    assert left_out(net(marts, endings)) == {
        2023: (0, 2, 0, 2),
        2024: (1, 2, 0, 2),
        2025: (1, 1, 0, 1),
    }


def test_feedback_work_of_all_episodes_of_the_service_is_subtracted_or_there_is_no_net(
    marts: Marts,
) -> None:
    endings = [early("e1"), early("e2", price_year=2024), early("e3", service_code="s2")]
    priced = [worked("e1"), worked("e2", price_year=2024), worked("e3", service_code="s2")]
    unpriced = worked("e4", fit_cost_eur=None, **UNPRICED)
    without = worked("e5", n_fit_meetings=0, fit_cost_eur=0, **UNPRICED)
    names = ("n_fit_episodes", "n_without_fit_cost", "net_amount_eur")
    for episodes, of_service in (
        ([*priced, without], (1, 0, 50)),
        ([*priced, unpriced], (2, 1, None)),
    ):
        found = [tuple(line[name] for name in names) for line in net(marts, endings, episodes)]
        assert found == [of_service, of_service, (1, 0, 50)]
