"""A made-up shop of any size: products, photos, vectors and sales, all told from a product's number.

Nothing is kept: a product is made when it is asked for, so that what is measured is the mirror's memory. Its
photo spells its number in black and white, which survives a JPEG, and the embedder reads it back. Vectors lie
in clusters: a category's middle, one of its kinds, and the product's own difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from io import BytesIO
from itertools import accumulate
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from infra.model import Photo, Product
from infra.pixels import decode

DIMENSION = 512
KINDS = 40
"""Of each category: products of one kind look much the same."""
COLOURS = (
    "black", "white", "grey", "navy", "cream", "crimson", "olive", "teal", "rust", "sand", "plum", "coral",
    "mint", "mustard", "lilac", "denim",
)  # fmt: skip
STYLES = (
    "casual", "formal", "bohemian", "sporty", "minimal", "vintage", "romantic", "street", "business",
    "evening",
)  # fmt: skip
SEASONS = ("spring", "summer", "autumn", "winter")
CATEGORIES = (
    "Dresses", "Shirts", "Trousers", "Knitwear", "Jackets", "Skirts", "Coats", "Shoes", "Bags", "Hats",
    "Scarves", "Belts", "Jeans", "Shorts", "Blazers", "Hoodies", "Swimwear", "Socks", "Gloves", "Jumpsuits",
    "Leggings", "Vests", "Pyjamas", "Umbrellas",
)  # fmt: skip
_UNEVEN = list(accumulate(1 / rank for rank in range(1, len(CATEGORIES) + 1)))
_RARER = list(accumulate(1 / rank for rank in range(1, 3001)))
BITS = 24
BLOCK = 8
"""Pixels: a photo is a row of squares, each of which is one block of a JPEG."""
SECOND = 2**20
"""A product's second photo has its number and this."""
GIVEN = 500
"""Photos and vectors that are kept once they were made: more than a night needs."""
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Night:
    """What happened to a shop of `count` products since the last time, by products' numbers."""

    count: int
    other_photo: frozenset[int]
    other_words: frozenset[int]
    deleted: frozenset[int]
    sold: frozenset[int]

    @classmethod
    def drawn(cls, count: int) -> Night:
        """0.2 % have changed, half their photo and half their words; 0.1 % are gone; 1 % sold more."""
        tenth = count // 1000
        some = Random(2).sample(range(count), 3 * tenth)
        deleted = frozenset(some[:tenth])
        left = [number for number in range(count) if number not in deleted]
        sold = frozenset(Random(3).sample(left, count // 100))
        return cls(count, frozenset(some[tenth : 2 * tenth]), frozenset(some[2 * tenth :]), deleted, sold)

    @classmethod
    def before(cls, count: int) -> Night:
        """Nothing has happened yet."""
        nothing: frozenset[int] = frozenset()
        return cls(count, nothing, nothing, nothing, nothing)

    def numbers(self) -> Iterator[int]:
        """The products that there are in the morning."""
        return (number for number in range(self.count) if number not in self.deleted)

    def product(self, number: int) -> Product:
        """A product as it is in the morning."""
        return product(number, photo=number in self.other_photo, words=number in self.other_words)

    def vector(self, number: int) -> NDArray[np.float32]:
        """Of a product's photo as it is in the morning."""
        return vector(photo_of(number, number in self.other_photo))

    def updated_at(self, number: int) -> datetime:
        return updated_at(number, number in self.other_photo or number in self.other_words)

    def sales(self, number: int) -> int:
        return sales(number) + (number in self.sold)


def warm(night: Night) -> None:
    """Make what is given, so that no clock counts it."""
    _vocabulary()
    for number in night.other_photo:
        night.vector(number)
        jpeg(photo_of(number, changed=True))


def gid(number: int) -> str:
    return f"gid://shopify/Product/{8_000_000_000_000 + number}"


def number_of(product_id: str) -> int:
    return int(product_id.rpartition("/")[2]) - 8_000_000_000_000


def product(number: int, *, photo: bool = False, words: bool = False) -> Product:
    """A product: as it was first, or with another photo, or described in other words."""
    random = Random(number)
    category, colour = category_of(number), random.choice(COLOURS)
    style, season = random.choice(STYLES), random.choice(SEASONS)
    price = Decimal(random.randrange(500, 30_000)) / 100
    said = (Random(f"{number} again") if words else random).choices(_vocabulary(), cum_weights=_RARER, k=45)
    pictured = photo_of(number, photo)
    return Product(
        id=gid(number),
        title=f"{colour} {said[0]} {said[1]} {category}".capitalize(),
        updated_at=updated_at(number, photo or words),
        description=f"{' '.join(said[2:]).capitalize()}, {style}, for {season}.",
        category=category,
        color=colour,
        style=style,
        season=season,
        tags=tuple(said[5:8]),
        price=price,
        photos=(Photo(f"gid://shopify/MediaImage/{pictured}", f"https://photos.example/{pictured}.jpg"),),
    )


def photo_of(number: int, changed: bool = False) -> int:
    """The number of a product's photo: the first it had, or the second."""
    return number + changed * SECOND


def sales(number: int) -> int:
    """Units sold: most products sell nothing, few sell much."""
    random = Random(f"sales {number}")
    return int(3 * random.paretovariate(1.1)) if random.random() < 0.3 else 0


@lru_cache(maxsize=GIVEN)
def vector(photo: int) -> NDArray[np.float32]:
    """The unit vector of a photo, float32 (DIMENSION,)."""
    category = CATEGORIES.index(category_of(photo % SECOND))
    random = np.random.default_rng(photo)
    kind = _directions()[len(CATEGORIES) + category * KINDS + random.integers(KINDS)]
    own = random.standard_normal(DIMENSION, np.float32) / np.float32(DIMENSION**0.5)
    return unit(_directions()[category] + 0.7 * kind + 0.7 * own)


def unit(one: NDArray[np.float32]) -> NDArray[np.float32]:
    return (one / np.linalg.norm(one)).astype(np.float32)


@lru_cache(maxsize=GIVEN)
def jpeg(photo: int) -> bytes:
    """A photo, by its number."""
    bits = np.array([255 * (photo >> place & 1) for place in range(BITS)], np.uint8)
    out = BytesIO()
    Image.fromarray(np.kron(bits, np.ones((2 * BLOCK, BLOCK), np.uint8))).save(out, "JPEG")
    return out.getvalue()


class Photos:
    """A downloader of the shop's photos, which are made when they are first asked for."""

    def fetch(self, url: str) -> bytes:
        return jpeg(int(url.rpartition("/")[2].partition(".")[0]))

    def close(self) -> None:
        """Nothing."""


class Nowhere:
    """Blobs that are not kept: to sync a hundred thousand small files to disk takes minutes by itself."""

    def write(self, key: str, data: bytes) -> None:
        """Nothing."""


class Given:
    """An embedder that knows the vectors: it reads from a photo which one it is."""

    name = "given"
    dimension = DIMENSION
    price_usd = Decimal(0)

    def embed_images(self, images: Sequence[bytes]) -> NDArray[np.float32]:
        return np.stack([vector(self._photo(image)) for image in images])

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.zeros((len(texts), DIMENSION), np.float32)

    def _photo(self, image: bytes) -> int:
        row = np.asarray(decode(image).convert("L"))[BLOCK, BLOCK // 2 :: BLOCK] > 127
        return sum(1 << place for place, bit in enumerate(row.tolist()) if bit)


@cache
def _vocabulary() -> list[str]:
    """Words that look like words: two to four syllables."""
    random = Random(1)
    syllables = [first + vowel for first in "bdfgklmnprstv" for vowel in "aeiou"]
    found: dict[str, None] = {}
    while len(found) < len(_RARER):
        found["".join(random.choices(syllables, k=random.randrange(2, 5))) + random.choice("nlrt")] = None
    return list(found)


@cache
def _directions() -> NDArray[np.float32]:
    """A unit vector for each category, then one for each of its kinds."""
    found = np.random.default_rng(1).standard_normal((len(CATEGORIES) * (KINDS + 1), DIMENSION), np.float32)
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)


def category_of(number: int) -> str:
    return Random(f"category {number}").choices(CATEGORIES, cum_weights=_UNEVEN)[0]


def updated_at(number: int, changed: bool) -> datetime:
    return BEGUN - timedelta(days=400) + timedelta(days=300 * changed, seconds=number)
