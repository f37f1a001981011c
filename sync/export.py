"""A bulk export, from its start to its products or orders: in bounded memory, and only when it is whole."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial

import numpy as np
import structlog

from infra.errors import OutsideError, Refused, TokenRefused
from infra.model import Product
from infra.services import Services
from infra.shopify import replies
from infra.shopify.replies import Export, Json, Order
from infra.shopify.store import Shopify
from sync.writing import batches

DOWNLOADS = 2
"""How often a file is read that does not hold what the store says it wrote."""
LINES = 2_000
"""Of a list of times of change, parsed at once."""
MOST_PHOTOS = 10
"""As many as the paged query gives, so that a product is the same product either way."""

log = structlog.get_logger()


def start(services: Services, shop: str, run_id: str, kind: str, query: str = "") -> str | None:
    """The gid of a run's export of a kind ("bulk_products", "bulk_orders"), begun unless it is under way.

    None when the store takes none: all of the shop's slots are taken, or it refuses the query or us.
    `query`, in Shopify's search syntax, takes {filter}'s place.
    """
    found = services.exports.under_way(shop, run_id, kind)
    if found is not None:
        return found
    try:
        found = services.store(shop).bulk.start(kind, filter=query)
    except TokenRefused:
        raise
    except Refused as error:
        log.warning("an export is refused", shop=shop, kind=kind, why=str(error))
    if found is not None:
        services.exports.note(shop, found, run_id, kind)
    return found


def status(services: Services, shop: str, operation_id: str) -> str:
    """RUNNING until an export has ended; then the store's own word, or EXPIRED when it no longer knows it."""
    found = services.store(shop).bulk.state(operation_id)
    if found is None:
        return "EXPIRED"
    if found.error_code:
        log.warning("an export failed", shop=shop, operation=operation_id, why=found.error_code)
    return found.status if found.ended else "RUNNING"


def give_up(services: Services, shop: str, operation_id: str) -> None:
    """Waiting was too long: the store need not go on, and its slot is free for another."""
    services.store(shop).bulk.cancel(operation_id)


class Spool:
    """An export's lines on disk, where children find their parents, whichever came first.

    The file has no name: it is gone when it is closed, or when its process dies. It lies where SQLite puts
    temporary ones: in SQLITE_TMPDIR, else TMPDIR, else /var/tmp.
    https://sqlite.org/inmemorydb.html#temp_db
    """

    def __init__(self, begun: datetime) -> None:
        self.begun = begun
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("CREATE TABLE lines (number INTEGER PRIMARY KEY, id, parent, body)")
        self._db.execute("BEGIN")

    def fill(self, lines: Iterable[bytes]) -> tuple[int, int]:
        """Take all lines in; returns how many they are. ValueError for one that is not whole."""
        self._db.executemany("INSERT INTO lines (id, parent, body) VALUES (?, ?, ?)", map(_keyed, lines))
        self._db.execute("CREATE INDEX by_parent ON lines (parent, number)")
        return self.counts()

    def counts(self) -> tuple[int, int]:
        """How many lines there are, and how many of them have no parent."""
        found: tuple[int, int] = self._db.execute(
            "SELECT count(*), count(*) FILTER (WHERE parent IS NULL) FROM lines"
        ).fetchone()
        return found

    def nodes(self) -> Iterator[tuple[Json, list[Json]]]:
        """Each line without a parent, with its children, all in the order of the file."""
        roots = self._db.execute("SELECT id, body FROM lines WHERE parent IS NULL ORDER BY number")
        for parent, body in roots:
            below = self._db.execute("SELECT body FROM lines WHERE parent = ? ORDER BY number", (parent,))
            yield json.loads(body), [json.loads(child) for (child,) in below]

    def close(self) -> None:
        self._db.close()


@contextmanager
def opened(services: Services, shop: str, operation_id: str) -> Iterator[Spool | None]:
    """A finished export while the block lasts, or None when no whole file of it could be had."""
    store = services.store(shop)
    for export in _finished(store, operation_id):
        with closing(Spool(export.created_at)) as spool:
            if _is_whole(export, partial(spool.fill, store.bulk.lines(export.url))):
                yield spool
                return
    yield None


def states(
    services: Services, shop: str, operation_id: str
) -> tuple[dict[str, int], datetime] | tuple[None, None]:
    """When each product of a finished export had changed (seconds since 1970), and when the export began.

    None when no whole file could be had.
    """
    store = services.store(shop)
    for export in _finished(store, operation_id):
        found: dict[str, int] = {}
        if _is_whole(export, partial(_fill, found, store.bulk.lines(export.url))):
            return found, export.created_at
    return None, None


def products(store: Shopify, spool: Spool) -> Iterator[Product]:
    """An export's products, as `store.products.all()` gives them.

    What has changed since the export began is read anew, and the export's older word on it is passed over.
    """
    newer = set()
    for product in store.products.all(f"updated_at:>='{spool.begun.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'"):
        newer.add(product.id)
        yield product
    for node, media in spool.nodes():
        if node["id"] not in newer:
            yield replies.product(node | {"media": {"nodes": media[:MOST_PHOTOS]}})


def orders(spool: Spool) -> Iterator[Order]:
    """An export's orders, as `store.orders.all()` gives them."""
    return (replies.order(node, lines) for node, lines in spool.nodes())


def _finished(store: Shopify, operation_id: str) -> Iterator[Export]:
    """An export that has a file, as often as that may be read; nothing when it has none (any more)."""
    for _ in range(DOWNLOADS):
        export = store.bulk.state(operation_id)
        if export is None or export.status != "COMPLETED" or not export.url:
            return
        yield export


def _is_whole(export: Export, read: Callable[[], tuple[int, int]]) -> bool:
    """Read an export's file; whether it holds as many lines, and products, as the store says it wrote."""
    try:
        found = read()
    except (OutsideError, ValueError, KeyError, sqlite3.Error) as error:
        log.warning("an export cannot be read", why=str(error))
        return False
    told = (export.objects, export.root_objects)
    if told != found:
        log.warning("an export is not whole", lines=found[0], of=told[0], roots=found[1], of_roots=told[1])
    return told == found


def _fill(found: dict[str, int], lines: Iterable[bytes]) -> tuple[int, int]:
    """Many lines are read as one array, and their times as another: it takes a third of the time."""
    for part in batches(lines, LINES):
        nodes = json.loads(b"[" + b",".join(part) + b"]")
        times = np.array([node["updatedAt"].removesuffix("Z") for node in nodes], "datetime64[s]")
        found.update(zip([node["id"] for node in nodes], times.astype(np.int64).tolist(), strict=True))
    return len(found), len(found)


def _keyed(line: bytes) -> tuple[str, str | None, bytes]:
    node = json.loads(line)
    if not isinstance(node, dict) or "id" not in node:
        raise ValueError("a line names no node")
    return node["id"], node.get("__parentId"), line
