"""The synthetic city: made-up landing files that exercise the whole pipeline."""

from fit_warehouse.demo.city import make_city
from fit_warehouse.demo.delivery import CitySummary

__all__ = ["CitySummary", "make_city"]
