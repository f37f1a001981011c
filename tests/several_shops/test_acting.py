"""No webhook, recipe or record of one shop does anything in another."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from infra.errors import NotFound, UserErrors
from infra.model import Painting, Product, load
from sync import publish
from tests.installed import Brush
from tests.running import wait_for
from tests.several_shops.conftest import A, B, Both, C
from webhook_app.recipes import leaving
from webhook_app.steps.listing import Run
from webhook_app.steps.reconcile import reconcile
from webhook_app.sync_runs import sync_now
from webhook_app.topics import TOPICS


def number(gid: str) -> int:
    return int(gid.rpartition("/")[2])


def body(both: Both, topic: str, shop: str) -> dict[str, Any]:
    """What a shop's own webhook of a topic says."""
    product_id = both.runs[shop]["product_id"]
    now = datetime.now(UTC).isoformat()
    product = {"id": number(product_id), "admin_graphql_api_id": product_id, "created_at": now, "media": [{}]}
    return {
        "products/create": product,
        "products/update": product,
        "products/delete": {"id": number(product_id)},
        "bulk_operations/finish": {"admin_graphql_api_id": "gid://shopify/BulkOperation/77"},
        "app/uninstalled": {"myshopify_domain": shop, "domain": shop},
    }.get(topic, {"shop_domain": shop, "shop_id": 1, "customer": {"id": 1}})


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_a_captured_body_under_another_shops_header_harms_neither(both: Both, topic: str) -> None:
    """Only the body is signed, with one secret for all shops: A's body can be sent in B's name."""
    both.app.services.exports.note(A, "gid://shopify/BulkOperation/77", f"{A}:sync:77", "products")
    paid, before = len(both.app.brush.strokes), {shop: both.state(shop) for shop in (A, B)}
    answer = both.app.post(B, topic, body(both, topic, A))
    assert answer.status_code in (200, 400)
    both.app.settled()
    after = {shop: both.state(shop) for shop in (A, B)}
    assert after[A] == before[A]
    if topic in ("products/create", "products/update"):  # looked into, as of a product that is gone by now
        (run,) = [run for run in after[B]["runs"] if run not in before[B]["runs"]] or [None]
        assert run is None or (run["status"], run["product_id"]) == ("cancelled", both.runs[A]["product_id"])
        for part in ("seen", "mirrored", "blobs", "token", "products"):
            assert after[B][part] == before[B][part]
    else:
        assert after[B] == before[B]
    assert len(both.app.brush.strokes) == paid


@pytest.mark.parametrize("told", sorted(TOPICS))
@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_a_captured_body_under_another_topic_harms_nobody(both: Both, topic: str, told: str) -> None:
    before = {shop: both.state(shop) for shop in (A, B)}
    answer = both.app.post(A, topic, body(both, told, A), event="again")
    assert answer.status_code in (200, 400)
    both.app.settled()
    assert {shop: both.state(shop) for shop in (A, B)} == before


def test_a_run_speaks_for_its_own_shop_alone(both: Both) -> None:
    with pytest.raises(NotFound):
        Run(both.app.services, Brush(), A, both.runs[B]["run_id"])


@pytest.mark.parametrize(
    ("recipe", "rest"),
    [
        ("new_listing", (1,)),
        ("make_images", ()),
        ("paint_format", ("1:1",)),
        ("publish_images", (1,)),
        ("restore", (1,)),
    ],
)
def test_a_recipe_of_one_shop_does_nothing_with_a_run_of_another(
    both: Both, recipe: str, rest: tuple[str | int, ...]
) -> None:
    paid, before = len(both.app.brush.strokes), both.state(B)
    both.app.services.starter.start(recipe, f"{A}:crossing:{recipe}", A, both.runs[B]["run_id"], *rest)
    both.app.settled()
    assert both.state(B) == before
    assert len(both.app.brush.strokes) == paid


def test_one_shops_painting_is_not_published_onto_anothers_product(both: Both) -> None:
    services, before = both.app.services, both.state(B)
    image = load(Painting, both.runs[A]["paintings"][0])
    theirs = load(Product, both.runs[B]["product"])
    assert publish.look_again(services, A, theirs.id) is None
    with pytest.raises((NotFound, UserErrors)):
        publish.attach(services, A, theirs.id, image.media_id)
    with pytest.raises((NotFound, UserErrors)):  # nor with B's own client: the file is not in its store
        services.store(B).files.attach(image.media_id, theirs.id)
    with pytest.raises((NotFound, UserErrors)):
        services.store(A).metafields.set_file(theirs.id, "banner", image.media_id)
    assert both.state(B) == before


def test_an_export_of_one_shop_wakes_no_run_of_another(both: Both) -> None:
    operation = "gid://shopify/BulkOperation/78"
    both.app.services.exports.note(B, operation, f"{B}:sync:78", "products")
    answer = both.app.post(A, "bulk_operations/finish", {"admin_graphql_api_id": operation})
    assert answer.json() == {"result": "nobody waits for this export"}


def test_mirroring_and_reconciling_one_shop_leave_the_other_alone(both: Both) -> None:
    before = both.state(B)
    both.app.services.store(A).products.delete(next(both.app.services.store(A).products.all()).id)
    assert sync_now(both.app.services, A)["failed"] == 0
    reconcile(both.app.services, A)
    both.app.settled()
    assert both.state(B) == before


def test_the_sales_of_one_shop_are_not_counted_in_the_other(both: Both) -> None:
    sync_now(both.app.services, B)
    bestseller = next(iter(both.app.services.seen.fingerprints(A)))
    before = both.app.services.seen.fingerprints(B)
    both.app.local[A].sell(bestseller, 1_000_000)
    sync_now(both.app.services, A)
    assert both.app.services.seen.fingerprints(A)[bestseller][1] > 1_000_000
    sync_now(both.app.services, B)
    assert both.app.services.seen.fingerprints(B) == before


def test_a_shop_that_leaves_in_the_middle_of_anothers_run_takes_nothing_along(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving, "SETTLE_SECONDS", 0.1)
    app, services = both.app, both.app.services
    app.sync(C)
    app.run_of(C, app.list_product(C, photo=None))
    before = {shop: both.state(shop) for shop in (A, B)}
    with app.brush.held():
        listed = app.list_product(B, "Under way")
        assert app.brush.lifted.wait(30)
        app.local[C].uninstall()
        app.local[C].send_compliance("shop/redact", f"{app.url}/webhooks")
        wait_for(lambda: services.installations.get(C) is None)
        assert app.run_of(B, listed)["status"] == "running"
    assert app.ended(B, listed)["status"] == "published"
    app.settled(B)
    after = {shop: both.state(shop) for shop in (A, B)}
    assert after[A] == before[A]
    assert after[B]["runs"][1:] == before[B]["runs"]
    assert {key: after[B][key] for key in ("seen", "mirrored", "token")} == {
        key: before[B][key] for key in ("seen", "mirrored", "token")
    }
