"""Characters that look like others made into those: digits, letters, dashes and spaces of all kinds.

What `unicodedata` calls compatibility is not enough (a minus sign is no hyphen there) and the engine
does not have it, so one table of single characters serves both Python and SQL.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import cache

# Not in the category "dash" though they are drawn as one; the soft hyphen shows where a line breaks.
MORE_DASHES = "\u00ad\u02d7\u2043\u207b\u208b\u2212\u2796"
# Invisible but not in the category "format".
INVISIBLE = {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, *range(0xFE00, 0xFE10)}
PLAIN = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+-@._()/: ")
# Above lie variation selectors and unassigned planes, apart from the tags, which are of no use here.
LAST = 0x1FFFF


@cache
def table() -> dict[int, str]:
    """Return what each foldable character becomes, by code point; the empty text drops it."""
    found = {}
    for point in range(0x80, LAST + 1):
        plain = _plain(chr(point))
        if plain is not None:
            found[point] = plain
    return found


def _plain(character: str) -> str | None:
    """Return the plain character that stands for this one, or None when it stays."""
    category = unicodedata.category(character)
    if category == "Pd" or character in MORE_DASHES:
        return "-"
    if category == "Cf" or ord(character) in INVISIBLE:
        return ""
    if category == "Zs":
        return " "
    if category == "Nd":
        return str(unicodedata.decimal(character))
    compatible = unicodedata.normalize("NFKC", character)
    return compatible if compatible in PLAIN else None


def fold(text: str) -> str:
    """Return the text in plain characters.

    Examples
    --------
    >>> fold("０１０５９４\u22129032")
    '010594-9032'
    """
    return text if text.isascii() else text.translate(table())


@cache
def pattern() -> str:
    """Return a regular expression that finds one foldable character, for RE2."""
    return _pattern(table())


@cache
def sql(text: str) -> str:
    """Return SQL for the plain text of the SQL expression `text`; plain values cost one look."""
    # `translate` reads its whole list anew for each value: the common characters go first.
    common = {point: plain for point, plain in table().items() if _is_common(point)}
    rare = {point: plain for point, plain in table().items() if not _is_common(point)}
    return _translated(_translated(text, common), rare)


def _is_common(point: int) -> bool:
    """Return whether keyboards, spreadsheets and web pages write a foldable character."""
    return (
        point in (0xA0, 0xAD, 0x2212, 0xFEFF) or 0x2000 <= point < 0x2070 or 0xFF00 < point < 0xFF5F
    )


def _translated(text: str, characters: dict[int, str]) -> str:
    """Return SQL that folds some characters of an SQL expression."""
    kept = {point: plain for point, plain in characters.items() if plain}
    dropped = [point for point, plain in characters.items() if not plain]
    # `translate` drops the characters for which the second list is too short.
    old = "".join(map(chr, [*kept, *dropped]))
    # A list of one names the expression, so that it is worked out once.
    return (
        f"list_transform([{text}], lambda given: case when regexp_matches(given, "
        f"'{_pattern(characters)}') then translate(given, '{old}', '{''.join(kept.values())}')"
        " else given end)[1]"
    )


def _pattern(points: Iterable[int]) -> str:
    """Return a character class of code points that come in order, as ranges."""
    ranges: list[tuple[int, int]] = []
    for point in points:
        if ranges and ranges[-1][1] == point - 1:
            ranges[-1] = (ranges[-1][0], point)
        else:
            ranges.append((point, point))
    return "[" + "".join(f"\\x{{{first:X}}}-\\x{{{last:X}}}" for first, last in ranges) + "]"
