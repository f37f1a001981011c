"""The gate: what it lets pass, what it refuses, and the words it finds for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from generators.checks import examine
from generators.formats import parse_format
from generators.studio.painter import StudioPainter
from infra.devstore.drawing.looks import render
from infra.errors import Refused
from infra.model import Check, Painted, Product
from infra.ocr import Ocr, TextLine
from infra.pixels import decode
from tests.bench.gate_cases import Case, Subject, cases

ORDER = ["pixels", "blank", "product", "colour", "text", "copy"]


class NoReader(Ocr):
    """A machine where the text reader is not installed."""

    def read(self, _: Image.Image) -> list[TextLine]:
        raise Refused("no text reader is installed; pip install --no-deps rapidocr-onnxruntime")


@cache
def drawn(product_id: str) -> bytes:
    out = BytesIO()
    Image.fromarray((render(product_id) * 255).astype(np.uint8)).save(out, "JPEG", quality=88)
    return out.getvalue()


@cache
def labelled(product_id: str, title: str, references: tuple[str, ...], other: str) -> tuple[Case, ...]:
    product = Product(product_id, title, datetime.now(UTC), category="Knitwear", price=Decimal("89.50"))
    subject = Subject(product, drawn(product_id), tuple(drawn(r) for r in references), drawn(other))
    return tuple(cases(subject, StudioPainter(), seed=1))


def set_of(name: str) -> tuple[Case, ...]:
    if name == "patterned":
        return labelled("LH204", "Breton stripe sweater", ("LH201",), "LH604")
    return labelled("LH206", "Archive V-neck pullover", ("LH208",), "LH505")


@pytest.fixture(scope="module")
def ocr() -> Ocr:
    pytest.importorskip("rapidocr_onnxruntime", reason="the text reader is an optional part")
    return Ocr()


def case_of(kind: str, name: str = "plain") -> Case:
    return next(case for case in set_of(name) if case.kind == kind)


def refusals(case: Case, ocr: Ocr) -> dict[str, Check]:
    return {name: c for name, c in examine(case.painted, case.task, ocr=ocr).items() if not c.passed}


@pytest.mark.parametrize("name", ["plain", "patterned"])
def test_the_labelled_set_is_judged_right(name: str, ocr: Ocr) -> None:
    wrong = []
    for case in set_of(name):
        failed = refusals(case, ocr)
        if bool(failed) != bool(case.fails):
            wrong.append((case.kind, failed))
    assert not wrong


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("not an image", "cannot be opened"),
        ("cut short", "damaged or cut short"),
        ("wrong ratio", "the image is 896×1200, not 1:1"),
        ("too small", "only 512×512; 1024×1024 was asked for"),
        ("blank", "the image is empty"),
        ("empty set", "the product is not in the image"),
        ("cropped", "the image's edge cuts off part of the product"),
        ("recoloured", "the product's burgundy has become"),
        ("copied reference", "the image repeats bestseller 1"),
    ],
)
def test_a_refusal_says_what_is_wrong_and_by_how_much(kind: str, says: str) -> None:
    case = case_of(kind)
    check = examine(case.painted, case.task, ocr=Ocr())[case.fails]
    assert not check.passed
    assert says in check.note
    if kind not in ("not an image", "cut short"):
        assert check.figure is not None
        assert check.limit is not None


def test_the_checks_come_in_one_order_and_text_only_where_it_matters(ocr: Ocr) -> None:
    plain, *_, banner = [case for case in set_of("plain") if case.kind == "studio"]
    assert list(examine(plain.painted, plain.task, ocr=ocr)) == [n for n in ORDER if n != "text"]
    assert list(examine(banner.painted, banner.task, ocr=ocr)) == ORDER


def test_an_image_that_cannot_be_decoded_has_one_check_alone() -> None:
    case = case_of("cut short")
    checks = examine(case.painted, case.task, ocr=Ocr())
    assert list(checks) == ["pixels"]
    assert not checks["pixels"].passed


def test_text_is_compared_with_what_was_read(ocr: Ocr) -> None:
    garbled = refusals(case_of("garbled text"), ocr)["text"]
    assert garbled.figure is not None
    assert garbled.limit is not None
    assert garbled.figure < garbled.limit
    assert "reads as" in garbled.note
    assert "“$89.50” reads as “$90.61”" in refusals(case_of("wrong price"), ocr)["text"].note
    assert "cannot be read" in refusals(case_of("text missing"), ocr)["text"].note
    assert "SUMMER" in refusals(case_of("unasked text"), ocr)["text"].note


def test_without_a_reader_text_waits_for_a_person() -> None:
    banner = [case for case in set_of("plain") if case.kind == "studio"][-1]
    check = examine(banner.painted, banner.task, ocr=NoReader())["text"]
    assert not check.passed
    assert "not read back" in check.note
    assert "pip install --no-deps rapidocr-onnxruntime" in check.note


def test_a_script_that_cannot_be_read_is_trusted_of_our_typesetter_alone(ocr: Ocr) -> None:
    banner = [case for case in set_of("plain") if case.kind == "studio"][-1]
    task = replace(banner.task, text=("Свитер шерстяной", "$89.50"))
    typeset = StudioPainter().paint(task)
    trusted = examine(typeset, task, ocr=ocr)["text"]
    assert trusted.passed
    assert "cannot be read back" in trusted.note
    assert not examine(replace(typeset, method="scene", text=()), task, ocr=ocr)["text"].passed


def test_a_price_must_be_right_even_beside_a_script_that_cannot_be_read(ocr: Ocr) -> None:
    banner = [case for case in set_of("plain") if case.kind == "studio"][-1]
    words = ("Свитер шерстяной", "$98.50")
    check = examine(replace(banner.painted, text=words), replace(banner.task, text=words), ocr=ocr)["text"]
    assert not check.passed
    assert "$98.50" in check.note


def test_a_typesetter_that_leaves_out_the_price_is_found_out(ocr: Ocr) -> None:
    banner = [case for case in set_of("plain") if case.kind == "studio"][-1]
    silent = StudioPainter().paint(replace(banner.task, text=banner.task.text[:1]))
    check = examine(silent, banner.task, ocr=ocr)["text"]
    assert not check.passed
    assert "$89.50" in check.note


def test_a_long_title_that_was_shortened_with_an_ellipsis_passes(ocr: Ocr) -> None:
    banner = [case for case in set_of("plain") if case.kind == "studio"][-1]
    title = (
        "A very warm pullover with a deep neckline knitted from the softest wool of the northern islands " * 2
    )
    task = replace(banner.task, text=(title, "$89.50"))
    painted = StudioPainter().paint(task)
    assert "…" in " ".join(painted.text)
    assert examine(painted, task, ocr=ocr)["text"].passed


def test_a_bestseller_that_is_the_product_itself_is_no_copy() -> None:
    case = case_of("studio")
    task = replace(case.task, references=(case.task.photo,))
    assert examine(case.painted, task, ocr=Ocr())["copy"].passed


def test_any_format_of_the_right_shape_passes_and_size_is_measured() -> None:
    case = case_of("studio")
    large = replace(case.task, format=parse_format("1:1", "2K"))
    check = examine(case.painted, large, ocr=Ocr())["pixels"]
    assert not check.passed
    assert (check.figure, check.limit) == (0.5, 0.9)
    nearly = decode(case.painted.data).resize((1010, 1000))
    out = BytesIO()
    nearly.save(out, "PNG")
    assert examine(Painted(out.getvalue(), "image/png"), case.task, ocr=Ocr())["pixels"].passed


@pytest.mark.parametrize("side", [16, 40])
def test_no_picture_however_small_or_odd_breaks_the_gate(side: int, ocr: Ocr) -> None:
    case = case_of("studio")
    for size in ((side, side), (side, 900), (900, side)):
        out = BytesIO()
        Image.new("RGB", size, "white").save(out, "PNG")
        data = out.getvalue()
        assert not examine(Painted(data, "image/png"), case.task, ocr=ocr)["pixels"].passed
        odd = replace(case.task, photo=data, references=(data,))
        assert set(examine(case.painted, odd, ocr=ocr)) >= {"pixels", "product", "copy"}
