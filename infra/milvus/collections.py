"""The collections of a shop, one for each embedder that fills or filled one, and an alias for the live one.

A new embedder, or new fields, fill a collection of their own beside the live one. When it is whole the alias
is moved, which is one step, and what it no longer names is dropped: a search always finds a whole mirror.
https://milvus.io/docs/manage-aliases.md
"""

from __future__ import annotations

import threading
from hashlib import sha256
from pathlib import Path

import structlog
from pymilvus import CollectionSchema, DataType, MilvusClient, MilvusException
from pymilvus.milvus_client import IndexParams

from infra.milvus.rows import MAX_TEXT, TEXT

log = structlog.get_logger()

SCHEMA = "3"
"""Changes with the fields or the indexes: then all is filled anew, too."""


def collection_name(shop: str, embedder: str, dimension: int) -> str:
    """The collection of a shop and an embedder; hashed, so that no two shops can share a name."""
    return f"{alias_name(shop)}_{_digest(f'{embedder} {dimension} {SCHEMA}')}"


def alias_name(shop: str) -> str:
    """The alias of a shop's live collection."""
    return f"shop_{_digest(shop)}"


def live(client: MilvusClient, shop: str) -> str | None:
    """The collection that a shop's alias names, if there is one."""
    alias = alias_name(shop)
    if not client.has_collection(alias):  # to ask for what is not there would be logged as an error
        return None
    return str(client.describe_collection(alias)["collection_name"])


def of_shop(client: MilvusClient, shop: str) -> list[str]:
    """The names of all collections of a shop."""
    return [name for name in client.list_collections() if name.startswith(f"{alias_name(shop)}_")]


def switch(client: MilvusClient, shop: str, name: str) -> None:
    """Make a collection the live one and drop the others; may be done again."""
    before = live(client, shop)
    if before is None:
        client.create_alias(name, alias_name(shop))
    elif before != name:
        client.alter_alias(name, alias_name(shop))
    for other in of_shop(client, shop):
        if other != name:
            client.drop_collection(other)


def drop(client: MilvusClient, shop: str) -> None:
    """Drop all that a shop has."""
    if live(client, shop):
        client.drop_alias(alias_name(shop))
    for name in of_shop(client, shop):
        client.drop_collection(name)


def drop_index_files(folder: Path, name: str) -> int:
    """Delete the index files of a collection in Milvus Lite's folder; returns how many there were.

    A process that is killed while it writes one leaves half of it, and with that Milvus Lite can never load
    the collection again. Where there is none it makes it from the rows.
    """
    files = list((folder / "collections" / name / "partitions").glob("*/indexes/*.idx"))
    for file in files:
        file.unlink()
    if files:
        log.warning("Milvus Lite's index files are made anew", collection=name, files=len(files))
    return len(files)


class Opened:
    """The collections that this process has made sure of: they are there, and loaded.

    `lite` is Milvus Lite's folder, where this process is the one that owns it. One collection is opened at a
    time: Milvus Lite opens a collection at its first request, and two first requests at once leave
    it open twice, the loaded one or the one written to forgotten.
    """

    def __init__(self, lite: Path | None) -> None:
        self._lite = lite
        self._lock = threading.Lock()
        self._made: set[str] = set()
        self._loaded: set[str] = set()

    def make(self, client: MilvusClient, shop: str, name: str, dimension: int) -> None:
        """Make a collection ready to be written to; a shop's first one is live at once."""
        with self._lock:
            if name in self._made:
                return
            current = live(client, shop)
            if not client.has_collection(name):
                client.create_collection(name, schema=_schema(dimension))
            if current != name and not client.list_indexes(name):
                # Not waited for, though pymilvus would, half a second each: there are no rows yet.
                client.create_index(name, _index(), sync=False)
            self._load(client, name)
            if current is None:
                client.create_alias(name, alias_name(shop))
            self._made.add(name)

    def load(self, client: MilvusClient, name: str) -> None:
        """Make a collection that exists ready to be read and written."""
        with self._lock:
            self._load(client, name)

    def live(self, client: MilvusClient, shop: str) -> str | None:
        """The collection that a shop's alias names, ready to be read."""
        with self._lock:
            name = live(client, shop)
            if name:
                self._load(client, name)
            return name

    def forget(self) -> None:
        """Look at each collection again: some were dropped."""
        with self._lock:
            self._made.clear()
            self._loaded.clear()

    def _load(self, client: MilvusClient, name: str) -> None:
        if name not in self._loaded:
            try:
                client.load_collection(name)
            except MilvusException:
                if not (self._lite and drop_index_files(self._lite, name)):
                    raise
                client.load_collection(name)
            self._loaded.add(name)


def _schema(dimension: int) -> CollectionSchema:
    schema = MilvusClient.create_schema()
    schema.add_field("product_id", DataType.VARCHAR, is_primary=True, max_length=128)
    schema.add_field("dense", DataType.FLOAT_VECTOR, dim=dimension)
    schema.add_field("sparse", DataType.SPARSE_FLOAT_VECTOR)
    for field in TEXT:
        schema.add_field(field, DataType.VARCHAR, max_length=MAX_TEXT)
    schema.add_field("sales_count", DataType.INT64)
    schema.add_field("price", DataType.DOUBLE)
    return schema


def _index() -> IndexParams:
    index = MilvusClient.prepare_index_params()
    # Exact search: a graph index returns short lists under a selective filter.
    index.add_index("dense", index_type="FLAT", metric_type="COSINE")
    index.add_index("sparse", index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
    return index


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]
