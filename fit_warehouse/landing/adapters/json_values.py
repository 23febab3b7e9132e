"""Times and numbers in JSON as the contract has them, in SQL."""

from __future__ import annotations


def local_time(text: str) -> str:
    """Return SQL for an instant in Finnish time without a zone; other texts stay as they are."""
    moment = f"try_cast({text} as timestamptz)"
    return f"""
        case
            when regexp_matches({text}, '[T ].*(Z|[+-][0-9]{{2}}:[0-9]{{2}})$') and {moment} is not null
            then cast(timezone('Europe/Helsinki', {moment}) as varchar)
            else {text}
        end"""


def day(text: str) -> str:
    """Return SQL for the day of a time; a date that is not whole stays as it is."""
    return f"left({local_time(text)}, 10)"


def clock(text: str) -> str:
    """Return SQL for a time that has an hour, else NULL: midnight would be made up."""
    return f"case when length({text}) > 10 then {local_time(text)} end"


def number(text: str) -> str:
    """Return SQL for a JSON number; with three decimals a text alone would be ambiguous."""
    return f"regexp_replace({text}, '(\\.[0-9]{{3}})$', '\\10')"
