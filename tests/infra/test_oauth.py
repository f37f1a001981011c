"""Each grant gives tokens with their lifetimes, or says in words that help why it does not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from infra.devstore.server import LocalStore
from infra.errors import BestshotError, Refused, SettingsError, Throttled, TokenRefused, Unavailable
from infra.settings import Settings
from infra.shopify.oauth import Grant, OAuth
from infra.shopify.scopes import REASONS, REQUIRED, missing
from tests.infra.oauth_kit import SECRET, SHOP, open_store, settings_for, soon


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStore]:
    with open_store(tmp_path_factory.mktemp("store")) as running:
        yield running


@pytest.fixture
def settings(store: LocalStore, tmp_path: Path) -> Settings:
    store.faults.clear()
    return settings_for(store, tmp_path)


@contextmanager
def answering(status: int, body: str, **headers: str) -> Iterator[str]:
    """A server that answers every request with the same bytes; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def ask(url: str, home: Path) -> Grant:
    client = {"shopify_api_key": "id", "shopify_api_secret": SECRET}
    return OAuth(Settings.from_env(home=home, shopify_url=url, **client)).client_credentials(SHOP)


def test_client_credentials_give_a_token_for_a_day(settings: Settings) -> None:
    grant = OAuth(settings).client_credentials(SHOP)
    assert soon(86_300) < (grant.expires_at or soon(0)) <= soon(86_400)
    assert (grant.refresh_token, grant.refresh_expires_at) == ("", None)
    assert "write_products" in grant.scopes


def test_a_session_token_gives_an_expiring_pair(store: LocalStore, settings: Settings) -> None:
    grant = OAuth(settings).exchange_session(SHOP, store.session_token())
    assert soon(3500) < (grant.expires_at or soon(0)) <= soon(3600)
    assert soon(89 * 86_400) < (grant.refresh_expires_at or soon(0)) <= soon(90 * 86_400)
    assert grant.refresh_token


def test_a_refresh_gives_another_pair(store: LocalStore, settings: Settings) -> None:
    first = OAuth(settings).exchange_session(SHOP, store.session_token())
    second = OAuth(settings).refresh(SHOP, first.refresh_token)
    assert second.access_token != first.access_token
    assert second.refresh_token not in ("", first.refresh_token)


def test_a_dead_refresh_token_is_named_as_such(settings: Settings) -> None:
    with pytest.raises(TokenRefused, match="used before, has expired or was revoked") as caught:
        OAuth(settings).refresh(SHOP, "shprt_planted")
    assert "planted" not in str(caught.value)


def test_a_wrong_secret_names_the_variables_and_shows_nothing(settings: Settings) -> None:
    wrong = settings.model_copy(
        update={"shopify_api_secret": type(settings.shopify_api_secret)("shpss_planted")}
    )
    with pytest.raises(TokenRefused, match=r"SHOPIFY_API_KEY and SHOPIFY_API_SECRET") as caught:
        OAuth(wrong).client_credentials(SHOP)
    assert "planted" not in f"{caught.value}{caught.value.__cause__}"
    assert caught.value.code == "invalid_client"


def test_without_client_id_and_secret_nothing_is_asked(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="SHOPIFY_API_KEY"):
        OAuth(settings.model_copy(update={"shopify_api_key": ""})).client_credentials(SHOP)


@pytest.mark.parametrize(("status", "kind"), [(500, Unavailable), (503, Unavailable), (429, Throttled)])
def test_what_may_work_later_says_so(
    store: LocalStore, settings: Settings, status: int, kind: type[BestshotError]
) -> None:
    store.faults.answer(status, times=1, operation="access_token", headers={"Retry-After": "7"})
    with pytest.raises(kind) as caught:
        OAuth(settings).client_credentials(SHOP)
    assert caught.value.can_retry
    assert getattr(caught.value, "retry_after", 7) == 7


def test_a_lost_reply_may_be_asked_for_again(store: LocalStore, settings: Settings) -> None:
    store.faults.lose_reply("access_token")
    with pytest.raises(Unavailable):
        OAuth(settings).client_credentials(SHOP)
    assert OAuth(settings).client_credentials(SHOP).access_token


UNUSABLE = [
    "",
    "<html>",
    "[]",
    "{}",
    '{"access_token": ""}',
    '{"access_token": null}',
    '{"access_token": "a\\r\\nb"}',
    '{"access_token": "a", "expires_in": -1}',
    '{"access_token": "a", "expires_in": 99999999999999}',
]


@pytest.mark.parametrize("body", UNUSABLE)
def test_a_reply_without_a_usable_token_counts_as_none(body: str, tmp_path: Path) -> None:
    with answering(200, body) as url, pytest.raises(Unavailable, match="no usable token"):
        ask(url, tmp_path)


def test_a_pair_that_does_not_say_when_it_expires_does_so_all_the_same(tmp_path: Path) -> None:
    with answering(200, '{"access_token": "a", "refresh_token": "r"}') as url:
        assert (ask(url, tmp_path).expires_at or soon(9999)) <= soon(3600)


def test_an_error_page_is_read_for_its_code_alone(tmp_path: Path) -> None:
    page = "<h1>400</h1> Oauth error app_not_installed: The application is not installed <script>"
    with answering(400, page) as url, pytest.raises(TokenRefused, match="Dev Dashboard") as caught:
        ask(url, tmp_path)
    assert "<" not in str(caught.value)


def test_a_redirect_is_not_followed_with_the_secret(tmp_path: Path) -> None:
    with (
        answering(200, '{"access_token": "stolen"}') as elsewhere,
        answering(307, "", Location=elsewhere) as url,
        pytest.raises(Refused, match="307"),
    ):
        ask(url, tmp_path)


def test_a_store_that_does_not_exist_is_asked_about(tmp_path: Path) -> None:
    with answering(404, "Not Found") as url, pytest.raises(TokenRefused, match="the store's name"):
        ask(url, tmp_path)


def test_a_grant_shows_no_secret() -> None:
    shown = repr(Grant("shpat_planted", refresh_token="shprt_planted"))
    assert "planted" not in shown


def test_who_may_write_may_read() -> None:
    assert missing(["write_products", "write_files", "read_reports", "read_locales"]) == {}


def test_units_sold_need_one_of_two_scopes() -> None:
    others = set(REASONS) - {"read_orders", "read_reports"}
    assert missing(others).keys() == {"read_orders", "read_reports"}
    assert missing(others | {"read_orders"}) == missing(others | {"read_reports"}) == {}


def test_what_is_missing_comes_with_its_reason() -> None:
    assert missing(["customer_read_orders", "read_orders"]) == REQUIRED | {
        "read_locales": REASONS["read_locales"]
    }
