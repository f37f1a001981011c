"""Text in pixels: a thin adapter over RapidOCR (PP-OCRv4 on ONNX Runtime; the models are inside its wheel).

Its recogniser knows 6,622 characters: Chinese, digits, ASCII, a few accented vowels. As measured, accents and
umlauts come back as their base letters ("Crème" as "Creme"), € and £ not at all, and Cyrillic, Greek, kana,
Hangul and right-to-left scripts as look-alikes ("Платье" as "naTbe"); `can_read` knows which.
https://github.com/RapidAI/RapidOCR
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Any

import numpy as np
from PIL import Image

from infra.errors import Refused

INSTALL = "pip install --no-deps rapidocr-onnxruntime"
SCRIPTS = ("LATIN", "CJK", "DIGIT", "FULLWIDTH")
"""First words of the Unicode names of the letters that come back as they are, give or take an accent."""
DETECTION_SIDE = 512
"""Pixels of the shorter side that text is looked for at. The engine's default of 736 enlarges a 4:1 banner
and doubles the time without reading a line more."""
LONGEST_RATIO = 8
"""Longer pictures are padded; 8:1 is the longest format there is."""


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line as read: `confidence` 0..1, `box` (left, top, right, bottom) in the image's pixels."""

    text: str
    confidence: float
    box: tuple[float, float, float, float]

    @property
    def height(self) -> float:
        return self.box[3] - self.box[1]


class Ocr:
    """Reads text lines. The engine is made at the first use, runs on one thread, and one image at a time."""

    def __init__(self) -> None:
        self._lock = Lock()

    def read(self, image: Image.Image) -> list[TextLine]:
        """The lines in an image, top to bottom. Refused when the engine is not installed."""
        bgr = np.asarray(_not_too_long(image.convert("RGB")))[:, :, ::-1]
        with self._lock:  # the engine keeps its scaling between its own steps
            found, _ = self._engine(np.ascontiguousarray(bgr))
        return [_line(corners, text, confidence) for corners, text, confidence in found or ()]

    def can_read(self, text: str) -> bool:
        """Whether every letter and digit of `text` is of a script that the engine reads."""
        return all(_script(letter) in SCRIPTS for letter in text if letter.isalnum())

    @cached_property
    def _engine(self) -> Any:
        try:
            from rapidocr_onnxruntime import RapidOCR  # half a second, and an optional part
        except ImportError as error:
            raise Refused(f"no text reader is installed; {INSTALL}") from error
        return RapidOCR(intra_op_num_threads=1, inter_op_num_threads=1, det_limit_side_len=DETECTION_SIDE)


def _not_too_long(image: Image.Image) -> Image.Image:
    """The image, padded below or to the right: the engine enlarges by the shorter side alone."""
    width = max(image.width, image.height // LONGEST_RATIO)
    height = max(image.height, image.width // LONGEST_RATIO)
    if (width, height) == image.size:
        return image
    padded = Image.new("RGB", (width, height), "white")
    padded.paste(image)
    return padded


def _line(corners: list[list[float]], text: str, confidence: float) -> TextLine:
    xs, ys = zip(*corners, strict=True)
    return TextLine(text, float(confidence), (min(xs), min(ys), max(xs), max(ys)))


def _script(letter: str) -> str:
    return unicodedata.name(letter, "?").split()[0]
