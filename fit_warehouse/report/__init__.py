"""Published pages: notebooks run against a release, written as self-contained HTML.

This package imports no chart library, so that the command line stays quick; the sections a notebook
shows lie in the modules `notes`, `outcome`, `course`, `money` and `coverage`.
"""

from fit_warehouse.report.errors import ReportError
from fit_warehouse.report.site import build_reports, read_page_list

__all__ = ["ReportError", "build_reports", "read_page_list"]
