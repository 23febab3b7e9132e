"""The parts a page is made of, as escaped HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

SECTION_MIME = "application/vnd.fit.section+json"
# A browser may break a line after an en dash; a range that is torn apart is hard to read.
_RANGE = re.compile(r"[\d.,\u00a0]+\u2013[\d.,\u00a0]+%?")


@dataclass(frozen=True, slots=True)
class Block:
    """One section of a page, as a notebook shows it and as the page takes it up.

    Parameters
    ----------
    anchor
        The section's id on the page.
    heading
        Its heading, for the table of contents.
    html
        The whole `<section>`.
    """

    anchor: str
    heading: str
    html: str

    def _repr_mimebundle_(self, include: object, exclude: object) -> dict[str, object]:
        return {
            "text/html": self.html,
            SECTION_MIME: {"anchor": self.anchor, "heading": self.heading},
        }


def prose(text: str) -> str:
    """Return running text as HTML whose ranges stay on one line."""
    return _RANGE.sub(r'<span class="whole">\g<0></span>', escape(text))


def section(anchor: str, heading: str, *parts: str) -> Block:
    """Return a section under a second-level heading."""
    body = "\n".join(parts)
    html = (
        f'<section id="{anchor}" aria-labelledby="{anchor}-h">\n'
        f'<h2 id="{anchor}-h">{escape(heading)}</h2>\n{body}\n</section>'
    )
    return Block(anchor=anchor, heading=heading, html=html)


def subheading(text: str) -> str:
    """Return a third-level heading."""
    return f"<h3>{escape(text)}</h3>"


def paragraph(text: str, kind: str = "") -> str:
    """Return a paragraph; `kind` is its class in the style sheet."""
    attribute = f' class="{kind}"' if kind else ""
    return f"<p{attribute}>{prose(text)}</p>"


def bullets(items: Sequence[tuple[str, str]]) -> str:
    """Return a list whose items begin with a term and go on with its explanation."""
    rows = (f"<li><strong>{escape(term)}</strong> {prose(text)}</li>" for term, text in items)
    return "<ul>\n" + "\n".join(rows) + "\n</ul>"


def facts(items: Sequence[tuple[str, str]]) -> str:
    """Return a list of named facts."""
    rows = (f"<div><dt>{escape(term)}</dt><dd>{prose(value)}</dd></div>" for term, value in items)
    return '<dl class="facts">\n' + "\n".join(rows) + "\n</dl>"


def _lines(cell: str) -> str:
    """Set what follows the first line of a cell (an interval) smaller, under it."""
    first, _, rest = cell.partition("\n")
    return escape(first) + (f'<br><span class="under">{escape(rest)}</span>' if rest else "")


def table(
    caption: str,
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    words: int = 1,
    total: bool = False,
) -> str:
    """Return a table that scrolls inside its own box.

    Parameters
    ----------
    caption
        What the table holds.
    head
        Column headings.
    rows
        Cells row by row; the first cell of a row is its heading.
    words
        How many columns from the left hold words, not numbers.
    total
        The last row is a total.
    """
    kinds = [' class="words"' if place < words else "" for place in range(len(head))]
    heads = "".join(
        f'<th scope="col"{kind}>{escape(name)}</th>' for kind, name in zip(kinds, head, strict=True)
    )
    body = []
    for number, row in enumerate(rows):
        cells = "".join(
            f"<td{kind}>{_lines(cell)}</td>" for kind, cell in zip(kinds[1:], row[1:], strict=True)
        )
        mark = ' class="total"' if total and number == len(rows) - 1 else ""
        body.append(f'<tr{mark}><th scope="row">{_lines(row[0])}</th>{cells}</tr>')
    return (
        f'<div class="scroll" role="region" aria-label="{escape(caption)}" tabindex="0">'
        f"<table><caption><span>{escape(caption)}</span></caption><thead><tr>{heads}</tr></thead>\n"
        "<tbody>" + "\n".join(body) + "</tbody></table></div>"
    )


def details(summary: str, content: str) -> str:
    """Return content that the reader opens; it is open on paper."""
    return f"<details><summary>{escape(summary)}</summary>\n{content}\n</details>"


def figure(finding: str, subtitle: str, drawings: Sequence[str], data: str, note: str = "") -> str:
    """Return a chart under the sentence that says what it shows, with its data beneath."""
    caption = (
        f'<figcaption><span class="finding">{prose(finding)}</span>'
        f'<span class="subtitle">{prose(subtitle)}</span></figcaption>'
    )
    foot = paragraph(note, "note") if note else ""
    return "<figure>\n" + "\n".join([caption, *drawings, foot, data]) + "\n</figure>"
