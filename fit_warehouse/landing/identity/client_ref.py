"""A column of personal identity codes made into pseudonyms as it is read.

For a city that uses the code itself as the client's id: the code is written in one way, so that a
person is one person however it was typed, and goes into the HMAC before the table can be stored.
"""

from __future__ import annotations

import duckdb

from fit_warehouse.landing import pseudonym
from fit_warehouse.landing.identity import findings, fold, hetu, hetu_sql, patterns
from fit_warehouse.landing.identity.findings import Findings, IdentityScanError
from fit_warehouse.landing.identity.kinds import Kind
from fit_warehouse.landing.names import quoted
from fit_warehouse.landing.pseudonym import Keys


def canonical(text: str) -> str:
    """Return a code as the register writes it, however it was typed; another text as it is."""
    code = hetu.compact(fold.fold(text))
    return code if hetu.is_valid(code) else text


def canonical_sql(text: str) -> str:
    """Return SQL for the code in an SQL expression as the register writes it; NULL if it is none.

    Full-width digits, dashes of all kinds, lower case and white space are of no matter. The
    separator is: since 2023 two people's codes may differ in it alone.
    """
    code = hetu_sql.compact(fold.sql(text))
    tests = (
        f"regexp_full_match(code, '{patterns.CODE}')"
        f" and {hetu_sql.is_dated('code')} and {hetu_sql.is_checked('code')}"
    )
    # A list of one gives the expression a name, so that it is worked out once.
    return f"list_transform([{code}], lambda code: case when {tests} then code end)[1]"


def hmac_hetu_sql(text: str, keys: Keys, *, space: str = "client") -> str:
    """Return SQL for the marked pseudonym of the code in an SQL expression; NULL if it is none.

    Parameters
    ----------
    text
        An SQL expression, as a quoted column name.
    keys
        Of the pseudonyms; the connection has been prepared for them.
    space
        The space of ids, as in the intake contract.

    Notes
    -----
    The mark says that the text is a pseudonym already, so that it is hashed no second time on its way
    into the raw store.
    """
    return f"'{pseudonym.marker(len(keys))}' || {pseudonym.sql(canonical_sql(text), space, keys)}"


def hmac_hetu_column(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    column: str,
    *,
    keys: Keys,
    is_always_code: bool = True,
    space: str = "client",
) -> Findings:
    """Replace a column of codes by pseudonyms; what is no valid code becomes NULL and a finding.

    Parameters
    ----------
    connection
        Holds the table, and has been prepared for the keys.
    relation
        A temporary table with `row_number` and the column as text; it is made anew.
    column
        The column.
    keys
        Of the pseudonyms.
    is_always_code
        Whether the column holds codes alone; else what is no valid code stays as it is.
    space
        The space of ids, as in the intake contract.

    Returns
    -------
    Findings
        The rows with a text that is no valid code, as `probable_personal_identity_code` in the
        temporary table `identity_finding`, which is made anew. Empty values are none: whether they
        may be empty is the contract's word.

    Raises
    ------
    IdentityScanError
        When the engine cannot carry it out.
    """
    name = quoted(column)
    otherwise = "''" if is_always_code else name
    hashed = hmac_hetu_sql(name, keys, space=space)
    failed = ""
    try:
        findings.prepare(connection)
        connection.execute(
            f"""
            create or replace temp table {relation} as
            select * replace (
                case when {_is_given(name)} then coalesce({hashed}, {otherwise}) end
                as {name}
            )
            from {relation}
            """
        )
        connection.execute(
            f"""
            insert into {findings.TABLE}
            select row_number, $column, '{Kind.PROBABLE_CODE}', '{Kind.PROBABLE_CODE.reason}'
            from {relation} where {name} = ''
            """,
            {"column": column},
        )
        connection.execute(f"update {relation} set {name} = null where {name} = ''")
        return findings.summary(connection)
    except duckdb.Error as problem:
        failed = type(problem).__name__
    raise IdentityScanError(f"the column {column} could not be made pseudonymous ({failed})")


def _is_given(name: str) -> str:
    """Return SQL: whether a column holds more than white space."""
    return rf"regexp_matches({fold.sql(name)}, '\S')"
