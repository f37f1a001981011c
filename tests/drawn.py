"""Small products drawn for tests: one plain garment shape in a colour on a ground, as an encoded photo."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

from infra.catalog import CatalogRow

SHAPES = {
    "Dresses": [(40, 10), (60, 10), (64, 45), (85, 90), (15, 90), (36, 45)],
    "Trousers": [(35, 8), (65, 8), (72, 92), (55, 92), (50, 40), (45, 92), (28, 92)],
    "Bags": [(20, 40), (35, 40), (40, 15), (60, 15), (65, 40), (80, 40), (85, 85), (15, 85)],
}


def photo(
    category: str, color: str, ground: str = "#e9e4da", size: tuple[int, int] = (360, 480), kind: int = 0
) -> bytes:
    """A JPEG of a garment of a category, lying flat; `kind` varies its cut and pattern."""
    image = Image.new("RGB", size, ground)
    narrow, drop = 1 - 0.12 * (kind % 4), 5 * (kind % 3)
    outline = [(50 + (x - 50) * narrow, min(y + drop, 95)) for x, y in SHAPES[category]]
    points = [(x * size[0] / 100, y * size[1] / 100) for x, y in outline]
    cloth = Image.new("RGB", size, color)
    draw = ImageDraw.Draw(cloth)
    for offset in range(0, sum(size), 24 + 6 * kind):
        line = (
            [(offset, 0), (offset - size[1] * (kind % 2), size[1])]
            if kind % 4
            else [(0, offset), (size[0], offset)]
        )
        draw.line(line, fill=("white", "black")[kind % 2], width=2 + kind)
    mask = Image.new("L", size)
    ImageDraw.Draw(mask).polygon(points, fill=255)
    image.paste(cloth, mask=mask)
    out = BytesIO()
    image.save(out, "JPEG", quality=92)
    return out.getvalue()


def rows(folder: Path, per_category: int = 4) -> tuple[CatalogRow, ...]:
    """A small catalog on disk: in each category the first product sells best."""
    folder.mkdir(parents=True, exist_ok=True)
    colors = ("firebrick", "navy", "seagreen", "goldenrod", "purple", "teal")
    grounds = ("#f2d7c4", "#dfe7ea", "#e8e2f0", "#eee9cf", "#dedede", "#f5efe6")
    made = []
    for category in SHAPES:
        for number in range(per_category):
            color = colors[number % len(colors)]
            path = folder / f"{category}-{number}.jpg"
            path.write_bytes(photo(category, color, grounds[number % len(grounds)], kind=number + 1))
            made.append(
                CatalogRow(
                    id=f"{category}-{number}",
                    image_path=path,
                    title=f"{color.title()} {category.lower()}",
                    category=category,
                    color=color,
                    style="classic",
                    season="summer",
                    sales_count=[4000, 2500, 1600, 90, 40, 10][number % 6],
                    description=f"{category} in {color}, made for summer evenings.",
                )
            )
    return tuple(made)
