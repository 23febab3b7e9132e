"""All that two systems deliver of a block month by month."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from fit_warehouse.demo.extracts.episodes import client_extracts, episode_extracts
from fit_warehouse.demo.extracts.forms import form_extracts, links
from fit_warehouse.demo.extracts.sessions import session_extracts
from fit_warehouse.demo.parameters import Parameters
from fit_warehouse.demo.randomness import Ints, Streams

IN_EXTRACTS = frozenset({"session", "episode", "episode_client"})


@dataclass(frozen=True, slots=True)
class MonthlyExtracts:
    """The landing files of a block by stem, and the truth about rows that are not simply accepted."""

    files: dict[str, pl.DataFrame]
    truth: pl.DataFrame


def monthly_extracts(
    parameters: Parameters,
    tables: dict[str, pl.DataFrame],
    responses: pl.DataFrame,
    withdrawn: Ints,
    streams: Streams,
) -> MonthlyExtracts:
    """Return a block as the client information system and the FIT software deliver it by month.

    Parameters
    ----------
    parameters : Parameters
        The city's numbers.
    tables : dict of str to DataFrame
        Landing tables of the block as they stand at the end.
    responses : DataFrame
        Landing table `response` as it is delivered.
    withdrawn : array
        Rows of `responses` that are deleted later.
    streams : Streams
        Source of chance.
    """
    episodes = episode_extracts(parameters, tables["episode"], streams)
    sessions = session_extracts(parameters, tables["session"], streams)
    forms, deleted_forms = form_extracts(parameters, responses, withdrawn)
    files = {name: frame for name, frame in tables.items() if name not in IN_EXTRACTS}
    files |= episodes.files | sessions.files | forms
    files |= client_extracts(parameters, tables["episode"], tables["episode_client"])
    files["client_link"] = links(parameters, responses)
    files["correction"] = pl.concat([deleted_forms, episodes.corrections, sessions.corrections])
    return MonthlyExtracts(files, pl.concat([episodes.truth, sessions.truth]))
