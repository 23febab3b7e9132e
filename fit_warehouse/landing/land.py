"""Land a folder: every file is taken, refused with a reason, or known already."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import itertools
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from fit_warehouse import database, registry
from fit_warehouse.erase import tombstones
from fit_warehouse.errors import UsageError
from fit_warehouse.home import Home
from fit_warehouse.landing import (
    adapters,
    contract,
    files,
    guards,
    identity,
    intake,
    ledger,
    pseudonym,
    rotate,
    slices,
)
from fit_warehouse.landing.adapters import Adapter, Part, Reading
from fit_warehouse.landing.adapters.contract_files import ContractFiles
from fit_warehouse.landing.files import LandingFile
from fit_warehouse.landing.kept import Store
from fit_warehouse.landing.ledger import Entry
from fit_warehouse.landing.quarantine import closing
from fit_warehouse.landing.quarantine import write as quarantining
from fit_warehouse.landing.refusal import RefusedFileError, reasons
from fit_warehouse.landing.slices import NotInSlicesError, Outcome, Sliced
from fit_warehouse.settings import HELSINKI, Settings

Say = Callable[[str], None]
READ_AHEAD = slices.SIZE  # bytes; larger files are read in slices


@dataclass(slots=True)
class Landing:
    """What a landing did, file by file."""

    new: list[Entry] = field(default_factory=list)
    refused: list[Entry] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def land(settings: Settings, home: Home, *, progress: Say = lambda _: None) -> Landing:
    """Land every file of the landing folder; the caller holds the home's lock.

    Parameters
    ----------
    settings
        Where the files lie and how much of one may be quarantined.
    home
        Where raw store, ledger and quarantine lie.
    progress
        Is told how much is done and the name of each file before it is read.

    Returns
    -------
    Landing
        Refused files are in it, not raised: the good ones beside them have landed.
    """
    registry.use(settings.paths.registry)
    found, ignored = files.scan(settings.landing)
    if not found and not ledger.landed(home):
        raise UsageError(
            f"the landing folder {settings.landing} is empty. Put files there that are named after "
            f"their tables ({', '.join(contract.tables())}) as .csv, .parquet or .xlsx"
        )
    landing = Landing()
    landing.notes += [
        f"{identity.safe_name(name)}: {reasons()['ignored_file'].text}" for name in ignored
    ]
    landing.notes += [f"removed a leftover of a stopped run: {name}" for name in ledger.sweep(home)]
    ledger.forget_refusals(home)
    connection = database.connect(None, settings.build, temporary=home.path / "spill")
    connections = (connection, database.beside(connection))
    try:
        for each in connections:
            intake.prepare(each)
        worker = _Worker(settings, home, landing)
        pseudonym.prepare(connection, worker.keys)
        # One file ahead: it is hashed, and read if it is small, while the one before is stored.
        with ThreadPoolExecutor(1) as ahead:
            looks = deque(ahead.submit(worker.look_at, file, connection) for file in found[:1])
            for number, done in enumerate(_done_before(found), start=1):
                looks.extend(
                    ahead.submit(worker.look_at, file, connections[number % 2])
                    for file in found[number : number + 1]
                )
                file = found[number - 1]
                progress(f"{done:.0%}, {identity.safe_name(file.name)}")
                worker.land_file(file, looks.popleft(), connections[(number - 1) % 2])
    finally:
        for each in connections:  # the last one takes what was spilled with it
            each.close()
    return landing


def _done_before(found: list[LandingFile]) -> list[float]:
    """Return for each file how much of all bytes lie in the files before it."""
    sizes = [file.path.stat().st_size if file.path.is_file() else 0 for file in found]
    total = max(sum(sizes), 1)
    return [before / total for before in itertools.accumulate([0, *sizes[:-1]])][: len(sizes)]


@dataclass(frozen=True, slots=True)
class Look:
    """The state of a file, the hash of its bytes, and its header if its rows were read and scanned."""

    state: tuple[int, ...]
    sha256: str
    header: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Read:
    """A file, the hash of its bytes, the adapter that reads it, and how it was before it was read.

    Where its one part lies in `delivered` already, `header` has the columns.
    """

    file: LandingFile
    sha256: str
    adapter: Adapter = field(default_factory=ContractFiles)
    state: tuple[int, ...] = ()
    header: tuple[str, ...] | None = None

    def check_unchanged(self) -> None:
        """Refuse a file that somebody has written to since its hash was taken."""
        if _state(self.file.path) != self.state:
            raise RefusedFileError("file_changed")


class _Worker:
    """Lands one file after the other into the same home."""

    connection: duckdb.DuckDBPyConnection  # of the file that is being landed

    def __init__(self, settings: Settings, home: Home, landing: Landing) -> None:
        self.settings, self.home, self.landing = settings, home, landing
        self.adapters = adapters.adapters(settings)
        self.keys = pseudonym.load_keys(settings.paths.key_file)
        rotate.check(home, self.keys)
        self.started = datetime.now(UTC)
        self.today = self.started.astimezone(HELSINKI).date()
        self.known = {entry.file_id: entry for entry in ledger.landed(home)}
        self.known_before = frozenset(entry.sha256 for entry in self.known.values())
        self.is_synthetic = {entry.is_synthetic for entry in self.known.values()}

    def land_file(
        self, file: LandingFile, look: Future[Look], connection: duckdb.DuckDBPyConnection
    ) -> None:
        """Land each table of one file, at which `look_at` looked with the connection, or refuse it."""
        self.connection, sha256 = connection, ""
        name, file = file.name, dataclasses.replace(file, name=identity.safe_name(file.name))
        try:
            identity.stop_names([name], "name")
            found = look.result()
            sha256 = found.sha256
            adapter = adapters.choose(file, self.adapters)
            self._land_parts(Read(file, sha256, adapter, found.state, found.header))
        except FileNotFoundError:
            self._refuse(Read(file, sha256), _NO_PART, RefusedFileError("file_changed"))
        except RefusedFileError as refusal:
            self._refuse(Read(file, sha256), _NO_PART, refusal)

    def look_at(self, file: LandingFile, connection: duckdb.DuckDBPyConnection) -> Look:
        """Look at a file that readers may be given; may read it into `delivered` of the connection."""
        try:
            guards.check(file.path, self.settings.landing)
            state, sha256 = _state(file.path), files.content_hash(file.path)
        except PermissionError as problem:
            raise RefusedFileError("no_permission") from problem
        is_ahead = sum(state[:1]) <= READ_AHEAD and sha256 not in self.known_before
        return Look(state, sha256, self._read_ahead(file, connection) if is_ahead else None)

    def _read_ahead(
        self, file: LandingFile, connection: duckdb.DuckDBPyConnection
    ) -> tuple[str, ...] | None:
        """Load a CSV file of the contract's form; None if it is another or anything is wrong with it.

        What is wrong is found again, and told, when it is the file's turn. What other adapters read may
        depend on the files before.
        """
        try:
            adapter = adapters.choose(file, self.adapters)
            if not _is_plain(adapter, file):
                return None
            (part,) = adapter.read(file, connection).parts
            return self._load(part, connection)
        except (RefusedFileError, identity.IdentityScanError, duckdb.Error, OSError):
            return None

    def _land_parts(self, read: Read) -> None:
        """Land the parts of a file; a reason to refuse one of them leaves the others."""
        reading = read.adapter.read(read.file, self.connection)
        # Notes name columns and sheets that nobody reads: with identity in them they are refused too.
        identity.stop_names(reading.notes, "name of a column or sheet that is not read, note")
        self.landing.notes += [files.shown(f"{read.file.name}, {note}") for note in reading.notes]
        if reading.file is not None:
            read = dataclasses.replace(read, file=reading.file)
        if len(reading.parts) > 1 and not self._is_known(read, reading):
            self._look_through(reading)
        for part in reading.parts:
            try:
                self._land_part(read, part, reading.told)
            except RefusedFileError as refusal:
                self._refuse(read, part, refusal)

    def _look_through(self, reading: Reading) -> None:
        """Refuse the whole file for identity in any part; all else is a matter of the part."""
        for part in reading.parts:
            try:
                self._load(part, self.connection)
            except RefusedFileError as refusal:
                if refusal.reason.code.startswith("identity"):
                    raise

    def _is_known(self, read: Read, reading: Reading) -> bool:
        return all(_file_id(read, part, reading.told) in self.known for part in reading.parts)

    def _land_part(self, read: Read, part: Part, told: str) -> None:
        file_id = _file_id(read, part, told)
        if file_id in self.known:
            self.landing.known.append(read.file.name)
            return
        if self.is_synthetic | {read.file.delivery.is_synthetic} == {True, False}:
            raise RefusedFileError("synthetic_and_real")
        former = self._former(read, part)
        entry = self._take(read, part, file_id)
        entry = dataclasses.replace(entry, told=told, replaces=former, origin=dict(part.origin))
        ledger.write(self.home, entry)
        if former:
            del self.known[former]
            ledger.discard(self.home, former)
        self.known[file_id] = entry
        self.is_synthetic.add(entry.is_synthetic)
        self.landing.new.append(entry)

    def _load(self, part: Part, connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
        """Read a part, and stop at once when it holds identity."""
        identity.stop_names([part.sheet], "sheet")
        header = part.load(connection)
        identity.stop(
            connection,
            part.table,
            header,
            keys=self.keys,
            client_ref_is_hetu=self.settings.identity.client_ref_is_hetu,
            email_refs=part.email_refs,
        )
        return header

    def _former(self, read: Read, part: Part) -> str:
        """Return the id of an earlier reading of this part under another mapping, else nothing."""
        extracted_at = ledger.moment(read.file.extracted_at)
        sheet = files.shown(part.sheet)
        same = (read.sha256, read.adapter.name, part.table.name, sheet, extracted_at)
        for known in self.known.values():
            said = (known.sha256, known.adapter, known.table_name, known.sheet, known.extracted_at)
            if said == same:
                return known.file_id
        return ""

    def _take(self, read: Read, part: Part, file_id: str) -> Entry:
        """Read, judge and write one table; the ledger entry comes after this."""
        file, to = (
            read.file,
            Store(self.home.raw / part.table.name / f"{file_id}.parquet", file_id, self.keys),
        )
        outcome = self._take_slices(read, part, to) or self._take_whole(read, part, to)
        header, taken = outcome.header, outcome.taken
        # Only now is it sure that this is a header and no row of data, which no note may repeat.
        unknown = {name for name in header if name and name not in (*part.table.names, closing.ID)}
        if unknown:
            text = reasons()["unknown_column"].text
            names = files.shown(", ".join(sorted(unknown)))
            self.landing.notes.append(f"{file.name}: {text}: {names}")
        if taken.quarantined > self.settings.land.max_quarantined_share * taken.delivered:
            to.path.unlink(missing_ok=True)
            raise RefusedFileError("too_many_quarantined", _where(taken))
        if taken.quarantined:
            quarantine = self.home.quarantine / f"{file_id}.parquet"
            quarantining.write(
                self.connection,
                part.table,
                header,
                quarantine,
                file_id=file_id,
                keys=self.keys,
                extracted_at=file.extracted_at,
            )
        return _entry(
            read,
            part,
            self.started,
            file_id=file_id,
            status=ledger.LANDED,
            rows_delivered=taken.delivered + outcome.n_erased,
            rows_quarantined=taken.quarantined,
            rows_erased=outcome.n_erased,
            closes=closing.close(self.connection, self.home, file_id, header),
            reasons=taken.reasons,
            profile=taken.profile,
        )

    def _take_whole(self, read: Read, part: Part, to: Store) -> Outcome:
        """Judge and store the rows of a part."""
        header = read.header or self._load(part, self.connection)
        read.check_unchanged()
        erased = tombstones.drop(self.connection, self.home, part.table, header, self.keys)
        taken = intake.take(
            self.connection,
            part.table,
            header,
            extracted_at=read.file.extracted_at,
            today=self.today,
            to=to,
        )
        return Outcome(header, erased, taken)

    def _take_slices(self, read: Read, part: Part, to: Store) -> Outcome | None:
        """Judge and store the rows of a large file slice by slice; None if it has to be read whole."""
        is_large = sum(read.state[:1]) > READ_AHEAD
        if read.header or not is_large or not _is_plain(read.adapter, read.file):
            return None

        def look_through(connection: duckdb.DuckDBPyConnection, header: tuple[str, ...]) -> int:
            self._load(dataclasses.replace(part, load=lambda _: header), connection)
            return tombstones.drop(connection, self.home, part.table, header, self.keys)

        file = Sliced(
            read.file.path,
            part.table,
            self.home.path / "spill",
            look_through,
            read.check_unchanged,
            read.file.extracted_at,
            self.today,
        )
        with contextlib.suppress(NotInSlicesError):
            return slices.take(self.connection, file, to)
        return None

    def _refuse(self, read: Read, part: Part, refusal: RefusedFileError) -> None:
        entry = _entry(
            read,
            part,
            self.started,
            file_id=f"refused-{len(self.landing.refused) + 1:04d}",
            status=ledger.REFUSED,
            refused_for=refusal.reason.code,
            refusal=files.shown(identity.safe_name(refusal.sentence)),
        )
        ledger.write(self.home, entry)
        self.landing.refused.append(entry)


_NO_PART = Part(contract.Table("", "", (), ()), lambda _: ())


def _entry(read: Read, part: Part, started: datetime, **what: Any) -> Entry:
    """Return the ledger's entry of a part of a file."""
    return Entry(
        file_name=read.file.name,
        table_name=part.table.name,
        sheet=files.shown(part.sheet),
        sha256=read.sha256,
        size_bytes=sum(_state(read.file.path)[:1]),
        landed_at=ledger.moment(started) or "",
        adapter=read.adapter.name,
        adapter_version=read.adapter.version,
        extracted_at=ledger.moment(read.file.extracted_at),
        is_synthetic=read.file.delivery.is_synthetic,
        **what,
    )


def _is_plain(adapter: Adapter, file: LandingFile) -> bool:
    """Return whether a file is CSV in the contract's own form."""
    return isinstance(adapter, ContractFiles) and file.path.suffix.lower() == ".csv"


def _state(path: Path) -> tuple[int, ...]:
    """Return size and marks of the last writing of a file; nothing when it is gone."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return (found.st_size, found.st_mtime_ns, found.st_ino)


def _file_id(read: Read, part: Part, told: str) -> str:
    """Return what is the same for the same statement only: a table's content at a time.

    The same bytes at a later time are a new statement: a value may have gone back to what it was.
    So are the same bytes under another mapping.
    """
    time = ledger.moment(read.file.extracted_at) or ""
    said = "\n".join((read.sha256, part.sheet, time, *([told] if told else [])))
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
