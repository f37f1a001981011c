"""One store and worker for the tests of a module; each works on products of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sync.publish_kit import Desk, desk
from webhook_app.recipes import patience


@pytest.fixture(scope="module")
def _desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("elsewhere"))
        patch.setattr(patience, "PAUSES", (0.05,) * 200)
        with desk(tmp_path_factory.mktemp("desk")) as opened:
            yield opened


@pytest.fixture
def at(_desk: Desk) -> Iterator[Desk]:
    """The module's worker and store; what a test switches on in the store is off again after it."""
    yield _desk
    _desk.store.faults.clear()
