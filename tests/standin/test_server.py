"""The stand-in itself: strict where the official package is, and believed by it."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from time import monotonic
from typing import Annotated, Any

import numpy as np
import openrouter
import pytest
from pydantic import BaseModel, Field, SecretStr

from infra.errors import KeyRefused
from infra.model import ImageRequest
from infra.openrouter import OpenRouter, OpenRouterImages, data_uri
from tests.generators.studio_kit import NAVY, RED, pixels, tee
from tests.standin import pictures
from tests.standin.pictures import plain
from tests.standin.replies import ANALYST, EMBEDDER
from tests.standin.server import ModelServer
from tests.standin.words import sample, vector

MODEL = "google/gemini-nano-banana-2.1"
SMALL = plain((64, 48))


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer(paint=lambda _: SMALL) as running:
        yield running


@pytest.fixture
def client(server: ModelServer) -> Iterator[OpenRouter]:
    with closing(OpenRouter(server.url, server.key)) as opened:
        yield opened


def test_the_official_client_takes_it_for_the_real_one(server: ModelServer) -> None:
    with openrouter.OpenRouter(api_key=server.key.get_secret_value(), server_url=server.url) as official:
        image = official.images.generate(
            model=MODEL,
            prompt="a mug",
            aspect_ratio="4:1",
            resolution="2K",
            input_references=[{"type": "image_url", "image_url": {"url": data_uri(SMALL)}}],
        )
        assert base64.b64decode(image.data[0].b64_json) == SMALL
        assert image.usage.cost == 0.05
        listed = official.images.list_models()
        assert listed.data[0].supported_parameters["resolution"].values == ["1K", "2K", "4K"]
        said = official.chat.send(model=ANALYST, messages=[{"role": "user", "content": "Hello"}])
        assert said.choices[0].message.content
        found = official.embeddings.generate(model=EMBEDDER, input=["a red dress"])
        assert len(found.data[0].embedding) == 2048
    assert server.complaints == []
    assert [kind for kind, _ in server.bills] == ["images", "chat", "embeddings"]


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ({"prompt": "x"}, "model: Field required"),
        ({"model": MODEL, "prompt": "x", "aspect_ration": "4:1"}, "aspect_ration: no such field"),
        ({"model": MODEL, "prompt": "x", "aspect_ratio": "7:3"}, "'7:3' is not in the list"),
        ({"model": MODEL, "prompt": "x", "input_references": [{"url": "x"}]}, "image_url: Field required"),
    ],
)
def test_a_request_that_the_types_do_not_allow_is_complained_of(
    server: ModelServer, client: OpenRouter, body: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(Exception, match="500"):
        client.post("/images", body)
    assert any(complaint in told for told in server.complaints)
    assert server.billed == 0


def test_another_key_is_turned_away(server: ModelServer) -> None:
    with closing(OpenRouter(server.url, SecretStr("sk-or-v1-another"))) as client, pytest.raises(KeyRefused):
        client.get("/images/models")


def test_a_picture_shows_the_photos_product_in_the_pixels_asked(
    server: ModelServer, client: OpenRouter
) -> None:
    server.paint = pictures.paint
    photo, _ = tee(RED)
    older = "google/gemini-3.1-flash-image"
    reply = OpenRouterImages(client).generate(ImageRequest(older, "a tee", "3:4", "512", (photo,)))
    picture = pixels(reply.data)
    assert picture.shape == (600, 448, 3)
    assert np.abs(picture[300, 224].astype(int) - RED).max() < 40


def test_a_reply_takes_the_time_that_it_is_given(server: ModelServer, client: OpenRouter) -> None:
    server.latency["images"], began = 0.3, monotonic()
    client.post("/images", {"model": MODEL, "prompt": "x"})
    assert monotonic() - began >= 0.3


def test_requests_are_answered_side_by_side(server: ModelServer, client: OpenRouter) -> None:
    threads = [
        threading.Thread(target=client.post, args=("/images", {"model": MODEL, "prompt": str(n)}))
        for n in range(6)
    ]
    with server.held("images"):
        for thread in threads:
            thread.start()
        server.wait_for("images", 6)
    for thread in threads:
        thread.join()
    assert server.most_in_flight["images"] == 6
    assert server.billed == 6 * Decimal("0.0336")


def test_a_held_request_waits_to_be_let_go(server: ModelServer, client: OpenRouter) -> None:
    with server.held("images"):
        thread = threading.Thread(target=client.post, args=("/images", {"model": MODEL, "prompt": "x"}))
        thread.start()
        server.wait_for("images")
        assert server.billed == 0
    thread.join()
    assert server.billed == Decimal("0.0336")


def test_a_silent_provider_has_been_paid(server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.openrouter.client.READ_SECONDS", 0.1)
    server.fail("images", "silence")
    with closing(OpenRouter(server.url, server.key)) as client, pytest.raises(Exception, match="Timeout"):
        client.post("/images", {"model": MODEL, "prompt": "x"})
    assert server.billed == Decimal("0.0336")


class Light(BaseModel):
    angle: Annotated[float, Field(ge=0, le=180)]
    words: Annotated[str, Field(min_length=60, max_length=80)]


class Brief(BaseModel):
    """As an analyst's schema may be: nested, bounded, with a choice and a list."""

    scene: str
    people: str | None
    lights: Annotated[list[Light], Field(min_length=2)]
    palette: list[Annotated[str, Field(pattern="^#[0-9a-f]{6}$")]]


def test_a_sample_fits_its_schema() -> None:
    assert Brief.model_validate(json.loads(json.dumps(sample(Brief.model_json_schema())))).lights


def test_pictures_and_texts_share_a_space() -> None:
    def seen(colour: tuple[int, int, int]) -> Any:
        photo, _ = tee(colour)
        return vector({"content": [{"type": "image_url", "image_url": {"url": data_uri(photo)}}]})

    red, navy, words = seen(RED), seen(NAVY), vector("a red tee")
    assert np.linalg.norm(words) == pytest.approx(1, abs=1e-5)
    assert (seen(RED) == red).all()
    assert words @ red > words @ navy


def test_a_request_over_the_batch_limit_is_too_big(server: ModelServer, client: OpenRouter) -> None:
    server.largest_batch = 1
    with pytest.raises(Exception, match="too big"):
        client.post("/embeddings", {"model": EMBEDDER, "input": ["one", "two"]})
    assert client.post("/embeddings", {"model": EMBEDDER, "input": ["one"]})["data"][0]["index"] == 0
