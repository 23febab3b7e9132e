"""Hand the expectations what they look at, keep their findings, and stop when one does not hold."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

import expectations.intake
import expectations.published
from expectations.runner import Finding
from fit_warehouse import database
from fit_warehouse.accounts import Account
from fit_warehouse.errors import DataError
from fit_warehouse.home import Home, write_json
from fit_warehouse.measure.tables import read
from fit_warehouse.publish import stage, switch
from fit_warehouse.settings import Settings

# What an indicator can be at least and at most; means of scores are bounded by their instrument.
SHARE_BOUNDS = (0.0, 1.0)


def intake(settings: Settings, home: Home, accounts: Sequence[Account]) -> list[Finding]:
    """Check the deliveries that have landed."""
    of_files = Counter[str]()
    conflicting = Counter[str]()
    for account in accounts:
        of_files[account.entry.sha256] += account.delivered
        conflicting[account.entry.sha256] += account.conflicting
    profile = [
        {
            "file_id": account.entry.file_id,
            "file": account.entry.file_name,
            "table_name": account.entry.table_name,
            "delivered": account.delivered,
            "unaccounted": account.unaccounted,
            "quarantined_share": account.share(account.entry.rows_quarantined),
            # Over the whole file: a part of few rows is soon half of them.
            "conflicting_share": conflicting[account.entry.sha256]
            / max(of_files[account.entry.sha256], 1),
            "share_skipped": account.entry.profile.get("share_skipped"),
            "share_scored": account.entry.profile.get("share_scored"),
        }
        for account in accounts
    ]
    return _stop_on_failure(
        home,
        expectations.intake.check(
            profile, max_quarantined_share=settings.land.max_quarantined_share
        ),
    )


def release(settings: Settings, home: Home) -> list[Finding]:
    """Check the measured marts against what they can be and against the last publication."""
    connection = database.connect(
        home.build_database, settings.build, temporary=home.path / "spill", read_only=True
    )
    before = _last_restricted(settings, home)
    try:
        if before is not None:
            database.attach(connection, before, "before")
        findings = expectations.published.check(
            _counts(connection, before is not None), _estimates(connection, before is not None)
        )
    finally:
        connection.close()
    return _stop_on_failure(home, findings)


def _last_restricted(settings: Settings, home: Home) -> Path | None:
    """Return the last publication's restricted database, when it is of the same kind of data."""
    manifest = switch.current_manifest(settings.paths.published)
    path = settings.paths.published / switch.CURRENT / stage.RESTRICTED_DATABASE
    if manifest is None or not path.is_file():
        return None
    # Another synthetic city is another city: there is nothing to compare it with.
    return None if manifest.get("is_synthetic") else path


def _counts(connection: duckdb.DuckDBPyConnection, has_before: bool) -> list[dict[str, Any]]:
    names = ("fct_response", "fct_session", "fct_episode", "fct_early_ending", "dim_team")
    counted = []
    for name in names:
        (now,) = read(connection, f"select count(*) as n from marts.{name}")
        row = {"table_name": name, "n_rows": now["n"], "share_of_before": None}
        if has_before:
            (then,) = read(connection, f"select count(*) as n from before.marts.{name}")
            row["share_of_before"] = now["n"] / then["n"] if then["n"] else None
        counted.append(row)
    return counted


def _estimates(connection: duckdb.DuckDBPyConnection, has_before: bool) -> list[dict[str, Any]]:
    joined = (
        "left join before.metrics.city_outcome as earlier "
        "using (instrument_code, respondent_role, indicator)"
    )
    step = "case when indicator like 'mean%' then now.estimate - earlier.estimate end"
    return read(
        connection,
        f"""
        select
            instrument_code || ' ' || respondent_role || ' ' || indicator as line,
            now.estimate, now.ci_low, now.ci_high,
            case
                when indicator like 'share%' then {SHARE_BOUNDS[0]}
                when indicator in ('mean_intake', 'mean_last', 'mean_prem_last') then total_min
            end as lowest,
            case
                when indicator like 'share%' then {SHARE_BOUNDS[1]}
                when indicator in ('mean_intake', 'mean_last', 'mean_prem_last') then total_max
            end as highest,
            {step if has_before else "cast(null as double)"} as step
        from metrics.city_outcome as now
        inner join marts.dim_instrument using (instrument_code)
        {joined if has_before else ""}
        order by line
        """,
    )


def _stop_on_failure(home: Home, findings: list[Finding]) -> list[Finding]:
    """Keep the findings beside the build, and raise when one does not hold.

    Raises
    ------
    DataError
        With every expectation that does not hold and the rows that break it.
    """
    if findings:
        name = findings[0].suite.split("_")[0]
        write_json(
            home.path / "checks" / f"{name}.json",
            [dataclasses.asdict(finding) for finding in findings],
        )
    failed = [finding for finding in findings if not finding.success]
    if failed:
        raise DataError(
            "the data failed a check, nothing is published:\n"
            + "\n".join(f"  {finding.sentence}" for finding in failed)
        )
    return findings


def summary(*suites: Sequence[Finding]) -> list[dict[str, Any]]:
    """Return findings as the manifest keeps them."""
    return [
        {"suite": finding.suite, "expectation": finding.expectation, "success": finding.success}
        for findings in suites
        for finding in findings
    ]
