"""Title and price in the picture: inside their box, readable, never interpreted, never in little squares."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from generators.formats import PIXELS_1K, parse_format
from generators.studio import fonts, typeset
from generators.studio.backdrop import paint_backdrop
from generators.studio.colour import contrast
from generators.studio.layout import Box, lay_out
from generators.studio.painter import StudioPainter
from infra.errors import FontMissing
from tests.generators import studio_kit as kit

TITLES = (
    "Tee",
    "Damenwinterregenjackenkapuzenverlängerung",
    "The extraordinarily comfortable relaxed-fit organic cotton trousers with reinforced knees, 2026",
    "Стёганая куртка с вельветовым воротником",
)


@pytest.fixture
def bare_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine with no fonts but the packaged one."""
    monkeypatch.setattr(fonts, "_font_folders", lambda: (tmp_path,))


@pytest.mark.parametrize("ratio", PIXELS_1K)
@pytest.mark.parametrize("title", TITLES)
def test_text_stays_in_its_box_and_off_the_product(ratio: str, title: str) -> None:
    format_ = parse_format(ratio)
    layout = lay_out(format_, 0.9, words=True)
    copy = typeset.prepare((title, "1.249,00 €"))
    assert copy is not None
    assert layout.text is not None

    lines = typeset.set_copy(copy, layout.text)

    room, margin = layout.text, 0.02 * min(format_.width, format_.height)
    assert room.left >= margin
    assert room.right <= format_.width - margin
    assert room.right <= layout.product.left or room.top >= layout.product.bottom
    for line in lines:
        left, top, right, bottom = line.box
        assert left >= room.left - 4
        assert right <= room.right + 4
        assert top >= room.top - 4
        assert bottom <= room.bottom + 4
    assert all(upper.baseline < lower.baseline for upper, lower in pairwise(lines))


def test_the_headline_outranks_the_price() -> None:
    copy = typeset.prepare(("Linen shirt", "$49.00"))
    assert copy is not None

    headline, price = typeset.set_copy(copy, Box(100, 80, 900, 340))

    assert headline.font.size > 1.5 * price.font.size
    assert headline.baseline < price.baseline


@pytest.mark.parametrize("lightness", range(24, 96, 6))
@pytest.mark.parametrize("chroma", [0.0, 20.0])
def test_ink_is_readable_on_every_backdrop(lightness: int, chroma: float) -> None:
    ground = paint_backdrop(
        (512, 128), (float(lightness), chroma, -chroma), kit.brief(softness=0.0, contrast=1.0)
    )
    ground = ground[:, :256]

    ink = typeset.ink_for(ground)

    worst = min(
        contrast(ink, (float(r), float(g), float(b))) for r, g, b in ground[::16, ::16].reshape(-1, 3)
    )
    limit = typeset.READABLE if not 44 <= lightness < 68 else 3.0  # tones that no backdrop is painted in
    assert worst >= limit


def test_lines_break_evenly_between_words() -> None:
    lines = typeset.break_lines("one two three four", lambda text: 10.0 * len(text), 100)

    assert lines == ["one two", "three four"]


def test_a_word_wider_than_the_measure_is_hyphenated() -> None:
    lines = typeset.break_lines("Donaudampfschiff", lambda text: 10.0 * len(text), 100)

    assert lines == ["Donaudamp-", "fschiff"]


def test_japanese_breaks_between_letters_but_not_before_a_closing_mark() -> None:
    lines = typeset.break_lines("夏のシャツ、麻", lambda text: 10.0 * len(text), 50)

    assert "".join(lines) == "夏のシャツ、麻"
    assert not any(line.startswith("、") for line in lines)


def test_markup_and_format_marks_are_only_letters() -> None:
    copy = typeset.prepare(("<b>Sale</b> {0} %s\n&amp;\u202e\x00", ""))

    assert copy is not None
    assert copy.lines == ("<b>Sale</b> {0} %s &amp;",)


@pytest.mark.usefixtures("bare_system")
def test_emoji_without_a_font_are_left_out_and_named() -> None:
    photo, _ = kit.tee()

    painted = StudioPainter().paint(kit.task(photo, "4:1", ("Summer 🌸 tee 🔥", "$9")))

    assert painted.text == ("Summer tee", "$9")
    assert "🌸" in painted.notes[0]


@pytest.mark.usefixtures("bare_system")
@pytest.mark.parametrize(
    ("title", "script"),
    [("夏のシャツ", "Hiragana"), ("قميص", "Arabic"), ("ผ้าลินิน", "Thai"), ("한복", "Hangul")],
)
def test_letters_without_a_font_are_an_error_that_names_them(title: str, script: str) -> None:
    photo, _ = kit.tee()

    with pytest.raises(FontMissing, match=script) as caught:
        StudioPainter().paint(kit.task(photo, "4:1", (title, "$9")))

    assert "fonts-noto" in str(caught.value)


@pytest.mark.usefixtures("bare_system")
def test_a_text_free_format_needs_no_font() -> None:
    photo, _ = kit.tee()

    assert StudioPainter().paint(kit.task(photo, "1:1", ("夏のシャツ",))).text == ()


def test_right_to_left_titles_begin_at_the_right() -> None:
    assert fonts.is_right_to_left("123 قميص")
    assert not fonts.is_right_to_left("Shirt قميص")
    layout = lay_out(parse_format("4:1"), 0.7, words=True, right_to_left=True)
    assert layout.text is not None
    assert layout.product.right <= layout.text.left


@pytest.mark.parametrize("weight", ["SemiBold", "Medium"])
def test_prices_are_set_in_the_packaged_font(weight: fonts.Weight) -> None:
    for price in ("€1.249,00", "$9", "£12", "¥1,200", "12 990 ₽", "₹499", "₩9,900", "1 299 kr", "zł 49"):
        assert fonts.font_for(price, weight, 20).getname()[0] in (
            "Manrope",
            "Manrope SemiBold",
            "Manrope Medium",
        ), price


def test_a_wide_empty_banner_keeps_its_product_in_the_middle() -> None:
    layout = lay_out(parse_format("8:1"), 0.7, words=False)

    assert abs(layout.product.left + layout.product.width / 2 - 3072 / 2) <= 1
    assert np.isclose(layout.product.top + layout.product.height / 2, 192, atol=1)
