"""What the benchmark of a night times: `python -m tests.bench.night NAME COUNT HOME URI`.

A phase ("build", "night", "quiet") ends its output with a line of figures, as JSON. Its process does nothing
else, so that its memory is that of the sync side alone; it calls what the nightly recipe's steps call.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import asdict, dataclass, replace
from inspect import isfunction
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from pymilvus import MilvusClient

from infra import keywords
from infra.installations import Installations
from infra.milvus import Held, Mirror, Where
from infra.seen import SeenProducts
from infra.services import Services
from infra.syncs import SyncReport
from sync import audit, export, rows
from sync.catalog import MOST_CHANGED
from tests.bench import bigshop
from tests.bench.bigshop import Given, Night, Nowhere, gid
from tests.bench.serving import SHOP, Spent, big_shop, memory_mb
from tests.bench.store import Store, Tokens
from webhook_app.console import freeze
from webhook_app.steps import syncing
from webhook_app.steps.syncing import Sync

STATES = "states.jsonl"
LOOKED_UP = 10
"""Products of each kind of change."""
_KINDS = {
    "Milvus": MilvusClient,
    "mirror": Mirror,
    "seen": SeenProducts,
    "report": SyncReport,
    "installations": Installations,
    "embedder": Given,
}
WATCHED = [
    ("the export's file: read", export, "states"),
    *(
        (f"{part}: {name}", kind, name)
        for part, kind in _KINDS.items()
        for name, function in vars(kind).items()
        if isfunction(function) and not name.startswith("_")
    ),
]
"""What is timed by itself: its name in the table, and the function."""


@dataclass(frozen=True, slots=True)
class Phase:
    """What a phase took: seconds, and by part; its peak above its start in MB; and the sync's counts."""

    seconds: float
    peak_mb: float
    counts: dict[str, int]
    parts: dict[str, float]


def first_sync(sync: Sync, night: Night, store: Store) -> None:
    """All there is; the products and their photos are made on the way."""
    sync.catalog().whole(map(night.product, night.numbers()), store.some, store.count)
    syncing.sales_from_report(sync)
    sync.services.mirror.flush(SHOP)


def one_night(sync: Sync, store: Store) -> None:
    """What the nightly recipe does for a large shop, once the export is over."""
    syncing.begin(sync)
    syncing.look_at_the_mirror(sync)
    changed = syncing.mirror_exported_changes(sync, store.count, SHOP, "its export")
    assert changed is not None
    assert changed < MOST_CHANGED
    syncing.sales_from_report(sync)
    syncing.end(sync)


def check(services: Services, night: Night) -> None:
    """The mirror holds what it must: each product once, as it is now, and what changed is found."""
    assert Counter(services.mirror.rows(SHOP)) == Counter(_held(night, number) for number in night.numbers())
    for number in sorted(night.other_photo)[:LOOKED_UP]:
        assert _first(services, night.vector(number), {}) == gid(number)
        assert _first(services, bigshop.vector(number), {}) != gid(number)
    for number in sorted(night.other_words)[:LOOKED_UP]:
        words = keywords.document_vector(keywords.document_text(night.product(number)))
        assert _first(services, np.zeros(bigshop.DIMENSION, np.float32), words) == gid(number)
    for number in sorted(night.deleted)[:LOOKED_UP]:
        assert _first(services, bigshop.vector(number), {}) != gid(number)


def _held(night: Night, number: int) -> Held:
    return Held(gid(number), night.sales(number), rows.fingerprint(night.product(number)))


def _first(services: Services, dense: NDArray[np.float32], sparse: dict[int, float]) -> str:
    return services.mirror.search(SHOP, dense, sparse, Where(), 1)[0].product_id


def run_phase(name: str, count: int, home: Path, uri: str) -> Phase:
    """One phase, in this process."""
    night, spent = Night.before(count) if name == "build" else Night.drawn(count), Spent()
    store = Store(night, home / STATES)
    with big_shop(home, uri) as shop:
        given = {"tokens": Tokens(), "_stores": {SHOP: store}, "blobs": Nowhere()}
        services = replace(shop, **given)  # type: ignore[arg-type]
        services.syncs.open(name, SHOP, mode="changes", dry_run=False, asked_by="night")
        if name != "build":  # the worker has run before: its rows are counted, its collection is loaded
            assert not audit.has_other_rows(services, SHOP)
            assert _first(services, night.vector(0), {})
        sync = Sync(services, SHOP, name, "changes", dry_run=False)
        bigshop.warm(night)
        freeze()  # as a worker does
        before, start = memory_mb("VmRSS"), perf_counter()
        with spent.watching(WATCHED):
            first_sync(sync, night, store) if name == "build" else one_night(sync, store)
        seconds, peak = perf_counter() - start, memory_mb("VmHWM") - before
        if name == "quiet":
            check(services, night)
        record = services.syncs.read(SHOP, name)
    assert record
    return Phase(seconds, peak, record["counts"], dict(spent.seconds))


if __name__ == "__main__":
    name, count, home, uri = sys.argv[1:]
    sys.stdout.write(json.dumps(asdict(run_phase(name, int(count), Path(home), uri))))
