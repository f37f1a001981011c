"""Google's image models by Google's own SDK, against a stand-in on the loopback that speaks its types."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from pydantic import SecretStr

from infra.errors import (
    Blocked,
    KeyRefused,
    NoImage,
    NotFound,
    Refused,
    Throttled,
    TooBig,
    Unavailable,
    Unbilled,
)
from infra.gemini import GeminiImages
from infra.model import ImageRequest

types = pytest.importorskip("google.genai.types")

KEY = "AIza-stand-in-0123456789"
MODEL = "gemini-nano-banana-2.1"


def picture(colour: str = "red", kind: str = "PNG") -> bytes:
    out = BytesIO()
    Image.new("RGB", (40, 30), colour).save(out, kind)
    return out.getvalue()


ASKED = ImageRequest(MODEL, "A dress.", "4:1", "2K", (picture("blue", "JPEG"), picture("green")))


class StandIn(ThreadingHTTPServer):
    """Answers every request with `status` and `reply`, and keeps what it was asked."""

    daemon_threads = True
    status, reply = 200, b""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.asked: list[tuple[str, dict[str, str], dict[str, Any]]] = []

    def answer(self, *parts: Any, finish: str = "STOP", **more: Any) -> None:
        """A reply with these parts, as the SDK's types write it."""
        content = types.Content(role="model", parts=list(parts))
        candidates = [types.Candidate(content=content, finish_reason=finish)] if finish else None
        whole = types.GenerateContentResponse(candidates=candidates, **more)
        self.status, self.reply = 200, whole.model_dump_json(by_alias=True, exclude_none=True).encode()

    def refuse(self, status: int, message: str = "no", details: Any = ()) -> None:
        error = {"code": status, "message": message, "status": "X", "details": list(details)}
        self.status, self.reply = status, json.dumps({"error": error}).encode()


class Answering(BaseHTTPRequestHandler):
    server: StandIn

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.asked.append((self.path, headers, body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.reply)))
        self.end_headers()
        self.wfile.write(self.server.reply)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def google() -> Iterator[StandIn]:
    with StandIn() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def images(google: StandIn) -> Iterator[GeminiImages]:
    model = GeminiImages(SecretStr(KEY), f"http://127.0.0.1:{google.server_port}/")
    yield model
    model.close()


def image_part(data: bytes, **more: Any) -> Any:
    return types.Part(inline_data=types.Blob(data=data, mime_type="image/webp"), **more)


def test_it_asks_for_ratio_and_size_and_shows_the_images_in_order(
    google: StandIn, images: GeminiImages
) -> None:
    google.answer(image_part(picture()))

    images.generate(ASKED)

    path, headers, body = google.asked[-1]
    assert path == f"/v1beta/models/{MODEL}:generateContent"
    assert headers["x-goog-api-key"] == KEY
    assert body["generationConfig"] == {
        "responseModalities": ["TEXT", "IMAGE"],
        "imageConfig": {"aspectRatio": "4:1", "imageSize": "2K"},
    }
    text, *shown = types.Content.model_validate(body["contents"][0]).parts
    assert text.text == "A dress."
    assert [(one.inline_data.data, one.inline_data.mime_type) for one in shown] == [
        (ASKED.references[0], "image/jpeg"),
        (ASKED.references[1], "image/png"),
    ]


def test_the_image_is_what_its_bytes_are_not_what_is_said_of_it(
    google: StandIn, images: GeminiImages
) -> None:
    google.answer(types.Part(text="Here it  is."), image_part(picture()))

    reply = images.generate(ASKED)

    assert (reply.data, reply.media_type) == (picture(), "image/png")
    assert (reply.text, reply.cost_usd) == ("Here it is.", None)


def test_what_was_painted_while_thinking_is_not_the_picture(google: StandIn, images: GeminiImages) -> None:
    google.answer(image_part(picture("black"), thought=True), types.Part(text="Hm.", thought=True),
                  image_part(picture()))  # fmt: skip

    reply = images.generate(ASKED)

    assert reply.data == picture()
    assert reply.text == ""


@pytest.mark.parametrize("reason", ["IMAGE_SAFETY", "PROHIBITED_CONTENT", "IMAGE_RECITATION", "SAFETY"])
def test_a_filters_reason_to_finish_is_a_block(google: StandIn, images: GeminiImages, reason: str) -> None:
    google.answer(finish=reason)

    with pytest.raises(Blocked, match=reason):
        images.generate(ASKED)


def test_a_blocked_prompt_is_a_block(google: StandIn, images: GeminiImages) -> None:
    feedback = types.GenerateContentResponsePromptFeedback(block_reason="PROHIBITED_CONTENT")
    google.answer(finish="", prompt_feedback=feedback)

    with pytest.raises(Blocked, match="PROHIBITED_CONTENT"):
        images.generate(ASKED)


@pytest.mark.parametrize("finish", ["NO_IMAGE", "STOP", "IMAGE_OTHER", "MAX_TOKENS"])
def test_text_without_an_image_is_no_image_and_tells_what_was_said(
    google: StandIn, images: GeminiImages, finish: str
) -> None:
    google.answer(types.Part(text="I'd rather not. " * 100), finish=finish)

    with pytest.raises(NoImage, match=rf"{finish}: I'd rather not\.") as caught:
        images.generate(ASKED)

    assert len(str(caught.value)) < 400


def test_half_an_image_is_none(google: StandIn, images: GeminiImages) -> None:
    google.answer(image_part(picture()[:60]))

    with pytest.raises(NoImage, match="broken"):
        images.generate(ASKED)


def test_an_answer_of_another_shape_is_no_image(google: StandIn, images: GeminiImages) -> None:
    google.status, google.reply = 200, b'{"candidates": [{"content": {"parts": [{"inlineData": 7}]}}]}'

    with pytest.raises(NoImage, match="cannot be read"):
        images.generate(ASKED)


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, Refused), (401, KeyRefused), (403, KeyRefused), (404, NotFound), (408, Unavailable),
     (413, TooBig), (500, Unavailable), (503, Unavailable), (504, Unavailable)],
)  # fmt: skip
def test_each_status_has_its_named_end_and_is_asked_once(
    google: StandIn, images: GeminiImages, status: int, error: type[Exception]
) -> None:
    google.refuse(status, f"because of {KEY} " + "x" * 2000)
    before = len(google.asked)

    with pytest.raises(error) as caught:
        images.generate(ASKED)

    assert type(caught.value) is error
    assert KEY not in str(caught.value)
    assert len(str(caught.value)) < 400
    assert len(google.asked) == before + 1


def test_a_bad_key_is_told_from_a_bad_request(google: StandIn, images: GeminiImages) -> None:
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
    google.refuse(400, "API key not valid. Please pass a valid API key.", [info])

    with pytest.raises(KeyRefused, match="not valid"):
        images.generate(ASKED)


@pytest.mark.parametrize(("asked", "wait"), [("33s", 33.0), ("1.5s", 1.5), ("0s", 1.0), ("soon", 5.0)])
def test_too_many_requests_wait_as_long_as_google_says(
    google: StandIn, images: GeminiImages, asked: str, wait: float
) -> None:
    info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": asked}
    google.refuse(429, "Resource has been exhausted", [info])

    with pytest.raises(Throttled, match="exhausted") as caught:
        images.generate(ASKED)

    assert caught.value.retry_after == wait


def test_a_page_in_place_of_json_may_be_json_later(google: StandIn, images: GeminiImages) -> None:
    google.status, google.reply = 200, b"<html>"

    with pytest.raises(Unavailable):
        images.generate(ASKED)


def test_where_nobody_listens_nothing_was_bought() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as closed:
        port = closed.server_port
    images = GeminiImages(SecretStr(KEY), f"http://127.0.0.1:{port}/")

    with pytest.raises(Unbilled):
        images.generate(ASKED)

    images.close()
