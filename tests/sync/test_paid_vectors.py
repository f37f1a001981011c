"""A catalog whose vectors are bought: a refused picture costs the others neither place nor money."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.infra.devstore_kit import SHOP
from tests.standin.server import ModelServer
from tests.sync.mirror_kit import Desk, desk


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as standin:
        yield standin
    assert standin.complaints == []


@pytest.fixture
def shop(server: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    for name, value in {**server.environment, "BESTSHOT_EMBEDDER": "nemotron"}.items():
        monkeypatch.setenv(name, value)
    with desk(tmp_path) as opened:
        yield opened


def test_a_refused_picture_is_reported_and_the_others_are_mirrored(server: ModelServer, shop: Desk) -> None:
    for refused in (True, False, True, True, True, True, True):
        server.fail("embeddings", **({"status": 400} if refused else {"alter": lambda reply: reply}))
    assert shop.whole() == {"seen": 4, "new": 3, "failed": 1, "embedding_calls": 3}
    (failure,) = shop.services.syncs.recent(SHOP, 1)[0]["failures"]
    assert failure["why"].startswith("the embedding model does not take the picture: ")
    assert shop.whole() == {"seen": 4, "new": 1, "embedding_calls": 1}
    assert server.billed == 4 * server.costs["embeddings"]
    spent = shop.services.ledger.spending(date.min)
    assert sum(one.spent_usd for one in spent) == server.billed != Decimal(0)
