"""The HTTP side of the stand-in: bytes in, bytes out, and the ways in which a connection ends badly."""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

from tests.standin import replies, wire
from tests.standin.faults import Body, Fault, error

if TYPE_CHECKING:
    from tests.standin.server import ModelServer

LOOK_SECONDS = 0.02
"""How often a silent connection is looked at, whether the other side has hung up."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: `at` is in monotonic seconds, `headers` have lower-case names, a GET's `body` is empty."""

    kind: str
    path: str
    body: Body
    headers: Mapping[str, str] = field(repr=False)
    at: float


class Handler(BaseHTTPRequestHandler):
    """One connection, kept alive between requests."""

    standin: ModelServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._take({})

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if length > self.standin.largest_body:
            return self._send(413, error(413))
        return self._take(json.loads(body))

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _take(self, body: Body) -> None:
        path = self.path.removeprefix(replies.BASE)
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(_kind(path, body), path, body, headers, time.monotonic())
        with self.standin.taken(asked):
            if headers.get("authorization") != f"Bearer {self.standin.key.get_secret_value()}":
                self._send(401, error(401))
            else:
                self._try_to_answer(asked)

    def _try_to_answer(self, asked: Asked) -> None:
        try:
            self._answer(asked, self.standin.next_fault(asked.kind))
        except ConnectionError:
            self.close_connection = True  # the client has hung up
        except Exception as bug:
            self.standin.complain([repr(bug)], "stand-in")
            self._send(500, error(500, repr(bug)[:500]))

    def _answer(self, asked: Asked, fault: Fault | None) -> None:
        if fault and fault.body is not None:
            return self._send(fault.status or 200, fault.body, fault.retry_after)
        if fault and fault.status and fault.how != "error_in_200":
            return self._send(fault.status, error(fault.status), fault.retry_after)
        if fault and fault.how == "reset":
            return self._reset()
        if asked.kind != "models" and (wrong := wire.faults_of_request(asked.path, asked.body)):
            self.standin.complain(wrong, "request")
            return self._send(500, error(500, "; ".join(wrong)[:500]))
        status, reply = self.standin.reply(asked, fault)
        if fault and fault.how == "silence":
            return self._say_nothing()
        return self._send(status, reply)

    def _send(self, status: int, body: Body | bytes, retry_after: str = "") -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        if isinstance(body, dict) and status != 200:
            self.standin.complain(wire.faults_of_reply("", status, body), "reply")
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if isinstance(body, dict) else "text/html")
        self.send_header("Content-Length", str(len(raw)))
        if retry_after:
            self.send_header("Retry-After", retry_after)
        self.end_headers()
        self.wfile.write(raw)

    def _say_nothing(self) -> None:
        """Hold the connection open until the client has had enough."""
        self.close_connection = True
        self.connection.settimeout(LOOK_SECONDS)
        while not self.standin.closing.is_set():
            try:
                if not self.connection.recv(1, socket.MSG_PEEK):
                    return
            except TimeoutError:
                continue
            except OSError:
                return

    def _reset(self) -> None:
        """Cut the connection without a goodbye: RST in place of FIN."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()


def _kind(path: str, body: Body) -> str:
    """What a request is for."""
    if path.startswith("/images/models"):
        return "models"
    if path == "/chat/completions":
        return "images" if "image" in body.get("modalities", []) else "chat"
    return path.strip("/")
