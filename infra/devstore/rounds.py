"""A thread that works in rounds: when it is woken, and when something falls due."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

log = logging.getLogger(__name__)


class Rounds:
    """Calls `step` again and again; it returns the seconds until it has something to do by itself."""

    def __init__(self, name: str, step: Callable[[], float]) -> None:
        self._name, self._step = name, step
        self._news = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True, name=name)
        self.stopped = False

    def start(self) -> None:
        """Begin, with whatever was left under way."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the step that is under way (a long one looks at `stopped`) and end."""
        self.stopped = True
        self._news.set()
        self._thread.join()

    def wake(self) -> None:
        """There may be something to do."""
        self._news.set()

    def _work(self) -> None:
        wait = 0.0
        while not self.stopped:
            self._news.wait(wait)
            self._news.clear()
            try:
                wait = 0.0 if self.stopped else self._step()
            except (OSError, SQLAlchemyError):  # a full disk passes; what was under way is tried again
                log.exception("%s failed", self._name)
                wait = 1.0
