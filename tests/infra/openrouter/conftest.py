"""A stand-in provider that paints a small plain picture, and a client of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from infra.openrouter import OpenRouter
from tests.standin.pictures import plain
from tests.standin.server import ModelServer

PICTURE = plain((64, 48))


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer(paint=lambda _: PICTURE) as running:
        yield running
    assert running.complaints == []


@pytest.fixture
def client(server: ModelServer) -> Iterator[OpenRouter]:
    with closing(OpenRouter(server.url, server.key)) as opened:
        yield opened
