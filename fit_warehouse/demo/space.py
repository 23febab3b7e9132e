"""How much disk a city needs, before anything is written."""

from __future__ import annotations

import shutil
from pathlib import Path

# Measured with truth: 268, 397 and 223 bytes a form; longer references of large cities take some more.
BYTES_PER_FORM = {"landing": 330, "monthly": 480, "openfit": 270}
BYTES_AT_LEAST = 4_000_000


def estimated_bytes(forms: int, layout: str = "landing") -> int:
    """Return about how many bytes a city of `forms` forms takes, rather too many than too few."""
    return BYTES_AT_LEAST + BYTES_PER_FORM[layout] * forms


def check_space(folder: Path, forms: int, layout: str = "landing") -> None:
    """Raise ValueError when the disk of `folder` has too little room for the city."""
    existing = next(place for place in [folder, *folder.absolute().parents] if place.exists())
    needed, free = estimated_bytes(forms, layout), shutil.disk_usage(existing).free
    if needed > free:
        raise ValueError(
            f"{forms} forms need about {needed / 1e9:.1f} GB, but the disk of {folder} has "
            f"{free / 1e9:.1f} GB left. Ask for fewer forms or name a folder on another disk"
        )
