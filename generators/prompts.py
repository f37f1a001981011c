"""Pure text: what a painter is told, what is set in a banner, what a picture says to a screen reader."""

from __future__ import annotations

from babel.numbers import format_currency

from infra.model import Format, Product, StyleBrief

ALT_LIMIT = 512
"""Characters; Shopify's limit for alternative text."""

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


def banner_text(product: Product, locale: str = "en_US") -> tuple[str, ...]:
    """The lines set in a banner: the title, then the price if there is one."""
    if product.price is None:
        return (product.title,)
    return (product.title, format_currency(product.price, product.currency, locale=locale))


def alt_text(product: Product) -> str:
    """What the picture shows, for screen readers and search engines."""
    scene = ", on a plain backdrop."
    return product.title[: ALT_LIMIT - len(scene)].rstrip(". ") + scene
