r"""Regular expressions that mean the same to Python (`re.ASCII`) and to DuckDB (RE2).

RE2 has no look-around; `\b` and `\B` are its only ends of no width, and they know ASCII alone. The
texts are folded, and their underscores are spaces; `as_delivered` is for texts whose are not.
"""

from __future__ import annotations

# A space may stand around the separator; none before the check character, or each
# "310125-123 Helsinki" would be one.
_GAP = r"[ \t\n\f\r]{0,3}"
CODE = rf"[0-9]{{6}}{_GAP}[-+A-FU-Ya-fu-y]{_GAP}[0-9]{{3}}[0-9A-Za-z]"
BARE_LETTER = r"[0-9]{6}[ ./:]?[0-9]{3}[A-FHJ-NPR-Ya-fhj-npr-y]"
BARE_DIGIT = r"[0-9]{6}[ ]?[0-9]{4}"

# Bounded, as every repetition here, so that a long text costs no more than its length.
EMAIL = r"[^\s@,;<>()]{1,64}@[^\s@,;<>()]{1,190}\.[^\s@,;<>().0-9]{2,24}"

_INTERNATIONAL = r"\B\+[1-9][0-9]{0,2}[ -]?(?:\(0\)[ -]?)?[0-9](?:[ -]?[0-9]){5,11}\b"
_ZEROS = r"\b00358[ -](?:[ -]?[0-9]){5,11}\b"
_MOBILE = r"\b0(?:4[0-9]{1,2}|50[0-9]?)[ -][0-9]{3,4}(?:[ -]?[0-9]){2,5}\b"
PHONE = f"(?:{_INTERNATIONAL}|{_ZEROS}|{_MOBILE})"

_PLAIN_MOBILE = r"\b(?:0|00358)(?:4[0-9]|50)[0-9]{6,8}\b"
# Area codes and the numbers of organisations; the rest in groups, or it is any number.
_LANDLINE = r"\b0(?:[235689]|1[0-9]|2[019])\)?[ -][0-9]{3,4}(?:[ -]?[0-9]){2,5}\b"
PLAIN_PHONE = f"(?:{_PLAIN_MOBILE}|{_LANDLINE})"

# Endings that hardly anything but a street has. The name is one word with the ending, or stands in
# the genitive before it (Aleksis Kiven katu).
_A = "(?:[äÄ]|a\u0308)"  # file names of some systems have the letter in two characters
_ENDINGS = (
    f"katu|kadulla|tie|tiell{_A}|kuja|kujalla|polku|polulla|raitti|kaari|penger|v{_A}yl{_A}|aukio|"
    f"gatan|v{_A}gen|gr{_A}nd|gr{_A}nden|stigen|all(?:[éÉ]|e\u0301)n|esplanaden|esplanadi|bulevardi"
)
_NUMBER = r"[0-9]{1,3}(?:[ ]?[a-z](?:[ ]?[0-9]{1,3})?)?"  # with the staircase and the flat
STREET = rf"(?i:[^\s0-9]{{2,40}}(?:n[ ])?(?:{_ENDINGS})[ ]{{1,3}}{_NUMBER}\b)"
STREET_HINT = rf"(?i:(?:{_ENDINGS})[ ]{{1,3}}[0-9])"  # what every street has, quickly found
# A path through a service is no path in a wood.
NO_STREET = (
    r"(?i:(?:palvelu|hoito|asiakas|kuntoutus|oppimis|opinto|koulutus|ura|tuki)pol(?:ku|ulla))"
)

# Made by a machine, at random or of many numbers, so that any shape turns up in them sooner or later:
# UUIDs, hashes, OIDs.
MACHINE = (
    r"\b(?:[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"
    r"|[0-9A-Fa-f]{16,}|[0-9]{1,12}(?:\.[0-9]{1,12}){4,})\b"
)


def as_delivered(pattern: str) -> str:
    """Return a pattern that takes an underscore wherever the given one takes a space."""
    return pattern.replace("[ ", "[ _")
