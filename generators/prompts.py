"""Pure text: what a painter is told, what is set in a banner, what a picture says to a screen reader."""

from __future__ import annotations

import re
import unicodedata

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency

from infra.model import Format, Product, StyleBrief

ALT_LIMIT = 512
"""Characters; Shopify's limit for alternative text."""

ON_A_BACKDROP = {
    "cs": ", na jednoduchém pozadí.",
    "da": ", på en enkel baggrund.",
    "de": ", vor schlichtem Hintergrund.",
    "en": ", on a plain backdrop.",
    "es": ", sobre un fondo liso.",
    "fi": ", yksinkertaista taustaa vasten.",
    "fr": ", sur fond uni.",
    "it": ", su uno sfondo semplice.",
    "ja": "、無地の背景。",
    "ko": ", 무지 배경.",
    "nb": ", mot en enkel bakgrunn.",
    "nl": ", tegen een effen achtergrond.",
    "no": ", mot en enkel bakgrunn.",
    "pl": ", na gładkim tle.",
    "pt": ", sobre fundo liso.",
    "pt-pt": ", sobre um fundo liso.",
    "sv": ", mot en enkel bakgrund.",
    "th": " บนพื้นหลังเรียบ",
    "tr": ", sade bir fon önünde.",
    "zh": "，素色背景。",
}
"""What stands behind the title in each language of Shopify's own admin; together they are one phrase. By
language, or by language and region where that makes a difference (Chinese writes these four characters alike
everywhere)."""

CONSTRAINTS = (
    "Keep the product exactly as in its photo: shape, colour, pattern, fabric and every detail. "
    "It sits naturally in the scene; no visible labels, no added elements, no text unless asked for."
)


def painting_prompt(product: Product, brief: StyleBrief, format: Format, text: tuple[str, ...]) -> str:
    """The instruction for one image of one product in one format."""
    parts = [
        f"A {format.ratio} promotional photograph of this product: {product.title}.",
        brief.prompt,
        f"The merchant adds: {product.hint}." if product.hint else "",
        f"Set this text, and no other: {' / '.join(text)}." if text else "",
        CONSTRAINTS,
    ]
    return " ".join(part for part in parts if part)


def banner_text(product: Product, locale: str = "en") -> tuple[str, ...]:
    """The lines set in a banner: the title, then the price, if there is one, as the locale writes it."""
    if product.price is None:
        return (product.title,)
    written = format_currency(product.price, product.currency, locale=_money_locale(locale, product.currency))
    return (product.title, written)


def alt_text(product: Product, locale: str = "en") -> str:
    """What the picture shows, for screen readers and search engines, in the language of the shop.

    The title is in that language already. Where we do not speak it, the title stands alone: half a sentence
    of English in a foreign shop would be read out with the wrong voice.
    """
    scene = _in_language(locale)
    title = " ".join(product.title.split())
    if not scene:
        return _clipped(title, ALT_LIMIT)
    return _clipped(title, ALT_LIMIT - len(scene)).rstrip(" .,;:!…。，、；：！") + scene


def _in_language(locale: str) -> str:
    """The scene for a locale as "pt-BR": its own, or that of its language; empty where there is none."""
    name = locale.lower().replace("_", "-")
    return ON_A_BACKDROP.get(name) or ON_A_BACKDROP.get(name.partition("-")[0], "")


def _money_locale(locale: str, currency: str) -> Locale:
    """The shop's language as it is written where the currency is from: "de" with CHF is Swiss.

    A currency's code begins with that of its country (ISO 4217). A locale that says its own region keeps it,
    and one that nobody knows is written as English.
    """
    name = locale.replace("-", "_")
    for candidate in (f"{name}_{currency[:2]}", name, name.partition("_")[0]):
        try:
            return Locale.parse(candidate)
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en")


def _clipped(text: str, limit: int) -> str:
    """At most that many characters: whole words where there are spaces, and no letter without its marks."""
    if len(text) <= limit:
        return text
    end = max(text.rfind(" ", 0, limit + 1), 0)
    if end < limit // 2:
        end = next(i for i in range(limit, -1, -1) if not i or not _continues(text[i], text[i - 1]))
    return text[:end].rstrip()


def _continues(letter: str, before: str) -> bool:
    """Whether a character belongs to the one before it: accents, and the parts of an emoji."""
    joined = "\u200d" in (letter, before) or re.match("[\ufe0f\U0001f3fb-\U0001f3ff]", letter)
    return bool(joined) or unicodedata.category(letter) in ("Mn", "Mc", "Me")
