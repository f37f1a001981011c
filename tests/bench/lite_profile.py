"""Where the time of a search goes in Milvus Lite: its own functions, timed while it runs in this process.

What is not in Milvus Lite's filter, in its vector arithmetic or outside of it is what it does row by row in
Python before it searches: which version of each product is the newest, and whether that is deleted.
"""

from __future__ import annotations

from collections.abc import Sequence
from pkgutil import resolve_name

from rich.table import Table

from infra.milvus import CANDIDATES, Mirror
from tests.bench.lookup import Query
from tests.bench.serving import SHOP, Spent

DENSE, SPARSE = "row by row in Python: dense side", "row by row in Python: sparse side"
WATCHED = (
    (DENSE, "engine.collection", "execute_search_with_index"),
    (SPARSE, "engine.collection:Collection", "_search_sparse"),
    ("the filter, both sides", "search.indexed_filter", "evaluate_segment_filter"),
    ("vectors: dense", "index.brute_force:BruteForceIndex", "search"),
    ("vectors: sparse", "index.sparse_factory", "_search_prepared_sparse_index"),
    ("payload of the dense side", "storage.segment:Segment", "row_to_dict"),
    ("the server: requests read, replies written", "adapter.grpc.servicer:MilvusServicer", "Search"),
)  # fmt: skip
"""Parts of a search, with the function of Milvus Lite that does each: where it lies, its name."""
OTHERS = "gRPC, the client, our fusion"


def profile(mirror: Mirror, asked: Sequence[Query]) -> dict[str, float]:
    """Milliseconds of a search by part, on average; `mirror` has not been used yet, and is Milvus Lite."""
    spent, whole = Spent(), Spent()
    with spent.watching(
        [(part, resolve_name(f"milvus_lite.{where}"), name) for part, where, name in WATCHED]
    ):
        _search(mirror, asked[0])
        spent.seconds.clear()
        for query in asked:
            with whole.on(OTHERS):
                _search(mirror, query)
    spent.seconds[OTHERS] = whole.seconds[OTHERS] - sum(spent.seconds.values())
    return {part: 1000 * seconds / len(asked) for part, seconds in spent.seconds.items()}


def table(ms: dict[str, float]) -> Table:
    """The parts, which add up to a whole search, the longest first."""
    shown = Table("part", "ms", "share", title="where a search's time goes in Milvus Lite (mean)")
    whole = sum(ms.values())
    for part, time in sorted(ms.items(), key=lambda item: -item[1]):
        shown.add_row(part, f"{time:.1f}", f"{time / whole:.0%}")
    shown.add_row("all", f"{whole:.1f}", "")
    return shown


def _search(mirror: Mirror, query: Query) -> None:
    mirror.search(SHOP, query.dense, query.sparse, query.where, CANDIDATES)
