"""What a command has done, in plain words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import duckdb

from fit_warehouse import database
from fit_warehouse.accounts import Account
from fit_warehouse.build import Built
from fit_warehouse.home import Home
from fit_warehouse.landing.land import Landing
from fit_warehouse.landing.ledger import Entry
from fit_warehouse.landing.refusal import reasons
from fit_warehouse.measure.context import Context
from fit_warehouse.measure.period import Period
from fit_warehouse.measure.tables import read
from fit_warehouse.publish.release import Published
from fit_warehouse.settings import Settings


def count(number: int) -> str:
    """Return a whole number with thin groups, as 12 345."""
    return f"{number:,}".replace(",", " ")


def landed(landing: Landing) -> list[str]:
    """Return what landing did."""
    lines = []
    if landing.known:
        lines.append(
            f"{len(landing.known)} files had been landed before; nothing changed for them."
        )
    lines.append(
        f"Landed: {len(landing.new)} new files, "
        f"{count(sum(entry.rows_delivered for entry in landing.new))} rows."
    )
    lines += files(landing.new)
    lines += [f"Note: {note}" for note in landing.notes]
    return lines


def name_of(entry: Entry) -> str:
    """Return the name of a delivered file; with table and part where a file may have several."""
    if not entry.sheet:
        return entry.file_name
    return f"{entry.file_name} ({entry.table_name}: {entry.sheet})"


def files(entries: Sequence[Entry]) -> list[str]:
    """Return how many rows of each file were delivered, kept and quarantined."""
    if not entries:
        return []
    width = max(len(name_of(entry)) for entry in entries)
    return [
        f"{'file':<{width}}  delivered       kept  quarantined",
        *(
            f"{name_of(entry):<{width}}  {entry.rows_delivered:>9}  "
            f"{entry.rows_delivered - entry.rows_quarantined:>9}  {entry.rows_quarantined:>11}"
            for entry in entries
        ),
    ]


def fates(accounts: Sequence[Account]) -> list[str]:
    """Return where the rows of all landed files are, and why some are kept out."""
    total = {
        "delivered": sum(account.delivered for account in accounts),
        "accepted": sum(account.accepted for account in accounts),
        "quarantined": sum(account.quarantined for account in accounts),
        "duplicates": sum(account.duplicates for account in accounts),
        "mended": sum(account.mended for account in accounts),
        "erased": sum(account.erased for account in accounts),
    }
    lines = [
        f"Delivered {count(total['delivered'])} = accepted {count(total['accepted'])} "
        f"+ quarantined {count(total['quarantined'])} + duplicates {count(total['duplicates'])}"
        + "".join(f" + {name} {count(total[name])}" for name in ("mended", "erased") if total[name])
        + "."
    ]
    why: Counter[str] = Counter()
    for account in accounts:
        if account.faulty:
            why.update(account.entry.reasons)
        if account.conflicting:
            why["conflicting_versions"] += account.conflicting
    lines += [
        f"  quarantined {count(number)}: {reasons()[code].text} ({code})"
        for code, number in sorted(why.items(), key=lambda item: (-item[1], item[0]))
    ]
    return lines


def built(home: Home, settings: Settings, result: Built) -> list[str]:
    """Return what was built."""
    connection = database.connect(
        home.build_database, settings.build, temporary=home.path / "spill", read_only=True
    )
    try:
        (rows,) = read(
            connection,
            """
            select
                (select count(*) from marts.fct_response) as responses,
                (select count(distinct session_key) from marts.fct_session) as sessions,
                (select count(distinct episode_key) from marts.fct_episode) as episodes,
                (select count(*) from marts.dim_team) as teams
            """,
        )
        flagged = _flagged(connection)
    finally:
        connection.close()
    return [
        f"Built: {count(rows['responses'])} forms, {count(rows['sessions'])} meetings, "
        f"{count(rows['episodes'])} episodes, {rows['teams']} teams "
        f"({result.models} models, {result.data_tests} data tests passed).",
        *flagged,
    ]


# What is kept and flagged: the reason, and where its rows are counted.
FLAGS = {
    "all_zero": "marts.fct_response where is_all_zero = 1",
    "unknown_team": "marts.fct_response where is_unknown_team = 1",
    "orphan_session": "marts.fct_response where is_orphan_session = 1",
    "orphan_episode": "marts.fct_response where is_orphan_episode = 1",
    "form_age_mismatch": "marts.fct_response where is_form_age_mismatch = 1",
    "closed_before_opened": "marts.fct_episode where is_closed_before_opened = 1",
    "unknown_service": "marts.dim_service where is_known = 0",
}


def _flagged(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Return how many rows are kept but flagged, and why."""
    lines = []
    for code, rows in FLAGS.items():
        (counted,) = read(connection, f"select count(*) as n from {rows}")
        if counted["n"]:
            lines.append(f"  flagged {count(counted['n'])}: {reasons()[code].text} ({code})")
    return lines


def measured(context: Context) -> list[str]:
    """Return which period the statistics are of."""
    return [f"Computed: schema metrics, episodes closed from {_days(context.period)}."]


def _days(period: Period) -> str:
    return f"{period.start:%Y-%m-%d} to {period.end:%Y-%m-%d}"


def found(open_database: Path, settings: Settings) -> list[str]:
    """Return the main findings as they are published, after disclosure control.

    The lines of a terminal end up in logs and mails, and must say the same as the page.
    """
    connection = database.connect(
        open_database, settings.build, temporary=settings.paths.home / "spill", read_only=True
    )
    words = {"share_reliably_improved": "improved reliably", "share_deteriorated": "got worse"}
    try:
        (about,) = read(connection, "select period_start, period_end from marts.publication")
        lines = read(
            connection, "select * from marts.city_outcome where is_suppressed = 0 order by all"
        )
    finally:
        connection.close()
    told = [
        f"  {line['instrument_code']} {line['respondent_role']}, n = {line['n']}: "
        f"{100 * line['estimate']:.0f} % {words[line['indicator']]} "
        f"({100 * line['ci_level']:.0f} % interval "
        f"{100 * line['ci_low']:.0f} to {100 * line['ci_high']:.0f} %)"
        for line in lines
        if line["indicator"] in words
    ]
    period = _days(Period(about["period_start"], about["period_end"]))
    head = f"Found in the episodes closed from {period}, change during the episode:"
    return [head, *told] if told else [f"{head} too few families to show any number."]


def published(result: Published) -> list[str]:
    """Return what was published and where."""
    held_back = (
        f"The open numbers stay as they were published: {count(result.n_held_back)} lines would change "
        "by fewer families than may be told apart. They change with the next quarter."
    )
    return [
        f"Published: release {result.release_id}; disclosure control hides "
        f"{count(result.n_suppressed)} of {count(result.n_rows)} lines.",
        *([held_back] if result.n_held_back else []),
        f"The report: {result.index.absolute()}",
        f"For analysts: {(result.current / 'restricted' / 'fit_restricted.duckdb').absolute()}",
    ]
