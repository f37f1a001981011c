"""A process that mirrors its store by an export and kills itself (SIGKILL) at a given point, once.

`python -m tests.e2e.mortal_sync HOME POINT`: POINT as in tests.e2e.mortal, or "" to live on. The second life
goes on with the run of the first; it prints how many products were seen, and how many are mirrored.
"""

from __future__ import annotations

import sys
from pathlib import Path

from infra import logs
from infra.settings import Settings
from tests import drawn
from tests.e2e.mortal import arm, port_of
from webhook_app.embedded import running
from webhook_app.recipes import nightly


def main(home: Path, point: str) -> None:
    logs.configure("ERROR", as_json=False)
    nightly.BULK_FROM, nightly.PAUSES = 1, (0.2,) * 300
    catalog = drawn.rows(home / "catalog")
    settings = Settings.from_env(home=home, port=port_of(home))
    # The store keeps its address, too: the exported file names the photos by it.
    with running(settings, catalog, store_port=port_of(home / "catalog")) as app:
        if point:
            arm(point)
        app.services.starter.start("sync_store", "the run", app.shop)
        counts = app.services.starter.result("the run")
        print(counts["seen"], app.services.mirror.count(app.shop))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
