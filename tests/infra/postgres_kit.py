"""A Postgres server for the tests that want one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from uuid import uuid4

import pytest
import sqlalchemy as sa


@contextmanager
def postgres_server() -> Iterator[str]:
    """The SQLAlchemy URL of a real server; without the wheel `pgserver` the test is skipped.

    Its folder is none of pytest's: those are closed to the user that a server started by root runs as.
    """
    with TemporaryDirectory(prefix="bestshot-") as folder, pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_RUNTIME_DIR", gettempdir())  # where it keeps a lock beyond this test
        server = pytest.importorskip("pgserver").get_server(Path(folder) / "data")
        try:
            yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        finally:
            server.cleanup()


def empty_database(server: str) -> str:
    """The URL of a new database of that server."""
    url = sa.make_url(server).set(database=f"test_{uuid4().hex}")
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as db:
        db.execute(sa.text(f"CREATE DATABASE {url.database}"))
    return url.render_as_string(hide_password=False)
