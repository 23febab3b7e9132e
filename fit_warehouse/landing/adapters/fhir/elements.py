"""Elements of FHIR resources in SQL: references, the values of answers and extensions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fit_warehouse.landing.adapters.json_values import local_time, number
from fit_warehouse.landing.contract import Table
from fit_warehouse.landing.names import literal, quoted

TEXT = "VARCHAR"
CODING = {"code": TEXT}
REFERENCE = {"reference": TEXT, "type": TEXT, "identifier": {"value": TEXT}}
PERIOD = {"start": TEXT, "end": TEXT}
# The types of value that an answer or an extension may have, in the order in which they are tried.
VALUES = {
    "valueDecimal": TEXT,
    "valueInteger": TEXT,
    "valueQuantity": {"value": TEXT},
    "valueCode": TEXT,
    "valueCoding": CODING,
    "valueString": TEXT,
    "valueDate": TEXT,
    "valueDateTime": TEXT,
    "valueBoolean": TEXT,
    "valueReference": REFERENCE,
}

IDENTIFIER = "[A-Za-z0-9.-]{1,64}"  # what an id may be made of
VERSION = "(?:/_history/[^/]+)?"


def tail(text: str) -> str:
    """Return SQL for the id at the end of an address: relative, absolute, with a version, or a URN."""
    return f"nullif(regexp_extract({text}, '(?:^|[/:])({IDENTIFIER}){VERSION}$', 1), '')"


def ref_id(reference: str) -> str:
    """Return SQL for the id that a reference leads to, else for the identifier that it gives."""
    return f"coalesce({tail(f'{reference}.reference')}, {reference}.identifier.value)"


def ref_type(reference: str) -> str:
    """Return SQL for the type of resource that a reference leads to."""
    pattern = f"(?:^|/)([A-Z][A-Za-z]+)/{IDENTIFIER}{VERSION}$"
    told = f"nullif(regexp_extract({reference}.reference, '{pattern}', 1), '')"
    return f"coalesce({told}, {reference}.type)"


def value(element: str) -> str:
    """Return SQL for the value of an answer or an extension, whichever type it has."""
    return f"""coalesce(
        {number(f"{element}.valueDecimal")}, {element}.valueInteger,
        {number(f"{element}.valueQuantity.value")},
        {element}.valueCode, {element}.valueCoding.code, {element}.valueString,
        {element}.valueDate, {local_time(f"{element}.valueDateTime")},
        case {element}.valueBoolean when 'true' then '1' when 'false' then '0' end,
        {ref_id(f"{element}.valueReference")}
    )"""


def of_extension(url: str) -> str:
    """Return SQL for the value of the resource's first extension with a URL."""
    return f"list_filter(said, lambda one: one.url = {literal(url)})[1].given"


def columns(
    table: Table, elements: Mapping[str, str], said: Mapping[str, str], first: Sequence[str] = ()
) -> str:
    """Return SQL for all columns of a contract table as text.

    Parameters
    ----------
    table
        The table.
    elements
        SQL of the columns that elements of the resource give.
    said
        {url: column} of the extensions; they override the elements.
    first
        Columns that a relation `answers` may give, which override both.
    """
    parts = []
    for name in table.names:
        sources = [f"answers.{name}"] if name in first else []
        sources += [of_extension(url) for url, column in said.items() if column == name]
        sources.append(elements.get(name, "null"))
        parts.append(f"cast(coalesce({', '.join(sources)}) as varchar) as {quoted(name)}")
    return ", ".join(parts)
