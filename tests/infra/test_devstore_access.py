"""The local store's tokens over HTTP: how each is got, what it may do, and when it ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import shopify

from infra.devstore.scopes import ALL
from infra.devstore.server import LocalStore
from infra.errors import ScopeMissing
from tests.infra.access_kit import APP, BACK, approve, ask, exchange, refresh, works
from tests.infra.devstore_kit import SECRET, SHOP, TOKEN, client_of, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalStore]:
    with open_store(tmp_path / "store") as opened:
        yield opened


@pytest.mark.parametrize("as_json", [False, True], ids=["form", "json"])
def test_client_credentials_give_a_token_for_a_day_and_no_refresh_token(
    store: LocalStore, as_json: bool
) -> None:
    reply = ask(store, as_json=as_json, grant_type="client_credentials")
    assert reply.keys() == {"access_token", "scope", "expires_in"}
    assert reply["expires_in"] == 86_399
    assert set(reply["scope"].split(",")) == ALL - {"read_products", "read_files"}
    assert works(store, reply["access_token"])


@pytest.mark.parametrize("wrong", [{"client_id": "other"}, {"client_secret": "guess"}, {"client_secret": ""}])
def test_a_wrong_secret_gets_no_token(store: LocalStore, wrong: dict[str, str]) -> None:
    refusal = ask(store, 401, grant_type="client_credentials", **wrong)
    assert refusal["error"] == "invalid_client"
    assert refusal["error_description"]


def test_an_unknown_grant_is_refused(store: LocalStore) -> None:
    assert ask(store, 400, grant_type="password")["error"] == "unsupported_grant_type"


def test_an_approval_comes_back_signed_as_shopifys_own_library_wants_it(store: LocalStore) -> None:
    query = approve(store)
    assert (query["shop"], query["state"]) == (SHOP, "s-1")
    shopify.Session.setup(api_key="local-app", secret=SECRET)
    assert shopify.Session.validate_params(query)
    assert not shopify.Session.validate_params(query | {"shop": "other.myshopify.com"})


def test_a_code_is_good_for_one_token(store: LocalStore) -> None:
    code = approve(store, scope="write_products,read_locales")["code"]
    reply = ask(store, code=code)
    assert reply == {"access_token": reply["access_token"], "scope": "read_locales,write_products"}
    assert works(store, reply["access_token"])
    assert ask(store, 400, code=code)["error"] == "invalid_request"
    assert ask(store, 400, code="never")["error"] == "invalid_request"


def test_an_unknown_app_is_not_approved(store: LocalStore) -> None:
    query = {"client_id": "other", "redirect_uri": BACK}
    reply = requests.get(f"{store.url}/admin/oauth/authorize", params=query, allow_redirects=False, timeout=5)
    assert reply.status_code == 400


def test_a_lasting_token_is_the_same_each_time(store: LocalStore) -> None:
    first, second = exchange(store), exchange(store)
    assert first == second
    assert "expires_in" not in first


@pytest.mark.parametrize("way", ["code", "exchange"])
def test_an_expiring_token_comes_with_a_refresh_token(store: LocalStore, way: str) -> None:
    reply = (
        exchange(store, expiring="1")
        if way == "exchange"
        else ask(store, code=approve(store)["code"], expiring="1")
    )
    assert (reply["expires_in"], reply["refresh_token_expires_in"]) == (3600, 90 * 24 * 3600)
    assert works(store, reply["access_token"])
    renewed = refresh(store, reply["refresh_token"])
    assert renewed.keys() == reply.keys()
    assert renewed["refresh_token"] != reply["refresh_token"]
    assert works(store, renewed["access_token"])


def test_a_session_token_reads_as_shopifys_own_library_reads_it(store: LocalStore) -> None:
    header = f"Bearer {store.session_token()}"
    claims = shopify.session_token.decode_from_header(header, api_key="local-app", secret=SECRET)
    assert claims["dest"] == f"https://{SHOP}"


def test_a_session_token_that_is_not_right_gets_no_token(store: LocalStore, tmp_path: Path) -> None:
    with open_store(tmp_path / "b", client_secret=SECRET.upper()) as forged:
        tokens = [store.session_token(-1), forged.session_token(), "nonsense"]
    with open_store(tmp_path / "c", shop="other.myshopify.com") as other:
        tokens.append(other.session_token())
    for token in tokens:
        assert exchange(store, 400, subject_token=token)["error"] == "invalid_subject_token"


def test_only_one_expiring_token_is_active(store: LocalStore) -> None:
    first = exchange(store, expiring="1")
    second = refresh(store, first["refresh_token"])
    assert not works(store, first["access_token"])
    third = exchange(store, expiring="1")
    assert not works(store, second["access_token"])
    assert refresh(store, second["refresh_token"], 401)["error"] == "invalid_request"
    assert works(store, third["access_token"])


def test_a_refresh_token_may_be_used_again_until_its_replacement_is(store: LocalStore) -> None:
    first = exchange(store, expiring="1")["refresh_token"]
    lost = refresh(store, first)["refresh_token"]
    second = refresh(store, first)["refresh_token"]
    refresh(store, lost, 401)
    assert works(store, refresh(store, second)["access_token"])
    assert refresh(store, first, 401) == {
        "error": "invalid_request",
        "error_description": "This request requires an active refresh_token",
    }


def test_a_lost_reply_to_a_refresh_loses_nothing(store: LocalStore) -> None:
    token = exchange(store, expiring="1")["refresh_token"]
    store.faults.lose_reply("access_token")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        refresh(store, token)
    assert works(store, refresh(store, token)["access_token"])


def test_a_refresh_that_fails_does_not_use_the_token_up(store: LocalStore) -> None:
    first = exchange(store, expiring="1")
    store.faults.answer(503, times=1, operation="access_token")
    reply = requests.post(f"{store.url}/admin/oauth/access_token", data=APP, timeout=5)
    assert reply.status_code == 503
    assert works(store, first["access_token"])


def test_a_body_that_is_no_request_gets_no_token(store: LocalStore) -> None:
    for body in ("", "[]", "null", '"client_credentials"'):
        headers = {"Content-Type": "application/json"}
        url = f"{store.url}/admin/oauth/access_token"
        assert requests.post(url, data=body, headers=headers, timeout=5).status_code == 401


@pytest.mark.parametrize("life", ["REFRESH", "RETRY"])
def test_a_refresh_token_ends_with_its_time(
    store: LocalStore, life: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"infra.devstore.access.{life}", timedelta(0))
    token = exchange(store, expiring="1")["refresh_token"]
    if life == "RETRY":
        refresh(store, token)
    refresh(store, token, 401)


def test_tokens_outlive_a_restart_and_end_with_their_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_store(tmp_path) as store:
        kept = ask(store, grant_type="client_credentials")["access_token"]
        monkeypatch.setattr("infra.devstore.access.DAY_TOKEN", timedelta(0))
        over = ask(store, grant_type="client_credentials")["access_token"]
    with open_store(tmp_path) as store:
        assert works(store, kept)
        assert not works(store, over)


def test_tokens_can_be_made_to_expire_before_their_time(store: LocalStore) -> None:
    pair = exchange(store, expiring="1")
    day = ask(store, grant_type="client_credentials")
    store.faults.expire_tokens()
    assert not works(store, pair["access_token"])
    assert not works(store, day["access_token"])
    assert works(store, TOKEN), "a token without an end does not expire"
    renewed = refresh(store, pair["refresh_token"])
    assert works(store, renewed["access_token"])
    store.faults.expire_tokens(refresh_tokens=True)
    refresh(store, renewed["refresh_token"], 401)


def test_a_token_tells_its_scopes_and_who_may_write_may_read(store: LocalStore) -> None:
    app, scopes = client_of(store, store.admin_token(["write_products"])).installation()
    assert app.startswith("gid://shopify/App/")
    assert scopes == {"write_products", "read_products"}
    assert client_of(store).installation() == (app, ALL)


REPORT = "FROM sales SHOW net_items_sold GROUP BY product_id SINCE -1d UNTIL yesterday"
EACH_SCOPE = [
    ("product", "read_products", {"id": "gid://shopify/Product/1"}),
    ("products", "read_products", {}),
    ("products_count", "read_products", {}),
    ("files_by_name", "read_files", {"query": "a"}),
    ("file_status", "read_files", {"ids": ["gid://shopify/MediaImage/1"]}),
    ("products_by_id", "read_products", {"ids": ["gid://shopify/Product/1"]}),
    ("product_states", "read_products", {}),
    ("shop_locales", "read_locales", {}),
    ("orders", "read_orders", {}),
    ("orders_count", "read_orders", {}),
    ("shopifyql", "read_reports", {"query": REPORT}),
    ("file_create", "write_files", {"files": []}),
    ("file_update", "write_files", {"files": []}),
    ("product_delete", "write_products", {"id": "gid://shopify/Product/1"}),
    ("metafields_set", "write_products", {"metafields": []}),
    ("metafields_delete", "write_products", {"metafields": []}),
    ("bulk_operation_run_query", "read_products", {"query": "{ products { edges { node { id } } } }"}),
    ("bulk_operation_run_query", "read_orders", {"query": "{ orders { edges { node { id } } } }"}),
]


@pytest.mark.parametrize(("name", "scope", "variables"), EACH_SCOPE)
def test_each_field_asks_for_its_scope(
    store: LocalStore, name: str, scope: str, variables: dict[str, Any]
) -> None:
    lacking = [s for s in ALL if s not in (scope, scope.replace("read_", "write_"))]
    client = client_of(store, store.admin_token(lacking))
    with pytest.raises(ScopeMissing, match=f"Required access: `{scope}` access scope"):
        client._api.query(name, **variables)


def test_what_is_denied_is_not_done(store: LocalStore) -> None:
    product_id = client_of(store).products.create("Kept", "Hats")
    with pytest.raises(ScopeMissing):
        client_of(store, store.admin_token(["read_products"])).products.delete(product_id)
    assert client_of(store).products.get(product_id)


def test_a_denial_is_worded_as_shopifys(store: LocalStore) -> None:
    reply = requests.post(
        f"{store.url}/admin/api/2026-10/graphql.json",
        json={"query": f'{{ shop {{ name }} shopifyqlQuery(query: "{REPORT}") {{ parseErrors }} }}'},
        headers={"X-Shopify-Access-Token": store.admin_token([])},
        timeout=5,
    )
    assert reply.status_code == 200
    assert reply.json()["data"] == {"shop": {"name": "Kit Shop"}, "shopifyqlQuery": None}
    (error,) = reply.json()["errors"]
    assert error["message"] == (
        "Access denied for shopifyqlQuery field. Required access: `read_reports` access scope."
    )
    assert error["path"] == ["shopifyqlQuery"]
    assert error["extensions"]["code"] == "ACCESS_DENIED"


def test_reports_may_be_refused_though_the_scope_is_there(store: LocalStore) -> None:
    client = client_of(store)
    client.sales.units_sold(7)
    store.faults.refuse_reports()
    with pytest.raises(ScopeMissing, match="read_reports"):
        client.sales.units_sold(7)
