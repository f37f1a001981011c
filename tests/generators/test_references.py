"""Which bestsellers a listing learns from, and how the search widens where there are too few."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from generators.bestsellers import Threshold, Window
from generators.references import Found, find_by_words, find_references, photo_vector
from infra.embedding import BuiltinEmbedder
from infra.model import Product, Reference, plain
from infra.services import Services
from tests import drawn
from tests.generators.shop_kit import PHOTO, Shop, services
from webhook_app.steps.listing import Run, find_bestsellers

NEW = Product("gid://shopify/Product/0", "New", datetime.now(UTC), category="Dresses")
UNSOLD = [0] * 5


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("elsewhere"))
        with services(tmp_path_factory.mktemp("home")) as opened:
            yield opened


@pytest.fixture
def shop(built: Services) -> Shop:
    return Shop(built, f"{uuid4()}.myshopify.com")


@pytest.fixture
def another(built: Services) -> Shop:
    return Shop(built, f"{uuid4()}.myshopify.com")


def ids(found: Found) -> list[str]:
    return [reference.product_id for reference in found.references]


def searched(found: Found) -> list[tuple[str, int]]:
    """Each step's category and threshold."""
    return [(step.threshold.category, step.threshold.units) for step in found.steps]


# Widening


def test_the_bestsellers_of_the_category_are_enough(shop: Shop) -> None:
    dresses = shop.put("Dresses", range(1, 41))
    shop.put("Coats", [900] * 3)
    found = shop.find()
    assert set(ids(found)) < set(dresses[-4:])
    assert searched(found) == [("Dresses", 37)]
    assert found.note == (
        "Bestsellers here: the top tenth of 40 Dresses that sold in the last 90 days, 37 units or more."
    )


def test_too_few_widen_to_the_top_quarter_of_the_category(shop: Shop) -> None:
    dresses = shop.put("Dresses", range(1, 21))
    found = shop.find()
    assert set(ids(found)[:2]) == set(dresses[-2:])
    assert ids(found)[2] in dresses[-5:-2]
    assert searched(found) == [("Dresses", 19), ("Dresses", 16)]
    assert found.note == (
        "Too few are alike among the top tenth of 20 Dresses that sold in the last 90 days, 19 units or "
        "more; widened to the top quarter of 20 Dresses that sold, 16 units or more."
    )


def test_neighbours_are_the_nearest_looks_each_with_its_own_threshold(shop: Shop) -> None:
    gowns = shop.put("Gowns", [1005, 1019, 1018, 1004], degrees=5)
    robes = shop.put("Robes", [1003, 27, 29, 28], degrees=20)
    shop.put("Boots", [9000] * 3, degrees=80)
    shop.remember("Gowns", range(1000, 1018))
    shop.remember("Robes", range(10, 28))
    found = shop.find("Kimonos", references=4)
    assert ids(found) == [*gowns[1:3], robes[0], robes[2]]
    assert searched(found) == [("Kimonos", 1019), ("Kimonos", 1012), ("Gowns", 1018), ("Robes", 29)]


def test_a_category_of_its_own_finds_the_whole_stores_in_the_end(shop: Shop) -> None:
    (best, *_) = shop.put("Boots", [800, *[5] * 29], degrees=80)
    found = shop.find("", references=1)
    assert (ids(found), searched(found)) == ([best], [("", 800)])


def test_a_set_number_holds_at_every_step(shop: Shop) -> None:
    dresses = shop.put("Dresses", range(31, 41))
    coats = shop.put("Coats", [900, 30], degrees=30)
    found = shop.find(min_sales=40)
    assert ids(found) == [dresses[-1], coats[0]]
    assert searched(found) == [("Dresses", 40), ("Coats", 40), ("", 40)]
    assert found.note.startswith(
        "Too few are alike among Dresses that sold 40 units or more in the last 90 days; widened in 2 steps "
        "to all products that sold 40 units or more."
    )


# None at all


def test_a_shop_without_sales_has_no_bestseller_and_says_so(shop: Shop) -> None:
    shop.put("Dresses", [0] * 30)
    found = shop.find()
    assert (found.references, found.steps) == ((), ())
    assert found.note == (
        "No product is known to have sold in the last 90 days: there is no bestseller yet, "
        "so the plain house style is used."
    )


def test_what_looks_too_unlike_is_no_reference(shop: Shop) -> None:
    shop.put("Dresses", range(1, 41), degrees=60)
    found = shop.find(min_similarity=0.9)
    assert found.references == ()
    assert {step.alike for step in found.steps} == {0}
    assert found.note.startswith(
        "No bestseller looks close enough to learn from, so the plain house style is used. "
        "Looked among the top tenth of 40 Dresses"
    )


def test_a_product_never_learns_from_itself(shop: Shop) -> None:
    (only,) = shop.put("Dresses", [500])
    found = shop.find(product_id=only)
    assert found.references == ()
    assert found.note.startswith("No bestseller is there yet, so the plain house style is used.")


def test_what_another_model_read_is_not_compared(shop: Shop) -> None:
    (dress, *_) = shop.put("Dresses", [30, 20, 10], title="Crimson dress")
    upgraded = Shop(replace(shop.services, embedders=(NewModel(),)), shop.name)
    vector = photo_vector(upgraded.services, shop.name, drawn.photo("Dresses", "crimson"))
    found = find_references(upgraded.services, shop.name, NEW, vector)
    assert (found.references, found.steps) == ((), ())
    assert found.note.startswith("The photo could not be compared with those of this store")
    assert find_by_words(upgraded.services, shop.name, "crimson", 1)[0].product_id == dress


class NewModel(BuiltinEmbedder):
    """An embedder that came after the one which filled the mirror."""

    name = "new"


# Sales decide who may be found, and nothing else


def test_a_product_that_sold_nothing_is_found_as_if_it_had_sold(shop: Shop, another: Shop) -> None:
    for one, sold in ((shop, 0), (another, 5000)):
        one.put("Dresses", [sold, 3, 2], title="Crimson wrap dress")
        one.put("Coats", [40], degrees=40, title="Crimson coat")
    unsold, popular = (find_by_words(one.services, one.name, "crimson dress", 9) for one in (shop, another))
    assert unsold[0].sales_count == 0
    assert [place(hit) for hit in unsold] == [place(hit) for hit in popular]


def test_a_product_that_sold_nothing_says_which_categories_are_near(shop: Shop) -> None:
    shop.put("Gowns", UNSOLD, degrees=0)
    shop.put("Gowns", [20, 30], degrees=70)
    shop.put("Boots", [90], degrees=60)
    assert [category for category, _ in searched(shop.find("Kimonos"))][-3:-1] == ["Gowns", "Boots"]


def test_a_product_that_sold_nothing_is_never_a_reference(shop: Shop) -> None:
    unsold = shop.put("Dresses", UNSOLD, degrees=0)
    sold = shop.put("Dresses", [7, 6], degrees=50)
    shop.put("Coats", UNSOLD, degrees=1)
    found = shop.find(references=14)
    assert set(ids(found)) <= set(sold)
    assert found.references
    assert not set(ids(found)) & set(unsold)


def test_among_bestsellers_only_likeness_ranks(shop: Shop, another: Shop) -> None:
    rest = list(range(1, 28))
    first = shop.put("Dresses", [100, 5000, 300, *rest])
    second = another.put("Dresses", [5000, 300, 100, *rest])
    assert ids(shop.find()) == first[:3]
    assert ids(another.find()) == second[:3]
    assert [place(r) for r in shop.find().references] == [place(r) for r in another.find().references]


def place(hit: Reference) -> tuple[str, float, float, int | None, int | None]:
    """All of a hit but its sales."""
    return hit.title, hit.score, hit.similarity, hit.dense_rank, hit.sparse_rank


# The record


def test_the_run_keeps_the_numbers_that_it_used(shop: Shop) -> None:
    shop.put("Dresses", range(1, 21))
    shop.services.blobs.write(PHOTO, drawn.photo("Dresses", "crimson"))
    run_id = f"{shop.name}:run"
    shop.services.runs.open(run_id, shop.name, NEW.id, [])
    shop.services.runs.begin(run_id, product=plain(NEW), photo_key=PHOTO)
    find_bestsellers(Run(shop.services, None, shop.name, run_id))  # type: ignore[arg-type]
    record = shop.services.runs.need(shop.name, run_id)
    assert len(record["references"]) == 3
    kept = record["retrieval"]
    assert kept["note"].startswith("Too few are alike among the top tenth of 20 Dresses")
    assert kept["window"] == plain(Window(90))
    assert kept["min_similarity"] == -1
    assert kept["steps"] == [
        {
            "threshold": plain(Threshold("Dresses", 19, "category", 0.1, 20, 2, 20)),
            "words": "the top tenth of 20 Dresses that sold, 19 units or more",
            "found": 2,
            "alike": 2,
        },
        {
            "threshold": plain(Threshold("Dresses", 16, "category", 0.25, 20, 5, 20)),
            "words": "the top quarter of 20 Dresses that sold, 16 units or more",
            "found": 5,
            "alike": 5,
        },
    ]
