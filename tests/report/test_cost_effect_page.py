"""The page on cost effects: its numbers are those of the tables, and it never says more than they do."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fit_warehouse.report import ReportError
from fit_warehouse.report.cost_basis import per_improved
from fit_warehouse.report.net import lines
from fit_warehouse.report.page import open_page
from tests.report.test_page_numbers import HIDDEN, number, percent, rows, soup, table

PAGE = "cost_effect_fi.html"
SERVICES = {"HEHKU": "Hehku", "NEPSY": "Neuropsykiatrinen valmennus"}
Tables = dict[str, list[dict[str, Any]]]


def euro(amount: float | Decimal) -> str:
    return f"{number(amount)}\u00a0€"


def text(folder: Path) -> str:
    page = soup(folder, PAGE)
    for tag in page.find_all(["style", "svg"]):
        tag.decompose()
    return page.main.get_text(" ")


@pytest.mark.parametrize("service", SERVICES)
def test_every_step_from_gross_to_net_is_worked_out_from_the_table(
    site: Path, database: Path, service: str
) -> None:
    shown = table(soup(site, PAGE), f"{SERVICES[service]}: bruttoarvosta")
    found = rows(
        database,
        "select gross_amount_eur, avoidable_amount_eur, avoided_amount_eur, onward_amount_eur, "
        "rereferral_amount_eur, fit_cost_eur, net_amount_eur from marts.cost_net "
        f"where service_code = '{service}' order by list_position(['low', 'base', 'high'], scenario)",
    )
    assert len(found) == 3
    for place, (gross, avoidable, avoided, onward, again, fit_cost, net) in enumerate(found):
        taken = (avoidable - gross, avoided - avoidable, -onward, -again, -fit_cost)
        assert gross + sum(taken) == net, "the steps lead from gross to net"
        cells = [cells[place] for cells in shown.values()]
        assert cells == [[euro(amount)] for amount in (gross, *taken, net)]


def test_answer_comes_first_with_net_range_and_number(site: Path, database: Path) -> None:
    first = soup(site, PAGE).main.find("section").get_text()
    for service, name in SERVICES.items():
        low, net, high = sorted(
            amount
            for (amount,) in rows(
                database,
                f"select net_amount_eur from marts.cost_net where service_code = '{service}'",
            )
        )
        assert name in first
        assert euro(net) in first
        assert number(low) in first
        assert euro(high) in first
    assert "12 jaksoa" in first
    assert "etumerkki riippuu oletuksista" in first
    assert "Tukihenkilötoiminta: nettovaikutus on peitetty tietosuojan vuoksi." in first
    assert "Palvelun maksaja".lower() in first.lower()
    assert "2025" in first
    assert "ilman arvonlisäveroa" in first
    assert "se ei ole luottamusväli" in first


def test_services_are_never_added_and_own_time_is_never_money(site: Path, database: Path) -> None:
    said = text(site)
    for procurement in ("purchased", "own"):
        total, everything = rows(
            database,
            "select sum(net_amount_eur), (select sum(net_amount_eur) from marts.cost_net "
            "where scenario = 'base') from marts.cost_net "
            f"where scenario = 'base' and procurement = '{procurement}'",
        )[0]
        assert number(total) not in said
        assert number(everything) not in said
    own = rows(database, "select net_amount_eur from marts.cost_net where procurement = 'own'")
    assert len(own) == 6
    assert not [net for (net,) in own if number(net) in said]


def test_freed_capacity_has_its_range(site: Path, database: Path) -> None:
    shown = table(soup(site, PAGE), "Oma toiminta: vapautunut kapasiteetti")
    for service, name in (("PERHETYO", "Tehostettu perhetyö"), ("NEUVONTA", "Perheneuvola")):
        for place, column in ((1, "freed_sessions"), (2, "freed_hours")):
            low, base, high = (
                value
                for (value,) in rows(
                    database,
                    f"select {column} from marts.cost_net where service_code = '{service}' order by 1",
                )
            )
            assert shown[name][place] == [number(base), f"{number(low)}–{number(high)}"]


@pytest.mark.parametrize("service", SERVICES)
def test_both_ends_of_an_assumption_and_where_the_sign_turns(
    site: Path, database: Path, service: str
) -> None:
    page = soup(site, PAGE)
    swings = table(page, f"{SERVICES[service]}: netto oletuksen")
    turns = table(page, f"{SERVICES[service]}: millä arvolla")
    name = "Palautteen ansioksi luettava osuus"
    (found,) = rows(
        database,
        "select low_value, high_value, net_at_low_eur, net_at_high_eur, base_value, threshold_value "
        f"from marts.cost_sensitivity where service_code = '{service}' "
        "and factor = 'attribution_share'",
    )
    low, high, at_low, at_high, base, turn = found
    assert swings[name] == [[percent(low), euro(at_low)], [percent(high), euro(at_high)]]
    never = "etumerkki ei vaihdu"
    assert turns[name] == [[percent(base)], [never if turn is None else percent(turn)]]


def test_widest_assumption_comes_first_and_what_moves_nothing_is_left_out(
    site: Path, database: Path
) -> None:
    names = list(table(soup(site, PAGE), "Hehku: netto oletuksen"))
    moving = rows(
        database,
        "select factor from marts.cost_sensitivity where service_code = 'HEHKU' "
        "and net_at_low_eur <> net_at_high_eur order by abs(net_at_high_eur - net_at_low_eur) desc",
    )
    assert len(names) == len(moving) == 3
    assert names[0] == "Palautteen ansioksi luettava osuus"
    assert names[-1] == "Alun painotus hinnassa"


def test_cost_per_improved_has_its_interval_or_says_that_there_is_none(
    site: Path, database: Path
) -> None:
    shown = table(soup(site, PAGE), "Päättyneiden jaksojen kustannus")
    assert set(shown) == {*SERVICES.values(), "Tukihenkilötoiminta"}
    assert shown["Tukihenkilötoiminta"] == [[HIDDEN]] * 6
    for service, name in SERVICES.items():
        found = rows(
            database,
            "select n, n_in_change, n_improved, n_teams, estimate, ci_low, ci_high "
            f"from marts.cost_outcome where service_code = '{service}' order by indicator",
        )
        assert shown[name][:4] == [[number(count)] for count in found[0][:4]]
        for cell, (*_, estimate, low, high) in zip(shown[name][4:], found, strict=True):
            limits = "väliä ei voi rajata" if low is None else f"{number(low)}–{euro(high)}"
            assert cell == [euro(estimate), limits]


def test_episodes_without_a_cost_are_counted_beside_the_cost(site: Path) -> None:
    said = soup(site, PAGE).find(id="kustannus-kohentunutta-kohti").get_text(" ")
    assert "ei voitu laskea: Neuropsykiatrinen valmennus 9 jaksoa." in said
    assert "Kaikkien kaudella päättyneiden" not in said


def test_all_closed_episodes_are_said_to_be_in_where_they_are(
    tables: Tables, make_database: Callable[[Tables], Path]
) -> None:
    for row in tables["cost_outcome"]:
        row["n_without_cost"] = row["n_without_cost"] and 0
    page = open_page(str(make_database(tables)), "fi")
    assert "Kaikkien kaudella päättyneiden" in str(per_improved(page))


def test_two_lines_of_a_service_are_not_to_be_added_up(
    tables: Tables, make_database: Callable[[Tables], Path]
) -> None:
    of_service = [row for row in tables["cost_outcome"] if row["n_without_cost"]]
    tables["cost_outcome"] += [row | {"price_year": 2026} for row in of_service]
    page = open_page(str(make_database(tables)), "fi")
    assert "saman palvelun lukuja ei voi laskea yhteen" in str(per_improved(page))


def test_charts_write_the_number_of_episodes_and_of_what_is_hidden_the_word(site: Path) -> None:
    for section, words in (
        ("kustannus-kohentunutta-kohti", {"10\u00a0704\u00a0€ (n\u00a061)", HIDDEN}),
        ("kapasiteetti", {"47 jaksoa", "33 jaksoa"}),
    ):
        for drawing in soup(site, PAGE).find(id=section).find_all("svg"):
            written = {tag.get_text() for tag in drawing.find_all(["text", "tspan"])}
            assert words <= written, section


def test_what_is_left_out_stands_beside_the_sums(site: Path, database: Path) -> None:
    shown = table(soup(site, PAGE), "Nettovaikutuksesta pois jätetyt")
    found = dict(
        rows(
            database,
            "select exclusion_reason, n_episodes from marts.cost_excluded "
            "where left_out_of = 'net'",
        )
    )
    assert shown == {
        "Jatkopalvelua ei ole kirjattu": [[number(found["onward_unknown"])]],
        "Hinta puuttuu": [[number(found["no_price"])]],
    }
    assert "Summasta on jätetty pois 7 jaksoa (25\u00a0%)" in text(site)


def test_a_saving_is_realised_only_where_finance_says_so(site: Path, empty_site: Path) -> None:
    shown = table(soup(site, PAGE), "Talouden vahvistamat säästöt")
    assert shown["Hehku"][-1] == [euro(Decimal("5120.50"))]
    assert shown["Tukihenkilötoiminta"][-1] == [HIDDEN]
    said = text(empty_site)
    assert "Talous ei ole vahvistanut toteutuneita säästöjä" in said
    assert not re.search(r"[\d\u00a0]+\u00a0€", said)


def test_no_saving_is_named_without_saying_what_kind(site: Path) -> None:
    kinds = r"(?:laskennallinen|laskennallista|toteutuneita|toteutuneet|vahvistamat|vahvistettu) "
    said = text(site).lower()
    named = re.findall(r"\bsäästö\w*", said)
    of_a_kind = re.findall(kinds + r"säästö\w*", said)
    explained = re.findall(r"säästö on toteutunut vain", said)
    assert named
    assert len(named) == len(of_a_kind) + len(explained)


def test_every_assumption_is_listed_with_its_source(site: Path, database: Path) -> None:
    shown = table(soup(site, PAGE), "Oletusten arvot ja lähteet")
    assert len(shown) == rows(database, "select count(*) from marts.dim_cost_assumption")[0][0]
    of_hehku = shown["Vältettävissä oleva osuus hinnasta1.1.2025 alkaen"]
    assert of_hehku[0] == ["Hehku"]
    # The address stays readable and is no link: a page reaches nothing outside.
    assert of_hehku[1] == ["Sopimus, example.invalid/hehku", "mitattu"]
    assert of_hehku[2:] == [["80\u00a0%"], ["100\u00a0%"], ["100\u00a0%"]]
    everywhere = shown["Palautteen ansioksi luettava osuusvoimassa toistaiseksi"]
    assert everywhere[:2] == [["kaikki palvelut"], ["oletus", "oletettu"]]
    weight = shown["Alun painotus hinnassavoimassa toistaiseksi"]
    assert weight[3] == ["×\u00a01,25"]


def test_what_is_hidden_is_said_to_be(hidden_site: Path, hidden_database: Path) -> None:
    page = soup(hidden_site, PAGE)
    assert not page.find_all("svg")
    hideable = [
        cell.get_text()
        for tag in page.main.find_all("table")
        if not tag.caption.get_text().startswith(("Oletusten", "Talouden"))
        for cell in tag.select("td")
    ]
    assert len(hideable) > 60
    assert set(hideable) == {HIDDEN}
    assert page.main.get_text().count("peitetty tietosuojan vuoksi") >= 8
    assert rows(hidden_database, "select count(net_amount_eur) from marts.cost_net") == [(0,)]


def test_a_hidden_service_has_no_number_anywhere(site: Path) -> None:
    for section in ("bruttosta-nettoon", "herkkyys"):
        block = soup(site, PAGE).find(id=section)
        heading = block.find("h3", string="Tukihenkilötoiminta")
        after = [tag for tag in heading.find_next_siblings() if tag.name != "h3"]
        assert "peitetty" in after[0].get_text()
        assert "svg" not in {tag.name for tag in after[0].find_all()}


def test_empty_tables_make_a_whole_page_without_tables(empty_site: Path) -> None:
    assert not soup(empty_site, PAGE).find_all(["table", "svg"])


def test_two_price_years_of_a_service_are_told_apart(
    tables: Tables, make_database: Callable[[Tables], Path]
) -> None:
    later = [row | {"price_year": 2026} for row in tables["cost_net"][:3]]
    tables["cost_net"] += later
    page = open_page(str(make_database(tables)), "fi")
    names = [line.name for line in lines(page, "purchased")]
    assert "Hehku (2025, ilman arvonlisäveroa)" in names
    assert "Hehku (2026, ilman arvonlisäveroa)" in names


def test_a_line_without_a_scenario_is_refused(
    tables: Tables, make_database: Callable[[Tables], Path]
) -> None:
    tables["cost_net"] = tables["cost_net"][1:]
    page = open_page(str(make_database(tables)), "fi")
    with pytest.raises(ReportError, match=r"cost_net has of HEHKU the scenarios"):
        lines(page, "purchased")
