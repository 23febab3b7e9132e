"""Where a column of the contract comes from in an extract, and its SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fit_warehouse.landing.contract import Column, Table
from fit_warehouse.landing.names import literal

EXCEL = "excel"  # a date as the number of days since the end of 1899
KEEP, EMPTY = "keep", "empty"

DAY, MOMENT = "%Y-%m-%d", "%Y-%m-%d %H:%M:%S"
DAYS = r"^[0-9]{1,6}([.,][0-9]+)?$"


@dataclass(frozen=True, slots=True)
class Source:
    """How one column is made; which attributes go together is checked when a mapping is read.

    Attributes
    ----------
    columns : tuple of str
        Columns of the extract, joined with `separator`; missing where one of them is.
    constant : str or None
        The same text in every row.
    values : dict of str to str
        The contract's code for each code of the extract.
    unmapped : str
        What a code without a pair becomes: itself ("keep"), missing ("empty"), or this code.
    date : str
        How a date is written: a format as "%d.%m.%Y", or "excel".
    decimal : str
        The decimal mark; the other mark and spaces may stand between thousands.
    yes, no : tuple of str
        Words for 1 and 0, in small letters.
    """

    columns: tuple[str, ...] = ()
    separator: str = "|"
    constant: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    unmapped: str = KEEP
    date: str = ""
    decimal: str = ""
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()

    def sql(self, column: Column, names: Mapping[str, str]) -> str:
        """Return the column's SQL; `names` says what the extract's columns are called there."""
        if self.constant is not None:
            return literal(self.constant)
        mark = f" || {literal(self.separator)} || "
        text = f"({mark.join(names[name] for name in self.columns)})"
        if self.values:
            return self._code(text)
        if self.yes or self.no:
            yes, no = (", ".join(map(literal, words or ("",))) for words in (self.yes, self.no))
            return (
                f"case when lower({text}) in ({yes}) then '1' "
                f"when lower({text}) in ({no}) then '0' else {text} end"
            )
        if self.date:
            return self._date(text, DAY if column.type == "date" else MOMENT)
        return self._number(text) if self.decimal else text

    def _code(self, text: str) -> str:
        whens = " ".join(
            f"when {literal(old)} then nullif({literal(new)}, '')"
            for old, new in self.values.items()
        )
        other = {KEEP: text, EMPTY: "null"}.get(self.unmapped, literal(self.unmapped))
        return f"case when {text} is null then null else case {text} {whens} else {other} end end"

    def _date(self, text: str, written: str) -> str:
        """Return SQL for a date as the contract writes it; another text stays as it is."""
        if self.date == EXCEL:
            seconds = f"round(86400 * try_cast(replace({text}, ',', '.') as double))"
            moment = f"timestamp '1899-12-30' + to_seconds(cast({seconds} as bigint))"
            return (
                f"case when regexp_matches({text}, '{DAYS}') "
                f"then strftime({moment}, '{written}') else {text} end"
            )
        moment = f"try_strptime({text}, {literal(self.date)})"
        return f"coalesce(strftime({moment}, '{written}'), {text})"

    def _number(self, text: str) -> str:
        """Return SQL for a number with a decimal point and without marks between thousands."""
        mark, other = (",", ".") if self.decimal == "," else (".", ",")
        plain = rf"^[+-]?[0-9]+([{mark}][0-9]+)?$"
        grouped = rf"^[+-]?[0-9]{{1,3}}([{other} ][0-9]{{3}})+([{mark}][0-9]+)?$"
        spaced = f"replace({text}, chr(160), ' ')"
        bare = f"replace(replace({spaced}, ' ', ''), '{other}', '')"
        pointed = f"replace({bare}, '{mark}', '.')"
        # A fourth decimal says that three digits are decimals.
        number = rf"regexp_replace({pointed}, '(\.[0-9]{{3}})$', '\10')"
        is_number = f"regexp_matches({text}, '{plain}') or regexp_matches({spaced}, '{grouped}')"
        return f"case when {is_number} then {number} else {text} end"


@dataclass(frozen=True, slots=True)
class MappedPart:
    """Rows of one table of the contract that an extract gives.

    Attributes
    ----------
    name : str
        Tells parts of one table apart.
    only : dict of str to tuple of str
        Columns of the extract and the values that rows of this part have in them.
    is_distinct : bool
        Whether equal rows are given once.
    """

    table: Table
    sources: Mapping[str, Source]
    name: str = ""
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    is_distinct: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns of the extract that the part needs."""
        read = (name for source in self.sources.values() for name in source.columns)
        return tuple(dict.fromkeys((*read, *self.only)))

    def origin(self) -> dict[str, str]:
        """Return what the extract calls each column of the contract."""
        return {
            name: " + ".join(source.columns)
            for name, source in self.sources.items()
            if source.columns
        }

    def sql(self, names: Mapping[str, str]) -> dict[str, str]:
        """Return SQL for each column of the contract."""
        return {name: source.sql(self.table[name], names) for name, source in self.sources.items()}

    def where(self, names: Mapping[str, str]) -> str:
        """Return SQL for the rows of this part."""
        conditions = [
            f"{names[name]} in ({', '.join(map(literal, values))})"
            for name, values in self.only.items()
        ]
        return " and ".join(conditions) or "true"
