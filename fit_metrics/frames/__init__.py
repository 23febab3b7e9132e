"""The statistics on polars frames: a frame in, a frame out with one row a group.

Nothing else in `fit_metrics` knows polars, and `import fit_metrics` does not import this package:
``from fit_metrics import frames``.
"""

from __future__ import annotations

try:
    import polars as _  # noqa: F401
except ImportError as error:
    raise ImportError(
        "fit_metrics.frames needs polars, which fit_metrics alone does not bring: install the extra "
        "with pip install 'fit-warehouse[frames]'"
    ) from error

from fit_metrics.frames._classes import classify
from fit_metrics.frames._effects import pre_post_d, two_group_d
from fit_metrics.frames._means import means
from fit_metrics.frames._scales import agreement, alpha
from fit_metrics.frames._shares import class_shares, share_difference, shares

__all__ = [
    "agreement",
    "alpha",
    "class_shares",
    "classify",
    "means",
    "pre_post_d",
    "share_difference",
    "shares",
    "two_group_d",
]
