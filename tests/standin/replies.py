"""The provider's side of each route: what it offers and asks for it, and its replies when all goes well."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from generators.formats import PIXELS_1K
from infra.pixels import sniff
from tests.standin.pictures import Wanted, data_uri
from tests.standin.words import vector

BASE = "/api/v1"
ANALYST = "qwen/qwen3.5-397b-a17b"
EMBEDDER = "nvidia/llama-nemotron-embed-vl-1b-v2"
CREATED = 1_790_000_000


@dataclass(frozen=True, slots=True)
class ImageModel:
    """US dollars by size, and how many reference images are taken."""

    usd: dict[str, Decimal]
    references: int = 14
    ratios: tuple[str, ...] = field(default=tuple(PIXELS_1K))

    def refuses(self, wanted: Wanted) -> str:
        """Why it does not paint this, or nothing."""
        if wanted.ratio not in self.ratios:
            return f"aspect_ratio {wanted.ratio} is not supported"
        if wanted.size not in self.usd:
            return f"resolution {wanted.size} is not supported"
        if len(wanted.references) > self.references:
            return f"at most {self.references} input_references are taken"
        return ""


def _by_size(**usd: str) -> dict[str, Decimal]:
    return {size.strip("_"): Decimal(price) for size, price in usd.items()}


IMAGE_MODELS = {
    "google/gemini-nano-banana-2.1": ImageModel(_by_size(_1K="0.0336", _2K="0.050", _4K="0.076")),
    "google/gemini-3.1-flash-image": ImageModel(
        _by_size(_512="0.045", _1K="0.067", _2K="0.101", _4K="0.151")
    ),
    "google/gemini-3-pro-image": ImageModel(_by_size(_1K="0.134", _2K="0.134", _4K="0.24")),
}
IMAGE_MODELS |= {f"{slug}-preview": IMAGE_MODELS[slug] for slug in list(IMAGE_MODELS)[1:]}


def usage(usd: Decimal, tokens: int = 1300) -> dict[str, Any]:
    return {
        "prompt_tokens": 1000,
        "completion_tokens": tokens,
        "total_tokens": 1000 + tokens,
        "cost": float(usd),
        "cost_details": {
            "upstream_inference_cost": None,
            "upstream_inference_prompt_cost": 0.0,
            "upstream_inference_completions_cost": float(usd),
        },
    }


def image(data: bytes, usd: Decimal) -> dict[str, Any]:
    """Of `POST /images`."""
    part = {"b64_json": base64.b64encode(data).decode(), "media_type": sniff(data)}
    return {"created": CREATED, "data": [part], "usage": usage(usd)}


def image_by_chat(data: bytes, usd: Decimal, model: str) -> dict[str, Any]:
    """Of `POST /chat/completions` with image modality."""
    images = [{"image_url": {"url": data_uri(data, sniff(data))}}]
    return _chat(model, usd, content="Here is the picture.", images=images)


def answer(said: str | dict[str, Any], usd: Decimal, model: str) -> dict[str, Any]:
    """Of `POST /chat/completions`."""
    text = said if isinstance(said, str) else json.dumps(said)
    return _chat(model, usd, content=text, reasoning="The references share their light.")


def _chat(model: str, usd: Decimal, **message: Any) -> dict[str, Any]:
    choice = {"index": 0, "finish_reason": "stop", "native_finish_reason": "STOP", "logprobs": None}
    return {
        "id": "gen-1790000000-stand-in",
        "object": "chat.completion",
        "created": CREATED,
        "model": model,
        "system_fingerprint": None,
        "choices": [choice | {"message": {"role": "assistant", "refusal": None} | message}],
        "usage": usage(usd),
    }


def embeddings(inputs: Sequence[Any], usd: Decimal, model: str) -> dict[str, Any]:
    """Of `POST /embeddings`: a vector for each input, in order."""
    data = [
        {"object": "embedding", "index": number, "embedding": [round(float(x), 7) for x in vector(part)]}
        for number, part in enumerate(inputs)
    ]
    used = {key: value for key, value in usage(usd).items() if key != "completion_tokens"}
    return {"object": "list", "id": "emb-stand-in", "model": model, "data": data, "usage": used}


def model_list(models: dict[str, ImageModel]) -> dict[str, Any]:
    """Of `GET /images/models`, which names no prices."""
    both = {"input_modalities": ["text", "image"], "output_modalities": ["image"]}
    return {
        "data": [
            {
                "id": slug,
                "name": slug.partition("/")[2],
                "created": CREATED,
                "description": "",
                "architecture": both,
                "supported_parameters": _parameters(model),
                "supports_streaming": False,
                "endpoints": f"{BASE}/images/models/{slug}/endpoints",
            }
            for slug, model in models.items()
        ]
    }


def model_endpoints(slug: str, model: ImageModel) -> dict[str, Any]:
    """Of `GET /images/models/<slug>/endpoints`: who serves it, and for how much."""
    prices = [
        {"billable": "output_image", "unit": "image", "variant": size.lower(), "cost_usd": float(usd)}
        for size, usd in model.usd.items()
    ]
    endpoint = {
        "provider_name": "Google",
        "provider_slug": "google-ai-studio",
        "provider_tag": None,
        "supported_parameters": _parameters(model),
        "allowed_passthrough_parameters": [],
        "supports_streaming": False,
        "pricing": [{"billable": "input_text", "unit": "token", "cost_usd": 5e-7}, *prices],
    }
    return {"id": slug, "endpoints": [endpoint]}


def _parameters(model: ImageModel) -> dict[str, Any]:
    return {
        "resolution": {"type": "enum", "values": list(model.usd)},
        "aspect_ratio": {"type": "enum", "values": list(model.ratios)},
        "input_references": {"type": "range", "min": 0, "max": model.references},
        "seed": {"type": "boolean"},
    }
