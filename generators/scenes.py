"""Scenes: several products of a store in one picture, as a sentence describes it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from generators.checks import examine
from generators.formats import parse_formats
from generators.references import find_by_words
from infra.embedding import BuiltinEmbedder
from infra.errors import InputError
from infra.model import Check, Format, Painted, PaintTask, People, Product, Reference, Size, StyleBrief
from infra.ocr import Ocr
from infra.services import Services

MOST_PRODUCTS = 10
"""Nano Banana keeps that many objects apart: https://ai.google.dev/gemini-api/docs/image-generation"""
LONGEST = 500
"""Characters of a scene's description, and of the words that a product is looked for by."""
LOOKED_AT, OTHERS = 12, 3
"""How many products of the library are looked at for words, and how many are named as what else was meant."""
PRODUCT_GID = "gid://shopify/Product/"

_GID = re.compile(rf"(?:{PRODUCT_GID})?([1-9][0-9]{{0,18}})")
_HANDLE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_SOMEBODY = re.compile(
    r"\b(models?|m[ae]n|wom[ae]n|girls?|boys?|person|people|couple|friends|family|wear(ing|s)|worn)\b"
)
_HANDS = re.compile(r"\b(hands?|holding|holds|held)\b")

OF_A_PRODUCT = "product", "colour", "likeness"
"""The checks that ask for one product, and in a scene for each."""

How = Literal["id", "handle", "title", "words", "look"]


@dataclass(frozen=True, slots=True)
class SceneWish:
    """A scene as it was asked for: `products` by gid, number, handle, title or any words.

    `bestsellers`: take light and mood from the bestsellers that look like the first product.
    InputError, or SettingsError for a format, when it cannot be met as it stands.
    """

    words: str
    products: tuple[str, ...]
    formats: tuple[str, ...] = ("1:1",)
    bestsellers: bool = True
    publish: bool = False

    def __post_init__(self) -> None:
        if not self.words.strip() or len(self.words) > LONGEST:
            raise InputError(f"describe the scene in 1 to {LONGEST} characters")
        if not 1 <= len(self.products) <= MOST_PRODUCTS:
            raise InputError(f"a scene shows 1 to {MOST_PRODUCTS} products, not {len(self.products)}")
        if any(not one.strip() or len(one) > LONGEST for one in self.products):
            raise InputError("a product is named by its id, its handle or some words")
        parse_formats(self.formats)


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken for one of the wished products, and what else may have been meant, title and number."""

    wanted: str
    product_id: str
    title: str
    how: How
    others: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """The choice in a merchant's words; "" where there was none to make."""
        if self.how not in ("words", "look"):
            return ""
        by_look = ", by its look alone" if self.how == "look" else ""
        meant = f"; it may also have meant {', '.join(self.others)}" if self.others else ""
        return f"“{self.wanted}” was taken to be {_named(self.title, self.product_id)}{by_look}{meant}"


def find_product(services: Services, shop: str, wanted: str) -> Taken:
    """The product that somebody means: its gid, its handle, its title, or words that describe it.

    InputError when there is none; it names what comes nearest.
    """
    text = " ".join(wanted.split())
    return _by_id(services, shop, text) or _by_handle(services, shop, text) or _by_words(services, shop, text)


def _by_id(services: Services, shop: str, text: str) -> Taken | None:
    given = _GID.fullmatch(text)
    product = services.store(shop).products.get(PRODUCT_GID + given[1]) if given else None
    if product is None and text.startswith(PRODUCT_GID):
        raise InputError(f"the store has no product {text}")
    return Taken(text, product.id, product.title, "id") if product else None


def _by_handle(services: Services, shop: str, text: str) -> Taken | None:
    """https://shopify.dev/docs/api/admin-graphql/latest/queries/products#arguments-query"""
    if not _HANDLE.fullmatch(text):
        return None
    found = services.store(shop).products.all(query=f"handle:{text}")
    product = next((product for product in found if product.handle == text), None)
    return Taken(text, product.id, product.title, "handle") if product else None


def _by_words(services: Services, shop: str, text: str) -> Taken:
    found = find_by_words(services, shop, text, LOOKED_AT)
    named = [one for one in found if one.title.casefold() == text.casefold()]
    if len(named) == 1:
        return Taken(text, named[0].product_id, named[0].title, "title")
    described = [one for one in found if one.sparse_rank]
    if not described and not _reads_words(services, shop):
        nearest = f"; nearest by colour: {', '.join(_titles(found))}" if found else ""
        raise InputError(f"no product of the library is described by “{text}”{nearest}")
    if not found:
        raise InputError(f"the library has no product to take for “{text}”; bestshot sync fills it")
    best, *others = described or found
    return Taken(text, best.product_id, best.title, "words" if described else "look", _titles(others))


def _reads_words(services: Services, shop: str) -> bool:
    """Whether the look of a photo can answer for words: the built-in embedder knows colours alone."""
    return not isinstance(services.embedder_of(shop), BuiltinEmbedder | None)


def _named(title: str, product_id: str) -> str:
    """A title with the number by which the product can be asked for: many have one title."""
    return f"{title} ({product_id.rpartition('/')[2]})"


def _titles(found: Sequence[Reference]) -> tuple[str, ...]:
    return tuple(_named(one.title, one.product_id) for one in found[:OTHERS])


def together(products: Sequence[Product], words: str) -> Product:
    """The products as one, for prompt, file name and alternative text; `words` are the merchant's hint."""
    first = products[0]
    titles = [product.title for product in products]
    return replace(
        first,
        title=titles[0] if len(titles) == 1 else f"{', '.join(titles[:-1])} + {titles[-1]}",
        description="",
        price=None,
        handle="-".join(["scene", *(product.handle for product in products)]),
        hint=" ".join(words.split()),
        photos=(),
    )


def scene_brief(brief: StyleBrief, words: str) -> StyleBrief:
    """A brief whose light and mood are kept, while the place and what happens there are the merchant's."""
    scene = " ".join(words.split()).rstrip(".")
    prompt = f"{scene[:1].upper()}{scene[1:]}. {brief.lighting} {brief.mood}"
    return replace(brief, scene=f"{scene[:1].upper()}{scene[1:]}.", pose="", prompt=prompt)


def people_in(words: str, setting: People | Literal["auto"]) -> People:
    """Who is in a scene: what the settings say, and with "auto" what the words do.

    English; for other languages it is "none", with which the prompt leaves people to the merchant's words.
    """
    if setting != "auto":
        return setting
    text = words.casefold()
    return "model" if _SOMEBODY.search(text) else "hands" if _HANDS.search(text) else "none"


def scene_task(
    product: Product,
    photos: Sequence[bytes],
    references: Sequence[bytes],
    brief: StyleBrief,
    format_: Format,
    *,
    size: Size,
    people: People,
    audience: str,
) -> PaintTask:
    """What a painter is given for a scene: `product` as of `together`, and a photo of each product in it.

    Of the bestsellers only the best one's photo goes with it: beside several products, a model takes more of
    them for products too.
    """
    return PaintTask(
        product=product,
        photo=photos[0],
        references=tuple(references[:1]),
        brief=brief,
        format=replace(format_, with_text=False),
        size=size,
        people=people,
        audience=audience,
        companions=tuple(photos[1:]),
    )


def examine_scene(painted: Painted, task: PaintTask, *, ocr: Ocr) -> dict[str, Check]:
    """The gate for a scene: what it asks of any picture, and of each product what it asks of one.

    Of the products the worst counts; what refuses it says which, by its place among those asked for.
    """
    checks = examine(painted, task, ocr=ocr)
    of_each: dict[str, list[Check]] = {name: [checks[name]] for name in OF_A_PRODUCT if name in checks}
    for photo in task.companions if of_each else ():
        alone = examine(painted, replace(task, photo=photo, references=()), ocr=ocr)
        for name, found in of_each.items():
            found.append(alone[name])
    return checks | {name: _worst(found) for name, found in of_each.items() if len(found) > 1}


def _worst(found: Sequence[Check]) -> Check:
    number, worst = min(enumerate(found, 1), key=lambda one: (one[1].passed, _to_spare(one[1])))
    note = worst.note if worst.passed else f"product {number} of {len(found)}: {worst.note}"
    return replace(worst, note=note)


def _to_spare(check: Check) -> float:
    """How far a figure is from its limit, as a share of it: a check may have either above it."""
    return 0.0 if check.figure is None or not check.limit else abs(check.figure / check.limit - 1)
