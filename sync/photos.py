"""The photos of many products: downloaded and made small, several at a time, in the order asked for."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Semaphore

from infra.errors import BestshotError, ImageError, Refused
from infra.model import Product
from infra.pixels import thumbnail_jpeg
from infra.services import Services
from infra.shopify.cdn import sized

AT_ONCE = 8
"""Downloads in flight: one store's CDN is asked for no more at a time."""
DECODED_AT_ONCE = 2
"""Of them, how many are decoded: pixels take memory, up to 300 MB for 20 megapixels of WebP."""
WINDOW = 4 * AT_ONCE
"""Photos asked for and not handed out yet, so that one slow photo does not hold up the others."""


def photos(
    services: Services, products: Iterable[Product], side: int
) -> Generator[tuple[Product, bytes | BestshotError], None, None]:
    """Each product with its first photo, a JPEG of at most `side` pixels, or with why there is none.

    In the order of `products`, which is read no more than WINDOW ahead. Closing the iterator early calls off
    what has not begun and waits for what has.
    """
    decoding = Semaphore(DECODED_AT_ONCE)
    waiting: deque[tuple[Product, Future[bytes | BestshotError]]] = deque()
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="photos")
    try:
        for product in products:
            waiting.append((product, pool.submit(_photo, services, product, side, decoding)))
            if len(waiting) == WINDOW:
                yield _first(waiting)
        while waiting:
            yield _first(waiting)
    finally:
        pool.shutdown(cancel_futures=True)


def _first(
    waiting: deque[tuple[Product, Future[bytes | BestshotError]]],
) -> tuple[Product, bytes | BestshotError]:
    product, photo = waiting.popleft()
    return product, photo.result()


def _photo(services: Services, product: Product, side: int, decoding: Semaphore) -> bytes | BestshotError:
    try:
        if not product.photos:
            raise ImageError("the product has no photo")
        data = _download(services, product.photos[0].url, side)
        with decoding:
            return thumbnail_jpeg(data, side)
    except BestshotError as error:
        return error


def _download(services: Services, url: str, side: int) -> bytes:
    """A copy as wide as is needed, or the original where the store makes none."""
    small = sized(url, side)
    try:
        return services.downloader.fetch(small)
    except Refused:
        if small == url:
            raise
        return services.downloader.fetch(url)
