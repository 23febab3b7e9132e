"""The figure of shares with intervals that several sections use."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from fit_warehouse.report.charts import Dot, render, share_chart
from fit_warehouse.report.elements import figure
from fit_warehouse.report.page import Group, Page, interval


def share_dots(page: Page, groups: Sequence[Group], indicators: Sequence[str]) -> list[Dot]:
    """Return a dot for each group in each indicator's panel."""
    dots = []
    for indicator in indicators:
        panel = page.catalogue.label("indicator", indicator)
        for group in groups:
            row = page.outcome(group, indicator)
            label = page.share_cell(row).partition("\n")[0]
            dots.append(Dot(page.group_name(group), panel, interval(row), label))
    return dots


def share_figure(
    page: Page,
    name: str,
    dots: Sequence[Dot],
    *,
    finding: str,
    subtitle: str,
    data: str,
    note: str = "",
) -> str:
    """Return the figure under its finding, with its data.

    Parameters
    ----------
    page
        Words and formats.
    name
        Prefix of the drawing's ids, unique on the page.
    dots
        What is drawn.
    finding, subtitle
        What it shows, and what is drawn.
    data
        The table beneath.
    note
        A caveat between the chart and its data.
    """
    drawings = render(
        partial(share_chart, dots),
        name=name,
        label=page.text("figure.alt", finding=finding, subtitle=subtitle),
        formats=page.formats,
    )
    return figure(finding, subtitle, drawings, data, note)
