"""Scenes: what is wished for, who is in them, and a gate that asks for every product."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

import pytest

from generators.formats import parse_format
from generators.scenes import (
    SceneWish,
    Taken,
    examine_scene,
    people_in,
    scene_brief,
    scene_task,
    together,
)
from generators.studio.arrange import Arranger
from infra.errors import InputError, SettingsError
from infra.model import PaintTask, Product
from infra.ocr import Ocr
from tests import drawn
from tests.generators.studio_kit import brief

DRESS = drawn.photo("Dresses", "firebrick", kind=4)
BAG = drawn.photo("Bags", "navy", kind=1)
OTHER = drawn.photo("Trousers", "seagreen", kind=2)


def product(title: str, handle: str = "") -> Product:
    made = datetime(2026, 1, 1, tzinfo=UTC)
    return Product(f"gid://shopify/Product/{len(title)}", title, made, category="Dresses", handle=handle)


def task(*photos: bytes) -> PaintTask:
    whole = together([product("Red dress"), product("Bag")], "on a table")
    made = scene_task(
        whole, photos, (OTHER, BAG), brief(), parse_format("4:1"), size="1K", people="none", audience=""
    )
    return replace(made, references=())


@pytest.mark.parametrize(
    ("words", "setting", "who"),
    [
        ("a model wearing these at the beach", "auto", "model"),
        ("Two friends on a bench", "auto", "model"),
        ("worn in the rain", "auto", "model"),
        ("hands holding them", "auto", "hands"),
        ("on a remodelled handmade table", "auto", "none"),
        ("a model wearing these", "none", "none"),
        ("on a table", "model", "model"),
    ],
)
def test_the_words_say_who_is_in_a_scene_unless_the_settings_do(
    words: str, setting: Literal["auto", "none", "model"], who: str
) -> None:
    assert people_in(words, setting) == who


@pytest.mark.parametrize(
    ("words", "products", "formats"),
    [("", ("a",), ("1:1",)), ("x" * 501, ("a",), ("1:1",)), ("x", (), ("1:1",)), ("x", ("a",) * 11, ("1:1",)),
     ("x", ("",), ("1:1",)), ("x", ("a",), ("7:5",)), ("x", ("a",), ())],
)  # fmt: skip
def test_a_wish_that_cannot_be_met_is_refused_at_once(
    words: str, products: tuple[str, ...], formats: tuple[str, ...]
) -> None:
    with pytest.raises((InputError, SettingsError)):
        SceneWish(words, products, formats)


def test_a_choice_is_told_with_what_else_may_have_been_meant() -> None:
    by_words = Taken(
        "red thing", "gid://shopify/Product/1", "Red dress", "words", ("Red hat (2)", "Red bag (3)")
    )
    assert (
        by_words.note
        == "“red thing” was taken to be Red dress (1); it may also have meant Red hat (2), Red bag (3)"
    )
    assert "by its look alone" in replace(by_words, how="look").note
    assert replace(by_words, how="handle").note == ""


def test_products_go_into_a_scene_as_one_with_the_merchants_words_as_the_hint() -> None:
    whole = together(
        [product("Red dress", "red-dress"), product("Bag", "bag"), product("Hat", "hat")], " by  the sea "
    )
    assert whole.title == "Red dress, Bag + Hat"
    assert (whole.hint, whole.handle, whole.price) == ("by the sea", "scene-red-dress-bag-hat", None)


def test_a_scene_keeps_the_bestsellers_light_but_not_their_place() -> None:
    learned = brief(lighting="Soft light.", mood="Calm.", scene="A grey wall.", prompt="On a grey wall.")
    made = scene_brief(learned, "at the beach.")
    assert (made.scene, made.prompt) == ("At the beach.", "At the beach. Soft light. Calm.")
    assert (made.palette, made.light_from) == (learned.palette, learned.light_from)


def test_a_banner_of_a_scene_has_no_words_and_one_bestseller_at_most() -> None:
    made = scene_task(
        product("x"),
        (DRESS, BAG),
        (OTHER, BAG),
        brief(),
        parse_format("4:1"),
        size="1K",
        people="model",
        audience="",
    )
    assert (made.format.with_text, made.text, made.references) == (False, (), (OTHER,))
    assert (made.photo, made.companions) == (DRESS, (BAG,))


def test_the_gate_asks_for_each_product_and_names_the_one_that_is_missing() -> None:
    ocr, both = Ocr(), task(DRESS, BAG)
    painted = Arranger().paint(both)
    assert all(check.passed for check in examine_scene(painted, both, ocr=ocr).values())
    missing = examine_scene(painted, task(DRESS, OTHER), ocr=ocr)["product"]
    assert not missing.passed
    assert missing.note.startswith("product 2 of 2:")
