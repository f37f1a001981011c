"""One lock per name, across threads and processes; whoever dies with it, lets it go.

Postgres keeps the locks of an installation on several machines; on one machine with SQLite, files do.
"""

from __future__ import annotations

import fcntl
import hashlib
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from time import monotonic, sleep

import sqlalchemy as sa

from infra.errors import Unavailable

PATIENCE = 60.0
"""Seconds that a lock is waited for. Mostly it is held for an exchange with a shop, or a batch of writes.

Only the erasure of a large shop, its first sales or the comparison of its whole mirror may take longer, and
whoever waits then tries again.
"""
LOOK_SECONDS = 0.02


class Locks:
    """Named locks. `url` is the database's; with SQLite they are files in `folder`."""

    def __init__(self, url: str, folder: Path) -> None:
        self._folder = folder
        self._threads: dict[str, threading.Lock] = {}
        parsed = sa.make_url(url)
        # No pool: who waits for a lock must not take the connection that its holder needs to end its work.
        self._engine = (
            None
            if parsed.get_backend_name() == "sqlite"
            else sa.create_engine(parsed, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
        )

    @contextmanager
    def hold(self, name: str, patience: float) -> Iterator[None]:
        """Hold a lock while the block lasts; Unavailable when others have it for `patience` seconds."""
        give_up = monotonic() + patience
        # Threads queue up here first, so that each process waits for the others only once.
        mine = self._threads.setdefault(name, threading.Lock())
        if not mine.acquire(timeout=patience):
            raise _busy(name)
        try:
            with self._among_processes(name, max(0.0, give_up - monotonic())):
                yield
        finally:
            mine.release()

    def _among_processes(self, name: str, patience: float) -> AbstractContextManager[None]:
        if self._engine is None:
            return _file_lock(self._folder / f"{_number(name):016x}", name, patience)
        return _advisory_lock(self._engine, name, patience)


@contextmanager
def _file_lock(path: Path, name: str, patience: float) -> Iterator[None]:
    """The file is left behind: to delete it would let two hold what they take for the same lock."""
    path.parent.mkdir(parents=True, exist_ok=True)
    give_up = monotonic() + patience
    with path.open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if monotonic() > give_up:
                    raise _busy(name) from None
                sleep(LOOK_SECONDS)
        yield


@contextmanager
def _advisory_lock(engine: sa.Engine, name: str, patience: float) -> Iterator[None]:
    """A lock of the connection, which ends with it.

    https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
    """
    try:
        connection = engine.connect()
    except sa.exc.DBAPIError as error:
        raise Unavailable(f"the database did not answer: {type(error.orig).__name__}") from None
    with connection:
        try:
            connection.execute(sa.text(f"SET lock_timeout = {max(1, int(patience * 1000))}"))
            connection.execute(sa.select(sa.func.pg_advisory_lock(_number(name) - (1 << 63))))
        except sa.exc.DBAPIError:
            raise _busy(name) from None
        yield


def _number(name: str) -> int:
    """A name as 64 bits."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])


def _busy(name: str) -> Unavailable:
    return Unavailable(f"{name} is held by another for too long")
