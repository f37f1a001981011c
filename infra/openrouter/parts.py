"""Pieces of OpenRouter's JSON: images on their way there and back, what was said, what was billed."""

from __future__ import annotations

import base64
import binascii
from decimal import Decimal
from typing import Any

from infra.errors import ImageError, NoImage
from infra.model import ImageReply
from infra.openrouter.problems import saying
from infra.pixels import STORE_TYPES, decode, sniff, thumbnail_jpeg

SENT_AS_THEY_ARE = ("image/jpeg", "image/png")
REFERENCE_SIDE = 2048
"""Pixels; what a picture of another kind is brought to when it becomes a JPEG."""

Json = dict[str, Any]


def data_uri(image: bytes) -> str:
    """An encoded image as a JPEG or PNG data URI; ImageError when it is none."""
    if sniff(image) not in SENT_AS_THEY_ARE:
        image = thumbnail_jpeg(image, REFERENCE_SIDE)
    return f"data:{sniff(image)};base64,{base64.b64encode(image).decode()}"


def image_part(image: bytes) -> Json:
    """An image as part of a message, or as a reference."""
    return {"type": "image_url", "image_url": {"url": data_uri(image)}}


def image_reply(encoded: str, cost: Decimal | None, said: str = "") -> ImageReply:
    """The image in a reply's base64; NoImage when it is cut short, broken, or nothing that a store takes.

    The reply's own media type is not looked at: it lies now and then.
    """
    try:
        data = base64.b64decode(encoded, validate=True)
        decode(data)
        media_type = sniff(data)
    except (binascii.Error, ValueError):
        raise NoImage("the model's image came cut short: its base64 is broken", cost) from None
    except ImageError as error:
        raise NoImage(f"the model's image cannot be used: {error}", cost) from None
    if media_type not in STORE_TYPES:
        raise NoImage(f"the model's image is {media_type}, which no store takes", cost)
    return ImageReply(data, media_type, cost, said)


def cost_of(reply: Json) -> Decimal | None:
    """US dollars that a reply was billed with; None where it does not say."""
    usage = reply.get("usage")
    cost = usage.get("cost") if isinstance(usage, dict) else None
    if isinstance(cost, bool) or not isinstance(cost, int | float):
        return None
    usd = Decimal(str(cost))  # as it was written: 0.0336, not 0.03360000000000000014
    return usd if usd.is_finite() and usd >= 0 else None


def choice_of(reply: Json) -> Json:
    """A chat reply's first choice, empty when there is none."""
    choices = reply.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else {}


def message_of(choice: Json) -> Json:
    message = choice.get("message")
    return message if isinstance(message, dict) else {}


def text_of(message: Json) -> str:
    """What a message says in words; its content is a string or a list of parts."""
    content = message.get("content")
    if isinstance(content, list):
        content = " ".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    return content.strip() if isinstance(content, str) else ""


def quoted(text: str) -> str:
    """What a model said in place of an image, for an error's text."""
    return f" and said “{saying(text)}”" if text else ""
