"""Several local shops at one address, and an app that comes, leaves and comes back."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from infra.devstore.platform import LocalShopify
from infra.devstore.server import LocalStore
from infra.errors import NotFound, TokenRefused
from infra.shopify.store import Shopify
from infra.shopify.transport import FixedToken
from tests.infra.access_kit import approve, ask, exchange, refresh, works
from tests.infra.devstore_kit import (
    SECRET,
    SHOP,
    TOKEN,
    Receiver,
    client_of,
    ended,
    open_store,
    picture,
    upload_file,
)

ONE, OTHER = "first-shop.myshopify.com", "second-shop.myshopify.com"


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalShopify]:
    with LocalShopify(
        tmp_path_factory.mktemp("shops"),
        client_id="local-app",
        client_secret=SECRET,
        shops=(ONE, OTHER),
        media_delay=0.02,
        retry_seconds=(0.01,) * 8,
    ) as opened:
        yield opened


@pytest.fixture
def clients(local: LocalShopify) -> tuple[Shopify, Shopify]:
    """A client of each shop, by an address made as the settings make it."""
    one, other = (
        Shopify(local.url_template.format(shop=shop), shop, FixedToken(local[shop].admin_token()))
        for shop in (ONE, OTHER)
    )
    return one, other


def test_each_shop_answers_for_itself(clients: tuple[Shopify, Shopify]) -> None:
    one, other = clients
    assert (one.shop().domain, other.shop().domain) == (ONE, OTHER)
    assert one.shop().name == "First Shop"
    assert one.installation() == other.installation(), "the app is one and the same"


def test_what_is_in_one_shop_is_not_in_the_other(clients: tuple[Shopify, Shopify]) -> None:
    one, other = clients
    product_id = one.products.create("Only here", "Hats", photo=picture())
    media_id = upload_file(one, picture(kind="PNG"), "only-here.png")
    ended(one, media_id)
    assert other.products.get(product_id) is None
    assert other.products.count() == 0
    assert other.files.find("only-here.png") is None
    with pytest.raises(NotFound):
        other.files.attach(media_id, product_id)


def test_ids_do_not_coincide(clients: tuple[Shopify, Shopify]) -> None:
    made = [client.products.create("Same", "Hats") for client in clients]
    numbers = [int(gid.rpartition("/")[2]) for gid in made]
    assert abs(numbers[0] - numbers[1]) >= 10**12
    assert max(numbers) < 2**53
    assert clients[1].products.get(made[0]) is None


def test_a_token_of_one_shop_is_worth_nothing_in_the_other(local: LocalShopify) -> None:
    token = local[ONE].admin_token()
    assert client_of(local[ONE], token).shop().domain == ONE
    with pytest.raises(TokenRefused):
        client_of(local[OTHER], token).shop()
    pair = exchange(local[ONE], expiring="1")
    assert refresh(local[OTHER], pair["refresh_token"], 401)
    assert exchange(local[OTHER], 400, subject_token=local[ONE].session_token())
    assert ask(local[OTHER], 400, code=approve(local[ONE])["code"])


def test_a_fault_of_one_shop_leaves_the_other_alone(
    clients: tuple[Shopify, Shopify], local: LocalShopify
) -> None:
    local[ONE].faults.answer(500, times=1)
    assert clients[1].shop().domain == OTHER
    assert local[ONE].faults.strikes("answer")


def test_an_upload_for_one_shop_is_refused_by_the_other(clients: tuple[Shopify, Shopify]) -> None:
    wanted = {"resource": "IMAGE", "filename": "a.png", "mimeType": "image/png", "httpMethod": "PUT"}
    target = clients[0]._api.mutate("staged_uploads_create", input=[wanted])["stagedTargets"][0]["url"]
    assert requests.put(target.replace(ONE, OTHER), data=b"x", timeout=5).status_code == 403


def test_webhooks_name_the_shop_that_they_are_from(clients: tuple[Shopify, Shopify]) -> None:
    one, other = clients
    with Receiver() as receiver:
        for client in clients:
            client.subscriptions.create("products/create", receiver.url)
        other.products.create("Told", "Hats")
        assert receiver.next().headers["X-Shopify-Shop-Domain"] == OTHER
        one.products.create("Told", "Hats")
        assert receiver.next().headers["X-Shopify-Shop-Domain"] == ONE


def test_a_shop_that_is_not_there_is_not_found(local: LocalShopify) -> None:
    url = local.url_template.format(shop="third-shop.myshopify.com")
    with pytest.raises(NotFound):
        Shopify(url, "third-shop.myshopify.com", FixedToken("shpat_x")).shop()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalStore]:
    with open_store(tmp_path / "store") as opened:
        yield opened


def test_uninstalling_revokes_every_token_and_tells_the_app(store: LocalStore) -> None:
    pair, day = exchange(store, expiring="1"), ask(store, grant_type="client_credentials")
    tokens = [TOKEN, store.admin_token(), exchange(store)["access_token"], pair["access_token"]]
    tokens.append(day["access_token"])
    assert all(works(store, token) for token in tokens)
    with Receiver() as receiver:
        client_of(store).subscriptions.create("app/uninstalled", receiver.url)
        store.uninstall()
        told = receiver.next()
    assert told.topic == "app/uninstalled"
    assert (told.json["myshopify_domain"], told.json["domain"]) == (SHOP, SHOP)
    assert told.json["id"] > 0
    assert told.json["name"] == "Kit Shop"
    assert not any(works(store, token) for token in tokens)
    assert refresh(store, pair["refresh_token"], 401)


def test_while_it_is_uninstalled_the_app_gets_no_token(store: LocalStore) -> None:
    store.uninstall()
    assert ask(store, 400, grant_type="client_credentials")["error"] == "app_not_installed"
    assert exchange(store, 400)["error"] == "app_not_installed"


def test_an_app_that_comes_back_starts_anew(tmp_path: Path) -> None:
    with open_store(tmp_path) as store, Receiver() as receiver:
        client_of(store).subscriptions.create("products/create", receiver.url)
        store.uninstall()
    with open_store(tmp_path) as store:
        assert not works(store, TOKEN), "not even a restart gives a token back"
        assert ask(store, 400, grant_type="client_credentials")
        store.install()
        fresh = ask(store, grant_type="client_credentials")["access_token"]
        assert client_of(store, fresh).subscriptions.all() == []
        assert not works(store, TOKEN)


def test_approving_installs_the_app_again(store: LocalStore) -> None:
    store.uninstall()
    reply = ask(store, code=approve(store)["code"], expiring="1")
    assert works(store, reply["access_token"])
    assert ask(store, grant_type="client_credentials")


COMPLIANCE = {
    "shop/redact": {"shop_id", "shop_domain"},
    "customers/redact": {"shop_id", "shop_domain", "customer", "orders_to_redact"},
    "customers/data_request": {"shop_id", "shop_domain", "customer", "orders_requested", "data_request"},
}


@pytest.mark.parametrize("topic", COMPLIANCE)
def test_a_compliance_topic_is_sent_where_the_app_declared_even_after_it_left(
    store: LocalStore, topic: str
) -> None:
    store.uninstall()
    with Receiver() as receiver:
        receiver.answer = 500
        store.send_compliance(topic, receiver.url)
        first = receiver.next()
        receiver.answer = 200
        assert receiver.next().body == first.body, "it is sent again as any other"
    assert first.topic == topic
    assert first.json.keys() == COMPLIANCE[topic]
    assert first.json["shop_domain"] == SHOP
    signature = hmac.new(SECRET.encode(), first.body, hashlib.sha256).digest()
    assert first.headers["X-Shopify-Hmac-Sha256"] == b64encode(signature).decode()


def test_only_the_compliance_topics_are_sent_so(store: LocalStore) -> None:
    with pytest.raises(ValueError, match="products/create"):
        store.send_compliance("products/create", "http://127.0.0.1:9/")
