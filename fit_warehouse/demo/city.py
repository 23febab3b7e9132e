"""The one public function: make a synthetic city."""

from __future__ import annotations

import dataclasses
from functools import partial
from pathlib import Path

import polars as pl

from fit_warehouse.demo import truth
from fit_warehouse.demo.blocks import LAYOUTS, Layout, Plan, blocks, make_block
from fit_warehouse.demo.checks import check
from fit_warehouse.demo.delivery import CitySummary, Delivery
from fit_warehouse.demo.dialect import csv_body
from fit_warehouse.demo.organisation import (
    assumption_table,
    build_organisation,
    fit_cost_table,
    price_table,
    service_table,
    team_table,
    worker_table,
)
from fit_warehouse.demo.parallel import in_order
from fit_warehouse.demo.parameters import Parameters, load_parameters
from fit_warehouse.demo.pilot import with_queues
from fit_warehouse.demo.randomness import Streams
from fit_warehouse.demo.rollout import survey_table
from fit_warehouse.demo.space import check_space

FEWEST_FORMS, MOST_FORMS = 200, 100_000_000


def make_city(
    folder: Path,
    *,
    forms: int = 10_000,
    seed: int = 1,
    processes: int = 1,
    parameters: Parameters | None = None,
    layout: Layout = "landing",
) -> CitySummary:
    """Write the landing files of a synthetic city, and the truth about it beside them.

    Services, teams that adopt FIT at different dates, families and adults, sessions, forms and the
    slips of real deliveries; the model's numbers and their sources stand in `city.toml`. Every byte
    is a function of `forms`, `seed` and `parameters`. The truth about `x/landing` lies in
    `x/truth/landing` and is read by `fit_warehouse.demo.truth.read`.

    Parameters
    ----------
    folder : Path
        Where to write; made if it does not exist, and empty if it does.
    forms : int
        Rows of the table `response`, 200 to 100 000 000; met within 2 %.
    seed : int
        Seed of all chance, not negative.
    processes : int
        Processes that make the city together; their number changes no byte. Several of them pay
        from about a million forms, and need a script that is safe to import.

    parameters : Parameters, optional
        Numbers of the model, as `fit_warehouse.demo.study.study_parameters` returns them for a
        study; without them those of `city.toml`.
    layout : {'landing', 'monthly', 'openfit'}
        Tables of the intake contract; the same with forms, sessions, episodes and their clients in
        monthly overlapping extracts, the forms under the software's own ids; or import files of
        OpenFIT.

    Returns
    -------
    CitySummary
        Files, rows of each table and the number of forms.

    Raises
    ------
    ValueError
        If the folder is not an empty folder, `forms`, `seed`, `processes` or a parameter is out of
        its range, or the disk has too little room.
    """
    check_request(folder, forms, seed, processes)
    if layout not in LAYOUTS:
        raise ValueError(f"layout must be one of {', '.join(LAYOUTS)}, not {layout}")
    parameters = parameters or load_parameters()
    check(parameters)
    check_space(folder, forms, layout)
    streams = Streams(seed)
    organisation = build_organisation(parameters, forms, streams)
    organisation = with_queues(parameters, organisation, streams)
    plan = Plan(parameters, organisation, seed, truth.folder_of(folder), layout)
    folder.mkdir(parents=True, exist_ok=True)
    made_with = {"forms": forms, "seed": seed, "parameters": dataclasses.asdict(parameters)}
    truth.prepare(plan.truth, made_with)
    truth.write(plan.truth, "team", truth.team_truth(organisation))
    truth.write(plan.truth, "worker", truth.worker_truth(organisation))
    truth.write(plan.truth, "queue", truth.queue_truth(organisation))
    delivery = Delivery(folder)
    standing = standing_tables(plan) if layout != "openfit" else {}
    for name, frame in standing.items():
        delivery.add({name: csv_body(name, frame)}, {name: frame.height})
    for made in in_order(partial(make_block, plan), blocks(forms), processes):
        delivery.add(made.bodies, made.rows, made.forms)
    return delivery.finish(parameters.calendar)


def check_request(folder: Path, forms: int, seed: int, processes: int) -> None:
    """Raise ValueError unless a city can be made from these arguments."""
    if not FEWEST_FORMS <= forms <= MOST_FORMS:
        raise ValueError(f"forms must be {FEWEST_FORMS} to {MOST_FORMS}, not {forms}")
    if seed < 0:
        raise ValueError(f"seed must not be negative, not {seed}")
    if processes < 1:
        raise ValueError(f"processes must be 1 or more, not {processes}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"folder must be new or empty, but {folder} is not")


def standing_tables(plan: Plan) -> dict[str, pl.DataFrame]:
    """Return the landing tables of the organisation, which all blocks share."""
    return {
        "service": service_table(plan.organisation),
        "team": team_table(plan.organisation),
        "worker": worker_table(plan.organisation, plan.parameters),
        "unit_price": price_table(plan.parameters),
        "cost_assumption": assumption_table(plan.parameters),
        "fit_cost": fit_cost_table(plan.parameters),
        "survey_response": survey_table(plan.parameters, plan.organisation, Streams(plan.seed)),
    }
