"""What is published of a period stays, unless a revision changes every line by enough families.

Two publications of the same twelve months, one after the other, differ by the forms that came in
between. Were a line shown twice with a family more, the difference would be that family. So a
revision of the open data appears only when each line that changes at all changes by `k_min` families
or more; else the open data stay as they were until the next quarter. The restricted data do not wait.
Nor does another assumption: the amounts that rest on it change for the same families.

`published/history` keeps the last open database of each period, whatever was published in between.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from fit_warehouse import database
from fit_warehouse.measure import tables
from fit_warehouse.publish.disclosure import Row, Rule

HISTORY = "history"

# What is counted or estimated in a line; the other columns say what the line is of.
NUMBERS = frozenset(
    {
        "n",
        "numerator",
        "n_episodes",
        "n_persons",
        "unused_units",
        "n_without_effect",
        "share_without_effect",
        "n_without_cost",
        "n_teams",
        "n_fit",
        "n_comparison",
        "n_persons_fit",
        "n_persons_comparison",
        "n_fit_teams",
        "n_comparison_teams",
        "n_left_out",
        "n_in_change",
        "n_improved",
        "gross_amount_eur",
        "avoidable_amount_eur",
        "avoided_amount_eur",
        "onward_amount_eur",
        "rereferral_amount_eur",
        "effect_amount_eur",
        "fit_cost_eur",
        "net_amount_eur",
        "net_at_low_eur",
        "net_at_high_eur",
        "cost_eur",
        "total_cost_eur",
        "realised_amount_eur",
        "freed_sessions",
        "freed_hours",
        "low_value",
        "base_value",
        "high_value",
        "threshold_value",
        "net_mean_eur",
        "net_p025_eur",
        "net_p500_eur",
        "net_p975_eur",
        "probability_net_above_zero",
        "outcome",
        "estimate",
        "ci_low",
        "ci_high",
        "set_kind",
        "bca_low",
        "bca_high",
        "bca_reason",
        "n_extra",
        "n_started",
        "starts_per_day",
        "mean_sessions",
        "mean_wait_days",
        "n_waiting",
        "n_waiting_without",
        "wait_days_without",
        "wait_change_days",
        "n_referred",
        "arrivals_per_day",
        "arrival_dispersion",
        "arrival_p_value",
        "arrival_pattern",
        "mean_length_days",
        "mean_length_days_without",
        "mean_caseload",
        "n_places",
        "n_parts",
        "misfit_days",
        "n_replications",
        "simulated_wait_days",
        "simulated_wait_days_without",
        "simulated_change_days",
        "simulated_waiting",
        "simulated_waiting_without",
        "simulated_end_change_days",
        "share_over_30_days",
        "share_over_30_days_without",
        "share_over_90_days",
        "share_over_90_days_without",
        "simulation_reason",
        "interval_reason",
        "unit_price_eur",
        "estimate_eur",
        "ci_low_eur",
        "ci_high_eur",
    }
)
# How and when a line was made: another word there is no change of the line.
ABOUT = frozenset({"as_of", "opened_to", "method", "parameter_set", "ci_level", "is_suppressed"})
# Lines that are made of assumptions as well as of families, and where those stand.
ASSUMED = frozenset({"cost_net", "cost_probability", "cost_sensitivity", "flow_effect"})
ASSUMPTIONS = "dim_cost_assumption"
OPEN_SCHEMA = "marts"  # readers such as Power BI's connector see one schema well


def last_of(published: Path, period_end: date) -> Path:
    """Return where the last open database of a period is kept."""
    return published / HISTORY / f"{period_end.isoformat()}.duckdb"


def earlier(published: Path) -> list[Path]:
    """Return the open databases of all periods, the latest first."""
    return sorted((published / HISTORY).glob("*.duckdb"), reverse=True)


def remember(published: Path, open_database: Path, period_end: date) -> None:
    """Keep the open database of a period beside the releases."""
    target = last_of(published, period_end)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(target.name + ".tmp")
    shutil.copyfile(open_database, temporary)
    temporary.replace(target)


def n_held_back(
    connection: duckdb.DuckDBPyConnection,
    published: Path,
    opened: str,
    names: Iterable[str],
    period_end: date,
    rule: Rule,
) -> int:
    """Return how many open lines would change by too few families since they were last published.

    Parameters
    ----------
    connection
        Has the new open database attached.
    published
        The folder of publications.
    opened, names
        The new schema, and its tables that are under disclosure control.
    period_end
        The last day of its period.
    rule
        Its `k_min` is what a change has to reach.
    """
    last = last_of(published, period_end)
    if not last.is_file():
        return 0
    total = 0
    for name in names:
        old = lines_of(connection, last, name)
        new = tables.read(connection, f"select * from {opened}.{name}")
        pairs = _pairs(name, old, new)
        if name in ASSUMED and _assumes_otherwise(connection, last, opened):
            # Of the same families: it is the assumptions that moved the amounts, as was wished for.
            pairs = [(one, other) for one, other in pairs if one["n_persons"] != other["n_persons"]]
        total += sum(is_small(before, after, rule) for before, after in pairs)
    return total


def _assumes_otherwise(connection: duckdb.DuckDBPyConnection, last: Path, opened: str) -> bool:
    """Return whether an assumption has another value, or another source, than in a publication."""
    new = tables.read(connection, f"select * from {opened}.{ASSUMPTIONS} order by all")
    return lines_of(connection, last, ASSUMPTIONS) != new


def settled(
    connection: duckdb.DuckDBPyConnection,
    lines: Sequence[dict[str, Any]],
    published: Sequence[Path],
    rule: Rule,
) -> list[dict[str, Any]]:
    """Return the lines of city_use with each quarter that was published before as it was then.

    A quarter is in the publications of two years; late forms would change it by a family or two.
    """
    by_quarter: dict[date, list[dict[str, Any]]] = {}
    for line in lines:
        by_quarter.setdefault(line["quarter_start"], []).append(line)
    for path in reversed(published):
        old: dict[date, list[dict[str, Any]]] = {}
        for line in lines_of(connection, path, "city_use"):
            old.setdefault(line["quarter_start"], []).append(line)
        for quarter, before in old.items():
            pairs = _pairs("city_use", before, by_quarter.get(quarter, []))
            if any(is_small(one, other, rule) for one, other in pairs):
                by_quarter[quarter] = before
    return [line for quarter in sorted(by_quarter) for line in by_quarter[quarter]]


def lines_of(connection: duckdb.DuckDBPyConnection, path: Path, name: str) -> list[dict[str, Any]]:
    """Return the lines of a table in a publication; none where it was made before there was the table."""
    database.attach(connection, path, "earlier")
    try:
        there = connection.execute(
            "select count(*) from duckdb_tables() "
            "where database_name = 'earlier' and schema_name = ? and table_name = ?",
            [OPEN_SCHEMA, name],
        ).fetchone()
        if there == (0,):
            return []
        return tables.read(connection, f"select * from earlier.{OPEN_SCHEMA}.{name} order by all")
    finally:
        connection.execute("detach earlier")


def _pairs(name: str, before: Iterable[Row], after: Iterable[Row]) -> list[tuple[Row, Row]]:
    """Return the lines of the same thing that both publications show."""
    keys = [key for key in tables.table(name).opened().names if key not in NUMBERS | ABOUT]
    shown: Mapping[tuple[Any, ...], Row] = {
        tuple(row[key] for key in keys): row for row in after if not row["is_suppressed"]
    }
    return [
        (row, shown[key])
        for row in before
        if not row["is_suppressed"] and (key := tuple(row[key] for key in keys)) in shown
    ]


def is_small(before: Row, after: Row, rule: Rule) -> bool:
    """Return whether a line changes, but by fewer families than may be told apart.

    A change by a number alone is small: the same families, one of whose forms was corrected. Of a
    share both sides count, each none or enough.
    """
    if all(before[name] == after[name] for name in NUMBERS.intersection(before)):
        return False
    if abs(before["n_persons"] - after["n_persons"]) < rule.k_min:
        return True
    if before.get("numerator") is None or after.get("numerator") is None:
        return False
    numerator = abs(before["numerator"] - after["numerator"])
    rest = abs(before["n"] - before["numerator"] - after["n"] + after["numerator"])
    return not (rule.count(numerator) and rule.count(rest))
