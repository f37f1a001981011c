"""Does the picture say what was asked, and nothing else?"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from PIL import Image

from generators.gate.fidelity import COMPOSITED
from infra.errors import Refused
from infra.model import Check, Painted, PaintTask
from infra.ocr import Ocr, TextLine
from infra.pixels import decode

TEXT_LIMIT = 0.85
"""Least similarity of a line with what is read back. The reader itself errs on one letter in thirty; from one
in seven on a shopper sees that a word is wrong."""
STRAY_LIMIT = 0.04
"""Height of unasked text, as a share of the image's: below it is a label on the product."""
SURE = 0.8
"""Confidence from which unasked text is text and not a pattern."""
LETTERS = 3
"""Different letters and digits from which unasked text is text: four fingers read as "mmm"."""
PART = 0.6
"""Similarity from which a line read belongs to the text that was asked for."""
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
GROUPING = re.compile(r"(?<=\d) (?=\d{3}(?!\d))")
"""The space of "1 129,00 €", which many languages write and the reader often leaves out."""
LOOKALIKES = str.maketrans({"ß": "b", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i"})
"""How letters that no decomposition splits are read."""


def check_text(painted: Painted, task: PaintTask, image: Image.Image, ocr: Ocr) -> Check | None:
    """The asked lines read back, and no large text beside them; None when there is nothing to ask.

    Lines of a script that the reader does not know cannot be read back. Set by our own typesetter, which
    refuses letters that its fonts lack, they are trusted and the note says so; painted by a model, they wait
    for a person.
    """
    if not task.text and painted.method in COMPOSITED:
        return None  # a composite without words has no text but the product's own
    try:
        lines = ocr.read(image)
        worst = _worst_line(painted, task, lines, ocr)
        if not worst.passed or painted.method in COMPOSITED:
            return worst
        return _stray(task, image, lines, ocr) or worst
    except Refused as error:
        return Check(False, None, TEXT_LIMIT, f"the text was not read back: {error}")


def _worst_line(painted: Painted, task: PaintTask, lines: Sequence[TextLine], ocr: Ocr) -> Check:
    worst, trusted = Check(True, 1.0, TEXT_LIMIT), False
    for line in _expected(painted, task):
        if not ocr.can_read(line):
            if painted.method not in COMPOSITED and line not in painted.text:
                return Check(False, None, TEXT_LIMIT, f"“{line}” is in a script that cannot be read back")
            trusted = True
            continue
        check = _one_line(line, lines)
        worst = min(worst, check, key=lambda c: (c.passed, c.figure or 0.0))
    if worst.passed and trusted:
        return Check(
            True, worst.figure, TEXT_LIMIT, "set in a script that cannot be read back; its letters exist"
        )
    return worst


def _expected(painted: Painted, task: PaintTask) -> tuple[str, ...]:
    """The lines as our typesetter broke or shortened them, if they still say what was asked.

    What a model painted has no such lines: `painted.text` is empty, and the asked lines are expected.
    """
    asked, said = " ".join(task.text), " ".join(painted.text)
    whole = "…" in said or similarity(asked, said) >= TEXT_LIMIT
    priced = set(numbers("\n".join(task.text[1:2]))) <= set(numbers("\n".join(painted.text)))
    return painted.text if whole and priced else task.text


def _one_line(line: str, lines: Sequence[TextLine]) -> Check:
    read = _best_run(line, [part.text for part in lines if _belongs(part.text, line)])
    alike = similarity(line, read)
    texts = [part.text for part in lines]
    all_numbers = numbers("\n".join(texts)) + numbers(" ".join(texts))  # a price may be read in two parts
    passed = alike >= TEXT_LIMIT and set(numbers(line)) <= set(all_numbers)
    if passed:
        return Check(True, alike, TEXT_LIMIT)
    like = [part.text for part in lines if bool(numbers(part.text)) == bool(numbers(line))]
    nearest = read or max(like, key=lambda text: similarity(line, text), default="")
    note = f"“{line}” reads as “{nearest}”" if nearest else f"“{line}” cannot be read"
    return Check(False, alike, TEXT_LIMIT, note)


def _best_run(line: str, parts: Sequence[str]) -> str:
    """The consecutive parts that together read most like the line: a long one was broken in several."""
    best = ""
    for first in range(len(parts)):
        run = ""
        for part in parts[first:]:
            run = f"{run} {part}".strip()
            if len(run) > 2 * len(line):
                break
            best = max(best, run, key=lambda text: similarity(line, text))
    return best


def _belongs(part: str, line: str) -> bool:
    """Whether a line read from the image may be a piece of the asked line."""
    piece, whole = plain(part), plain(line)
    if not piece:
        return False
    return 1 - _distance(piece, whole, anywhere=True) / len(piece) >= PART


def _stray(task: PaintTask, image: Image.Image, lines: Sequence[TextLine], ocr: Ocr) -> Check | None:
    large = [
        line
        for line in lines
        if line.height >= STRAY_LIMIT * image.height
        and line.confidence >= SURE
        and len(set(plain(line.text))) >= LETTERS
        and not any(_belongs(line.text, asked) for asked in task.text)
    ]
    if not large:
        return None
    own = [line.text for photo in (task.photo, *task.companions) for line in ocr.read(decode(photo))]
    new = [line for line in large if not any(similarity(line.text, text) >= PART for text in own)]
    if not new:
        return None
    share = max(line.height for line in new) / image.height
    return Check(False, share, STRAY_LIMIT, f"the image says “{new[0].text}”, which nobody asked for")


def similarity(asked: str, read: str) -> float:
    """1 for the same letters and digits, 0 for none in common; case, accents and punctuation do not count."""
    one, other = plain(asked), plain(read)
    return 1 - _distance(one, other) / max(len(one), len(other), 1)


def numbers(text: str) -> list[str]:
    """The numbers of a text, with a point for every separator: a price is right to the digit or wrong."""
    whole = GROUPING.sub("", unicodedata.normalize("NFKC", text))
    return [found.replace(",", ".") for found in NUMBER.findall(whole)]


def plain(text: str) -> str:
    """Letters and digits as the reader gives them: lower case, without accents."""
    split = unicodedata.normalize("NFKD", text.casefold() if "ß" not in text else text.lower())
    return "".join(c for c in split.translate(LOOKALIKES) if c.isalnum())


def _distance(one: str, other: str, *, anywhere: bool = False) -> int:
    """Edits from one to the other (Levenshtein), or to its best-matching stretch `anywhere` (Sellers)."""
    row = [0] * (len(other) + 1) if anywhere else list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        above, row = row, [i]
        for j, target in enumerate(other, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (letter != target)))
    return min(row) if anywhere else row[-1]
