"""`bestshot batch` as its user runs it: a folder in, a folder out, and what is wrong said by file and row."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from infra.pixels import decode
from tests import drawn
from webhook_app.cli import main

Batch = Callable[..., Result]

CATALOG = (
    "product_id",
    "image_path",
    "category",
    "color",
    "style",
    "season",
    "sales_count",
    "description",
    "price",
)
NEW = ("new_id", "image_path", "category", "style", "season", "prompt_hint", "title", "price")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A catalog of twelve products and two new ones."""
    made = tmp_path / "in"
    (made / "new_products").mkdir(parents=True)
    rows = drawn.rows(made / "images")
    table = [
        (
            r.id,
            r.image_path.name,
            r.category,
            r.color,
            r.style,
            r.season,
            r.sales_count,
            r.description,
            "49.90",
        )
        for r in rows
    ]
    write(made / "products.csv", CATALOG, table)
    (made / "new_products" / "a.jpg").write_bytes(drawn.photo("Dresses", "crimson", "#cfd6d2", kind=5))
    (made / "new_products" / "b.jpg").write_bytes(drawn.photo("Bags", "teal", "#efe8dc", kind=5))
    new = [
        ("N1", "a.jpg", "Dresses", "classic", "summer", "Crimson summer dress", "Crimson dress", "129"),
        ("N2", "b.jpg", "Bags", "classic", "summer", "Teal bag", "Teal bag", ""),
    ]
    write(made / "new_products.csv", NEW, new)
    return made


@pytest.fixture
def batch(folder: Path, tmp_path: Path) -> Batch:
    def run(*options: str) -> Result:
        arguments = [
            "batch",
            str(folder),
            "--out",
            str(tmp_path / "out"),
            "--size",
            "1K",
            "--min-sales",
            "1500",
        ]
        return CliRunner().invoke(main, [*arguments, *options])

    return run


def write(path: Path, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, *rows])


def append(folder: Path, *cells: str) -> None:
    with (folder / "new_products.csv").open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(cells)


def manifest(tmp_path: Path) -> dict[str, dict[str, Any]]:
    listings = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))["listings"]
    return {listing["new_id"]: listing for listing in listings}


def test_every_new_product_gets_its_images_its_sheet_and_its_entry(batch: Batch, tmp_path: Path) -> None:
    done = batch()
    assert done.exit_code == 0, done.output
    found = manifest(tmp_path)
    assert [(found[i]["status"], found[i]["reason"]) for i in ("N1", "N2")] == [("published", "")] * 2
    for new_id, listing in found.items():
        assert decode((tmp_path / "out" / new_id / "sheet.png").read_bytes()).width > 500
        assert [image["format"] for image in listing["images"]] == ["1:1", "3:4", "4:1"]
        for image in listing["images"]:
            assert decode((tmp_path / "out" / image["path"]).read_bytes()).size == (
                image["width"],
                image["height"],
            )
            assert image["media_id"].startswith("gid://shopify/MediaImage/")
            assert all(check["passed"] for check in image["checks"].values())
    assert {r["product_id"].partition("-")[0] for r in found["N1"]["references"]} == {"Dresses"}
    assert min(r["sales_count"] for r in found["N1"]["references"]) >= 1500
    step = found["N1"]["retrieval"]["steps"][0]["threshold"]
    assert (step["category"], step["units"], step["basis"]) == ("Dresses", 1500, "setting")
    assert set(found["N1"]["style"]) == {"scene", "lighting", "pose", "mood", "palette", "prompt"}


def test_formats_and_how_many_to_learn_from_are_as_asked(batch: Batch, tmp_path: Path) -> None:
    done = batch("--formats", "9:16,1:1", "--top", "1")
    assert done.exit_code == 0, done.output
    found = manifest(tmp_path)["N1"]
    assert [(i["format"], i["width"], i["height"]) for i in found["images"]] == [
        ("9:16", 768, 1376),
        ("1:1", 1024, 1024),
    ]
    assert len(found["references"]) == 1


def test_bad_rows_are_named_and_the_others_go_on(batch: Batch, folder: Path, tmp_path: Path) -> None:
    (folder / "new_products" / "text.jpg").write_text("no picture")
    append(folder, "BAD", "text.jpg", "Dresses", "", "", "", "", "")
    append(folder, "GONE", "gone.jpg", "Dresses", "", "", "", "", "")
    append(folder, "N1", "a.jpg", "Dresses", "", "", "", "", "")
    done = batch("--formats", "1:1")
    assert done.exit_code == 1
    found = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))["listings"]
    assert [(one["new_id"], one["status"]) for one in found] == [
        ("N1", "published"), ("N2", "published"), ("BAD", "failed"), ("GONE", "failed"), ("N1", "failed"),
    ]  # fmt: skip
    assert found[2]["reason"].startswith(
        "new_products.csv row 4: the photo new_products/text.jpg cannot be used"
    )
    assert "new_products.csv row 5" in found[3]["reason"]
    assert "new_products.csv row 6" in found[4]["reason"]
    assert "new_products.csv row 4" in done.output.replace("\n", " ")


def test_photos_larger_than_a_store_takes_are_made_to_fit(batch: Batch, folder: Path, tmp_path: Path) -> None:
    photo = decode((folder / "new_products" / "a.jpg").read_bytes())
    photo.resize((3900, 5200), Image.Resampling.NEAREST).save(folder / "new_products" / "a.jpg", quality=80)
    done = batch("--formats", "1:1")
    assert done.exit_code == 0, done.output
    assert manifest(tmp_path)["N1"]["status"] == "published"


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda folder: (folder / "products.csv").unlink(), "products.csv: not found"),
        (lambda folder: write(folder / "products.csv", CATALOG, []), "products.csv: has no rows"),
        (lambda folder: write(folder / "new_products.csv", NEW[1:], []), "lacks the column(s) new_id"),
        (lambda folder: (folder / "new_products.csv").write_bytes(b"\xff\xfe"), "is not UTF-8"),
    ],
)
def test_a_folder_that_cannot_be_used_is_refused_by_name(
    batch: Batch, folder: Path, spoil: Callable[[Path], None], says: str
) -> None:
    spoil(folder)
    done = batch()
    assert (done.exit_code, says in done.output) == (2, True), done.output


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--formats", "7:5"), "'7:5' is not a format"),
        (("--top", "0"), "BESTSHOT_REFERENCES"),
        (("--min-sales", "-1"), "BESTSHOT_MIN_SALES"),
        (("--size", "9K"), "9K"),
    ],
)
def test_options_that_cannot_be_used_are_refused(batch: Batch, options: tuple[str, ...], says: str) -> None:
    done = batch(*options)
    assert (done.exit_code, says in done.output) == (2, True), done.output
