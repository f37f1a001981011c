"""Image models through OpenRouter: its images endpoint, and the older chat way for models that need it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from infra.errors import Blocked, NoImage, Unavailable
from infra.model import ImageReply, ImageRequest
from infra.openrouter.client import OpenRouter
from infra.openrouter.parts import choice_of, cost_of, image_part, image_reply, message_of, quoted, text_of
from infra.openrouter.problems import failure, saying

BLOCKS = frozenset(
    {
        "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION",
        "SAFETY", "PROHIBITED_CONTENT", "RECITATION", "BLOCKLIST", "SPII",
    }
)  # fmt: skip
"""Google's reasons to stop that mean a refusal; OpenRouter does not give all of them as "content_filter".
https://ai.google.dev/api/generate-content#FinishReason"""

Json = dict[str, Any]


class OpenRouterImages:
    """An ImageModel over `POST /images`.

    https://openrouter.ai/docs/guides/overview/multimodal/image-generation
    """

    def __init__(self, client: OpenRouter) -> None:
        self._client = client

    def generate(self, request: ImageRequest) -> ImageReply:
        """One image; NoImage or Blocked with what was billed for the try, or an OutsideError."""
        reply = self._client.post("/images", _images_body(request))
        images = reply.get("data")
        first = images[0] if isinstance(images, list) and images else None
        encoded = first.get("b64_json") if isinstance(first, dict) else None
        if not isinstance(encoded, str) or not encoded:
            raise NoImage(f"{request.model} answered without an image", cost_of(reply))
        return image_reply(encoded, cost_of(reply))


class OpenRouterChatImages:
    """An ImageModel over `POST /chat/completions` with image modality."""

    def __init__(self, client: OpenRouter) -> None:
        self._client = client

    def generate(self, request: ImageRequest) -> ImageReply:
        """One image; NoImage or Blocked with what was billed for the try, or an OutsideError."""
        reply = self._client.post("/chat/completions", _chat_body(request))
        choice, cost = choice_of(reply), cost_of(reply)
        message = message_of(choice)
        said = text_of(message)
        encoded = _encoded(message, cost)
        if encoded is None:
            _raise_for_refusal(choice, message, request.model, cost)
            raise NoImage(f"{request.model} answered without an image{quoted(said)}", cost)
        return image_reply(encoded, cost, said)


def _images_body(request: ImageRequest) -> Json:
    body: Json = {
        "model": request.model,
        "prompt": request.prompt,
        "aspect_ratio": request.ratio,
        "resolution": request.size,
    }
    if request.references:
        body["input_references"] = [image_part(image) for image in request.references]
    return body


def _chat_body(request: ImageRequest) -> Json:
    words = {"type": "text", "text": request.prompt}
    return {
        "model": request.model,
        "messages": [
            {"role": "user", "content": [words, *(image_part(image) for image in request.references)]}
        ],
        "modalities": ["image", "text"],
        "image_config": {"aspect_ratio": request.ratio, "image_size": request.size},
    }


def _encoded(message: Json, cost: Decimal | None) -> str | None:
    """The base64 of a message's first image; None when it has none."""
    images = message.get("images")
    part = images[0] if isinstance(images, list) and images else None
    link = part.get("image_url") if isinstance(part, dict) else None
    url = link.get("url") if isinstance(link, dict) else None
    if not isinstance(url, str) or not url:
        return None
    head, _, encoded = url.partition(",")
    if not (head.startswith("data:") and head.endswith(";base64")):
        raise NoImage("the model's image is a link, and links are not followed", cost)
    return encoded


def _raise_for_refusal(choice: Json, message: Json, model: str, cost: Decimal | None) -> None:
    """Blocked for what the safety filter stopped; a failure of the model, unless that was billed."""
    native = str(choice.get("native_finish_reason") or "").upper()
    refusal = saying(message.get("refusal"))
    if refusal or native in BLOCKS or choice.get("finish_reason") == "content_filter":
        reason = native if native in BLOCKS else "content filter"
        raise Blocked(f"{model} refused ({reason}){quoted(refusal)}", cost)
    if not cost and (error := choice.get("error")):
        raise failure(error, model)
    if not cost and choice.get("finish_reason") == "error":
        raise Unavailable(f"{model} failed while it painted")
