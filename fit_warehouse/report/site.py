"""The pages of a release and their index."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from fit_warehouse.errors import UsageError
from fit_warehouse.report.catalogue import Catalogue, load_catalogue
from fit_warehouse.report.elements import Block
from fit_warehouse.report.errors import ReportError
from fit_warehouse.report.formats import Formats
from fit_warehouse.report.marts import Publication, read_publication
from fit_warehouse.report.notebook import run_notebook

TEMPLATES = Path(__file__).resolve().parent / "templates"
INDEX = "index.html"
# What would make a page reach out, run something, or look different without a network.
_OUTSIDE = re.compile(r"https?://|<script|<link\b|<iframe|@import|url\((?!#)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PageSpec:
    """A row of notebooks/reports.yml.

    Parameters
    ----------
    id
        Name of the page, in the command and in the file name.
    notebook
        File name of its notebook.
    languages
        Languages it can be made in.
    title, lead
        Keys of its title and of the question it answers.
    """

    id: str
    notebook: str
    languages: Sequence[str]
    title: str
    lead: str

    def file_name(self, language: str) -> str:
        """Return the name of the page's file in a language."""
        return f"{self.id}_{language}.html"


@dataclass(frozen=True, slots=True)
class _Link:
    href: str
    title: str
    lead: str
    language: str


def read_page_list(notebooks: Path) -> list[PageSpec]:
    """Read the one list of pages.

    Raises
    ------
    ReportError
        When `reports.yml` is missing or a row has other fields than those of `PageSpec`.
    """
    path = notebooks / "reports.yml"
    if not path.is_file():
        raise ReportError(f"no list of pages at {path}")
    listed = yaml.safe_load(path.read_text(encoding="utf-8"))
    wanted = {field.name for field in fields(PageSpec)}
    specs = []
    for row in listed["pages"]:
        wrong = sorted(wanted ^ row.keys())
        if wrong:
            name = row.get("id", "?")
            raise ReportError(f"{path}: page {name}: missing or unknown: {', '.join(wrong)}")
        specs.append(PageSpec(**row))
    return specs


def _chosen(specs: Sequence[PageSpec], pages: Sequence[str] | None) -> list[PageSpec]:
    known = [spec.id for spec in specs]
    unknown = [page for page in pages or () if page not in known]
    if unknown:
        raise UsageError(f"no page {', '.join(unknown)}; there are: {', '.join(known)}")
    return [spec for spec in specs if pages is None or spec.id in pages]


def _frame(catalogue: Catalogue, publication: Publication) -> dict[str, object]:
    """Return what every page of a release has in common."""
    formats = Formats(catalogue.language)
    period = formats.date_range(publication.period_start, publication.period_end)
    return {
        "language": catalogue.language,
        "style": Markup((TEMPLATES / "style.css").read_text(encoding="utf-8")),
        "skip": catalogue.text("site.skip"),
        "contents": catalogue.text("site.contents"),
        "back": catalogue.text("site.back"),
        "is_synthetic": bool(publication.is_synthetic),
        "synthetic_title": catalogue.text("site.synthetic_title"),
        "synthetic_note": catalogue.text("site.synthetic_note"),
        "period": catalogue.text("site.page_line", period=period),
        "foot": catalogue.text(
            "site.foot", as_of=formats.day(publication.as_of), release=publication.release_id
        ),
    }


def _render(template: str, title: str, frame: Mapping[str, object], **parts: object) -> str:
    """Fill a template and make sure that the page stands on its own.

    Raises
    ------
    ReportError
        When the page would reach outside itself or run a script.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    html = environment.get_template(template).render(title=title, **frame, **parts)
    outside = _OUTSIDE.search(html)
    if outside is not None:
        raise ReportError(f"page {title!r} is not self-contained: it holds {outside[0]!r}")
    return html


def _document_title(catalogue: Catalogue, publication: Publication, title: str) -> str:
    if publication.is_synthetic:
        return catalogue.text("site.synthetic_suffix", title=title)
    return title


def _page(
    spec: PageSpec, catalogue: Catalogue, publication: Publication, blocks: Sequence[Block]
) -> str:
    title = catalogue.text(spec.title)
    return _render(
        "page.html.j2",
        title,
        _frame(catalogue, publication),
        document_title=_document_title(catalogue, publication, title),
        lead=catalogue.text(spec.lead),
        index=INDEX,
        sections=[(block.anchor, block.heading, Markup(block.html)) for block in blocks],
    )


def _index(catalogue: Catalogue, publication: Publication, links: Sequence[_Link]) -> str:
    title = catalogue.text("site.index_title")
    return _render(
        "index.html.j2",
        title,
        _frame(catalogue, publication),
        document_title=_document_title(catalogue, publication, title),
        lead=catalogue.text("site.index_lead"),
        links=links,
    )


def _made(
    database: Path,
    notebooks: Path,
    wanted: Sequence[tuple[PageSpec, str]],
    catalogues: Mapping[str, Catalogue],
) -> dict[str, str]:
    """Return the HTML of the index and of every wanted page, by file name, index first."""
    publication = read_publication(database)
    pages: dict[str, str] = {}
    links = []
    for spec, language in wanted:
        catalogue = catalogues[language]
        parameters = {"database": str(database.resolve()), "language": language}
        blocks = run_notebook(notebooks / spec.notebook, parameters)
        name = spec.file_name(language)
        pages[name] = _page(spec, catalogue, publication, blocks)
        links.append(_Link(name, catalogue.text(spec.title), catalogue.text(spec.lead), language))
    index = _index(next(iter(catalogues.values())), publication, links)
    return {INDEX: index, **pages}


def _write(path: Path, html: str) -> Path:
    path.write_text(html, encoding="utf-8", newline="\n")
    return path


def build_reports(
    database: Path,
    folder: Path,
    *,
    notebooks: Path,
    pages: Sequence[str] | None = None,
    languages: Sequence[str] = ("fi",),
) -> list[Path]:
    """Make the pages of a release and an index of them.

    Parameters
    ----------
    database, folder
        DuckDB file with the schema `marts` after disclosure control, and where the pages go.
    notebooks
        Folder with the notebooks and `reports.yml`.
    pages, languages
        Ids of the pages to make (default: all), and the languages, the index in the first one.

    Returns
    -------
    list of Path
        The index first, then the pages.

    Raises
    ------
    UsageError
        When a page or a language is unknown, or they leave nothing to make.
    ReportError
        When a page cannot be made; nothing is written then.
    """
    catalogues = {language: load_catalogue(language) for language in languages}
    specs = _chosen(read_page_list(notebooks), pages)
    wanted = [(spec, code) for spec in specs for code in languages if code in spec.languages]
    if not wanted:
        raise UsageError(f"no page to make in the languages {list(languages)}")
    made = _made(database, notebooks, wanted, catalogues)
    folder.mkdir(parents=True, exist_ok=True)
    return [_write(folder / name, html) for name, html in made.items()]
