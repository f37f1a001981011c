"""The studio's scissors: clean where it cuts, honest where it cannot."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image

from generators.studio.arrays import Bytes, Mask
from generators.studio.cutout import cut_out, find
from generators.studio.segment import holes
from tests.generators import studio_kit as kit


def image(photo: bytes) -> Image.Image:
    return Image.fromarray(kit.pixels(photo))


def iou(found: Mask, true: Mask) -> float:
    small = cv2.resize(true.astype(np.uint8), found.shape[::-1], interpolation=cv2.INTER_AREA) > 0
    return float((found & small).sum() / (found | small).sum())


def lab(rgb: Bytes) -> np.ndarray:
    return cv2.cvtColor(rgb.astype(np.float32)[None] / 255, cv2.COLOR_RGB2LAB)[0]


@pytest.mark.parametrize(
    ("colour", "ground"), [(kit.RED, kit.CREAM), (kit.NAVY, (205, 200, 196)), ((240, 238, 235), (92, 66, 50))]
)
def test_it_finds_the_outline_of_a_garment(
    colour: tuple[int, int, int], ground: tuple[int, int, int]
) -> None:
    photo, true = kit.tee(colour, ground)

    found = find(image(photo))

    assert iou(found.mask, true) > 0.97
    assert found.objections == ()


def test_no_colour_of_the_old_ground_is_left_on_the_rim() -> None:
    photo, _ = kit.tee(kit.NAVY, (238, 214, 120))

    cut = cut_out(image(photo))

    assert cut is not None
    rim = cut[(cut[..., 3] > 40) & (cut[..., 3] < 250)]
    cloth, ground = lab(np.array([kit.NAVY], np.uint8))[0], lab(np.array([(238, 214, 120)], np.uint8))[0]
    to_cloth = np.linalg.norm(lab(rim[:, :3])[:, 1:] - cloth[1:], axis=1)
    to_ground = np.linalg.norm(lab(rim[:, :3])[:, 1:] - ground[1:], axis=1)
    assert len(rim) > 200
    assert (to_cloth < 0.35 * to_ground).mean() > 0.97


def test_the_edge_is_soft_and_the_inside_is_whole() -> None:
    photo, true = kit.tee()

    cut = cut_out(image(photo))

    assert cut is not None
    alpha = cut[..., 3]
    assert 0.97 < alpha.sum() / 255 / true.sum() < 1.01
    assert 0.002 < ((alpha > 10) & (alpha < 245)).mean() < 0.05


@pytest.mark.parametrize("colour", [kit.CREAM, (228, 224, 214)])
def test_it_does_not_cut_what_it_cannot_tell_from_the_ground(colour: tuple[int, int, int]) -> None:
    photo, _ = kit.tee(colour, kit.CREAM)

    assert cut_out(image(photo)) is None


def test_it_does_not_cut_a_product_that_the_frame_cuts_off() -> None:
    photo, _ = kit.tee()
    pixels = kit.pixels(photo)

    cropped = Image.fromarray(pixels[: pixels.shape[0] * 3 // 4])

    assert cut_out(cropped) is None


@pytest.mark.parametrize("pixels", [np.full((300, 400, 3), 128, np.uint8), np.zeros((16, 16, 3), np.uint8)])
def test_it_finds_nothing_in_an_empty_photo(pixels: Bytes) -> None:
    assert cut_out(Image.fromarray(pixels)) is None


def test_noise_is_not_a_product() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (300, 400, 3)).astype(np.uint8)

    assert cut_out(Image.fromarray(noise)) is None


def test_the_same_photo_gives_the_same_cut() -> None:
    photo, _ = kit.tee()

    first, second = cut_out(image(photo)), cut_out(image(photo))

    assert first is not None
    assert second is not None
    assert np.array_equal(first, second)


def test_a_hole_is_what_the_mask_encloses() -> None:
    mask = np.zeros((9, 9), bool)
    mask[2:7, 2:7] = True
    mask[4, 4] = False

    assert np.argwhere(holes(mask)).tolist() == [[4, 4]]
