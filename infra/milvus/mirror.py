"""Reading and writing a shop's mirror, and the hybrid search in it."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymilvus import MilvusClient, MilvusException

from infra.errors import Unavailable
from infra.milvus import collections
from infra.milvus.rows import Held, Look, MirrorRow, SalesChange, Where, entity
from infra.model import Reference

RRF_K = 60
CANDIDATES = 20
"""How many products each side of the search offers to the fusion, at least."""
AT_ONCE = 1_000
"""Rows in one request; Milvus takes messages of up to 64 MB."""
PAGE = 16_000
"""Rows in one answer; Milvus gives 16,384 at most, and Milvus Lite goes through all rows for each page."""
NOT_FOUND, NOT_LOADED = 100, 101
"""Milvus' codes for a collection that is not there, or that was released."""

_SHOWN = ["product_id", "title", "category", "sales_count", "photo_key", "dense"]
# pymilvus pings every 10 s by default; Milvus Lite hangs up on a client that pings more than every 5 minutes.
_GRPC = {"grpc.keepalive_time_ms": 600_000, "grpc.keepalive_permit_without_calls": False}


class Mirror:
    """The collections of all shops, written for one embedder. Vectors of different ones never share one."""

    def __init__(self, uri: str, embedder: str, dimension: int) -> None:
        self._uri, self._embedder, self._dimension = uri, embedder, dimension
        self._lock = threading.Lock()
        self._folder = None if "://" in uri else Path(uri)
        self._opened = collections.Opened(self._folder)
        self._trusted: set[str] = set()

    @cached_property
    def _client(self) -> MilvusClient:
        """Opened at first use: a Milvus Lite folder has one owner, and not every process needs it."""
        if self._folder:
            self._folder.parent.mkdir(parents=True, exist_ok=True)
        with self._translated():
            return MilvusClient(self._uri, grpc_options=_GRPC)

    @cached_property
    def _is_lite(self) -> bool:
        return "lite" in self._client.get_server_version().lower()

    def ping(self) -> str:
        """Ask for nothing; returns what answered. Unavailable when nothing does."""
        with self._translated():
            return f"Milvus {self._client.get_server_version()}"

    def collection(self, shop: str) -> str:
        """The name of the collection that a shop's products are written to."""
        return collections.collection_name(shop, self._embedder, self._dimension)

    def live(self, shop: str) -> str | None:
        """The name of the collection that searches read: another one until a new embedder's is whole."""
        with self._translated():
            return self._opened.live(self._client, shop)

    def switch(self, shop: str) -> None:
        """Let searches read what is written now, and drop what they read before; may be done again."""
        name = self._ensure(shop)
        with self._lock, self._translated():
            collections.switch(self._client, shop, name)

    def put(self, shop: str, rows: Sequence[MirrorRow]) -> None:
        """Write whole rows, new or again."""
        name = self._ensure(shop)
        self._upsert(name, [entity(row) for row in rows])

    def put_sales(self, shop: str, changes: Iterable[SalesChange]) -> None:
        """Write only the units sold of products that are in the mirror; Unavailable when one is not."""
        groups: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for one in changes:
            groups[one.collection].append({"product_id": one.product_id, "sales_count": one.sales_count})
        self._ensure(shop)
        for name, rows in groups.items():
            with self._translated():
                self._opened.load(self._client, name)
            self._upsert(name, rows, partial_update=True)

    def remove(self, shop: str, product_ids: Collection[str], collection: str = "") -> None:
        """Delete products, from all of a shop's collections or from one; those not there do no harm."""
        if not product_ids:
            return
        self._ensure(shop)
        with self._lock, self._translated():
            for name in [collection] if collection else collections.of_shop(self._client, shop):
                self._opened.load(self._client, name)
                self._client.delete(name, ids=list(product_ids))

    def flush(self, shop: str) -> None:
        """Make what was written quick to search: call it when a burst of writes is over.

        Milvus Lite goes through rows that were not flushed far more slowly. A server does it by itself, and
        takes a flush every ten seconds at most.
        """
        names = {self._ensure(shop), self.live(shop) or self.collection(shop)}
        with self._lock, self._translated():
            for name in names if self._is_lite else ():
                self._client.flush(name)

    def drop(self, shop: str) -> None:
        """Drop a shop's collections, those of earlier embedders too."""
        with self._lock, self._translated():
            collections.drop(self._client, shop)
        self._opened.forget()

    def collections(self, shop: str) -> list[str]:
        """The names of the collections that a shop has."""
        with self._translated():
            return collections.of_shop(self._client, shop)

    def count(self, shop: str) -> int:
        """How many products the collection that is written to holds."""
        name = self.collection(shop)
        with self._translated():
            if not self._is_there(name):
                return 0
            found = self._client.query(name, output_fields=["count(*)"], consistency_level="Strong")
        return int(found[0]["count(*)"])

    def is_trusted(self, shop: str) -> bool:
        """Whether `trust` was said of a shop's rows in this process, with no error of Milvus since.

        Rows get lost when Milvus dies or its disk is full, or comes back from an older backup.
        """
        return shop in self._trusted

    def trust(self, shop: str) -> None:
        """The rows of a shop were found to be all there."""
        self._trusted.add(shop)

    def looks(self, shop: str, product_ids: Collection[str]) -> dict[str, Look]:
        """What that collection keeps of products' photos, of those that it holds."""
        name = self._ensure(shop)
        with self._translated():
            found = self._client.get(
                name,
                ids=list(product_ids),
                output_fields=["fingerprint", "photo_key", "dense"],
                consistency_level="Strong",
            )
        return {
            row["product_id"]: Look(
                row["fingerprint"], row["photo_key"], np.asarray(row["dense"], np.float32)
            )
            for row in found
        }

    def rows(self, shop: str) -> Iterator[Held]:
        """What that collection holds."""
        name = self.collection(shop)
        fields = ["product_id", "sales_count", "fingerprint"]
        with self._translated():
            if not self._is_there(name):
                return
            pages = self._client.query_iterator(
                name, batch_size=PAGE, output_fields=fields, consistency_level="Strong"
            )
            try:
                while page := pages.next():
                    yield from (Held(**{field: row[field] for field in fields}) for row in page)
            finally:
                pages.close()

    def search(
        self,
        shop: str,
        dense: NDArray[np.float32],
        sparse: Mapping[int, float],
        where: Where,
        limit: int,
    ) -> list[Reference]:
        """Hybrid search: both sides under one filter, fused by reciprocal ranks; best first.

        A side whose query is empty (no known word, no image) is left out. `dense` must be of the embedder
        that filled the live collection (`Services.embedder_of`).
        """
        name = self.live(shop)
        if name is None:
            return []
        queries: dict[str, tuple[Any, str]] = {}
        if np.any(dense):
            queries["dense"] = (dense.tolist(), "COSINE")
        if sparse:
            queries["sparse"] = (dict(sparse), "IP")
        with self._translated():
            sides = {
                side: self._side(name, side, query, metric, where, max(limit, CANDIDATES))
                for side, (query, metric) in queries.items()
            }
        return _fused(sides, dense)[:limit]

    def close(self) -> None:
        if "_client" in self.__dict__:
            self._client.close()

    def _side(
        self, name: str, side: str, query: Any, metric: str, where: Where, limit: int
    ) -> list[dict[str, Any]]:
        found = self._client.search(
            name,
            data=[query],
            anns_field=side,
            search_params={"metric_type": metric},
            limit=limit,
            filter=where.expression(),
            output_fields=_SHOWN,
        )
        return [hit["entity"] for hit in found[0]]

    def _upsert(self, name: str, rows: Sequence[dict[str, Any]], **options: Any) -> None:
        with self._lock, self._translated():
            for start in range(0, len(rows), AT_ONCE):
                self._client.upsert(name, list(rows[start : start + AT_ONCE]), **options)

    def _is_there(self, name: str) -> bool:
        """Whether a collection exists; then it can be read from now on."""
        if not self._client.has_collection(name):
            return False
        self._opened.load(self._client, name)
        return True

    def _ensure(self, shop: str) -> str:
        name = self.collection(shop)
        with self._translated():
            self._opened.make(self._client, shop, name, self._dimension)
        return name

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except MilvusException as error:
            self._trusted.clear()
            if error.code in (
                NOT_FOUND,
                NOT_LOADED,
            ):  # another process did that: the next call makes up for it
                self._opened.forget()
            # Its text may quote the URI, and that a password.
            raise Unavailable(f"Milvus did not answer (code {error.code})") from None


def _fused(sides: Mapping[str, list[dict[str, Any]]], dense: NDArray[np.float32]) -> list[Reference]:
    """Reciprocal rank fusion, as Milvus' own RRFRanker does it; here, the ranks are part of the answer.

    https://milvus.io/docs/rrf-ranker.md
    """
    found = {entity["product_id"]: entity for entities in sides.values() for entity in entities}
    ranks = {
        side: {entity["product_id"]: rank for rank, entity in enumerate(entities, 1)}
        for side, entities in sides.items()
    }
    fused = [_reference(entity, dense, ranks) for entity in found.values()]
    return sorted(fused, key=lambda one: (-one.score, -one.similarity, one.product_id))


def _reference(
    entity: Mapping[str, Any], dense: NDArray[np.float32], ranks: Mapping[str, Mapping[str, int]]
) -> Reference:
    product_id = entity["product_id"]
    places = {side: of_side.get(product_id) for side, of_side in ranks.items()}
    return Reference(
        product_id=product_id,
        title=entity["title"],
        category=entity["category"],
        sales_count=entity["sales_count"],
        photo_key=entity["photo_key"],
        score=sum(1 / (RRF_K + rank) for rank in places.values() if rank),
        similarity=float(np.dot(np.asarray(entity["dense"], np.float32), dense)) if dense.size else 0.0,
        dense_rank=places.get("dense"),
        sparse_rank=places.get("sparse"),
    )
