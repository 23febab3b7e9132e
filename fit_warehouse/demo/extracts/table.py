"""What the monthly extracts of one table consist of."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class Extracts:
    """A table in monthly extracts.

    Attributes
    ----------
    files : dict of str to DataFrame
        Landing files by stem.
    corrections : DataFrame
        Landing table `correction`: rows that are deleted later.
    truth : DataFrame
        Rows that are not simply accepted: `table_name`, `key`, `flaw`, `fate`.
    """

    files: dict[str, pl.DataFrame]
    corrections: pl.DataFrame
    truth: pl.DataFrame
