"""The instrument registry: the rows of the package, and those that an organisation adds to them.

Landing, build and the contract ask `current()`. Which folder's rows are in it is said by `use`, once
at the start of a command: the intake contract is asked in very many places, and is one in a run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fit_warehouse import project
from fit_warehouse.registry import own_rows
from fit_warehouse.registry.cells import Row

TABLES = ("instrument", "instrument_parameter")


@dataclass(frozen=True, slots=True)
class Registry:
    """Instruments and their thresholds, as text.

    Attributes
    ----------
    instruments, parameters
        All rows, those of the package first; columns as in seeds/.
    added
        The organisation's own rows alone, by the name of the seed that they are added to.
    """

    instruments: Sequence[Row]
    parameters: Sequence[Row]
    added: Mapping[str, Sequence[Row]] = field(default_factory=dict)

    @property
    def max_items(self) -> int:
        """Return the largest item count of an instrument."""
        return max(int(row["item_count"]) for row in self.instruments)

    @property
    def parameter_sets(self) -> tuple[str, ...]:
        """Return the names of the parameter sets, sorted."""
        return tuple(sorted({row["parameter_set"] for row in self.parameters}))


def of(folder: Path | None) -> Registry:
    """Return the package's registry with the rows of a folder added.

    Parameters
    ----------
    folder
        May hold instrument.csv and instrument_parameter.csv; need not exist. None: the package alone.

    Raises
    ------
    UsageError
        When a row cannot be added, with file, line, column and what to do.
    """
    shipped = {name: project.seed(name) for name in TABLES}
    added = own_rows.read(folder, shipped) if folder is not None else {}
    instruments, parameters = ([*shipped[name], *added.get(name, ())] for name in TABLES)
    return Registry(instruments, parameters, {name: rows for name, rows in added.items() if rows})


_current: Registry | None = None


def use(folder: Path) -> Registry:
    """Let `current` be the registry with the rows of this folder; see `of`."""
    global _current
    _current = of(folder)
    return _current


def current() -> Registry:
    """Return the registry in use; the package's own as long as no folder has been named."""
    global _current
    if _current is None:
        _current = of(None)
    return _current


def forget() -> None:
    """Let the package's own registry be the one in use."""
    global _current
    _current = None
