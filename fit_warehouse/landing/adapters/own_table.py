"""A TOML table that ships with an adapter, with the entries of the user's own in and over it."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from fit_warehouse.errors import UsageError


def merged(
    shipped: Path, own: Path | None, *, setting: str, fixed: Collection[str]
) -> dict[str, Any]:
    """Return the shipped table with the user's entries over it.

    Parameters
    ----------
    shipped
        The table of the package.
    own
        The user's table, where there is one.
    setting
        The setting that names the user's table, for messages.
    fixed
        Sections that may have no other entries than the shipped ones; "" is the top of the file.

    Raises
    ------
    UsageError
        When the user's table cannot be read or has an entry that nothing uses.
    """
    content = tomllib.loads(shipped.read_text(encoding="utf-8"))
    if own is not None:
        try:
            said = tomllib.loads(own.read_text(encoding="utf-8-sig"))
        except OSError as problem:
            raise UsageError(
                f"setting {setting}: {own} cannot be read: {problem.strerror}"
            ) from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
            raise UsageError(f"{own} is not valid TOML: {problem}") from problem
        try:
            _put(content, said, "", fixed)
        except ValueError as problem:
            raise UsageError(f"{own}: {problem}") from problem
    return content


def _put(
    content: dict[str, Any], said: Mapping[str, Any], place: str, fixed: Collection[str]
) -> None:
    for name, value in said.items():
        where = f"{place}.{name}".strip(".")
        if place in fixed and name not in content:
            raise ValueError(f"{where} is not known; there are {', '.join(content)}")
        former = content.get(name)
        if former is not None and isinstance(former, dict) != isinstance(value, dict):
            raise ValueError(f"{where} is {'a section' if isinstance(former, dict) else 'a value'}")
        if isinstance(former, dict):
            _put(former, value, where, fixed)
        else:
            content[name] = value


def told(content: Mapping[str, Any]) -> str:
    """Return the hash of what a table says."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
