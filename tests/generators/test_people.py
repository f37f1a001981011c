"""Who is in the picture: what the merchant says, else what the product is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from generators.people import Wish, people_for
from infra.model import People, Product


def product(category: str, title: str = "No. 5") -> Product:
    return Product("p", title, datetime.now(UTC), category=category)


@pytest.mark.parametrize("wish", ["none", "model", "hands"])
def test_what_the_merchant_wishes_comes_first(wish: Wish) -> None:
    assert people_for(product("Mugs"), wish) == wish
    assert people_for(product("Dresses"), wish) == wish


@pytest.mark.parametrize(
    ("category", "people"),
    [
        ("Dresses", "model"),
        ("Knitwear", "model"),
        ("Trousers", "model"),
        ("Apparel & Accessories > Clothing", "model"),
        ("T-shirts", "model"),
        ("Scarves & Shawls", "model"),
        ("Rings", "hands"),
        ("Apparel & Accessories > Jewelry > Watches", "hands"),
        ("Health & Beauty", "hands"),
        ("Bags", "hands"),
        ("Mugs", "none"),
        ("Furniture", "none"),
        ("Boots", "none"),
        ("Coat Hangers", "none"),
        ("Watch Boxes", "none"),
        ("Kleider", "none"),
        ("", "none"),
    ],
)
def test_the_category_calls_for_a_body_for_hands_or_for_nobody(category: str, people: People) -> None:
    assert people_for(product(category), "auto") == people


@pytest.mark.parametrize(
    ("title", "people"),
    [
        ("Camel turtleneck dress with floral print", "model"),
        ("WOOL COAT - navy mug", "model"),
        ("Case for watches", "none"),
        ("Shirt-dress", "model"),
        ("Dresser", "none"),
        ("Gold ring, 18 carat", "hands"),
    ],
)
def test_without_a_category_that_says_it_the_title_does(title: str, people: People) -> None:
    assert people_for(product("", title), "auto") == people
    assert people_for(product("Summer sale", title), "auto") == people


def test_the_category_outweighs_the_title() -> None:
    assert people_for(product("Mugs", "Little black dress"), "auto") == "none"


@pytest.mark.parametrize(
    ("category", "title"),
    [("Girls' Dresses", ""), ("Dresses", "Toddler dress"), ("Dog Clothing", ""), ("Swimwear", "Wrap skirt")],
)
def test_children_animals_and_underwear_are_put_on_no_painted_body(category: str, title: str) -> None:
    assert people_for(product(category, title), "auto") == "none"
