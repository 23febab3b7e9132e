"""What every section of a page works with: the numbers, the words and the formats."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from fit_warehouse.report.catalogue import Catalogue, load_catalogue
from fit_warehouse.report.errors import ReportError
from fit_warehouse.report.formats import Formats
from fit_warehouse.report.marts import Marts, Outcome, read_marts

Value = TypeVar("Value")

# The order of a page: the client's own word first, then a caretaker's.
GROUP_ORDER = (
    ("CORS", "self"),
    ("ORS", "self"),
    ("CORS", "caretaker"),
    ("ORS", "caretaker"),
    ("CSRS", "self"),
    ("SRS", "self"),
)


class Hideable(Protocol):
    """A row that disclosure control may have emptied."""

    @property
    def is_suppressed(self) -> int: ...  # noqa: D102


class Counted(Hideable, Protocol):
    """A row that says how many observations it rests on."""

    @property
    def n(self) -> int | None: ...  # noqa: D102


class Estimated(Hideable, Protocol):
    """A row with an estimate and its interval."""

    @property
    def estimate(self) -> float | None: ...  # noqa: D102
    @property
    def ci_low(self) -> float | None: ...  # noqa: D102
    @property
    def ci_high(self) -> float | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate that may be shown, whole."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Group:
    """Who rated with what; groups are never pooled."""

    instrument_code: str
    respondent_role: str

    @property
    def code(self) -> str:
        """The group's name in the catalogue."""
        return f"{self.instrument_code}_{self.respondent_role}".lower()


def interval(row: Estimated | None) -> Interval | None:
    """Return the interval of a row that may be shown, else None."""
    if row is None or row.is_suppressed:
        return None
    if row.estimate is None or row.ci_low is None or row.ci_high is None:
        return None
    return Interval(row.estimate, row.ci_low, row.ci_high)


@dataclass(frozen=True, slots=True)
class Page:
    """The numbers of one release and the words of one language."""

    marts: Marts
    catalogue: Catalogue
    formats: Formats

    def text(self, key: str, **slots: str) -> str:
        """Return the sentence of a key."""
        return self.catalogue.text(key, **slots)

    def awaits(self, table: str) -> bool:
        """Return whether the publication was made before there was a table."""
        return table in self.marts.absent

    def cell(self, row: Hideable | None, value: Value | None, show: Callable[[Value], str]) -> str:
        """Return a value as text, or the word for why there is none."""
        if row is None:
            return self.text("value.absent")
        if row.is_suppressed:
            return self.text("value.suppressed")
        return self.text("value.undefined") if value is None else show(value)

    def count_cell(self, row: Counted | None) -> str:
        """Return the number of observations behind a row."""
        return self.cell(row, row.n if row else None, self.formats.integer)

    def share_cell(self, row: Estimated | None) -> str:
        """Return a share with its interval on a second line."""
        shown = interval(row)
        if row is None or shown is None:
            return self.cell(row, None, self.formats.percent)
        share = self.formats.percent(shown.estimate)
        return f"{share}\n{self.formats.percent_range(shown.low, shown.high)}"

    def decimal_cell(self, row: Estimated | None, digits: int = 1, *, signed: bool = False) -> str:
        """Return a mean or an effect size with its interval on a second line."""
        shown = interval(row)
        if row is None or shown is None:
            return self.cell(row, None, self.formats.decimal)
        write = self.formats.signed if signed else self.formats.decimal
        ends = self.formats.decimal_range(shown.low, shown.high, digits)
        return f"{write(shown.estimate, digits)}\n{ends}"

    def spread(
        self,
        values: Sequence[float],
        show: Callable[[float], str],
        show_range: Callable[[float, float], str],
    ) -> str:
        """Return one value, or the least and the greatest of several groups."""
        low, high = min(values), max(values)
        if show(low) == show(high):
            return show(low)
        return self.text("value.spread", range=show_range(low, high))

    def groups(self, kind: str) -> list[Group]:
        """Return the groups that have rows of a kind of instrument (PROM or PREM)."""
        kinds = {row.instrument_code: row.kind for row in self.marts.instruments}
        found = {(row.instrument_code, row.respondent_role) for row in self.marts.outcomes}
        missing = sorted({code for code, _ in found} - kinds.keys())
        if missing:
            raise ReportError(f"instrument {missing[0]} is not in marts.dim_instrument")
        order = {pair: place for place, pair in enumerate(GROUP_ORDER)}
        ranked = sorted(found, key=lambda pair: (order.get(pair, len(order)), pair))
        return [Group(*pair) for pair in ranked if kinds[pair[0]] == kind]

    def group_name(self, group: Group) -> str:
        """Return who rated with what, for tables and charts."""
        if self.catalogue.has(f"group.{group.code}"):
            return self.catalogue.label("group", group.code)
        role = self.catalogue.label("role", group.respondent_role)
        return self.text("group.other", instrument=group.instrument_code, role=role)

    def outcome(self, group: Group, indicator: str) -> Outcome | None:
        """Return the row of one indicator of a group, if there is one.

        Raises
        ------
        ReportError
            When there are several: the page could not say which of them it shows.
        """
        rows = [
            row
            for row in self.marts.outcomes
            if (row.instrument_code, row.respondent_role)
            == (group.instrument_code, group.respondent_role)
            and row.indicator == indicator
        ]
        if len(rows) > 1:
            raise ReportError(
                f"marts.city_outcome has {len(rows)} rows of {group.code} {indicator}"
            )
        return rows[0] if rows else None

    def shown(self, groups: Sequence[Group], *indicators: str) -> list[Interval]:
        """Return every interval of these groups and indicators that may be shown."""
        rows = [self.outcome(group, indicator) for group in groups for indicator in indicators]
        return [found for found in map(interval, rows) if found is not None]

    def level(self) -> str:
        """Return the confidence level of the intervals; 95 % when no row says."""
        levels = {row.ci_level for row in self.marts.outcomes if row.ci_level is not None}
        if len(levels) > 1:
            raise ReportError(f"marts.city_outcome mixes confidence levels {sorted(levels)}")
        return self.formats.percent(levels.pop() if levels else 0.95)


def open_page(database: str, language: str) -> Page:
    """Read the published file that a page is made of.

    Parameters
    ----------
    database
        Path of a DuckDB file after disclosure control.
    language
        Language of the page.

    Returns
    -------
    Page
        Numbers, words and formats together.
    """
    catalogue = load_catalogue(language)
    return Page(read_marts(Path(database), language), catalogue, Formats(language))
