"""`fit quarantine`: list, show and export the rows that are kept out."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fit_warehouse.commands.place import place, say
from fit_warehouse.errors import UsageError
from fit_warehouse.home import Home
from fit_warehouse.settings import HELSINKI, Language, Settings

if TYPE_CHECKING:
    import duckdb

app = typer.Typer(
    help="Rows that are kept out: list them, show one, export them to be mended.",
    rich_markup_mode=None,
)
LanguageOption = Annotated[
    str | None, typer.Option("--language", help="Of reasons and hints: fi, sv or en.")
]


def _language(settings: Settings, given: str | None) -> Language:
    from fit_warehouse.landing.refusal import LANGUAGES

    if given is None:
        return settings.terminal.language
    for language in LANGUAGES:
        if language == given:
            return language
    raise UsageError(f"--language {given}: there are {', '.join(LANGUAGES)}")


def _connect(settings: Settings, home: Home) -> duckdb.DuckDBPyConnection:
    from fit_warehouse import database

    return database.connect(None, settings.build, temporary=home.path / "spill")


@app.callback(invoke_without_command=True)
def without(context: typer.Context) -> None:
    """Rows that are kept out: list them, show one, export them to be mended."""
    if context.invoked_subcommand is None:
        list_groups()


@app.command("list")
def list_groups(language: LanguageOption = None) -> None:
    """List what is kept out by file, reason and column, with counts and the first rows."""
    from fit_warehouse.landing import ledger
    from fit_warehouse.landing.quarantine import entries
    from fit_warehouse.landing.refusal import reasons

    settings, home = place()
    words = _language(settings, language)
    names = {entry.file_id: entry.file_name for entry in ledger.landed(home)}
    connection = _connect(settings, home)
    try:
        groups = entries.groups(connection, home)
    finally:
        connection.close()
    if not groups:
        say(["Nothing is quarantined."])
    for group in groups:
        reason = reasons()[group.reason_code]
        first = ", ".join(map(str, group.first))
        rows = f"row {first}" if group.n_rows == 1 else f"rows {first}"
        more = f" and {group.n_rows - len(group.first)} more" if group.n_rows > 5 else ""
        column = f", column {group.column_name}" if group.column_name else ""
        say(
            [
                f"{names[group.file_id]}, {rows}{more}{column}: "
                f"{reason.text_in(words)}. {reason.hint_in(words)} ({group.reason_code})"
            ]
        )


@app.command()
def show(
    file: Annotated[str, typer.Argument(help="The delivered file's name, or a quarantine_id.")],
    row: Annotated[int | None, typer.Argument(help="The row in the file; its header is 1.")] = None,
    language: LanguageOption = None,
) -> None:
    """Show one row as the quarantine keeps it: without identity, and what is wrong with it."""
    from fit_warehouse.landing import ledger
    from fit_warehouse.landing.quarantine import entries

    settings, home = place()
    words = _language(settings, language)
    if row is None:
        file, _, number = file.rpartition(".")
        if not number.isdigit():
            raise UsageError("give a file and a row, or a quarantine_id as an exported file has it")
        row = int(number)
    found = [entry for entry in ledger.landed(home) if file in (entry.file_id, entry.file_name)]
    if not found:
        raise UsageError(f"no such file has been landed: {file}")
    connection = _connect(settings, home)
    try:
        shown = [entries.row(connection, home, entry, row) for entry in found]
    finally:
        connection.close()
    lines = [line for faults in shown if faults for line in _described(faults, words)]
    say(lines or [f"{file}, row {row} is not in the quarantine."])


def _described(faults: list[dict[str, Any]], language: Language) -> list[str]:
    """Return the faults of a row, then its cells."""
    from fit_warehouse.landing import contract
    from fit_warehouse.landing.quarantine.write import WITHHELD
    from fit_warehouse.landing.refusal import reasons

    first = faults[0]
    lines = [f"{first['quarantine_id']} ({first['table_name']})"]
    for fault in faults:
        reason = reasons()[fault["reason_code"]]
        column = f"{fault['column_name']}: " if fault["column_name"] else ""
        lines.append(f"  {column}{reason.text_in(language)}. {reason.hint_in(language)}")
    if first["closed_by"]:
        lines.append(f"  mended by {first['closed_by']}")
    table = contract.tables()[first["table_name"]]
    width = max(map(len, table.names))
    for name in table.names:
        if first[name] is not None:
            text = "(not kept)" if first[name] == WITHHELD else first[name]
            lines.append(f"  {name:<{width}}  {text}")
    return lines


@app.command()
def export(
    to: Annotated[
        Path | None, typer.Option("--to", help="Folder (default: mend/ below home).")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Only rows with this reason code.")] = None,
    file: Annotated[str | None, typer.Option(help="Only rows of this delivered file.")] = None,
    delimiter: Annotated[str, typer.Option(help="Between columns: ; or ,")] = ";",
    language: LanguageOption = None,
) -> None:
    """Write the open rows as CSV, a file a table: mend them and put the file into the landing folder."""
    from fit_warehouse.landing import pseudonym
    from fit_warehouse.landing.quarantine import export as exporting

    settings, home = place()
    words = _language(settings, language)
    with home.locked():
        connection = _connect(settings, home)
        try:
            written = exporting.export(
                connection,
                home,
                to or home.mend,
                n_keys=len(pseudonym.load_keys(settings.paths.key_file)),
                day=datetime.now(HELSINKI).date(),
                language=words,
                delimiter=delimiter,
                reason=reason,
                file_name=file,
            )
        finally:
            connection.close()
    say([f"{path.absolute()}: {n_rows} rows" for path, n_rows in written.items()])
    if not written:
        say(["No quarantined row to export."])
