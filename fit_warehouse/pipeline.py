"""The main job, step by step: land, build, measure, check, publish."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from expectations.runner import Finding
from fit_warehouse import build, checks
from fit_warehouse.accounts import Account, accounts
from fit_warehouse.build import Built
from fit_warehouse.errors import DataError
from fit_warehouse.home import Home
from fit_warehouse.landing import ledger, resolve
from fit_warehouse.landing.land import Landing, land
from fit_warehouse.measure.context import Context
from fit_warehouse.measure.measure import measure
from fit_warehouse.progress import Steps
from fit_warehouse.publish import release
from fit_warehouse.publish.release import Published
from fit_warehouse.settings import Settings


@dataclass(frozen=True, slots=True)
class Accounted:
    """Where every row of every landed file is, and what is found about the deliveries."""

    accounts: Sequence[Account]
    findings: Sequence[Finding]


def land_step(settings: Settings, home: Home, steps: Steps) -> Landing:
    """Land the folder; what has landed before is not read.

    Raises
    ------
    DataError
        When a file is refused; the good ones have landed.
    """
    with steps.step("land", "Landing files") as step:
        landing = land(settings, home, progress=step.say)
        if landing.refused:
            raise DataError(refusals(landing))
    return landing


def resolve_step(settings: Settings, home: Home, steps: Steps) -> Accounted:
    """Decide which versions count, where files have landed since the last time, and check them.

    Raises
    ------
    DataError
        When a delivery is not as expected.
    """
    with steps.step("resolve", "Deciding which versions count") as step:
        found = accounts(ledger.landed(home), resolve.ensure(settings, home))
        step.say("checking the deliveries")
        return Accounted(found, checks.intake(settings, home, found))


def refusals(landing: Landing) -> str:
    """Return which files were refused and why, in sentences."""
    lines = [
        f"  {entry.file_name}{f', sheet {entry.sheet}' if entry.sheet else ''}: {entry.refusal}"
        for entry in landing.refused
    ]
    n_files = len(lines)
    return (
        f"{n_files} file{'s' if n_files != 1 else ''} refused, nothing is published:\n"
        + "\n".join(lines)
    )


def build_step(settings: Settings, home: Home, steps: Steps) -> Built:
    """Build the marts."""
    with steps.step("build", "Building the marts") as step:
        return build.build(settings, home, progress=step.say)


def measure_step(settings: Settings, home: Home, steps: Steps, as_of: date | None) -> Context:
    """Compute the statistics."""
    with steps.step("measure", "Computing the statistics"):
        return measure(settings, home, as_of=as_of)


def check_step(settings: Settings, home: Home, steps: Steps) -> Sequence[Finding]:
    """Check what is about to be published."""
    with steps.step("check", "Checking against expectations"):
        return checks.release(settings, home)


def publish_step(
    settings: Settings, home: Home, steps: Steps, context: Context, findings: Sequence[Finding]
) -> Published:
    """Publish one new release."""
    with steps.step("publish", "Making the pages and publishing"):
        return release.publish(settings, home, context, checks.summary(findings))
