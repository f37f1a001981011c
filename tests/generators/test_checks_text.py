"""Comparing what was asked with what was read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.gate.text import TEXT_LIMIT, numbers, plain, similarity


@pytest.mark.parametrize(
    ("asked", "read"),
    [
        ("Crème brûlée dress", "Creme brulee dress"),
        ("Größe für Mädchen", "GroBe fur Madchen"),
        ("€49,90", "49,90"),
        ("Żółty szal – łódź", "Zotty szal - todz"),
        ("Black wool coat", "Blackwoolcoat"),
    ],
)
def test_what_the_reader_does_to_right_text_is_forgiven(asked: str, read: str) -> None:
    assert similarity(asked, read) >= 0.8


@pytest.mark.parametrize(
    ("asked", "read"),
    [
        ("Linen summer dress", "Linne smumer drses"),
        ("Wool coat", "Wool boot"),
        ("Silk blouse", ""),
        ("Hat", "Hot"),
    ],
)
def test_what_a_shopper_would_call_a_misprint_is_not(asked: str, read: str) -> None:
    assert similarity(asked, read) < TEXT_LIMIT


def test_numbers_are_taken_whole_whatever_their_separators() -> None:
    assert numbers("now €1.299,00, was 1 499") == ["1.299.00", "1499"]
    assert numbers("1\u202f129,00\xa0€") == numbers("1129,00€") == ["1129.00"]
    assert numbers("Jeans 501\n129,00 €") == ["501", "129.00"]
    assert numbers("$41.84") == numbers("41,84 $")
    assert numbers("$41.84") != numbers("$4184")


@given(st.text(max_size=30), st.text(max_size=30))
def test_similarity_is_a_share_and_symmetric(one: str, other: str) -> None:
    assert 0 <= similarity(one, other) <= 1
    assert similarity(one, other) == pytest.approx(similarity(other, one))
    assert similarity(one, one) == 1


@given(st.text(max_size=40))
def test_plain_text_is_letters_and_digits(text: str) -> None:
    assert plain(text) == "" or plain(text).isalnum()
