"""What the tests of the admin endpoints share: an app with connected shops, and what a problem is like."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from infra.durable import run_recipes
from infra.queues import Paintings
from infra.services import Services, build
from infra.settings import Settings
from infra.shopify.replies import Shop
from webhook_app.app import create_app

WOOL, SILK, LEFT, NEVER = (f"{name}.myshopify.com" for name in ("wool", "silk", "left", "never"))


@dataclass(frozen=True)
class Office:
    """The app as `bestshot serve` runs it, and a token for all its shops. No worker runs what it starts."""

    services: Services
    client: FlaskClient
    token: str

    def ask(self, method: str, path: str, token: str | None = None, **sent: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {token or self.token}", **sent.pop("headers", {})}
        return self.client.open(path, method=method, headers=headers, **sent)

    def begin(self, shop: str = WOOL, **wanted: Any) -> TestResponse:
        return self.ask("POST", syncs(shop), json=wanted)

    def new_token(self, shop: str = "") -> str:
        return self.services.admin_tokens.create(uuid4().hex, shop)

    def end_syncs(self) -> None:
        for shop in (WOOL, SILK):
            self.services.starter.cancel_shop(shop)
            self.services.syncs.cancel(shop, "the test is over")


@contextmanager
def opened(home: Path, database_url: str = "") -> Iterator[Office]:
    """Two connected shops and one that left."""
    settings = Settings.from_env(home=home, database_url=database_url)
    with closing(build(settings)) as services:
        with run_recipes(settings.recipes_url, "once", Paintings(1)):
            pass  # a worker has run before, and made the tables
        for shop in (WOOL, SILK, LEFT):
            services.installations.connect(Shop(shop, shop, "UTC"), "en", "https://bestshot.example.com")
        services.installations.leave(LEFT)
        yield Office(services, create_app(services).test_client(), services.admin_tokens.create("kit"))


def syncs(shop: str = WOOL) -> str:
    return f"/admin/shops/{shop}/syncs"


def problem(answer: TestResponse, status: int) -> str:
    """What a problem says, which is of the one shape (RFC 9457)."""
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    found: dict[str, Any] = answer.get_json(force=True)
    assert found.keys() == {"type", "title", "status", "detail"}
    assert (found["type"], found["status"]) == ("about:blank", status)
    assert found["title"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    return str(found["detail"])
