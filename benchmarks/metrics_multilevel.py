"""Processor seconds of multilevel models against lme4, and statsmodels where it is installed.

    .venv/bin/python benchmarks/metrics_multilevel.py [ROWS ...]

700 workers with a random intercept, then with a random slope as well; the same rows for each
program. The time is that of the fit alone, data in memory; ours counts the intervals of everything
in, lme4 and statsmodels fit only. R with lme4 is optional, and so is statsmodels. The machine is
shared, so processor seconds and ratios say more than seconds.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from fit_metrics import multilevel  # noqa: E402 (this checkout's packages first)

WORKERS = 700
LME4 = """
suppressMessages(library(lme4))
arguments <- commandArgs(TRUE)
n <- as.integer(arguments[2])
read <- function(name) readBin(file.path(arguments[1], name), "double", n)
data <- data.frame(score = read("score"), time = read("time"), worker = factor(read("worker")))
formula <- if (arguments[3] == "slope") score ~ time + (time | worker) else score ~ time + (1 | worker)
spent <- system.time(fit <- lmer(formula, data))
cat(spent[["user.self"]] + spent[["sys.self"]], sigma(fit), getME(fit, "theta"), "\\n")
"""


def rows(n: int) -> dict[str, np.ndarray]:
    """Draw scores of workers who differ in level and course."""
    rng = np.random.default_rng(n)
    worker = rng.integers(0, WORKERS, n)
    time_since = rng.integers(0, 12, n).astype(float)
    level, course = rng.normal(size=WORKERS) * 1.5, rng.normal(size=WORKERS) * 0.2
    score = 20.0 + 0.4 * time_since + level[worker] + course[worker] * time_since
    score += rng.normal(size=n) * 6.0
    return {"score": np.round(score, 1), "time": time_since, "worker": worker.astype(float)}


def timed(call: Callable[[], multilevel.MixedModel]) -> tuple[float, multilevel.MixedModel]:
    """Give the processor seconds of a call, the least of three, and what it gave."""
    spent = []
    for _ in range(3):
        started = time.process_time()
        result = call()
        spent.append(time.process_time() - started)
    return min(spent), result


def ours(data: dict[str, np.ndarray], kind: str) -> tuple[float, multilevel.MixedModel]:
    """Time our fit, with every interval."""
    worker = data["worker"].astype(np.int64)
    if kind == "slope":
        return timed(lambda: multilevel.random_slope(data["score"], data["time"], worker))
    return timed(
        lambda: multilevel.random_intercept(data["score"], worker, covariates=data["time"])
    )


def lme4(data: dict[str, np.ndarray], kind: str) -> tuple[float, list[float]] | None:
    """Time lme4, or give None where R or lme4 is missing."""
    program = shutil.which("Rscript")
    if program is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        for name, column in data.items():
            column.tofile(Path(folder) / name)
        command = [program, "-e", LME4, folder, str(data["score"].size), kind]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return None
    spent, *numbers = map(float, done.stdout.split())
    return spent, numbers


def statsmodels(data: dict[str, np.ndarray], kind: str) -> float | None:
    """Time statsmodels, or give None where it is missing."""
    if importlib.util.find_spec("statsmodels") is None:
        return None
    from statsmodels.regression.mixed_linear_model import MixedLM

    fixed = np.column_stack([np.ones(data["score"].size), data["time"]])
    random = fixed if kind == "slope" else fixed[:, :1]
    started = time.process_time()
    MixedLM(data["score"], fixed, groups=data["worker"], exog_re=random).fit()
    return time.process_time() - started


def main(sizes: list[int]) -> None:
    """Print the table."""
    print("| rows | model | ours, CPU s | lme4, CPU s | ratio | statsmodels, CPU s | ratio |")
    print("| ---: | --- | ---: | ---: | ---: | ---: | ---: |")
    for size in sizes:
        data = rows(size)
        for kind in ("intercept", "slope"):
            spent, model = ours(data, kind)
            cells = [f"{size:,}".replace(",", " "), f"random {kind}", f"{spent:.2f}"]
            peer = lme4(data, kind)
            if peer is not None:
                found = [model.sigma, *model.theta]
                if not np.allclose(found, peer[1], rtol=1e-3, atol=1e-4):
                    sys.exit(f"the programs disagree: {found} and {peer[1]}")
            for other in (peer and peer[0], statsmodels(data, kind)):
                cells += ["–", "–"] if other is None else [f"{other:.2f}", f"{other / spent:.0f}"]
            print("|", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [100_000, 1_000_000])
