"""What the analyst may say of a style: the shape of its answer, and what must not be in it.

A painter is told these words as they are, so they are held to the photos' style alone: no names, no words to
be written, no addresses, nothing that reads as an order.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from infra.errors import InputError

MOST_WORDS = 99
STYLES = "French|Greek|Art|Deco|Mid|Century|Bauhaus|Zen|LED"
FORBIDDEN: dict[str, re.Pattern[str]] = {
    "an address": re.compile(r"https?:|www\.|@\w|\b[\w-]+\.(?:com|net|org|co|io|shop)\b", re.IGNORECASE),
    "a brand": re.compile(r"[™®©]|\b(?:logos?|brand(?:s|ed|ing)?|trademarks?|monograms?)\b", re.IGNORECASE),
    # A capital inside a sentence is a name, or nearly always: what is Nordic or Japanese is a style.
    "a name": re.compile(rf"(?<=[a-z0-9,] )(?!\w+(?:ic|an|ish|ese)\b|(?:{STYLES})\b)[A-Z]\w+"),
    "a quotation": re.compile(r"[\"“”„«»]|(?<!\w)['‘][^'’]+['’](?!\w)"),
    "about writing": re.compile(
        r"\b(?:texts?|captions?|slogans?|headlines?|watermarks?|typograph\w*|letter(?:s|ing)|words?)\b",
        re.IGNORECASE,
    ),
    "a price": re.compile(r"[$€£¥]\s?\d|\d\s?%\s?off|\b(?:sale|discount|price)s?\b", re.IGNORECASE),
    "an order to the reader": re.compile(r"\b(?:ignore|disregard|override|instructions?)\b", re.IGNORECASE),
}


def _plain(text: str) -> str:
    """The text on one line; ValueError names what must not be in it."""
    for what, pattern in FORBIDDEN.items():
        if found := pattern.search(text):
            raise ValueError(f"“{found[0][:40]}” is {what}; leave it out, and do not say that you do")
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _short(text: str) -> str:
    if (count := len(text.split())) > MOST_WORDS:
        raise ValueError(f"it has {count} words; {MOST_WORDS} are the most")
    return text


Line = Annotated[str, StringConstraints(min_length=3, max_length=300), AfterValidator(_plain)]
Paragraph = Annotated[
    str, StringConstraints(min_length=3, max_length=900), AfterValidator(_plain), AfterValidator(_short)
]
Hex = Annotated[str, StringConstraints(to_lower=True, pattern=r"^#[0-9a-fA-F]{6}$")]


class StyleWords(BaseModel):
    """The answer: one sentence each, the colours around the product, and a prompt that joins all of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scene: Line = Field(description="Setting, backdrop, surface and props, in one sentence.")
    lighting: Line = Field(description="Light: direction, softness, temperature and tone, in one sentence.")
    pose: Line = Field(
        description="Pose of whoever is there, framing, angle and place in the frame, in one sentence."
    )
    mood: Line = Field(description="The mood, in one sentence.")
    palette: Annotated[tuple[Hex, ...], Field(min_length=1, max_length=5)] = Field(
        description="Main colours of backdrop and props, never of the product, as #rrggbb."
    )
    prompt: Paragraph = Field(
        description="One paragraph of at most 90 words for a painter, on scene, light and tone, pose and "
        "framing, mood. The thing for sale is called the product and never described."
    )


def schema() -> dict[str, Any]:
    """The JSON schema to ask for; lengths are left out, since not every provider takes them.

    https://openrouter.ai/docs/guides/features/structured-outputs
    """
    lengths = ("minLength", "maxLength", "minItems", "maxItems")
    return {name: _without(part, lengths) for name, part in StyleWords.model_json_schema().items()}


def parse_words(text: str) -> StyleWords:
    """The words in a model's answer; InputError says what is wrong with it, in words to be sent back."""
    # Some models put a fence, or what they thought, around the object.
    found = text[text.find("{") : text.rfind("}") + 1]
    if not found:
        raise InputError("there is no JSON object in it")
    try:
        return StyleWords.model_validate_json(found)
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))
        raise InputError("; ".join(faults)[:800]) from None


def _without(value: Any, names: tuple[str, ...]) -> Any:
    if isinstance(value, dict):
        return {name: _without(part, names) for name, part in value.items() if name not in names}
    return [_without(part, names) for part in value] if isinstance(value, list) else value
