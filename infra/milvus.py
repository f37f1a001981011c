"""Milvus: one collection per shop with image vectors, keyword vectors and the numbers we filter by.

Only a mirror: whatever is in it can be rebuilt from the store. Milvus Lite (a folder) and a Milvus server (a
URI) are spoken to alike. https://milvus.io/docs/multi-vector-search.md
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymilvus import AnnSearchRequest, DataType, MilvusClient, MilvusException, RRFRanker

from infra.errors import Unavailable
from infra.model import Reference

RRF_K = 60
CANDIDATES = 20
"""How many products each side of the search offers to the fusion."""

_TEXT = ("title", "category", "color", "style", "season", "photo_key")
_SHOWN = ["product_id", "title", "category", "sales_count", "photo_key", "dense"]
_MAX_TEXT = 1024
# pymilvus pings every 10 s by default; Milvus Lite hangs up on a client that pings more than every 5 minutes.
_GRPC = {"grpc.keepalive_time_ms": 600_000, "grpc.keepalive_permit_without_calls": False}


@dataclass(frozen=True, slots=True)
class MirrorRow:
    """One product in the mirror. `dense` is an L2-normalised image vector, `sparse` {term: weight}."""

    product_id: str
    title: str
    category: str
    color: str
    style: str
    season: str
    price: float
    sales_count: int
    photo_key: str
    dense: NDArray[np.float32]
    sparse: dict[int, float]


@dataclass(frozen=True, slots=True)
class Where:
    """The scalar filter both sides of the search share. Values are quoted here, never spliced by a caller."""

    categories: tuple[str, ...] = ()
    min_sales: int = 0
    without: tuple[str, ...] = ()

    def expression(self) -> str:
        parts = [f"sales_count >= {self.min_sales:d}"] if self.min_sales else []
        if self.categories:
            parts.append(f"category in {_quoted(self.categories)}")
        if self.without:
            parts.append(f"product_id not in {_quoted(self.without)}")
        return " and ".join(parts)


class Mirror:
    """The collections of all shops for one embedder. Vectors of different embedders never share one."""

    def __init__(self, uri: str, embedder: str, dimension: int) -> None:
        self._uri, self._embedder, self._dimension = uri, embedder, dimension
        self._lock = threading.Lock()
        self._ready: set[str] = set()

    @cached_property
    def _client(self) -> MilvusClient:
        """Opened at first use: a Milvus Lite folder has one owner, and not every process needs it."""
        if "://" not in self._uri:
            Path(self._uri).parent.mkdir(parents=True, exist_ok=True)
        with _translated():
            return MilvusClient(self._uri, grpc_options=_GRPC)

    def ping(self) -> str:
        """Ask for nothing; returns what answered. Unavailable when nothing does."""
        with _translated():
            return f"Milvus {self._client.get_server_version()}"

    def collection(self, shop: str) -> str:
        """The name of a shop's collection; hashed, so that no two shops can share a name."""
        return f"shop_{_digest(shop)}_{_digest(self._embedder)}"

    def put(self, shop: str, rows: Sequence[MirrorRow]) -> None:
        """Write whole rows, new or again, and make them searchable."""
        if rows:
            self._upsert(shop, [_entity(row) for row in rows])

    def put_sales(self, shop: str, sales: Mapping[str, int]) -> None:
        """Write only the units sold of products that are in the mirror."""
        changes = [{"product_id": i, "sales_count": n} for i, n in sales.items()]
        if changes:
            self._upsert(shop, changes, partial_update=True)

    def remove(self, shop: str, product_ids: Iterable[str]) -> None:
        """Delete products; ids that are not there do no harm."""
        ids = list(product_ids)
        if ids:
            name = self._ensure(shop)
            with self._lock, _translated():
                self._client.delete(name, ids=ids)
                self._client.flush(name)

    def drop(self, shop: str) -> None:
        """Drop a shop's collections, those of earlier embedders too."""
        with self._lock, _translated():
            for name in self._collections(shop):
                self._client.drop_collection(name)
                self._ready.discard(name)

    def collections(self, shop: str) -> list[str]:
        """The names of the collections that a shop has."""
        with _translated():
            return self._collections(shop)

    def count(self, shop: str) -> int:
        """How many products the mirror holds."""
        name = self._ensure(shop)
        with _translated():
            found = self._client.query(name, output_fields=["count(*)"])
        return int(found[0]["count(*)"])

    def search(
        self,
        shop: str,
        dense: NDArray[np.float32],
        sparse: Mapping[int, float],
        where: Where,
        limit: int,
    ) -> list[Reference]:
        """Hybrid search: both sides under one filter, fused by reciprocal ranks; best first.

        A side whose query is empty (no known word, no image) is left out.
        """
        name = self._ensure(shop)
        sides = self._sides(dense, sparse, where)
        if not sides:
            return []
        with _translated():
            ranks = {side: self._ranks(name, request) for side, request in sides.items()}
            found = self._client.hybrid_search(
                name, list(sides.values()), RRFRanker(RRF_K), limit=limit, output_fields=_SHOWN
            )[0]
        return [_reference(one, dense, ranks) for one in found]

    def close(self) -> None:
        if "_client" in self.__dict__:
            self._client.close()

    def _sides(
        self, dense: NDArray[np.float32], sparse: Mapping[int, float], where: Where
    ) -> dict[str, AnnSearchRequest]:
        queries: dict[str, tuple[Any, str]] = {
            "dense": (dense.tolist(), "COSINE"),
            "sparse": (dict(sparse), "IP"),
        }
        present = {"dense": bool(np.any(dense)), "sparse": bool(sparse)}
        return {
            side: AnnSearchRequest(
                [query], side, {"metric_type": metric}, CANDIDATES, expr=where.expression()
            )
            for side, (query, metric) in queries.items()
            if present[side]
        }

    def _ranks(self, name: str, request: AnnSearchRequest) -> dict[str, int]:
        found = self._client.search(
            name,
            data=request.data,
            anns_field=request.anns_field,
            search_params=request.param,
            limit=request.limit,
            filter=request.expr,
        )[0]
        return {hit["product_id"]: place for place, hit in enumerate(found, start=1)}

    def _collections(self, shop: str) -> list[str]:
        return [name for name in self._client.list_collections() if name.startswith(f"shop_{_digest(shop)}_")]

    def _upsert(self, shop: str, rows: list[dict[str, Any]], **options: Any) -> None:
        name = self._ensure(shop)
        # Milvus Lite searches unflushed rows in Python, 100 times slower: one writer, one flush a batch.
        with self._lock, _translated():
            self._client.upsert(name, rows, **options)
            self._client.flush(name)

    def _ensure(self, shop: str) -> str:
        name = self.collection(shop)
        with self._lock, _translated():
            if name not in self._ready:
                if not self._client.has_collection(name):
                    self._create(name)
                self._client.load_collection(name)
                self._ready.add(name)
        return name

    def _create(self, name: str) -> None:
        schema = MilvusClient.create_schema(enable_dynamic_field=True)
        schema.add_field("product_id", DataType.VARCHAR, is_primary=True, max_length=128)
        schema.add_field("dense", DataType.FLOAT_VECTOR, dim=self._dimension)
        schema.add_field("sparse", DataType.SPARSE_FLOAT_VECTOR)
        for field in _TEXT:
            schema.add_field(field, DataType.VARCHAR, max_length=_MAX_TEXT)
        schema.add_field("sales_count", DataType.INT64)
        schema.add_field("price", DataType.DOUBLE)
        index = MilvusClient.prepare_index_params()
        # Exact search: a graph index returns short lists under a selective filter.
        index.add_index("dense", index_type="FLAT", metric_type="COSINE")
        index.add_index("sparse", index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
        self._client.create_collection(name, schema=schema, index_params=index)


def _entity(row: MirrorRow) -> dict[str, Any]:
    entity: dict[str, Any] = {field: _clipped(getattr(row, field)) for field in _TEXT}
    return entity | {
        "product_id": row.product_id,
        "sales_count": row.sales_count,
        "price": row.price,
        "dense": row.dense.tolist(),
        "sparse": row.sparse,
    }


def _clipped(text: str) -> str:
    """Milvus counts a VARCHAR's length in bytes."""
    return text.encode()[:_MAX_TEXT].decode(errors="ignore")


def _reference(one: Any, dense: NDArray[np.float32], ranks: dict[str, dict[str, int]]) -> Reference:
    entity = one["entity"]
    product_id = entity["product_id"]
    return Reference(
        product_id=product_id,
        title=entity["title"],
        category=entity["category"],
        sales_count=entity["sales_count"],
        photo_key=entity["photo_key"],
        score=float(one["distance"]),
        similarity=float(np.dot(np.asarray(entity["dense"], np.float32), dense)),
        dense_rank=ranks.get("dense", {}).get(product_id),
        sparse_rank=ranks.get("sparse", {}).get(product_id),
    )


def _quoted(values: Sequence[str]) -> str:
    """A list literal in Milvus's filter language, which reads strings as JSON does."""
    return json.dumps(list(values), ensure_ascii=False)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except MilvusException as error:
        # Its text may quote the URI, and that a password.
        raise Unavailable(f"Milvus did not answer (code {error.code})") from None
