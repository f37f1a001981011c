"""How well retrieval finds products like a new one, with and without filters; the embedder's speed.

    python -m tests.bench.retrieval FOLDER

FOLDER is a catalog folder (products.csv + images/, new_products.csv + new_products/). It is mirrored as a
store's catalog is, and each new product is looked up in that mirror as in production: dense by its photo,
sparse by its words, hybrid by both. Leave-one-out looks each catalog photo up among all others, exactly, in
NumPy. Speed is by processor time.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from generators.bestsellers import Bestsellers
from generators.references import query_vector
from infra.catalog import CatalogRow, read_new_products, read_products
from infra.embedding import BuiltinEmbedder
from infra.milvus import CANDIDATES, RRF_K, Where
from infra.model import Photo, Product
from infra.services import Services, build
from infra.settings import Settings
from infra.shopify.replies import Shop
from sync.catalog import CatalogPass
from sync.sales import mirror_sales

SHOP = "catalog.myshopify.com"
TOP = 3

Vector = NDArray[np.float32]
Words = dict[int, float]


class Query(NamedTuple):
    """A new product and its photo's vector, and what is asked with."""

    row: CatalogRow
    photo: Vector
    dense: Vector
    sparse: Words


class Labels(NamedTuple):
    """What is known of each product of the catalog, by its id."""

    colours: dict[str, str]
    photos: dict[str, Vector]


@dataclass(frozen=True, slots=True)
class Figures:
    """What searches found: shares in 0..1 of the products found, and the mean cosine of photos."""

    same_category: float
    same_colour: float
    cosine: float


@dataclass(frozen=True, slots=True)
class Looked:
    """All that was measured: figures by filter and side; leave-one-out; images embedded per second."""

    figures: dict[str, dict[str, Figures]]
    leave_one_out: float
    images_per_second: float


def measure(folder: Path) -> Looked:
    """Mirror the folder, look everything up, count."""
    catalog, new = read_products(folder).rows, read_new_products(folder).rows
    started = time.process_time()
    photos, queries = _embedded(catalog), _embedded(new)
    seconds = time.process_time() - started
    labels = Labels(
        {row.id: row.color for row in catalog},
        {row.id: one for row, one in zip(catalog, photos, strict=True)},
    )
    with _mirrored(catalog) as services:
        asked = [
            (row, one, query_vector(services, SHOP, _product(row)))
            for row, one in zip(new, queries, strict=True)
        ]
        figures = {
            name: {side: _figures(services, part, where, labels) for side, part in _by_side(asked).items()}
            for name, where in _filters(services).items()
        }
    return Looked(figures, _leave_one_out(catalog, photos), (len(catalog) + len(new)) / seconds)


def _embedded(rows: Sequence[CatalogRow]) -> NDArray[np.float32]:
    return BuiltinEmbedder().embed_images([row.image_path.read_bytes() for row in rows])


def _leave_one_out(catalog: Sequence[CatalogRow], photos: NDArray[np.float32]) -> float:
    others = photos @ photos.T
    np.fill_diagonal(others, -np.inf)
    nearest = np.argsort(-others, axis=1, kind="stable")[:, :TOP]
    categories = np.array([row.category for row in catalog])
    return float((categories[nearest] == categories[:, None]).mean())


@contextmanager
def _mirrored(catalog: Sequence[CatalogRow]) -> Iterator[Services]:
    """Services whose mirror holds a catalog and its sales."""
    with TemporaryDirectory() as home, closing(build(_settings(Path(home)))) as built:
        services = replace(built, downloader=_Files())  # type: ignore[arg-type]
        services.installations.connect(Shop("Catalog", SHOP, "UTC"), "en", "https://app.example")
        services.syncs.open("bench", SHOP, mode="full", dry_run=False, asked_by="command")
        report = services.syncs.report("bench")
        CatalogPass(services, SHOP, report).whole(map(_product, catalog), lambda _: [], len(catalog))
        mirror_sales(services, SHOP, {row.id: row.sales_count for row in catalog}, report)
        yield services


def _settings(home: Path) -> Settings:
    """Whatever the environment says, all is kept in a folder."""
    return Settings.from_env(home=home, database_url="", milvus_uri="", min_sales=None)


class _Files:
    """A downloader of files: the URL is a path."""

    def fetch(self, url: str) -> bytes:
        return Path(url).read_bytes()

    def close(self) -> None:
        """Nothing."""


def _product(row: CatalogRow) -> Product:
    return Product(
        id=row.id,
        title=row.title,
        updated_at=datetime(2026, 1, 1, tzinfo=UTC),
        description=row.description,
        category=row.category,
        color=row.color,
        style=row.style,
        season=row.season,
        tags=row.tags,
        hint=row.hint,
        photos=(Photo(row.id, str(row.image_path)),),
    )


def _filters(services: Services) -> dict[str, Callable[[CatalogRow], Where]]:
    """Nothing; who sells best in the store; who sells best in the product's own category."""
    bestsellers = Bestsellers(services, SHOP)
    everywhere = Where((), bestsellers.threshold().units)
    return {
        "all products": lambda _: Where(),
        "bestsellers": lambda _: everywhere,
        "bestsellers of its category": lambda row: Where(
            (row.category,), bestsellers.threshold(row.category).units
        ),
    }


def _by_side(asked: Sequence[tuple[CatalogRow, Vector, Words]]) -> dict[str, list[Query]]:
    return {
        "dense (photo)": [Query(row, photo, photo, {}) for row, photo, _ in asked],
        "sparse (words)": [Query(row, photo, np.zeros_like(photo), words) for row, photo, words in asked],
        "hybrid": [Query(row, photo, photo, w) for row, photo, w in asked],
    }


def _figures(
    services: Services, asked: Sequence[Query], where: Callable[[CatalogRow], Where], labels: Labels
) -> Figures:
    pairs = [
        (row, vector, hit)
        for row, vector, dense, sparse in asked
        for hit in services.mirror.search(SHOP, dense, sparse, where(row), CANDIDATES)[:TOP]
    ]
    return Figures(
        same_category=float(np.mean([hit.category == row.category for row, _, hit in pairs])),
        same_colour=float(np.mean([labels.colours[hit.product_id] == row.color for row, _, hit in pairs])),
        cosine=float(np.mean([vector @ labels.photos[hit.product_id] for _, vector, hit in pairs])),
    )


def main(folder: Path) -> None:
    """Print the tables."""
    cv2.setNumThreads(1)
    looked = measure(folder)
    title = f"{folder.name}: the first {TOP} of a search (hybrid: RRF k={RRF_K}, {CANDIDATES}+{CANDIDATES})"
    table = Table("looked up among", "by", "same category", "same colour", "mean cosine", title=title)
    for name, sides in looked.figures.items():
        for side, one in sides.items():
            shares = f"{one.same_category:.3f}", f"{one.same_colour:.3f}", f"{one.cosine:.3f}"
            table.add_row(name, side, *shares)
        table.add_section()
    Console().print(table)
    Console().print(f"dense, leave-one-out over the catalog: {looked.leave_one_out:.3f} of the same category")
    Console().print(f"embedded: {looked.images_per_second:.0f} images per second on one core")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
