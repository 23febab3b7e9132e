"""The one public function: make a synthetic city."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from fit_warehouse.demo.delivery import CitySummary, with_flaws, write_delivery
from fit_warehouse.demo.flaws import choose_rows, copies, spoil
from fit_warehouse.demo.organisation import price_table, service_table, team_table, worker_table
from fit_warehouse.demo.parameters import Parameters, load_parameters
from fit_warehouse.demo.randomness import Streams
from fit_warehouse.demo.simulation import City, simulate_forms
from fit_warehouse.demo.tables import (
    Kept,
    client_table,
    episode_table,
    number_kept,
    response_table,
    score_columns,
    session_table,
)

FEWEST_FORMS, MOST_FORMS = 200, 5_000_000


def make_city(folder: Path, *, forms: int = 10_000, seed: int = 1) -> CitySummary:
    """Write the landing files of a synthetic city.

    Services, teams that adopt FIT at different dates, families and adults, sessions, forms and the
    slips of real deliveries; the model's numbers and their sources stand in `city.toml`. Every byte
    is a function of `forms` and `seed`.

    Parameters
    ----------
    folder : Path
        Where to write; made if it does not exist, and empty if it does.
    forms : int
        Rows of the table `response`, 200 to 5 000 000; met within 2 %.
    seed : int
        Seed of all chance, not negative.

    Returns
    -------
    CitySummary
        Files, rows of each table and the number of forms.

    Raises
    ------
    ValueError
        If the folder is not an empty folder, or `forms` or `seed` is out of its range.
    """
    check_request(folder, forms, seed)
    parameters, streams = load_parameters(), Streams(seed)
    wanted = forms - copies(parameters.flaws, forms)
    city, keep = simulate_forms(parameters, forms, wanted, streams)
    kept = number_kept(parameters, city, keep, streams)
    tables = other_tables(parameters, city, kept, streams)
    responses = flawed_responses(parameters, city, kept, forms, streams)
    folder.mkdir(parents=True, exist_ok=True)
    return write_delivery(folder, tables, responses, parameters.calendar)


def check_request(folder: Path, forms: int, seed: int) -> None:
    """Raise ValueError unless a city can be made from these arguments."""
    if not FEWEST_FORMS <= forms <= MOST_FORMS:
        raise ValueError(f"forms must be {FEWEST_FORMS} to {MOST_FORMS}, not {forms}")
    if seed < 0:
        raise ValueError(f"seed must not be negative, not {seed}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"folder must be new or empty, but {folder} is not")


def other_tables(
    parameters: Parameters, city: City, kept: Kept, streams: Streams
) -> dict[str, pl.DataFrame]:
    """Return every landing table but `response`."""
    return {
        "service": service_table(city.organisation),
        "team": team_table(city.organisation),
        "worker": worker_table(city.organisation, parameters),
        "unit_price": price_table(parameters),
        "episode": episode_table(parameters, city, kept),
        "episode_client": client_table(parameters, city, kept),
        "session": session_table(parameters, city, kept, streams),
    }


def flawed_responses(
    parameters: Parameters, city: City, kept: Kept, forms: int, streams: Streams
) -> pl.DataFrame:
    """Return the table `response` as it is delivered, planted flaws and copies included."""
    base = city.forms.take(kept.form)
    flaws = choose_rows(parameters, base, city.slots.day[base.slot], forms, streams)
    spoiled = spoil(base, flaws, streams)
    clean_rows = response_table(parameters, city, kept, base, streams)
    spoiled_rows = clean_rows.with_columns(**score_columns(spoiled))
    return with_flaws(spoiled_rows, clean_rows, flaws)
