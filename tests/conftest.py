"""What all tests share: no settings from the developer's own environment, and sockets to loopback only."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.settings import variables


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in variables():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
