"""Blocks: the city in pieces of a fixed number of forms, each made without knowing any other.

A block is a function of the parameters, the organisation, the seed and its own number. So blocks may
be made in any order and by any number of processes; written in the order of their numbers they give
the same bytes, and only a few of them are in memory at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl

from fit_warehouse.demo import truth
from fit_warehouse.demo.avoided import avoided_table
from fit_warehouse.demo.dialect import FileBody, csv_body
from fit_warehouse.demo.extracts import monthly_extracts, withdrawn_rows
from fit_warehouse.demo.flaws import Flaws, choose_rows, copies, spoil, with_flaws
from fit_warehouse.demo.forms import Forms
from fit_warehouse.demo.openfit import openfit_files, teams_with_totals
from fit_warehouse.demo.organisation import Organisation
from fit_warehouse.demo.parameters import Parameters
from fit_warehouse.demo.randomness import Ints, Streams
from fit_warehouse.demo.simulation import City, simulate_forms
from fit_warehouse.demo.tables import (
    EPISODE_NUMBERS,
    Kept,
    client_table,
    episode_table,
    number_kept,
    response_table,
    score_columns,
    session_table,
)

# Small enough for its arrays to stay near the processor, large enough for few calls per form.
BLOCK_FORMS = 65_536
# The last block takes what is left up to this much more, rather than leaving a tiny one behind.
LARGEST_REST = 2_000
# A year or a month at the end of a file's name.
TIME_IN_NAME = re.compile(r"_\d{4}(-\d{2})?$")


Layout = Literal["landing", "monthly", "openfit"]
LAYOUTS: tuple[Layout, ...] = ("landing", "monthly", "openfit")


@dataclass(frozen=True, slots=True)
class Plan:
    """What every block of a city is made from."""

    parameters: Parameters
    organisation: Organisation
    seed: int
    truth: Path
    layout: Layout = "landing"


@dataclass(frozen=True, slots=True)
class Block:
    """One block: its number, its rows of `response`, and those of all blocks before."""

    number: int
    forms: int
    before: int


@dataclass(frozen=True, slots=True)
class BlockFiles:
    """What a block adds to each landing file, by the stem of the file's name."""

    bodies: dict[str, FileBody]
    rows: dict[str, int]
    forms: int


def blocks(forms: int) -> Iterator[Block]:
    """Yield the blocks of a city of `forms` form rows."""
    number, before = 0, 0
    while before < forms:
        left = forms - before
        size = left if left <= BLOCK_FORMS + LARGEST_REST else BLOCK_FORMS
        yield Block(number, size, before)
        number, before = number + 1, before + size


def make_block(plan: Plan, block: Block) -> BlockFiles:
    """Return what a block adds to the landing files, and write its part of the truth."""
    streams = Streams(plan.seed, block.number)
    wanted = block.forms - copies(plan.parameters.flaws, block.forms)
    city, keep = simulate_forms(plan.parameters, plan.organisation, wanted, streams)
    if keep.size > EPISODE_NUMBERS:
        raise ValueError(f"block {block.number} has more episodes than it has numbers for")
    kept = number_kept(plan.parameters, city, keep, block.before, streams)
    tables = {
        "episode": episode_table(plan.parameters, city, kept),
        "episode_client": client_table(plan.parameters, city, kept),
        "session": session_table(plan.parameters, city, kept, streams),
        "avoided_service": avoided_table(plan.parameters, city, kept, streams),
    }
    base = city.forms.take(kept.form)
    day = city.slots.day[base.slot]
    flaws = choose_rows(plan.parameters, base, day, block.forms, streams)
    responses = flawed_responses(plan.parameters, city, kept, base, flaws, streams)
    withdrawn: Ints = np.zeros(0, dtype=np.int64)
    if plan.layout == "monthly":
        withdrawn = withdrawn_rows(plan.parameters, base, flaws, day, streams)
    forms = truth.form_truth(kept, base, flaws, withdrawn)
    truth.write(plan.truth, "form", forms, block.number)
    truth.write(plan.truth, "client", truth.client_truth(city, kept, block.number), block.number)
    episodes = truth.episode_truth(plan.parameters, city, kept, block.number)
    truth.write(plan.truth, "episode", episodes, block.number)
    files = in_layout(plan, tables, responses, withdrawn, streams)
    rows: dict[str, int] = {}
    for stem, frame in files.items():
        table = TIME_IN_NAME.sub("", stem)
        rows[table] = rows.get(table, 0) + frame.height
    return BlockFiles(
        bodies={stem: csv_body(stem, frame) for stem, frame in files.items()},
        rows=rows,
        forms=responses.height,
    )


def in_layout(
    plan: Plan,
    tables: dict[str, pl.DataFrame],
    responses: pl.DataFrame,
    withdrawn: Ints,
    streams: Streams,
) -> dict[str, pl.DataFrame]:
    """Return the files of a block in the layout of the plan, by stem."""
    if plan.layout == "openfit":
        totals_only = teams_with_totals(plan.parameters, plan.organisation, Streams(plan.seed))
        return openfit_files(plan.parameters, tables, responses, totals_only)
    if plan.layout == "monthly":
        monthly = monthly_extracts(plan.parameters, tables, responses, withdrawn, streams)
        truth.write(plan.truth, "row", monthly.truth, streams.block)
        return monthly.files
    return {**tables, **response_files(responses)}


def flawed_responses(
    parameters: Parameters, city: City, kept: Kept, base: Forms, flaws: Flaws, streams: Streams
) -> pl.DataFrame:
    """Return the table `response` as it is delivered, planted flaws and copies included."""
    rows = response_table(parameters, city, kept, spoil(base, flaws, streams), streams)
    right_scores = score_columns(base.take(flaws.redelivered))
    return with_flaws(rows, rows[flaws.redelivered].with_columns(**right_scores), flaws)


def response_files(responses: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return the table `response` by calendar year, under the names of its files."""
    years = responses["file_year"]
    rows = responses.drop("file_year")
    return {f"response_{year}": rows.filter(years == year) for year in years.unique().sort()}
