"""A host of photos on the loopback: what it serves is up to the test, and it counts who comes."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Page = Callable[[BaseHTTPRequestHandler], None]


class Host:
    """Pages by path, the query left out; and who asked: for what, with which headers, how many at once."""

    def __init__(self, url: str, pages: dict[str, Page]) -> None:
        self.url, self.pages = url, pages
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.connections = 0
        self.now = self.most = 0
        self._turn = threading.Lock()

    @contextmanager
    def counted(self) -> Iterator[None]:
        with self._turn:
            self.now += 1
            self.most = max(self.most, self.now)
        try:
            yield
        finally:
            with self._turn:
                self.now -= 1

    def note(self, handler: BaseHTTPRequestHandler) -> None:
        with self._turn:
            self.asked.append(handler.path)
            self.headers.append(dict(handler.headers))

    def connected(self) -> None:
        with self._turn:
            self.connections += 1


def answer(body: bytes = b"", status: int = 200, **headers: str) -> Page:
    """A page that is always the same; `Retry_After="7"` is a header."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    def page(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | named).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return page


@contextmanager
def photo_host(pages: dict[str, Page], tls: ssl.SSLContext | None = None) -> Iterator[Host]:
    """A host that keeps connections alive, a thread for each."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            if tls:
                self.request = tls.wrap_socket(self.request, server_side=True)
            super().setup()
            host.connected()

        def finish(self) -> None:
            super().finish()
            self.request.close()

        def do_GET(self) -> None:
            host.note(self)
            with host.counted():
                host.pages.get(self.path.partition("?")[0], answer(status=404))(self)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 64

        def handle_error(self, *_: Any) -> None:
            """A client may hang up whenever it likes."""

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    host = Host(f"http://127.0.0.1:{server.server_port}", pages)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
