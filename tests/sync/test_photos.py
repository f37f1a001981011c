"""Photos of many products: in order, a few at a time, each with its picture or with what is wrong with it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from itertools import count, islice
from typing import Any, cast

import pytest
from PIL import Image

from infra.errors import BestshotError, ImageError, NotFound, Refused, Unavailable
from infra.http import Downloader
from infra.model import Photo, Product
from infra.services import Services
from sync import photos as module
from sync.photos import AT_ONCE, WINDOW, photos
from tests.infra.devstore_kit import picture
from tests.infra.host_kit import Host, Page, answer, photo_host

SIDE = 64


@dataclass
class Desk:
    """What `photos` needs of the services, and the host of the photos."""

    host: Host
    downloader: Downloader

    def photos(self, products: Iterable[Product]) -> Iterator[tuple[Product, bytes | BestshotError]]:
        return photos(cast("Services", self), products, SIDE)

    def product(self, number: int, path: str = "/cdn/shop/files/hat.jpg") -> Product:
        photo = Photo(f"gid://shopify/MediaImage/{number}", f"{self.host.url}{path}?v={number}")
        return Product(str(number), f"Hat {number}", datetime(2026, 1, 1, tzinfo=UTC), photos=(photo,))


@pytest.fixture
def desk() -> Iterator[Desk]:
    with photo_host({"/cdn/shop/files/hat.jpg": answer(picture(90, 120))}) as host:
        trusted = frozenset({host.url})
        with closing(Downloader(max_bytes=100_000, trusted=trusted)) as downloader:
            yield Desk(host, downloader)


def threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("photos")]


def size(photo: bytes | BestshotError) -> tuple[int, int]:
    assert isinstance(photo, bytes), photo
    with Image.open(BytesIO(photo)) as image:
        assert image.format == "JPEG"
        return image.size


def test_photos_come_in_the_order_of_their_products_whoever_is_quicker(desk: Desk) -> None:
    others = threading.Event()
    whole = picture(90, 120)

    def first_is_last(handler: BaseHTTPRequestHandler) -> None:
        if "v=0&" in handler.path:
            assert others.wait(10)
        elif "v=12&" in handler.path:
            others.set()
        answer(whole)(handler)

    desk.host.pages["/cdn/shop/files/hat.jpg"] = first_is_last
    found = list(desk.photos(desk.product(n) for n in range(20)))
    assert [product.id for product, _ in found] == [str(n) for n in range(20)]
    assert {size(photo) for _, photo in found} == {(48, 64)}


def test_no_more_than_a_few_are_under_way_and_their_connections_are_used_again(desk: Desk) -> None:
    full = threading.Barrier(AT_ONCE)  # breaks unless as many as are allowed really come together
    whole = picture(90, 120)

    def together(handler: BaseHTTPRequestHandler) -> None:
        full.wait(10)
        answer(whole)(handler)

    desk.host.pages["/cdn/shop/files/hat.jpg"] = together
    found = list(desk.photos(desk.product(n) for n in range(10 * AT_ONCE)))
    assert all(isinstance(photo, bytes) for _, photo in found)
    assert desk.host.most == AT_ONCE
    assert desk.host.connections <= 2 * AT_ONCE


def test_products_are_read_only_a_little_ahead(desk: Desk) -> None:
    read = count()
    products = (desk.product(next(read)) for _ in range(10**9))
    with closing(cast("Any", desk.photos(products))) as found:
        assert next(read) == 0
        taken = list(islice(found, 40))
        assert [product.id for product, _ in taken] == [str(n) for n in range(1, 41)]
        assert next(read) <= 41 + WINDOW


def test_closing_early_calls_off_what_has_not_begun_and_leaves_no_thread(desk: Desk) -> None:
    go_on = threading.Event()

    def all_but_the_first_wait(handler: BaseHTTPRequestHandler) -> None:
        assert "v=0&" in handler.path or go_on.wait(10)
        answer(picture())(handler)

    desk.host.pages["/cdn/shop/files/hat.jpg"] = all_but_the_first_wait
    found = cast("Any", desk.photos(desk.product(n) for n in range(1000)))
    next(found)
    release = threading.Timer(0.2, go_on.set)
    release.start()
    found.close()
    assert threads() == []
    assert len(desk.host.asked) <= 1 + AT_ONCE
    release.join()


def test_products_that_cannot_be_listed_leave_no_thread(desk: Desk) -> None:
    def listed() -> Iterator[Product]:
        yield from (desk.product(n) for n in range(3))
        raise Unavailable("the store is away")

    with pytest.raises(Unavailable, match="the store is away"):
        list(desk.photos(listed()))
    assert threads() == []


def test_a_bug_is_raised_and_no_result(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def buggy(*_: Any) -> bytes:
        raise ZeroDivisionError

    monkeypatch.setattr(module, "thumbnail_jpeg", buggy)
    with pytest.raises(ZeroDivisionError):
        list(desk.photos([desk.product(1)]))
    assert threads() == []


@pytest.mark.parametrize(
    ("page", "error", "why"),
    [
        (answer(b"<html>", Content_Type="image/jpeg"), ImageError, "not an image"),
        (answer(picture(600, 600)[:-400]), ImageError, "damaged or cut short"),
        (answer(b"x" * 100_001), Refused, "over 100000 bytes"),
        (answer(status=404), NotFound, "no such file"),
        (answer(status=500), Unavailable, "answered 500"),
        (answer(status=302, Location="/cdn/shop/files/hat.jpg"), Refused, "redirects"),
    ],
)
def test_a_broken_photo_is_reported_with_its_product_and_the_others_come(
    desk: Desk, page: Page, error: type[BestshotError], why: str
) -> None:
    desk.host.pages["/broken"] = page
    (_, before), (product, broken), (_, after) = desk.photos(
        [desk.product(1), desk.product(2, "/broken"), desk.product(3)]
    )
    assert size(before) == size(after) == (48, 64)
    assert product.title == "Hat 2"
    assert isinstance(broken, error)
    assert why in str(broken)
    assert "v=2" not in str(broken)


def test_a_product_without_a_photo_says_so(desk: Desk) -> None:
    bare = Product("1", "Bare", datetime(2026, 1, 1, tzinfo=UTC))
    ((product, photo),) = desk.photos([bare])
    assert product is bare
    assert isinstance(photo, ImageError)


def test_the_store_is_asked_for_a_copy_as_wide_as_is_needed(desk: Desk) -> None:
    list(desk.photos([desk.product(7)]))
    assert desk.host.asked == [f"/cdn/shop/files/hat.jpg?v=7&width={SIDE}"]


def test_the_original_is_taken_where_the_store_makes_no_copies(desk: Desk) -> None:
    def only_whole(handler: BaseHTTPRequestHandler) -> None:
        answer(status=400)(handler) if "width=" in handler.path else answer(picture(90, 120))(handler)

    desk.host.pages["/cdn/shop/files/hat.jpg"] = only_whole
    ((_, photo),) = desk.photos([desk.product(7)])
    assert size(photo) == (48, 64)


def test_a_store_that_is_away_is_not_asked_twice(desk: Desk) -> None:
    desk.host.pages["/cdn/shop/files/hat.jpg"] = answer(status=502)
    ((_, photo),) = desk.photos([desk.product(7)])
    assert isinstance(photo, Unavailable)
    assert len(desk.host.asked) == 1
