"""The gate itself: what landing asks of a file, of a header and of the rows of a table."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from fit_warehouse.landing.contract import Table
from fit_warehouse.landing.identity import findings
from fit_warehouse.landing.identity.client_ref import hmac_hetu_column
from fit_warehouse.landing.identity.kinds import Kind
from fit_warehouse.landing.identity.names import kind_of_name
from fit_warehouse.landing.identity.scan import scan
from fit_warehouse.landing.pseudonym import Keys
from fit_warehouse.landing.refusal import RefusedFileError

CLIENT_REF = "client_ref"


def stop_names(names: Iterable[str], what: str) -> None:
    """Refuse a file when one of its names holds identity; the name itself is not repeated.

    Parameters
    ----------
    names
        Names of columns in their order, or of a file or a sheet.
    what
        What they are names of, as `column`.

    Raises
    ------
    RefusedFileError
        `identity_in_name` with the place of the first one.
    """
    for number, name in enumerate(names, start=1):
        kind = kind_of_name(name)
        if kind is not None:
            raise RefusedFileError("identity_in_name", f"{what} {number}: {kind}")


def stop(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    header: tuple[str, ...],
    *,
    keys: Keys,
    client_ref_is_hetu: bool,
    email_refs: frozenset[str] = frozenset(),
) -> None:
    """Look through `delivered`; what is only probable is left in `findings.TABLE` for the intake.

    Parameters
    ----------
    connection
        Holds `delivered`.
    table, header
        The table, and the columns of its delivery.
    keys
        Of the pseudonyms.
    client_ref_is_hetu
        Whether the city uses the identity code as the client's id. Then `client_ref` holds codes
        alone, and other columns of clients may: they become pseudonyms here, before anything else.
    email_refs
        References for which the source uses e-mail addresses: they are hashed, and no finding.

    Raises
    ------
    RefusedFileError
        `identity_in_name` or, for a valid identity code, `identity_in_file`.
    """
    stop_names(header, "column")
    columns = {column.name: column.type for column in table.columns if column.name in header}
    connection.execute("create or replace temp table no_codes (row_number bigint, name varchar)")
    if client_ref_is_hetu:
        for column in table.columns:
            if column.space == "client" and column.name in header:
                hmac_hetu_column(
                    connection,
                    "delivered",
                    column.name,
                    keys=keys,
                    is_always_code=column.name == CLIENT_REF,
                )
                connection.execute(
                    f"insert into no_codes select row_number, column_name from {findings.TABLE}"
                )
                del columns[column.name]
    found = scan(connection, "delivered", columns)
    if found.has_code:
        raise RefusedFileError("identity_in_file", found.where)
    connection.execute(
        f"delete from {findings.TABLE} where kind = $kind and list_contains($names, column_name)",
        {"kind": Kind.EMAIL.value, "names": sorted(email_refs)},
    )
    connection.execute(
        f"""
        insert into {findings.TABLE}
        select row_number, name, 'probable_personal_identity_code', 'probable_identity'
        from no_codes
        """
    )
