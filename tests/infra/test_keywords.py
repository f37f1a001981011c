"""Keyword vectors: stable once stored, and alive to how shops write."""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.keywords import BUCKETS, document_text, document_vector, query_vector, terms, words
from infra.model import Product


def product(**fields: Any) -> Product:
    defaults: dict[str, Any] = {
        "id": "gid://shopify/Product/1",
        "title": "",
        "updated_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return Product(**defaults | fields)


def score(query: dict[int, float], document: dict[int, float]) -> float:
    return sum(weight * document.get(bucket, 0) for bucket, weight in query.items())


def frequencies(*texts: str) -> Counter[int]:
    return Counter(bucket for text in texts for bucket in terms(text))


def test_a_stored_vector_never_changes_when_the_vocabulary_grows() -> None:
    before = document_vector("Burgundy wool coat")
    for number in range(200):
        document_vector(f"new word{number} and tag{number}")
    assert document_vector("Burgundy wool coat") == before


def test_a_term_keeps_its_bucket_over_processes_and_releases() -> None:
    """Stored vectors depend on it: a change of hash or bucket count needs a rebuild of every mirror."""
    assert terms("burgundy coat") == {837621, 78274}


@pytest.mark.parametrize(
    "text", ["T-shirts", "t-shirt", "tshirt", "T Shirt", "t‑shirts", "TSHIRTS", "<b>T-Shirt</b>"]
)
def test_spellings_of_t_shirt_meet(text: str) -> None:
    assert list(words(text)) == ["tshirt"]


def test_a_t_shirt_is_not_a_shirt() -> None:
    assert not terms("T-shirts") & terms("Shirts")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Long-sleeve tops", "long sleeve top"),
        ("Dresses", "dress"),
        ("accessories", "accessory"),
        ("watches", "watch"),
        ("Women's shoes", "womens shoe"),
        ("robe d'été", "robe été"),
        ("Évasée", "evasee"),
        ("STRASSE", "straße"),
        ("ﬁne ｃｏａｔ", "fine coat"),
        ("caf&eacute; <br>au<br/> lait", "café au lait"),
        ("naïve", "nai\u0308ve"),
        ("платья", "ПЛАТЬЯ"),
    ],
)
def test_spellings_that_mean_the_same_meet(one: str, other: str) -> None:
    assert terms(other) <= terms(one)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("连衣裙", "红色连衣裙夏季"),
        ("カーディガン", "ブルーのカーディガン"),
        ("กางเกง", "กางเกงขายาว"),
        ("원피스", "여름원피스"),
    ],
)
def test_scripts_without_spaces_are_found_inside_a_text(query: str, text: str) -> None:
    assert terms(query) <= terms(text)


def test_words_keep_their_vowel_signs() -> None:
    assert list(words("साड़ी कुर्ता")) == list(words("साड़ी")) + list(words("कुर्ता"))
    assert len(list(words("साड़ी कुर्ता"))) == 2


def test_html_scripts_and_styles_leave_no_terms() -> None:
    text = "<style>.price{color:red}</style><p class='lead'>Wool&nbsp;coat</p><script>track()</script>"
    assert list(words(text)) == ["wool", "coat"]


def test_a_text_without_words_gives_no_terms() -> None:
    assert document_vector("") == document_vector(" – !? <br>") == query_vector("…", 10, {}) == {}


def test_every_field_of_a_product_is_searchable() -> None:
    text = document_text(
        product(
            title="Alpha", description="<p>Beta</p>", category="Gamma", color="delta", style="epsilon",
            season="zeta", tags=("eta", "theta iota"), hint="kappa",
        )
    )  # fmt: skip
    assert terms("alpha beta gamma delta epsilon zeta eta theta iota kappa") == terms(text)


def test_category_and_title_count_more_than_the_description() -> None:
    skirt = document_vector(document_text(product(category="Skirts", description="goes with a coat")))
    coat = document_vector(document_text(product(category="Coats", description="goes with a skirt")))
    query = query_vector("skirt", 2, frequencies("skirt coat", "coat skirt"))
    assert score(query, skirt) > 1.5 * score(query, coat)


def test_rare_words_of_a_query_outweigh_common_ones() -> None:
    catalog = ["summer dress", "summer skirt", "summer shirt", "summer hat"]
    query = query_vector("summer hat", len(catalog), frequencies(*catalog))
    ranked = sorted(catalog, key=lambda text: -score(query, document_vector(text)))
    assert ranked[0] == "summer hat"
    assert query[next(iter(terms("hat")))] > 2 * query[next(iter(terms("summer")))]


def test_a_query_is_fit_for_an_empty_shop_and_for_counts_that_ran_ahead() -> None:
    assert all(weight > 0 for weight in query_vector("red dress", 0, {}).values())
    bucket = next(iter(terms("red")))
    assert query_vector("red", 3, {bucket: 9})[bucket] == pytest.approx(1)


@given(st.text(max_size=200))
def test_any_text_gives_a_vector_that_milvus_accepts(text: str) -> None:
    """Buckets are uint32, weights positive and finite, the length is 1."""
    for vector in (document_vector(text), query_vector(text, 100, {})):
        assert all(0 <= bucket < BUCKETS for bucket in vector)
        assert all(type(bucket) is int and type(weight) is float for bucket, weight in vector.items())
        assert all(weight > 0 for weight in vector.values())
        assert not vector or math.isclose(sum(weight**2 for weight in vector.values()), 1, rel_tol=1e-9)
    assert document_vector(text).keys() == terms(text)
