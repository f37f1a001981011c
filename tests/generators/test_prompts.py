"""Pure text: prompts, banner lines, alternative text."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from generators.formats import PIXELS_1K, parse_format, parse_formats
from generators.prompts import ALT_LIMIT, alt_text, banner_text, painting_prompt
from generators.style import plain_style
from infra.errors import SettingsError
from infra.model import Product, slug

PRODUCT = Product(
    "gid://shopify/Product/1", "Wool coat", datetime.now(UTC), price=Decimal("1129"), currency="EUR"
)


def test_a_prompt_says_what_how_and_what_must_not_change() -> None:
    text = painting_prompt(
        replace(PRODUCT, hint="on a pier"), plain_style(PRODUCT), parse_format("4:1"), ("Wool coat",)
    )
    for part in ("4:1", "Wool coat", "on a pier", plain_style(PRODUCT).prompt, "exactly as in its photo"):
        assert part in text


@pytest.mark.parametrize(
    ("locale", "price"), [("en_US", "€1,129.00"), ("de_DE", "1.129,00\xa0€"), ("ja_JP", "€1,129.00")]
)
def test_a_price_is_written_as_the_locale_writes_it(locale: str, price: str) -> None:
    assert banner_text(PRODUCT, locale) == ("Wool coat", price)


def test_a_banner_without_a_price_has_the_title_alone() -> None:
    assert banner_text(replace(PRODUCT, price=None)) == ("Wool coat",)


def test_an_alternative_text_keeps_within_the_stores_limit() -> None:
    assert alt_text(PRODUCT) == "Wool coat, on a plain backdrop."
    assert len(alt_text(replace(PRODUCT, title="x" * 600))) == ALT_LIMIT


@pytest.mark.parametrize("ratio", PIXELS_1K)
def test_every_format_has_pixels_within_two_percent_of_its_ratio(ratio: str) -> None:
    across, down = map(int, ratio.split(":"))
    for size in ("512", "1K", "2K", "4K"):
        found = parse_format(ratio, size)  # type: ignore[arg-type]
        assert found.width / found.height == pytest.approx(across / down, rel=0.02)
        assert max(found.width, found.height) <= 4472


def test_formats_are_read_as_people_write_them() -> None:
    assert [slug(f.ratio) for f in parse_formats(" 4x1, 1:1,4:1 ")] == ["4x1", "1x1"]


@pytest.mark.parametrize("text", ["7:5", "", "1", "1:1;3:4", "0:0"])
def test_an_unknown_format_is_refused_with_those_that_are_known(text: str) -> None:
    with pytest.raises(SettingsError, match="21:9"):
        parse_formats(text)
