"""What a webhook would have told is found without it, and what we write ourselves starts nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from infra.runs import PRODUCT_GONE
from tests.installed import Installed, installed
from tests.running import wait_for
from webhook_app.steps.reconcile import reconcile
from webhook_app.sync_runs import sync_now

LOST, NONE, OWN, MIXED = (f"{name}.myshopify.com" for name in ("lost", "none", "own", "mixed"))


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    home = tmp_path_factory.mktemp("reconcile")
    with installed(home, LOST, NONE, OWN, MIXED, formats=("1:1", "4:1"), place_first=True) as running:
        begun = time.time()
        wait_for(lambda: time.time() > begun + 1)  # the first, whole second is not looked at
        yield running


def test_a_listing_whose_webhooks_never_came_is_found(app: Installed) -> None:
    app.local[LOST].faults.lose_webhooks("", 100)
    product_id = app.list_product(LOST)
    assert app.services.runs.of_product(LOST, product_id) is None
    assert reconcile(app.services, LOST) == {"started": 1, "cancelled": 0}
    assert app.ended(LOST, product_id)["status"] == "published"
    assert reconcile(app.services, LOST) == {"started": 0, "cancelled": 0}
    assert [run["product_id"] for run in app.services.runs.recent(LOST)] == [product_id]


def test_a_deletion_whose_webhook_never_came_ends_the_run_that_waits(app: Installed) -> None:
    waiting = app.list_product(NONE, photo=None)
    app.run_of(NONE, waiting)
    app.services.starter.cancel_shop(NONE)  # nothing looks for its photo any more
    app.local[NONE].faults.lose_webhooks("products/delete", 1)
    app.services.store(NONE).products.delete(waiting)
    assert reconcile(app.services, NONE) == {"started": 0, "cancelled": 1}
    run = app.run_of(NONE, waiting)
    assert (run["status"], run["reason"]) == ("cancelled", PRODUCT_GONE)
    assert reconcile(app.services, NONE) == {"started": 0, "cancelled": 0}


def test_a_run_whose_recipe_was_never_started_is_started(app: Installed) -> None:
    """The record was written, then the recipes' database was away, and no webhook came again."""
    app.local[LOST].faults.lose_webhooks("", 100)
    product_id = app.list_product(LOST, "Another dress")
    app.services.runs.open(f"{LOST}:{product_id.rpartition('/')[2]}:1", LOST, product_id, [])
    assert reconcile(app.services, LOST) == {"started": 0, "cancelled": 0}
    assert app.ended(LOST, product_id)["step"] == "done"


def test_the_nightly_sync_finds_the_listing_and_the_subscription_that_were_lost(app: Installed) -> None:
    app.local[NONE].faults.lose_webhooks("", 100)
    product_id = app.list_product(NONE, "Lost dress")
    subscriptions = app.services.store(NONE).subscriptions
    lost = next(one for one in subscriptions.all() if one.topic == "products/create")
    subscriptions.delete(lost.id)
    assert missed(app) == 1
    assert lost.topic in {one.topic for one in subscriptions.all()}
    assert app.ended(NONE, product_id)["status"] == "published"
    assert missed(app) == 0


def missed(app: Installed) -> int:
    """How many listings a sync found that no webhook had told of."""
    sync_now(app.services, NONE)
    (sync,) = app.services.syncs.recent(NONE, 1)
    found: int = sync["listings_missed"]
    return found


def test_products_older_than_the_connection_are_left_alone(app: Installed) -> None:
    assert app.services.store(MIXED).products.count() == 12
    assert reconcile(app.services, MIXED) == {"started": 0, "cancelled": 0}
    assert app.services.runs.recent(MIXED) == []


def test_a_shop_that_is_not_connected_is_not_asked(app: Installed) -> None:
    assert reconcile(app.services, "never.myshopify.com") == {"started": 0, "cancelled": 0}


def test_our_own_writes_start_nothing(app: Installed) -> None:
    """Upload, attach, reorder and metafield come back as products/update, each of them twice."""
    app.local[OWN].faults.duplicate_webhooks(2)
    product_id = app.list_product(OWN)
    run = app.ended(OWN, product_id)
    assert run["status"] == "published"
    assert app.services.store(OWN).metafields.file(product_id, "banner") == run["paintings"][1]["media_id"]
    assert app.services.store(OWN).products.media(product_id)[0] == run["paintings"][0]["media_id"]
    app.settled(OWN)
    assert reconcile(app.services, OWN) == {"started": 0, "cancelled": 0}
    assert [one["run_id"] for one in app.services.runs.recent(OWN)] == [run["run_id"]]
    assert app.run_of(OWN, product_id)["ended_at"] == run["ended_at"]


def test_webhooks_that_come_last_first_lead_to_one_run(app: Installed) -> None:
    store = app.local[MIXED]
    store.faults.hold_webhooks()
    product_id = app.list_product(MIXED)
    wait_for(lambda: app.services.store(MIXED).products.get(product_id).photos)  # type: ignore[union-attr]
    store.faults.release_webhooks(order=lambda held: list(held)[::-1])
    assert app.ended(MIXED, product_id)["status"] == "published"
    assert app.services.runs.count(MIXED, product_id) == 1
