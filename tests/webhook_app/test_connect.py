"""Connecting a shop does what is missing, says what it did, and does nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.devstore.platform import LocalShopify
from infra.errors import InputError, ScopeMissing, SettingsError, TokenRefused, Unavailable
from infra.services import Services
from infra.shopify.store import Shopify
from infra.shopify.transport import API_VERSION
from tests.webhook_app.connect_kit import APP, SHOP, app, opened
from webhook_app.connect import alone, connect, differing, stay_connected
from webhook_app.topics import SUBSCRIBED


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalShopify]:
    with opened(tmp_path / "shopify") as shopify:
        yield shopify


@pytest.fixture
def services(local: LocalShopify, tmp_path: Path) -> Iterator[Services]:
    with app(local, tmp_path / "home") as opened_services:
        yield opened_services


def test_the_first_time_everything_is_made(services: Services) -> None:
    done = connect(services, SHOP, APP)
    assert (done.kind, done.locale, done.lacking) == ("client_credentials", "en", {})
    assert done.webhooks == dict.fromkeys(SUBSCRIBED, "created")
    ((path, defined),) = done.banners.items()
    assert path.startswith('product.metafields["app--')
    assert path.endswith('"].banner')
    assert defined
    assert {(one.topic, one.uri) for one in services.store(SHOP).subscriptions.all()} == {
        (topic, f"{APP}/webhooks") for topic in SUBSCRIBED
    }
    known = services.installations.get(SHOP)
    assert known is not None
    assert (known.locale, known.address) == ("en", APP)


def test_the_second_time_nothing_is(services: Services, local: LocalShopify) -> None:
    connect(services, SHOP, APP)
    before = local[SHOP].operations_seen.copy()
    done = connect(services, SHOP, APP)
    assert set(done.webhooks.values()) == {"unchanged"}
    assert set(done.banners.values()) == {False}
    made = {name: n for name, n in (local[SHOP].operations_seen - before).items() if "subscription_" in name}
    assert made == {}


def test_only_what_differs_is_changed(services: Services) -> None:
    connect(services, SHOP, APP)
    subscriptions = services.store(SHOP).subscriptions
    gone, moved = (one for one in subscriptions.all() if one.topic in ("products/create", "products/delete"))
    subscriptions.delete(gone.id)
    subscriptions.update(moved.id, "https://elsewhere.example/webhooks")
    assert differing(services.store(SHOP), APP) == sorted([gone.topic, moved.topic])
    done = connect(services, SHOP, APP)
    changed = {topic: change for topic, change in done.webhooks.items() if change != "unchanged"}
    assert changed == {gone.topic: "created", moved.topic: "updated"}
    assert differing(services.store(SHOP), APP) == []


def test_a_second_address_is_no_longer_sent_to(services: Services) -> None:
    connect(services, SHOP, APP)
    subscriptions = services.store(SHOP).subscriptions
    subscriptions.create("products/update", "https://old.example/webhooks")
    done = connect(services, SHOP, APP)
    assert done.webhooks["products/update"] == "updated"
    assert {one.uri for one in subscriptions.all()} == {f"{APP}/webhooks"}
    assert differing(services.store(SHOP), APP) == []


def test_the_store_has_dropped_a_subscription_and_gets_it_again(services: Services) -> None:
    connect(services, SHOP, APP)
    subscriptions = services.store(SHOP).subscriptions
    subscriptions.delete(subscriptions.all()[0].id)
    stay_connected(services, SHOP)
    assert differing(services.store(SHOP), APP) == []


def test_a_shop_that_leaves_while_it_is_looked_after_stays_away(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(services, SHOP, APP)
    ask = Shopify.locale

    def leave_and_ask(store: Shopify) -> str:
        services.installations.leave(SHOP)
        return ask(store)

    monkeypatch.setattr(Shopify, "locale", leave_and_ask)
    stay_connected(services, SHOP)
    assert services.installations.active() == []


def test_webhooks_go_where_connect_sent_them_whatever_a_worker_was_started_with(
    local: LocalShopify, tmp_path: Path
) -> None:
    with app(local, tmp_path / "home") as services:
        connect(services, SHOP, APP)
    with app(local, tmp_path / "home", app_url="https://former.example.com") as services:
        stay_connected(services, SHOP)
        assert differing(services.store(SHOP), APP) == []
        assert [one.address for one in services.installations.active()] == [APP]


@pytest.mark.parametrize("kind", ["client_credentials", "admin_token"])
def test_a_store_is_connected_by_no_other_name_than_its_own(
    local: LocalShopify, tmp_path: Path, kind: str
) -> None:
    alias = "old-wool.myshopify.com"
    token = local[SHOP].admin_token() if kind == "admin_token" else ""
    own = {"shopify_url": local[SHOP].url, "shopify_access_token": token}
    with app(local, tmp_path / "home", **own) as services:
        with pytest.raises(InputError, match=f"another name of {SHOP}; run: bestshot connect {SHOP}"):
            connect(services, alias, APP)
        assert services.installations.rows(alias) == services.installations.rows(SHOP) == {}
        assert connect(services, SHOP, APP).kind == kind
        assert local[SHOP].operations_seen["webhook_subscription_create"] == len(SUBSCRIBED)


def test_one_at_a_time_connects_a_shop(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhook_app.connect.PATIENCE", 0.05)
    with alone(services, SHOP), pytest.raises(Unavailable, match="held by another"):
        connect(services, SHOP, APP)
    assert services.installations.rows(SHOP) == {}
    assert connect(services, SHOP, APP).shop == SHOP


def test_a_missing_scope_is_named_with_what_it_is_for_and_nothing_is_changed(tmp_path: Path) -> None:
    scopes = ("read_products", "write_products", "read_reports")
    with opened(tmp_path / "shopify", scopes=scopes) as local, app(local, tmp_path / "home") as services:
        with pytest.raises(ScopeMissing, match="write_files, to upload images"):
            connect(services, SHOP, APP)
        assert services.installations.get(SHOP) is None
        assert services.store(SHOP).subscriptions.all() == []


def test_a_useful_scope_that_is_missing_is_only_mentioned(tmp_path: Path) -> None:
    scopes = ("write_products", "write_files", "read_orders")
    german = opened(tmp_path / "shopify", scopes=scopes, locale="de")
    with german as local, app(local, tmp_path / "home") as services:
        done = connect(services, SHOP, APP)
    assert done.lacking.keys() == {"read_locales"}
    assert done.locale == "en"


def test_the_stores_language_is_remembered(tmp_path: Path) -> None:
    with opened(tmp_path / "shopify", locale="de") as local, app(local, tmp_path / "home") as services:
        assert connect(services, SHOP, APP).locale == "de"


def test_an_admin_token_is_stored_and_no_longer_needed_in_the_settings(
    local: LocalShopify, tmp_path: Path
) -> None:
    token = local[SHOP].admin_token()
    with app(local, tmp_path / "home", shopify_access_token=token, shop=SHOP) as services:
        assert connect(services, SHOP, APP).kind == "admin_token"
    with app(local, tmp_path / "home", shopify_api_key="") as services:
        assert connect(services, SHOP, APP).kind == "admin_token"
    stored = b"".join(path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file())
    assert token.encode() not in stored


def test_an_admin_token_that_the_store_does_not_take_replaces_nothing(
    local: LocalShopify, tmp_path: Path
) -> None:
    with app(local, tmp_path / "home") as services:
        connect(services, SHOP, APP)
    with app(local, tmp_path / "home", shopify_access_token="shpat_of_another_store") as services:
        with pytest.raises(TokenRefused):
            connect(services, SHOP, APP)
        assert services.tokens.kind(SHOP) == "client_credentials"
        assert services.store(SHOP).shop().name == "Wool"


def test_the_admin_token_of_one_store_is_not_tried_on_another(local: LocalShopify, tmp_path: Path) -> None:
    another = {"shopify_access_token": "shpat_of_another_store", "shop": "another.myshopify.com"}
    with app(local, tmp_path / "home", **another) as services:
        assert connect(services, SHOP, APP).kind == "client_credentials"


def test_a_dead_admin_token_gives_way_to_client_credentials(local: LocalShopify, tmp_path: Path) -> None:
    with app(local, tmp_path / "home", shopify_access_token=local[SHOP].admin_token()) as services:
        connect(services, SHOP, APP)
    local[SHOP].uninstall()
    local[SHOP].install()
    with app(local, tmp_path / "home") as services:
        assert connect(services, SHOP, APP).kind == "client_credentials"


@pytest.mark.parametrize(
    ("settings", "error", "said"),
    [
        ({"shopify_api_secret": "wrong"}, TokenRefused, "the client id or secret is wrong"),
        ({"shopify_api_key": ""}, SettingsError, "SHOPIFY_API_KEY"),
    ],
)
def test_credentials_that_do_not_do_are_said_to(
    local: LocalShopify, tmp_path: Path, settings: dict[str, str], error: type[Exception], said: str
) -> None:
    with app(local, tmp_path / "home", **settings) as services, pytest.raises(error, match=said):
        connect(services, SHOP, APP)


def test_an_app_that_is_not_installed_is_said_to_be_so(local: LocalShopify, services: Services) -> None:
    local[SHOP].uninstall()
    with pytest.raises(TokenRefused, match="not installed in this store"):
        connect(services, SHOP, APP)


def test_the_api_version_stands_in_one_place_of_the_code() -> None:
    root = Path(__file__).parents[2]
    code = [
        path
        for name in ("infra", "sync", "generators", "webhook_app")
        for path in (root / name).rglob("*.py")
    ]
    holding = [path.name for path in code if f'"{API_VERSION}"' in path.read_text("utf-8")]
    assert holding == ["transport.py"]
