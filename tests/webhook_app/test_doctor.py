"""The doctor finds what is wrong, wherever it is, and says how to mend it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from infra.devstore.platform import LocalShopify
from infra.files import only_one
from infra.services import Services
from infra.settings import Settings
from infra.shopify.oauth import Grant
from infra.wsgi import address, bind, serving
from tests.webhook_app.connect_kit import SECRET, SHOP, app, opened
from webhook_app.app import create_app
from webhook_app.connect import connect
from webhook_app.doctor import Finding, examine


@contextmanager
def connected(local: LocalShopify, home: Path, server_secret: str = SECRET) -> Iterator[Services]:
    """A connected shop, with the app listening at the address that its webhooks are sent to."""
    with app(local, home, shopify_api_secret=server_secret) as server, bind("127.0.0.1", 0) as listener:
        url = address(listener)
        with serving(create_app(server), listener), app(local, home, app_url=url) as services:
            connect(services, SHOP, url)
            yield services


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalShopify]:
    with opened(tmp_path / "shopify") as shopify:
        yield shopify


@pytest.fixture
def services(local: LocalShopify, tmp_path: Path) -> Iterator[Services]:
    with connected(local, tmp_path / "home") as opened_services:
        yield opened_services


def findings(services: Services) -> dict[str, Finding]:
    return {one.subject.removeprefix(f"{SHOP} "): one for one in examine(services.settings)}


def test_a_connected_shop_has_nothing_to_mend(services: Services) -> None:
    found = findings(services)
    failed = {subject: one.mend for subject, one in found.items() if one.verdict == "failed"}
    assert failed.keys() == {"recipes"}  # no worker has ever run
    assert "bestshot worker" in failed["recipes"]
    doubts = {subject for subject, one in found.items() if one.verdict == "warning"}
    assert doubts == {"worker", "address", "catalog"}  # none runs, not https, not mirrored yet
    assert "Wool answers" in found["credentials"].seen
    assert found["API points"].seen.endswith("more each second")


def test_whoever_works_on_the_home_is_seen(services: Services) -> None:
    with only_one(services.settings.home):
        found = findings(services)
    assert (found["worker"].verdict, "a worker, or a `bestshot sync`" in found["worker"].seen) == ("ok", True)
    assert "Milvus Lite, open in the process" in found["mirror"].seen


def test_nothing_connected_says_what_to_run(local: LocalShopify, tmp_path: Path) -> None:
    with app(local, tmp_path / "home") as services:
        found = findings(services)["stores"]
    assert (found.verdict, found.mend) == ("failed", "run `bestshot connect NAME.myshopify.com`")


def uninstalled(local: LocalShopify, _: Services) -> None:
    local[SHOP].uninstall()


def unsubscribed(_: LocalShopify, services: Services) -> None:
    subscriptions = services.store(SHOP).subscriptions
    lost = next(one for one in subscriptions.all() if one.topic == "products/create")
    subscriptions.delete(lost.id)


def with_too_few_scopes(local: LocalShopify, services: Services) -> None:
    services.tokens.keep(SHOP, "admin_token", Grant(local[SHOP].admin_token(("read_products",))))


def away(local: LocalShopify, _: Services) -> None:
    local[SHOP].faults.answer(503, 99)


@pytest.mark.parametrize(
    ("trouble", "subject", "seen", "mend"),
    [
        (uninstalled, "credentials", "not installed in this store", "bestshot connect"),
        (unsubscribed, "webhooks", "products/create not sent to", "bestshot connect"),
        (with_too_few_scopes, "scopes", "write_products", "add them to the app"),
        (away, "webhooks", "answered 503", "bestshot connect"),
    ],
)
def test_trouble_in_the_shop_is_found(
    local: LocalShopify, services: Services, trouble: Any, subject: str, seen: str, mend: str
) -> None:
    trouble(local, services)
    found = findings(services)[subject]
    assert found.verdict == "failed"
    assert seen in found.seen
    assert mend in found.mend


@pytest.mark.parametrize(
    ("setting", "subject", "mend"),
    [
        ({"database_url": "postgresql+psycopg://nobody@127.0.0.1:9/none"}, "records", "DATABASE_URL"),
        ({"milvus_uri": "http://127.0.0.1:9"}, "mirror", "MILVUS_URI"),
    ],
)
def test_a_service_that_is_away_is_found(
    local: LocalShopify, tmp_path: Path, setting: dict[str, str], subject: str, mend: str
) -> None:
    settings = Settings.from_env(home=tmp_path / "home", shopify_url=local.url_template, **setting)
    found = {one.subject: one for one in examine(settings)}[subject]
    assert found.verdict == "failed"
    assert "did not answer" in found.seen
    assert mend in found.mend


def test_webhooks_that_go_to_a_former_address_are_found(
    local: LocalShopify, services: Services, tmp_path: Path
) -> None:
    assert findings(services)["webhooks"].verdict == "ok"
    with app(local, tmp_path / "home", app_url="https://new.example.com") as moved:
        found = findings(moved)["webhooks"]
    assert found.verdict == "failed"
    assert "not sent to https://new.example.com" in found.seen


def test_a_refused_sales_report_is_a_warning_while_orders_can_be_read(
    local: LocalShopify, services: Services
) -> None:
    local[SHOP].faults.refuse_reports()
    found = findings(services)["sales"]
    assert found.verdict == "warning"
    assert "orders of the last 60 days" in found.seen


def test_without_report_and_orders_sales_fail(tmp_path: Path) -> None:
    scopes = ("write_products", "write_files")
    with (
        opened(tmp_path / "shopify", scopes=scopes) as local,
        connected(local, tmp_path / "home") as services,
    ):
        found = findings(services)
    assert found["sales"].verdict == "failed"
    assert found["scopes"].verdict == "warning"
    assert "read_locales" in found["scopes"].seen


def test_a_server_with_another_secret_is_told_from_one_that_is_away(
    local: LocalShopify, tmp_path: Path
) -> None:
    with connected(local, tmp_path / "home", server_secret="another") as services:
        found = findings(services)["address"]
    assert found.verdict == "failed"
    assert "SHOPIFY_API_SECRET" in found.mend
    with app(local, tmp_path / "home", app_url="http://127.0.0.1:9") as services:
        found = findings(services)["address"]
    assert found.verdict == "failed"
    assert "did not answer" in found.seen


def test_a_lost_encryption_key_is_found(local: LocalShopify, services: Services, tmp_path: Path) -> None:
    (tmp_path / "home" / "encryption.key").unlink()
    with app(local, tmp_path / "home") as after:
        found = findings(after)["credentials"]
    assert found.verdict == "failed"
    assert "sealed with a key that is not here" in found.seen
    assert services.tokens.kind(SHOP) == "client_credentials"


def test_no_secret_is_in_what_it_says(local: LocalShopify, services: Services) -> None:
    secrets = {SECRET, services.tokens.of(SHOP).token()}
    uninstalled(local, services)
    said = "".join(f"{one.seen}{one.mend}" for one in findings(services).values())
    assert not [secret for secret in secrets if secret in said]
