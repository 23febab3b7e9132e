"""Look through the text columns of a table for identity, wholly within the engine.

Each column is passed over once with one regular expression that hardly any clean value matches; only
what matches is looked at closely. Columns of few different values are judged by those.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from fit_warehouse.landing import values
from fit_warehouse.landing.identity import findings, fold, hetu_sql, patterns
from fit_warehouse.landing.identity.findings import Findings, IdentityScanError
from fit_warehouse.landing.identity.kinds import RULES, Kind, Rule
from fit_warehouse.landing.names import quoted

# What every value has that a rule can find. Values are as delivered here: an underscore is a letter
# to `\b`, and characters that fold into others are let through as they are.
_EDGE = r"(?:\b|_)"
_HINTS = {
    rule: patterns.as_delivered(pattern)
    for rule, pattern in {
        Rule.CODE: f"{_EDGE}{patterns.CODE}{_EDGE}",
        Rule.GLUED_CODE: f"(?:^|[^0-9]){patterns.CODE}(?:$|[^0-9])",
        Rule.BARE_LETTER: f"{_EDGE}{patterns.BARE_LETTER}{_EDGE}",
        Rule.BARE_DIGIT: f"{_EDGE}{patterns.BARE_DIGIT}{_EDGE}",
        Rule.EMAIL: "@",
        Rule.PHONE: r"\+[1-9]|00358[ -]|0[45][0-9]{1,2}[ -][0-9]{3}",
        Rule.PLAIN_PHONE: r"0(?:0358)?[45][0-9]{7}|0[1-9][0-9]?\)?[ -][0-9]{3}",
        Rule.STREET: patterns.STREET_HINT,
    }.items()
}


def scan(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: Mapping[str, str]
) -> Findings:
    """Find identity in a table; leaves the temporary table `identity_finding`.

    Parameters
    ----------
    connection
        Holds the table.
    relation
        The table's name; it has `row_number` and the columns as text.
    columns
        The types of the intake contract by column name; columns whose type holds no text
        (numbers, days, flags) are passed over, since nothing but their own form is ever kept.

    Returns
    -------
    Findings
        Counts and first rows for each column and kind; no values.

    Raises
    ------
    IdentityScanError
        When the engine cannot carry out the scan.
    """
    failed = ""
    try:
        findings.prepare(connection)
        looked_at = [column for column in columns if columns[column] in RULES]
        has_few = values.has_few(connection, relation, looked_at)
        few = values.distinct(connection, relation, [name for name in looked_at if has_few[name]])
        for column in looked_at:
            _scan_column(connection, relation, column, RULES[columns[column]], few.get(column))
        return findings.summary(connection)
    except duckdb.Error as problem:
        failed = type(problem).__name__
    # Raised out here, so that the engine's error does not hang on this one as its context.
    raise IdentityScanError(f"the table could not be checked for personal identity ({failed})")


def _scan_column(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    column: str,
    rules: tuple[Rule, ...],
    few: str | None,
) -> None:
    """Add the findings of one column; nearly always there is no value to look at closely.

    `few` is the table of its different values, where there are few.
    """
    name = quoted(column)
    given = f"{name} as given"
    # A table, or the engine would ask the question of all rows before it drops the repeated.
    source = few or relation
    hints = "|".join([*(_HINTS[rule] for rule in rules), fold.pattern()])
    kept = "" if few else "row_number, "
    (n_hinted,) = connection.execute(
        f"create or replace temp table hinted as select {kept}{given} from {source} "
        f"where regexp_matches({name}, '{hints}')"
    ).fetchone() or (0,)
    if not n_hinted:
        return
    rows = f"(select row_number, {given} from {relation})"
    judged = (
        f"select row_number, kind from {rows} join ({_judged('given', rules)}) using (given)"
        if few
        else _judged("row_number", rules)
    )
    connection.execute(
        f"""
        insert into {findings.TABLE}
        select row_number, $column, kind,
            case kind when '{Kind.CODE}' then '{Kind.CODE.reason}' else '{Kind.EMAIL.reason}' end
        from ({judged})
        """,
        {"column": column},
    )


def _judged(keep: str, rules: tuple[Rule, ...]) -> str:
    """Return SQL for the column `keep` of `hinted` and each kind found in its value."""
    # Underscores are letters to the ends of a pattern; in an e-mail address they belong to it.
    machine = f"{patterns.MACHINE}|{patterns.NO_STREET}"
    return f"""
        with
        folded as (select {keep}, {fold.sql("given")} as plain from hinted),
        spaced as (
            select {keep}, plain,
                regexp_replace(replace(plain, '_', ' '), '{machine}', '#', 'g') as words
            from folded
        )
        select {keep}, unnest({_kinds(rules)}) as kind from spaced
    """


def _kinds(rules: tuple[Rule, ...]) -> str:
    """Return SQL for the list of kinds in `plain` and `words`; empty when there is none."""
    strict = _extracted(rf"\b({patterns.CODE})\b")
    dated = f"list_filter({strict}, lambda code: {hetu_sql.is_dated('code')})"
    valid = hetu_sql.is_checked("code")
    tests: dict[Kind, list[str]] = {
        Kind.CODE: [f"len(list_filter({dated}, lambda code: {valid})) > 0"],
        Kind.PROBABLE_CODE: [f"len(list_filter({dated}, lambda code: not {valid})) > 0"],
        Kind.EMAIL: [],
        Kind.PHONE: [],
        Kind.STREET: [],
    }
    if Rule.GLUED_CODE in rules:
        glued = _extracted(f"(?:^|[^0-9])({patterns.CODE})(?:$|[^0-9])")
        both = f"{hetu_sql.is_dated('code')} and {valid}"
        tests[Kind.CODE].append(f"len(list_filter({glued}, lambda code: {both})) > 0")
    for rule, pattern in (
        (Rule.BARE_LETTER, patterns.BARE_LETTER),
        (Rule.BARE_DIGIT, patterns.BARE_DIGIT),
    ):
        if rule in rules:
            tests[Kind.PROBABLE_CODE].append(_bare(pattern))
    for rule, kind, pattern, text in (
        (Rule.EMAIL, Kind.EMAIL, patterns.EMAIL, "plain"),
        (Rule.PHONE, Kind.PHONE, patterns.PHONE, "words"),
        (Rule.PLAIN_PHONE, Kind.PHONE, patterns.PLAIN_PHONE, "words"),
        (Rule.STREET, Kind.STREET, patterns.STREET, "words"),
    ):
        if rule in rules:
            tests[kind].append(f"regexp_matches({text}, '{pattern}')")
    cases = ", ".join(
        f"case when {' or '.join(of_kind)} then '{kind}' end"
        for kind, of_kind in tests.items()
        if of_kind
    )
    return f"list_filter([{cases}], lambda kind: kind is not null)"


def _extracted(pattern: str) -> str:
    """Return SQL for the list of codes in `words` that a pattern finds, compact."""
    found = f"regexp_extract_all(words, '{pattern}', 1)"
    return f"list_transform({found}, lambda code: {hetu_sql.compact('code')})"


def _bare(pattern: str) -> str:
    """Return SQL: whether `words` has what would be a valid code if it had its separator."""
    found = rf"regexp_extract_all(words, '\b({pattern})\b', 1)"
    digits = "upper(regexp_replace(code, '[^0-9A-Za-z]', '', 'g'))"
    # As in `hetu.find_bare`: 2000 is the century with every leap day.
    whole = f"list_transform({found}, lambda code: {digits}[1:6] || 'A' || {digits}[7:10])"
    test = f"{hetu_sql.is_dated('code')} and {hetu_sql.is_checked('code')}"
    return f"len(list_filter({whole}, lambda code: {test})) > 0"
