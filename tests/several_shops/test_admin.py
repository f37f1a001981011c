"""The admin endpoints over HTTP: a token for one shop brings its mirror up to date, and no other's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.running import wait_for
from tests.several_shops.conftest import A, B, Both

ENDED = ("done", "failed", "cancelled")


@pytest.fixture
def as_a(both: Both) -> Iterator[requests.Session]:
    """Whoever holds a token for A."""
    tokens = both.app.services.admin_tokens
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {tokens.create('anna', A)}"
        yield session
    tokens.revoke("anna")


def test_a_token_syncs_its_own_shop_and_reads_what_came_of_it(both: Both, as_a: requests.Session) -> None:
    begun = as_a.post(f"{both.app.url}/admin/shops/{A}/syncs", json={"mode": "full"}, timeout=10)
    assert begun.status_code == 202, begun.text

    def ended() -> dict[str, Any] | None:
        record: dict[str, Any] = as_a.get(both.app.url + begun.headers["Location"], timeout=10).json()
        return record if record["status"] in ENDED else None

    record = wait_for(ended)
    assert (record["status"], record["reason"], record["asked_by"]) == ("done", "", "admin")
    assert record["counts"]["seen"] == both.app.services.mirror.count(A) > 0


def test_a_token_touches_nothing_of_another_shop(both: Both, as_a: requests.Session) -> None:
    theirs = both.app.services.syncs.recent(B, 1)[0]["run_id"]
    before = both.state(B)
    for method in ("POST", "GET"):
        assert as_a.request(method, f"{both.app.url}/admin/shops/{B}/syncs", timeout=10).status_code == 404
    for shop in (A, B):
        answer = as_a.get(f"{both.app.url}/admin/shops/{shop}/syncs/{theirs}", timeout=10)
        assert (answer.status_code, theirs in answer.text) == (404, False)
    assert both.state(B) == before
