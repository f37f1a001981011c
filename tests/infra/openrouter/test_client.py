"""The client: what each failure becomes, that nothing is asked twice, and that the key stays a secret."""

from __future__ import annotations

import json
import socket
import traceback
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from time import monotonic, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from infra.errors import (
    BestshotError,
    Blocked,
    KeyRefused,
    NotFound,
    OutOfCredit,
    OutsideError,
    Refused,
    SettingsError,
    Throttled,
    TooBig,
    Unanswered,
    Unavailable,
    Unbilled,
)
from infra.openrouter import OpenRouter
from infra.openrouter.problems import LONGEST_SAYING, good_reply, saying
from tests.infra.host_kit import answer, photo_host
from tests.standin.faults import error
from tests.standin.server import ModelServer

MODEL = "google/gemini-nano-banana-2.1"
BODY = {"model": MODEL, "prompt": "a mug"}

MEANINGS = [
    (400, Refused),
    (401, KeyRefused),
    (402, OutOfCredit),
    (403, Refused),
    (404, NotFound),
    (408, Unanswered),
    (413, TooBig),
    (422, Refused),
    (429, Throttled),
    (500, Unbilled),
    (502, Unbilled),
    (503, Throttled),
    (504, Unanswered),
    (524, Unanswered),
    (529, Throttled),
]


@pytest.mark.parametrize(("status", "kind"), MEANINGS)
def test_each_status_has_its_error_and_is_not_asked_again(
    server: ModelServer, client: OpenRouter, status: int, kind: type[BestshotError]
) -> None:
    server.fail("images", status=status)
    with pytest.raises(BestshotError) as raised:
        client.post("/images", BODY)
    assert type(raised.value) is kind
    assert len(server.requests["images"]) == 1
    assert server.billed == 0


@pytest.mark.parametrize(("status", "kind"), MEANINGS)
def test_an_error_inside_a_200_means_what_its_code_says(
    server: ModelServer, client: OpenRouter, status: int, kind: type[BestshotError]
) -> None:
    server.fail("images", "error_in_200", status=status)
    with pytest.raises(BestshotError) as raised:
        client.post("/images", BODY)
    # What failed after it had begun may have been billed.
    assert type(raised.value) is (Unanswered if kind is Unbilled else kind)


def test_an_error_without_a_code_may_pass(server: ModelServer, client: OpenRouter) -> None:
    server.fail("images", body={"error": {"message": "upstream hiccup", "code": "server_error"}})
    server.fail("images", body={"error": "upstream hiccup"})
    for _ in range(2):
        with pytest.raises(Unavailable, match="upstream hiccup"):
            client.post("/images", BODY)


def test_a_dead_model_is_named(server: ModelServer, client: OpenRouter) -> None:
    del server.image_models[MODEL]
    with pytest.raises(NotFound, match=MODEL):
        client.post("/images", BODY)
    server.fail("images", body=error(400, f"{MODEL} is not a valid model ID"), status=400)
    with pytest.raises(NotFound, match=MODEL):
        client.post("/images", BODY)


def test_moderation_is_told_by_its_reasons_and_not_by_the_text_it_flagged(
    server: ModelServer, client: OpenRouter
) -> None:
    flagged = error(403, "flagged", reasons=["violence", "hate"], flagged_input="Jane's phone is 555")
    server.fail("images", status=403, body=flagged)
    with pytest.raises(Blocked, match="violence, hate") as raised:
        client.post("/images", BODY)
    assert "Jane" not in str(raised.value)
    assert raised.value.cost_usd == 0


@pytest.mark.parametrize(
    "body",
    [
        error(403, "Key limit exceeded (monthly limit). Manage it using https://openrouter.ai/settings/keys"),
        error(403, "Budget spent", limit_source="openrouter_key_limit", limit_usd=10),
    ],
)
def test_a_spent_key_limit_is_no_credit(
    server: ModelServer, client: OpenRouter, body: dict[str, Any]
) -> None:
    server.fail("images", status=403, body=body)
    with pytest.raises(OutOfCredit):
        client.post("/images", BODY)


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("7", 7, 7),
        ("1.5", 1.5, 1.5),
        ("in a quarter of an hour", 600, 900),
        ("0", 1, 1),
        ("999999999", 3600, 3600),
        ("soon", 5, 5),
        ("", 5, 5),
    ],
)
def test_a_busy_provider_says_when_to_come_again(
    server: ModelServer, client: OpenRouter, header: str, least: float, most: float
) -> None:
    if header == "in a quarter of an hour":
        header = format_datetime(datetime.now(UTC) + timedelta(minutes=15), usegmt=True)
    server.fail("images", status=429, retry_after=header)
    with pytest.raises(Throttled) as raised:
        client.post("/images", BODY)
    assert least <= raised.value.retry_after <= most


def test_a_free_models_limit_ends_at_a_moment(server: ModelServer, client: OpenRouter) -> None:
    reset = {"X-RateLimit-Reset": str(int((time() + 40) * 1000))}
    server.fail("images", status=429, body=error(429, "free-models-per-min", headers=reset))
    with pytest.raises(Throttled) as raised:
        client.post("/images", BODY)
    assert 30 <= raised.value.retry_after <= 40


def test_silence_ends(server: ModelServer, client: OpenRouter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.openrouter.client.READ_SECONDS", 0.2)
    server.fail("images", "silence")
    began = monotonic()
    with pytest.raises(Unavailable) as raised:
        client.post("/images", BODY)
    assert monotonic() - began < 5
    assert type(raised.value) is Unanswered  # it was asked, and may be billed


def test_blanks_that_keep_a_connection_alive_are_no_reply(monkeypatch: pytest.MonkeyPatch) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        while True:
            handler.wfile.write(b"1\r\n \r\n")

    monkeypatch.setattr("infra.openrouter.client.READ_SECONDS", 0.2)
    with (
        photo_host({"/models": drip}) as host,
        closing(OpenRouter(host.url, SecretStr("key"))) as client,
        pytest.raises(Unavailable, match=r"not whole after 0\.2 seconds"),
    ):
        client.get("/models")


def test_a_cut_connection_may_have_been_billed_and_a_refused_one_not(
    server: ModelServer, client: OpenRouter
) -> None:
    server.fail("images", "reset")
    with pytest.raises(Unavailable) as raised:
        client.post("/images", BODY)
    assert not isinstance(raised.value, Unbilled)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        away = OpenRouter(f"http://127.0.0.1:{nobody.getsockname()[1]}/api/v1", server.key)
        with closing(away), pytest.raises(Unbilled):
            away.post("/images", BODY)


@pytest.mark.parametrize("page", [b"<html>gateway</html>", b"", b"[1, 2]", b"\xff\xfe", b"[" * 100_000])
def test_a_reply_that_is_no_json_object_may_be_one_next_time(
    server: ModelServer, client: OpenRouter, page: bytes
) -> None:
    server.fail("images", body=page)
    with pytest.raises(Unavailable, match="not JSON"):
        client.post("/images", BODY)


def test_a_page_in_place_of_an_error_counts_by_its_status(server: ModelServer, client: OpenRouter) -> None:
    server.fail("images", status=502, body=b"<html>bad gateway</html>")
    with pytest.raises(Unavailable):
        client.post("/images", BODY)
    server.fail("images", status=413, body=b"<html>too large</html>")
    with pytest.raises(TooBig):
        client.post("/images", BODY)


def test_a_reply_that_is_too_long_is_cut_off(client: OpenRouter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.openrouter.client.MOST_BYTES", 100)
    with pytest.raises(OutsideError, match="over 100 bytes") as raised:
        client.get("/images/models")
    assert type(raised.value) is OutsideError  # it may be billed, and the next one would be as long


def test_the_key_is_not_carried_elsewhere(server: ModelServer) -> None:
    with photo_host({}) as elsewhere, photo_host({}) as moved:
        moved.pages["/x"] = answer(b"", status=307, Location=f"{elsewhere.url}/x")
        with closing(OpenRouter(moved.url, server.key)) as client, pytest.raises(Refused, match="307"):
            client.get("/x")
        assert (moved.asked, elsewhere.asked) == (["/x"], [])


def test_no_proxy_of_the_environment_hears_the_key(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with photo_host({}) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        with closing(OpenRouter(server.url, server.key)) as client:
            client.get("/images/models")
        assert proxy.asked == []
    assert server.requests["models"][0].headers["authorization"].startswith("Bearer sk-or-")


def test_an_error_shows_neither_key_nor_image(server: ModelServer, client: OpenRouter) -> None:
    key = server.key.get_secret_value()
    image = "data:image/jpeg;base64," + "QUJD" * 500
    server.fail("images", status=400, body=error(400, f"{key} sent {image} and {'x' * 5000} " + "no " * 900))
    with pytest.raises(Refused) as raised:
        client.post("/images", BODY)
    shown = "".join(traceback.format_exception(raised.value)) + repr(vars(client))
    assert key not in shown
    assert "QUJD" not in shown
    assert len(str(raised.value)) < LONGEST_SAYING + 100


@pytest.mark.parametrize("key", ["", "  ", "sk-or-\nX-Evil: 1", "sk-or-schlüssel"])
def test_a_key_that_no_header_carries_is_a_wrong_setting(key: str) -> None:
    with pytest.raises(SettingsError) as raised:
        OpenRouter("http://127.0.0.1:1", SecretStr(key))
    assert not key.strip() or key not in str(raised.value)


def test_a_line_break_behind_a_pasted_key_does_no_harm(server: ModelServer) -> None:
    pasted = SecretStr(f"{server.key.get_secret_value()}\n")
    with closing(OpenRouter(f"{server.url}/", pasted)) as client:
        assert client.get("/images/models")["data"]


def test_what_is_no_address_is_said_so(server: ModelServer) -> None:
    client = OpenRouter("openrouter.ai/api/v1", server.key)
    with closing(client), pytest.raises(Refused, match="BESTSHOT_OPENROUTER_URL"):
        client.get("/images/models")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "code", "message", "metadata", "reasons", "headers", "data"]), inner
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from([200, 302, 400, 403, 418, 429, 500, 999]), st.text(max_size=10), JSON)
def test_whatever_comes_is_a_reply_or_an_error_of_ours(status: int, retry_after: str, reply: Any) -> None:
    said, read = "", reply
    try:
        read = good_reply(status, retry_after, json.dumps(reply).encode(), MODEL)
    except BestshotError as error:
        said = str(error)
    assert read == reply
    assert len(said) < LONGEST_SAYING + 150


def test_what_was_said_stays_readable() -> None:
    assert saying("No endpoints found for\n google/gemini-3-pro-image.") == (
        "No endpoints found for google/gemini-3-pro-image."
    )
    assert saying(None) == ""
