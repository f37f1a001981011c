"""A shop's mirror filled by hand: products with a look, a name and the units that they sold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generators.references import Found, find_references
from infra import keywords
from infra.milvus import MirrorRow
from infra.model import Product
from infra.seen import Seen
from infra.services import Services, build
from infra.settings import Settings

PHOTO = "photo.jpg"


@dataclass(frozen=True)
class Shop:
    """One of many shops that share the services; `put` numbers its products from 1 on."""

    services: Services
    name: str
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def put(self, category: str, sold: Sequence[int], degrees: float = 0, title: str = "") -> list[str]:
        """Products of a category, one for each figure; the first looks like `degrees`, the next less."""
        made = [_product(next(self._numbers), category, title, place) for place, _ in enumerate(sold)]
        looks = [self.look(degrees + 0.5 * place) for place, _ in enumerate(sold)]
        rows = [_row(*one) for one in zip(made, sold, looks, strict=True)]
        self.services.mirror.put(self.name, rows)
        self.seen(zip(made, sold, strict=True))
        return [product.id for product in made]

    def seen(self, sold: Iterable[tuple[Product, int]]) -> None:
        """Products as the database remembers them, whether they can be searched or not."""
        self.services.seen.put(self.name, [_seen(product, units) for product, units in sold])

    def remember(self, category: str, sold: Sequence[int]) -> None:
        """Products that only the database remembers: enough for what is counted, not for what is found."""
        self.seen((_product(next(self._numbers), category, "", 0), units) for units in sold)

    def look(self, degrees: float) -> NDArray[np.float32]:
        """A photo's vector; the cosine of two is that of the angle between them."""
        vector = np.zeros(self.services.embedder.dimension, np.float32)
        vector[:2] = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        return vector

    def find(self, category: str = "Dresses", product_id: str = "", **changed: Any) -> Found:
        """What a new product of a category learns from, under changed settings."""
        new = Product(product_id or "gid://shopify/Product/0", "New", datetime.now(UTC), category=category)
        return find_references(self.under(**changed), self.name, new, self.look(0))

    def under(self, **changed: Any) -> Services:
        return replace(self.services, settings=self.services.settings.model_copy(update=changed))


@contextmanager
def services(home: Path) -> Iterator[Services]:
    """Services whose thresholds are the store's own and to whom everything is alike enough."""
    with closing(build(Settings.from_env(home=home, min_similarity=-1))) as built:
        yield built


def _product(number: int, category: str, title: str, place: int) -> Product:
    name = title if title and not place else f"Number {number} of {category.lower()}"
    return Product(f"gid://shopify/Product/{number}", name, datetime.now(UTC), category=category)


def _row(product: Product, sold: int, look: NDArray[np.float32]) -> MirrorRow:
    return MirrorRow(
        product_id=product.id, title=product.title, category=product.category, color="", style="",
        season="", price=9.9, sales_count=sold, photo_key=PHOTO, fingerprint="", dense=look,
        sparse=keywords.document_vector(keywords.document_text(product)),
    )  # fmt: skip


def _seen(product: Product, sold: int) -> Seen:
    terms = keywords.terms(keywords.document_text(product))
    return Seen(product.id, 0, "somewhere", "", product.category, sold, terms)
