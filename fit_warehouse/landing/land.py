"""Land a folder: every file is taken, refused with a reason, or known already."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import duckdb

from fit_warehouse import database
from fit_warehouse.errors import UsageError
from fit_warehouse.home import Home
from fit_warehouse.landing import contract, files, intake, ledger, pseudonym, read_csv, read_other
from fit_warehouse.landing.files import LandingFile
from fit_warehouse.landing.ledger import Entry
from fit_warehouse.landing.refusal import RefusedFileError, reasons
from fit_warehouse.settings import HELSINKI, Settings

Say = Callable[[str], None]


@dataclass(slots=True)
class Landing:
    """What a landing did, file by file."""

    new: list[Entry] = field(default_factory=list)
    refused: list[Entry] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Part:
    """A table in a file: the whole file, or one sheet of a workbook."""

    table: contract.Table
    sheet: str = ""


def land(settings: Settings, home: Home, *, progress: Say = lambda _: None) -> Landing:
    """Land every file of the landing folder; the caller holds the home's lock.

    Parameters
    ----------
    settings
        Where the files lie and how much of one may be quarantined.
    home
        Where raw store, ledger and quarantine lie.
    progress
        Is told the name of each file before it is read.

    Returns
    -------
    Landing
        Refused files are in it, not raised: the good ones beside them have landed.
    """
    found, ignored = files.scan(settings.landing)
    if not found and not ledger.landed(home):
        raise UsageError(
            f"the landing folder {settings.landing} is empty. Put files there that are named after "
            f"their tables ({', '.join(contract.tables())}) as .csv, .parquet or .xlsx"
        )
    landing = Landing()
    landing.notes += [f"{name}: {reasons()['ignored_file'].text}" for name in ignored]
    landing.notes += [f"removed a leftover of a stopped run: {name}" for name in ledger.sweep(home)]
    ledger.forget_refusals(home)
    connection = database.connect(None, settings.build, temporary=home.path / "spill")
    try:
        intake.prepare(connection)
        worker = _Worker(settings, home, connection, landing)
        for file in found:
            progress(file.name)
            worker.land_file(file)
    finally:
        connection.close()
    return landing


class _Worker:
    """Lands one file after the other into the same home."""

    def __init__(
        self,
        settings: Settings,
        home: Home,
        connection: duckdb.DuckDBPyConnection,
        landing: Landing,
    ) -> None:
        self.settings, self.home = settings, home
        self.connection, self.landing = connection, landing
        self.key = pseudonym.load_key(settings.paths.key_file)
        self.started = datetime.now(UTC)
        self.known = {entry.file_id: entry for entry in ledger.landed(home)}
        self.is_synthetic = {entry.is_synthetic for entry in self.known.values()}

    def land_file(self, file: LandingFile) -> None:
        """Land each table of one file."""
        try:
            sha256 = files.content_hash(file.path)
        except PermissionError:
            self._refuse(file, Part(_NO_TABLE), "", RefusedFileError("no_permission"))
            return
        try:
            parts = self._parts(file)
        except RefusedFileError as refusal:
            self._refuse(file, Part(_NO_TABLE), sha256, refusal)
            return
        for part in parts:
            self._land_part(file, part, sha256)

    def _parts(self, file: LandingFile) -> list[Part]:
        """Return the tables that a file holds."""
        suffix = file.path.suffix.lower()
        if suffix not in files.SUFFIXES:
            raise RefusedFileError("unknown_table", f"ending {suffix or 'missing'}")
        if suffix == ".xlsx":
            found, others = read_other.sheets(file.path)
            self.landing.notes += [
                f"{file.name}, sheet {name}: named after no table and passed over"
                for name in others
            ]
            return [Part(contract.tables()[name], sheet) for sheet, name in found.items()]
        table = contract.recognise(file.path.stem)
        if table is None:
            raise RefusedFileError("unknown_table", f"known: {', '.join(contract.tables())}")
        return [Part(contract.tables()[table])]

    def _land_part(self, file: LandingFile, part: Part, sha256: str) -> None:
        file_id = _file_id(part, sha256, file.extracted_at)
        if file_id in self.known:
            self.landing.known.append(file.name)
            return
        try:
            if self.is_synthetic | {file.delivery.is_synthetic} == {True, False}:
                raise RefusedFileError("synthetic_and_real")
            entry = self._take(file, part, file_id, sha256)
        except RefusedFileError as refusal:
            self._refuse(file, part, sha256, refusal)
            return
        ledger.write(self.home, entry)
        self.known[file_id] = entry
        self.is_synthetic.add(entry.is_synthetic)
        self.landing.new.append(entry)

    def _take(self, file: LandingFile, part: Part, file_id: str, sha256: str) -> Entry:
        """Read, judge and write one table; the ledger entry comes after this."""
        header = self._read(file, part)
        taken = intake.take(
            self.connection,
            part.table,
            header,
            extracted_at=file.extracted_at,
            today=self.started.astimezone(HELSINKI).date(),
        )
        # Only now is it sure that this is a header and no row of data, which no note may repeat.
        unknown = {name for name in header if name and name not in part.table.names}
        if unknown:
            text = reasons()["unknown_column"].text
            self.landing.notes.append(f"{file.name}: {text}: {', '.join(sorted(unknown))}")
        if taken.quarantined > self.settings.land.max_quarantined_share * taken.delivered:
            raise RefusedFileError("too_many_quarantined", _where(taken))
        if taken.kept:
            raw = self.home.raw / part.table.name / f"{file_id}.parquet"
            intake.write_kept(self.connection, part.table, raw, file_id=file_id, key=self.key)
        if taken.quarantined:
            quarantine = self.home.quarantine / f"{file_id}.parquet"
            intake.write_quarantined(self.connection, part.table, quarantine, file_id=file_id)
        return self._entry(
            file,
            part,
            sha256,
            file_id=file_id,
            status=ledger.LANDED,
            rows_delivered=taken.delivered,
            rows_quarantined=taken.quarantined,
            reasons=taken.reasons,
            profile=taken.profile,
        )

    def _read(self, file: LandingFile, part: Part) -> tuple[str, ...]:
        """Read a table into DuckDB and return its header."""
        match file.path.suffix.lower():
            case ".csv":
                return read_csv.read(self.connection, file.path, part.table.names)
            case ".parquet":
                return read_other.read_parquet(self.connection, file.path, part.table.names)
            case _:
                return read_other.read_sheet(self.connection, file.path, part.sheet, part.table)

    def _refuse(
        self, file: LandingFile, part: Part, sha256: str, refusal: RefusedFileError
    ) -> None:
        entry = self._entry(
            file,
            part,
            sha256,
            file_id=f"refused-{len(self.landing.refused) + 1:04d}",
            status=ledger.REFUSED,
            refused_for=refusal.reason.code,
            refusal=refusal.sentence,
        )
        ledger.write(self.home, entry)
        self.landing.refused.append(entry)

    def _entry(self, file: LandingFile, part: Part, sha256: str, **what: object) -> Entry:
        return Entry(
            file_name=file.name,
            table_name=part.table.name,
            sheet=part.sheet,
            sha256=sha256,
            size_bytes=file.path.stat().st_size,
            landed_at=ledger.moment(self.started) or "",
            extracted_at=ledger.moment(file.extracted_at),
            is_synthetic=file.delivery.is_synthetic,
            **what,  # type: ignore[arg-type]  # the rest of the entry's fields, by name
        )


_NO_TABLE = contract.Table("", "", (), ())


def _file_id(part: Part, sha256: str, extracted_at: datetime | None) -> str:
    """Return what is the same for the same statement only: a table's content at a time.

    The same bytes at a later time are a new statement: a value may have gone back to what it was.
    """
    said = "\n".join((sha256, part.sheet, ledger.moment(extracted_at) or ""))
    return f"{part.table.name}-{hashlib.sha256(said.encode()).hexdigest()[:24]}"


def _where(taken: intake.Taken) -> str:
    """Return how many rows are wrong and where the first ones are."""
    shown = "; ".join(
        f"row {problem.row_number}"
        + (f", column {problem.column}" if problem.column else "")
        + f": {problem.reason}"
        for problem in taken.first
    )
    more = (
        " ..." if taken.quarantined > len({problem.row_number for problem in taken.first}) else ""
    )
    return f"{taken.quarantined} of {taken.delivered} rows; {shown}{more}"
