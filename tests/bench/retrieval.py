"""How well retrieval finds products of the same category, and how fast photos are embedded.

    python -m tests.bench.retrieval FOLDER

FOLDER is a catalog folder (products.csv + images/, new_products.csv + new_products/). Each new product is
looked up as in production, but without the category and sales filter: dense by its photo, sparse by its
category, style, season and hint; hybrid is the reciprocal rank fusion of the two. Leave-one-out looks each
catalog photo up among all others. Searches are exact, in numpy; speed is by processor time.
"""

from __future__ import annotations

import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from infra import keywords
from infra.catalog import CatalogRow, read_new_products, read_products
from infra.embedding import BuiltinEmbedder
from infra.model import Product

TOP = 3
CANDIDATES = 20
RRF_K = 60

Ranking = Sequence[int]
"""Row numbers of the catalog, best first."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Same-category precision@3, 0..1 each, and images per second on one core."""

    dense: float
    sparse: float
    hybrid: float
    leave_one_out: float
    images_per_second: float


def measure(folder: Path) -> Figures:
    """Embed the folder, look everything up, count."""
    catalog, new = read_products(folder).rows, read_new_products(folder).rows
    started = time.process_time()
    photos, queries = _embedded(catalog), _embedded(new)
    seconds = time.process_time() - started
    dense = [_best(scores) for scores in queries @ photos.T]
    sparse = _sparse_rankings(catalog, new)
    hybrid = [fuse(pair) for pair in zip(dense, sparse, strict=True)]
    others = photos @ photos.T
    np.fill_diagonal(others, -np.inf)
    return Figures(
        dense=_precision(dense, new, catalog),
        sparse=_precision(sparse, new, catalog),
        hybrid=_precision(hybrid, new, catalog),
        leave_one_out=_precision([_best(scores) for scores in others], catalog, catalog),
        images_per_second=(len(catalog) + len(new)) / seconds,
    )


def fuse(rankings: Iterable[Ranking]) -> Ranking:
    """Reciprocal rank fusion: https://doi.org/10.1145/1571941.1572114"""
    scores: defaultdict[int, float] = defaultdict(float)
    for ranking in rankings:
        for rank, row in enumerate(ranking, 1):
            scores[row] += 1 / (RRF_K + rank)
    return [row for row, _ in sorted(scores.items(), key=lambda item: -item[1])]


def _embedded(rows: Sequence[CatalogRow]) -> NDArray[np.float32]:
    return BuiltinEmbedder().embed_images([row.image_path.read_bytes() for row in rows])


def _sparse_rankings(catalog: Sequence[CatalogRow], new: Sequence[CatalogRow]) -> list[Ranking]:
    vectors = [keywords.document_vector(keywords.document_text(_product(row))) for row in catalog]
    frequencies = Counter(bucket for vector in vectors for bucket in vector)
    rankings = []
    for row in new:
        text = " ".join((row.category, row.style, row.season, row.hint))
        query = keywords.query_vector(text, len(catalog), frequencies)
        rankings.append(_best(np.array([_inner(query, vector) for vector in vectors])))
    return rankings


def _product(row: CatalogRow) -> Product:
    return Product(
        id=row.id,
        title=row.title,
        updated_at=datetime.now(UTC),
        description=row.description,
        category=row.category,
        color=row.color,
        style=row.style,
        season=row.season,
        tags=row.tags,
    )


def _inner(query: Mapping[int, float], document: Mapping[int, float]) -> float:
    return sum(weight * document.get(bucket, 0) for bucket, weight in query.items())


def _best(scores: NDArray[np.floating]) -> Ranking:
    return [int(row) for row in np.argsort(-scores, kind="stable")[:CANDIDATES]]


def _precision(
    rankings: Sequence[Ranking], asked: Sequence[CatalogRow], catalog: Sequence[CatalogRow]
) -> float:
    hits = [
        catalog[row].category == wanted.category
        for ranking, wanted in zip(rankings, asked, strict=True)
        for row in ranking[:TOP]
    ]
    return sum(hits) / len(hits)


def main(folder: Path) -> None:
    """Print the table."""
    cv2.setNumThreads(1)
    figures = measure(folder)
    table = Table("retrieval, no filter", f"same category in the first {TOP}", title=str(folder.name))
    table.add_row("dense (photo)", f"{figures.dense:.3f}")
    table.add_row("sparse (words)", f"{figures.sparse:.3f}")
    table.add_row(f"hybrid (RRF k={RRF_K}, {CANDIDATES}+{CANDIDATES})", f"{figures.hybrid:.3f}")
    table.add_row("dense, leave-one-out over the catalog", f"{figures.leave_one_out:.3f}")
    table.add_row("images embedded per second, one core", f"{figures.images_per_second:.0f}")
    Console().print(table)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
