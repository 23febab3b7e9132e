"""The gate in its place: what landing does with identity, wherever in a delivery it stands."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from fit_warehouse.landing import ledger
from fit_warehouse.settings import Identity

if TYPE_CHECKING:
    from tests.landing.conftest import Site

# Published test codes of the register, and what is left of them in any form.
CODE, OTHER = "131052-308T", "010594-9032"
PARTS = (CODE, CODE.lower(), OTHER, "131052", "010594")


def everything(site: Site, landing: object) -> str:
    """All that landing has said or written, as text."""
    said = [repr(landing), *(repr(entry) for entry in ledger.entries(site.home))]
    stored = [
        f"{name}{raw.decode('latin-1')}"
        for name, raw in site.stored("").items()
        if not name.startswith("landing/")  # what was delivered lies there
    ]
    return "\n".join([*said, *stored])


def test_a_code_in_the_name_of_a_file_is_shown_nowhere(site: Site) -> None:
    site.write(f"sub/team_{CODE}.csv", "team_code\nT1\n")
    landing = site.land()
    (entry,) = landing.refused
    assert entry.refused_for == "identity_in_name"
    assert not [part for part in PARTS if part in everything(site, landing)]
    assert not site.stored("raw")


def test_a_code_in_the_last_sheet_stops_the_first_one(site: Site) -> None:
    import xlsxwriter

    path = site.landing / "delivery.xlsx"
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(path) as book:
        for name, cell in (("service", "hehku"), ("team", f"tiimi {OTHER}")):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, [f"{name}_code", "name_fi"])
            sheet.write_row(1, 0, ["A", cell])
    landing = site.land()
    assert [entry.refused_for for entry in landing.refused] == ["identity_in_file"]
    assert not landing.new
    assert not [part for part in PARTS if part in everything(site, landing)]


@pytest.mark.parametrize("written", [CODE, CODE.lower(), f" {CODE} ", "１３１０５２－３０８Ｔ"])
def test_codes_as_ids_become_one_pseudonym_and_are_stored_nowhere(
    new_site: Callable[..., Site], written: str
) -> None:
    site = new_site()
    settings = dataclasses.replace(site.settings, identity=Identity(client_ref_is_hetu=True))
    site = dataclasses.replace(site, settings=settings)
    site.csv(
        "response.csv",
        site.row("response", source_record_id="1", client_ref=CODE, respondent_ref=""),
        site.row("response", source_record_id="2", client_ref=written, respondent_ref=OTHER),
        site.row("response", source_record_id="3", client_ref="C-1", respondent_ref=""),
    )
    landing = site.land()
    rows = site.accepted("response")
    assert len(rows) == 2
    assert len({row["client_ref"] for row in rows}) == 1
    assert site.problems() == {("response.csv", 4): {("client_ref", "probable_identity")}}
    assert not [part for part in PARTS if part in everything(site, landing)]


def test_codes_are_refused_where_they_are_no_ids(site: Site) -> None:
    site.csv("response.csv", site.row("response", client_ref=CODE))
    landing = site.land()
    assert [entry.refused_for for entry in landing.refused] == ["identity_in_file"]
    assert not [part for part in PARTS if part in everything(site, landing)]


def test_names_that_nobody_reads_are_not_repeated(new_site: Callable[..., Site]) -> None:
    import xlsxwriter

    for name in ("Kirja.xlsx", "r.ndjson", "clients.csv"):
        site = new_site()
        path = site.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name == "Kirja.xlsx":
            with xlsxwriter.Workbook(path) as book:
                for sheet in ("team", f"muistio {CODE}"):
                    book.add_worksheet(sheet).write_column(0, 0, ["team_code", "T1"])
        elif name == "r.ndjson":
            site.write(name, f'{{"resourceType": "Observation{CODE}", "id": "1"}}\n')
        else:
            mapping = 'files = ["clients.csv"]\n[team]\nteam_code = "Tiimi"\n'
            site.write("../mappings/clients.toml", mapping)
            paths = dataclasses.replace(
                site.settings.paths, mappings=site.landing.parent / "mappings"
            )
            settings = dataclasses.replace(site.settings, paths=paths)
            site = dataclasses.replace(site, settings=settings)
            site.write(name, f"Tiimi,Huom {CODE}\nT1,x\n")
        landing = site.land()
        assert len(landing.refused) == 1, name
        assert not [part for part in PARTS if part in everything(site, landing)], name
        assert not site.stored("raw"), name
