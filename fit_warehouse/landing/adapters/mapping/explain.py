"""What a file would give: its layout, its columns, a mapping for it, and its problems; writes no data."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from fit_warehouse import database, registry
from fit_warehouse.errors import UsageError
from fit_warehouse.landing import adapters, contract, files, identity, intake, pseudonym, tabular
from fit_warehouse.landing.adapters.base import Adapter, Part
from fit_warehouse.landing.adapters.mapping.adapter import MappedFiles
from fit_warehouse.landing.adapters.mapping.mapping_file import Reader
from fit_warehouse.landing.adapters.mapping.profile import (
    Profile,
    has_header,
    header_of,
    may_show,
    profile,
)
from fit_warehouse.landing.adapters.mapping.propose import Proposal, propose
from fit_warehouse.landing.files import LandingFile
from fit_warehouse.landing.refusal import RefusedFileError, reasons
from fit_warehouse.settings import HELSINKI, Settings

NO_KEYS = (bytes(pseudonym.KEY_BYTES),)  # no key is made or needed: nothing is kept
NOT_KNOWN = ("unknown_table", "missing_column")
REFS = frozenset(
    column.name
    for table in contract.tables().values()
    for column in table.columns
    if column.type == "ref"
)


@dataclass(frozen=True, slots=True)
class Dry:
    """What reading a file would give."""

    lines: tuple[str, ...]
    refused_for: tuple[str, ...] = ()


def explain(settings: Settings, path: Path, write_mapping: Path | None = None) -> list[str]:
    """Return what is known of a file, in words; a proposed mapping is written where it is asked for.

    Raises
    ------
    UsageError
        When there is no such file, or the mapping would be written over another file.
    """
    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    if write_mapping is not None and write_mapping.exists():
        raise UsageError(f"{write_mapping} is there already: give another name, or move it away")
    registry.use(settings.paths.registry)
    file = LandingFile(path, path.name, files.read_delivery(path.parent / files.DELIVERY))
    # What DuckDB spills has identifiers as they were delivered.
    with tempfile.TemporaryDirectory() as spill:
        connection = database.connect(None, settings.build, temporary=Path(spill))
        try:
            pseudonym.prepare(connection, NO_KEYS)
            return _explain(settings, file, write_mapping, connection)
        finally:
            connection.close()


def _explain(
    settings: Settings,
    file: LandingFile,
    write_mapping: Path | None,
    connection: duckdb.DuckDBPyConnection,
) -> list[str]:
    try:
        adapter = adapters.choose(file, adapters.adapters(settings))
    except RefusedFileError as refusal:
        return [f"{file.name} would be refused: {refusal.sentence}"]
    dry = dry_run(settings, adapter, file, connection)
    is_contract = adapter.name == "contract"
    if not is_contract or not set(dry.refused_for) & set(NOT_KNOWN):
        said = "in the shape of the intake contract" if is_contract else f"as {adapter.name}"
        more = ["It needs no mapping; none was written."] if write_mapping else []
        return [f"{file.name} is read {said}.", *dry.lines, *more]
    try:
        named = dry.lines if "missing_column" in dry.refused_for else ()
        lines = [f"{file.name} is in no layout that is known.", *named, ""]
        return lines + _unknown(settings, file, write_mapping, connection)
    except RefusedFileError as refusal:
        return [f"{file.name} would be refused: {refusal.sentence}"]


def _unknown(
    settings: Settings,
    file: LandingFile,
    write_mapping: Path | None,
    connection: duckdb.DuckDBPyConnection,
) -> list[str]:
    """Return the columns of a file, a mapping for it and what this mapping would give."""
    if file.path.suffix.lower() not in tabular.SUFFIXES:
        return [f"A mapping reads {', '.join(tabular.SUFFIXES)}. Export the file as one of these."]
    sheets = tabular.sheets(file.path)
    sheet = max(sheets, key=lambda name: _width(file.path, name))
    profiles = profile(connection, file.path, sheet)
    if not has_header(profiles):
        return [f"{len(profiles)} columns. The first row looks like data: give it a row of names."]
    proposal = propose(file.path, sheet if len(sheets) > 1 else "", profiles)
    lines = [f"Sheet {sheet} of: {', '.join(sheets)}"] if len(sheets) > 1 else []
    lines += _described(profiles, proposal)
    if not proposal.text:
        return [
            *lines,
            "",
            "No table of the intake contract was recognised by the names of these columns.",
            "The tables are described in docs/how_to/bring_your_own_data.md.",
        ]
    if write_mapping is None:
        lines += ["", "Proposed mapping (write it with --write-mapping mappings/NAME.toml):", ""]
        lines += [f"    {line}" for line in proposal.text.splitlines()]
    else:
        write_mapping.parent.mkdir(parents=True, exist_ok=True)
        write_mapping.write_text(proposal.text, encoding="utf-8", newline="\n")
        lines += ["", f"The proposed mapping is in {write_mapping}. Check every line of it."]
        if write_mapping.parent.resolve() != settings.paths.mappings.resolve():
            lines.append(
                f"Mappings are read from {settings.paths.mappings} (setting paths.mappings)."
            )
    return [*lines, "", *_tried(settings, file, proposal, write_mapping, connection)]


def _width(path: Path, sheet: str) -> int:
    try:
        return len(header_of(path, sheet))
    except RefusedFileError:
        return 0


def _tried(
    settings: Settings,
    file: LandingFile,
    proposal: Proposal,
    written: Path | None,
    connection: duckdb.DuckDBPyConnection,
) -> list[str]:
    """Return what a proposed mapping would give, or what is still to be filled in."""
    try:
        mapping = Reader(written or Path("proposed")).parse(proposal.text.encode())
    except UsageError as problem:
        return [f"To be filled in first: {problem}"]
    return ["With it:", *dry_run(settings, MappedFiles([mapping]), file, connection).lines]


def _described(profiles: Sequence[Profile], proposal: Proposal) -> list[str]:
    """Return one line for each column."""
    width = max(len(each.name) for each in profiles)
    lines = [f"{len(profiles)} columns:"]
    for each in profiles:
        shape = each.shape
        if shape == "code":
            shape += f" with {each.n_distinct} value{'s' if each.n_distinct > 1 else ''}"
        meaning = proposal.read.get(each.name, "")
        if meaning and meaning not in REFS and each.codes and may_show(each.codes):
            shape += f" ({', '.join(each.codes)})"
        use = "dropped: a person's" if each.name in proposal.dropped else meaning or "not read"
        lines.append(
            f"  {identity.safe_name(each.name):<{width}}  {each.share_filled:4.0%} filled, "
            f"{each.n_distinct} different, {shape}  ->  {use}"
        )
    return lines


def dry_run(
    settings: Settings, adapter: Adapter, file: LandingFile, connection: duckdb.DuckDBPyConnection
) -> Dry:
    """Return what an adapter would give of a file: rows for each table, and problems by reason."""
    intake.prepare(connection)
    try:
        reading = adapter.read(file, connection)
    except RefusedFileError as refusal:
        return Dry((refusal.sentence,), (refusal.reason.code,))
    lines, refused = [], []
    for part in reading.parts:
        name = f"{part.table.name}{f' ({part.sheet})' if part.sheet else ''}"
        try:
            lines += [f"  {line}" for line in _part(settings, part, file, connection, name)]
        except RefusedFileError as refusal:
            lines.append(f"  {name}: would be refused. {refusal.sentence}")
            refused.append(refusal.reason.code)
    return Dry(
        (*lines, *(f"  Note: {identity.safe_name(note)}" for note in reading.notes)), tuple(refused)
    )


def _part(
    settings: Settings,
    part: Part,
    file: LandingFile,
    connection: duckdb.DuckDBPyConnection,
    name: str,
) -> list[str]:
    """Return how many rows a part has, and which problems."""
    header = part.load(connection)
    identity.stop(
        connection,
        part.table,
        header,
        keys=NO_KEYS,
        client_ref_is_hetu=settings.identity.client_ref_is_hetu,
        email_refs=part.email_refs,
    )
    taken = intake.take(
        connection,
        part.table,
        header,
        extracted_at=file.extracted_at,
        today=datetime.now(HELSINKI).date(),
    )
    lines = [f"{name}: {taken.delivered} rows, {taken.quarantined} of them would be kept out"]
    counted = connection.execute(
        """
        select reason, column_name, count(distinct row_number), min(row_number)
        from problem group by reason, column_name order by 3 desc, 1, 2
        """
    ).fetchall()
    for code, column, n_rows, first in counted:
        source = part.origin.get(column, "")
        where = (
            f", column {column}{f' (in the file: {source})' if source else ''}" if column else ""
        )
        reason = reasons()[code]
        lines.append(
            f"  {n_rows} rows{where}: {reason.text} ({code}), first in row {first}. {reason.hint}"
        )
    key = ", ".join(f"d_{name}" for name in part.table.key)
    content = ", ".join(f"d_{name}" for name in part.table.names)
    ((n_rows,),) = connection.execute(
        f"""
        select coalesce(sum(n_rows), 0) from (
            select count(*) as n_rows from kept
            group by {key}, version_at having count(distinct row({content})) > 1
        )
        """
    ).fetchall()
    if n_rows:
        reason = reasons()["conflicting_versions"]
        lines.append(f"  {n_rows} rows: {reason.text} ({reason.code}). {reason.hint}")
    if taken.quarantined > settings.land.max_quarantined_share * taken.delivered:
        lines.append("  That is more than land.max_quarantined_share allows: it would be refused.")
    return lines
