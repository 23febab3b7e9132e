"""How the net effect of a line of cost_net moves with one assumption, and where its sign turns.

One factor takes an end of its range in every episode of the line, the others stay at their base
values. What is summed is worked out episode by episode: shares may differ by the day of closing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from fit_metrics.cost_effect import net_thresholds
from fit_warehouse.measure.context import Context
from fit_warehouse.measure.cost import IN_PERIOD, KIND, net
from fit_warehouse.measure.tables import read

# effect = a (v g - o p - r q): the letters of docs/method/early_ending_effect.md, with the prices of
# the service that the client was referred on to (p) and of another that began (q).
TERMS = {
    "a": "assumed_attribution_share",
    "v": "avoidable_share",
    "g": "gross_amount_eur",
    "o": "onward_share",
    "p": "onward_price_eur",
    "r": "rereferral_share",
    "q": "rereferral_price_eur",
}
# The terms that a factor moves. What takes away from the effect enters the low scenario at its high
# end, so the ends are the other way round there.
ADDING = {"attribution_share": "a", "avoidable_share": "v"}
TAKING = {"onward_share": "o", "rereferral_share": "r", "onward_units": "pq", "front_weight": "g"}
SHARES = ("attribution_share", "avoidable_share", "onward_share", "rereferral_share")
ENDS = ("low", "high")
NET = "net_at_{}_eur"
AGREED = f"""(
    select *
    from marts.fct_early_ending_effect
    where {IN_PERIOD} and is_agreed = 1 and effect_amount_eur is not null
)"""
# The early endings of the sums, each with its three scenarios side by side.
SCENARIOS = f"""
    from {AGREED} as base
    inner join {AGREED} as low on base.episode_key = low.episode_key and low.scenario = 'low'
    inner join {AGREED} as high on base.episode_key = high.episode_key and high.scenario = 'high'
    where base.scenario = 'base'
"""
KIND_OF_BASE = ", ".join(f"base.{name}" for name in KIND.split(", "))


def sensitivity(context: Context) -> Iterator[dict[str, Any]]:
    """Yield the lines of cost_sensitivity, of each line of cost_net that has a net amount."""
    columns = KIND.split(", ")
    sums = {tuple(row[name] for name in columns): row for row in _sums(context)}
    for line in net(context):
        if line["scenario"] != "base" or line["net_amount_eur"] is None:
            continue
        shared = {name: line[name] for name in (*columns, "n_episodes", "n_persons", "n_workers")}
        shared |= {"as_of": context.as_of, **context.days}
        of_line = sums[tuple(line[name] for name in columns)]
        for row in (*_factors(line, of_line), *_amounts(line, of_line)):
            yield {**shared, **row}


def _factors(line: Mapping[str, Any], sums: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Return a row for each assumption, with the net amount at both ends of its range."""
    turns = _thresholds(line, sums)
    thresholds = {
        "attribution_share": turns.attribution,
        "avoidable_share": turns.avoidable_share,
    }
    for factor in ADDING | TAKING:
        values = {
            f"{point}_value": sums[f"{factor}_{point}_value"] if factor in SHARES else None
            for point in ("low", "base", "high")
        }
        amounts = {NET.format(end): sums[f"{factor}_{end}"] - line["fit_cost_eur"] for end in ENDS}
        yield {
            "factor": factor,
            **values,
            **amounts,
            "threshold_value": thresholds.get(factor),
        }


def _amounts(line: Mapping[str, Any], sums: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """Return the rows of amounts that have no range of their own: only where they turn the sign."""
    turns = _thresholds(line, sums)
    n = line["n_episodes"]
    onward = turns.onward_cost_eur
    of_factor = {
        "onward_cost_eur": (_onward(line, sums) / n, None if onward is None else onward / n),
        "fit_cost_eur": (line["fit_cost_eur"], turns.fit_cost_eur),
    }
    nothing = dict.fromkeys(("low_value", "high_value", *map(NET.format, ENDS)))
    return [
        {"factor": name, **nothing, "base_value": base, "threshold_value": turn}
        for name, (base, turn) in of_factor.items()
    ]


def _attribution(sums: Mapping[str, Any]) -> Decimal:
    """Return the share that the line's endings have together, by their gross amounts."""
    gross: Decimal = sums["gross"]
    return sums["attributed"] / gross if gross else Decimal(0)


def _onward(line: Mapping[str, Any], sums: Mapping[str, Any]) -> Decimal:
    """Return what came instead of the line's endings, before attribution."""
    share = _attribution(sums)
    taken: Decimal = line["onward_amount_eur"] + line["rereferral_amount_eur"]
    return taken / share if share else Decimal(0)


def _thresholds(line: Mapping[str, Any], sums: Mapping[str, Any]) -> Any:
    """Return where the sum turns its sign; with one share for all endings it is that share."""
    attributed: Decimal = sums["attributed"]
    avoided: Decimal = line["avoided_amount_eur"]
    # Parts of amounts are stored to four places: their sum may exceed the whole by such a place.
    avoidable = min(avoided / attributed, Decimal(1)) if attributed else Decimal(0)
    return net_thresholds(
        gross_eur=sums["gross"],
        attribution=min(_attribution(sums), Decimal(1)),
        avoidable_share=avoidable,
        onward_cost_eur=_onward(line, sums),
        fit_cost_eur=line["fit_cost_eur"],
    )


def _effect(moved: str = "", scenario: str = "base") -> str:
    """Return the sum of the effects with some of the terms of another scenario."""
    term = {
        letter: f"coalesce({scenario if letter in moved else 'base'}.{column}, 0)::double"
        for letter, column in TERMS.items()
    }
    return "sum({a} * ({v} * {g} - {o} * {p} - {r} * {q}))::decimal(18, 4)".format(**term)


def _sums(context: Context) -> list[dict[str, Any]]:
    """Return, by line, the effect with one factor at an end of its range, and the mean shares."""
    columns = []
    for factor, letters in (ADDING | TAKING).items():
        ends = ENDS if factor in ADDING else ENDS[::-1]
        for end, scenario in zip(ENDS, ends, strict=True):
            columns.append(f"{_effect(letters, scenario)} as {factor}_{end}")
            if factor in SHARES:
                columns.append(f"avg({scenario}.{TERMS[letters]}) as {factor}_{end}_value")
        if factor in SHARES:
            columns.append(f"avg(base.{TERMS[letters]}) as {factor}_base_value")
    return read(
        context.connection,
        f"""
        select {KIND_OF_BASE},
            sum(base.gross_amount_eur) as gross,
            sum(base.attribution_share * base.gross_amount_eur) as attributed,
            {", ".join(columns)}
        {SCENARIOS}
        group by all
        """,
        context.days,
    )
