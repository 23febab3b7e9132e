"""What columns and codes of extracts are often called; the words stand in synonyms.toml."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

WORDS = Path(__file__).with_name("synonyms.toml")
SHORTEST_BEGINNING = 4  # a shorter word begins too many names


@cache
def words() -> dict[str, Any]:
    """Return the table of words."""
    return tomllib.loads(WORDS.read_text(encoding="utf-8"))


def plain(text: str) -> str:
    """Return a name in small letters without spaces and marks.

    Examples
    --------
    >>> plain("Käynti-pvm "), plain("CLIENT_ID")
    ('käyntipvm', 'clientid')
    """
    return re.sub(r"[\W_]+", "", text).casefold()


def is_personal(name: str) -> bool:
    """Return whether a column's name says that it names or describes a person.

    Examples
    --------
    >>> is_personal("Asiakkaan nimi"), is_personal("Lisätiedot"), is_personal("Tiimi")
    (True, True, False)
    """
    personal, word = words()["personal"], plain(name)
    if word.startswith(tuple(personal["not_of_persons"])):
        return False
    return word in personal["words"] or word.endswith(tuple(personal["endings"]))


def likeness(name: str, column: str) -> int:
    """Return how well a column's name fits a column of the contract; 0 when it does not.

    Examples
    --------
    >>> likeness("session_date", "session_date") > likeness("Käyntipvm", "session_date") > 0
    True
    """
    word = plain(name)
    known: list[str] = words()["columns"].get(column, [])
    if word == plain(column):
        return 1_000
    if word in known:
        return 500 - known.index(word)
    return max(
        (
            len(start)
            for start in known
            if len(start) >= SHORTEST_BEGINNING and word.startswith(start)
        ),
        default=0,
    )


def code(column: str, text: str) -> str:
    """Return the contract's code for a code of an extract, or nothing."""
    known = words()["values"].get(column, {})
    word = plain(text)
    return next((mine for mine, theirs in known.items() if word in (plain(mine), *theirs)), "")


@cache
def flags() -> frozenset[str]:
    """Return the words for yes and no."""
    return frozenset((*words()["flags"]["yes"], *words()["flags"]["no"]))
