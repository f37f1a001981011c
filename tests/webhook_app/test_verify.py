"""Webhook verification: raw bytes as Shopify sends them, signed here, checked without any framework."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.errors import BadSignature, Malformed, TooLarge, WebhookRefused
from webhook_app.verify import MAX_BYTES, signature, verify

SECRET, OLD = b"shpss_new", b"shpss_old"
BODY = (Path(__file__).parent / "samples" / "products_create.json").read_bytes()


def headers(body: bytes = BODY, secret: bytes = SECRET, **changes: str) -> dict[str, str]:
    found = {
        "X-Shopify-Topic": "products/create",
        "X-Shopify-Hmac-Sha256": signature(body, secret),
        "X-Shopify-Shop-Domain": "demo.myshopify.com",
        "X-Shopify-Webhook-Id": "b54557e4",
        "X-Shopify-Event-Id": "98880550",
    }
    return {**found, **changes}


def test_the_signature_is_the_one_shopify_documents() -> None:
    """HMAC-SHA256 over the raw bytes, base64: RFC 4231's second test case in Shopify's form."""
    digest = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert b64decode(signature(b"what do ya want for nothing?", b"Jefe")).hex() == digest


def test_a_signed_event_is_read() -> None:
    event = verify(BODY, headers(), [SECRET])
    assert (event.topic, event.shop, event.event_id) == ("products/create", "demo.myshopify.com", "98880550")
    assert event.payload["title"] == "Blue cardigan – “Fjord”"


@pytest.mark.parametrize("given", ["", "x" * 65, "../x", "a b", "é"])
def test_an_event_without_a_usable_id_is_known_by_its_body(given: str) -> None:
    names = [
        verify(body, headers(body, **{"X-Shopify-Event-Id": given}), [SECRET]).event_id
        for body in (BODY, BODY, BODY + b" ")
    ]
    assert names[0] == names[1] != names[2]
    assert all(name.isalnum() for name in names)


def test_header_names_are_read_in_any_case() -> None:
    assert verify(BODY, {name.lower(): value for name, value in headers().items()}, [SECRET])


def test_the_old_secret_is_taken_beside_the_new_one() -> None:
    assert verify(BODY, headers(secret=OLD), [SECRET, OLD])


@pytest.mark.parametrize(
    "hmac", ["", "AAAA", "not base64 ☃", "é", signature(BODY, b"another"), signature(BODY + b" ", SECRET)]
)
def test_a_wrong_signature_is_refused_as_401(hmac: str) -> None:
    with pytest.raises(BadSignature) as refused:
        verify(BODY, headers(**{"X-Shopify-Hmac-Sha256": hmac}), [SECRET])
    assert refused.value.status == 401


def test_without_any_secret_nothing_is_believed() -> None:
    with pytest.raises(BadSignature):
        verify(BODY, headers(secret=b""), [])


def test_one_changed_byte_is_noticed() -> None:
    with pytest.raises(BadSignature):
        verify(BODY.replace(b"1072481054", b"1072481055"), headers(), [SECRET])


@pytest.mark.parametrize("name", ["X-Shopify-Topic", "X-Shopify-Shop-Domain"])
@pytest.mark.parametrize("value", ["", "../../etc", "demo.myshopify.com.evil.example", "a" * 100])
def test_a_missing_or_odd_header_is_malformed(name: str, value: str) -> None:
    with pytest.raises(Malformed):
        verify(BODY, headers(**{name: value}), [SECRET])


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b"null", b"[" * 100_000])
def test_a_signed_body_that_is_no_json_object_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        verify(body, headers(body), [SECRET])


def test_an_oversized_body_is_refused_before_it_is_hashed() -> None:
    with pytest.raises(TooLarge):
        verify(b" " * (MAX_BYTES + 1), headers(), [SECRET])


@given(body=st.binary(max_size=200), made_up=st.dictionaries(st.text(max_size=30), st.text(max_size=60)))
def test_whatever_comes_in_only_our_own_refusals_come_out(body: bytes, made_up: dict[str, str]) -> None:
    with pytest.raises(WebhookRefused):
        verify(body, made_up, [SECRET])
