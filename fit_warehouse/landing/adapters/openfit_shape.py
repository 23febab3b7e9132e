"""Which template of OpenFIT's import file a header is of, and which parts that template holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fit_warehouse.landing.adapters.openfit_columns import (
    SOURCE,
    Piece,
    episode,
    episode_client,
    form,
    further_worker,
    session,
    worker,
)
from fit_warehouse.landing.refusal import RefusedFileError
from fit_warehouse.settings import OpenFIT

UNREAD = (
    *("Provider_FirstName", "Provider_LastName", "Client_FirstName", "Client_LastName"),
    *("Collateral_FirstName", "Collateral_LastName", "Collateral_Email", "Notes"),
)
SIGNATURE = frozenset({"service_location", "client_id", "case_id", "case_date"})


@dataclass(frozen=True, slots=True)
class Shape:
    """The columns of one file.

    Attributes
    ----------
    named : dict of str to str
        What each column of `SOURCE`, and each one of the setting's own, is called in this file.
    unread : tuple of str
        The columns that the template does not have.
    """

    named: Mapping[str, str]
    unread: tuple[str, ...]
    own: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, header: tuple[str, ...], settings: OpenFIT) -> Shape:
        """Return which columns of a header are read.

        Raises
        ------
        RefusedFileError
            When a column is there twice, or one is missing that the template needs.
        """
        actual = {name.casefold(): name for name in header}
        named = {
            own: actual[name.casefold()]
            for own, name in SOURCE.items()
            if name.casefold() in actual
        }
        own = {}
        for number, (target, name) in enumerate(settings.columns.items(), start=1):
            if name.casefold() in actual:
                named[f"own_{number}"] = actual[name.casefold()]
                own[target] = f"own_{number}"
        folded = [name.casefold() for name in header]
        twice = sorted({name for name in named.values() if folded.count(name.casefold()) > 1})
        if twice:
            raise RefusedFileError("duplicate_column", ", ".join(twice))
        shape = cls(named, _unread(header, named), own)
        missing = [SOURCE[name] for name in shape.needed() if name not in named]
        if missing:
            raise RefusedFileError("missing_column", ", ".join(missing))
        return shape

    def forms(self) -> tuple[str, ...]:
        """Return the kinds of forms that the template holds."""
        return tuple(
            kind
            for kind in ("ORS", "SRS")
            if any(name.startswith(f"{kind.lower()}_") for name in self.named)
        )

    def has_sessions(self) -> bool:
        """Return whether the template holds meetings."""
        return bool(self.forms()) or "session" in self.named or "session_date" in self.named

    def needed(self) -> tuple[str, ...]:
        """Return the columns that the template may not lack."""
        always = ("location", "client", "case_id", "case_date", "age_group")
        return (*always, "session", "session_date") if self.has_sessions() else always

    def pieces(self, settings: OpenFIT) -> list[Piece]:
        """Return the parts that the template holds and the setting takes."""
        found = [form(kind) for kind in self.forms()]
        if self.has_sessions():
            found += [session(settings), further_worker()]
        found += [episode(settings), episode_client()]
        if {"provider", "email"} & self.named.keys():
            found.append(worker())
        taken = {*settings.tables, *(["session_worker"] if "session" in settings.tables else [])}
        return [self._with_own(piece) for piece in found if piece.table in taken]

    def _with_own(self, piece: Piece) -> Piece:
        """Return a part with the columns that the setting names for its table."""
        own = {
            target.partition(".")[2]: name
            for target, name in self.own.items()
            if target.partition(".")[0] == piece.table
        }
        columns, origin = {**piece.columns, **own}, {**piece.origin, **own}
        return Piece(piece.table, piece.name, columns, origin, piece.where, piece.is_distinct)


def _unread(header: tuple[str, ...], named: Mapping[str, str]) -> tuple[str, ...]:
    known = {name.casefold() for name in (*named.values(), *UNREAD, *SOURCE.values())}
    return tuple(name for name in header if name and name.casefold() not in known)
