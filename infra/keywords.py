"""Keyword vectors: hashed terms, so that a stored document vector never needs a rebuild.

A term's bucket is its hash, not its place in a vocabulary, and what depends on the whole catalog (inverse
document frequency) weighs the query alone: score = query · document. Vectors are `{bucket: weight}`, the
form of Milvus' sparse vectors.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache

from sklearn.utils import murmurhash3_32

from infra.markup import plain_text
from infra.model import Product

BUCKETS = 2**20

CATEGORY_WEIGHT = 3
TITLE_WEIGHT = 2
"""How often a field counts; term frequency is sublinear, so three times is about twice the weight."""

_MARKS = re.compile("[\u0300-\u036f]")
_APOSTROPHE = re.compile(r"\b\w['’](?=\w)|['’]\w?\b")
_LETTER_WORD = re.compile(r"\b([tv])[\s‐‑-]+(?=[^\W\d_])")
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]+"
    "|[\U00020000-\U0003134f]+"
)


class _Letters(dict[int, str]):
    """For `str.translate`: letters, digits and marks stay, hyphens become one kind, all else a space."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        # \w would split Hindi and Thai words at their vowel signs, which are marks (M).
        kept = unicodedata.category(character)[0] in "LMN"
        self[code] = "-" if character in "-‐‑" else character if kept else " "
        return self[code]


_LETTERS = _Letters()


def document_text(product: Product) -> str:
    """What the keyword side knows of a product; category and title are repeated by their weight."""
    fields = [
        *[product.category] * CATEGORY_WEIGHT,
        *[product.title] * TITLE_WEIGHT,
        product.description,
        product.color,
        product.style,
        product.season,
        *product.tags,
        product.hint,
    ]
    return "\n".join(field for field in fields if field)


def document_vector(text: str) -> dict[int, float]:
    """Sublinear term weights 1 + ln(tf), L2-normalised; {} for a text without words."""
    return _normalised({bucket: 1 + math.log(count) for bucket, count in _counts(text).items()})


def query_vector(text: str, documents: int, frequencies: Mapping[int, int]) -> dict[int, float]:
    """The query's term weights times idf, L2-normalised, for a catalog of `documents` documents.

    `frequencies[bucket]` is the number of documents that have the term; a bucket left out has none. The idf
    is BM25's, which is positive whatever the counts:
    https://en.wikipedia.org/wiki/Okapi_BM25#IDF
    """
    weights = {}
    for bucket, count in _counts(text).items():
        having = min(frequencies.get(bucket, 0), documents)
        idf = math.log1p((documents - having + 0.5) / (having + 0.5))
        weights[bucket] = (1 + math.log(count)) * idf
    return _normalised(weights)


def terms(text: str) -> frozenset[int]:
    """The buckets of a text's terms: what to count for document frequencies."""
    return frozenset(_counts(text))


def words(text: str) -> Iterator[str]:
    """The terms of a text in any language, in order.

    HTML is dropped, case and accents folded, western plurals taken to the singular. Scripts written without
    spaces give character bigrams. A hyphenated word gives itself joined and its parts ("long-sleeve":
    longsleeve, long, sleeve), but a part of one letter has no meaning of its own: "T-shirts", "t shirt" and
    "tshirt" all give tshirt, and never shirt.
    """
    folded = _MARKS.sub("", unicodedata.normalize("NFKD", plain_text(text).casefold()))
    folded = unicodedata.normalize("NFC", folded)
    folded = _LETTER_WORD.sub(r"\1-", _APOSTROPHE.sub(" ", folded))
    for word in folded.translate(_LETTERS).split():
        if not word.isascii() and _UNSPACED.search(word):
            yield from _bigrams(word)
            continue
        parts = [part for part in word.split("-") if part]
        if len(parts) > 1:
            yield _singular("".join(parts))
        if len(parts) == 1 or all(len(part) > 1 for part in parts):
            yield from map(_singular, parts)


def _bigrams(word: str) -> Iterator[str]:
    end = 0
    for run in _UNSPACED.finditer(word):
        yield from re.findall("[^-]+", word[end : run.start()])
        letters = run.group()
        yield from (letters[i : i + 2] for i in range(max(len(letters) - 1, 1)))
        end = run.end()
    yield from re.findall("[^-]+", word[end:])


def _singular(word: str) -> str:
    """Harman's S-stemmer, with "dresses" and "watches" handled: light enough for any western language."""
    if len(word) < 4 or not word.isascii():
        return word
    if word.endswith("ies") and word[-4] not in "ae":
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("us", "ss")):
        return word[:-1]
    return word


@lru_cache(maxsize=2**14)
def _bucket(word: str) -> int:
    """As scikit-learn's HashingVectorizer hashes."""
    return abs(int(murmurhash3_32(word))) % BUCKETS


def _counts(text: str) -> Counter[int]:
    return Counter(map(_bucket, words(text)))


def _normalised(weights: dict[int, float]) -> dict[int, float]:
    length = math.sqrt(sum(weight * weight for weight in weights.values()))
    return {bucket: weight / length for bucket, weight in weights.items() if weight > 0}
