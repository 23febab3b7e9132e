"""Rows of a registry of one's own: a long scale on which less is better, beside a short one."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fit_warehouse import registry

Row = dict[str, str]
Write = Callable[..., Path]

# Beck Depression Inventory: 21 items of 0 to 3 points; 0 to 13 is minimal (Beck, Steer & Brown 1996).
BDI = {
    "instrument_code": "BDI",
    "name_fi": "Beckin depressiokysely (BDI)",
    "name_sv": "Becks depressionsformulär (BDI)",
    "name_en": "Beck's Depression Inventory (BDI)",
    "kind": "PROM",
    "item_count": "21",
    "item_min": "0",
    "item_max": "3",
    "score_step": "1",
    "direction": "lower_is_better",
    "is_scored": "1",
    "is_zero_total_valid": "1",
    "age_min": "13",
    "age_max": "",
    "parameter_group": "adult",
    "source": "Beck, Steer & Brown 1996",
}
# Seggar, Lambert & Hansen 2002, Behavior Therapy 33(2): 8.46 points, so 9 whole ones.
BDI_ADULT = {
    "parameter_set": "pcoms",
    "instrument_code": "BDI",
    "parameter_group": "adult",
    "respondent_role": "self",
    "cutoff": "14",
    "cutoff_is_functional": "0",
    "reliable_change": "9",
    "reliable_change_inclusive": "1",
    "sd_reference": "",
    "reliability": "",
    "source": "Beck, Steer & Brown 1996; Seggar, Lambert & Hansen 2002",
    "valid_from": "2002-01-01",
}
# Invented: an experience form of one item on which less is better.
BURDEN = {
    **BDI,
    "instrument_code": "BURDEN",
    "kind": "PREM",
    "item_count": "1",
    "item_max": "10",
    "source": "invented",
}
BURDEN_ADULT = {
    **BDI_ADULT,
    "instrument_code": "BURDEN",
    "cutoff": "3",
    "cutoff_is_functional": "1",
    "reliable_change": "",
    "reliable_change_inclusive": "",
    "source": "invented",
}


@pytest.fixture(autouse=True)
def shipped_afterwards() -> Iterator[None]:
    """Let no other test see the registry of this one."""
    yield
    registry.forget()


def text(rows: list[Row], delimiter: str = ",") -> str:
    written = io.StringIO(newline="")
    writer = csv.DictWriter(written, list(rows[0]), delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue()


def write(folder: Path, instruments: list[Row], parameters: list[Row]) -> Path:
    """Write a registry, and return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in (("instrument", instruments), ("instrument_parameter", parameters)):
        if rows:
            (folder / f"{name}.csv").write_text(text(rows), encoding="utf-8")
    return folder
