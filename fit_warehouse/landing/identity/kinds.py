"""What counts as identity, and which kinds are looked for in which type of column."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Kind(StrEnum):
    """A kind of identity, gravest first; its text is what users read beside file, column and row."""

    CODE = "personal_identity_code"
    PROBABLE_CODE = "probable_personal_identity_code"
    EMAIL = "email_address"
    PHONE = "phone_number"
    STREET = "street_address"

    @property
    def reason(self) -> str:
        """Return the code of seeds/reason.csv for this kind in a row."""
        return "identity_in_file" if self is Kind.CODE else "probable_identity"


class Rule(StrEnum):
    """One thing to look for; several may tell of the same kind."""

    CODE = "code"  # with its separator, letters and digits on neither side
    GLUED_CODE = "glued_code"  # with its separator, letters allowed on either side
    BARE_LETTER = "bare_letter"  # no separator, the check character is a letter
    BARE_DIGIT = "bare_digit"  # no separator, ten digits
    EMAIL = "email"
    PHONE = "phone"  # +, 00358, or a mobile prefix set apart
    PLAIN_PHONE = "plain_phone"  # mobile in one run of digits, landlines
    STREET = "street"


_ID = (Rule.CODE, Rule.BARE_LETTER, Rule.EMAIL, Rule.PHONE)
_WORDS = (*_ID, Rule.GLUED_CODE, Rule.STREET)

# Ids are made by machines: ten digits are a client number there, and a date before a running number
# with a letter before it is a meeting. Words are written by people, who write a number as they speak.
RULES: Mapping[str, tuple[Rule, ...]] = {
    "ref": _ID,
    "code": (Rule.CODE, Rule.BARE_LETTER, Rule.EMAIL),
    "name": _WORDS,
    "text": (*_WORDS, Rule.BARE_DIGIT, Rule.PLAIN_PHONE),
    # A header, a sheet name, a file name. Ten digits at the end of a file name are a time.
    "heading": (*_WORDS, Rule.PLAIN_PHONE),
}
