"""The mirror follows a product soon after its webhook, and once for many of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.running import wait_for
from webhook_app import arrivals
from webhook_app.embedded import Embedded

SOON = 0.5


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Embedded:
    monkeypatch.setattr(arrivals, "MINUTE", SOON)
    found: Embedded = request.getfixturevalue("embedded")
    return found


def update(app: Embedded, product_id: str, **fields: Any) -> None:
    api = app.services.store(app.shop)._api
    api.mutate("product_update", product={"id": product_id, **fields}, media=[])


def titles(app: Embedded) -> dict[str, str]:
    return {row["product_id"]: row["title"] for row in rows(app)}


def rows(app: Embedded) -> list[dict[str, Any]]:
    mirror = app.services.mirror
    name = mirror.live(app.shop)
    assert name
    return list(mirror._client.query(name, filter="", limit=100, output_fields=["product_id", "title"]))


def test_an_edit_a_withdrawal_and_a_return_reach_the_mirror_without_a_sync(app: Embedded) -> None:
    product = next(app.services.store(app.shop).products.all())
    update(app, product.id, title="A grander thing")
    wait_for(lambda: titles(app)[product.id] == "A grander thing")
    assert app.services.seen.of(app.shop, [product.id])[product.id].sales_count >= 0
    update(app, product.id, status="DRAFT")
    wait_for(lambda: product.id not in titles(app))
    update(app, product.id, status="ACTIVE")
    wait_for(lambda: product.id in titles(app))
    assert app.sync()["embedding_calls"] == 0


def test_many_edits_of_one_minute_are_one_look(app: Embedded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "MINUTE", 1e9)
    product = next(app.services.store(app.shop).products.all())
    for _ in range(5):
        arrivals.mirror_soon(app.services, app.shop, product.id)
    (planned,) = app.services.starter._client.list_workflows(name="mirror_product", status="DELAYED")
    assert planned.workflow_id.startswith(f"{app.shop}:")
