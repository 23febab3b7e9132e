"""Calibration: what a simulated city shows, against what is published.

    python -m fit_warehouse.demo.calibration

prints the table of docs/method/simulator.md. Every figure is taken from the delivered files alone, as
an analyst would; only the ICC of workers uses the truth, for the worker with whom an episode began.
"""

from __future__ import annotations

import sys
import tempfile
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import polars as pl

from fit_warehouse.demo import truth
from fit_warehouse.demo.city import make_city
from fit_warehouse.demo.randomness import Floats, Ints
from fit_warehouse.demo.study import Switches, study_parameters

FORMS, SEED, TEAMS = 400_000, 1, 50
ITEMS = [f"item_{number}" for number in range(1, 5)]
PROM, PREM = ["ORS", "CORS"], ["SRS", "CSRS"]
CHANGE = 6.0
CEILING, MANY_SESSIONS = 39.0, 20


@dataclass(frozen=True, slots=True)
class Target:
    """A published aggregate and the band in which the city's own figure must lie."""

    text: str
    published: str
    band: list[float]
    source: str

    def holds(self, value: float) -> bool:
        """Return whether a simulated figure lies within the band."""
        return self.band[0] <= value <= self.band[1]


def targets() -> dict[str, Target]:
    """Return the targets of `calibration.toml` by name."""
    text = files("fit_warehouse.demo").joinpath("calibration.toml").read_text(encoding="utf-8")
    return {name: Target(**values) for name, values in tomllib.loads(text).items()}


def simulated(landing: Path) -> dict[str, float]:
    """Return the city's own figure for each target."""
    city = Files(landing)
    return {**outcome(city), **courses(city), **experience(city), **agreement(city)}


class Files:
    """The delivered files that calibration reads, each once."""

    def __init__(self, landing: Path) -> None:
        self.landing = landing
        self.episode = read(landing, "episode")
        self.session = read(landing, "session")
        forms = pl.concat(
            read(landing, path.stem) for path in sorted(landing.glob("response_*.csv"))
        )
        sound = truth.read(landing, "form").filter(pl.col("fate") == "accepted")
        self.forms = forms.join(sound.select("source_record_id"), on="source_record_id").filter(
            pl.sum_horizontal(pl.col(ITEMS).is_not_null()) == len(ITEMS)
        )
        adopted = read(landing, "team").select("team_code", "fit_adopted_on")
        self.with_fit = self.episode.join(adopted, on="team_code").filter(
            pl.col("closed_on").is_not_null() & (pl.col("opened_on") >= pl.col("fit_adopted_on"))
        )


def read(landing: Path, stem: str) -> pl.DataFrame:
    """Return a delivered file in the dialect that it is written in."""
    path = landing / f"{stem}.csv"
    with path.open("rb") as file:
        is_finnish = file.read(3) == b"\xef\xbb\xbf"
    # Types are given, not guessed: a guess would have to read every row first.
    texts = pl.read_csv(path, separator=";" if is_finnish else ",", infer_schema=False)
    numbers = [column for column in texts.columns if column in {*ITEMS, "total"}]
    days = [column for column in texts.columns if column.endswith(("_on", "session_date"))]
    return texts.with_columns(
        pl.col(numbers).str.replace(",", ".", literal=True).cast(pl.Float64),
        pl.col(days).str.to_date("%Y-%m-%d"),
    )


def series(city: Files) -> pl.DataFrame:
    """Return first, second and last total of the index clients' own series in episodes with FIT."""
    index = read(city.landing, "episode_client").filter(pl.col("role") == "index")
    own = city.forms.filter(
        pl.col("instrument_code").is_in(PROM) & (pl.col("respondent_role") == "self")
    )
    own = own.join(index.select("episode_ref", "client_ref"), on=["episode_ref", "client_ref"])
    own = own.join(city.with_fit.select("episode_ref", "service_code"), on="episode_ref")
    keys = ["episode_ref", "client_ref", "instrument_code", "service_code"]
    return (
        own.sort("session_date", "source_record_id")
        .group_by(keys, maintain_order=True)
        .agg(
            pl.len().alias("n"),
            pl.col("total").first().alias("first"),
            pl.col("total").get(1, null_on_oob=True).alias("second"),
            pl.col("total").last().alias("last"),
        )
        .with_columns((pl.col("last") - pl.col("first")).round(1).alias("change"))
    )


def outcome(city: Files) -> dict[str, float]:
    """Return intake, change and the ICC of workers."""
    every = series(city)
    is_adult = pl.col("service_code") == "adult_social_work"
    adult = every.filter(is_adult)["first"].to_numpy()
    ors = pl.col("instrument_code") == "ORS"
    adolescent = every.filter(ors & ~is_adult)["first"].to_numpy()
    child = every.filter(~ors)["first"].to_numpy()
    pairs = every.filter(pl.col("n") >= 2)
    change = pairs["change"].to_numpy()
    two = pairs.filter(ors)
    return {
        "intake_mean_adult": float(adult.mean()),
        "intake_sd_adult": float(adult.std(ddof=1)),
        "intake_mean_adolescent": float(adolescent.mean()),
        "intake_mean_child": float(child.mean()),
        "intake_sd_child": float(child.std(ddof=1)),
        "change_mean": float(change.mean()),
        "share_improved": float((change >= CHANGE).mean()),
        "share_deteriorated": float((change <= -CHANGE).mean()),
        "retest_ors": float(np.corrcoef(two["first"].to_numpy(), two["second"].to_numpy())[0, 1]),
        "icc_worker": icc_of_workers(city, pairs),
    }


def icc_of_workers(city: Files, pairs: pl.DataFrame) -> float:
    """Return the intraclass correlation of workers in change, given intake and service."""
    worker = truth.read(city.landing, "episode").select("episode_ref", "worker_ref")
    joined = pairs.join(worker, on="episode_ref")
    dummies = joined.select("service_code", "instrument_code").to_dummies(drop_first=True)
    design = np.column_stack([np.ones(joined.height), joined["first"], dummies.to_numpy()])
    change = joined["change"].to_numpy()
    coefficients = np.linalg.lstsq(design, change, rcond=None)[0]
    _, group = np.unique(joined["worker_ref"].to_numpy(), return_inverse=True)
    return anova_icc(change - design @ coefficients, group)


def anova_icc(values: Floats, group: Ints) -> float:
    """Return the one-way ANOVA estimate of the intraclass correlation for groups of unequal size."""
    n = np.bincount(group)
    mean = np.bincount(group, weights=values) / n
    between = np.sum(n * (mean - values.mean()) ** 2) / (n.size - 1)
    within = np.sum((values - mean[group]) ** 2) / (values.size - n.size)
    size = (values.size - np.sum(n**2) / values.size) / (n.size - 1)
    return float((between - within) / (between + (size - 1) * within))


def courses(city: Files) -> dict[str, float]:
    """Return how long episodes with FIT last and how they end."""
    attended = city.session.filter(pl.col("attendance") == "attended")
    number = attended.group_by("episode_ref").len("sessions")
    sessions = city.with_fit.join(number, on="episode_ref")["sessions"].to_numpy()
    return {
        "sessions_mean": float(sessions.mean()),
        "sessions_sd": float(sessions.std(ddof=1)),
        "sessions_twenty": float((sessions >= MANY_SESSIONS).mean()),
        "drop_out": city.with_fit.select(pl.col("ending_code").eq("unilateral").mean()).item(),
        "no_show": city.session.select(pl.col("attendance").eq("no_show").mean()).item(),
    }


def experience(city: Files) -> dict[str, float]:
    """Return how clients rate their meetings."""
    total = city.forms.filter(pl.col("instrument_code").is_in(PREM))["total"].to_numpy()
    return {"prem_mean": float(total.mean()), "prem_ceiling": float((total >= CEILING).mean())}


def agreement(city: Files) -> dict[str, float]:
    """Return Cronbach's alpha of each kind of form."""
    kinds = {"alpha_ors": ["ORS"], "alpha_cors": ["CORS"], "alpha_prem": PREM}
    return {
        name: alpha(city.forms.filter(pl.col("instrument_code").is_in(kind))[ITEMS].to_numpy())
        for name, kind in kinds.items()
    }


def alpha(items: Floats) -> float:
    """Return Cronbach's alpha of a matrix of persons by items."""
    n = items.shape[1]
    ratio = items.var(axis=0, ddof=1).sum() / items.sum(axis=1).var(ddof=1)
    return float(n / (n - 1) * (1 - ratio))


def table(values: dict[str, float]) -> list[str]:
    """Return the lines of the table."""
    lines = [
        "| figure | simulated | published | band | source |",
        "| --- | ---: | --- | --- | --- |",
    ]
    for name, target in targets().items():
        low, high = target.band
        shown = f"{values[name]:.3f}" if high < 1 else f"{values[name]:.2f}"
        lines.append(
            f"| {target.text} | {shown} | {target.published} | {low:g} to {high:g} | {target.source} |"
        )
    return lines


def city_values() -> dict[str, float]:
    """Return the figures of the city that the table is made from."""
    with tempfile.TemporaryDirectory() as name:
        landing = Path(name) / "landing"
        parameters = study_parameters(Switches(teams=TEAMS))
        make_city(landing, forms=FORMS, seed=SEED, parameters=parameters)
        return simulated(landing)


def main() -> int:
    """Print the table; the exit code is 1 when a figure lies outside its band."""
    values = city_values()
    sys.stdout.write("\n".join(table(values)) + "\n")
    outside = [name for name, target in targets().items() if not target.holds(values[name])]
    for name in outside:
        sys.stderr.write(f"{name} = {values[name]:.4f} is outside {targets()[name].band}\n")
    return 1 if outside else 0


if __name__ == "__main__":
    sys.exit(main())
