"""Column names of a source in SQL, whatever characters they have."""

from __future__ import annotations


def quoted(name: str) -> str:
    """Return a name as an SQL identifier.

    Examples
    --------
    >>> quoted("Asiakkaan numero")
    '"Asiakkaan numero"'
    """
    escaped = name.replace('"', '""')
    return f'"{escaped}"'
