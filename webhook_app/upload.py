"""A visitor's own listing: the form's fields become a checked value, or a message for one of the fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from werkzeug.datastructures import FileStorage

from infra.errors import ImageError, InputError
from infra.pixels import decode

PHOTO_LIMIT = 20 * 1024 * 1024
"""Bytes; Shopify takes no larger image. https://help.shopify.com/en/manual/products/product-media/product-media-types"""

FORM_LIMIT = 3 * PHOTO_LIMIT
"""Bytes of the whole form. It is more than a photo may have, so that a photo which is a little too large is
still read, and answered with what was typed beside it."""

TEXT_LIMIT = 255
"""Characters of a title, as in Shopify."""


class FieldError(InputError):
    """What was given in one field of the form cannot be used."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class OwnListing:
    """A product that a visitor lists: an encoded photo and what the store needs to know of it."""

    title: str
    category: str
    photo: bytes
    price: Decimal | None = None
    hint: str = ""


def read_listing(form: Mapping[str, str], photo: FileStorage | None) -> OwnListing:
    """The listing that a form describes; FieldError names the first field that cannot be used."""
    return OwnListing(
        title=_text(form, "title", "Give the product a title."),
        category=_text(form, "category", "Say which category it belongs to, such as “Dresses”."),
        photo=_photo(photo),
        price=_price(form.get("price", "")),
        hint=_text(form, "hint"),
    )


def _text(form: Mapping[str, str], field: str, required: str = "") -> str:
    text = " ".join(form.get(field, "").split())
    if required and not text:
        raise FieldError(field, required)
    if len(text) > TEXT_LIMIT:
        raise FieldError(field, f"The {field} has {len(text)} characters; {TEXT_LIMIT} are possible.")
    return text


def _price(text: str) -> Decimal | None:
    if not text.strip():
        return None
    try:
        price = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        price = Decimal("NaN")
    if not (price.is_finite() and 0 <= price < 1_000_000):
        raise FieldError("price", "Write the price as a plain number, such as 49.90.")
    return price.quantize(Decimal("0.01"))


def _photo(file: FileStorage | None) -> bytes:
    data = file.stream.read(PHOTO_LIMIT + 1) if file else b""
    if not data:
        raise FieldError("photo", "Choose a photo of the product.")
    if len(data) > PHOTO_LIMIT:
        raise FieldError("photo", "The photo is larger than 20 MB. Save a smaller copy and choose that one.")
    try:
        decode(data)
    except ImageError as error:
        raise FieldError("photo", f"This photo cannot be used: {error}.") from None
    return data
