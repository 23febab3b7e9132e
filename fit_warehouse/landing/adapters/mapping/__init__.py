"""Extracts with columns of their own, read as a mapping file says."""

from __future__ import annotations

from fit_warehouse.landing.adapters.mapping.adapter import MappedFiles

__all__ = ["MappedFiles"]
