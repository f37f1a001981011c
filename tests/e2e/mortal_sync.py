"""A process that mirrors its store by an export and kills itself (SIGKILL) at a given point, once.

`python -m tests.e2e.mortal_sync HOME POINT`: POINT as in tests.e2e.mortal, or "" to live on. The second life
goes on with the sync of the first; it prints how many products were seen, how many are mirrored, and what
became of each sync.
"""

from __future__ import annotations

import sys
from pathlib import Path

from infra import logs
from infra.settings import Settings
from tests import drawn
from tests.e2e.mortal import arm, port_of
from webhook_app.embedded import running
from webhook_app.recipes import exporting, sync_store
from webhook_app.sync_runs import sync_now


def main(home: Path, point: str) -> None:
    logs.configure("ERROR", as_json=False)
    sync_store.BULK_STATES_FROM, exporting.PAUSES = 1, (0.2,) * 300
    catalog = drawn.rows(home / "catalog")
    settings = Settings.from_env(home=home, port=port_of(home))
    # The store keeps its address, too: the exported file names the photos by it.
    with running(settings, catalog, store_port=port_of(home / "catalog")) as app:
        if point:
            arm(point)
        counts = sync_now(app.services, app.shop)  # in the second life it joins that of the first
        syncs = [sync["status"] for sync in app.services.syncs.recent(app.shop)]
        print(counts["seen"], app.services.mirror.count(app.shop), *syncs)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
