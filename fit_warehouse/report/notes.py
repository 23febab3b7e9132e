"""The sections that frame the numbers: what they rest on, how to read them, what they do not tell."""

from __future__ import annotations

from fit_warehouse.report.coverage import CLOSED, funnel_count
from fit_warehouse.report.elements import Block, bullets, facts, section
from fit_warehouse.report.outcome import answer_parts
from fit_warehouse.report.page import Page


def answer(page: Page) -> Block:
    """Answer the page's question first, beside the period and the number of episodes."""
    publication = page.marts.publication
    formats = page.formats
    basis = facts(
        [
            (
                page.text("fact.period"),
                formats.date_range(publication.period_start, publication.period_end),
            ),
            (page.text("fact.as_of"), formats.day(publication.as_of)),
            (page.text("fact.closed"), funnel_count(page, CLOSED)),
            (page.text("fact.kept"), funnel_count(page, "in_denominator")),
        ]
    )
    return section("vastaus", page.text("answer.heading"), *answer_parts(page), basis)


def reading(page: Page) -> Block:
    """Explain the terms and the marks of the page."""
    publication = page.marts.publication
    items = [
        (page.text("reading.change.term"), page.text("reading.change.text")),
        (page.text("reading.reliable.term"), page.text("reading.reliable.text")),
        (page.text("reading.cutoff.term"), page.text("reading.cutoff.text")),
        (page.text("reading.interval.term"), page.text("reading.interval.text")),
        (page.text("reading.effect.term"), page.text("reading.effect.text")),
        (
            page.text("reading.suppressed.term"),
            page.text(
                "reading.suppressed.text",
                k=page.formats.integer(publication.k_min),
                n=page.formats.integer(publication.n_min_estimate),
            ),
        ),
    ]
    return section("lukuohje", page.text("reading.heading"), bullets(items))


def limits(page: Page) -> Block:
    """Say what the numbers cannot tell."""
    items = [
        (page.text("limits.comparison.term"), page.text("limits.comparison.text")),
        (page.text("limits.regression.term"), page.text("limits.regression.text")),
        (page.text("limits.dropout.term"), page.text("limits.dropout.text")),
        (page.text("limits.case_mix.term"), page.text("limits.case_mix.text")),
        (page.text("limits.norms.term"), page.text("limits.norms.text")),
        (page.text("limits.evidence.term"), page.text("limits.evidence.text")),
        (page.text("limits.team.term"), page.text("limits.team.text")),
    ]
    return section("rajoitukset", page.text("limits.heading"), bullets(items))


def _thresholds(page: Page, parameter_set: str) -> str:
    """Return what a set of thresholds is called; a set of one's own has its code alone."""
    if page.catalogue.has(f"thresholds.{parameter_set}"):
        return page.catalogue.label("thresholds", parameter_set)
    return parameter_set


def about(page: Page) -> Block:
    """Name the release, its parameters and how much of it is hidden."""
    publication = page.marts.publication
    formats = page.formats
    hidden = page.text(
        "about.hidden_of",
        hidden=formats.integer(sum(row.n_suppressed for row in page.marts.disclosure)),
        all=formats.integer(sum(row.n_rows for row in page.marts.disclosure)),
    )
    basis = facts(
        [
            (page.text("about.release"), publication.release_id),
            (page.text("about.generated"), formats.day(publication.generated_at)),
            (page.text("about.parameters"), _thresholds(page, publication.parameter_set)),
            (page.text("about.hidden"), hidden),
        ]
    )
    return section("julkaisu", page.text("about.heading"), basis)
