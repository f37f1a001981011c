"""The contact sheet: every picture on it, whatever their number and ratios."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from generators.sheet import MARGIN, WIDTH, sheet
from infra.pixels import decode, sniff

COLOURS = ["#c62828", "#1565c0", "#2e7d32", "#f9a825", "#6a1b9a", "#00838f", "#4e342e", "#ad1457"]


def plain(color: str, size: tuple[int, int] = (300, 400)) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, color).save(out, "PNG")
    return out.getvalue()


def area_of(page: Image.Image, color: str) -> int:
    wanted = np.array(Image.new("RGB", (1, 1), color).getpixel((0, 0)))
    return int((np.abs(np.asarray(page).astype(int) - wanted).max(axis=2) < 8).sum())


@pytest.mark.parametrize("count", range(6))
def test_photo_references_and_results_are_all_there(count: int) -> None:
    references = [(plain(COLOURS[i]), f"Bestseller {i}\n1,200 sold") for i in range(count)]
    results = [(plain(COLOURS[6], (1024, 1024)), "1:1"), (plain(COLOURS[7], (2048, 512)), "4:1")]
    data = sheet(plain("#808000"), references, results, "Linen dress")
    assert sniff(data) == "image/png"
    page = decode(data)
    assert page.width == WIDTH
    for color in ["#808000", *COLOURS[:count], *COLOURS[6:]]:
        assert area_of(page, color) > 40_000, color


def test_a_tall_and_a_wide_format_stand_side_by_side_at_like_sizes() -> None:
    results = [(plain(COLOURS[0], (512, 2048)), "1:4"), (plain(COLOURS[1], (2048, 512)), "4:1")]
    page = decode(sheet(plain("#808000"), [], results, "Scarf"))
    tall, wide = area_of(page, COLOURS[0]), area_of(page, COLOURS[1])
    assert 0.3 < tall / wide < 3
    assert page.height < 1400


def test_nothing_is_drawn_into_the_margins() -> None:
    results = [
        (plain(COLOURS[i % 8], (700 + 90 * i, 500)), "a caption that is far too long for its picture" * 3)
        for i in range(9)
    ]
    page = np.asarray(decode(sheet(plain("#808000"), [], results, "A title " * 40)))
    assert (page[:, : MARGIN - 4] == 255).all()
    assert (page[:, -MARGIN + 4 :] == 255).all()


def test_a_picture_that_cannot_be_opened_leaves_a_field_and_its_reason() -> None:
    page = decode(sheet(plain("#808000"), [], [(b"no image", "1:1")], "Scarf"))
    assert area_of(page, "#e3e3e6") > 40_000


def test_any_script_may_stand_in_a_caption() -> None:
    texts = ["Größe M", "ワンピース", "Платье", "فستان", "emoji 👗"]
    assert (
        decode(sheet(plain("#808000"), [], [(plain(COLOURS[0]), text) for text in texts], "Schön")).width
        == WIDTH
    )
