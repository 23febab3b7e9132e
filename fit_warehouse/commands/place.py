"""Where a command of a group works, and how it asks."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import typer

from fit_warehouse.errors import UsageError
from fit_warehouse.home import Home
from fit_warehouse.settings import Settings


def place() -> tuple[Settings, Home]:
    """Return settings and home as every command has them."""
    from fit_warehouse import cli

    settings, home, _ = cli._place()
    return settings, home


def say(lines: Iterable[str]) -> None:
    """Write lines as every command does."""
    from fit_warehouse import cli

    cli._say(lines)


def confirm(question: str, *, is_sure: bool) -> None:
    """Ask before something is taken away for good.

    Raises
    ------
    UsageError
        When the answer is no, or when there is nobody to ask and `--yes` is not given.
    """
    if is_sure:
        return
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to confirm it. Add --yes when you are sure")
    if not typer.confirm(question, default=False):
        raise UsageError("nothing was changed")
