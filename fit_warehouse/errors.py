"""What can go wrong, as exit codes a scheduler can read."""

from __future__ import annotations


class FitError(Exception):
    """A stop that a person can do something about; its text says what, where and what to do."""

    exit_code = 3


class UsageError(FitError):
    """The command or the settings are not right."""

    exit_code = 2


class DataError(FitError):
    """The data failed a check; nothing was switched."""

    exit_code = 1
