"""`fit key`: the chain of keys of the pseudonyms."""

from __future__ import annotations

from typing import Annotated

import typer

from fit_warehouse.commands.place import confirm, place, say

app = typer.Typer(help="The key of the pseudonyms.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def group() -> None:
    """Work with the key of the pseudonyms."""


@app.command()
def rotate(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Lay a new key over the old one: pseudonyms of earlier releases no longer meet the new ones."""
    from fit_warehouse.landing import rotate as rotating

    settings, home = place()
    with home.locked(to_rotate=True):
        resumed = rotating.resume(settings, home)
        if resumed:
            say([resumed])
            return
        confirm(
            "Give every stored pseudonym a new key? Back up the key file before and after.",
            is_sure=yes,
        )
        n_keys = rotating.rotate(settings, home)
    say(
        [
            f"The key file holds {n_keys} keys now; all of them are needed. Back it up.",
            "The accepted rows and the database are made anew by: fit run",
        ]
    )
