"""What is expected of deliveries: one row of the profile is one landed file.

The fate of each row is decided in SQL when a file lands (fit_warehouse/landing/rules.py). Here the
deliveries are looked at as wholes: that the counts add up, that a file is not mostly quarantined or
skipped, that keys do not repeat without end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from expectations.runner import Finding, validate

SUITE = "intake"
# A delivery of forms of which nearly all are skipped is an export without its scores.
MOST_SKIPPED = 0.95
FEWEST_SCORED = 0.05


def check(profile: Sequence[dict[str, Any]], *, max_quarantined_share: float) -> list[Finding]:
    """Check the profile of all landed files.

    Parameters
    ----------
    profile
        A dictionary per file: file_id, file, table_name, unaccounted, quarantined_share,
        conflicting_share, share_skipped, share_scored (missing where not of forms).
    max_quarantined_share
        The share of a file that may have faults, and the share whose versions may contradict.
    """
    import pandas as pd
    from great_expectations import expectations as gxe

    frame = pd.DataFrame(profile)
    forms = frame[frame["table_name"] == "response"] if len(frame) else frame
    whole = [
        gxe.ExpectTableRowCountToBeBetween(min_value=1, notes="Nothing has been landed"),
        gxe.ExpectColumnValuesToBeUnique(column="file_id", notes="A file is in the ledger twice"),
        gxe.ExpectColumnValuesToBeBetween(
            column="unaccounted",
            min_value=0,
            max_value=0,
            notes="Delivered is not accepted + quarantined + duplicates",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="quarantined_share",
            max_value=max_quarantined_share,
            notes="More of a file is quarantined than land.max_quarantined_share allows",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="conflicting_share",
            max_value=max_quarantined_share,
            notes="Rows came again with other values, and nothing says which version is later "
            "(conflicting_versions; fit quarantine lists the rows). Land all of these files again "
            "with extracted_at in the rows or in a delivery.toml beside them; versions that "
            "contradict within one export have to be mended in the source",
        ),
    ]
    findings = validate(SUITE, frame, whole, label="file")
    if len(forms):
        of_forms = [
            gxe.ExpectColumnValuesToBeBetween(
                column="share_skipped",
                max_value=MOST_SKIPPED,
                notes="Nearly all forms of a file are skipped",
            ),
            gxe.ExpectColumnValuesToBeBetween(
                column="share_scored",
                min_value=FEWEST_SCORED,
                notes="Nearly no form of a file has scores",
            ),
        ]
        findings += validate(f"{SUITE}_forms", forms, of_forms, label="file")
    return findings
