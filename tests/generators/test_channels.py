"""Channels: what each asks of a picture, and the white-background picture that the strictest takes."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from generators.channels import Channel, channel, channels, check_channel, white_pack
from infra.errors import PaintError, SettingsError
from infra.model import Painted
from infra.pixels import decode
from tests.generators.studio_kit import NAVY, RED, jpeg, pixels, tee

AMAZON = channel("amazon")


@cache
def pack() -> Painted:
    return white_pack(tee(RED, size=(960, 1200))[0], AMAZON)


def failed(painted: Painted, wanted: Channel = AMAZON) -> set[str]:
    return {name for name, check in check_channel(painted, wanted).items() if not check.passed}


def plain(size: tuple[int, int], method: str = "painted", text: tuple[str, ...] = ()) -> Painted:
    out = BytesIO()
    Image.new("RGB", size, "teal").save(out, "JPEG")
    return Painted(out.getvalue(), "image/jpeg", method=method, text=text)


def test_every_channel_names_its_source_and_can_keep_its_own_advice() -> None:
    assert list(channels()) == [
        "amazon", "google", "meta", "tiktok", "etsy", "pinterest", "shopify", "banner"
    ]  # fmt: skip
    for one in channels().values():
        assert one.source.startswith("https://")
        assert failed(plain(one.advised, "cut-out"), one) <= {"white", "fill"}


def test_a_white_pack_passes_amazons_rules_and_every_square_channels() -> None:
    for name in ("amazon", "google", "meta", "tiktok", "etsy", "shopify"):
        assert failed(pack(), channel(name)) == set(), name
    checks = check_channel(pack(), AMAZON)
    assert checks["fill"].figure == pytest.approx(0.92, abs=0.03)
    assert (checks["white"].figure, decode(pack().data).size) == (1.0, (2000, 2000))


def test_a_white_pack_shows_the_photos_own_colours_on_pure_white() -> None:
    rgb = pixels(pack().data)
    assert (rgb[:60] == 255).all()
    middle = rgb[900:1100, 900:1100].reshape(-1, 3).mean(axis=0)
    assert np.abs(middle - RED).max() < 6


def test_a_scene_painted_by_a_model_is_never_an_amazon_main_image() -> None:
    for method in ("painted", "scene", "staged", "composited", ""):
        check = check_channel(replace(pack(), method=method), AMAZON)["scene"]
        assert not check.passed
        assert "a model painted this" in check.note
    assert failed(replace(pack(), method="painted"), channel("google")) == set()


def test_words_are_refused_where_a_channel_takes_none() -> None:
    worded = replace(pack(), text=("Red tee", "$20"))
    assert failed(worded) == {"words"}
    assert failed(worded, channel("meta")) == {"words"}
    assert failed(plain((1920, 600), text=("Sale",)), channel("banner")) == set()


@pytest.mark.parametrize(
    ("size", "name", "wrong"),
    [
        ((1600, 1200), "amazon", {"scene", "shape", "sides", "white"}),
        ((499, 499), "google", {"sides"}),
        ((1000, 1000), "meta", set()),
        ((1000, 1400), "pinterest", {"shape"}),
        ((2048, 512), "banner", set()),
        ((2048, 2048), "banner", {"shape"}),
        ((4480, 1000), "shopify", {"sides"}),
    ],
)
def test_shape_and_sides_are_measured(size: tuple[int, int], name: str, wrong: set[str]) -> None:
    assert failed(plain(size), channel(name)) == wrong


def test_a_file_that_is_too_large_says_so() -> None:
    heavy = replace(pack(), data=pack().data + b"\0" * 5_000_000)
    check = check_channel(heavy, channel("tiktok"))["bytes"]
    assert not check.passed
    assert check.limit == 5
    assert "megabytes" in check.note


def test_a_small_photo_makes_a_smaller_pack_or_none() -> None:
    small = tee(NAVY, size=(300, 380))[0]
    assert max(decode(white_pack(small, channel("tiktok")).data).size) < 1200
    with pytest.raises(PaintError, match="too small"):
        white_pack(small, AMAZON)


def test_what_cannot_be_cut_out_makes_no_pack() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (400, 400, 3), np.uint8)
    with pytest.raises(PaintError, match="cannot be cut out"):
        white_pack(jpeg(noise), AMAZON)


def test_a_channel_that_nobody_knows_is_named_with_those_there_are() -> None:
    with pytest.raises(SettingsError, match="'ebay' is not a channel; use one of amazon, google"):
        channel("ebay")
