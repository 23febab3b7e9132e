"""What comes out month by month: overlapping extracts, corrections in the next one, deletions.

The client information system delivers episodes, their clients and sessions, the FIT software forms.
An extract holds what was entered or changed since the one before, and its last days once more; every
row stands in it as the system knew it when the extract was taken.
"""

from fit_warehouse.demo.extracts.delivery import MonthlyExtracts, monthly_extracts
from fit_warehouse.demo.extracts.forms import withdrawn_rows

__all__ = ["MonthlyExtracts", "monthly_extracts", "withdrawn_rows"]
