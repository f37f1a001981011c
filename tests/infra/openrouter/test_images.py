"""Image models, by both endpoints: whole images and their bill, or why there is none."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from infra.errors import (
    BestshotError,
    Blocked,
    ImageError,
    NoImage,
    PaintError,
    Throttled,
    Unanswered,
    Unavailable,
)
from infra.model import ImageModel, ImageRequest
from infra.openrouter import OpenRouter, OpenRouterChatImages, OpenRouterImages
from tests.infra.openrouter.conftest import PICTURE
from tests.standin.faults import Body
from tests.standin.pictures import Wanted, plain
from tests.standin.server import ModelServer

MODEL = "google/gemini-nano-banana-2.1"
REQUEST = ImageRequest(MODEL, "a mug on a table", "4:1", "2K", (plain((40, 40)), plain((50, 50), "PNG")))
PRICE = Decimal("0.050")


@pytest.fixture(params=[OpenRouterImages, OpenRouterChatImages])
def model(request: pytest.FixtureRequest, client: OpenRouter) -> ImageModel:
    made: ImageModel = request.param(client)
    return made


def test_an_image_comes_with_its_type_and_its_bill(server: ModelServer, model: ImageModel) -> None:
    reply = model.generate(REQUEST)
    assert (reply.data, reply.media_type, reply.cost_usd) == (PICTURE, "image/jpeg", PRICE)
    assert server.billed == PRICE


def test_the_model_gets_what_was_asked_in_its_order(server: ModelServer, model: ImageModel) -> None:
    seen: list[Wanted] = []
    server.paint = lambda wanted: seen.append(wanted) or PICTURE  # type: ignore[func-returns-value]
    model.generate(REQUEST)
    assert seen == [Wanted(MODEL, "a mug on a table", "4:1", "2K", REQUEST.references)]


def test_without_references_there_are_none(server: ModelServer, model: ImageModel) -> None:
    model.generate(ImageRequest(MODEL, "an empty room", "1:1", "1K"))
    assert "input_references" not in server.requests["images"][0].body


def test_a_reference_of_another_kind_goes_as_jpeg(server: ModelServer, model: ImageModel) -> None:
    seen: list[Wanted] = []
    server.paint = lambda wanted: seen.append(wanted) or PICTURE  # type: ignore[func-returns-value]
    model.generate(ImageRequest(MODEL, "a mug", "1:1", "1K", (plain((40, 30), "WEBP"),)))
    with Image.open(BytesIO(seen[0].references[0])) as sent:
        assert (sent.format, sent.size) == ("JPEG", (40, 30))


def test_what_is_no_image_is_not_sent(server: ModelServer, model: ImageModel) -> None:
    with pytest.raises(ImageError):
        model.generate(ImageRequest(MODEL, "a mug", "1:1", "1K", (b"<svg/>",)))
    assert not server.requests["images"]


def test_a_lying_media_type_is_not_believed(server: ModelServer, model: ImageModel) -> None:
    server.fail("images", "lying_mime")
    assert model.generate(REQUEST).media_type == "image/jpeg"


def test_pixels_are_handed_on_as_they_came(server: ModelServer, model: ImageModel) -> None:
    server.fail("images", "wrong_pixels")
    with Image.open(BytesIO(model.generate(REQUEST).data)) as image:
        assert image.size == (1024, 1024)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("text_only", "without an image"),
        ("truncated_base64", "base64 is broken"),
        ("truncated_image", "damaged or cut short"),
    ],
)
def test_half_an_image_or_none_keeps_its_bill(
    server: ModelServer, model: ImageModel, fault: str, why: str
) -> None:
    server.fail("images", fault)
    with pytest.raises(NoImage, match=why) as raised:
        model.generate(REQUEST)
    assert raised.value.cost_usd == server.billed == PRICE
    assert not raised.value.can_retry


def test_base64_is_not_mended(server: ModelServer, client: OpenRouter) -> None:
    def alter(reply: Body) -> Body:
        encoded = reply["data"][0]["b64_json"]
        reply["data"][0]["b64_json"] = f"{encoded[:400]}!\n{encoded[400:]}"
        return reply

    server.fail("images", alter=alter)
    with pytest.raises(NoImage, match="base64 is broken"):
        OpenRouterImages(client).generate(REQUEST)


@pytest.mark.parametrize("kind", ["GIF", "BMP"])
def test_an_image_that_no_store_takes_is_none(server: ModelServer, model: ImageModel, kind: str) -> None:
    server.paint = lambda _: plain((64, 64), kind)
    with pytest.raises(NoImage, match="no store takes"):
        model.generate(REQUEST)


def test_a_refusal_is_told_from_a_failure(server: ModelServer, model: ImageModel) -> None:
    server.fail("images", "refusal")
    with pytest.raises(Blocked) as raised:
        model.generate(REQUEST)
    assert raised.value.cost_usd in (None, Decimal(0))
    assert server.billed == 0


def test_what_the_model_said_in_place_of_an_image_is_kept(server: ModelServer, client: OpenRouter) -> None:
    server.fail("images", "text_only")
    with pytest.raises(NoImage, match="tell me more about the scene"):
        OpenRouterChatImages(client).generate(REQUEST)


def _choice(**changes: Any) -> Any:
    def alter(reply: Body) -> Body:
        reply["choices"][0] |= {"message": {"role": "assistant", "content": "Sorry."}} | changes
        return reply

    return alter


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"finish_reason": "content_filter"}, Blocked),
        ({"native_finish_reason": "IMAGE_PROHIBITED_CONTENT"}, Blocked),
        ({"native_finish_reason": "image_recitation"}, Blocked),
        ({"message": {"role": "assistant", "refusal": "I will not."}}, Blocked),
        ({"native_finish_reason": "NO_IMAGE"}, NoImage),
        ({"finish_reason": "length"}, NoImage),
        ({"finish_reason": "error"}, NoImage),
        ({"error": {"code": 429, "message": "busy"}}, NoImage),
    ],
)
def test_a_chat_without_an_image_says_why_and_keeps_its_bill(
    server: ModelServer, client: OpenRouter, changes: dict[str, Any], kind: type[PaintError]
) -> None:
    server.fail("images", alter=_choice(**changes))
    with pytest.raises(PaintError) as raised:
        OpenRouterChatImages(client).generate(REQUEST)
    assert type(raised.value) is kind
    assert raised.value.cost_usd == server.billed == PRICE


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"finish_reason": "error"}, Unavailable),
        ({"finish_reason": "error", "error": {"code": 429, "message": "busy"}}, Throttled),
        ({"error": {"code": 502, "message": "upstream"}}, Unanswered),
    ],
)
def test_a_model_that_failed_for_nothing_may_be_asked_again(
    server: ModelServer, client: OpenRouter, changes: dict[str, Any], kind: type[BestshotError]
) -> None:
    server.fail("images", alter=_choice(**changes), billed=False)
    with pytest.raises(BestshotError) as raised:
        OpenRouterChatImages(client).generate(REQUEST)
    assert type(raised.value) is kind


def test_a_link_in_place_of_an_image_is_not_followed(server: ModelServer, client: OpenRouter) -> None:
    images = [{"image_url": {"url": f"{server.url}/images/models"}}]
    server.fail("images", alter=_choice(message={"role": "assistant", "images": images}))
    with pytest.raises(NoImage, match="not followed"):
        OpenRouterChatImages(client).generate(REQUEST)
    assert not server.requests["models"]


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"data": None, "choices": None, "usage": None},
        {"data": [None], "choices": [None], "usage": []},
        {"data": [{"b64_json": 7}], "choices": [{"message": None}], "usage": {"cost": "much"}},
        {"data": [{"b64_json": ""}], "choices": [{"message": {"images": [7]}}], "usage": {"cost": True}},
        {
            "data": {},
            "choices": [{"message": {"images": [{"image_url": {"url": 5}}]}}],
            "usage": {"cost": -1},
        },
    ],
)
def test_a_reply_of_another_shape_is_no_image(server: ModelServer, model: ImageModel, reply: Body) -> None:
    server.fail("images", body=reply)
    with pytest.raises(NoImage) as raised:
        model.generate(REQUEST)
    assert raised.value.cost_usd is None
