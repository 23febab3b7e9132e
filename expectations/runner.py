"""Validate a frame with a Great Expectations suite and tell a failed check from a crashed one.

Great Expectations answers `success=False` both when data break an expectation and when the
expectation itself could not run; only the second leaves an exception behind. Here the second is an
error of the program, never a finding about the data.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.expectations.expectation import Expectation


class ExpectationCrashedError(RuntimeError):
    """An expectation could not be evaluated."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one expectation.

    Attributes
    ----------
    suite, expectation : str
        Which suite, and which expectation of it (type and column).
    success : bool
        Whether the data hold it.
    reason : str
        The sentence that the suite gives for it.
    rows : tuple of str
        Labels of the rows that break it, where it looks at rows.
    """

    suite: str
    expectation: str
    success: bool
    reason: str
    rows: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """Return what is wrong, and with which rows."""
        of = f" ({', '.join(self.rows)})" if self.rows else ""
        return f"{self.reason}{of} [{self.suite}: {self.expectation}]"


def validate(
    suite: str, frame: pd.DataFrame, expectations: Sequence[Expectation], *, label: str
) -> list[Finding]:
    """Validate a frame.

    Parameters
    ----------
    suite
        Name of the suite, for the findings.
    frame
        The rows; `label` names the column by which a person knows a row.
    expectations
        Each with its reason in `notes`.

    Raises
    ------
    ExpectationCrashedError
        When an expectation could not be evaluated.
    """
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations as gx  # seconds to import

    # Its notes would go to the root logger, which dbt opens; what matters comes back as findings.
    logging.getLogger("great_expectations").propagate = False
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    batch = (
        context.data_sources.add_pandas(suite)
        .add_dataframe_asset(suite)
        .add_batch_definition_whole_dataframe(suite)
        .get_batch({"dataframe": frame})
    )
    complete = {"result_format": "COMPLETE", "unexpected_index_column_names": [label]}
    findings = []
    for expectation in expectations:
        result = batch.validate(expectation, result_format=complete)
        name = _name(expectation)
        _raise_if_crashed(name, result.exception_info)
        findings.append(
            Finding(
                suite,
                name,
                bool(result.success),
                str(expectation.notes or name),
                _labels(result.result, label),
            )
        )
    return findings


def _name(expectation: Expectation) -> str:
    column = getattr(expectation, "column", None) or getattr(expectation, "column_A", None)
    return f"{type(expectation).__name__}{f'({column})' if column else ''}"


def _raise_if_crashed(name: str, info: Mapping[str, Any] | None) -> None:
    # One exception, or one for each metric that the expectation needs.
    reports = [info or {}, *(part for part in (info or {}).values() if isinstance(part, Mapping))]
    for report in reports:
        if report.get("raised_exception"):
            raise ExpectationCrashedError(
                f"expectation {name} could not be evaluated: {report.get('exception_message')}"
            )


def _labels(result: Mapping[str, Any] | None, label: str) -> tuple[str, ...]:
    found = (result or {}).get("unexpected_index_list") or []
    return tuple(sorted({str(row[label]) for row in found}))
