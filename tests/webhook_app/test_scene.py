"""A scene from the merchant's words to the store's files, over a real store, mirror and worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from generators.studio.arrange import Arranger
from infra.pixels import sniff
from tests.infra.devstore_kit import SHOP, picture
from tests.scene_kit import Set, environment, opened
from webhook_app.console import FAILED
from webhook_app.recipes import patience
from webhook_app.scene_command import scene
from webhook_app.steps.scene import KEPT


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Set]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("elsewhere"))
        patch.setattr(patience, "PAUSES", (0.05,) * 200)
        with opened(tmp_path_factory.mktemp("scenes")) as made:
            yield made


def test_a_scene_becomes_a_file_of_the_store_and_touches_no_product(stage: Set) -> None:
    products = stage.services.store(SHOP).products
    before = {product.id: products.media(product.id) for product in products.all()}
    bag = stage.product("Navy bags")
    record = stage.make("on a blanket", "firebrick dresses", bag.id, formats=("4:1",), publish=True)
    assert (record["status"], record["reason"]) == ("published", "")
    assert [one["title"] for one in record["scene"]["products"]] == ["Firebrick dresses", "Navy bags"]
    assert [one["how"] for one in record["scene"]["products"]] == ["title", "id"]
    (image,) = record["paintings"]
    assert (image["status"], image["painter"], image["cost_usd"]) == ("published", Arranger.name, "0")
    assert image["checks"]["product"]["passed"]
    assert [name.partition("-4x1-")[0] for name in stage.files()] == ["scene-firebrick-dresses-navy-bags"]
    assert {product.id: products.media(product.id) for product in products.all()} == before
    assert stage.services.runs.ours(SHOP, [image["media_id"]]) == {image["media_id"]}


def test_a_scene_waits_for_a_person_until_it_is_asked_for_with_publish_and_is_made_once(stage: Set) -> None:
    files, painted = stage.files(), stage.painted()
    kept = stage.make("on a shelf", "navy-trousers", "seagreen bags", bestsellers=False)
    assert (kept["references"], kept["brief"]["reference_ids"]) == ([], [])
    assert (kept["status"], kept["reason"]) == ("needs_review", KEPT)
    assert [image["status"] for image in kept["paintings"]] == ["approved"]
    assert stage.files() == files
    first = stage.make("on a  shelf", "navy trousers", "seagreen bags", bestsellers=False, publish=True)
    again = stage.make("on a shelf", "navy trousers", "seagreen bags", bestsellers=False, publish=True)
    assert {one["status"] for one in (first, again)} == {"published"}
    assert {one["paintings"][0]["key"] for one in (kept, first, again)} == {kept["paintings"][0]["key"]}
    assert first["paintings"][0]["media_id"] == again["paintings"][0]["media_id"]
    assert (len(stage.files()), stage.painted()) == (len(files) + 1, painted + 1)


def test_words_that_fit_several_are_taken_for_the_best_and_a_bestseller_gives_its_light(stage: Set) -> None:
    record = stage.make("in a garden", "dresses in navy blue", "firebrick bags")
    first = record["scene"]["products"][0]
    assert (first["title"], first["how"]) == ("Navy dresses", "words")
    number = stage.product("Navy dresses").id.rpartition("/")[2]
    assert first["note"].startswith(
        f"“dresses in navy blue” was taken to be Navy dresses ({number}); it may also have meant "
    )
    shown = {one["product_id"] for one in record["scene"]["products"]}
    assert record["references"]
    assert shown.isdisjoint(one["product_id"] for one in record["references"])
    assert record["brief"]["scene"] == "In a garden."


@pytest.mark.parametrize(
    ("products", "why"),
    [
        (["umbrella"], "no product of the library is described by “umbrella”"),
        (["gid://shopify/Product/424242"], "the store has no product gid://shopify/Product/424242"),
        (["navy dresses", "navy-dresses"], "“navy dresses” and “navy-dresses” are one product, Navy dresses"),
    ],
)
def test_a_product_that_cannot_be_told_ends_the_scene_before_anything_is_painted(
    stage: Set, products: list[str], why: str
) -> None:
    painted = stage.painted()
    record = stage.make("at the beach", *products)
    assert record["status"] == "failed"
    assert why in record["reason"]
    assert (record["paintings"], stage.painted()) == ([], painted)


def test_a_product_without_a_photo_of_its_own_is_named(stage: Set) -> None:
    products = stage.services.store(SHOP).products
    bare = products.create("Bare hook", "Hooks")
    ours = products.create("Copied", "Hooks", photo=picture(), filename="copied-1x1-0f3a9c2b71d4.jpg")
    for made in (bare, ours):
        record = stage.make("at the beach", made)
        assert record["status"] == "failed"
        assert "has no photo of its own" in record["reason"]


def test_the_command_says_what_it_took_and_writes_the_images(
    stage: Set, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in environment(stage).items():
        monkeypatch.setenv(name, value)
    asked = ["on a shelf", "--products", "navy-trousers, seagreen bags", "--plain", "--out", str(tmp_path)]
    done = CliRunner().invoke(scene, asked)
    assert done.exit_code == 0, done.output
    assert "Navy trousers" in done.stdout
    assert "needs review: " + KEPT in done.stdout
    assert "No worker" not in done.stderr
    assert sniff((tmp_path / "scene-1x1.jpg").read_bytes()) == "image/jpeg"
    failed = CliRunner().invoke(scene, ["on a shelf", "--products", "umbrella"])
    assert failed.exit_code == FAILED
    assert "described by “umbrella”" in failed.stdout
