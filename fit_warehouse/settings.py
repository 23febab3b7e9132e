"""Settings: defaults, then `fit.toml`, then the environment (`FIT_LAND_MAX_QUARANTINED_SHARE=0.1`)."""

from __future__ import annotations

import dataclasses
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

from fit_warehouse.errors import UsageError

HELSINKI = ZoneInfo("Europe/Helsinki")  # the zone of every time in the intake contract

Switch = Literal["auto", "symlink", "rename"]
Language = Literal["fi", "sv", "en"]


@dataclass(frozen=True, slots=True)
class Paths:
    """Where things lie; relative paths start from the folder in which the command runs."""

    home: Path = Path("var")
    landing: Path | None = None  # default: landing/ below home
    published: Path = Path("published")
    key_file: Path | None = None  # default: the user's own configuration folder
    mappings: Path = Path("mappings")  # how extracts with other columns are read
    surveys: Path = Path("surveys")  # a TOML for each roll-out survey
    registry: Path = Path("registry")  # instruments and thresholds of one's own
    fhir_table: Path | None = None  # what adds to fhir.toml of the package
    fit_outcomes_table: Path | None = None  # what adds to fit_outcomes.toml of the package


@dataclass(frozen=True, slots=True)
class Land:
    """What a delivered file may be: how much of it wrong, how much of it in one piece."""

    max_quarantined_share: float = 0.05
    max_document_mb: int = 200  # of a JSON file that is one document; NDJSON has no limit


@dataclass(frozen=True, slots=True)
class Identity:
    """Whether `client_ref` is the personal identity code, which is then never stored."""

    client_ref_is_hetu: bool = False


@dataclass(frozen=True, slots=True)
class OpenFIT:
    """What the files of OpenFIT do not say themselves (docs/how_to/openfit.md)."""

    # A location without a service of its own: the default, else its own name.
    service_by_location: dict[str, str] = field(default_factory=dict)
    default_service: str = ""
    # Tables to take; another system may know meetings and episodes better.
    tables: tuple[str, ...] = ("response", "session", "episode", "episode_client", "worker")
    # Columns of one's own, as {"episode.closed_on": "Episode_Closed"}.
    columns: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Build:
    """What DuckDB may use."""

    memory_limit: str = "3GB"
    threads: int = 2


@dataclass(frozen=True, slots=True)
class Episodes:
    """Days without a meeting that part two episodes where no source delivers episodes."""

    gap_days: int = 90
    gap_days_by_service: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Which published thresholds classify change; a name in the registry's instrument_parameter."""

    parameter_set: str = "pcoms"
    ci_level: float = 0.95
    least_chance: float = 0.1  # of improving reliably; meetings below it are visits without benefit


@dataclass(frozen=True, slots=True)
class Cost:
    """How the comparison and the probabilistic analysis of costs are told."""

    # Euros by outcome gained, a range to read the curve at: no threshold is set in Finland.
    willingness_to_pay: tuple[int, ...] = (0, 1_000, 2_500, 5_000, 10_000, 20_000, 50_000)
    draws: int = 10_000
    seed: int = 20_250_812  # the same data give the same draws


@dataclass(frozen=True, slots=True)
class Flow:
    """Which part of the time that early endings free goes to those who wait; 1 is the most there is."""

    share_used: float = 1.0


@dataclass(frozen=True, slots=True)
class Publish:
    """Disclosure control, calendar and retention of what is published."""

    k_min: int = 5
    n_min_estimate: int = 20
    workers_min: int = 2
    calendar_days: int = 30
    keep_releases: int = 5
    switch: Switch = "auto"


@dataclass(frozen=True, slots=True)
class Retention:
    """How many months after an episode's closing its rows are kept; 0 keeps them for good."""

    default_months: int = 0
    by_service: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Terminal:
    """In which language the reasons of faulty rows are told; all other words are English."""

    language: Language = "en"


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one run."""

    paths: Paths = field(default_factory=Paths)
    land: Land = field(default_factory=Land)
    identity: Identity = field(default_factory=Identity)
    openfit: OpenFIT = field(default_factory=OpenFIT)
    build: Build = field(default_factory=Build)
    episodes: Episodes = field(default_factory=Episodes)
    outcome: Outcome = field(default_factory=Outcome)
    cost: Cost = field(default_factory=Cost)
    flow: Flow = field(default_factory=Flow)
    publish: Publish = field(default_factory=Publish)
    retention: Retention = field(default_factory=Retention)
    terminal: Terminal = field(default_factory=Terminal)

    @property
    def landing(self) -> Path:
        """Return the folder from which files are landed."""
        return self.paths.landing or self.paths.home / "landing"


SECTIONS = {section.name: section.default_factory for section in dataclasses.fields(Settings)}


def load(file: Path = Path("fit.toml"), environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings of a run.

    Parameters
    ----------
    file
        A TOML file with a table per section; it need not exist.
    environment
        Variables named FIT_SECTION_KEY, and the two everybody sets: FIT_HOME and FIT_PUBLISHED.

    Raises
    ------
    UsageError
        For a section, a key or a value that is not known, with its name.
    """
    variables = os.environ if environment is None else environment
    given: dict[str, dict[str, Any]] = {}
    if file.is_file():
        try:
            given = tomllib.loads(file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
            raise UsageError(f"{file} is not valid TOML: {problem}") from problem
    for name in given:
        if name not in SECTIONS:
            raise UsageError(f"{file}: no section [{name}]; there are {', '.join(SECTIONS)}")
    for short, key in (("FIT_HOME", "home"), ("FIT_PUBLISHED", "published")):
        if variables.get(short):
            given.setdefault("paths", {})[key] = variables[short]
    sections = {}
    for name, section in SECTIONS.items():
        kind: Any = section
        values = dict(given.get(name, {}))
        for key in (known.name for known in dataclasses.fields(kind)):
            text = variables.get(f"FIT_{name}_{key}".upper())
            if text:
                values[key] = text
        sections[name] = _section(kind, name, values)
    settings = Settings(**sections)
    _check(settings)
    return settings


def _section(kind: Any, name: str, values: Mapping[str, Any]) -> Any:
    """Return one section with every value in its declared type."""
    hints = get_type_hints(kind)
    converted = {}
    for key, value in values.items():
        if key not in hints:
            raise UsageError(f"setting {name}.{key} is not known; there are {', '.join(hints)}")
        try:
            converted[key] = _convert(hints[key], value)
        except ValueError as problem:
            raise UsageError(f"setting {name}.{key} = {value!r}: {problem}") from problem
    return kind(**converted)


def _convert(hint: Any, value: Any) -> Any:
    """Return `value` as the declared type, or raise ValueError with what is expected."""
    if hint is bool:
        if str(value).lower() not in ("true", "false"):
            raise ValueError("expected true or false")
        return str(value).lower() == "true"
    if hint in (int, float, str):
        if isinstance(value, bool):
            raise ValueError(f"expected {hint.__name__}")
        if hint is int and isinstance(value, float) and not value.is_integer():
            raise ValueError("expected a whole number")
        return hint(value)
    if get_origin(hint) is dict:
        if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
            raise ValueError('expected names and texts in fit.toml, as { "A" = "b" }')
        return dict(value)
    if get_origin(hint) is tuple and get_args(hint)[0] is int:
        numbers = value.split(",") if isinstance(value, str) else value
        if not isinstance(numbers, list):
            raise ValueError("expected a list of whole numbers, as [0, 1000]")
        return tuple(_convert(int, number) for number in numbers)
    if get_origin(hint) is tuple:
        texts = value.split(",") if isinstance(value, str) else value
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise ValueError('expected a list of texts, as ["a", "b"]')
        return tuple(text.strip() for text in texts)
    choices = get_args(hint)
    if choices == (str, int):
        return _numbers(value)
    if Path in choices or hint is Path:
        return Path(str(value)).expanduser()
    if value not in choices:
        raise ValueError(f"expected one of {', '.join(choices)}")
    return value


def _numbers(value: Any) -> dict[str, int]:
    """Return numbers by name: a table of TOML, or a text as `hehku=24,other=120`."""
    if isinstance(value, str):
        value = dict(part.strip().split("=", 1) for part in value.split(",") if "=" in part)
    if not isinstance(value, dict) or not value:
        raise ValueError("expected numbers by name, as { hehku = 24 }")
    return {str(name).strip(): _convert(int, number) for name, number in value.items()}


def _check(settings: Settings) -> None:
    """Refuse values that no run may have."""
    if not 0 <= settings.land.max_quarantined_share <= 1:
        raise UsageError("setting land.max_quarantined_share is a share: from 0 to 1")
    if settings.land.max_document_mb < 1:
        raise UsageError("setting land.max_document_mb is at least 1")
    if min(settings.episodes.gap_days, *settings.episodes.gap_days_by_service.values(), 1) < 1:
        raise UsageError("setting episodes: a gap is a number of days, 1 or more")
    if not 0 < settings.outcome.ci_level < 1:
        raise UsageError("setting outcome.ci_level is a probability: between 0 and 1, as 0.95")
    values = settings.cost.willingness_to_pay
    if not values or values[0] < 0 or list(values) != sorted(set(values)):
        raise UsageError("setting cost.willingness_to_pay is a rising list of euros, 0 or more")
    if settings.cost.draws < 1_000 or settings.cost.seed < 0:
        raise UsageError("setting cost: draws are 1000 or more, and the seed is 0 or more")
    if not 0 < settings.outcome.least_chance < 1:
        raise UsageError("setting outcome.least_chance is a probability: between 0 and 1, as 0.1")
    if not 0 <= settings.flow.share_used <= 1:
        raise UsageError("setting flow.share_used is a share: from 0 to 1")
    if settings.publish.k_min < 3:
        raise UsageError(
            "setting publish.k_min is below 3: so small groups can be recognised. Use 5, never below 3"
        )
    if settings.publish.n_min_estimate < settings.publish.k_min:
        raise UsageError("setting publish.n_min_estimate may not be below publish.k_min")
    if settings.publish.keep_releases < 1:
        raise UsageError("setting publish.keep_releases is at least 1")
    if min(settings.retention.default_months, *settings.retention.by_service.values(), 0) < 0:
        raise UsageError("setting retention: a number of months is 0 (keep) or more")
