"""The silhouette finds the garment on the grounds that merchants photograph on."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from infra.silhouette import silhouette
from tests.infra.garment_kit import SHAPES, overlap, photo


@pytest.mark.parametrize("background", ["wall", "wood", "carpet"])
@pytest.mark.parametrize("shape", SHAPES)
def test_it_finds_the_garment(shape: str, background: str) -> None:
    mask = silhouette(np.asarray(photo(shape, "#8c2a3c", background)))
    assert overlap(mask, shape) > 0.85


def test_the_gap_between_trouser_legs_is_background() -> None:
    mask = silhouette(np.asarray(photo("trousers", "#1e2a50", "wood")))
    assert mask[300, 150] < 0.5 < mask[300, 100]


def test_the_mask_has_the_size_of_the_photo_and_runs_from_0_to_1() -> None:
    mask = silhouette(np.asarray(photo("dress", "black").resize((211, 307))))
    assert mask.shape == (307, 211)
    assert mask.dtype == np.float32
    assert mask.min() == 0
    assert mask.max() == 1


def test_the_same_photo_gives_the_same_mask() -> None:
    pixels = np.asarray(photo("t-shirt", "olive", "carpet"))
    first = silhouette(pixels)
    silhouette(np.asarray(photo("shoes", "red", "wood")))
    assert np.array_equal(silhouette(pixels), first)


@pytest.mark.parametrize("size", [(300, 400), (16, 16), (1, 1), (1, 500), (500, 1), (8, 400)])
def test_a_photo_of_nothing_gives_an_ellipse_in_the_middle(size: tuple[int, int]) -> None:
    width, height = size
    mask = silhouette(np.asarray(Image.new("RGB", size, "white")))
    assert mask.shape == (height, width)
    assert mask[height // 2, width // 2] > 0.5
    if min(size) > 8:
        assert mask[0, 0] == mask[-1, -1] == 0
