"""Numbers and dates as a reader of the language writes them.

Rounding is half up and happens here and nowhere earlier. Sources of the Finnish forms: the European
Union's interinstitutional style guide (decimal comma, groups of three, spaces before signs) and
Kielitoimiston ohjepankki (en dash in ranges, the minus sign).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from babel.dates import format_date
from babel.numbers import format_decimal

NO_BREAK_SPACE = "\u00a0"
MINUS = "\u2212"
EN_DASH = "\u2013"

Number = int | float | Decimal

# Swedish short dates come out in ISO form, which Finland's Swedish does not use in running text.
_DATE_PATTERN = {"fi": "d.M.y", "sv": "d.M.y", "en": "d MMMM y"}


def _rounded(value: Number, digits: int) -> Decimal:
    """Round half up from the shortest decimal text of `value`, so that 0.125 gives 0.13."""
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    rounded = exact.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    return rounded if rounded else abs(rounded)


@dataclass(frozen=True, slots=True)
class Formats:
    """Format functions of one language.

    Parameters
    ----------
    language
        A language code that Babel knows: fi, sv or en.
    """

    language: str

    def decimal(self, value: Number, digits: int = 1) -> str:
        """Return `value` with a fixed number of decimals: `1 234,5`, `−0,3`."""
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        text = format_decimal(_rounded(value, digits), format=pattern, locale=self.language)
        return text.replace("-", MINUS).replace("\u202f", NO_BREAK_SPACE)

    def integer(self, value: Number) -> str:
        """Return a count with grouped thousands: `12 345`."""
        return self.decimal(value, 0)

    def signed(self, value: Number, digits: int = 1) -> str:
        """Return a difference with its sign: `+5,4`, `−1,0`; a rounded zero has none."""
        sign = "+" if _rounded(value, digits) > 0 else ""
        return sign + self.decimal(value, digits)

    def percent_number(self, share: Number, digits: int = 0) -> str:
        """Return a share between 0 and 1 as a percentage without its sign: `42`."""
        return self.decimal(Decimal(repr(share)) * 100, digits)

    def percent(self, share: Number, digits: int = 0) -> str:
        """Return a share between 0 and 1 as `42 %`."""
        sign = "%" if self.language == "en" else f"{NO_BREAK_SPACE}%"
        return self.percent_number(share, digits) + sign

    def percent_range(self, low: Number, high: Number, digits: int = 0) -> str:
        """Return an interval of shares as `41–52 %`."""
        return f"{self.percent_number(low, digits)}{EN_DASH}{self.percent(high, digits)}"

    def decimal_range(self, low: Number, high: Number, digits: int = 1) -> str:
        """Return an interval as `4,1–6,3`; an end below zero gets air around the dash."""
        ends = (self.decimal(low, digits), self.decimal(high, digits))
        negative = any(end.startswith(MINUS) for end in ends)
        dash = f"{NO_BREAK_SPACE}{EN_DASH}{NO_BREAK_SPACE}" if negative else EN_DASH
        return dash.join(ends)

    def euro(self, amount: Number, digits: int = 0) -> str:
        """Return an amount of money as `2 888 €`."""
        if self.language == "en":
            return f"€{self.decimal(amount, digits)}"
        return f"{self.decimal(amount, digits)}{NO_BREAK_SPACE}€"

    def signed_euro(self, amount: Number, digits: int = 0) -> str:
        """Return a difference of money with its sign: `+230 €`, `−160 €`."""
        sign = "+" if _rounded(amount, digits) > 0 else ""
        return sign + self.euro(amount, digits)

    def euro_range(self, low: Number, high: Number, digits: int = 0) -> str:
        """Return a range of money as `1 200–2 888 €`."""
        if self.language == "en":
            return f"{self.euro(low, digits)} {EN_DASH} {self.euro(high, digits)}"
        return f"{self.decimal_range(low, high, digits)}{NO_BREAK_SPACE}€"

    def day(self, day: date) -> str:
        """Return a day as `12.8.2025`."""
        return format_date(day, _DATE_PATTERN[self.language], locale=self.language)

    def date_range(self, first: date, last: date) -> str:
        """Return a period as `1.10.2024–30.9.2025`."""
        dash = f" {EN_DASH} " if self.language == "en" else EN_DASH
        return f"{self.day(first)}{dash}{self.day(last)}"

    def quarter(self, first_day: date) -> str:
        """Return the quarter that begins on `first_day` as `3/2025`."""
        return f"{(first_day.month + 2) // 3}/{first_day.year}"

    def chart_locale(self) -> dict[str, object]:
        """Return the same conventions as a number locale of d3, for the axes of charts."""
        finnish = self.language != "en"
        return {
            "decimal": "," if finnish else ".",
            "thousands": NO_BREAK_SPACE if finnish else ",",
            "grouping": [3],
            "currency": ["", f"{NO_BREAK_SPACE}€"] if finnish else ["€", ""],
            "percent": f"{NO_BREAK_SPACE}%" if finnish else "%",
            "minus": MINUS,
        }
