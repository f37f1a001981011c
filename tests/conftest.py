"""What all tests share: none of the developer's own settings, and a running app for those that ask."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import structlog

from infra.settings import Settings, variables
from tests import drawn
from tests.infra.postgres_kit import empty_database, postgres_server
from tests.running import Wait, until_ended
from webhook_app.embedded import Embedded, running


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in variables():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    yield
    structlog.reset_defaults()  # the log level of a command is none of the next test's


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a Postgres server."""
    with postgres_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'records.sqlite'}"
    return empty_database(request.getfixturevalue("postgres"))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.from_env(home=tmp_path / "home", port=0, image_size="1K", min_sales=1500)


@pytest.fixture
def embedded(settings: Settings, tmp_path: Path) -> Iterator[Embedded]:
    """The whole app with a store of twelve drawn products, mirrored, on free ports."""
    with running(settings, drawn.rows(tmp_path / "catalog")) as app:
        app.sync()
        yield app


@pytest.fixture
def ended(embedded: Embedded) -> Wait:
    """Waits until a product's run has ended, and returns its record."""
    return partial(until_ended, embedded)
