"""The arranger lays several products out: all whole, none over another, in the format's own pixels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from generators.studio.arrange import Arranger, Shape, arrange
from generators.studio.layout import Box
from infra.model import PaintTask
from tests.generators.studio_kit import CREAM, NAVY, RED, jpeg, pixels, task, tee

RED_TEE, NAVY_TEE = tee(RED, size=(300, 380))[0], tee(NAVY, CREAM, size=(300, 380))[0]


@pytest.fixture(scope="module")
def arranger() -> Arranger:
    return Arranger()


def scene(*photos: bytes, ratio: str = "4:1") -> PaintTask:
    return replace(task(photos[0], ratio), companions=photos[1:])


def apart(one: Box, other: Box) -> bool:
    beside = one.right <= other.left or other.right <= one.left
    return beside or one.bottom <= other.top or other.bottom <= one.top


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 10])
@pytest.mark.parametrize("room", [Box(10, 20, 1000, 200), Box(0, 0, 500, 500), Box(5, 5, 200, 1000)])
def test_every_piece_is_in_the_room_in_its_proportions_and_over_no_other(room: Box, count: int) -> None:
    shapes: list[Shape] = [(0.6 + 0.13 * (n % 5), 1.4 - 0.11 * (n % 7)) for n in range(count)]
    boxes = arrange(shapes, room)
    assert len(boxes) == count
    for box, (width, height) in zip(boxes, shapes, strict=True):
        assert room.left <= box.left
        assert box.right <= room.right + 1
        assert room.top <= box.top
        assert box.bottom <= room.bottom + 1
        assert box.width / box.height == pytest.approx(width / height, rel=0.05)
    assert all(apart(one, other) for n, one in enumerate(boxes) for other in boxes[:n])


def test_a_banner_is_one_row_and_a_strip_one_column() -> None:
    shapes: list[Shape] = [(1, 1)] * 4
    across, down = arrange(shapes, Box(0, 0, 1000, 200)), arrange(shapes, Box(0, 0, 200, 1000))
    assert len({box.top for box in across}) == 1
    assert [box.left for box in across] == sorted(box.left for box in across)
    assert len({box.left for box in down}) == 1
    assert [box.top for box in down] == sorted(box.top for box in down)


def test_a_scene_has_its_formats_pixels_and_its_products_in_the_order_asked_for(arranger: Arranger) -> None:
    wanted = scene(RED_TEE, NAVY_TEE)
    painted = arranger.paint(wanted)
    picture = pixels(painted.data)
    assert picture.shape == (512, 2048, 3)
    assert (painted.method, painted.text, painted.notes) == ("cut-out", (), ())
    left, right = picture[:, :1024].astype(int), picture[:, 1024:].astype(int)
    assert _share(left, RED) > 0.05 > 0.001 > _share(right, RED)
    assert _share(right, NAVY) > 0.05 > 0.001 > _share(left, NAVY)
    assert arranger.price(wanted) == 0
    assert Arranger().paint(wanted).data == painted.data


def test_what_cannot_be_cut_out_is_shown_as_a_print_and_the_record_says_so(arranger: Arranger) -> None:
    noise = jpeg(np.random.default_rng(1).integers(0, 255, (300, 300, 3), np.uint8))
    painted = arranger.paint(scene(RED_TEE, noise, ratio="1:1"))
    assert painted.method == "framed"
    assert painted.notes == ("1 of 2 could not be cut out and are shown as prints",)


def _share(picture: np.ndarray[tuple[int, ...], np.dtype[np.int_]], colour: tuple[int, int, int]) -> float:
    return float((np.abs(picture - colour).max(axis=2) < 40).mean())
