"""What is expected of a release: plausible in itself, and no break with the last publication.

dbt tests say what must hold between rows; these say what a reader would stumble over.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from expectations.runner import Finding, validate

SUITE = "published"
# Forms and episodes are added, not taken away: a tenth fewer is a lost file, not a correction.
FEWEST_OF_LAST = 0.90
# A service's mean outcome does not move by more than this from one publication to the next.
LARGEST_STEP_IN_POINTS = 4.0

# Of two columns of a line, the first may never be below the second.
ORDER = (
    ("estimate", "lowest", "An estimate is lower than its indicator can be"),
    ("highest", "estimate", "An estimate is higher than its indicator can be"),
    ("estimate", "ci_low", "An interval lies above its estimate"),
    ("ci_high", "estimate", "An interval lies below its estimate"),
)


def check(counts: Sequence[dict[str, Any]], estimates: Sequence[dict[str, Any]]) -> list[Finding]:
    """Check what is about to be published.

    Parameters
    ----------
    counts
        A dictionary per mart: table_name, n_rows, n_rows_before (None without a last publication),
        share_of_before.
    estimates
        A dictionary per line of city_outcome: line, indicator, estimate, ci_low, ci_high, lowest,
        highest (what the indicator can be), step (from the last publication's estimate, or None).
    """
    import pandas as pd
    from great_expectations import expectations as gxe

    findings = validate(
        f"{SUITE}_marts",
        pd.DataFrame(counts),
        [
            gxe.ExpectColumnValuesToBeBetween(
                column="share_of_before",
                min_value=FEWEST_OF_LAST,
                notes="A table has lost more than a tenth of its rows since the last publication",
            ),
        ],
        label="table_name",
    )
    if not estimates:
        return findings
    lines = [
        *(
            gxe.ExpectColumnPairValuesAToBeGreaterThanB(
                column_A=higher,
                column_B=lower,
                or_equal=True,
                ignore_row_if="either_value_is_missing",
                notes=notes,
            )
            for higher, lower, notes in ORDER
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="step",
            min_value=-LARGEST_STEP_IN_POINTS,
            max_value=LARGEST_STEP_IN_POINTS,
            notes="A mean has moved by more points than it does between two publications",
        ),
    ]
    return findings + validate(f"{SUITE}_estimates", pd.DataFrame(estimates), lines, label="line")
