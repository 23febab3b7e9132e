"""How many teams an interval over teams needs."""

from __future__ import annotations

import numpy as np

from fit_metrics._arrays import FloatArray
from fit_metrics._multilevel_rows import Codes

LEAST_TEAMS = 10
LEAST_OF_A_KIND = 4
MANY_TEAMS = 20


def teams_of_each_kind(codes: Codes, is_fit: FloatArray) -> tuple[int, int]:
    """Give how many teams have episodes under FIT and how many before it; a team may be both."""
    return np.unique(codes[is_fit == 1.0]).size, np.unique(codes[is_fit == 0.0]).size


def why_no_interval(n_teams: int, n_fit_teams: int, n_comparison_teams: int) -> str:
    """Give the reason why so few teams have no interval, or nothing where they have one.

    Of one team on a side, least squares leaves no residual between teams there: its error would
    come from the other side alone and look far too small.
    """
    if n_teams < LEAST_TEAMS:
        return f"{n_teams} teams: below {LEAST_TEAMS} no method gives an interval that holds"
    for count, words in ((n_fit_teams, "under FIT"), (n_comparison_teams, "before FIT")):
        if count < LEAST_OF_A_KIND:
            return (
                f"{count} of {n_teams} teams {words}: below {LEAST_OF_A_KIND} no method gives an "
                "interval that holds"
            )
    return ""
