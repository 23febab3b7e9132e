"""The numbers of a page are those of the database, written the Finnish way."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from bs4 import BeautifulSoup

PAGE = "city_overview_fi.html"
HIDDEN = "peitetty"
GROUP_NAMES = {
    ("CORS", "self"): "Lapset itse (CORS)",
    ("ORS", "self"): "Nuoret ja aikuiset itse (ORS)",
    ("CORS", "caretaker"): "Huoltajan arvio lapsesta (CORS)",
    ("ORS", "caretaker"): "Huoltajan arvio nuoresta (ORS)",
}


def soup(folder: Path, name: str = PAGE) -> BeautifulSoup:
    return BeautifulSoup((folder / name).read_text(encoding="utf-8"), "html.parser")


def number(value: float | Decimal, digits: int = 0) -> str:
    """Write a number the Finnish way, by other means than the package does."""
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    text = f"{rounded:,}".replace(",", "\u00a0").replace(".", ",")
    return text.replace("-", "\u2212")


def percent(share: float) -> str:
    return f"{number(Decimal(str(share)) * 100)}\u00a0%"


def rows(database: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(query).fetchall()


def table(page: BeautifulSoup, caption: str) -> dict[str, list[list[str]]]:
    """Return the cells of a table by row heading, each cell as its lines."""
    found = [tag for tag in page.find_all("table") if tag.caption.get_text().startswith(caption)]
    assert len(found) == 1, caption
    return {
        row.th.get_text(): [list(cell.stripped_strings) for cell in row.find_all("td")]
        for row in found[0].tbody.find_all("tr")
    }


@pytest.mark.parametrize(
    ("indicator", "column"),
    [
        ("share_recovered", 1),
        ("share_improved", 2),
        ("share_unchanged", 3),
        ("share_deteriorated", 4),
        ("share_reliably_improved", 5),
        ("share_intake_functional", 6),
    ],
)
def test_shares_are_those_of_the_database(
    site: Path, database: Path, indicator: str, column: int
) -> None:
    shown = table(soup(site), "Muutosluokkien osuudet")
    query = (
        "select instrument_code, respondent_role, n, estimate, ci_low, ci_high "
        f"from marts.city_outcome where indicator = '{indicator}'"
    )
    found = rows(database, query)
    assert len(found) == len(GROUP_NAMES)
    for code, role, n, estimate, low, high in found:
        cells = shown[GROUP_NAMES[code, role]]
        if estimate is None:
            assert cells[column] == [HIDDEN]
        else:
            interval = f"{number(Decimal(str(low)) * 100)}–{percent(high)}"
            assert cells[column] == [percent(estimate), interval]
            assert cells[0] == [number(n)]


def test_means_are_those_of_the_database(site: Path, database: Path) -> None:
    shown = table(soup(site), "Alku- ja loppuarvioiden keskiarvot")
    for (code, role), name in GROUP_NAMES.items():
        found = dict(
            rows(
                database,
                "select indicator, estimate from marts.city_outcome "
                f"where instrument_code = '{code}' and respondent_role = '{role}'",
            )
        )
        firsts = [cell[0] for cell in shown[name][1:]]
        assert firsts == [
            number(found["mean_intake"], 1),
            number(found["mean_last"], 1),
            f"+{number(found['mean_change'], 1)}",
            f"+{number(found['pre_post_d'], 2)}",
        ]


def test_course_is_that_of_the_database(site: Path, database: Path) -> None:
    page = soup(site)
    query = "select instrument_code, respondent_role, session_number, n, estimate from marts.course"
    found = rows(database, query)
    for code, role, session, n, estimate in found:
        cells = table(page, GROUP_NAMES[code, role])[str(session)]
        expected = [HIDDEN, HIDDEN] if estimate is None else [number(n), number(estimate, 1)]
        assert [cell[0] for cell in cells[:2]] == expected
    assert any(estimate is None for *_, estimate in found)


def test_money_is_that_of_the_database_and_kinds_are_never_added(
    site: Path, database: Path
) -> None:
    page = soup(site)
    captions = {
        ("purchased", 1): "Ostopalvelut: sovitusti",
        ("own", 1): "Oma toiminta: sovitusti",
        ("purchased", 0): "Ostopalvelut: yksipuolisesti",
    }
    query = (
        "select procurement, is_agreed, coalesce(name_fi, 'Yhteensä'), n_episodes, "
        "gross_amount_eur from marts.cost_effect left join marts.dim_service using (service_code)"
    )
    found = rows(database, query)
    for procurement, is_agreed, name, n, amount in found:
        cells = table(page, captions[procurement, is_agreed])[name]
        if amount is None:
            assert cells == [[HIDDEN]] * 4
        else:
            assert cells[0] == [number(n)]
            assert cells[3] == [f"{number(amount)}\u00a0€"]
    totals = [amount for *_, name, _, amount in found if name == "Yhteensä"]
    text = page.get_text()
    for first, second in [(0, 1), (0, 2), (1, 2)]:
        assert number(totals[first] + totals[second]) not in text


def test_funnel_and_use_are_those_of_the_database(site: Path, database: Path) -> None:
    page = soup(site)
    steps = rows(database, "select n_episodes from marts.city_funnel order by step_order")
    shown = list(table(page, "Jaksot vaiheittain").values())
    assert [cells[0] for cells in shown] == [[number(n)] for (n,) in steps]
    assert [cells[1] for cells in shown] == [[percent(n / steps[0][0])] for (n,) in steps]
    quarters = table(page, "Lomakkeiden täyttö")
    query = (
        "select quarter_start, estimate from marts.city_use "
        "where indicator = 'share_sessions_with_both'"
    )
    for start, estimate in rows(database, query):
        name = f"{(start.month + 2) // 3}/{start.year}"
        assert quarters[name][1] == [percent(estimate)]
