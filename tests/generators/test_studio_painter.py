"""The studio painter as a whole: exact sizes, true colours, the same bytes twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from generators.formats import PIXELS_1K, parse_format
from generators.studio.backdrop import backdrop_colour, to_bytes
from generators.studio.colour import parse_hex, to_lab
from generators.studio.painter import StudioPainter
from infra.errors import ImageError
from infra.model import Format
from tests.generators import studio_kit as kit

PHOTO, _ = kit.tee()


@pytest.fixture(scope="module")
def painter() -> StudioPainter:
    return StudioPainter()


@pytest.mark.parametrize("ratio", PIXELS_1K)
@pytest.mark.parametrize("text", [(), ("Red cotton tee", "€29.00")])
def test_every_ratio_has_its_exact_pixels(painter: StudioPainter, ratio: str, text: tuple[str, ...]) -> None:
    small = parse_format(ratio, "512")
    format_ = Format(small.ratio, small.width, small.height, with_text=bool(text))

    painted = painter.paint(kit.task(PHOTO, format_, text))

    assert kit.pixels(painted.data).shape == (format_.height, format_.width, 3)
    assert painted.media_type == "image/jpeg"
    assert painted.method == "cut-out"
    assert painted.cost_usd == 0
    assert bool(painted.text) == bool(text)


@pytest.mark.parametrize("size", ["1K", "2K"])
def test_a_larger_tier_is_painted_at_its_own_size(painter: StudioPainter, size: str) -> None:
    format_ = parse_format("3:4", size)  # type: ignore[arg-type]

    assert kit.pixels(painter.paint(kit.task(PHOTO, format_)).data).shape[:2] == (
        format_.height,
        format_.width,
    )


def test_the_same_task_gives_the_same_bytes_from_any_painter_and_thread() -> None:
    tasks = [kit.task(PHOTO, ratio, ("Red tee", "$9")) for ratio in ("1:1", "4:1", "1:1", "4:1")]
    shared = StudioPainter()

    with ThreadPoolExecutor(4) as pool:
        together = [painted.data for painted in pool.map(shared.paint, tasks)]

    assert together[:2] == together[2:]
    assert together[:2] == [StudioPainter().paint(task).data for task in tasks[:2]]


@pytest.mark.parametrize("palette", ["#d9cfc2", "#26323f"])
def test_the_products_colour_stays_true(painter: StudioPainter, palette: str) -> None:
    painted = painter.paint(kit.task(PHOTO, "1:1", style=kit.brief(palette=(palette,))))

    middle = kit.pixels(painted.data)[420:620, 460:560]
    lab = cv2.cvtColor(middle.astype(np.float32) / 255, cv2.COLOR_RGB2LAB).reshape(-1, 3).mean(axis=0)
    true = to_lab((kit.RED[0] / 255, kit.RED[1] / 255, kit.RED[2] / 255))
    assert np.linalg.norm(lab - np.array(true)) < 4


def test_a_photo_that_cannot_be_cut_is_shown_whole(painter: StudioPainter) -> None:
    photo, _ = kit.tee(kit.CREAM, kit.CREAM)

    painted = painter.paint(kit.task(photo, "1:1"))

    assert painted.method == "framed"
    pixels = kit.pixels(painted.data).astype(int)
    print_edge = np.abs(np.diff(pixels[512].sum(axis=1)))
    assert (print_edge > 30).sum() >= 2  # the paper's left and right edge stand out from the backdrop


def test_a_gradient_is_dithered_so_that_it_has_no_bands() -> None:
    slope = np.repeat(np.linspace(0.5, 0.51, 512)[None, :, None], 64, axis=0).repeat(3, axis=2)

    made = to_bytes(slope).astype(float)

    blocks = (
        made[..., 0].reshape(64, 32, 16).mean(axis=(0, 2)),
        slope[..., 0].reshape(64, 32, 16).mean(axis=(0, 2)),
    )
    assert np.abs(blocks[0] / 255 - blocks[1]).max() * 255 < 0.15
    assert np.abs(made / 255 - slope).max() * 255 < 1.51


@pytest.mark.parametrize("palette", ["#101010", "#808080", "#f8f8f8", "#7a5230", "#b0122e"])
@pytest.mark.parametrize("product", [(8.0, 0.0, 0.0), (50.0, 0.0, 0.0), (95.0, 0.0, 0.0), (45.0, 60.0, 30.0)])
def test_a_backdrop_keeps_clear_of_the_product(palette: str, product: tuple[float, float, float]) -> None:
    colour = backdrop_colour(kit.brief(palette=(palette,)), product)

    assert np.linalg.norm(np.subtract(colour, product)) > 13
    assert np.hypot(colour[1], colour[2]) < 25


def test_the_backdrop_follows_the_briefs_palette() -> None:
    blue, rose = (backdrop_colour(kit.brief(palette=(p,), warmth=0.0), None) for p in ("#9fb6cc", "#e0b4b4"))

    assert blue[2] < to_lab(parse_hex("#808080"))[2] - 5
    assert rose[1] > 5


def test_bytes_that_are_no_image_are_refused(painter: StudioPainter) -> None:
    with pytest.raises(ImageError):
        painter.paint(kit.task(b"\xff\xd8\xff\xe0 not really"))
