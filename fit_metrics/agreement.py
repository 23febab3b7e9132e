"""Agreement between raters, respondents or occasions."""

from __future__ import annotations

from fit_metrics._bland_altman import BlandAltman, bland_altman
from fit_metrics._icc import IntraclassCorrelation, icc

__all__ = ["BlandAltman", "IntraclassCorrelation", "bland_altman", "icc"]
