"""What a section says whose table the publication does not have yet."""

from __future__ import annotations

from fit_warehouse.report.elements import Block, paragraph, section
from fit_warehouse.report.page import Page


def awaited(page: Page, anchor: str, heading: str) -> Block:
    """Return a section whose figures come with the next release.

    A revision that is held back leaves the open data as they were: made before there was the table.
    """
    return section(anchor, heading, paragraph(page.text("awaited.text"), "notice"))
