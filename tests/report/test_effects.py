"""The sections beside the calculated amounts: a comparison and a queue, each with what limits it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from fit_warehouse import project
from fit_warehouse.report import ReportError, build_reports
from fit_warehouse.report.comparison import compared
from fit_warehouse.report.flow import waiting
from fit_warehouse.report.marts import LATER
from fit_warehouse.report.page import Page, open_page
from fit_warehouse.report.probability import above_zero
from tests.report.conftest import NOTEBOOKS
from tests.report.test_cost_effect_page import PAGE, euro
from tests.report.test_page_numbers import HIDDEN, number, rows, soup, table

Tables = dict[str, list[dict[str, Any]]]
Make = Callable[[Tables], Path]
NO_INTERVAL = "väliä ei anneta"


def signed(value: float, digits: int) -> str:
    return ("+" if value > 0 else "") + number(value, digits)


def limits(low: float, high: float, digits: int = 0, unit: str = "") -> str:
    dash = "\u00a0–\u00a0" if "−" in number(low, digits) + number(high, digits) else "–"
    return f"{number(low, digits)}{dash}{number(high, digits)}{unit}"


def said(folder: Path, section: str) -> str:
    block = soup(folder, PAGE).find(id=section)
    for tag in block.find_all("svg"):
        tag.decompose()
    return " ".join(block.get_text(" ").split(" "))


def page_of(make_database: Make, tables: Tables) -> Page:
    return open_page(str(make_database(tables)), "fi")


@pytest.mark.parametrize(
    ("service", "name", "unit"),
    [("HEHKU", "Hehku", "kuukautta"), ("NEPSY", "Neuropsykiatrinen valmennus", "tapaamista")],
)
def test_calculated_and_estimated_stand_side_by_side(
    site: Path, database: Path, service: str, name: str, unit: str
) -> None:
    cells = table(soup(site, PAGE), "Ostopalvelut: laskennallinen ja arvioitu")[name]
    per_ending = rows(
        database,
        "select gross_amount_eur / n_episodes, net_amount_eur / n_episodes from marts.cost_net "
        f"where service_code = '{service}' "
        "order by list_position(['low', 'base', 'high'], scenario)",
    )
    gross, nets = per_ending[1][0], [net for _, net in per_ending]
    assert cells[0] == [euro(gross)], "the gross amount hangs on no assumption here"
    assert cells[1] == [euro(nets[1]), limits(min(nets), max(nets), 0, "\u00a0€")]
    (found,) = rows(
        database,
        "select estimate, ci_low, ci_high, estimate_eur, ci_low_eur, ci_high_eur, n_teams "
        f"from marts.cost_comparison where service_code = '{service}'",
    )
    estimate, low, high, in_euros, low_euros, high_euros, n_teams = found
    in_units, in_money = NO_INTERVAL, NO_INTERVAL
    if low is not None:
        in_units = limits(low, high, 2)
        in_money = limits(low_euros, high_euros, 0, "\u00a0€")
    assert cells[2:] == [
        [f"{signed(estimate, 2)} {unit}", in_units],
        [f"{signed(in_euros, 0)}\u00a0€", in_money],
        [number(n_teams)],
    ]


def test_own_services_are_compared_without_euros(site: Path, database: Path) -> None:
    shown = table(soup(site, PAGE), "Oma toiminta: laskennallinen ja arvioitu")
    (freed,) = rows(
        database,
        "select freed_sessions / n_episodes from marts.cost_net "
        "where service_code = 'PERHETYO' and scenario = 'base'",
    )
    cells = shown["Tehostettu perhetyö"]
    assert cells[0][0] == f"{number(freed[0], 1)} tapaamista"
    assert cells[1:] == [["+0,31 tapaamista", "−0,22\u00a0–\u00a00,84"], ["21"]]
    assert shown["Perheneuvola"][1:] == [["ei laskettavissa"], ["5"]]
    assert not [cell for row in shown.values() for lines in row for cell in lines if "€" in cell]


def test_calculated_and_estimated_are_neither_added_nor_multiplied(
    site: Path, database: Path
) -> None:
    text = said(site, "vertailu")
    for net, estimated in rows(
        database,
        "select net_amount_eur / n_episodes, estimate_eur::double from marts.cost_net "
        "inner join marts.cost_comparison using (service_code) where scenario = 'base' "
        "and net_amount_eur is not null and estimate_eur is not null",
    ):
        for wrong in (net + estimated, net - estimated, net * estimated):
            assert number(abs(wrong)) not in text
    assert "niitä ei lasketa yhteen eikä kerrota keskenään" in text


def test_the_sentence_on_selection_is_that_of_the_method(site: Path) -> None:
    method = (project.root() / "docs" / "method" / "cost_comparison.md").read_text(encoding="utf-8")
    (sentence,) = re.findall(r"`adoption_not_by_lot`: \*([^*]+)\*", " ".join(method.split()))
    assert sentence in said(site, "vertailu")


def test_the_finding_of_all_services_has_interval_teams_and_episodes(site: Path) -> None:
    finding = soup(site, PAGE).find(id="vertailu").find(class_="finding").get_text()
    assert finding == (
        "FITin aikana suunnitellusta palvelusta käytettiin 3,1\u00a0prosenttiyksikköä vähemmän kuin "
        "vertailussa (95\u00a0%:n luottamusväli −5,8\u00a0–\u00a0−0,4; 43 tiimiä, 909 jaksoa)"
    )
    assert "Vertailusta on jätetty pois 131 jaksoa (13\u00a0%)" in said(site, "vertailu")


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        ((-0.031, -0.058, -0.004), "vähemmän kuin vertailussa"),
        ((0.031, 0.004, 0.058), "3,1\u00a0prosenttiyksikköä enemmän kuin"),
        ((-0.01, -0.03, 0.01), "ei käytetty selvästi vähemmän eikä selvästi enemmän"),
        ((-0.01, -math.inf, 0.01), "käytössä oli eroa vertailuun −1,0\u00a0prosenttiyksikköä."),
        ((None, None, None), "yhteistä arviota ei voi laskea"),
    ],
)
def test_the_finding_says_no_more_than_the_interval(
    tables: Tables,
    make_database: Make,
    interval: tuple[float | None, ...],
    words: str,
) -> None:
    total = tables["cost_comparison"][-1]
    assert total["service_code"] == "_total"
    total.update(zip(("estimate", "ci_low", "ci_high"), interval, strict=True))
    assert words in compared(page_of(make_database, tables)).html


def test_charts_draw_only_services_that_have_an_interval(site: Path) -> None:
    section = soup(site, PAGE).find(id="vertailu")
    findings = [tag.get_text() for tag in section.find_all(class_="finding")]
    assert findings[1:] == [
        "Palvelun käyttö erosi vertailusta selvästi: Hehku −606\u00a0€ "
        "(95\u00a0%:n luottamusväli −1\u00a0025\u00a0–\u00a0−188\u00a0€, n\u00a0212)",
        "Palvelun käyttö ei eronnut vertailusta selvästi: Tehostettu perhetyö +0,31 tapaamista "
        "(95\u00a0%:n luottamusväli −0,22\u00a0–\u00a00,84, n\u00a0540)",
    ]
    for drawing in section.find_all("svg"):
        assert "valmennus" not in drawing.get_text()


def test_few_teams_have_no_interval_and_the_page_says_so(site: Path) -> None:
    text = said(site, "vertailu")
    assert "tiimejä on alle kymmenen: Neuropsykiatrinen valmennus (7 tiimiä)" in text
    assert "samassa palvelussa ei samaan aikaan ollut" in text
    assert "Perheneuvola (5 tiimiä)" in text


def test_a_hidden_service_keeps_its_name_alone(site: Path) -> None:
    shown = table(soup(site, PAGE), "Ostopalvelut: laskennallinen ja arvioitu")
    assert shown["Tukihenkilötoiminta"] == [[HIDDEN]] * 5


def test_an_older_line_says_up_to_which_day_it_counts(
    site: Path, tables: Tables, make_database: Make
) -> None:
    assert "Se uusitaan" not in said(site, "vertailu")
    tables["cost_comparison"][0]["opened_to"] = date(2024, 5, 27)
    shown = compared(page_of(make_database, tables)).html
    assert "Hehku: luvussa ovat 27.5.2024 mennessä alkaneet jaksot" in shown


def test_the_probability_of_a_net_amount_above_zero_is_told_with_its_draws(
    site: Path, database: Path
) -> None:
    shown = table(soup(site, PAGE), "Nettovaikutus, kun kaikki oletukset arvotaan")
    assert set(shown) == {"Hehku", "Neuropsykiatrinen valmennus", "Tukihenkilötoiminta"}
    for service, name, share in (
        ("HEHKU", "Hehku", "yli 99\u00a0%"),
        ("NEPSY", "Neuropsykiatrinen valmennus", "64\u00a0%"),
    ):
        ((n, median, mean, low, high),) = rows(
            database,
            "select n_episodes, net_p500_eur, net_mean_eur, net_p025_eur, net_p975_eur "
            f"from marts.cost_probability where service_code = '{service}'",
        )
        cells = [cell for (cell,) in shown[name]]
        assert cells[:4] == [number(n), share, euro(median), euro(mean)]
        assert cells[4] == limits(low, high, 0, "\u00a0€")
    assert shown["Tukihenkilötoiminta"] == [[HIDDEN]] * 5
    text = said(site, "todennakoisyys")
    assert "toisistaan riippumatta" in text
    assert "eikä arvontojen väli ole luottamusväli" in text
    assert "10\u00a0000 arvontaa, siemenluku 20250812" in text
    finding = soup(site, PAGE).find(id="todennakoisyys").find(class_="finding").get_text()
    assert finding.endswith(
        "Hehku yli 99\u00a0% (n\u00a012), Neuropsykiatrinen valmennus 64\u00a0% (n\u00a021)"
    )


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.0, "alle 1\u00a0%"),
        (0.004, "alle 1\u00a0%"),
        (0.01, "1\u00a0%"),
        (0.993, "yli 99\u00a0%"),
        (1.0, "yli 99\u00a0%"),
    ],
)
def test_hardly_ever_is_not_never(
    tables: Tables, make_database: Make, share: float, words: str
) -> None:
    tables["cost_probability"][0]["probability_net_above_zero"] = share
    shown = above_zero(page_of(make_database, tables)).html
    assert f"Hehku {words} (n\u00a012)" in shown


def test_waits_are_those_of_the_database(site: Path, database: Path) -> None:
    shown = table(soup(site, PAGE), "Jonotusaika ja se")
    found = rows(
        database,
        "select -simulated_change_days, -ci_high, -ci_low, -wait_change_days "
        "from marts.flow_effect where service_code = 'PERHETYO' "
        "order by list_position(['low', 'base', 'high'], scenario)",
    )
    shorter, low, high, by_law = found[1]
    assert shown["Tehostettu perhetyö"] == [
        ["47"],
        ["33,5\u00a0päivää"],
        [f"{number(shorter, 1)}\u00a0päivää", limits(low, high, 1)],
        [limits(found[0][0], found[2][0], 1)],
        [f"{number(by_law, 1)}\u00a0päivää", limits(found[0][3], found[2][3], 1)],
        ["41\u00a0%", "muuten 47\u00a0%"],
        ["7\u00a0%", "muuten 12\u00a0%"],
    ]
    assert shown["Hehku"][4] == ["ei laskettavissa"]
    assert shown["Tukihenkilötoiminta"] == [[HIDDEN]] * 7


def test_waiting_is_a_model_with_its_assumptions_and_never_money(site: Path) -> None:
    text = said(site, "jonotusaika")
    assert "Ne eivät ole ennuste eivätkä mitattu vaikutus" in text
    assert "kaikki vapautunut aika on mennyt jonottaville" in text
    assert "vain, jos sopimus sen sallii" in text
    assert "epätasaisesti: Tehostettu perhetyö" in text
    assert "malli ei tuota havaittua jonotusaikaa: Perheneuvola" in text
    assert "€" not in text
    finding = soup(site, PAGE).find(id="jonotusaika").find(class_="finding").get_text()
    assert finding == (
        "Mallin mukaan jonotusaika on ennenaikaisten päättymisten ansiosta lyhyempi: "
        "Hehku 6,9\u00a0päivää (6,3–7,5, n\u00a012); "
        "Tehostettu perhetyö 4,8\u00a0päivää (4,2–5,4, n\u00a047)"
    )


def test_without_a_simulation_littles_law_is_told(tables: Tables, make_database: Make) -> None:
    simulated = [name for name in tables["flow_effect"][0] if "simul" in name or "over" in name]
    for row in tables["flow_effect"]:
        row.update(dict.fromkeys([*simulated, "ci_low", "ci_high"]))
    path = make_database(tables)
    with duckdb.connect(str(path)) as connection:
        for name in [*simulated, "arrival_pattern", "ci_low", "ci_level"]:
            connection.execute(f"alter table marts.flow_effect drop column {name}")
    shown = waiting(open_page(str(path), "fi")).html
    assert "kauden lopussa enintään näin paljon lyhyempi" in shown
    assert "Tehostettu perhetyö 9,3\u00a0päivää (oletuksista riippuen" in shown


@pytest.mark.parametrize("change", [0.0, 2.0])
def test_no_shorter_wait_is_told_where_none_is_found(
    tables: Tables, make_database: Make, change: float
) -> None:
    for row in tables["flow_effect"]:
        if row["simulated_change_days"] is not None:
            row |= {"simulated_change_days": change, "ci_low": change - 1, "ci_high": change + 1}
    shown = waiting(page_of(make_database, tables)).html
    assert "eivät ole selvästi lyhentäneet jonotusaikaa" in shown


def test_a_wait_without_a_scenario_is_refused(tables: Tables, make_database: Make) -> None:
    tables["flow_effect"] = tables["flow_effect"][1:]
    page = page_of(make_database, tables)
    with pytest.raises(ReportError, match=r"flow_effect has of PERHETYO the scenarios"):
        waiting(page)


def test_a_publication_from_before_the_tables_makes_a_whole_page(
    tables: Tables, make_database: Make, tmp_path: Path
) -> None:
    """As where a revision is held back: the open data are those of the last publication."""
    path = make_database(tables)
    with duckdb.connect(str(path)) as connection:
        for name in LATER:
            connection.execute(f"drop table marts.{name}")
    built = build_reports(path, tmp_path / "site", notebooks=NOTEBOOKS)[0].parent
    sections = soup(built, PAGE).main.find_all("section")
    waiting_for = [tag for tag in sections if "tulevat mukaan seuraavassa julkaisussa" in str(tag)]
    assert [tag["id"] for tag in sections if tag not in waiting_for] == [
        "lukuohje",
        "rajoitukset",
        "julkaisu",
    ]
    assert not soup(built, PAGE).find_all(["table", "svg"])


def test_a_table_that_was_always_there_must_be_there(tables: Tables, make_database: Make) -> None:
    path = make_database(tables)
    with duckdb.connect(str(path)) as connection:
        connection.execute("drop table marts.city_funnel")
    with pytest.raises(ReportError, match=r"marts\.city_funnel cannot be read"):
        open_page(str(path), "fi")


def test_amounts_of_a_difference_have_their_sign(database: Path) -> None:
    formats = open_page(str(database), "fi").formats
    assert formats.signed_euro(Decimal("230.25")) == "+230\u00a0€"
    assert formats.signed_euro(Decimal("-160.5")) == "−161\u00a0€"
    assert formats.signed_euro(Decimal("0.2")) == "0\u00a0€"
