"""A catalog folder: bad files are refused whole, bad rows are set aside by name, the rest goes on."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from PIL import Image

from infra.catalog import read_new_products, read_products
from infra.errors import CatalogError

HEADER = "product_id,image_path,category,color,style,season,sales_count,description,price"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    Image.new("RGB", (40, 50), "navy").save(tmp_path / "images" / "a.jpg")
    return tmp_path


def write(folder: Path, *rows: str, header: str = HEADER, end: str = "\n", start: bytes = b"") -> Path:
    (folder / "products.csv").write_bytes(start + end.join([header, *rows, ""]).encode())
    return folder


def row(product_id: str = "P1", image: str = "a.jpg", **changes: str) -> str:
    cells = {
        "category": "Coats",
        "color": "navy",
        "style": "",
        "season": "",
        "sales": "12",
        "text": "Warm",
        "price": "9.90",
    }
    return ",".join([product_id, image, *(cells | changes).values()])


def only_problem(folder: Path) -> str:
    found = read_products(folder)
    assert len(found.problems) == 1
    return found.problems[0].message


def test_a_row_is_read_with_its_types(folder: Path) -> None:
    found = read_products(write(folder, row())).rows[0]
    assert (found.id, found.sales_count, found.price) == ("P1", 12, Decimal("9.90"))
    assert found.image_path == (folder / "images" / "a.jpg").resolve()


def test_windows_line_ends_and_a_byte_order_mark_make_no_difference(folder: Path) -> None:
    plain = read_products(write(folder, row()))
    assert read_products(write(folder, row(), end="\r\n", start=b"\xef\xbb\xbf")) == plain


def test_a_title_is_made_up_where_there_is_none_and_unknown_columns_become_tags(folder: Path) -> None:
    assert read_products(write(folder, row())).rows[0].title == "Navy coats"
    titled = write(folder, row() + ",Sailor coat,wool", header=HEADER + ",title,material")
    found = read_products(titled).rows[0]
    assert (found.title, found.tags) == ("Sailor coat", ("material:wool",))


def test_an_image_path_may_name_its_folder(folder: Path) -> None:
    assert read_products(write(folder, row(image="images/a.jpg"))).rows


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "products.csv: not found"),
        (b"", "lacks the column(s) product_id"),
        (HEADER.encode(), "has no rows"),
        (HEADER.replace("category,", "").encode(), "products.csv row 1: lacks the column(s) category"),
        ((HEADER + "\nP1,\xfc").encode("latin-1"), "is not UTF-8"),
    ],
)
def test_an_unusable_file_is_refused_with_its_name(folder: Path, content: bytes | None, says: str) -> None:
    if content is not None:
        (folder / "products.csv").write_bytes(content)
    with pytest.raises(CatalogError, match=r"products\.csv") as refused:
        read_products(folder)
    assert says in str(refused.value)


def test_a_missing_photo_names_file_and_row(folder: Path) -> None:
    write(folder, row("P0"), row("P1", "gone.jpg"))
    assert only_problem(folder) == "products.csv row 3: the photo images/gone.jpg cannot be opened"


def test_broken_photos_name_file_and_row(folder: Path) -> None:
    whole = (folder / "images" / "a.jpg").read_bytes()
    (folder / "images" / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "images" / "text.jpg").write_text("<svg onload=alert(1)>")
    Image.new("RGB", (1, 1)).save(folder / "images" / "dot.png")
    Image.new("1", (60_000, 2_000)).save(folder / "images" / "bomb.png")
    names = ["cut.jpg", "text.jpg", "dot.png", "bomb.png"]
    found = read_products(write(folder, row("P0"), *(row(name, name) for name in names)))
    assert [one.id for one in found.rows] == ["P0"]
    for number, (name, problem) in enumerate(zip(names, found.problems, strict=True), start=3):
        assert problem.id == name
        assert problem.message.startswith(
            f"products.csv row {number}: the photo images/{name} cannot be used: "
        )


@pytest.mark.parametrize("path", ["../secret.jpg", "/etc/hostname", "..", "images/../../secret.jpg"])
def test_a_photo_outside_the_folder_is_not_opened(folder: Path, path: str) -> None:
    Image.new("RGB", (40, 50)).save(folder / "secret.jpg")
    assert "points outside images/" in only_problem(write(folder, row("P1", path), row("P2")))


@pytest.mark.parametrize(
    "odd", ["../up", "/abs", "a/b", "a\\b", ".", "..", ".hidden", "x" * 300, "manifest.json"]
)
def test_an_id_that_could_leave_its_folder_is_set_aside(folder: Path, odd: str) -> None:
    assert "cannot name a folder" in only_problem(write(folder, row(odd), row("P2")))


@pytest.mark.parametrize("path", ["a\x00.jpg", "x" * 5000])
def test_a_photo_name_that_is_none_is_set_aside(folder: Path, path: str) -> None:
    assert "row 2" in only_problem(write(folder, row("P1", path), row("P2")))


def test_rows_are_counted_as_a_spreadsheet_shows_them(folder: Path) -> None:
    long = '"Warm.\nSoft.\u2028Long."'
    write(folder, row("P0", text=long), row("P1", "gone.jpg"))
    assert only_problem(folder).startswith("products.csv row 3:")
    assert read_products(folder).rows[0].description == "Warm.\nSoft.\u2028Long."


def test_a_folder_in_place_of_a_file_is_refused(folder: Path) -> None:
    (folder / "products.csv").mkdir()
    with pytest.raises(CatalogError, match=r"products\.csv: cannot be read"):
        read_products(folder)


def test_the_second_of_two_equal_ids_is_set_aside(folder: Path) -> None:
    write(folder, row("P1"), row("P1", price="1"))
    assert "product_id 'P1' stands in an earlier row too" in only_problem(folder)
    assert read_products(folder).rows[0].price == Decimal("9.90")


@pytest.mark.parametrize(
    "change",
    [
        {"sales": "many"},
        {"sales": "-3"},
        {"sales": "1" + "0" * 30},
        {"price": "free"},
        {"price": "1e400"},
        {"price": "NaN"},
        {"category": ""},
    ],
)
def test_a_cell_that_makes_no_sense_sets_its_row_aside(folder: Path, change: dict[str, str]) -> None:
    assert "row 2" in only_problem(write(folder, row(**change), row("P2")))


def test_new_products_have_columns_of_their_own(folder: Path) -> None:
    (folder / "images").rename(folder / "new_products")
    (folder / "new_products.csv").write_text(
        "new_id,image_path,category,style,season,prompt_hint\nN1,a.jpg,Coats,classic,winter,on a pier\n"
    )
    found = read_new_products(folder).rows[0]
    assert (found.id, found.hint, found.price) == ("N1", "on a pier", None)
