"""What the store's tests share: pictures, a store with its client, and a receiver of webhooks."""

from __future__ import annotations

import io
import json
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from PIL import Image

from infra.devstore.server import LocalStore
from infra.shopify.replies import FileState
from infra.shopify.store import Shopify
from infra.shopify.transport import FixedToken

SHOP = "kit-shop.myshopify.com"
SECRET = "shpss_0123456789abcdef0123456789abcdef"
TOKEN = "shpat_0123456789abcdef"


def picture(width: int = 30, height: int = 40, color: str = "crimson", kind: str = "JPEG") -> bytes:
    """An encoded image of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), color).save(buffer, kind)
    return buffer.getvalue()


def open_store(folder: Path, **options: Any) -> LocalStore:
    """A store that is quick about media and retries."""
    usual = {"shop": SHOP, "client_secret": SECRET, "access_token": TOKEN}
    quick = {"media_delay": 0.02, "retry_seconds": (0.01,) * 8}
    return LocalStore(folder, **usual | quick | options)


def client_of(store: LocalStore, token: str = TOKEN) -> Shopify:
    """The client of that store."""
    return Shopify(store.url, store.shop, FixedToken(token))


def until(question: Callable[[], Any], seconds: float = 10) -> Any:
    """The first truthy answer; asks often, and fails after that many seconds."""
    deadline = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < deadline, "it never came true"
        threading.Event().wait(0.005)
    return answer


def ended(client: Shopify, media_id: str) -> FileState:
    """A file's state once processing has come to its end."""

    def state() -> FileState | None:
        found = client.files.state(media_id)
        return found if found.status in ("READY", "FAILED") else None

    return until(state)


def upload_file(client: Shopify, data: bytes, filename: str = "") -> str:
    """A file's gid, uploaded as the app uploads; under a name of its own unless one is given."""
    filename = filename or f"{uuid4().hex}.png"
    return client.files.create(client.files.upload(data, filename, "image/png"), filename, "alt")


def file_url(client: Shopify, media_id: str) -> str:
    """Where the store serves a file; "" until it is READY."""
    found = client._api.query("files_by_name", query=f"id:{media_id.rpartition('/')[2]}")["files"]["nodes"]
    return found[0]["image"]["url"] if found[0]["image"] else ""


def served(client: Shopify, media_id: str) -> str:
    """Where the store serves a file that it has processed."""
    assert ended(client, media_id).status == "READY"
    return file_url(client, media_id)


@dataclass(frozen=True)
class Webhook:
    """One webhook as it arrived."""

    headers: dict[str, str]
    body: bytes

    @property
    def topic(self) -> str:
        return self.headers["X-Shopify-Topic"]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Receiver:
    """An HTTP server that takes webhooks; `answer` is the status it gives, `stall` an event it waits for."""

    def __init__(self, port: int = 0) -> None:
        self.arrived: queue.Queue[Webhook] = queue.Queue()
        self.answer = 200
        self.stall: threading.Event | None = None
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.arrived.put(Webhook(dict(self.headers), body))
                if receiver.stall:
                    receiver.stall.wait(10)
                self.send_response(receiver.answer)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}/webhooks"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.stall:
            self.stall.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def next(self, topic: str = "", seconds: float = 10) -> Webhook:
        """The next webhook, of that topic if one is named; others are passed over."""
        while True:
            webhook = self.arrived.get(timeout=seconds)
            if topic in ("", webhook.topic):
                return webhook
