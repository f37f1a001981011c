"""Smaller copies: which addresses ask for one, and what the local store then serves."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
import pytest
import requests
from PIL import Image

from infra.devstore.server import LocalStore
from infra.shopify.cdn import sized
from tests.infra.devstore_kit import client_of, open_store, picture, served, upload_file

CDN = "https://cdn.shopify.com/s/files/1/0000/0001/products/hat.jpg"
OWN = "https://hats.example.com/cdn/shop/files/hat.jpg"


@pytest.mark.parametrize(
    ("url", "small"),
    [
        (CDN, f"{CDN}?width=1024"),
        (f"{CDN}?v=1683744744", f"{CDN}?v=1683744744&width=1024"),
        (f"{CDN}?width=90&v=16", f"{CDN}?v=16&width=1024"),
        (f"{CDN}?v=a%2Bb%20c#top", f"{CDN}?v=a%2Bb%20c&width=1024#top"),
        (f"{OWN}?v=7", f"{OWN}?v=7&width=1024"),
    ],
)
def test_the_cdn_is_asked_for_a_width_and_the_version_is_kept(url: str, small: str) -> None:
    assert sized(url, 1024) == small
    assert sized(small, 1024) == small


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/hat.jpg?v=1",
        "https://cdn.shopify.com.example.com/hat.jpg",
        "https://example.com/?next=cdn.shopify.com/cdn/shop/x",
        "http://[::1/cdn/shop/x",
        "",
    ],
)
def test_every_other_address_is_left_alone(url: str) -> None:
    assert sized(url, 1024) == url


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStore]:
    with open_store(tmp_path_factory.mktemp("store")) as opened:
        yield opened


def noise(mode: str = "RGB") -> Image.Image:
    bands = {"RGB": 3, "RGBA": 4}[mode]
    return Image.fromarray(np.random.default_rng(1).integers(0, 256, (400, 300, bands), dtype=np.uint8))


@pytest.mark.parametrize(("kind", "mode"), [("JPEG", "RGB"), ("PNG", "RGBA"), ("PNG", "P"), ("WEBP", "RGB")])
def test_the_local_store_serves_a_copy_of_the_same_kind_and_shape(
    store: LocalStore, kind: str, mode: str
) -> None:
    image = noise("RGBA" if mode == "RGBA" else "RGB").convert(mode)
    out = io.BytesIO()
    image.save(out, kind)
    url = served(client_of(store), upload_file(client_of(store), out.getvalue()))
    reply = requests.get(sized(url, 60), timeout=5)
    assert reply.headers["Content-Type"] == f"image/{kind.lower()}"
    assert len(reply.content) < len(out.getvalue()) / 5
    with Image.open(io.BytesIO(reply.content)) as small:
        assert (small.format, small.size) == (kind, (60, 80))


@pytest.mark.parametrize("width", ["30", "31", "5000", "0", "-1", "wide", ""])
def test_an_image_is_never_made_larger_and_an_odd_width_changes_nothing(
    store: LocalStore, width: str
) -> None:
    data = picture(30, 40)
    url = served(client_of(store), upload_file(client_of(store), data))
    assert requests.get(f"{url}&width={width}", timeout=5).content == data


def test_a_gif_stays_whole(store: LocalStore) -> None:
    data = picture(300, 400, kind="GIF")
    url = served(client_of(store), upload_file(client_of(store), data))
    assert requests.get(sized(url, 60), timeout=5).content == data
