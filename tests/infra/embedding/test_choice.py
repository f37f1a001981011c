"""Which embedders are at hand: the chosen one first, and none that nobody has paid or installed for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from infra.database import Database
from infra.embedding import embedders
from infra.errors import SettingsError
from infra.openrouter import OpenRouter
from infra.settings import Settings

BUILTIN = "builtin-1"


@pytest.fixture
def database() -> Iterator[Database]:
    opened = Database("sqlite://")
    yield opened
    opened.close()


def names(database: Database, folder: Path, *, key: bool = False, **settings: str) -> list[str]:
    openrouter = OpenRouter("http://127.0.0.1:9", SecretStr("sk-or-v1-0")) if key else None
    found = embedders(Settings.from_env(home=folder, **settings), database, openrouter, lambda _: None)
    return [one.name for one in found]


def test_the_built_in_one_is_always_there(database: Database, tmp_path: Path) -> None:
    assert names(database, tmp_path)[0] == names(database, tmp_path, key=True)[0] == BUILTIN
    assert not any("nemotron" in name for name in names(database, tmp_path))
    chosen, *others = names(database, tmp_path, key=True, embedder="nemotron")
    assert chosen == "nemotron-embed-vl-1b-v2-512"
    assert BUILTIN in others


def test_one_that_needs_a_key_says_so(database: Database, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="BESTSHOT_EMBEDDER=nemotron needs OPENROUTER_API_KEY"):
        names(database, tmp_path, embedder="nemotron")


def test_the_local_ones_need_the_extra(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "fastembed", None)
    assert names(database, tmp_path) == [BUILTIN]
    for embedder in ("clip", "siglip2"):
        with pytest.raises(SettingsError, match="pip install 'bestshot\\[embed\\]'"):
            names(database, tmp_path, embedder=embedder)


def test_with_the_extra_a_local_one_can_be_chosen(database: Database, tmp_path: Path) -> None:
    pytest.importorskip("fastembed", reason="comes with the extra `embed`")
    assert "siglip2" in names(database, tmp_path, embedder="siglip2")[0]
    assert list(tmp_path.iterdir()) == []
