"""The resources of a FHIR file as rows of a DuckDB table that holds the elements needed, no others.

Names, contact details, notes and narratives are not among those elements.
"""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from fit_warehouse.landing.adapters import json_source
from fit_warehouse.landing.adapters.fhir.elements import (
    CODING,
    PERIOD,
    REFERENCE,
    TEXT,
    VALUES,
    tail,
    value,
)
from fit_warehouse.landing.refusal import RefusedFileError

ITEM = {"linkId": TEXT, "answer": [VALUES]}
LEVELS = 4  # of groups within groups in a form


def _items(levels: int) -> list[dict[str, object]]:
    """Return the structure of a form's items, groups within groups."""
    return [{**ITEM, **({"item": _items(levels - 1)} if levels > 1 else {})}]


CONCEPT = {"coding": [CODING]}
STRUCTURE = {
    "resourceType": TEXT,
    "id": TEXT,
    "meta": {"lastUpdated": TEXT},
    "extension": [{"url": TEXT, **VALUES}],
    "status": TEXT,
    # QuestionnaireResponse
    "questionnaire": TEXT,
    "subject": REFERENCE,
    "encounter": REFERENCE,
    "authored": TEXT,
    "author": REFERENCE,
    "source": REFERENCE,
    "item": _items(LEVELS),
    # Encounter
    "class": CODING,
    "type": [CONCEPT],
    "serviceType": CONCEPT,
    "episodeOfCare": [REFERENCE],
    "participant": [{"individual": REFERENCE}],
    "appointment": [REFERENCE],
    "period": PERIOD,
    "length": {"value": TEXT, "unit": TEXT, "code": TEXT},
    "serviceProvider": REFERENCE,
    # EpisodeOfCare
    "statusHistory": [{"status": TEXT, "period": PERIOD}],
    "patient": REFERENCE,
    "managingOrganization": REFERENCE,
    # Patient
    "birthDate": TEXT,
    "gender": TEXT,
}
READ = ("QuestionnaireResponse", "Encounter", "EpisodeOfCare", "Appointment", "Patient")

# What only another version of FHIR has.
SIGNS = {
    "QuestionnaireResponse": {
        "DSTU2": "json_exists(resource, '$.group')",
        "STU3": "json_exists(resource, '$.context') "
        "or json_type(resource, '$.questionnaire') = 'OBJECT'",
        "R5": "json_type(resource, '$.identifier') = 'ARRAY'",
    },
    "Encounter": {
        "DSTU2 or STU3": "json_type(resource, '$.appointment') = 'OBJECT' "
        "or json_exists(resource, '$.patient')",
        "R5": "json_exists(resource, '$.actualPeriod') or json_type(resource, '$.class') = 'ARRAY' "
        "or json_exists(resource, '$.participant[0].actor')",
    },
    "EpisodeOfCare": {
        "R5": "json_exists(resource, '$.reason') "
        "or json_type(resource, '$.diagnosis[0].condition') = 'ARRAY'",
    },
}
# R4B changed none of the resources that are read.
DECLARED = "case when not regexp_matches(declared, '^4\\.[013]') then declared end"

KIND = "json_extract_string(resource, '$.resourceType')"
LINES = f"""
    select row_number, resource, null::varchar as full_url, {KIND} as kind
    from (select row_number, value as resource from json_batch)
"""
# Entries of a bundle, elements of an array, or the document itself.
ENTRIES = f"""
    with document as (
        select
            value, json_type(value) = 'ARRAY' as is_array,
            coalesce(json_extract_string(value, '$.resourceType') = 'Bundle', false) as is_bundle
        from json_batch
    ),
    entry as (
        select
            is_bundle,
            unnest(
                case
                    when is_bundle then json_extract(value, '$.entry[*]')
                    when is_array then json_extract(value, '$[*]')
                    else [value]
                end
            ) as value,
        from document
    ),
    numbered as (
        select
            row_number() over () as row_number,
            case when is_bundle then json_extract(value, '$.resource') else value end as resource,
            case when is_bundle then json_extract_string(value, '$.fullUrl') end as full_url
        from entry
    )
    select *, {KIND} as kind from numbered
"""
WANTED = ", ".join(f"'{name}'" for name in READ)
PARSED = f"""
    with parsed as (
        select row_number, kind, full_url,
            json_transform(resource, '{json.dumps(STRUCTURE)}') as r
        from fhir_entry
        where kind in ({WANTED})
    )
    select
        row_number, kind,
        -- References within a bundle lead to such an address, whatever id the resource has.
        case when full_url like 'urn:%' then {tail("full_url")} else r.id end as id,
        list_transform(r.extension, lambda one: {{'url': one.url, 'given': {value("one")}}}) as said,
        r
    from parsed
"""


def fill(connection: duckdb.DuckDBPyConnection, path: Path, *, max_document_mb: int) -> None:
    """Fill the temporary tables `fhir_resource`, `fhir_passed` and `json_malformed`.

    `fhir_resource` has the resources of the types in `READ`: `row_number` (line, entry or element,
    counted from 1), `kind`, `id`, `said` (its extensions as {url, given}) and `r`, its elements.
    `fhir_passed` has the types of the others (`kind`).

    Raises
    ------
    RefusedFileError
        When the file cannot be read, or is in another version of FHIR.
    """
    by_line = json_source.check(connection, path, max_document_mb=max_document_mb)
    connection.execute("create or replace temp table fhir_passed (kind varchar)")
    connection.execute(
        "create or replace temp table fhir_entry "
        "(row_number bigint, resource json, full_url varchar, kind varchar)"
    )
    connection.execute(f"create or replace temp table fhir_resource as {PARSED}")
    for _ in json_source.read(connection, path, by_line=by_line):
        entries = LINES if by_line else ENTRIES
        connection.execute(f"create or replace temp table fhir_entry as {entries}")
        _check_version(connection)
        connection.execute(f"insert into fhir_resource {PARSED}")
        connection.execute(
            f"""
            insert into fhir_passed
            select coalesce(kind, 'an entry without resource') from fhir_entry
            where kind not in ({WANTED}) or resource is null
            """
        )
        connection.execute(
            "insert into json_malformed "
            "select row_number from fhir_entry where kind is null and resource is not null"
        )
    connection.execute("drop table fhir_entry")


def _check_version(connection: duckdb.DuckDBPyConnection) -> None:
    """Refuse a file with a resource that no R4 server would give."""
    whens = " ".join(
        f"when kind = '{kind}' and ({condition}) then '{version}'"
        for kind, signs in SIGNS.items()
        for version, condition in signs.items()
    )
    found = connection.execute(
        f"""
        with entry as (
            select *, json_extract_string(resource, '$.fhirVersion') as declared from fhir_entry
        ),
        judged as (
            select row_number, kind, coalesce({DECLARED}, case {whens} end) as version from entry
        )
        select row_number, kind, version from judged
        where version is not null
        order by row_number
        limit 1
        """
    ).fetchone()
    if found:
        number, kind, version = found
        raise RefusedFileError(
            "unsupported_version", f"row {number}: {kind} as in FHIR {version}; FHIR R4 is read"
        )
