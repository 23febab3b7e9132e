"""`fit erase` and `fit retention`: take a person, or episodes kept too long, out of all that is stored."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from fit_warehouse.commands.place import confirm, place, say

if TYPE_CHECKING:
    from fit_warehouse.erase.erase import Erasure

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only count what would go.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def register(app: typer.Typer) -> None:
    """Add both commands."""
    app.command("erase")(erase)
    app.command("retention")(retention)


def erase(
    source_system: Annotated[
        str | None,
        typer.Option("--source-system", help="The system whose id it is (client_link)."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Finish an erasure that was stopped halfway.")
    ] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Erase a person from all that is stored; the reference is read from standard input."""
    from fit_warehouse.erase import erase as erasing
    from fit_warehouse.landing import identity

    settings, home = place()
    if resume:
        with home.locked():
            was_pending = erasing.is_pending(home)
            notes = erasing.finish(settings, home)
        say(["Finished." if was_pending else "Nothing is left to do.", *notes])
        return
    # In an argument it would be seen by everyone who may list processes, and stay in the history.
    reference = _asked() if sys.stdin.isatty() else sys.stdin.readline()
    if settings.identity.client_ref_is_hetu:
        reference = identity.canonical(reference)
    doom = erasing.of_person(home, reference, source_system)
    with home.locked():
        counted = erasing.preview(settings, home, doom)
        say(_counts(counted))
        if dry_run:
            return
        confirm("Erase these rows for good?", is_sure=yes)
        done = erasing.erase(settings, home, doom, "person")
    nothing = (
        "No row was stored under this reference: check how it is written, and for which system."
    )
    is_known = bool(counted.raw or counted.quarantine)
    say(["Erased." if is_known else nothing, *done.notes, *_left()])


def _asked() -> str:
    return str(typer.prompt("Reference", hide_input=True))


def _counts(counted: Erasure) -> list[str]:
    lines = [f"raw store, {table}: {n_rows} rows" for table, n_rows in counted.raw.items()]
    lines += [f"quarantine, {table}: {n_rows} rows" for table, n_rows in counted.quarantine.items()]
    lines += [
        f"release {name}, restricted: {n_rows} rows"
        for name, n_rows in counted.releases.items()
        if n_rows
    ]
    return lines or ["No stored row."]


def _left() -> list[str]:
    return [
        "Landing keeps such rows out from now on. Open releases hold aggregates only and stay.",
        "Left to you: delivered files in the landing folder and elsewhere, copies, backups. "
        "The next release: fit run",
    ]


def retention(
    apply: Annotated[bool, typer.Option("--apply", help="Remove them for good.")] = False,
    yes: Yes = False,
) -> None:
    """Show which closed episodes have been kept longer than the settings allow, or remove them."""
    from fit_warehouse import retention as keeping
    from fit_warehouse.erase import erase as erasing

    settings, home = place()
    with home.locked():
        lines = keeping.describe(settings, home)
        say(lines or ["No episode has been kept too long."])
        if not apply:
            return
        if not lines:
            say(erasing.finish(settings, home))
            return
        counted = erasing.preview(settings, home, keeping.doom(settings, home))
        say(_counts(counted))
        confirm("Remove these rows for good?", is_sure=yes)
        done = erasing.erase(settings, home, keeping.doom(settings, home), "retention")
    say(["Removed.", *done.notes, *_left()])
