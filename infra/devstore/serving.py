"""A waitress server that can be stopped: from another thread, at once, with connections still open."""

from __future__ import annotations

import threading
from typing import Any

from flask import Flask
from waitress.server import create_server
from waitress.wasyncore import close_all


class Server:
    """Serves an app on 127.0.0.1 from a thread of its own; `port` 0 takes a free one."""

    def __init__(self, app: Flask, *, port: int, most_bytes: int, threads: int = 8) -> None:
        self._sockets: dict[int, Any] = {}
        self._server = create_server(
            app,
            map=self._sockets,
            host="127.0.0.1",
            port=port,
            threads=threads,
            max_request_body_size=most_bytes,
            ident=None,
        )
        self.port = int(self._server.effective_port)
        self._thread = threading.Thread(target=self._server.run, daemon=True, name=app.name)

    def start(self) -> None:
        """Begin to answer; connections made since the constructor have been waiting."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more. The loop ends when its sockets are gone, which only its own thread may close."""
        self._server.trigger.pull_trigger(lambda: close_all(self._sockets))
        self._thread.join()
        self._server.task_dispatcher.shutdown()
