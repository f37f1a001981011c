"""The night as tutorials do it: read products.csv, TF-IDF over its words; drop, create, insert every row.

As quick as that can honestly be: the vectors are given, and the index is FLAT, which costs nothing to build.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymilvus import DataType, MilvusClient
from sklearn.feature_extraction.text import TfidfVectorizer

from sync.writing import batches
from tests.bench.bigshop import Night, gid

NAME = "products"
AT_ONCE = 1000
WORDS = 500
TEXT = ("category", "color", "style", "season", "description")


def write_catalog(path: Path, night: Night) -> None:
    """The tutorial's products.csv."""
    with path.open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(("product_id", *TEXT, "sales_count", "price"))
        for number in night.numbers():
            product = night.product(number)
            texts = [getattr(product, field) for field in TEXT]
            lines.writerow((gid(number), *texts, night.sales(number), product.price))


def rebuild(client: MilvusClient, catalog: Path, vectors: NDArray[np.float32]) -> None:
    """Read, drop, create, insert all, flush, index, load. `vectors` are in the order of the file."""
    with catalog.open(newline="") as file:
        products = list(csv.DictReader(file))
    words = TfidfVectorizer(stop_words="english", max_features=WORDS)
    sparse = words.fit_transform([product["description"] for product in products]).tocsr()
    if client.has_collection(NAME):
        client.drop_collection(NAME)
    client.create_collection(NAME, schema=_schema(vectors.shape[1]))
    for numbers in batches(range(len(products)), AT_ONCE):
        client.insert(NAME, [_row(products[n], vectors[n], _terms(sparse, n)) for n in numbers])
    client.flush(NAME)
    index = client.prepare_index_params()
    index.add_index("dense", index_type="FLAT", metric_type="COSINE")
    index.add_index("sparse", index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
    client.create_index(NAME, index)
    client.load_collection(NAME)


def _schema(dimension: int) -> Any:
    schema = MilvusClient.create_schema(enable_dynamic_field=True)
    schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=128)
    schema.add_field("dense", DataType.FLOAT_VECTOR, dim=dimension)
    schema.add_field("sparse", DataType.SPARSE_FLOAT_VECTOR)
    for field in TEXT:
        schema.add_field(field, DataType.VARCHAR, max_length=2048)
    schema.add_field("sales_count", DataType.INT64)
    schema.add_field("price", DataType.DOUBLE)
    return schema


def _terms(matrix: Any, row: int) -> dict[int, float]:
    """A row of a CSR matrix; to slice the matrix would take ten times as long."""
    place = slice(matrix.indptr[row], matrix.indptr[row + 1])
    return dict(zip(matrix.indices[place].tolist(), matrix.data[place].tolist(), strict=True))


def _row(
    product: Mapping[str, str], vector: NDArray[np.float32], sparse: Mapping[int, float]
) -> dict[str, Any]:
    return {field: product[field] for field in TEXT} | {
        "id": product["product_id"],
        "dense": vector.tolist(),
        "sparse": sparse,
        "sales_count": int(product["sales_count"]),
        "price": float(product["price"]),
    }
