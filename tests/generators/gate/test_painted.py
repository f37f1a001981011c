"""The gate on pictures as a model paints them: worn, held, among props, and what can be wrong with those."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from generators.channels import channel
from generators.checks import examine
from generators.gate.likeness import LIMITS, check_likeness
from generators.gate.scene import alike
from generators.gate.views import view, view_of
from infra.devstore.drawing.looks import render
from infra.embedding import BuiltinEmbedder
from infra.errors import OutOfCredit, Unavailable
from infra.model import Check, Product
from infra.ocr import Ocr
from infra.pixels import decode
from tests.bench.gate_cases import Case, Subject
from tests.bench.gate_scenes import scene_cases


class Unmeasured(BuiltinEmbedder):
    """The built-in embedder under a name that no limit was found for."""

    name = "another-1"


class Broke(BuiltinEmbedder):
    """An embedder whose account is empty."""

    def embed_images(self, images: Sequence[bytes]) -> NDArray[np.float32]:
        raise OutOfCredit(f"no credit for {len(images)} images")


class Away(BuiltinEmbedder):
    """An embedder that may work later."""

    def embed_images(self, images: Sequence[bytes]) -> NDArray[np.float32]:
        raise Unavailable(f"no answer to {len(images)} images")


@pytest.fixture(scope="module")
def ocr() -> Ocr:
    pytest.importorskip("rapidocr_onnxruntime", reason="the text reader is an optional part")
    return Ocr()


def drawn(product_id: str) -> bytes:
    out = BytesIO()
    photo = Image.fromarray((render(product_id) * 255).astype(np.uint8))
    photo.thumbnail((640, 640))
    photo.save(out, "JPEG", quality=88)
    return out.getvalue()


@cache
def painted_set() -> dict[str, Case]:
    product = Product("LH206", "Archive pullover", datetime.now(UTC), price=Decimal("89.50"))
    subject = Subject(product, drawn("LH206"), (drawn("LH204"),), drawn("LH505"))
    return {case.kind: case for case in scene_cases(subject, seed=1)}


def judged(kind: str, ocr: Ocr) -> dict[str, Check]:
    case = painted_set()[kind]
    return examine(case.painted, case.task, ocr=ocr, embedder=BuiltinEmbedder())


def likeness(embedder: BuiltinEmbedder) -> Check:
    case = painted_set()["held"]
    image = decode(case.painted.data)
    where = alike(view_of(case.task.photo), view(image))
    return check_likeness(case.task.photo, image, where, embedder)


@pytest.mark.parametrize("kind", ["in a room", "held"])
def test_a_product_painted_anew_passes_with_all_its_figures(kind: str, ocr: Ocr) -> None:
    checks = judged(kind, ocr)
    assert list(checks) == ["pixels", "blank", "product", "likeness", "colour", "text", "copy"]
    assert [name for name, check in checks.items() if not check.passed] == []
    assert all(check.figure is not None for check in checks.values())
    assert checks["likeness"].limit == LIMITS["builtin-1"]


@pytest.mark.parametrize(
    ("kind", "check", "says"),
    [
        ("among props, recoloured", "colour", "the product's"),
        ("in a room, cropped", "product", "the image's edge cuts off part of the product"),
        ("copied, mirrored", "copy", "repeats bestseller 1"),
        ("painted gibberish", "text", "nobody asked for"),
        ("painted words, wrong price", "text", "reads as"),
    ],
)
def test_what_a_model_spoils_is_refused_for_its_reason(kind: str, check: str, says: str, ocr: Ocr) -> None:
    refused = judged(kind, ocr)[check]
    assert not refused.passed
    assert says in refused.note


def test_another_product_looks_like_another_one_to_the_embedder(ocr: Ocr) -> None:
    checks = judged("among props, other product", ocr)
    assert not all(checks[name].passed for name in ("product", "likeness"))


def test_an_embedder_that_was_never_measured_records_its_figure_and_refuses_nothing() -> None:
    check, measured = likeness(Unmeasured()), likeness(BuiltinEmbedder())
    assert (check.passed, check.limit) == (True, None)
    assert check.figure == measured.figure
    assert measured.limit == LIMITS["builtin-1"]


def test_an_embedder_without_credit_is_noted_and_one_that_is_away_is_asked_again() -> None:
    assert "no credit for" in likeness(Broke()).note
    with pytest.raises(Unavailable):
        likeness(Away())


def test_a_channels_rules_stand_beside_the_others(ocr: Ocr) -> None:
    case = painted_set()["held"]
    checks = examine(case.painted, case.task, ocr=ocr, channel=channel("amazon"))
    assert not checks["amazon scene"].passed
    assert "likeness" not in checks


def test_words_that_we_set_on_a_painted_picture_are_expected_as_they_stand(ocr: Ocr) -> None:
    case = painted_set()["painted words"]
    long = f"{case.task.text[0]} knitted from the softest wool of the northern islands"
    task = replace(case.task, text=(long, case.task.text[1]))
    assert not examine(case.painted, task, ocr=ocr)["text"].passed
    shortened = replace(case.painted, text=(f"{case.task.text[0]}…", case.task.text[1]))
    assert examine(shortened, task, ocr=ocr)["text"].passed
