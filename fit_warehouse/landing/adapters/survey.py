"""Roll-out surveys (NoMAD): a wide export, one row a respondent, as one row an answer.

Values are turned so that 5 = agrees fully, reversed items included; 6, 7 and 8 = not relevant are
kept apart from a missing answer, which is no row. Each item is a part of the file, so that every
answer has the number of its row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from fit_warehouse.landing import contract, tabular
from fit_warehouse.landing.adapters.base import Load, Part, Reading
from fit_warehouse.landing.adapters.survey_table import Item, Survey, load
from fit_warehouse.landing.files import LandingFile, content_hash
from fit_warehouse.landing.names import literal, quoted
from fit_warehouse.landing.refusal import RefusedFileError
from fit_warehouse.settings import Settings

TABLE = "survey_response"
# A number beyond the scale is none of its answers: the rules keep such a text out.
OFF_SCALE = "'not on the scale'"
LONGEST_NAME = 40


def surveys(settings: Settings) -> tuple[SurveyFiles, ...]:
    """Return an adapter for each survey that is described in the folder of the settings."""
    return tuple(SurveyFiles(survey) for survey in load(settings.paths.surveys))


@dataclass(frozen=True, slots=True)
class SurveyFiles:
    """Recognised by the patterns of file names in the survey's TOML."""

    survey: Survey
    name = "survey"
    version = 1

    def recognise(self, file: LandingFile) -> bool:
        """Return whether the file is one of the survey's."""
        return file.path.suffix.lower() in tabular.SUFFIXES and self.survey.has(file)

    def read(self, file: LandingFile, connection: duckdb.DuckDBPyConnection) -> Reading:
        """Return a part for every item that the file has."""
        survey, sheet = self.survey, self._sheet(file)
        named = (survey.team_column, survey.respondent_column, survey.wave_column)
        own = tuple(name for name in named if name)
        by_name = tuple(item.column for item in survey.items if isinstance(item.column, str))
        header = tabular.header(file.path, sheet, (*own, *by_name))
        columns = {item: column for item in survey.items if (column := _column(item, header))}
        missing = [name for name in own if name not in header]
        if missing or not columns:
            raise RefusedFileError("missing_column", ", ".join(missing) or "no item of the survey")
        twice = [name for name in (*own, *columns.values()) if header.count(name) > 1]
        if twice:
            raise RefusedFileError("duplicate_column", ", ".join(map(_short, twice)))
        if not survey.wave_column and not survey.wave_of(file):
            raise RefusedFileError(
                "missing_column", "wave: no pattern of [waves] fits the file's name"
            )
        parts = tuple(
            Part(contract.tables()[TABLE], self._loader(file, sheet, columns, item), item.code)
            for item in columns
        )
        return Reading(parts, _notes(survey, header, columns, own), survey.told)

    def _sheet(self, file: LandingFile) -> str:
        """Return the sheet that holds the answers: the one that is named, else the first."""
        sheets = tabular.sheets(file.path)
        if self.survey.sheet and sheets != ("",) and self.survey.sheet not in sheets:
            raise RefusedFileError("unreadable_file", f"no sheet {self.survey.sheet}")
        return self.survey.sheet if self.survey.sheet in sheets else sheets[0]

    def _loader(
        self, file: LandingFile, sheet: str, columns: Mapping[Item, str], item: Item
    ) -> Load:
        survey, is_first = self.survey, item == next(iter(columns))
        wanted = {
            "answer": columns[item],
            **({"team": survey.team_column} if survey.team_column else {}),
            **({"respondent": survey.respondent_column} if survey.respondent_column else {}),
            **({"round": survey.wave_column} if survey.wave_column else {}),
        }

        def fill(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
            tabular.load(connection, file.path, sheet, wanted)
            wave = "round" if survey.wave_column else literal(survey.wave_of(file))
            values = {
                "survey_code": literal(survey.survey_code),
                "wave": wave,
                "respondent_hash": "respondent"
                if survey.respondent_column
                else _anonymous(file, wave),
                "team_code": _team(survey),
                "item_code": literal(item.code),
                "value": _value(survey, item),
            }
            said = ", ".join(f"{sql} as {quoted(name)}" for name, sql in values.items())
            connection.execute(
                f"create or replace temp table delivered as select row_number, {said} "
                "from delivered where trim(answer) <> ''"
            )
            if not is_first:
                connection.execute("delete from malformed")
            return tuple(values)

        return fill


def _column(item: Item, header: tuple[str, ...]) -> str:
    """Return what an item's column is called in the file; empty if it is not there."""
    if isinstance(item.column, str):
        return item.column if item.column in header else ""
    return header[item.column - 1] if 0 < item.column <= len(header) else ""


def _anonymous(file: LandingFile, wave: str) -> str:
    """Return SQL for a respondent who is nobody in any other file or wave."""
    return f"sha256({literal(content_hash(file.path))} || ':' || {wave} || ':' || row_number)"


def _team(survey: Survey) -> str:
    if not survey.team_column:
        return literal(survey.team_code)
    return _replaced("team", "trim(team)", survey.teams)


def _replaced(column: str, otherwise: str, words: Mapping[str, str]) -> str:
    """Return SQL for a column with some words replaced, whatever their case and space around."""
    whens = " ".join(
        f"when {literal(word.strip().lower())} then {literal(new)}" for word, new in words.items()
    )
    return f"case lower(trim({column})) {whens} else {otherwise} end" if whens else otherwise


def _value(survey: Survey, item: Item) -> str:
    """Return SQL for an answer as the contract has it: high = favourable to the method."""
    number = "try_cast(replace(trim(answer), ',', '.') as double)"
    if item.agrees:
        words = {word: str(value) for word, value in survey.answers.items()}
        number = f"try_cast({_replaced('answer', f'cast({number} as varchar)', words)} as double)"
    # Two turns are none: a reversed item of a scale on which 1 agrees.
    is_turned = item.is_reversed != (survey.one_agrees and item.agrees)
    turned = f"{item.lowest + item.highest} - {number}" if is_turned else number
    is_whole = f"{number} between {item.lowest} and {item.highest} and {number} = round({number})"
    value = (
        f"case when {is_whole} then cast(cast({turned} as integer) as varchar) else {OFF_SCALE} end"
    )
    if not item.agrees:
        return value
    return _replaced("answer", value, {word: str(v) for word, v in survey.not_relevant.items()})


def _notes(
    survey: Survey, header: tuple[str, ...], columns: Mapping[Item, str], own: tuple[str, ...]
) -> tuple[str, ...]:
    """Return which items the file does not have, and which columns the survey does not name."""
    absent = [item.code for item in survey.items if item not in columns]
    others = [_short(name) for name in header if name and name not in {*own, *columns.values()}]
    notes = []
    if absent:
        notes.append(
            f"survey {survey.survey_code}: items that are not in the file: {', '.join(absent)}"
        )
    if others:
        notes.append(f"survey {survey.survey_code}: columns that are not read: {', '.join(others)}")
    return tuple(notes)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}..."
