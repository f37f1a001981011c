"""The install flow lets in whom Shopify vouches for, in the browser that began, and nobody else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import jwt
import pytest
import requests
from flask.testing import FlaskClient
from pydantic import SecretStr
from werkzeug.test import TestResponse

from infra.devstore.oauth import sign_query
from infra.devstore.platform import LocalShopify
from infra.errors import TokenRefused
from infra.services import Services, build
from infra.settings import Settings
from infra.shopify.scopes import REASONS
from tests.infra.oauth_kit import CLIENT_ID, SECRET
from webhook_app.app import create_app

WOOL, SILK = "wool.myshopify.com", "silk.myshopify.com"
APP = "https://bestshot.example.com"


@pytest.fixture(scope="module")
def shopify(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalShopify]:
    folder = tmp_path_factory.mktemp("shopify")
    with LocalShopify(folder, client_id=CLIENT_ID, client_secret=SECRET, shops=(WOOL, SILK)) as local:
        yield local


@pytest.fixture
def services(shopify: LocalShopify, tmp_path: Path) -> Iterator[Services]:
    for shop in (WOOL, SILK):
        shopify[shop].faults.clear()
        shopify[shop].install()
    settings = Settings.from_env(
        home=tmp_path / "home",
        shopify_url=shopify.url_template,
        shopify_api_key=CLIENT_ID,
        shopify_api_secret=SECRET,
        app_url=APP,
    )
    with closing(build(settings)) as services:
        yield services


@pytest.fixture
def browser(services: Services) -> FlaskClient:
    return browser_of(services)


def browser_of(services: Services) -> FlaskClient:
    return create_app(services).test_client()


def begin(browser: FlaskClient, shop: str = WOOL) -> str:
    """Ask to install; returns the address of the store's permission page."""
    answer = browser.get("/auth", query_string={"shop": shop}, base_url=APP)
    assert answer.status_code == 302, answer.text
    return answer.location


def consent(permission_page: str) -> dict[str, str]:
    """The merchant approves; returns the query that the store sends the browser back with."""
    answer = requests.get(permission_page, allow_redirects=False, timeout=10)
    assert answer.headers["Location"].startswith(f"{APP}/auth/callback?")
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def come_back(browser: FlaskClient, query: dict[str, str]) -> TestResponse:
    return browser.get("/auth/callback", query_string=query, base_url=APP)


def signed(query: dict[str, str], **changed: str) -> dict[str, str]:
    """A query with changes that Shopify itself would have signed."""
    new = {name: value for name, value in (query | changed).items() if name != "hmac"}
    return new | {"hmac": sign_query(SECRET, new)}


def open_app(browser: FlaskClient, session_token: str) -> TestResponse:
    headers = {"Authorization": f"Bearer {session_token}"}
    return browser.post("/auth/session", headers=headers, base_url=APP)


def claims(**changed: object) -> dict[str, object]:
    now = int(time.time())
    shop = f"https://{WOOL}"
    made = {"iss": f"{shop}/admin", "dest": shop, "aud": CLIENT_ID, "sub": "1", "jti": "1", "sid": "1"}
    return made | {"exp": now + 60, "nbf": now - 1, "iat": now - 1} | changed


def test_the_merchant_is_asked_for_our_scopes_and_nothing_more(browser: FlaskClient) -> None:
    asked = parse_qs(urlsplit(begin(browser)).query)
    assert set(asked["scope"][0].split(",")) == REASONS.keys()
    assert asked["redirect_uri"] == [f"{APP}/auth/callback"]
    assert asked["client_id"] == [CLIENT_ID]


def test_consent_connects_the_shop(browser: FlaskClient, services: Services) -> None:
    answer = come_back(browser, consent(begin(browser)))
    assert answer.status_code == 200, answer.text
    assert answer.text == "Wool is connected. Products listed from now on get their images."
    assert services.tokens.kind(WOOL) == "offline"
    assert services.tokens.of(WOOL).look().grant.refresh_token
    assert services.store(WOOL).subscriptions.all()
    assert [one.shop for one in services.installations.active()] == [WOOL]


def test_a_shop_that_did_not_install_the_app_is_out_of_reach(services: Services) -> None:
    with pytest.raises(TokenRefused, match=f"bestshot connect {SILK}"):
        services.store(SILK)


def test_the_note_in_the_browser_is_for_us_alone_and_short_lived(browser: FlaskClient) -> None:
    browser.get("/auth", query_string={"shop": WOOL}, base_url=APP)
    cookie = browser.get_cookie("bestshot_install", "bestshot.example.com", "/auth")
    assert cookie is not None
    assert (cookie.http_only, cookie.secure, cookie.same_site, cookie.path) == (True, True, "Lax", "/auth")
    assert cookie.max_age == 600
    assert SECRET not in cookie.value


@pytest.mark.parametrize(
    "shop",
    ["", "evil.example.com", "wool.myshopify.com.evil.example", "wool.myshopify.com@evil.example",
     "-.myshopify.com", "<script>", "wool.myshopify.com/../x?", "wool_.myshopify.com", "a" * 5000],
)  # fmt: skip
def test_what_is_no_store_is_not_gone_to(browser: FlaskClient, shop: str) -> None:
    answer = browser.get("/auth", query_string={"shop": shop}, base_url=APP)
    if answer.status_code == 302:
        assert urlsplit(answer.location).path.split("/")[1] == WOOL
    else:
        assert (answer.status_code, answer.mimetype) == (400, "text/plain")
        assert "name.myshopify.com" in answer.text


def test_a_link_with_a_wrong_signature_is_refused(browser: FlaskClient) -> None:
    query = {"shop": WOOL, "timestamp": str(int(time.time()))}
    assert browser.get("/auth", query_string=signed(query), base_url=APP).status_code == 302
    answer = browser.get("/auth", query_string=signed(query) | {"shop": SILK}, base_url=APP)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"shop": SILK}, 401),
        ({"code": "another"}, 401),
        ({"state": "another"}, 401),
        ({"hmac": "0" * 64}, 401),
        ({"hmac": "ü"}, 401),
        ({"timestamp": "yesterday"}, 401),
    ],
)
def test_a_changed_answer_is_refused(
    browser: FlaskClient, services: Services, changed: dict[str, str], status: int
) -> None:
    answer = come_back(browser, consent(begin(browser)) | changed)
    assert (answer.status_code, services.tokens.kind(WOOL), services.tokens.kind(SILK)) == (
        status,
        None,
        None,
    )
    assert changed.get("code", "no such thing") not in answer.text


@pytest.mark.parametrize(
    ("changed", "status", "words"),
    [
        ({"state": "another"}, 403, "start"),
        ({"shop": SILK}, 403, "start"),
        ({"shop": "evil.example.com"}, 400, "name.myshopify.com"),
        ({"timestamp": "1"}, 401, "too old"),
        ({"code": ""}, 403, "no consent"),
        ({"code": "never_given"}, 403, "used before"),
    ],
)
def test_an_answer_that_is_signed_but_not_ours_is_refused(
    browser: FlaskClient, services: Services, changed: dict[str, str], status: int, words: str
) -> None:
    answer = come_back(browser, signed(consent(begin(browser)), **changed))
    assert answer.status_code == status
    assert words in answer.text
    assert services.tokens.kind(WOOL) is services.tokens.kind(SILK) is None


def test_another_browser_cannot_end_what_this_one_began(browser: FlaskClient, services: Services) -> None:
    answer = come_back(browser_of(services), consent(begin(browser)))
    assert (answer.status_code, services.tokens.kind(WOOL)) == (403, None)


def test_a_code_works_once(browser: FlaskClient, services: Services) -> None:
    query = consent(begin(browser))
    browser.set_cookie("bestshot_install", "forged", domain="bestshot.example.com", path="/auth")
    assert come_back(browser, query).status_code == 403
    query = consent(begin(browser))
    assert come_back(browser, query).status_code == 200
    assert come_back(browser, query).status_code == 403
    assert services.store(WOOL).shop().domain == WOOL


def test_a_parameter_that_comes_twice_is_refused(browser: FlaskClient) -> None:
    query = urlencode([*consent(begin(browser)).items(), ("shop", SILK)])
    assert browser.get(f"/auth/callback?{query}", base_url=APP).status_code == 400


def test_without_an_address_of_its_own_the_app_says_what_is_missing(services: Services) -> None:
    bare = services.settings.model_copy(update={"app_url": ""})
    with closing(build(bare)) as without:
        browser = browser_of(without)
        answers = [browser.get("/auth", query_string={"shop": WOOL}), open_app(browser, "a.b.c")]
    assert [("BESTSHOT_APP_URL" in one.text, one.status_code) for one in answers] == [(True, 503)] * 2


def test_many_shops_install_at_once_and_never_mix(services: Services, shopify: LocalShopify) -> None:
    def install(shop: str) -> tuple[str, int]:
        browser = browser_of(services)
        page = begin(browser, shop)
        assert f"/{shop}/" in page
        return shop, come_back(browser, consent(page)).status_code

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(install, [WOOL, SILK] * 4))
    assert {status for _, status in done} == {200}
    for shop in (WOOL, SILK):
        assert services.store(shop).shop().domain == shop
        assert shopify[shop].url == services.settings.store_url(shop)


def test_the_apps_first_page_connects_the_shop(
    browser: FlaskClient, services: Services, shopify: LocalShopify
) -> None:
    answer = open_app(browser, shopify[WOOL].session_token())
    assert (answer.status_code, answer.json) == (200, {"shop": WOOL, "new": True})
    assert services.tokens.kind(WOOL) == "offline"
    assert services.store(WOOL).subscriptions.all()


def test_many_tabs_at_once_end_with_credentials_that_work(services: Services, shopify: LocalShopify) -> None:
    asked = shopify[WOOL].operations_seen["access_token"]
    with ThreadPoolExecutor(6) as pool:
        tabs = [(browser_of(services), shopify[WOOL].session_token()) for _ in range(6)]
        answers = list(pool.map(lambda tab: open_app(*tab), tabs))
    assert sorted((answer.json or {})["new"] for answer in answers) == [False] * 5 + [True]
    assert shopify[WOOL].operations_seen["access_token"] == asked + 1
    assert services.store(WOOL).shop().domain == WOOL


def test_the_next_page_finds_it_connected(browser: FlaskClient, shopify: LocalShopify) -> None:
    open_app(browser, shopify[WOOL].session_token())
    asked = shopify[WOOL].operations_seen["access_token"]
    assert open_app(browser, shopify[WOOL].session_token()).json == {"shop": WOOL, "new": False}
    assert shopify[WOOL].operations_seen["access_token"] == asked


def test_credentials_that_work_are_left_alone_and_connected(
    browser: FlaskClient, services: Services, shopify: LocalShopify
) -> None:
    services.tokens.keep(WOOL, "client_credentials", services.oauth.client_credentials(WOOL))
    answer = open_app(browser, shopify[WOOL].session_token())
    assert answer.json == {"shop": WOOL, "new": False}
    assert services.tokens.kind(WOOL) == "client_credentials"
    assert [one.shop for one in services.installations.active()] == [WOOL]


def test_opening_the_app_again_mends_a_dead_token(
    browser: FlaskClient, services: Services, shopify: LocalShopify
) -> None:
    open_app(browser, shopify[WOOL].session_token())
    dead = services.tokens.of(WOOL).token()
    shopify[WOOL].faults.expire_tokens(refresh_tokens=True)
    answer = open_app(browser, shopify[WOOL].session_token())
    assert answer.json == {"shop": WOOL, "new": True}
    assert services.tokens.of(WOOL).token() != dead
    assert services.store(WOOL).shop().domain == WOOL


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "another app"},
        {"aud": None},
        {"exp": 1},
        {"exp": None},
        {"nbf": 9_999_999_999},
        {"nbf": None},
        {"dest": f"https://{SILK}"},
        {"iss": "https://evil.example.com/admin", "dest": "https://evil.example.com"},
        {"dest": 7},
        {"sid": None},
    ],
)
def test_a_session_token_that_is_not_for_us_now_is_refused(
    browser: FlaskClient, services: Services, changed: dict[str, object]
) -> None:
    given = {name: value for name, value in claims(**changed).items() if value is not None}
    answer = open_app(browser, jwt.encode(given, SECRET, algorithm="HS256"))
    assert (answer.status_code, answer.mimetype) == (401, "application/json")
    assert answer.headers["X-Shopify-Retry-Invalid-Session-Request"] == "1"
    assert services.tokens.kind(WOOL) is services.tokens.kind(SILK) is None


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "ü.ü.ü", "."])
def test_what_is_no_session_token_is_refused(browser: FlaskClient, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}".encode().decode("latin-1")}
    assert browser.post("/auth/session", headers=headers).status_code == 401
    assert browser.post("/auth/session").status_code == 401


def test_a_token_signed_otherwise_is_refused(browser: FlaskClient) -> None:
    for key, algorithm in (
        ("shpss_of_someone_else_0123456789abcdef", "HS256"),
        (SECRET * 2, "HS512"),
        ("", "none"),
    ):
        assert open_app(browser, jwt.encode(claims(), key, algorithm=algorithm)).status_code == 401


def test_the_old_secret_still_signs_for_a_while(services: Services, shopify: LocalShopify) -> None:
    new = "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"
    rotated = {"shopify_api_secret": SecretStr(new), "shopify_api_secret_old": SecretStr(SECRET)}
    with closing(build(services.settings.model_copy(update=rotated))) as later:
        answer = open_app(browser_of(later), shopify[WOOL].session_token())
    assert answer.status_code == 403, "let in, and only then refused by a store that knows no new secret"
    assert "SHOPIFY_API_SECRET" in (answer.json or {})["error"]


def test_a_store_that_is_away_may_be_asked_later(
    browser: FlaskClient, services: Services, shopify: LocalShopify
) -> None:
    query = consent(begin(browser))
    shopify[WOOL].faults.answer(503, times=1, operation="access_token")
    assert (come_back(browser, query).status_code, services.tokens.kind(WOOL)) == (503, None)
    assert come_back(browser, query).status_code == 200, "the code was not used up"
