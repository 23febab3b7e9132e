"""Identity in the name of a file, a sheet or a column: found, and masked before anybody sees it."""

from __future__ import annotations

import re
from typing import NamedTuple

from fit_warehouse.landing.identity import fold, hetu, patterns
from fit_warehouse.landing.identity.kinds import RULES, Kind, Rule

MASK = "•"

_SEARCHES = {
    Rule.EMAIL: (Kind.EMAIL, patterns.EMAIL),
    Rule.PHONE: (Kind.PHONE, patterns.PHONE),
    Rule.PLAIN_PHONE: (Kind.PHONE, patterns.PLAIN_PHONE),
    Rule.STREET: (Kind.STREET, patterns.STREET),
}


class Found(NamedTuple):
    """Where in a name identity stands, as positions in the name; never what stands there."""

    kind: Kind
    start: int
    end: int


def find_in_name(name: str, column_type: str = "heading") -> tuple[Found, ...]:
    """Return every identity in a short text, gravest first.

    Parameters
    ----------
    name
        A file name, a sheet name or a header; for tests also a value.
    column_type
        Which rules hold: a key of `kinds.RULES`.
    """
    text, positions = _folded(name)
    rules = RULES[column_type]
    words = _without_machine_text(text)
    found = [
        (Kind.CODE if shape.is_checked else Kind.PROBABLE_CODE, shape.start, shape.end)
        for shape in (
            *hetu.find(words, is_glued=Rule.GLUED_CODE in rules),
            *hetu.find_bare(words, has_digit=Rule.BARE_DIGIT in rules),
        )
    ]
    for rule in rules:
        if rule in _SEARCHES:
            kind, pattern = _SEARCHES[rule]
            searched = text if rule is Rule.EMAIL else words
            found += [(kind, *hit.span()) for hit in re.finditer(pattern, searched, re.ASCII)]
    gravity = list(Kind)
    return tuple(
        Found(kind, positions[start], positions[end - 1] + 1)
        for kind, start, end in sorted(found, key=lambda hit: (gravity.index(hit[0]), hit[1]))
    )


def kind_of_name(name: str) -> Kind | None:
    """Return the gravest kind of identity in a file name, a sheet name or a header, if any."""
    found = find_in_name(name)
    return found[0].kind if found else None


def safe_name(name: str) -> str:
    """Return a name as it may be shown: each identity in it is one bullet.

    Examples
    --------
    >>> safe_name("response_010594Y9032.csv")
    'response_•.csv'
    """
    shown = name
    # What is left beside a bullet may be identity once more: two numbers that shared a digit.
    while found := find_in_name(shown):
        for start, stop in reversed(_merged(found)):
            shown = shown[:start] + MASK + shown[stop:]
    return shown


def _merged(found: tuple[Found, ...]) -> list[tuple[int, int]]:
    """Return the places as intervals that do not touch, in order."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted((place.start, place.end) for place in found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _folded(name: str) -> tuple[str, list[int]]:
    """Return the plain text of a name, and where in the name each of its characters stands."""
    folded = [fold.fold(character) for character in name]
    positions = [at for at, plain in enumerate(folded) for _ in plain]
    return "".join(folded), positions


def _without_machine_text(text: str) -> str:
    """Return the text, equally long, with random ids blotted out and underscores as spaces."""

    def blot(found: re.Match[str]) -> str:
        return "#" * len(found[0])

    spaced = text.replace("_", " ")
    return re.sub(f"{patterns.MACHINE}|{patterns.NO_STREET}", blot, spaced, flags=re.ASCII)
