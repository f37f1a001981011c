"""What is logged of an unexpected error holds no secret."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator

import pytest
import structlog

from infra import logs


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.mark.parametrize("as_json", [True, False], ids=["json", "text"])
def test_a_traceback_shows_where_it_was_but_no_variable(
    monkeypatch: pytest.MonkeyPatch, as_json: bool
) -> None:
    secret = "_".join(("shpat", "of", "a", "shop"))
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    logs.configure("INFO", as_json=as_json)

    def asks(token: str) -> None:
        raise AttributeError(f"{len(token)} is not what it should be")

    try:
        asks(secret)
    except AttributeError:
        structlog.get_logger().exception("step failed")
    said = written.getvalue()
    assert "AttributeError" in said
    assert "in asks" in said or '"name": "asks"' in said
    assert secret not in said
