"""The table of topics: what is subscribed, what is believed, and what each answer says."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copy2
from typing import Any

import pytest
from pydantic import SecretStr

import infra
from infra.durable import run_recipes
from infra.errors import Cancelled, Malformed, UnknownShop, UnknownTopic
from infra.installations import shop_digest
from infra.queues import Paintings
from infra.services import Services, build
from infra.settings import Settings
from infra.shopify.oauth import Grant
from infra.shopify.replies import Shop
from infra.shopify.transport import document
from webhook_app.topics import SUBSCRIBED, TOPICS, handle
from webhook_app.verify import WebhookEvent

SHOP, PRODUCT = "a.myshopify.com", "gid://shopify/Product/7"
COMPLIANCE = {"customers/data_request", "customers/redact", "shop/redact"}


@pytest.fixture(scope="module")
def recipes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recipes' database as a worker leaves it that has never had any work."""
    path = tmp_path_factory.mktemp("recipes") / "recipes.sqlite"
    with run_recipes(f"sqlite:///{path}", "test", Paintings(1)):
        pass
    return path


@pytest.fixture
def services(tmp_path: Path, recipes: Path) -> Iterator[Services]:
    """Services of a worker-less process with one connected shop: recipes are queued, and stay so."""
    copy2(recipes, tmp_path)
    found = build(Settings.from_env(home=tmp_path, shopify_api_secret=SecretStr("secret")))
    found.installations.connect(Shop("A", SHOP, "Europe/Berlin"), "de", "https://app.example")
    yield found
    found.close()


def event(topic: str, payload: dict[str, Any], shop: str = SHOP, event_id: str = "e1") -> WebhookEvent:
    return WebhookEvent(topic, shop, "w1", event_id, payload)


def product(created: datetime | None = None) -> dict[str, Any]:
    """The body about a product, by default one that is listed a minute from now."""
    created = created or datetime.now(UTC) + timedelta(minutes=1)
    return {"id": 7, "admin_graphql_api_id": PRODUCT, "created_at": created.isoformat()}


def queued(services: Services, prefix: str) -> list[str]:
    found = services.starter._client.list_workflows(workflow_id_prefix=prefix)
    return sorted(workflow.workflow_id for workflow in found)


def test_compliance_topics_are_declared_and_never_subscribed() -> None:
    text = (Path(infra.__path__[0]) / "deploy" / "shopify.app.toml").read_text()
    (declared,) = tomllib.loads(text)["webhooks"]["subscriptions"]
    assert set(declared["compliance_topics"]) == COMPLIANCE == TOPICS.keys() - SUBSCRIBED.keys()


def test_what_is_subscribed_is_what_is_read() -> None:
    assert set(SUBSCRIBED) == {
        "products/create",
        "products/update",
        "products/delete",
        "bulk_operations/finish",
        "app/uninstalled",
    }
    read = {"id", "admin_graphql_api_id", "created_at", "updated_at", "media"}
    assert set(SUBSCRIBED["products/create"]) == set(SUBSCRIBED["products/update"]) == read
    assert SUBSCRIBED["products/delete"] == ()  # its body has nothing but an id


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("products/create", {"id": 7}),
        ("products/create", {"admin_graphql_api_id": "gid://shopify/Product/7/../8"}),
        ("products/create", {"admin_graphql_api_id": "gid://shopify/Product/0"}),
        ("products/update", {"admin_graphql_api_id": "gid://shopify/Order/7"}),
        ("products/update", {"admin_graphql_api_id": 7}),
        ("products/delete", {}),
        ("products/delete", {"id": "7"}),
        ("products/delete", {"id": True}),
        ("products/delete", {"id": -7}),
        ("bulk_operations/finish", product()),
        ("bulk_operations/finish", {"admin_graphql_api_id": ["gid://shopify/BulkOperation/7"]}),
        ("app/uninstalled", product()),
        ("app/uninstalled", {"myshopify_domain": "b.myshopify.com", "domain": "b.example.com"}),
        ("customers/redact", {"shop_domain": "b.myshopify.com"}),
        ("customers/data_request", {}),
        ("shop/redact", {"shop_domain": "b.myshopify.com"}),
        ("shop/redact", {"myshopify_domain": SHOP}),
        ("shop/redact", {"shop_domain": [SHOP]}),
        ("app/uninstalled", {"myshopify_domain": {}, "domain": None}),
    ],
)
def test_a_body_that_does_not_fit_its_topic_and_shop_starts_nothing(
    services: Services, topic: str, payload: dict[str, Any]
) -> None:
    with pytest.raises(Malformed):
        handle(services, event(topic, payload))
    assert services.runs.recent(SHOP) == []
    assert queued(services, "") == []


def test_a_shop_that_is_not_connected_is_unknown_but_for_compliance(services: Services) -> None:
    other = "b.myshopify.com"
    bodies = {"products/delete": {"id": 7}, "app/uninstalled": {"domain": other}}
    for topic in SUBSCRIBED:
        with pytest.raises(UnknownShop):
            handle(services, event(topic, bodies.get(topic, product()), other))
    for topic in COMPLIANCE:
        assert handle(services, event(topic, {"shop_domain": other}, other))
    assert queued(services, "") == []


def test_credentials_of_an_install_that_failed_are_no_connection_and_can_be_redacted(
    services: Services,
) -> None:
    other = "b.myshopify.com"
    services.tokens.keep(other, "admin_token", Grant("shpat_1"))
    with pytest.raises(UnknownShop):
        handle(services, event("app/uninstalled", {"domain": other}, other))
    assert handle(services, event("shop/redact", {"shop_domain": other}, other)) == "redaction started"


def test_a_topic_that_was_never_asked_for_is_unknown(services: Services) -> None:
    with pytest.raises(UnknownTopic):
        handle(services, event("orders/paid", {"id": 7}))


def test_a_shop_that_left_is_answered_and_ignored(services: Services) -> None:
    services.installations.leave(SHOP)
    assert handle(services, event("products/create", product())) == "ignored: the app was uninstalled"
    with pytest.raises(Cancelled):
        services.runs.open(f"{SHOP}:7:1", SHOP, PRODUCT, [])
    assert services.runs.recent(SHOP) == []


@pytest.mark.parametrize(
    "topics", [("create", "update"), ("update", "create"), ("create", "create", "update")]
)
def test_create_and_update_in_any_order_are_one_run(services: Services, topics: tuple[str, ...]) -> None:
    for number, topic in enumerate(topics):
        handle(services, event(f"products/{topic}", product(), event_id=f"e{number}"))
    assert [run["run_id"] for run in services.runs.recent(SHOP)] == [f"{SHOP}:7:1"]
    assert queued(services, f"{SHOP}:7:1:look:") == [f"{SHOP}:7:1:look:1"]


@pytest.mark.parametrize("topic", ["products/create", "products/update"])
@pytest.mark.parametrize("created", ["2020-01-01T00:00:00Z", "", "yesterday", None, "2099-01-01T00:00:00"])
def test_a_product_not_known_to_be_new_is_not_listed(services: Services, topic: str, created: Any) -> None:
    assert handle(services, event(topic, product() | {"created_at": created})) == "known product"
    assert services.runs.recent(SHOP) == []


def test_a_product_of_the_very_second_of_connecting_is_new(services: Services) -> None:
    connected = services.installations.get(SHOP)
    assert connected is not None
    second = connected.connected_at.replace(microsecond=0)
    assert handle(services, event("products/create", product(second))) == "listing started"


def test_one_deletion_is_one_recipe_however_often_it_is_delivered(services: Services) -> None:
    for event_id in ("e1", "e1", "e2"):
        handle(services, event("products/delete", {"id": 7}, event_id=event_id))
    assert queued(services, f"{SHOP}:7:gone:") == [f"{SHOP}:7:gone:e1", f"{SHOP}:7:gone:e2"]


def test_an_uninstall_is_no_recipe_that_it_would_call_off_itself(services: Services) -> None:
    handle(services, event("app/uninstalled", {"myshopify_domain": SHOP, "domain": "shop.example.com"}))
    services.starter.cancel_shop(SHOP)
    (workflow,) = services.starter._client.list_workflows()
    assert (workflow.workflow_id, workflow.status) == (f"uninstalled:{SHOP}:e1:1", "ENQUEUED")


def test_a_redaction_does_not_name_the_shop(services: Services) -> None:
    handle(services, event("shop/redact", {"shop_domain": SHOP}))
    assert queued(services, "") == [f"redact:{shop_digest(SHOP)}:e1:1"]
    assert services.starter.count(SHOP) == 0


def test_an_export_is_taken_note_of_while_somebody_waits_for_it(services: Services) -> None:
    operation = "gid://shopify/BulkOperation/9"
    services.exports.note(SHOP, operation, f"{SHOP}:sync:1", "products")
    services.starter.start("sync_store", f"{SHOP}:sync:1", SHOP)
    finished = event("bulk_operations/finish", {"admin_graphql_api_id": operation, "status": "completed"})
    assert handle(services, finished) == "export taken note of"
    services.exports.done(SHOP, operation)
    assert handle(services, finished) == "nobody waits for this export"


def test_orders_are_asked_for_nothing_that_names_a_customer() -> None:
    """What customers/data_request and customers/redact are answered with rests on it."""
    for name in ("orders", "bulk_orders", "order_line_items", "orders_count"):
        text = document(name).lower()
        assert not [word for word in ("customer", "email", "phone", "address", "note") if word in text], name
