"""Write the city down as a delivery: streams of landing files and a `delivery.toml`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from fit_warehouse.demo.dialect import FileBody
from fit_warehouse.demo.parameters import Calendar

NOTE = "Synteettinen aineisto / Synthetic data: no row describes a real person, team or service."


@dataclass(frozen=True, slots=True)
class CitySummary:
    """What was written.

    Attributes
    ----------
    files : tuple of Path
        Landing files in the order of their names, `delivery.toml` not included.
    rows : dict of str to int
        Rows of each landing table.
    forms : int
        Rows of the table `response`, planted flaws included.
    """

    files: tuple[Path, ...]
    rows: dict[str, int]
    forms: int


@dataclass(slots=True)
class Delivery:
    """Landing files that grow while the city is made; each begins when its first rows come.

    None is held open: years of months of several tables are more files than some systems allow.
    """

    folder: Path
    rows: dict[str, int] = field(default_factory=dict)
    forms: int = 0
    _begun: set[str] = field(default_factory=set)

    def add(self, bodies: dict[str, FileBody], rows: dict[str, int], forms: int = 0) -> None:
        """Append rows to the files and count them for their tables."""
        for stem, body in bodies.items():
            is_new = stem not in self._begun
            self._begun.add(stem)
            with (self.folder / f"{stem}.csv").open("xb" if is_new else "ab") as file:
                if is_new:
                    file.write(body.header)
                file.writelines(body.rows)
        self.forms += forms
        for table, number in rows.items():
            self.rows[table] = self.rows.get(table, 0) + number

    def finish(self, calendar: Calendar) -> CitySummary:
        """Write `delivery.toml` last, so that a folder without it was never finished."""
        text = f'extracted_at = {calendar.extracted_at.isoformat()}\nsynthetic = true\nnote = "{NOTE}"\n'
        (self.folder / "delivery.toml").write_text(text, encoding="utf-8", newline="\n")
        return CitySummary(
            files=tuple(sorted(self.folder / f"{stem}.csv" for stem in self._begun)),
            rows=dict(self.rows),
            forms=self.forms,
        )
