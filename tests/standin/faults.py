"""How a provider can go wrong: replies refused, twisted, or never given."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import Image

Body = dict[str, Any]

MESSAGES = {
    400: "Bad request", 401: "No auth credentials found", 402: "Insufficient credits",
    403: "Forbidden", 404: "No endpoints found for the model", 408: "Request timed out",
    413: "Payload too large", 422: "Unprocessable entity", 429: "Rate limit exceeded",
    500: "Internal Server Error", 502: "Provider returned error", 503: "No provider available",
    504: "Gateway timeout", 524: "Edge network timeout", 529: "Provider overloaded",
}  # fmt: skip
REFUSAL = {"reasons": ["sexual"], "flagged_input": "a model wearing…", "provider_name": "Google"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One reply gone wrong. `how` is one of TWISTS, "silence", "reset", "refusal" or "error_in_200".

    `body` replaces an error's whole body, `billed` says whether the provider takes its money all the same;
    None leaves that to what usually happens.
    """

    how: str = ""
    status: int = 0
    retry_after: str = ""
    body: Body | bytes | None = None
    alter: Callable[[Body], Body] | None = None
    billed: bool | None = None

    def __post_init__(self) -> None:
        if self.how not in ("", "silence", "reset", "refusal", "error_in_200", *TWISTS):
            raise ValueError(f"no such fault: {self.how}")

    @property
    def is_billed(self) -> bool:
        usually = self.how in ("silence", *TWISTS) or self.alter is not None
        return usually if self.billed is None else self.billed


def error(status: int, message: str = "", **metadata: Any) -> Body:
    """An error's body."""
    said = {"code": status, "message": message or MESSAGES.get(status, "Error")}
    return {"error": said | ({"metadata": metadata} if metadata else {})}


def twisted(reply: Body, fault: Fault) -> Body:
    """A good reply with the fault in it."""
    if fault.alter:
        return fault.alter(copy.deepcopy(reply))
    return TWISTS[fault.how](copy.deepcopy(reply))


def refused(reply: Body) -> Body:
    """A chat's reply when the safety filter stopped it."""
    choice = reply["choices"][0]
    choice |= {"finish_reason": "content_filter", "native_finish_reason": "IMAGE_SAFETY"}
    choice["message"] = {"role": "assistant", "content": None, "refusal": "I cannot make this image."}
    return reply


def _text_only(reply: Body) -> Body:
    if "data" in reply:
        return reply | {"data": []}
    message = reply["choices"][0]["message"]
    message.pop("images", None)
    message["content"] = "I would love to, but tell me more about the scene first."
    return reply


def _lying_mime(reply: Body) -> Body:
    return _each_image(reply, lambda data: data, mime=lambda kind: "png" if kind == "jpeg" else "jpeg")


def _truncated_base64(reply: Body) -> Body:
    if "data" in reply:
        reply["data"][0]["b64_json"] = reply["data"][0]["b64_json"][:-101]
    else:
        part = reply["choices"][0]["message"]["images"][0]["image_url"]
        part["url"] = part["url"][:-101]
    return reply


def _truncated_image(reply: Body) -> Body:
    return _each_image(reply, lambda data: data[: len(data) // 2])


def _wrong_pixels(reply: Body) -> Body:
    return _each_image(reply, _other_shape)


def _other_shape(data: bytes) -> bytes:
    """The picture as a model paints it that did not listen: square, or landscape if a square was asked."""
    with Image.open(BytesIO(data)) as image:
        width, height = image.size
        out = BytesIO()
        image.resize((1024, 1024) if width != height else (width, height // 2)).save(out, "JPEG")
    return out.getvalue()


def _each_image(
    reply: Body, change: Callable[[bytes], bytes], mime: Callable[[str], str] = lambda kind: kind
) -> Body:
    for part in reply.get("data", []):
        part["b64_json"] = base64.b64encode(change(base64.b64decode(part["b64_json"]))).decode()
        part["media_type"] = f"image/{mime(part['media_type'].partition('/')[2])}"
    for choice in reply.get("choices", []):
        for part in choice["message"].get("images", []):
            kind, _, data = part["image_url"]["url"].removeprefix("data:image/").partition(";base64,")
            changed = base64.b64encode(change(base64.b64decode(data))).decode()
            part["image_url"]["url"] = f"data:image/{mime(kind)};base64,{changed}"
    return reply


TWISTS: dict[str, Callable[[Body], Body]] = {
    "text_only": _text_only,
    "lying_mime": _lying_mime,
    "truncated_base64": _truncated_base64,
    "truncated_image": _truncated_image,
    "wrong_pixels": _wrong_pixels,
}
