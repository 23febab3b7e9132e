"""The truth beside the data: what no delivery holds, as Parquet next to the landing folder.

It is for judging methods on synthetic data. It never lies inside a landing folder, so it is neither
landed nor published. `read` is the one way to it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl

from fit_warehouse.demo.columns import codes, refs
from fit_warehouse.demo.endings import CODES, End
from fit_warehouse.demo.episodes import in_months
from fit_warehouse.demo.flaws import Flaws
from fit_warehouse.demo.forms import Forms
from fit_warehouse.demo.next_episodes import KINDS
from fit_warehouse.demo.organisation import Organisation, team_codes, worker_refs
from fit_warehouse.demo.parameters import Parameters
from fit_warehouse.demo.parts import fit_gain
from fit_warehouse.demo.randomness import Ints
from fit_warehouse.demo.savings import prices, used_units
from fit_warehouse.demo.simulation import City
from fit_warehouse.demo.tables import EPISODE_NUMBERS, Kept, in_number_order

FOLDER = "truth"
Table = Literal["form", "episode", "client", "row", "team", "worker", "queue"]
IN_BLOCKS = ("form", "episode", "client", "row")
# What becomes of the rows of a record, by the reason codes of seeds/reason.csv where there is one.
FATES = {
    "item_out_of_range": "row_quarantined",
    "total_mismatch": "row_quarantined",
    "wrong_century": "row_quarantined",
    "duplicate": "duplicate",
    "redelivered": "superseded",
    "unknown_team": "kept_flagged",
    "orphan_session": "kept_flagged",
    "all_zero": "kept_flagged",
    "withdrawn": "deleted",
}
CLEAN = "accepted"


def folder_of(landing: Path) -> Path:
    """Return where the truth about a landing folder lies: beside it, under its name."""
    landing = landing.absolute()
    return landing.parent / FOLDER / landing.name


def read(landing: Path, table: Table) -> pl.DataFrame:
    """Return a table of the truth about a synthetic city.

    Parameters
    ----------
    landing : Path
        The city's landing folder.
    table : {'form', 'episode', 'client', 'row', 'team', 'worker', 'queue'}
        Which table; their columns stand in docs/method/simulator.md. Only monthly extracts have `row`.

    Returns
    -------
    DataFrame
        In the order in which the city was made.

    Raises
    ------
    FileNotFoundError
        If there is no truth about this folder.
    """
    folder = folder_of(landing)
    parts = sorted((folder / table).glob("*.parquet"))
    if not parts:
        raise FileNotFoundError(f"there is no truth about {landing}: no {folder / table}")
    frame = pl.concat([pl.read_parquet(part) for part in parts])
    if table == "form":
        record = refs("R", frame["record"].cast(pl.Int64).to_numpy()).alias("source_record_id")
        frame = frame.select(record, pl.exclude("record"))
    return frame


def parameters_of(landing: Path) -> dict[str, object]:
    """Return the arguments that a city was made with."""
    text = (folder_of(landing) / "city.json").read_text(encoding="utf-8")
    arguments: dict[str, object] = json.loads(text)
    return arguments


def prepare(folder: Path, arguments: dict[str, object]) -> None:
    """Make the folders and write down the arguments; what lies there of an earlier city goes."""
    for table in (*IN_BLOCKS, "team", "worker", "queue"):
        (folder / table).mkdir(parents=True, exist_ok=True)
        for part in (folder / table).glob("*.parquet"):
            part.unlink()
    text = json.dumps(arguments, indent=2, default=str) + "\n"
    (folder / "city.json").write_text(text, encoding="utf-8", newline="\n")


def write(folder: Path, table: Table, frame: pl.DataFrame, block: int = 0) -> None:
    """Write a block's part of a table."""
    path = folder / table / f"{block:05d}.parquet"
    # The lowest level takes two thirds of the time and a tenth more room than the usual one.
    frame.write_parquet(path, compression="zstd", compression_level=1, statistics=False)


def team_truth(organisation: Organisation) -> pl.DataFrame:
    """Return the true effect of each team on its clients' gain, points."""
    return pl.DataFrame(
        {"team_code": team_codes(organisation)[0], "team_effect": organisation.team_gain}
    )


def worker_truth(organisation: Organisation) -> pl.DataFrame:
    """Return the true effects of each worker: on clients' gain, and on the log odds of a form."""
    return pl.DataFrame(
        {
            "worker_ref": worker_refs(organisation),
            "worker_effect": organisation.worker_gain,
            "form_log_odds": organisation.worker_log_odds,
        }
    )


def queue_truth(organisation: Organisation) -> pl.DataFrame:
    """Return the mean wait of each service by month, days, and the one without FIT."""
    waits, services = organisation.waits, organisation.services
    n_months = waits.months.size
    month = waits.months.astype("datetime64[M]").astype("datetime64[D]")
    return pl.DataFrame(
        {
            "service_code": np.repeat([service.code for service in services], n_months),
            "month": np.tile(month, len(services)),
            "mean_wait_days": waits.mean.ravel(),
            "mean_wait_days_without_fit": np.repeat(waits.usual, n_months),
        }
    )


def client_truth(city: City, kept: Kept, block: int) -> pl.DataFrame:
    """Return the true family of each client."""
    episode, place = np.nonzero(kept.client)
    family = city.people.family[episode]
    frame = pl.DataFrame(
        {
            "client_ref": kept.client[episode, place],
            "family": family + 1 + EPISODE_NUMBERS * block,
        }
    ).unique(maintain_order=True)
    return frame.with_columns(refs("C", frame["client_ref"].to_numpy()).alias("client_ref"))


def episode_truth(parameters: Parameters, city: City, kept: Kept, block: int) -> pl.DataFrame:
    """Return the true course and end of each delivered episode, with FIT and without."""
    rows = in_number_order(kept.episode)
    episodes, ends, organisation = city.episodes, city.endings, city.organisation
    worker = organisation.worker_on(episodes.post, episodes.opened)
    price = prices(parameters, episodes, city.people)
    used, without = (
        used_units(parameters, episodes, city.slots, end, price.bills_no_shows)
        for end in (ends.actual, ends.without_fit)
    )
    links = city.links
    columns = {
        "family": city.people.family + 1 + EPISODE_NUMBERS * block,
        "opened_with_fit": episodes.fit_from <= episodes.opened,
        "start": city.index_courses.start,
        "gain": city.index_courses.gain,
        "gain_from_fit": fit_gain(parameters, episodes),
        "used_units": used,
        "used_units_without_fit": without,
        "unit_rate_eur": price.rate,
        "n_paid": price.n_paid,
        "saving_eur": (without - used) * price.rate * price.n_paid,
        "exists_without_fit": links.exists_without_fit,
        "days_waited": episodes.waited,
        "days_waited_without_fit": episodes.waited_without_fit,
    }
    earlier = np.where(links.earlier >= 0, kept.episode[links.earlier], 0)
    return pl.DataFrame(
        {
            "episode_ref": refs("E", kept.episode[rows]),
            "worker_ref": codes(worker_refs(organisation), worker[rows]),
            **{name: values[rows] for name, values in columns.items()},
            "unit": codes(["session", "month"], in_months(parameters)[episodes.service[rows]] * 1),
            **ending_columns("", ends.actual, rows),
            **ending_columns("_without_fit", ends.without_fit, rows),
            "next_of": refs("E", earlier[rows]),
            "next_kind": codes(KINDS, links.kind[rows]),
            "leads_to": codes(KINDS, links.leads_to[rows]),
            "leads_to_without_fit": codes(KINDS, links.leads_to_without_fit[rows]),
        }
    )


def ending_columns(suffix: str, end: End, rows: Ints) -> dict[str, pl.Series]:
    """Return the true ending code and closing day of the given episodes."""
    return {
        f"ending_code{suffix}": codes(CODES, end.code[rows]),
        f"closed_on{suffix}": pl.Series(end.closed[rows].astype("datetime64[D]")),
    }


def form_truth(kept: Kept, base: Forms, flaws: Flaws, withdrawn: Ints) -> pl.DataFrame:
    """Return for each record the true total, the chance of being filled in, flaw and fate."""
    names = list(FATES)
    flaw = np.full(base.rater.size, -1, dtype=np.int64)
    for number, name in enumerate(names):
        flaw[withdrawn if name == "withdrawn" else getattr(flaws, name)] = number
    return pl.DataFrame(
        {
            # As a number, which is a tenth of the size; `read` makes the reference of it.
            "record": np.arange(1, base.rater.size + 1, dtype=np.int32) + kept.first_record,
            "true_total": base.level.astype(np.float32),
            "filled_chance": base.chance.astype(np.float32),
            "flaw": codes(names, flaw),
            "fate": codes([*FATES.values(), CLEAN], np.where(flaw < 0, len(names), flaw)),
        }
    )
