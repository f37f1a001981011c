"""Vectors bought by way of OpenRouter: none twice, none for the wrong picture, and what a refusal costs."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from infra.database import Database
from infra.embedding import Embedder, NemotronEmbedder
from infra.embedding.cache import VectorCache
from infra.errors import (
    Blocked,
    ImageError,
    KeyRefused,
    Mismatch,
    NotFound,
    OutOfCredit,
    Refused,
    Throttled,
    Unavailable,
)
from infra.openrouter import OpenRouter
from tests.infra.garment_kit import encoded
from tests.standin.server import ModelServer

Body = dict[str, Any]


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as standin:
        yield standin
    assert standin.complaints == []


@pytest.fixture
def costs() -> list[Decimal]:
    """What the embedder said that it had paid."""
    return []


@pytest.fixture
def another(server: ModelServer, tmp_path: Path, costs: list[Decimal]) -> Iterator[Callable[[], Embedder]]:
    """Embedders as one process after the other would have them."""
    database = Database(f"sqlite:///{tmp_path / 'records.sqlite'}")
    client = OpenRouter(server.url, server.key)
    yield lambda: NemotronEmbedder(client, VectorCache(database), costs.append)
    client.close()
    database.close()


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> NDArray[np.float32]:
    """The vectors of `pictures(8)`, each asked for alone."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('truth') / 'records.sqlite'}")
    with ModelServer() as server, closing(OpenRouter(server.url, server.key)) as client, closing(database):
        embedder = NemotronEmbedder(client, VectorCache(database), lambda _: None)
        return np.vstack([embedder.embed_images([one]) for one in pictures(8)])


@pytest.fixture
def embedder(another: Callable[[], Embedder]) -> Embedder:
    return another()


def pictures(count: int) -> list[bytes]:
    """Pictures of one colour each, all different."""
    colours = [(20 * number, 90, 250 - 20 * number) for number in range(count)]
    return [encoded(Image.new("RGB", (24, 16), colour)) for colour in colours]


def sizes(server: ModelServer) -> list[int]:
    """How many inputs each request held."""
    return [len(asked.body["input"]) for asked in server.requests["embeddings"]]


def test_nothing_is_asked_for_nothing(embedder: Embedder, server: ModelServer) -> None:
    embedder.embed_images([])
    embedder.embed_texts(["", " \n"])
    assert sizes(server) == []


def test_a_picture_is_sent_small_and_without_its_metadata(embedder: Embedder, server: ModelServer) -> None:
    exif = Image.Exif()
    exif[0x010E] = "made at home"
    embedder.embed_images([encoded(Image.new("RGB", (2000, 1000), "teal"), "JPEG", exif=exif)])
    (part,) = server.requests["embeddings"][0].body["input"][0]["content"]
    kind, _, data = part["image_url"]["url"].partition(",")
    sent = base64.b64decode(data)
    assert kind == "data:image/jpeg;base64"
    assert b"made at home" not in sent
    with Image.open(BytesIO(sent)) as image:
        assert image.size == (512, 256)


def test_pictures_go_eight_at_a_time(embedder: Embedder, server: ModelServer) -> None:
    assert len(embedder.embed_images(pictures(11))) == 11
    assert sizes(server) == [8, 3]


def test_answers_in_another_order_find_their_pictures(
    embedder: Embedder, server: ModelServer, truth: NDArray[np.float32]
) -> None:
    server.fail("embeddings", alter=lambda reply: reply | {"data": reply["data"][::-1]})
    assert np.allclose(embedder.embed_images(pictures(8)), truth, atol=1e-6)
    assert np.abs(truth[0] - truth[7]).max() > 1e-3


def test_without_an_index_the_order_counts(
    embedder: Embedder, server: ModelServer, truth: NDArray[np.float32]
) -> None:
    server.fail("embeddings", alter=without_index)
    assert np.allclose(embedder.embed_images(pictures(8)), truth, atol=1e-6)
    assert sizes(server) == [8]


def without_index(reply: Body) -> Body:
    return reply | {"data": [{k: v for k, v in one.items() if k != "index"} for one in reply["data"]]}


def one_changed(**change: Any) -> Callable[[Body], Body]:
    """A reply whose third answer is another."""

    def alter(reply: Body) -> Body:
        reply["data"][2] |= change
        return reply

    return alter


@pytest.mark.parametrize(
    ("alter", "asked"),
    [
        (lambda reply: reply | {"data": reply["data"][:2] + reply["data"][3:]}, [5, 1]),
        (one_changed(embedding=[float("nan")] * 2048), [5, 1]),
        (one_changed(embedding=[0.0] * 2048), [5, 1]),
        (one_changed(embedding=[]), [5, 1]),
        (one_changed(embedding="AACAPw=="), [5, 1]),
        (one_changed(embedding=None), [5, 1]),
        (one_changed(index=99), [5, 1]),
        (lambda reply: one_changed(index={})(reply | {"data": reply["data"][:4]}), [5, 1, 1, 1, 1, 1]),
        (one_changed(index=1), [5, 1, 1]),
        (lambda reply: without_index(reply | {"data": reply["data"][:4]}), [5, 1, 1, 1, 1, 1]),
        (lambda reply: reply | {"data": None}, [5, 1, 1, 1, 1, 1]),
    ],
    ids=["left out", "NaN", "zeros", "empty", "base64", "null", "beyond", "odd", "twice", "order", "no data"],
)
def test_what_came_without_a_vector_is_asked_for_alone(
    embedder: Embedder,
    server: ModelServer,
    truth: NDArray[np.float32],
    alter: Callable[[Body], Body],
    asked: list[int],
) -> None:
    server.fail("embeddings", alter=alter)
    assert np.allclose(embedder.embed_images(pictures(5)), truth[:5], atol=1e-6)
    assert sizes(server) == asked
    assert np.allclose(embedder.embed_images(pictures(5)), truth[:5], atol=1e-6)
    assert sizes(server) == asked


def test_no_vector_at_all_may_come_later(embedder: Embedder, server: ModelServer) -> None:
    server.fail("embeddings", "text_only", times=2)
    with pytest.raises(Unavailable, match="without a vector"):
        embedder.embed_images(pictures(3))
    assert sizes(server) == [3, 1]
    assert len(embedder.embed_images(pictures(3))) == 3


def test_too_much_is_halved_until_it_is_taken(embedder: Embedder, server: ModelServer) -> None:
    server.largest_batch = 2
    assert len(embedder.embed_images(pictures(8))) == 8
    assert sizes(server) == [8, 4, 2, 2, 4, 2, 2]
    assert server.billed == 8 * server.costs["embeddings"]


def test_a_picture_that_is_too_big_alone_is_unusable(embedder: Embedder, server: ModelServer) -> None:
    server.largest_batch = 0
    with pytest.raises(ImageError, match="does not take the picture"):
        embedder.embed_images(pictures(1))
    with pytest.raises(Refused):
        embedder.embed_texts(["a text is no picture"])


@pytest.mark.parametrize("fault", [{"status": 400}, {"status": 422}, {"status": 403}, {"how": "refusal"}])
def test_one_refused_picture_is_found_and_the_others_are_kept(
    embedder: Embedder, server: ModelServer, fault: dict[str, Any]
) -> None:
    fault = {"status": 403, "body": MODERATED} if fault == {"how": "refusal"} else fault
    for request in ("all", "first half", "second half", "third", "fourth"):
        if request in ("all", "second half", "fourth"):
            server.fail("embeddings", **fault)
        else:
            server.fail("embeddings", alter=lambda reply: reply)
    with pytest.raises(ImageError, match="does not take the picture"):
        embedder.embed_images(pictures(4))
    assert sizes(server) == [4, 2, 2, 1, 1]
    assert len(embedder.embed_images(pictures(3))) == 3
    assert sizes(server) == [4, 2, 2, 1, 1]


MODERATED = {
    "error": {
        "code": 403,
        "message": "Input was flagged",
        "metadata": {"reasons": ["sexual"], "flagged_input": "", "provider_name": "Nvidia"},
    }
}


def test_a_refused_text_is_no_image_error(embedder: Embedder, server: ModelServer) -> None:
    server.fail("embeddings", status=403, body=MODERATED)
    with pytest.raises(Blocked):
        embedder.embed_texts(["anything"])


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, KeyRefused), (402, OutOfCredit), (404, NotFound), (429, Throttled), (503, Unavailable)],
)
def test_what_is_wrong_with_all_requests_is_asked_once(
    embedder: Embedder, server: ModelServer, status: int, error: type[Exception]
) -> None:
    server.fail("embeddings", status=status)
    with pytest.raises(error):
        embedder.embed_images(pictures(4))
    assert sizes(server) == [4]


def test_vectors_of_another_dimension_are_refused(embedder: Embedder, server: ModelServer) -> None:
    server.fail("embeddings", alter=one_changed(embedding=[0.1] * 1024))
    with pytest.raises(Mismatch, match="1024 numbers in place of 2048"):
        embedder.embed_images(pictures(4))
    assert sizes(server) == [4]


def test_bytes_that_are_no_picture_cost_nothing(embedder: Embedder, server: ModelServer) -> None:
    with pytest.raises(ImageError):
        embedder.embed_images([*pictures(1), b"<html>"])
    assert server.billed == 0


def test_what_was_bought_before_an_error_is_not_bought_again(
    another: Callable[[], Embedder], server: ModelServer, costs: list[Decimal]
) -> None:
    server.fail("embeddings", alter=lambda reply: reply)
    server.fail("embeddings", status=503)
    with pytest.raises(Unavailable):
        another().embed_images(pictures(11))
    rows = another().embed_images(pictures(11))
    assert sizes(server) == [8, 3, 3]
    assert np.array_equal(rows, another().embed_images(pictures(11)))
    assert sum(costs) == server.billed == 11 * server.costs["embeddings"]


def test_the_same_picture_is_asked_for_once(embedder: Embedder, server: ModelServer) -> None:
    one, other = pictures(2)
    rows = embedder.embed_images([one, other, one])
    assert sizes(server) == [2]
    assert np.array_equal(rows[0], rows[2])


def test_a_text_and_a_picture_of_the_same_bytes_are_two_things(embedder: Embedder) -> None:
    text = "P6 is not a picture that we read"
    embedder.embed_texts([text])
    with pytest.raises(ImageError):
        embedder.embed_images([text.encode()])


@pytest.mark.parametrize("usage", [None, {}, {"cost": None}, {"cost": float("nan")}, {"cost": -1}])
def test_a_bill_without_a_price_is_estimated(
    embedder: Embedder, server: ModelServer, costs: list[Decimal], usage: object
) -> None:
    server.fail("embeddings", alter=lambda reply: reply | {"usage": usage})
    embedder.embed_images(pictures(2))
    assert costs == [2 * embedder.price_usd]
