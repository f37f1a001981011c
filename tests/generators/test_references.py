"""Which bestsellers a listing learns from, and how the search widens where there are too few."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from numpy.typing import NDArray

from generators.references import Found, bestseller_threshold, find_by_words, find_references
from infra.model import Product
from infra.services import Services
from tests import drawn
from webhook_app.embedded import Embedded

PRODUCT = Product(
    "gid://shopify/Product/1", "Crimson dress", datetime.now(UTC), category="Dresses", color="crimson"
)


@pytest.fixture
def vector(embedded: Embedded) -> NDArray[np.float32]:
    found: NDArray[np.float32] = embedded.services.embedder.embed_images([drawn.photo("Dresses", "crimson")])[
        0
    ]
    return found


def find(app: Embedded, vector: NDArray[np.float32], product: Product = PRODUCT, **changes: object) -> Found:
    settings = app.services.settings.model_copy(update={"min_similarity": -1.0, **changes})
    return find_references(_with(app.services, settings), app.shop, product, vector)


def _with(services: Services, settings: object) -> Services:
    return replace(services, settings=settings)  # type: ignore[arg-type]


def test_bestsellers_of_the_same_category_come_first(embedded: Embedded, vector: NDArray[np.float32]) -> None:
    found = find(embedded, vector)
    assert [r.category for r in found.references] == ["Dresses"] * 3
    assert min(r.sales_count for r in found.references) >= found.threshold == 1500
    assert (found.widened, found.note) == ((), "Found among Dresses that sold at least 1,500.")


def test_too_few_bestsellers_widen_to_a_lower_threshold_in_the_category(
    embedded: Embedded, vector: NDArray[np.float32]
) -> None:
    found = find(embedded, vector, min_sales=3000)
    assert [r.sales_count for r in found.references if r.category == "Dresses"][:2] == [4000, 2500]
    assert found.widened[0] == "Dresses that sold at least 2,500"
    assert found.note.startswith("Too few among Dresses that sold at least 3,000; widened to ")


def test_a_category_without_bestsellers_learns_from_its_neighbours(
    embedded: Embedded, vector: NDArray[np.float32]
) -> None:
    found = find(embedded, vector, replace(PRODUCT, category="Kimonos"))
    assert len(found.references) == 3
    assert min(r.sales_count for r in found.references) >= 1500
    assert found.widened


def test_a_product_never_learns_from_itself(embedded: Embedded, vector: NDArray[np.float32]) -> None:
    best = find(embedded, vector).references[0]
    again = find(embedded, vector, replace(PRODUCT, id=best.product_id))
    assert best.product_id not in [r.product_id for r in again.references]


def test_what_looks_too_unlike_is_no_reference(embedded: Embedded, vector: NDArray[np.float32]) -> None:
    found = find(embedded, vector, min_similarity=1.0)
    assert found.references == ()
    assert found.note == "No bestseller looks close enough to learn from, so the plain house style is used."


def test_words_find_what_they_describe(embedded: Embedded) -> None:
    found = find_by_words(embedded.services, embedded.shop, "eine navy dress", 3)
    assert found[0].title == "Navy dresses"
    assert find_by_words(embedded.services, "empty.myshopify.com", "navy", 3) == []


def test_the_threshold_is_the_stores_own_top_decile_unless_one_is_set(embedded: Embedded) -> None:
    assert bestseller_threshold(embedded.services, embedded.shop) == 1500
    own = embedded.services.settings.model_copy(update={"min_sales": None})
    assert bestseller_threshold(_with(embedded.services, own), embedded.shop) == 4000
    assert bestseller_threshold(_with(embedded.services, own), "empty.myshopify.com") == 1
