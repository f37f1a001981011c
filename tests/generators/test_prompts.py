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
    ("locale", "currency", "price"),
    [
        ("en", "USD", "$1,129.00"),
        ("en", "CAD", "$1,129.00"),
        ("en", "EUR", "€1,129.00"),
        ("de", "EUR", "1.129,00\xa0€"),
        ("de", "CHF", "CHF\xa01’129.00"),
        ("pt-BR", "BRL", "R$\xa01.129,00"),
        ("es", "MXN", "$1,129.00"),
        ("ja", "JPY", "￥1,129"),
        ("zh-TW", "TWD", "$1,129.00"),
        ("tlh", "USD", "$1,129.00"),
        ("", "EUR", "€1,129.00"),
        ("../etc", "EUR", "€1,129.00"),
    ],
)
def test_a_price_is_written_as_the_shop_writes_it(locale: str, currency: str, price: str) -> None:
    assert banner_text(replace(PRODUCT, currency=currency), locale) == ("Wool coat", price)


def test_a_banner_without_a_price_has_the_title_alone() -> None:
    assert banner_text(replace(PRODUCT, price=None)) == ("Wool coat",)


@pytest.mark.parametrize(
    ("locale", "title", "alt"),
    [
        ("en", "Wool coat", "Wool coat, on a plain backdrop."),
        ("en-GB", "Wool coat.", "Wool coat, on a plain backdrop."),
        ("de", "Wollmantel", "Wollmantel, vor schlichtem Hintergrund."),
        ("pt-BR", "Casaco de lã", "Casaco de lã, sobre fundo liso."),
        ("pt-PT", "Casaco de lã", "Casaco de lã, sobre um fundo liso."),
        ("ja", "ウールコート", "ウールコート、無地の背景。"),
        ("zh-TW", "羊毛大衣", "羊毛大衣，素色背景。"),
        ("ko", "울 코트", "울 코트, 무지 배경."),
    ],
)
def test_an_alternative_text_speaks_the_language_of_the_shop(locale: str, title: str, alt: str) -> None:
    assert alt_text(replace(PRODUCT, title=title), locale) == alt


@pytest.mark.parametrize("locale", ["cy", "xx-YY", "", "../etc"])
def test_in_a_language_that_we_do_not_speak_the_title_stands_alone(locale: str) -> None:
    assert alt_text(replace(PRODUCT, title="Côt wlân."), locale) == "Côt wlân."


def test_every_language_of_shopifys_admin_is_spoken() -> None:
    admin = "cs da de en es fi fr it ja ko nb nl pl pt-BR pt-PT sv th tr zh-CN zh-TW"
    spoken = {locale: alt_text(PRODUCT, locale) for locale in admin.split()}
    assert all(alt.startswith("Wool coat") and alt != "Wool coat" for alt in spoken.values())
    assert [locale for locale in spoken if locale != "en" and spoken[locale] == spoken["en"]] == []


@pytest.mark.parametrize("locale", ["en", "ja", "th", "cy"])
def test_an_alternative_text_keeps_within_the_stores_limit(locale: str) -> None:
    words = alt_text(replace(PRODUCT, title="very " * 200 + "long"), locale)
    assert ALT_LIMIT - 30 < len(words) <= ALT_LIMIT
    assert set(words.replace(alt_text(PRODUCT, locale).removeprefix("Wool coat"), "").split()) == {"very"}
    assert len(alt_text(replace(PRODUCT, title="x" * 600), locale)) == ALT_LIMIT


@pytest.mark.parametrize("letter", ["e\u0301", "👍🏽", "👩\u200d🎨"])
def test_no_letter_is_cut_in_half(letter: str) -> None:
    for shift in range(len(letter)):
        text = alt_text(replace(PRODUCT, title="x" * shift + letter * 600), "cy")
        assert ALT_LIMIT - len(letter) < len(text) <= ALT_LIMIT
        assert (len(text) - shift) % len(letter) == 0


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
