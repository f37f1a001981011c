"""A catalog folder: products.csv + images/ and new_products.csv + new_products/, read row by row.

A file that is missing or lacks a column is unusable as a whole and raises CatalogError. A bad row is set
aside as a problem that names file and row, and the other rows go on.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from infra.errors import CatalogError, ImageError
from infra.pixels import decode

PRODUCT_COLUMNS = (
    "product_id", "image_path", "category", "color", "style", "season", "sales_count", "description", "price",
)  # fmt: skip
NEW_COLUMNS = ("new_id", "image_path", "category", "style", "season", "prompt_hint")
MOST = 1_000_000_000_000
# A folder's name: no way out of its own folder, nothing hidden, and never manifest.json.
_ID = re.compile(r"(?!\.)[^/\\\x00-\x1f]+(?<!\.json)")
OPTIONAL_COLUMNS = ("title", "color", "description", "price")


@dataclass(frozen=True, slots=True)
class CatalogRow:
    """One usable row. `image_path` exists and holds a decodable image; unknown columns become `tags`."""

    id: str
    image_path: Path
    title: str
    category: str
    color: str = ""
    style: str = ""
    season: str = ""
    sales_count: int = 0
    description: str = ""
    price: Decimal | None = None
    hint: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that was set aside: its id (as far as it has one) and what to mend."""

    id: str
    message: str


@dataclass(frozen=True, slots=True)
class RowSet:
    """The usable rows of one file, and the rows that were set aside."""

    rows: tuple[CatalogRow, ...]
    problems: tuple[Problem, ...]


def read_products(folder: Path) -> RowSet:
    """The existing catalog of a folder: products.csv with images/."""
    return _read(folder / "products.csv", folder / "images", "product_id", PRODUCT_COLUMNS)


def read_new_products(folder: Path) -> RowSet:
    """The new listings of a folder: new_products.csv with new_products/."""
    return _read(folder / "new_products.csv", folder / "new_products", "new_id", NEW_COLUMNS)


def _read(path: Path, images: Path, id_column: str, required: tuple[str, ...]) -> RowSet:
    rows: dict[str, CatalogRow] = {}
    problems: list[Problem] = []
    for number, cells in _cells(path, required):
        row_id = cells[id_column]
        try:
            row = _row(path.name, number, cells, images, id_column, required)
            if row.id in rows:
                raise CatalogError(
                    f"{id_column} {row.id!r} stands in an earlier row too", file=path.name, row=number
                )
            rows[row.id] = row
        except CatalogError as error:
            problems.append(Problem(row_id, str(error)))
    if not rows and not problems:
        raise CatalogError("has no rows; add at least one product", file=path.name)
    return RowSet(tuple(rows.values()), tuple(problems))


def _cells(path: Path, required: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Row numbers as a spreadsheet shows them (the header is row 1), with trimmed cells by column."""
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise CatalogError(f"not found in {path.parent}", file=path.name) from None
    except OSError as error:
        raise CatalogError(f"cannot be read: {error.strerror}", file=path.name) from None
    except UnicodeDecodeError as error:
        raise CatalogError(
            f"is not UTF-8 (byte {error.start}); save it as CSV UTF-8", file=path.name
        ) from None
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="", restval="")
    columns = [(name or "").strip() for name in reader.fieldnames or []]
    reader.fieldnames = columns
    if missing := [name for name in required if name not in columns]:
        raise CatalogError(f"lacks the column(s) {', '.join(missing)}", file=path.name, row=1)
    try:
        for number, cells in enumerate(reader, start=2):
            yield number, {k: v.strip() for k, v in cells.items() if k and isinstance(v, str)}
    except csv.Error as error:
        raise CatalogError(f"is not readable CSV: {error}", file=path.name, row=reader.line_num) from None


def _row(
    file: str, number: int, cells: dict[str, str], images: Path, id_column: str, required: tuple[str, ...]
) -> CatalogRow:
    def bad(message: str) -> CatalogError:
        return CatalogError(message, file=file, row=number)

    if not cells[id_column]:
        raise bad(f"{id_column} is empty")
    if not _ID.fullmatch(cells[id_column]) or len(cells[id_column].encode()) > 200:
        raise bad(f"{id_column} {cells[id_column]!r} cannot name a folder; use letters, digits, . _ and -")
    if not cells["category"]:
        raise bad("category is empty")
    try:
        sales = int(cells.get("sales_count") or 0)
        price = Decimal(cells["price"]) if cells.get("price") else None
    except (ValueError, InvalidOperation):
        raise bad("sales_count must be a whole number and price a decimal number") from None
    if not 0 <= sales <= MOST or (price is not None and not (price.is_finite() and 0 <= price <= MOST)):
        raise bad(f"sales_count and price must be between 0 and {MOST:,}")
    known = {*required, *OPTIONAL_COLUMNS}
    return CatalogRow(
        id=cells[id_column],
        image_path=_image(cells["image_path"], images, bad),
        title=cells.get("title") or _title(cells),
        category=cells["category"],
        color=cells.get("color", ""),
        style=cells.get("style", ""),
        season=cells.get("season", ""),
        sales_count=sales,
        description=cells.get("description", ""),
        price=price,
        hint=cells.get("prompt_hint", ""),
        tags=tuple(f"{name}:{value}" for name, value in cells.items() if value and name not in known),
    )


def _image(name: str, images: Path, bad: Callable[[str], CatalogError]) -> Path:
    """The photo's path, which must stay inside the folder and hold a whole image."""
    if not name:
        raise bad("image_path is empty")
    try:
        inside = images.resolve()
        path = (images / name.removeprefix(f"{images.name}/")).resolve()
    except (OSError, ValueError):
        raise bad(f"image_path {name!r} is no file name") from None
    if not path.is_relative_to(inside):
        raise bad(f"image_path {name!r} points outside {images.name}/")
    try:
        decode(path.read_bytes())
    except OSError:
        raise bad(f"the photo {images.name}/{path.name} cannot be opened") from None
    except ImageError as error:
        raise bad(f"the photo {images.name}/{path.name} cannot be used: {error}") from None
    return path


def _title(cells: dict[str, str]) -> str:
    words = [cells.get("color") or cells.get("style", ""), cells["category"]]
    return " ".join(word for word in words if word).capitalize()
