"""The words every floor speaks: frozen values, with no knowledge of any outside service.

`plain` and `load` turn them into JSON-ready dicts and back; durable steps and the database keep only those.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, Protocol, TypeVar

from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python

T = TypeVar("T")

Size = Literal["512", "1K", "2K", "4K"]
"""A model's own names for how large an image is."""

People = Literal["none", "model", "hands"]
"""Who is in the picture beside the product."""

RunStatus = Literal["waiting", "running", "published", "needs_review", "failed", "cancelled", "restored"]
"""`cancelled`: its product or its shop is gone; `restored`: what it had published was taken back."""


@dataclass(frozen=True, slots=True)
class Photo:
    """An image of a product as the store holds it. `id` is the MediaImage gid."""

    id: str
    url: str
    alt: str = ""
    filename: str = ""


@dataclass(frozen=True, slots=True)
class Product:
    """A product as the store describes it; `description` is plain text, `id` a gid."""

    id: str
    title: str
    updated_at: datetime
    description: str = ""
    category: str = ""
    color: str = ""
    style: str = ""
    season: str = ""
    tags: tuple[str, ...] = ()
    price: Decimal | None = None
    currency: str = "USD"
    status: Literal["ACTIVE", "DRAFT", "ARCHIVED", "UNLISTED"] = "ACTIVE"
    published: bool = True
    """Whether it is on any sales channel; an active product need not be."""
    handle: str = ""
    hint: str = ""
    photos: tuple[Photo, ...] = ()


@dataclass(frozen=True, slots=True)
class ProductState:
    """Which product, and when the store says that it last changed."""

    id: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Reference:
    """A bestseller whose picture we learn from, and why it was chosen.

    `score` is the fused RRF score, `similarity` the cosine between the two photos (-1..1); a rank is 1-based
    and None where that side of the search did not find the product. `photo_key` names the photo's blob.
    """

    product_id: str
    title: str
    category: str
    sales_count: int
    score: float
    similarity: float
    dense_rank: int | None
    sparse_rank: int | None
    photo_key: str


@dataclass(frozen=True, slots=True)
class StyleBrief:
    """What the references have in common; the painters' only instruction besides the photo.

    `palette` holds "#rrggbb" colours, the backdrop first. `brightness`, `contrast`, `softness` and `fill` run
    0..1 (`fill`: share of the frame's shorter side that the product spans; `softness`: 0 hard shadows, 1 none
    to speak of), `warmth` -1 (cool) .. 1 (warm), `light_from` is in degrees, 0 from the right, 90 from above,
    180 from the left. `reference_ids` is empty for the plain house style.
    """

    scene: str
    lighting: str
    pose: str
    mood: str
    prompt: str
    palette: tuple[str, ...]
    brightness: float
    contrast: float
    warmth: float
    softness: float
    light_from: float
    fill: float
    analyst: str
    reference_ids: tuple[str, ...] = ()


def slug(ratio: str) -> str:
    """A ratio as a file name has it: "4x1"."""
    return ratio.replace(":", "x")


@dataclass(frozen=True, slots=True)
class Format:
    """A picture format: ratio as "4:1", exact size in pixels, and whether title and price are set in it."""

    ratio: str
    width: int
    height: int
    with_text: bool = False


@dataclass(frozen=True, slots=True)
class PaintTask:
    """All that a painter may look at: one photo, the references' photos, one brief, one format.

    `photo`, `references`, `companions` (photos of the other products of a scene) and `like` (an image of the
    same set that this one is to match) are encoded image bytes; `text` holds the lines to set in the picture,
    headline first, and is empty for a text-free format. `remarks` say what the gate found wrong with the
    attempts before this one; `audience` is for whom the product is, in the merchant's words.
    """

    product: Product
    photo: bytes
    references: tuple[bytes, ...]
    brief: StyleBrief
    format: Format
    text: tuple[str, ...] = ()
    size: Size = "2K"
    people: People = "none"
    audience: str = ""
    companions: tuple[bytes, ...] = ()
    like: bytes | None = None
    remarks: tuple[str, ...] = ()
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Painted:
    """A painter's answer. `method` says how it was made; `text` is what was really set in the picture.

    `prompt` is what a model was told, empty where there was none; `cost_usd` what it billed.
    """

    data: bytes
    media_type: str
    cost_usd: Decimal = Decimal(0)
    method: str = ""
    prompt: str = ""
    text: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Painter(Protocol):
    """Turns a task into one encoded image; raises PaintError, or OutsideError when it may work later."""

    @property
    def name(self) -> str: ...

    def price(self, task: PaintTask) -> Decimal:
        """US dollars that painting a task may cost at most; 0 where nothing is bought."""
        ...

    def paint(self, task: PaintTask) -> Painted: ...


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """One image asked of a model.

    `model` is the provider's own slug; `references` are encoded images, in the order in which the prompt
    speaks of them.
    """

    model: str
    prompt: str
    ratio: str
    size: Size
    references: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class ImageReply:
    """A model's image: encoded bytes, their type as sniffed, what was billed, and what was said beside it.

    `cost_usd` is None where the provider does not say.
    """

    data: bytes
    media_type: str
    cost_usd: Decimal | None
    text: str = ""


class ImageModel(Protocol):
    """A provider of image models; NoImage, Blocked, or OutsideError. Never asks twice by itself."""

    def generate(self, request: ImageRequest) -> ImageReply: ...


@dataclass(frozen=True, slots=True)
class Check:
    """One measurement of the gate; `figure` and `limit` are None where the check has no number."""

    passed: bool
    figure: float | None = None
    limit: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Painting:
    """One image with its record. `key` names its blob; `media_id` is set once the store has it.

    `tries` are all that were made for it, this one included (generators/ladder.py); `cost_usd` is what they
    cost together.
    """

    format: str
    key: str
    media_type: str
    width: int
    height: int
    painter: str
    method: str
    prompt: str
    alt: str
    cost_usd: Decimal = Decimal(0)
    checks: dict[str, Check] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    tries: tuple[dict[str, Any], ...] = ()
    media_id: str = ""

    @property
    def refusals(self) -> tuple[str, ...]:
        """The checks that this image failed, each with its figure."""
        return tuple(
            f"{name}: {c.note or 'refused'}"
            + ("" if c.figure is None else f" ({c.figure:.3g}, limit {c.limit})")
            for name, c in self.checks.items()
            if not c.passed
        )


def plain(value: Any) -> Any:
    """A JSON-ready copy of a model value (dicts, lists, strings, numbers)."""
    return to_jsonable_python(value)


def load(kind: type[T], data: Any) -> T:
    """The model value that `plain` was made from; keys it does not know are passed over."""
    return TypeAdapter(kind).validate_python(data)
