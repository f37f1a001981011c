"""The doctor asks OpenRouter whether it takes our key, before a listing does."""

from __future__ import annotations

from contextlib import closing

import pytest
from pydantic import SecretStr

from infra.errors import KeyRefused
from infra.openrouter import OpenRouter
from tests.infra.host_kit import answer, photo_host
from webhook_app.doctor import _openrouter

KEY = SecretStr("sk-or-v1-x")


def test_a_key_that_is_taken_says_what_it_has_left() -> None:
    page = answer(b'{"data": {"limit_remaining": 4.2}}')
    with photo_host({"/key": page}) as host, closing(OpenRouter(host.url, KEY)) as client:
        assert _openrouter(client) == "takes the key, which has $4.2 left"


def test_a_key_that_is_refused_is_something_to_mend() -> None:
    page = answer(b'{"error": {"code": 401}}', status=401)
    with (
        photo_host({"/key": page}) as host,
        closing(OpenRouter(host.url, KEY)) as client,
        pytest.raises(KeyRefused),
    ):
        _openrouter(client)
