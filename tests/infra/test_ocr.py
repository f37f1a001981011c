"""Reading text back: what the reader reads, what it cannot, and what happens without it."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image, ImageDraw, ImageFont

from infra.errors import Refused
from infra.ocr import Ocr


@pytest.fixture(scope="module")
def ocr() -> Ocr:
    pytest.importorskip("rapidocr_onnxruntime", reason="the text reader is an optional part")
    return Ocr()


def banner(*lines: str) -> Image.Image:
    image = Image.new("RGB", (1024, 256), "#e8e2d8")
    for number, line in enumerate(lines):
        ImageDraw.Draw(image).text(
            (60, 30 + 90 * number), line, font=ImageFont.load_default(60), fill="#2a2522"
        )
    return image


def test_it_reads_lines_from_top_to_bottom_with_their_places(ocr: Ocr) -> None:
    headline, price = ocr.read(banner("Linen summer dress", "$129.00"))
    assert (headline.text, price.text) == ("Linen summer dress", "$129.00")
    assert min(headline.confidence, price.confidence) > 0.9
    left, top, right, bottom = price.box
    assert 50 < left < 80
    assert headline.box[3] < bottom <= 256
    assert top > headline.box[1]
    assert right < 400
    assert 40 < price.height < 90


def test_a_picture_without_text_has_no_lines(ocr: Ocr) -> None:
    assert ocr.read(Image.new("RGB", (400, 300), "white")) == []


def test_several_threads_may_read_at_once(ocr: Ocr) -> None:
    words = ["Cardigan", "Trousers", "Overcoat", "Sneakers"]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda word: ocr.read(banner(word))[0].text, words))
    assert found == words


@pytest.mark.parametrize(
    "text", ["Crème brûlée 20%", "Größe 38, €49,90", "Żółty szal", "羊毛外套 ¥299", "A–B “C”", ""]
)
def test_it_knows_the_scripts_that_come_back(text: str) -> None:
    assert Ocr().can_read(text)


@pytest.mark.parametrize("text", ["Платье", "ワンピース", "فستان", "한복", "Φόρεμα", "dress / ドレス"])
def test_it_knows_the_scripts_that_do_not(text: str) -> None:
    assert not Ocr().can_read(text)


def test_without_the_engine_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rapidocr_onnxruntime", None)
    with pytest.raises(Refused, match="pip install --no-deps rapidocr-onnxruntime"):
        Ocr().read(banner("Dress"))
