"""A WSGI application served on its own threads while a block lasts (waitress)."""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import waitress
from waitress import wasyncore

from infra.errors import SettingsError

THREADS = 8
CONNECTIONS = 1000
"""Open connections, most of them idle; waitress' default of 100 lets a few slow clients shut out the rest."""


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 is any free one. SettingsError when the port is taken."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        why = (
            "is taken by another program"
            if error.errno == errno.EADDRINUSE
            else f"cannot be used: {error.strerror}"
        )
        raise SettingsError(f"port {port} on {host} {why}; choose another (0 picks a free one)") from None
    return listener


def address(listener: socket.socket) -> str:
    """The URL that a listening socket answers at."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def serving(app: Callable[..., Any], listener: socket.socket) -> Iterator[None]:
    """Serve while the block lasts; requests still under way when it ends are cut off."""
    channels: dict[int, Any] = {}
    server = waitress.create_server(
        app, sockets=[listener], map=channels, threads=THREADS, connection_limit=CONNECTIONS
    )
    stopping = threading.Event()

    def loop() -> None:
        while not stopping.is_set():
            wasyncore.loop(timeout=30, use_poll=True, map=channels, count=1)

    thread = threading.Thread(target=loop, name="http", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        server.pull_trigger()
        thread.join()
        server.task_dispatcher.shutdown(timeout=2)
        wasyncore.close_all(channels)
