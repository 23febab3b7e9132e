"""Adapters: one file for each kind of source."""

from __future__ import annotations

from fit_warehouse.landing.adapters.base import Adapter, Part, Reading
from fit_warehouse.landing.adapters.contract_files import ContractFiles
from fit_warehouse.landing.adapters.fhir import Fhir
from fit_warehouse.landing.adapters.fit_outcomes import FitOutcomes
from fit_warehouse.landing.adapters.mapping import MappedFiles
from fit_warehouse.landing.adapters.mapping.mapping_file import read_mappings
from fit_warehouse.landing.adapters.mended import Mended
from fit_warehouse.landing.adapters.openfit import OpenFITFiles
from fit_warehouse.landing.adapters.survey import surveys
from fit_warehouse.landing.files import LandingFile
from fit_warehouse.settings import Settings

__all__ = ["Adapter", "Part", "Reading", "adapters", "choose"]


def adapters(settings: Settings) -> tuple[Adapter, ...]:
    """Return all adapters in the order in which they are asked; the last one takes every file."""
    return (
        Mended(settings),
        MappedFiles(read_mappings(settings.paths.mappings)),
        *surveys(settings),
        Fhir.of(settings),
        FitOutcomes.of(settings),
        OpenFITFiles(settings.openfit),
        ContractFiles(),
    )


def choose(file: LandingFile, known: tuple[Adapter, ...]) -> Adapter:
    """Return the first adapter that recognises a file.

    Raises
    ------
    RefusedFileError
        When an adapter knows the file's kind and knows that it cannot be read.
    """
    return next(adapter for adapter in known if adapter.recognise(file))
