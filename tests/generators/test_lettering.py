"""Words set on painted pictures: on the calm side, off the product, readable, spelt as they were given."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from generators.gate.text import similarity
from generators.lettering import NO_ROOM, Lettering, lettered, set_in
from generators.paint import Kept
from generators.room import ground_of
from generators.studio import fonts
from generators.studio.arrays import Bytes, Mask
from generators.studio.colour import contrast, luminance
from generators.studio.painter import StudioPainter
from generators.veil import veil_for
from infra.errors import FontMissing
from infra.model import Painted, Painter, PaintTask
from infra.ocr import Ocr
from infra.pixels import decode
from tests.generators import studio_kit as kit

WORDS = ("Linnea summer tee", "€1.249,00", "Made for long evenings")
SIZE = (1032, 256)
WALL, NIGHT = (214, 206, 196), (38, 34, 40)


def scene(
    at: float, wall: tuple[int, int, int] = WALL, colour: tuple[int, int, int] = kit.RED,
    size: tuple[int, int] = SIZE, stripes: bool = False,
) -> tuple[Bytes, Mask]:  # fmt: skip
    """A painted-looking picture, the tee at a share of its width, and where the tee is."""
    photo, mask = kit.tee(colour)
    height = int(0.9 * min(size))
    width = height * 4 // 5
    tee = cv2.resize(kit.pixels(photo), (width, height), interpolation=cv2.INTER_AREA)
    cover = cv2.resize(mask.astype(np.uint8), (width, height)) > 0
    y, x = np.mgrid[0 : size[1], 0 : size[0]]
    light = 1.04 - 0.12 * x / size[0] - 0.05 * y / size[1]
    if stripes:
        light = light - 0.4 * cv2.GaussianBlur(((x + y // 2) % 160 < 70).astype(np.float32), (0, 0), 3)
    grain = np.random.default_rng(2).normal(0, 2, (size[1], size[0], 1))
    canvas = (np.array(wall) * light[..., None] + grain).clip(0, 255).astype(np.uint8)
    left, top = int(at * size[0] - width / 2), (size[1] - height) // 2
    canvas[top : top + height, left : left + width][cover] = tee[cover]
    there = np.zeros(canvas.shape[:2], bool)
    there[top : top + height, left : left + width] = cover
    return canvas, there


def changed(before: Bytes, after: bytes) -> Mask:
    """Where letters were set: what differs by more than a veil's softness or JPEG's noise."""
    apart = np.abs(before.astype(int) - kit.pixels(after)).max(axis=2)
    return apart > 60


@cache
def ocr() -> Ocr:
    return Ocr()


@pytest.mark.parametrize(("at", "side"), [(0.75, "left"), (0.25, "right")])
@pytest.mark.parametrize("colour", [kit.RED, kit.CREAM, kit.NAVY])
def test_words_go_to_the_calm_side_and_off_the_product(
    at: float, side: str, colour: tuple[int, int, int]
) -> None:
    picture, product = scene(at, colour=colour)

    data, lines = set_in(kit.jpeg(picture), WORDS, photos=(kit.tee(colour)[0],))

    set_ = changed(picture, data)
    assert lines == WORDS
    assert set_.sum() > 2000
    assert not (set_ & cv2.dilate(product.astype(np.uint8), np.ones((9, 9), np.uint8)).astype(bool)).any()
    half = set_[:, : SIZE[0] // 2] if side == "left" else set_[:, SIZE[0] // 2 :]
    assert half.sum() > 0.9 * set_.sum()


def test_a_product_in_the_middle_makes_the_words_smaller_not_hidden() -> None:
    picture, product = scene(0.5)

    data, lines = set_in(kit.jpeg(picture), WORDS, photos=(kit.tee()[0],))

    assert " ".join(lines) == " ".join(WORDS)
    assert not (changed(picture, data) & product).any()


def test_a_veil_makes_words_readable_and_ends_before_the_product() -> None:
    picture, product = scene(0.62, wall=(176, 176, 178), stripes=True)

    data, lines = set_in(kit.jpeg(picture), WORDS, photos=(kit.tee()[0],))

    assert lines
    before, after = picture / 255, kit.pixels(data) / 255
    left = cv2.erode(product.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    left[:, int(0.62 * SIZE[0]) :] = False
    assert np.abs(after - before)[left].mean() < 0.03
    level = luminance(after[60:200, 55:350]).ravel()
    inks = np.percentile(level, 0.5), np.percentile(level, 99.5)
    dark_ink = abs(inks[0] - np.median(level)) > abs(inks[1] - np.median(level))
    worst = np.percentile(level, 30 if dark_ink else 70)
    lighter, darker = (worst, inks[0]) if dark_ink else (inks[1], worst)
    assert (lighter + 0.05) / (darker + 0.05) > 5.5, (inks, worst)


@pytest.mark.parametrize("size", [(512, 512), (448, 600)])
def test_square_and_tall_pictures_get_their_words_above_or_below(size: tuple[int, int]) -> None:
    width, height = size
    picture, product = scene(0.5, size=(width, width))
    low = np.full((height, width, 3), picture[0, 0], np.uint8)
    small = cv2.resize(picture, (width // 2, width // 2), interpolation=cv2.INTER_AREA)
    low[height - width // 2 :, width // 4 : width // 4 + width // 2] = small

    data, lines = set_in(kit.jpeg(low), WORDS)

    rows = np.flatnonzero(changed(low, data).any(axis=1))
    assert lines
    assert rows.max() < height - width // 2
    assert product.any()


@pytest.mark.parametrize(("wall", "stripes"), [(WALL, True), (NIGHT, False), ((128, 128, 128), True)])
def test_words_can_be_read_back_from_every_ground(wall: tuple[int, int, int], stripes: bool) -> None:
    picture, _ = scene(0.78, wall=wall, colour=(230, 200, 60), stripes=stripes)

    data, lines = set_in(kit.jpeg(picture), WORDS[:2], photos=(kit.tee((230, 200, 60))[0],))

    read = " ".join(line.text for line in ocr().read(decode(data)))
    assert lines
    assert similarity(WORDS[0], read[: len(WORDS[0]) + 1]) > 0.85, read
    assert "1.249,00" in read


@pytest.mark.parametrize("seed", range(4))
def test_under_a_veil_the_ink_has_its_contrast_on_any_ground(seed: int) -> None:
    ground = np.random.default_rng(seed).random((40, 60, 3)) ** (0.3 + seed / 3)

    veil = veil_for(ground, 4.5)

    veiled = ground + (np.array(veil.colour) - ground) * veil.strength
    ratios = [contrast(veil.ink, tuple(pixel)) for pixel in veiled.reshape(-1, 3)]
    assert np.mean(np.array(ratios) >= 4.5) >= 0.96
    assert veil.strength <= 0.92


def test_a_calm_ground_needs_no_veil() -> None:
    assert veil_for(np.full((8, 8, 3), 0.92), 4.5).strength == 0
    assert veil_for(np.full((8, 8, 3), 0.03), 4.5).strength == 0


def test_a_picture_full_of_things_stays_without_words_and_says_so() -> None:
    row = np.concatenate([scene(0.5, size=(206, 256), colour=c)[0] for c in [kit.RED, kit.NAVY] * 3], axis=1)
    data = kit.jpeg(np.asarray(row))

    painted = Lettering(Painted(data, "image/jpeg", method="painted")).paint(
        kit.task(kit.tee()[0], "4:1", WORDS)
    )

    assert painted.data == data
    assert painted.text == ()
    assert painted.notes == (NO_ROOM,)


def test_right_to_left_words_begin_at_the_right() -> None:
    picture, product = scene(0.5)
    assert fonts.is_right_to_left("חולצה")

    data, lines = set_in(kit.jpeg(picture), ("חולצת קיץ", "₪249"), photos=(kit.tee()[0],))

    set_ = changed(picture, data)
    assert lines == ("חולצת קיץ", "₪249")
    assert set_[:, SIZE[0] // 2 :].sum() == set_.sum() > 0
    assert not (set_ & product).any()


def test_a_badge_is_set_above_the_headline_and_named_among_the_lines() -> None:
    picture, _ = scene(0.75)

    data, lines = set_in(kit.jpeg(picture), (*WORDS[:2], "NEW"), "NEW", (kit.tee()[0],))

    read = [line.text for line in ocr().read(decode(data))]
    assert lines == (*WORDS[:2], "NEW")
    assert "NEW" in read[0].upper()


def test_no_line_is_dropped_however_many_there_are() -> None:
    picture, _ = scene(0.75)
    words = (*WORDS, "NEW", "Only today")

    _, lines = set_in(kit.jpeg(picture), words, photos=(kit.tee()[0],))

    assert lines == words


def test_a_badge_that_the_task_does_not_have_is_not_set() -> None:
    picture, _ = scene(0.75)

    _, lines = set_in(kit.jpeg(picture), WORDS[:2], "NEW")

    assert "NEW" not in lines


def test_the_pixels_of_the_picture_stay_as_many() -> None:
    picture, _ = scene(0.75, size=(1651, 409))

    data, _ = set_in(_png(picture), WORDS)

    assert decode(data).size == (1651, 409)


def test_things_are_found_whatever_their_colour() -> None:
    for colour in (kit.RED, kit.NAVY, (205, 198, 190)):
        picture, product = scene(0.6, colour=colour)
        ground = ground_of(Image.fromarray(picture), (kit.tee(colour)[0],))
        small = cv2.resize(product.astype(np.float32), ground.things.shape[::-1]) > 0.5
        assert ground.things[small].mean() > 0.8
        assert ground.things[:, : ground.things.shape[1] // 3].mean() < 0.02


class Till:
    """A shop's desk: what is asked of a painter is painted once and kept."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, tuple[str, ...]], Kept] = {}
        self.sales = 0

    def __call__(self, painter: Painter, task: PaintTask) -> Kept:
        key = painter.name, task.text
        if key not in self.kept:
            self.sales += painter.price(task) > 0
            self.kept[key] = Kept(str(len(self.kept)), painter.paint(task))
        return self.kept[key]


class Model:
    """Paints the same picture for everybody, at a price."""

    name = "a model"

    def price(self, task: PaintTask) -> Decimal:
        return Decimal("0.1") if task else Decimal(0)

    def paint(self, task: PaintTask) -> Painted:
        assert not task.text
        return Painted(kit.jpeg(scene(0.75)[0]), "image/jpeg", Decimal("0.04"), "painted", "a prompt")


def test_one_picture_is_bought_for_all_languages() -> None:
    till, photo = Till(), kit.tee()[0]
    english = kit.task(photo, "4:1", ("Summer tee", "€49"))
    german = replace(english, text=("Sommershirt", "49 €"))

    one, other = lettered(till, Model(), english), lettered(till, Model(), german)

    assert till.sales == 1
    assert (one.painted.text, other.painted.text) == (("Summer tee", "€49"), ("Sommershirt", "49 €"))
    assert one.key != other.key
    assert one.painted.cost_usd == Decimal("0.04")
    assert (one.painted.method, one.painted.prompt) == ("painted", "a prompt")


def test_a_painter_that_is_free_sets_its_own_words() -> None:
    till = Till()

    kept = lettered(till, StudioPainter(), kit.task(kit.tee()[0], "4:1", ("Summer tee", "€49")))

    assert kept.painted.text == ("Summer tee", "€49")
    assert len(till.kept) == 1


def test_letters_without_a_font_are_found_out_before_anything_is_bought(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(fonts, "_font_folders", lambda: (tmp_path,))
    till = Till()

    with pytest.raises(FontMissing):
        lettered(till, Model(), kit.task(kit.tee()[0], "4:1", ("夏のシャツ",)))

    assert till.sales == 0


def _png(pixels: Bytes) -> bytes:
    out = BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()
