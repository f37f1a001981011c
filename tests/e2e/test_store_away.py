"""A store that is away while images are published, for minutes or for days, costs no listing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from dbos import DBOS

from infra import durable
from infra.runs import PRODUCT_GONE
from infra.starter import UNENDED
from tests.installed import Installed, installed
from tests.running import wait_for
from webhook_app.recipes import new_listing

SHOP = "away.myshopify.com"
SOON, NEVER = (0.3,) * 200, (3600,) * 200


@pytest.fixture(scope="module")
def running_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    with installed(tmp_path_factory.mktemp("away"), SHOP, formats=("1:1", "4:1")) as running:
        yield running


@pytest.fixture
def app(running_app: Installed, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installed]:
    """A step is tried twice, and an image brought to the store again soon."""
    monkeypatch.setattr(durable, "ATTEMPTS", 2)
    monkeypatch.setattr(durable, "_wait", lambda *_: None)
    monkeypatch.setattr(new_listing, "AWAY", SOON)
    yield running_app
    running_app.local[SHOP].faults.clear()


def waiting(app: Installed, product_id: str) -> dict[str, Any]:
    """A product's run, once it waits for the store."""
    found: dict[str, Any] = wait_for(
        lambda: run if (run := app.run_of(SHOP, product_id))["store_away_since"] else None
    )
    return found


@pytest.mark.parametrize(
    ("status", "operation", "why"),
    [
        (503, "product_media", "product_media: the store answered 503"),
        (503, "file_create", "file_create: the store answered 503"),
        (503, "file_update", "file_update: the store answered 503"),
        (503, "metafields_set", "metafields_set: the store answered 503"),
        (401, "file_update", "access token"),
        (402, "file_create", "frozen, locked or forbidden"),
    ],
)
def test_its_images_are_published_once_it_is_back(
    app: Installed, status: int, operation: str, why: str
) -> None:
    app.local[SHOP].faults.answer(status, 1_000_000, operation)
    product_id = app.list_product(SHOP)
    run = waiting(app, product_id)
    assert (run["status"], run["step"]) == ("running", "publish")
    assert run["reason"].startswith(f"waiting for the store since {run['store_away_since'][:16]}Z: ")
    assert why in run["reason"]
    painted = len(app.brush.strokes)
    app.local[SHOP].faults.clear()
    run = app.ended(SHOP, product_id)
    assert (run["status"], run["reason"], run["store_away_since"]) == ("published", "", None)
    square, banner = run["paintings"]
    store = app.services.store(SHOP)
    assert store.products.media(product_id) == [run["photo_id"], square["media_id"]]
    assert store.metafields.file(product_id, "banner") == banner["media_id"]
    assert len(app.brush.strokes) == painted
    assert app.services.runs.count(SHOP, product_id) == 1


def test_one_that_does_not_come_back_ends_the_run_with_the_reason(
    app: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(new_listing, "AWAY", (0.1, 0.1))
    app.local[SHOP].faults.answer(503, 1_000_000, "file_create")
    run = app.ended(SHOP, app.list_product(SHOP))
    assert (run["status"], run["step"]) == ("failed", "publish")
    assert run["reason"] == "file_create: the store answered 503"
    attempts = DBOS.list_workflows(workflow_id_prefix=f"{run['run_id']}:publish:", load_input=False)
    assert sorted(one.workflow_id[-1] for one in attempts) == ["2", "3"]


def test_a_product_deleted_meanwhile_stays_without_images(app: Installed) -> None:
    app.local[SHOP].faults.answer(503, 1_000_000, "file_create")
    product_id = app.list_product(SHOP)
    waiting(app, product_id)
    app.services.store(SHOP).products.delete(product_id)
    assert app.ended(SHOP, product_id)["status"] == "cancelled"
    app.local[SHOP].faults.clear()
    ended = app.run_of(SHOP, product_id)
    app.settled(SHOP)
    wait_for(lambda: not publishing_later(ended["run_id"]))
    run = app.run_of(SHOP, product_id)
    assert (run["status"], run["reason"], run["ended_at"]) == ("cancelled", PRODUCT_GONE, ended["ended_at"])
    assert {image["media_id"] for image in run["paintings"]} == {""}


def test_what_is_called_off_is_not_brought_to_the_store_later(
    app: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(new_listing, "AWAY", NEVER)
    app.local[SHOP].faults.answer(503, 1_000_000, "file_create")
    run = waiting(app, app.list_product(SHOP))
    assert wait_for(lambda: publishing_later(run["run_id"])) == [f"{run['run_id']}:publish:2"]
    app.services.starter.cancel_shop(SHOP)
    assert publishing_later(run["run_id"]) == []


def publishing_later(run_id: str) -> list[str]:
    """The recipes that are to publish a run's images when their time has come, or are at it."""
    found = DBOS.list_workflows(workflow_id_prefix=f"{run_id}:publish:", status=UNENDED, load_input=False)
    return [workflow.workflow_id for workflow in found]
