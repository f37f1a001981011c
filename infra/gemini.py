"""Google's own API for its image models, by its SDK (extra `google`): an `ImageModel` beside OpenRouter's.

https://ai.google.dev/gemini-api/docs/image-generation, https://googleapis.github.io/python-genai/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr, ValidationError

from infra.errors import (
    Blocked,
    ImageError,
    KeyRefused,
    NoImage,
    NotFound,
    OutOfCredit,
    OutsideError,
    Refused,
    SettingsError,
    Throttled,
    TooBig,
    Unavailable,
    Unbilled,
)
from infra.model import ImageReply, ImageRequest
from infra.pixels import decode, sniff

if TYPE_CHECKING:
    from google.genai import types
    from google.genai.errors import APIError

URL = "https://generativelanguage.googleapis.com/"
READ_SECONDS = 300
USUAL_WAIT, LONGEST_WAIT = 5.0, 3600.0
"""Seconds to wait when Google asks for it without saying how long, and at most."""
BLOCKS = {
    "SAFETY",
    "PROHIBITED_CONTENT",
    "BLOCKLIST",
    "SPII",
    "RECITATION",
    "ESCALATION",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION",
}
"""Reasons to finish that are a filter's. https://ai.google.dev/api/generate-content#FinishReason"""
LONGEST_TEXT = 300
"""Characters of somebody else's text in a message of ours."""


class GeminiImages:
    """Paints by Google's API; usable from any thread. SettingsError when the SDK is not installed."""

    def __init__(self, key: SecretStr, url: str = URL) -> None:
        try:
            from google import genai
        except ImportError:
            raise SettingsError(
                "GEMINI_API_KEY needs Google's SDK; install it with pip install 'bestshot[google]'"
            ) from None
        # The SDK tries nothing twice unless it is told to, and asks the environment where it is not told.
        options = genai.types.HttpOptions(
            base_url=url,
            api_version="v1beta",  # that of Google's own examples for image models; the SDK's default is v1
            timeout=READ_SECONDS * 1000,
            client_args={"trust_env": False, "follow_redirects": False},
        )
        self._key = key.get_secret_value()
        self._client = genai.Client(api_key=self._key, vertexai=False, http_options=options)

    def close(self) -> None:
        self._client.close()

    def generate(self, request: ImageRequest) -> ImageReply:
        """One image; `cost_usd` is None, for Google names tokens, not money."""
        from google.genai import types

        images = [types.Part.from_bytes(data=one, mime_type=sniff(one)) for one in request.references]
        with self._translated(request.model):
            reply = self._client.models.generate_content(
                model=request.model,
                contents=types.Content(role="user", parts=[types.Part(text=request.prompt), *images]),
                config=types.GenerateContentConfig(
                    response_modalities=[types.Modality.TEXT, types.Modality.IMAGE],
                    image_config=types.ImageConfig(aspect_ratio=request.ratio, image_size=request.size),
                ),
            )
        return _image(reply)

    @contextmanager
    def _translated(self, model: str) -> Iterator[None]:
        import httpx2
        from google.genai.errors import APIError

        try:
            yield
        except APIError as error:
            raise self._ours(error, model) from None
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise Unbilled(f"Google cannot be reached: {type(error).__name__}") from None
        except httpx2.HTTPError as error:
            raise Unavailable(f"Google did not answer: {type(error).__name__}") from None
        except JSONDecodeError:
            raise Unavailable("Google's answer is no JSON") from None
        except ValidationError:
            raise NoImage("Google's answer cannot be read") from None

    def _ours(self, error: APIError, model: str) -> OutsideError:
        said = f"Google says: {_bounded(str(error.message).replace(self._key, '…'))}"
        match error.code:
            case 401 | 403:
                return KeyRefused(said)
            case 400 if "API_KEY_INVALID" in str(error.details):
                return KeyRefused(said)
            case 402:
                return OutOfCredit(said)
            case 404:
                return NotFound(f"Google has no model {model}")
            case 413:
                return TooBig(said)
            case 429:
                return Throttled(said, _seconds(error))
            case 408 | 499:
                return Unavailable(said)
            case code if code >= 500:
                return Unavailable(said)
        return Refused(said)


def _image(reply: types.GenerateContentResponse) -> ImageReply:
    """The image of a reply; Blocked and NoImage say why there is none."""
    if reply.prompt_feedback and reply.prompt_feedback.block_reason:
        raise Blocked(f"Google blocked the request: {reply.prompt_feedback.block_reason.value}")
    candidate = reply.candidates[0] if reply.candidates else None
    parts = (candidate.content.parts if candidate and candidate.content else None) or []
    # What it paints while it thinks comes too, and is not the picture.
    final = [part for part in parts if not part.thought]
    text = _bounded(" ".join(part.text for part in final if part.text))
    images = [part.inline_data.data for part in final if part.inline_data and part.inline_data.data]
    if not images:
        reason = candidate.finish_reason.value if candidate and candidate.finish_reason else "no reason"
        why = f"{reason}{f': {text}' if text else ''}"
        raise (
            Blocked(f"Google blocked the image: {why}")
            if reason in BLOCKS
            else NoImage(f"Google gave no image: {why}")
        )
    try:
        decode(images[-1])
    except ImageError as error:
        raise NoImage(f"Google's image is broken: {error}") from None
    return ImageReply(images[-1], sniff(images[-1]), None, text)


def _seconds(error: APIError) -> float:
    """How long to wait, as the error's details say: {"@type": "…RetryInfo", "retryDelay": "33s"}.

    https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto
    """
    details: Any = error.details
    inner = details.get("error", details) if isinstance(details, dict) else {}
    listed = inner.get("details") if isinstance(inner, dict) else None
    asked = [str(one.get("retryDelay", "")) for one in listed or () if isinstance(one, dict)]
    found = next((re.fullmatch(r"(\d{1,6}(?:\.\d{1,9})?)s", one) for one in asked if one), None)
    return min(max(1.0, float(found[1])), LONGEST_WAIT) if found else USUAL_WAIT


def _bounded(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_TEXT else line[:LONGEST_TEXT] + "…"
