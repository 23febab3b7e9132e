"""The page docs/how_to/bring_your_own_data.md, made from the contract, the rules and the reasons.

Make it anew after a change of any of them: python -m fit_warehouse.landing.contract_page
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fit_warehouse.landing import contract, rules
from fit_warehouse.landing.contract import Column, Table
from fit_warehouse.landing.refusal import reasons

PAGE = Path(__file__).parents[2] / "docs" / "how_to" / "bring_your_own_data.md"

FINNISH = {
    "response": "lomake",
    "session": "tapaaminen",
    "episode": "palvelujakso",
    "episode_client": "jakson asiakas",
    "client_link": "asiakkaan tunnus toisessa järjestelmässä",
    "session_worker": "tapaamisen muu työntekijä",
    "session_episode": "tapaamisen muu jakso",
    "team": "tiimi",
    "service": "palvelu",
    "worker": "työntekijä",
    "unit_price": "yksikköhinta",
    "survey_response": "kyselyvastaus",
    "avoided_service": "vältetty palvelu",
    "cost_assumption": "kustannusoletus",
    "fit_cost": "FIT-työskentelyn kustannus",
    "price_index": "hintaindeksi",
    "finance_confirmation": "talouden vahvistus",
    "correction": "korjaus",
}
TYPES = {
    "name": "name",
    "text": "text",
    "ref": "id, stored only as a pseudonym",
    "code": "code",
    "integer": "whole number",
    "decimal": "number",
    "flag": "0 or 1",
    "date": "day",
    "datetime": "time",
}
# What is found out only when all tables are together: the row stays and is marked.
FLAGGED = {
    ("response", "team_code"): ("unknown_team",),
    ("session", "team_code"): ("unknown_team",),
    ("episode", "team_code"): ("unknown_team",),
    ("session", "service_code"): ("unknown_service",),
    ("episode", "service_code"): ("unknown_service",),
    ("response", "session_ref"): ("orphan_session",),
    ("response", "episode_ref"): ("orphan_episode",),
    ("response", "instrument_code"): ("form_age_mismatch",),
    ("response", "item_1"): ("all_zero",),
    ("episode", "closed_on"): ("closed_before_opened",),
}
HEAD = """# Bring your own data: the tables, column by column

This page is made from the intake contract by `python -m fit_warehouse.landing.contract_page`.

A file in this shape needs nothing more. Files in another shape: an export of OpenFIT is read as it is
([openfit.md](openfit.md)); for any other extract say once which column is which
([map_an_extract.md](map_an_extract.md)). How files are named and how values are written is in
[run_on_your_own_files.md](run_on_your_own_files.md).

What a file would give is said, without landing it, by:

```
fit land --explain FILE
```

Names of columns are exact, their order is free, and a column without \\* may be left out. A day is
2026-01-31, a time 2026-01-31 09:00 in Finnish time. Empty is missing; 0 never is. In the last column
stand the reasons for which a row is kept out or marked; the [end of the page](#reasons) says what to
do about each.
"""


def page() -> str:
    """Return the page."""
    tables = contract.tables().values()
    parts = [HEAD, *map(_section, tables), _reasons()]
    return "\n".join(parts)


def _section(table: Table) -> str:
    finnish = f" ({FINNISH[table.name]})" if table.name in FINNISH else ""
    lines = [
        f"## `{table.name}`{finnish}",
        "",
        f"A row is {table.grain}. Key: {', '.join(f'`{name}`' for name in table.key)}.",
        "",
        "| column | type | meaning | common mistakes |",
        "|---|---|---|---|",
        *(_row(table, column, label) for column, label in _columns(table)),
        "",
    ]
    return "\n".join(lines)


def _columns(table: Table) -> Iterator[tuple[Column, str]]:
    """Yield the columns of a table with their labels; the items of a form are one row."""
    items = contract.item_columns() if table.name == "response" else ()
    for column in table.columns:
        if column.name in items[1:]:
            continue
        label = f"`{column.name}`" + (f" … `{items[-1]}`" if column.name in items else "")
        yield column, label + (" \\*" if column.required else "")


def _row(table: Table, column: Column, label: str) -> str:
    kind = TYPES[column.type]
    if column.past:
        kind += ", not to come"
    if column.values:
        kind += ": " + ", ".join(f"`{code}`" for code in column.values)
    text = "Score of each item." if "…" in label else column.text
    return f"| {label} | {kind} | {text} | {', '.join(mistakes(table, column))} |"


def mistakes(table: Table, column: Column) -> list[str]:
    """Return the reasons that can hit a column, those that keep a row out first."""
    found = [
        rule.reason
        for of_column in rules.by_column(table)
        for rule in of_column
        if rule.column == column.name
    ]
    return list(dict.fromkeys([*found, *FLAGGED.get((table.name, column.name), ())]))


def _reasons() -> str:
    """Return all reasons that a row may have, and what to do about them."""
    fates = {"row_quarantined": "kept out", "kept_flagged": "marked"}
    lines = [
        "## Reasons",
        "",
        "| reason | what is wrong | the row is | what to do |",
        "|---|---|---|---|",
    ]
    for code, reason in reasons().items():
        if reason.fate in fates:
            lines.append(f"| {code} | {reason.text} | {fates[reason.fate]} | {reason.hint} |")
    return "\n".join(lines) + "\n"


def write() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write()
