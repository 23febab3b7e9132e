"""Land one folder in a process of its own and say what it took; run by the tests of heavy files."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from fit_warehouse.accounts import accounts
from fit_warehouse.home import Home
from fit_warehouse.landing import ledger, resolve
from fit_warehouse.landing.land import land
from fit_warehouse.settings import Build, Land, Paths, Settings

ADDRESS_SPACE = 12 << 30  # bytes: engines reserve more than they use


def main(folder: Path, share: float) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    paths = Paths(folder / "home", folder / "landing", folder / "published", folder / "key")
    settings = Settings(paths=paths, land=Land(share), build=Build(memory_limit="1GB"))
    home = Home(paths.home)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.monotonic()
    with home.locked():
        landing = land(settings, home)
        fates = resolve.ensure(settings, home)
    took = {
        "seconds": time.monotonic() - started,
        "mebibytes": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024,
        "refused": {entry.file_name: entry.refused_for for entry in landing.refused},
        "accounts": [
            {
                "accepted": account.accepted,
                "quarantined": account.quarantined,
                "delivered": account.delivered,
                "unaccounted": account.unaccounted,
            }
            for account in accounts(ledger.landed(home), fates)
        ],
    }
    sys.stdout.write(json.dumps(took))


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
