"""Planted flaws: the slips that real deliveries have, each in a small share of the form rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fit_warehouse.demo.course import ITEM_STEPS, ITEMS
from fit_warehouse.demo.forms import MISSING, Forms
from fit_warehouse.demo.parameters import FlawParameters, Parameters
from fit_warehouse.demo.randomness import Ints, Streams
from fit_warehouse.demo.working_time import day_number

UNKNOWN_TEAM = "team_999"
ORPHAN_SESSION = "S-9999999"
YEARS_IN_A_CENTURY = 100
DAYS_UNTIL_CORRECTED = 30
LARGEST_SLIP = 90
JUST_TOO_MUCH, NO_ANSWER = 101, -10


@dataclass(frozen=True, slots=True)
class Flaws:
    """Rows of the forms that carry each flaw; no row carries two."""

    item_out_of_range: Ints
    total_mismatch: Ints
    all_zero: Ints
    wrong_century: Ints
    unknown_team: Ints
    orphan_session: Ints
    duplicate: Ints
    redelivered: Ints


def wanted_counts(rules: FlawParameters, forms: int) -> dict[str, int]:
    """Return how many rows carry each flaw in a city of `forms` form rows."""
    return {name: round(getattr(rules, name) * forms) for name in Flaws.__dataclass_fields__}


def copies(rules: FlawParameters, forms: int) -> int:
    """Return the rows that duplicates and corrections add to the forms."""
    counts = wanted_counts(rules, forms)
    return counts["duplicate"] + counts["redelivered"]


def choose_rows(
    parameters: Parameters, base: Forms, day: Ints, forms: int, streams: Streams
) -> Flaws:
    """Return the rows to spoil among complete forms in files that are large enough.

    Parameters
    ----------
    parameters : Parameters
        The city's numbers.
    base : Forms
        Forms without flaws.
    day : (n_forms,) array
        Session day of each form.
    forms : int
        Size of the city, from which the number of flaws follows.
    streams : Streams
        Source of chance.
    """
    rules = parameters.flaws
    years = day.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64)
    _, file_number, file_size = np.unique(years, return_inverse=True, return_counts=True)
    is_complete = (base.items != MISSING).all(axis=1) & (base.total != MISSING)
    latest = day_number(parameters.calendar.last_session) - DAYS_UNTIL_CORRECTED
    fits = is_complete & (file_size[file_number] >= rules.smallest_file) & (day <= latest)
    rows = streams.named("flaws").permutation(np.flatnonzero(fits))
    chosen: dict[str, Ints] = {}
    for name, count in wanted_counts(rules, forms).items():
        chosen[name], rows = np.sort(rows[:count]), rows[count:]
    return Flaws(**chosen)


def spoil(base: Forms, flaws: Flaws, streams: Streams) -> Forms:
    """Return the forms with wrong marks and totals in the chosen rows, first versions included."""
    rng = streams.named("slips")
    items, total = base.items.copy(), base.total.copy()
    rows = flaws.item_out_of_range
    column = rng.integers(0, ITEMS, rows.size)
    lost_point = items[rows, column] * 10
    lost_point = np.where(lost_point > ITEM_STEPS, lost_point, JUST_TOO_MUCH)
    slip = rng.integers(0, 3, rows.size)
    items[rows, column] = np.choose(slip, [lost_point, JUST_TOO_MUCH, NO_ANSWER])
    items[flaws.all_zero] = 0
    rows = flaws.redelivered
    column = rng.integers(0, ITEMS, rows.size)
    # Any mark but the right one, on a circle of 101 marks.
    step = rng.integers(1, ITEM_STEPS, rows.size, endpoint=True)
    items[rows, column] = (items[rows, column] + step) % (ITEM_STEPS + 1)
    for changed in (flaws.item_out_of_range, flaws.all_zero, flaws.redelivered):
        total[changed] = items[changed].sum(axis=1)
    rows = flaws.total_mismatch
    slip = rng.integers(10, LARGEST_SLIP, rows.size, endpoint=True)
    too_high = total[rows] + slip > ITEM_STEPS * ITEMS
    total[rows] += np.where(too_high, -slip, slip)
    return Forms(base.rater, base.slot, base.instrument, base.skip_reason, items, total)
