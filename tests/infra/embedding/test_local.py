"""CLIP and SigLIP 2 run through the real fastembed and the real onnxruntime; only their weights are tiny."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("fastembed", reason="comes with the extra `embed`")

from infra.embedding.local import FastEmbedder
from infra.errors import Unavailable
from tests.infra.embedding.towers_kit import write_clip, write_siglip2
from tests.infra.garment_kit import encoded


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the weights of both models are."""
    place = tmp_path_factory.mktemp("models")
    write_clip(place)
    write_siglip2(place)
    return place


def test_words_are_read_in_lower_case_and_without_what_is_around_them(folder: Path) -> None:
    (plain, loud) = FastEmbedder("siglip2", folder).embed_texts(["green", "  GREEN\n"])
    assert plain.any()
    assert np.array_equal(plain, loud)


def test_the_models_do_not_share_a_name(folder: Path) -> None:
    assert FastEmbedder("clip", folder).name != FastEmbedder("siglip2", folder).name


def test_weights_that_cannot_be_had_may_come_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    embedder = FastEmbedder("siglip2", tmp_path / "models")
    with pytest.raises(Unavailable, match="the weights of google/siglip2-base-patch16-224 cannot be had"):
        embedder.embed_images([encoded(Image.new("RGB", (40, 60), "red"))])
    write_siglip2(tmp_path / "models")
    assert embedder.embed_images([encoded(Image.new("RGB", (40, 60), "red"))]).shape == (1, 768)
