"""The paid painter over HTTP: what a model is shown, in which order, and what becomes of its answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from generators.nano_banana import NanoBanana
from generators.profiles import profile
from infra.errors import Refused
from infra.model import ImageReply, ImageRequest, PaintTask
from infra.openrouter import OpenRouter, OpenRouterImages
from infra.pixels import decode
from tests.generators import studio_kit as kit
from tests.standin import pictures
from tests.standin.server import ModelServer

NB21, PRO = profile("nano-banana-2.1"), profile("nano-banana-pro")


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    with ModelServer(paint=lambda wanted: pictures.plain(wanted.pixels)) as server:
        yield server


@pytest.fixture(scope="module")
def painter(server: ModelServer) -> Iterator[NanoBanana]:
    client = OpenRouter(server.url, server.key)
    yield NanoBanana(OpenRouterImages(client), NB21, "openrouter")
    client.close()
    assert not server.complaints


def flat(level: int, size: tuple[int, int] = (64, 64)) -> bytes:
    """A picture that is told from others by its brightness."""
    return kit.jpeg(np.full((size[1], size[0], 3), level, np.uint8))


def task(**changes: Any) -> PaintTask:
    return replace(kit.task(flat(10), "1:1"), size="1K", **changes)


def levels(server: ModelServer) -> list[int]:
    """The brightness of each image that the latest request showed, in its order."""
    body = server.requests["images"][-1].body
    shown = pictures.wanted_by_images(body).references
    return [round(float(np.asarray(decode(one)).mean()) / 10) * 10 for one in shown]


def test_the_picture_comes_with_its_bill_and_what_the_model_was_told(
    painter: NanoBanana, server: ModelServer
) -> None:
    painted = painter.paint(task(references=(flat(100),)))

    assert decode(painted.data).size == (1024, 1024)
    assert (painted.media_type, painted.method) == ("image/jpeg", "painted")
    assert painted.cost_usd == Decimal("0.0336") <= painter.price(task(references=(flat(100),)))
    body = server.requests["images"][-1].body
    assert body["model"] == "google/gemini-nano-banana-2.1"
    assert (body["aspect_ratio"], body["resolution"]) == ("1:1", "1K")
    assert body["prompt"] == painted.prompt
    assert "provider" not in body


def test_the_photo_is_shown_first_and_the_bestsellers_last(painter: NanoBanana, server: ModelServer) -> None:
    wanted = task(references=(flat(100), flat(120)), companions=(flat(30), flat(50)), like=flat(70))

    painted = painter.paint(wanted)

    assert levels(server) == [10, 30, 50, 70, 100, 120]
    roles = [line for line in painted.prompt.splitlines() if line.startswith("Image")]
    assert [line.split(" show")[0] for line in roles] == [
        "Image 1",
        "Images 2 and 3",
        "Image 4",
        "Images 5 and 6",
    ]
    assert "bestsellers" in roles[3]


def test_no_more_bestsellers_are_shown_than_the_profile_says(
    painter: NanoBanana, server: ModelServer
) -> None:
    painter.paint(task(references=tuple(flat(100 + 10 * n) for n in range(8))))

    assert levels(server) == [10, 100, 110, 120, 130]


def test_products_of_a_scene_leave_less_room_for_bestsellers(
    painter: NanoBanana, server: ModelServer
) -> None:
    many = tuple(flat(30) for _ in range(NB21.shown.products - 1))
    painter.paint(task(companions=many, references=tuple(flat(100) for _ in range(8)), like=flat(70)))

    assert levels(server) == [10, *[30] * 9, 70, 100, 100, 100]


def test_a_scene_of_too_many_products_is_refused_before_anything_is_sent(
    painter: NanoBanana, server: ModelServer
) -> None:
    before = len(server.requests["images"])
    crowd = task(companions=tuple(flat(30) for _ in range(NB21.shown.products)))

    for ask in (painter.price, painter.paint):
        with pytest.raises(Refused, match="10 products in one picture at most"):
            ask(crowd)

    assert len(server.requests["images"]) == before


def test_a_photo_is_sent_no_larger_than_the_model_sees(painter: NanoBanana, server: ModelServer) -> None:
    painter.paint(replace(task(), photo=flat(10, (3000, 1500))))

    photo = pictures.wanted_by_images(server.requests["images"][-1].body).references[0]
    assert decode(photo).size == (1024, 512)


def test_a_size_that_the_model_lacks_is_asked_for_as_the_next_larger(
    painter: NanoBanana, server: ModelServer
) -> None:
    painter.paint(replace(task(), size="512"))

    assert server.requests["images"][-1].body["resolution"] == "1K"


def test_a_ratio_that_the_model_does_not_paint_is_refused_before_anything_is_sent(
    server: ModelServer,
) -> None:
    pro = NanoBanana(OpenRouterImages(OpenRouter(server.url, server.key)), PRO, "openrouter")
    before = len(server.requests["images"])

    with pytest.raises(Refused, match="Nano Banana Pro does not paint 4:1"):
        pro.paint(replace(kit.task(flat(10), "4:1"), size="1K"))

    assert len(server.requests["images"]) == before


@pytest.mark.parametrize(("paints", "said"), [(True, True), (False, False)])
def test_words_are_told_to_the_model_only_where_it_paints_them(
    server: ModelServer, paints: bool, said: bool
) -> None:
    client = OpenRouter(server.url, server.key)
    painter = NanoBanana(OpenRouterImages(client), NB21, "openrouter", paints_text=paints)

    painted = painter.paint(task(text=("Linnea dress", "$49.00")))

    client.close()
    assert ("$49.00" in painted.prompt) is said
    assert painted.text == ()


def test_what_was_paid_at_one_provider_is_not_bought_again_at_another() -> None:
    class Silent:
        def generate(self, request: ImageRequest) -> ImageReply:
            raise AssertionError(request)

    names = {NanoBanana(Silent(), NB21, provider).name for provider in ("openrouter", "google")}  # type: ignore[arg-type]

    assert len(names) == 1
    assert NanoBanana(Silent(), NB21, "google", paints_text=True).name not in names
    assert NanoBanana(Silent(), PRO, "google").name not in names


def test_a_provider_that_names_no_price_is_booked_at_the_list_price() -> None:
    class Priceless:
        def generate(self, request: ImageRequest) -> ImageReply:
            return ImageReply(request.references[0], "image/jpeg", None, "Here you  are")

    painted = NanoBanana(Priceless(), NB21, "google").paint(task())

    assert painted.cost_usd == Decimal("0.0336")
    assert painted.notes == (
        "the provider does not say what it billed; this is its list price",
        "the model said: Here you are",
    )
