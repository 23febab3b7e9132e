"""One look at the columns of a delivered table: what of the work on each row may be left out.

A column of few different values is judged by those. Most of them are sound, and then no row has to
be asked again whether its text has the form of a number, a day or a known code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from fit_warehouse.landing import rules, values
from fit_warehouse.landing.contract import Column, Table


@dataclass(frozen=True, slots=True)
class Look:
    """What is known of the columns of a delivered table.

    Attributes
    ----------
    ragged
        Those with a value that has to be trimmed.
    formed
        Those whose values all have the form of the column's type. Of the columns with many different
        values this is not asked.
    sound
        Those of whose values none breaks a rule that asks for the value alone; asked of the same.
    with_comma
        Those with a comma in a value.
    """

    ragged: frozenset[str]
    formed: frozenset[str]
    sound: frozenset[str]
    with_comma: frozenset[str]


def look(connection: duckdb.DuckDBPyConnection, columns: Sequence[Column]) -> Look:
    """Look at some columns of `delivered`, all in one query."""
    has_few = values.has_few(connection, "delivered", [column.name for column in columns])
    known = values.known(connection, "delivered")
    looks = [
        _few(column, known.get(column.name)) if has_few[column.name] else _many(column)
        for column in columns
    ]
    answers = connection.execute(" union all ".join(looks)).fetchall() if looks else []
    smooth = [answer for answer in answers if not answer[1]]
    return Look(
        ragged=frozenset(name for name, is_ragged, *_ in answers if is_ragged),
        formed=frozenset(name for name, _, is_formed, *_ in smooth if is_formed),
        sound=frozenset(name for name, *_, is_sound, _ in smooth if is_sound),
        with_comma=frozenset(name for name, *_, has_comma in answers if has_comma),
    )


def _many(column: Column) -> str:
    """Return SQL for name, whether ragged, that nothing is known of its form, and whether it has a comma."""
    return (
        f"select '{column.name}' as name, {rules.is_ragged(column)} as is_ragged, "
        f"false as is_formed, false as is_sound, {_has_comma(column)} as has_comma from delivered"
    )


def _few(column: Column, known: str | None) -> str:
    """Return SQL for name, whether ragged, formed and sound, and a comma, by the different values alone.

    `known` is a table of them, where there is one.
    """
    name = column.name
    different = f"from {known}" if known else f"select distinct {name} from delivered"
    own = [f"({rule.condition})" for rule in rules.column_rules(column) if rule.is_own]
    is_broken = f"coalesce(bool_or({' or '.join(own)}), false)" if own else "false"
    return f"""
        select
            '{name}' as name,
            {rules.is_ragged(column)} as is_ragged,
            not coalesce(bool_or(d_{name} is not null and v_{name} is null), false) as is_formed,
            not {is_broken} as is_sound,
            {_has_comma(column)} as has_comma
        from (
            select *, {rules.typed(column)} as v_{name}
            from (select {name}, nullif({name}, '') as d_{name} from ({different}))
        )
    """


def _has_comma(column: Column) -> str:
    if column.type not in rules.NUMBERS:
        return "false"
    return f"coalesce(bool_or(contains({column.name}, ',')), false)"


@dataclass(frozen=True, slots=True)
class Rows:
    """SQL for the rows of a delivered table, which spares what a look has shown to be needless."""

    table: Table
    header: tuple[str, ...]
    look: Look

    def typed(self, rows: str) -> str:
        """Return SQL for rows as text (d_...), in types (v_...), and the times to compare them with."""
        texts = ", ".join(
            f"{self._text(column)} as d_{column.name}" for column in self.table.columns
        )
        values = ", ".join(
            f"{self._value(column)} as v_{column.name}" for column in self.table.columns
        )
        return f"""
            select
                *,
                coalesce(v_extracted_at, moment.extracted_at) as version_at,
                coalesce(v_extracted_at, moment.extracted_at, moment.today) as known_at,
                greatest(moment.extracted_at, moment.today) as latest_at
            from (select *, {values} from (select row_number, {texts} from {rows}))
            cross join moment
        """

    def judged(self, columns: str, rows: str = "delivered") -> str:
        """Return SQL for some columns of typed rows beside the instrument (i) of each form."""
        lookup = "left join instrument as i on i.instrument_code = d_instrument_code"
        return f"""
            select {columns} from ({self.typed(rows)})
            {lookup if self.table.name == "response" else ""}
        """

    def is_bad(self) -> str:
        """Return SQL for whether a row breaks a rule; columns known to be sound break none alone."""
        broken = [
            f"({rule.condition})"
            for of_column in rules.by_column(self.table)
            for rule in of_column
            if not (rule.is_own and rule.column in self.look.sound)
        ]
        return f"coalesce({' or '.join(broken) or 'false'}, false)"

    def _text(self, column: Column) -> str:
        """Return SQL for a column as trimmed text, NULL where it is not in the file."""
        if column.name not in self.header:
            return "null::varchar"
        # An empty text is ragged.
        return rules.trimmed(column) if column.name in self.look.ragged else column.name

    def _value(self, column: Column) -> str:
        """Return SQL for a column in its type."""
        return rules.typed(
            column,
            is_formed=column.name in self.look.formed,
            has_comma=column.name in self.look.with_comma,
        )
