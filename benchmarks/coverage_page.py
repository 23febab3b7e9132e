"""The page docs/method/coverage.md, from the cases and their results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.coverage_case import Case
from fit_metrics._share_limits import share_limits

if TYPE_CHECKING:
    from benchmarks.coverage_table import Key, Result

SIMULATION_LEVEL = 0.99
HOLDS, OUTSIDE = "holds", "outside the domain"
TOO_LITTLE, TOO_MUCH = "does not hold: covers too little", "does not hold: wider than it says"

INTRODUCTION = """\
# Coverage of the intervals

Finnish: luottamusvälien peittävyys.

How often an interval holds the true value, each method on data drawn with a known truth. The method
states its property and its domain; the mark says whether the property held. This page is written by
`benchmarks/coverage_table.py` from the cases in `benchmarks/coverage/` and the results in
`benchmarks/coverage_results.csv` (seeds there, one for each case, made of its name);
`tests/metrics/test_coverage_page.py` holds them together. Do not edit it. Fewer replications than
10 000 are those of methods that draw resamples or fit models, and of rows outside a domain.

- *Approximate* methods promise 93 to 97 % for 95 %: the mark asks the share that was found itself,
  with no allowance for chance. *Exact* ones promise the level, "at least" it or "exact"; the mark asks
  whether the simulation error's interval reaches it.
- *Simulation error*: a 99 % interval of the share. A replication that gives several intervals (of units
  or teams) counts as one, which makes it too wide if anything.
- *Outside the domain*: the method promises nothing there, and the row shows what that costs.
- Coverage is of the model that was drawn. It says nothing of forms that are missing for a reason, of
  clients who were not drawn, or of a comparison that is not fair.
"""


def mark(case: Case, result: Result) -> str:
    """Say in words whether the property of a case held."""
    bounds = case.bounds()
    if bounds is None:
        return OUTSIDE
    share = result.covered / result.intervals
    low, high = share, share
    if bounds[0] == bounds[1] or bounds[1] == 1.0:
        low, high = simulation_limits(case, result)
    if high < bounds[0]:
        return TOO_LITTLE
    return TOO_MUCH if low > bounds[1] else HOLDS


def simulation_limits(case: Case, result: Result) -> tuple[float, float]:
    """Give Wilson's limits of the share; a mean of shares varies no more than a single one."""
    share = result.covered / result.intervals
    if case.is_enumerated:
        return share, share
    n = float(result.replications)
    limits = share_limits(np.array([share * n]), np.array([n]), "wilson", SIMULATION_LEVEL)
    return float(limits[0][0]), float(limits[1][0])


def page(cases: Mapping[Key, Case], results: Mapping[Key, Result]) -> str:
    """Write the page; a case without a result has a row that says so."""
    lines = [INTRODUCTION]
    for module in sorted({_public_module(case) for case in cases.values()}):
        lines += [f"## {module}", "", *_table(module, cases, results), ""]
    lines.append(ENDING)
    return "\n".join(lines)


def _public_module(case: Case) -> str:
    return case.method.partition(".")[0]


def _table(module: str, cases: Mapping[Key, Case], results: Mapping[Key, Result]) -> list[str]:
    lines = [
        "| method | domain | nominal property | replications | covered | simulation error | mark |",
        "| --- | --- | --- | ---: | ---: | --- | --- |",
    ]
    for key, case in cases.items():
        if _public_module(case) == module:
            cells = [f"`{case.method}`", case.domain, case.nominal]
            cells += _found(case, results[key]) if key in results else ["0", "–", "–", "not run"]
            lines.append(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |")
    return lines


def _found(case: Case, result: Result) -> list[str]:
    share = result.covered / result.intervals
    digits = 2 if share > 0.99 else 1
    low, high = (f"{100 * limit:.{digits}f}" for limit in simulation_limits(case, result))
    word = mark(case, result)
    if word != HOLDS:
        word = f"**{word}**. {case.instead}".strip()
    return [
        "enumerated" if case.is_enumerated else f"{result.replications:,}".replace(",", " "),
        f"{100 * share:.{digits}f} %",
        "none" if case.is_enumerated else f"{low}–{high} %",
        word,
    ]


ENDING = """\
## Not on this page

The same intervals under another name: the shares of `rates.dropout`, `rates.talking_therapies`,
`rates.icce_indices`, `scale.straight_lining` and `scale.end_shares` are `rates.wilson`; the means of
`survey.construct_scores` are `rates.mean_interval`; functions that take moments, sums or groups
(`..._from_stats`, `..._from_sums`, `..._groups`, `share_intervals`) give the interval of the function that
takes the rows.

Without a case so far: the profile intervals of variances in `multilevel.random_intercept`, of the
residual variance, of the correlation and the ICC in `multilevel.random_slope`; shrunken means of models
with two levels; `pre_post_d` with `clusters`; `funnel.limits` with "t" and "arcsine"; `share_difference`
and `paired_share_difference` for shares beyond 0.1 and 0.9.
"""
