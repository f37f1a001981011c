"""A running app with a local store, on free ports, for each test that asks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from infra.runs import ENDED
from infra.settings import Settings
from tests import drawn
from webhook_app.embedded import Embedded, running

Wait = Callable[[str], dict[str, Any]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.from_env(home=tmp_path / "home", port=0, image_size="1K", min_sales=1500)


@pytest.fixture
def embedded(settings: Settings, tmp_path: Path) -> Iterator[Embedded]:
    with running(settings, drawn.rows(tmp_path / "catalog")) as app:
        app.sync()
        yield app


@pytest.fixture
def ended(embedded: Embedded) -> Wait:
    """Waits until a product's run has ended, and returns its record."""
    return partial(until_ended, embedded)


def until_ended(app: Embedded, product_id: str) -> dict[str, Any]:
    """The record of a product's run, once it has ended."""
    found: dict[str, Any] = wait_for(lambda: _ended(app, product_id))
    return found


def wait_for(look: Callable[[], Any], seconds: float = 60) -> Any:
    """Look until there is something to see; fails when time is up."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"nothing to see after {seconds} s")


def _ended(embedded: Embedded, product_id: str) -> dict[str, Any] | None:
    run = embedded.services.runs.of_product(embedded.shop, product_id)
    return run if run and run["status"] in ENDED else None
