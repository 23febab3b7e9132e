"""What can go wrong while pages are made."""

from __future__ import annotations

from fit_warehouse.errors import FitError


class ReportError(FitError):
    """A page could not be made; the text names the page's part and the cause."""
