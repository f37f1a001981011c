"""The demo catalog: a folder that a newcomer's first run can be trusted with."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from infra.devstore.demo_catalog import NEW_PRODUCTS, PRODUCTS, NewRow, draw_catalog
from infra.devstore.drawing.curves import line
from infra.devstore.drawing.fabrics import WEAVES, Fabric
from infra.devstore.drawing.light import Light
from infra.devstore.drawing.looks import LOOKS, render
from infra.devstore.drawing.pieces import even
from infra.devstore.drawing.scenes import SCENES
from infra.devstore.drawing.stage import HEIGHT, WIDTH, Stage

COLUMNS = "product_id,image_path,title,category,color,style,season,sales_count,description,price"
NEW_COLUMNS = "new_id,image_path,title,category,color,style,season,prompt_hint,price"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole catalog, drawn once."""
    folder = tmp_path_factory.mktemp("catalog")
    draw_catalog(folder)
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def test_the_folder_has_the_columns_that_batch_reads(folder: Path) -> None:
    """Both tables carry every documented column, in order, and every cell is filled."""
    for name, columns in (("products.csv", COLUMNS), ("new_products.csv", NEW_COLUMNS)):
        assert (folder / name).read_text(encoding="utf-8").splitlines()[0] == columns
        assert all(cell.strip() for row in rows(folder / name) for cell in row.values())


def test_every_row_has_its_own_id_and_its_own_picture(folder: Path) -> None:
    """No id and no picture is used twice, and no file lies about that no row names."""
    for name, images, key in (
        ("products.csv", "images", "product_id"),
        ("new_products.csv", "new_products", "new_id"),
    ):
        table = rows(folder / name)
        paths = [row["image_path"] for row in table]
        assert len({row[key] for row in table}) == len(table)
        assert sorted(paths) == sorted(p.name for p in (folder / images).iterdir())
        digests = {hashlib.sha256((folder / images / path).read_bytes()).hexdigest() for path in paths}
        assert len(digests) == len(paths)


def test_every_picture_is_a_whole_jpeg_of_the_promised_size(folder: Path) -> None:
    """All of it decodes, and there is something to see in it."""
    for path in [*(folder / "images").iterdir(), *(folder / "new_products").iterdir()]:
        with Image.open(path) as picture:
            picture.load()
            assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (WIDTH, HEIGHT))
            assert np.asarray(picture, np.float32).std() > 10, path.name


def test_new_products_find_bestsellers_in_their_own_category() -> None:
    """Each new product has at least two catalog neighbours above 1500 units, and one far above."""
    for new in NEW_PRODUCTS:
        sales = [row.sales_count for row in PRODUCTS if row.category == new.category]
        assert sum(units > 1500 for units in sales) >= 2
        assert max(sales) > 4000


def test_sales_are_heavy_tailed() -> None:
    """The top tenth stands apart, and every category has something that does not sell."""
    sales = sorted((row.sales_count for row in PRODUCTS), reverse=True)
    tenth = len(sales) // 10
    assert sales[tenth - 1] > 1.15 * sales[tenth]
    assert sum(sales[:tenth]) > 0.2 * sum(sales)
    categories = Counter(row.category for row in PRODUCTS)
    assert all(count >= 4 for count in categories.values())
    assert all(min(r.sales_count for r in PRODUCTS if r.category == c) < 1600 for c in categories)


def test_good_sellers_stand_in_good_scenes() -> None:
    """What sells is well lit: the dull scenes belong to what sells least."""
    dull = {"grey carpet", "dim wall", "laminate", "old sheet"}
    assert dull < set(SCENES)
    assert all((LOOKS[row.product_id].scene in dull) == (row.sales_count < 700) for row in PRODUCTS)


def test_a_second_call_keeps_what_is_there_and_draws_the_missing_again(folder: Path, tmp_path: Path) -> None:
    """A picture that exists is left alone; a lost one comes back with the very same bytes."""
    lost = {"NEW1.jpg", "LH103.jpg", "LH401.jpg", "LH704.jpg"}
    for source in folder.glob("*/*.jpg"):
        kept = tmp_path / source.parent.name / source.name
        kept.parent.mkdir(exist_ok=True)
        if source.name not in lost:
            kept.write_bytes(b"kept")
    draw_catalog(tmp_path)
    for drawn in folder.glob("*/*.jpg"):
        again = (tmp_path / drawn.parent.name / drawn.name).read_bytes()
        assert again == (drawn.read_bytes() if drawn.name in lost else b"kept")
    assert not list(tmp_path.rglob(".*"))


@pytest.mark.parametrize("new", NEW_PRODUCTS, ids=lambda new: new.new_id)
def test_a_new_product_lies_whole_in_its_frame(new: NewRow) -> None:
    """Its garment keeps a margin on all four sides and stands out from the ground."""
    look = LOOKS[new.new_id]
    stage = look.stage((1.0, 2.0))
    look.draw(stage)
    there = stage.alpha > 0.5
    down, across = np.nonzero(there.any(1))[0], np.nonzero(there.any(0))[0]
    assert down[0] > 40
    assert down[-1] < HEIGHT - 40
    assert across[0] > 40
    assert across[-1] < WIDTH - 40
    picture = render(new.new_id)
    ground = np.median(picture[:60].reshape(-1, 3), axis=0)
    assert np.abs(np.median(picture[there], axis=0) - ground).sum() > 0.15


@pytest.mark.parametrize("weave", WEAVES)
def test_every_weave_keeps_the_colour_it_was_given(weave: str) -> None:
    """Threads give texture; over a flat piece they change the mean colour by little."""
    stage = Stage(8.0, (WIDTH / 2, 300.0), Light(), sway=(0.3, 0.4))
    stage.lay(even(line((20, 0), (20, 60)), Fabric("#6c8db0", weave=weave), round=0))  # type: ignore[arg-type]
    inner = stage.rgb[400:600, 400:500]
    expected = np.array([0.1500, 0.2664, 0.4342])
    assert np.allclose(inner.mean((0, 1)) / expected, 1, atol=0.12)
