"""Who is in a painted picture beside the product: clothes want a body, a mug wants none."""

from __future__ import annotations

import re
from typing import Literal

from infra.model import People, Product

Wish = Literal["auto", "none", "model", "hands"]

WORDS: dict[People, str] = {
    "model": """
        apparel clothing clothes outerwear activewear sportswear knitwear knits menswear womenswear eyewear
        dress gown skirt shirt tshirt blouse top tee tunic sweater pullover jumper cardigan hoodie sweatshirt
        turtleneck vest waistcoat coat jacket blazer parka cape poncho kimono sari suit jumpsuit romper
        overall dungaree trouser pant jean legging shorts chino hat beanie scarf scarves shawl sunglasses
    """,
    "hands": """
        jewelry jewellery ring bracelet bangle earring necklace pendant anklet brooch watch smartwatch
        beauty cosmetic makeup skincare skin lipstick mascara polish perfume fragrance
        bag handbag clutch tote wallet purse glove mitten
    """,
    "none": """
        mug cup glass plate bowl vase candle lamp light furniture chair table shelf pillow cushion blanket
        towel rug curtain toy book art poster print painting food coffee tea shoe sneaker boot sandal sock
        hanger rack box case stand holder hook organizer cover form pattern sticker kit brush cleaner care
    """,
}
"""The words of categories, by what they call for. Those under "none" take back what stands before them: a
watch box is worn by nobody. Shoes are among them, since feet are what image models paint worst."""
ALONE = """
    baby infant newborn toddler kid child children boy girl teen pet dog cat
    underwear lingerie bra panty thong bikini swimwear swimsuit bodysuit nightwear intimates
"""
"""Never put on a painted body unless the merchant says so: safety filters refuse most of it, and should."""

_AFTER = re.compile(r"\b(?:with|for|in|from|of)\b|[,(|]|\s[–—-]\s")
"""Where a name goes on to what the product has or is for: a dress with a print is a dress."""


def people_for(product: Product, wish: Wish) -> People:
    """What the merchant wishes; with "auto", what the product's category calls for, or else its title.

    English, like Shopify's product taxonomy; what is not known here is shown alone.
    https://shopify.github.io/product-taxonomy/
    """
    if wish != "auto":
        return wish
    texts = product.category.lower(), product.title.lower()
    if not _singulars(ALONE).isdisjoint(word for text in texts for word in _words(text)):
        return "none"
    return next((who for who in map(_called_for, texts) if who), "none")


def _called_for(text: str) -> People | None:
    """By the last word that is known: a coat hanger is no coat, and a path ends with what is most exact."""
    table = {word: who for who, words in WORDS.items() for word in _singulars(words)}
    named = _words(_AFTER.split(text, maxsplit=1)[0])
    return next((table[word] for word in reversed(named) if word in table), None)


def _words(text: str) -> list[str]:
    return [_singular(word) for word in re.findall("[a-z]+", text)]


def _singulars(words: str) -> frozenset[str]:
    return frozenset(map(_singular, words.split()))


def _singular(word: str) -> str:
    """Roughly, and the same for both sides of a comparison."""
    for ending, instead in (("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh"), ("ies", "y")):
        if word.endswith(ending):
            return word.removesuffix(ending) + instead
    return word if word.endswith("ss") else word.removesuffix("s")
