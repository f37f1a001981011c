"""What retrieval takes for granted of any embedder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from PIL import Image

from infra.database import Database
from infra.embedding import BuiltinEmbedder, Embedder, FastEmbedder, NemotronEmbedder
from infra.embedding.cache import VectorCache
from infra.embedding.local import Model
from infra.errors import ImageError
from infra.openrouter import OpenRouter
from tests.infra.embedding.towers_kit import write_clip, write_siglip2
from tests.infra.garment_kit import encoded
from tests.standin.server import ModelServer


@pytest.fixture(scope="module", params=["builtin", "nemotron", *get_args(Model)])
def embedder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedder]:
    folder = tmp_path_factory.mktemp("embedder")
    if request.param == "builtin":
        yield BuiltinEmbedder()
    elif request.param == "nemotron":
        yield from nemotron(folder)
    else:
        pytest.importorskip("fastembed", reason="comes with the extra `embed`")
        (write_clip if request.param == "clip" else write_siglip2)(folder)
        yield FastEmbedder(request.param, folder)


def nemotron(folder: Path) -> Iterator[Embedder]:
    database = Database(f"sqlite:///{folder / 'records.sqlite'}")
    with ModelServer() as server, closing(OpenRouter(server.url, server.key)) as client, closing(database):
        yield NemotronEmbedder(client, VectorCache(database), lambda _: None)
        assert server.complaints == []


def swatch(colour: str) -> bytes:
    return encoded(Image.new("RGB", (40, 60), colour))


def test_pictures_and_words_are_in_one_space(embedder: Embedder) -> None:
    pictures = embedder.embed_images([swatch(colour) for colour in ("#d01020", "#10a040", "#2040c0")])
    words = embedder.embed_texts(["red", "green", "blue"])
    assert (words @ pictures.T).argmax(axis=1).tolist() == [0, 1, 2]


def test_rows_have_length_1_or_say_nothing(embedder: Embedder) -> None:
    pictures = embedder.embed_images([swatch("red"), swatch("green")])
    words = embedder.embed_texts(["red", " "])
    assert pictures.shape == words.shape == (2, embedder.dimension)
    assert pictures.dtype == words.dtype == np.float32
    assert np.allclose(np.linalg.norm([*pictures, *words], axis=1), [1, 1, 1, 0], atol=1e-5)
    assert embedder.embed_images([]).shape == embedder.embed_texts([]).shape == (0, embedder.dimension)


def test_a_picture_has_one_vector_alone_or_among_others(embedder: Embedder) -> None:
    pictures = [swatch(f"rgb({number * 12}, 90, {240 - number * 12})") for number in range(9)]
    among = embedder.embed_images(pictures)
    alone = [embedder.embed_images([picture])[0] for picture in reversed(pictures)]
    assert np.allclose(among, alone[::-1], atol=1e-6)
    assert np.abs(among[0] - among[8]).max() > 1e-3


def test_bytes_that_are_no_picture_are_an_image_error(embedder: Embedder) -> None:
    with pytest.raises(ImageError):
        embedder.embed_images([swatch("red"), b"<html>"])
