"""Which font has the letters of a text: the packaged Manrope first, then whatever the system has.

A font is chosen by its character map, never by guessing from the language, so that no text is set in boxes.
"""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

from fontTools.ttLib import TTFont, TTLibError
from PIL import ImageFont, features

from infra.errors import FontMissing

Weight = Literal["SemiBold", "Medium"]

UNSEEN = {"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp", "Zs"}
"""Unicode categories that leave no mark on paper."""
ORNAMENT = {"So", "Sk", "Me"}
"""Unicode categories (emoji, their modifiers, keycaps) that a text loses nothing by going without."""
JOINERS = "\u200c\u200d"
"""Invisible, yet Persian and the Indic scripts are misspelt without them."""

BY_WEIGHT: dict[Weight, tuple[str, ...]] = {
    "SemiBold": ("SemiBold", "Bold", "Medium", "Regular", ""),
    "Medium": ("Medium", "Regular", "", "SemiBold", "Bold"),
}


def readable(text: str) -> str:
    """One line of plain text: no controls, no direction overrides, white space collapsed."""
    text = unicodedata.normalize("NFC", text)
    kept = (c if unicodedata.category(c) not in UNSEEN or c in JOINERS else " " for c in text)
    return " ".join("".join(kept).split())


def without_ornaments(text: str, weight: Weight) -> tuple[str, str]:
    """The text less the emoji and signs that no font here has, and those signs."""
    odd = {c for c in text if unicodedata.category(c) in ORNAMENT or "\ufe00" <= c <= "\ufe0f"}
    lost = "".join(sorted(c for c in odd if _covering(c, weight) is None))
    kept = "".join(" " if c in lost else c for c in text)
    return " ".join(kept.strip(JOINERS).split()), lost


def font_for(text: str, weight: Weight, size: int) -> ImageFont.FreeTypeFont:
    """A font of that pixel size with every letter of the text; FontMissing names those that none has."""
    found = _covering(text, weight)
    if found is None:
        raise FontMissing(_missing(text, weight))
    if _needs_shaping(text) and not (features.check("raqm") and features.check("fribidi")):
        raise FontMissing(f"{_scripts(text)} letters need FriBiDi to be set right; install libfribidi0")
    return ImageFont.truetype(found[0], size, index=found[1])


def is_right_to_left(text: str) -> bool:
    """Whether the text's first letter with a direction runs from right to left."""
    for letter in text:
        direction = unicodedata.bidirectional(letter)
        if direction in ("L", "R", "AL"):
            return direction != "L"
    return False


def _needs_shaping(text: str) -> bool:
    return any(
        unicodedata.bidirectional(c) in ("R", "AL") or "\u0900" <= c <= "\u0fff" or "\u1780" <= c <= "\u17ff"
        for c in text
    )


def _letters(text: str) -> frozenset[int]:
    return frozenset(ord(c) for c in text if unicodedata.category(c) not in UNSEEN)


def _covering(text: str, weight: Weight) -> tuple[str, int] | None:
    letters = _letters(text)
    return next((face for face in _faces(weight) if letters <= _charset(*face)), None)


def _missing(text: str, weight: Weight) -> str:
    fewest = min((_letters(text) - _charset(*face) for face in _faces(weight)), key=len)
    letters = "".join(chr(code) for code in sorted(fewest))
    return (
        f"no installed font has {letters[:20]} ({_scripts(letters)}); "
        "install one, for example Debian's fonts-noto-core or fonts-noto-cjk"
    )


def _scripts(letters: str) -> str:
    """Unicode names begin with the script: "HIRAGANA LETTER A"."""
    names = {unicodedata.name(c, "unnamed").split()[0].split("-")[0] for c in letters if ord(c) > 0x7F}
    return ", ".join(sorted(name.title() if name != "CJK" else name for name in names)[:4])


def _faces(weight: Weight) -> Iterator[tuple[str, int]]:
    """(path, index in the collection), best first; paths are only opened as the search gets to them."""
    yield str(files("font_manrope") / "files" / f"Manrope-{weight}.ttf"), 0
    for family in _families(_font_folders()):
        path = next((family[style] for style in BY_WEIGHT[weight] if style in family), None)
        if path:
            yield path, 0


@cache
def _families(folders: tuple[Path, ...]) -> tuple[dict[str, str], ...]:
    """The upright faces of each family found: style → path. Noto first: drawn to sit well together."""
    families: dict[str, dict[str, str]] = {}
    for path in sorted(
        p for folder in folders for p in folder.rglob("*") if p.suffix in (".ttf", ".otf", ".ttc")
    ):
        family, _, style = path.stem.partition("-")
        if style in BY_WEIGHT["SemiBold"]:
            families.setdefault(family, {}).setdefault(style, str(path))
    return tuple(families[name] for name in sorted(families, key=_preference))


def _preference(family: str) -> tuple[bool, bool, bool, str]:
    return "Mono" in family, "Serif" in family, not family.startswith("NotoSans"), family


def _font_folders() -> tuple[Path, ...]:
    """Where fontconfig, macOS and Windows keep fonts."""
    home = Path.home()
    if sys.platform == "darwin":
        return home / "Library/Fonts", Path("/Library/Fonts"), Path("/System/Library/Fonts")
    if sys.platform == "win32":
        return (Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts",)
    shared = os.environ.get("XDG_DATA_DIRS", "/usr/local/share:/usr/share").split(":")
    return (
        home / ".local/share/fonts",
        home / ".fonts",
        *(Path(folder) / "fonts" for folder in shared if folder),
    )


@cache
def _charset(path: str, index: int) -> frozenset[int]:
    """The code points a font file has glyphs for; none when it cannot be read."""
    try:
        with TTFont(path, fontNumber=index, lazy=True) as font:
            return frozenset(font.getBestCmap() or ())
    except (TTLibError, OSError):
        return frozenset()
