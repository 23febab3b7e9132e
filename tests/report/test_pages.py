"""What a reader gets: whole, accessible, self-contained pages with the numbers of the database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag

from fit_warehouse.report import build_reports

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
PAGE = "city_overview_fi.html"
COST_PAGE = "cost_effect_fi.html"
SITES = ["site", "hidden_site", "empty_site"]
HIDDEN = "peitetty"
ENGLISH = re.compile(
    r"\b(?:the|and|of|for|with|mean|share|sessions?|total|purchased|own|closed|attended|self"
    r"|caretaker|effect|suppressed|null|none|nan|axis|title|chart|graphics|quarter|month|episode"
    r"|service|unknown|true|false|change|outcome|funnel)\b",
    re.IGNORECASE,
)


def soup(folder: Path, name: str = PAGE) -> BeautifulSoup:
    return BeautifulSoup((folder / name).read_text(encoding="utf-8"), "html.parser")


@pytest.fixture(params=SITES)
def any_site(request: pytest.FixtureRequest) -> Path:
    folder: Path = request.getfixturevalue(request.param)
    return folder


@pytest.fixture(params=[PAGE, COST_PAGE])
def report(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(params=["index.html", PAGE, COST_PAGE])
def any_page(request: pytest.FixtureRequest, any_site: Path) -> BeautifulSoup:
    return soup(any_site, request.param)


def test_page_has_the_frame_that_readers_and_screen_readers_need(any_page: BeautifulSoup) -> None:
    assert any_page.html["lang"] == "fi"
    assert len(any_page.find_all("h1")) == 1
    assert len(any_page.find_all("main")) == 1
    assert any_page.title.get_text().strip()
    first_link = any_page.body.find("a")
    assert any_page.find(id=first_link["href"].removeprefix("#")).name == "main"


def test_headings_never_skip_a_level(any_page: BeautifulSoup) -> None:
    levels = [int(tag.name[1]) for tag in any_page.find_all(re.compile("^h[1-6]$"))]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_ids_are_unique_and_every_link_inside_leads_somewhere(any_page: BeautifulSoup) -> None:
    ids = [tag["id"] for tag in any_page.find_all(id=True)]
    assert len(ids) == len(set(ids))
    inside = [tag["href"][1:] for tag in any_page.find_all("a", href=re.compile("^#"))]
    named = [tag["aria-labelledby"] for tag in any_page.find_all(attrs={"aria-labelledby": True})]
    assert not {*inside, *named} - set(ids)
    drawn = set(re.findall(r"url\(#([^)]+)\)", str(any_page)))
    assert not drawn - set(ids)


def test_page_reaches_nothing_outside_and_runs_nothing(any_site: Path) -> None:
    for path in any_site.iterdir():
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"https?:|<script|<link|<iframe|@import|\son\w+=", text), path.name
        assert b"\r" not in path.read_bytes()


@pytest.mark.parametrize(("name", "n_figures"), [(PAGE, 8), (COST_PAGE, 12)])
def test_every_figure_has_a_name_and_its_data(site: Path, name: str, n_figures: int) -> None:
    figures = soup(site, name).find_all("figure")
    assert len(figures) == n_figures
    for figure in figures:
        drawings = figure.find_all("svg")
        assert {drawing["class"][1] for drawing in drawings} == {"wide", "narrow"}
        finding = figure.find(class_="finding").get_text()
        for drawing in drawings:
            assert drawing["role"] == "img"
            assert drawing["aria-label"].startswith(finding)
            assert not drawing.find_all(attrs={"aria-roledescription": True})
        assert figure.find("details").find("table")


def test_every_table_has_a_caption_and_scoped_headings(any_site: Path, report: str) -> None:
    for tag in soup(any_site, report).find_all("table"):
        assert tag.caption.get_text().strip()
        assert {head["scope"] for head in tag.thead.find_all("th")} == {"col"}
        assert {head["scope"] for head in tag.tbody.find_all("th")} == {"row"}
        widths = {len(row.find_all(["th", "td"])) for row in tag.find_all("tr")}
        assert len(widths) == 1
        assert all(cell.get_text().strip() for cell in tag.find_all(["th", "td"]))


def test_no_two_regions_have_the_same_name(any_site: Path, report: str) -> None:
    names = [tag["aria-label"] for tag in soup(any_site, report).find_all(role="region")]
    assert len(names) == len(set(names))


def test_every_section_says_something_when_there_is_nothing(any_site: Path, report: str) -> None:
    sections = soup(any_site, report).main.find_all("section")
    assert len(sections) == {PAGE: 11, COST_PAGE: 14}[report]
    for section in sections:
        assert section.find(["p", "li", "dd"]).get_text().strip()


def test_answer_comes_first_with_shares_and_limits(site: Path) -> None:
    first = soup(site).main.find("section").get_text()
    assert "koheni luotettavasti 46\u00a0prosentissa jaksoista (95\u00a0%:n luottamusväli" in first
    assert "mukana on 312 jaksoa" in first
    assert "raja-arvot ovat ulkomaisia" in first
    assert "Vertailuryhmää ei ole" in first


def test_page_never_claims_effectiveness_or_a_realised_saving(site: Path) -> None:
    text = " ".join(soup(site).get_text().split())
    mentions = len(re.findall("vaikuttavuu", text))
    assert mentions == len(re.findall("(?:ei ole|sillä) vaikuttavuu", text)) > 0
    assert "eivät toteutuneita säästöjä" in text
    assert len(re.findall("toteutune[^ ]* säästö", text)) == 1


def test_synthetic_data_are_marked_on_every_page(site: Path, hidden_site: Path) -> None:
    for name in ("index.html", PAGE, COST_PAGE):
        marked, real = soup(site, name), soup(hidden_site, name)
        assert marked.find(class_="banner").get_text().startswith("Synteettinen aineisto.")
        assert "synteettinen aineisto" in marked.title.get_text()
        assert real.find(class_="banner") is None
        assert "synteettinen" not in real.get_text().lower()


def test_what_is_hidden_is_said_to_be(hidden_site: Path) -> None:
    page = soup(hidden_site)
    assert not page.find_all("svg")
    cells = [cell.get_text() for cell in page.main.select("td")]
    assert len(cells) > 100
    assert set(cells) == {HIDDEN}
    assert page.main.get_text().count("peitetty tietosuojan vuoksi") >= 8


def test_empty_tables_make_a_whole_page_without_tables(empty_site: Path) -> None:
    page = soup(empty_site)
    assert not page.find_all(["table", "svg"])
    assert "Asiakkaiden omia arvioita ei ole tässä aineistossa" in page.main.get_text()


def spoken(page: BeautifulSoup) -> Iterator[str]:
    for tag in page.find_all("style"):
        tag.decompose()
    yield page.get_text(" ")
    for tag in page.find_all(attrs={"aria-label": True}):
        assert isinstance(tag, Tag)
        yield str(tag["aria-label"])


def test_no_english_word_and_no_empty_value_leaks(any_page: BeautifulSoup) -> None:
    for text in spoken(any_page):
        assert not ENGLISH.search(text), text[:200]


def test_same_input_gives_the_same_bytes(site: Path, database: Path, tmp_path: Path) -> None:
    for path in build_reports(database, tmp_path / "again", notebooks=NOTEBOOKS):
        assert path.read_bytes() == (site / path.name).read_bytes()


def test_index_links_to_every_page(site: Path) -> None:
    links = {tag["href"] for tag in soup(site, "index.html").main.find_all("a")}
    assert links == {path.name for path in site.iterdir()} - {"index.html"}


def test_lines_of_a_chart_are_named_in_it(site: Path) -> None:
    names = {"Vointiarvio (ORS tai CORS)", "Tapaamisarvio (SRS tai CSRS)", "Molemmat"}
    for drawing in soup(site).find(id="kaytto").find_all("svg"):
        assert names <= {text.get_text() for text in drawing.find_all("text")}
