"""The command `fit`. Exit codes: 0 well, 1 the data failed a check, 2 usage, 3 crashed."""

from __future__ import annotations

import dataclasses
import signal
import sys
import traceback
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer
from rich.console import Console

from fit_warehouse import registry
from fit_warehouse import settings as settings_module
from fit_warehouse.commands import erase, key, quarantine
from fit_warehouse.errors import FitError, UsageError
from fit_warehouse.home import Home
from fit_warehouse.settings import HELSINKI, Settings

if TYPE_CHECKING:
    from types import FrameType

    from fit_warehouse.progress import Steps

app = typer.Typer(
    name="fit",
    help="Analytics warehouse for Feedback-Informed Treatment. The main job is: fit run",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

LandingOption = Annotated[
    Path | None,
    # What is wrong with a folder is said by the command itself, in one way for all.
    typer.Option("--landing", help="Folder with the files to land.", readable=False),
]
AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", help="Count as if today were this day, as 2026-10-31."),
]


def _console() -> Console:
    # A pipe or a log file has no width: lines are not to be broken there.
    return Console(soft_wrap=True, highlight=False)


def _say(lines: Iterable[str]) -> None:
    console = _console()
    for line in lines:
        console.print(line, markup=False, highlight=False)


class _Place(NamedTuple):
    """Where a command works."""

    settings: Settings
    home: Home
    is_default_city: bool


def _place(landing: Path | None = None) -> _Place:
    """Return the settings and the home of a command: without anybody's files the synthetic city's."""
    from fit_warehouse import demo_data

    settings = settings_module.load()
    registry.use(settings.paths.registry)
    if landing is not None:
        paths = dataclasses.replace(settings.paths, landing=landing)
        settings = dataclasses.replace(settings, paths=paths)
    is_default_city = demo_data.is_default(settings)
    if is_default_city:
        settings = demo_data.own_home(settings)
    return _Place(settings, Home(settings.paths.home), is_default_city)


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise UsageError(f"--as-of {text}: write the day as 2026-10-31") from None
    if day > datetime.now(HELSINKI).date():
        raise UsageError(f"--as-of {text}: the day is still to come, and a quarter may not be over")
    return day


@app.command()
def run(landing: LandingOption = None, as_of: AsOfOption = None) -> None:
    """Do the main job: land, build, measure, check and publish."""
    from fit_warehouse import demo_data, pipeline, summary
    from fit_warehouse.progress import steps
    from fit_warehouse.publish import release

    (settings, home, is_default_city), day = _place(landing), _day(as_of)
    with home.locked(), steps(_console(), home) as shown:
        if is_default_city:
            _make_city(settings, shown)
        release.check_replaceable(settings, is_synthetic=demo_data.is_synthetic(settings.landing))
        landed = pipeline.land_step(settings, home, shown)
        _say(summary.landed(landed))
        accounted = pipeline.resolve_step(settings, home, shown)
        _say(summary.fates(accounted.accounts))
        built = pipeline.build_step(settings, home, shown)
        context = pipeline.measure_step(settings, home, shown, day)
        findings = pipeline.check_step(settings, home, shown)
        published = pipeline.publish_step(
            settings, home, shown, context, [*accounted.findings, *findings]
        )
    _say(summary.built(home, settings, built))
    _say(summary.found(published.open_database, settings))
    _say(summary.published(published))


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(help="An empty or new folder.")],
    forms: Annotated[int | None, typer.Option(help="How many forms, about.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    processes: Annotated[
        int | None, typer.Option(help="Processes that share the work; they change no byte.")
    ] = None,
    preset: Annotated[str | None, typer.Option(help="A size: city, county or nation.")] = None,
    months: Annotated[int | None, typer.Option(help="Length of the period.")] = None,
    teams: Annotated[int | None, typer.Option(help="Number of teams.")] = None,
    effect: Annotated[
        float | None, typer.Option(help="Effect of FIT: 1 as assumed, 0 none.")
    ] = None,
    parameters: Annotated[
        Path | None, typer.Option(help="A TOML file with numbers of your own for the model.")
    ] = None,
    layout: Annotated[
        str,
        typer.Option(help="landing, monthly (overlapping extracts) or openfit (its import files)."),
    ] = "landing",
) -> None:
    """Make the landing files of a synthetic city, and the truth about it beside them."""
    from fit_warehouse import demo_data
    from fit_warehouse.demo.study import Switches

    switches = Switches(months=months, teams=teams, effect=effect, own=parameters)
    size, switches = demo_data.sized(preset, forms, switches)
    _say(
        demo_data.write(
            folder, forms=size, seed=seed, processes=processes, switches=switches, layout=layout
        )
    )


@app.command()
def land(
    landing: LandingOption = None,
    explain: Annotated[
        Path | None,
        typer.Option("--explain", help="Say what this file would give; nothing is landed."),
    ] = None,
    write_mapping: Annotated[
        Path | None,
        typer.Option("--write-mapping", help="With --explain: where to write a proposed mapping."),
    ] = None,
) -> None:
    """Land files: check, refuse or quarantine with a reason, pseudonymise, append."""
    from fit_warehouse import pipeline, summary
    from fit_warehouse.progress import steps

    if explain is not None:
        from fit_warehouse.landing.adapters.mapping import explain as explaining

        _say(explaining.explain(settings_module.load(), explain, write_mapping))
        return
    if write_mapping is not None:
        raise UsageError("--write-mapping goes with --explain: fit land --explain FILE")
    settings, home, is_default_city = _place(landing)
    if is_default_city:
        raise UsageError(
            f"there are no files in {settings.paths.home.parent / 'landing'}. Put files there, or name "
            "their folder: fit land --landing FOLDER. A synthetic city: fit run"
        )
    with home.locked(), steps(_console(), home) as shown:
        landed = pipeline.land_step(settings, home, shown)
    _say(summary.landed(landed))


@app.command()
def build() -> None:
    """Build the marts from what has landed."""
    from fit_warehouse import pipeline, summary
    from fit_warehouse.landing import ledger
    from fit_warehouse.progress import steps

    settings, home, _ = _place()
    with home.locked(), steps(_console(), home) as shown:
        if ledger.landed(home):  # else build says what is missing
            pipeline.resolve_step(settings, home, shown)
        built = pipeline.build_step(settings, home, shown)
    _say(summary.built(home, settings, built))


@app.command()
def measure(as_of: AsOfOption = None) -> None:
    """Compute the statistics of the built marts."""
    from fit_warehouse import pipeline, summary
    from fit_warehouse.progress import steps

    (settings, home, _), day = _place(), _day(as_of)
    with home.locked(), steps(_console(), home) as shown:
        _require_build(home)
        context = pipeline.measure_step(settings, home, shown, day)
    _say(summary.measured(context))


@app.command()
def check() -> None:
    """Check deliveries and measured marts against their expectations."""
    from fit_warehouse import checks, pipeline
    from fit_warehouse import status as states
    from fit_warehouse.progress import steps

    settings, home, _ = _place()
    with home.locked(), steps(_console(), home) as shown:
        _require_build(home)
        with shown.step("check_intake", "Checking the deliveries"):
            findings = checks.intake(settings, home, states.landed_accounts(settings, home))
        findings = [*findings, *pipeline.check_step(settings, home, shown)]
    _say([f"All {len(findings)} expectations hold."])


@app.command()
def report(
    folder: Annotated[
        Path | None, typer.Option(help="Where to put the pages (default: report/ below home).")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every page in every language.")] = False,
    as_of: AsOfOption = None,
) -> None:
    """Make the pages from the measured marts, without publishing them."""
    from fit_warehouse import previews
    from fit_warehouse.progress import steps

    (settings, home, _), day = _place(), _day(as_of)
    with home.locked(), steps(_console(), home) as shown:
        _require_build(home)
        with shown.step("report", "Making the pages"):
            index = previews.make(
                settings, home, folder or home.path / "report", as_of=day, every=every
            )
    _say([f"The report: {index.absolute()}"])


@app.command()
def publish(as_of: AsOfOption = None) -> None:
    """Publish the measured marts: disclosure control, pages, one switch."""
    from fit_warehouse import checks, pipeline, previews, summary
    from fit_warehouse import status as states
    from fit_warehouse.progress import steps

    (settings, home, _), day = _place(), _day(as_of)
    with home.locked(), steps(_console(), home) as shown:
        _require_build(home)
        findings = list(checks.intake(settings, home, states.landed_accounts(settings, home)))
        findings += pipeline.check_step(settings, home, shown)
        context = previews.context(settings, home, day)
        published = pipeline.publish_step(settings, home, shown, context, findings)
    _say(summary.published(published))


@app.command()
def status() -> None:
    """Show what is landed, quarantined, built and published."""
    from fit_warehouse import status as states

    _say(states.describe(*_place()[:2]))


app.add_typer(quarantine.app, name="quarantine")
erase.register(app)
app.add_typer(key.app, name="key")


def _make_city(settings: Settings, shown: Steps) -> None:
    """Make the synthetic city, unless it is there, and say that it is one."""
    from fit_warehouse import demo_data

    if not demo_data.is_made(settings):
        with shown.step("demo", "Making the synthetic city"):
            demo_data.write(settings.landing, seed=demo_data.BUILT_IN_SEED)
    own = settings.paths.home.parent / "landing"
    _say(
        [
            f"There are no files in {own}, so this is a synthetic city ({settings.landing}). "
            "Put your own files there, or name their folder: fit run --landing FOLDER"
        ]
    )


def _require_build(home: Home) -> None:
    if not home.build_database.is_file():
        raise UsageError("nothing has been built yet. Run: fit build (or all steps: fit run)")


def main() -> None:
    """Run the command and turn what went wrong into a sentence and an exit code."""
    stopped: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.append(number)
        signal.default_int_handler(number, frame)

    before = signal.signal(signal.SIGINT, stop)
    try:
        app(prog_name="fit")
    except FitError as problem:
        sys.stderr.write(f"fit: {problem}\n")
        raise SystemExit(problem.exit_code) from None
    except (Exception, KeyboardInterrupt) as problem:
        # The engine makes an error of its own of a stop, wherever it was at work.
        if stopped or isinstance(problem, KeyboardInterrupt):
            sys.stderr.write("fit: stopped; the last publication is as it was\n")
            raise SystemExit(130) from None
        traceback.print_exc()
        sys.stderr.write(
            "fit: this is a defect of the program, not of your data. The last publication is as it was\n"
        )
        raise SystemExit(3) from None
    finally:
        signal.signal(signal.SIGINT, before)
