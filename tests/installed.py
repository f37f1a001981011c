"""The app, its worker and several shops that have it, in this process.

Everything is real but the painter, which lets a test hold its brush and counts its strokes.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

import requests
from dbos import DBOS
from pydantic import SecretStr

from generators.ladder import Rung
from generators.studio.painter import StudioPainter
from generators.workshop import Buy, Workshop
from infra.devstore.platform import LocalShopify
from infra.durable import run_recipes
from infra.files import only_one
from infra.model import Painted, Painter, PaintTask
from infra.queues import Paintings
from infra.runs import ENDED
from infra.services import Services, build
from infra.settings import Settings
from infra.wsgi import address, bind, serving
from tests import drawn
from tests.running import wait_for
from webhook_app import arrivals, recipes
from webhook_app.app import create_app
from webhook_app.connect import connect
from webhook_app.sync_runs import sync_now
from webhook_app.verify import signature

PHOTO = drawn.photo("Dresses", "crimson", "#cfd6d2", kind=5)
SECRET = "shared-by-all-shops"


class Brush:
    """The studio painter; `held` keeps it from painting, `lifted` says that it is about to."""

    name = "studio"

    def __init__(self) -> None:
        self._studio = StudioPainter()
        self.strokes: list[str] = []
        self.lifted, self._free = threading.Event(), threading.Event()
        self._free.set()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Paintings that begin in this block end after it."""
        self.lifted.clear()
        self._free.clear()
        try:
            yield
        finally:
            self._free.set()

    def price(self, task: PaintTask) -> Decimal:
        return self._studio.price(task)

    def paint(self, task: PaintTask) -> Painted:
        self.lifted.set()
        assert self._free.wait(60)
        self.strokes.append(task.product.id)
        return self._studio.paint(task)


class OneBrush(Workshop):
    """A workshop with that painter alone."""

    def __init__(self, services: Services, brush: Brush) -> None:
        super().__init__(services)
        self._brush = brush

    def painters(self, _buy: Buy) -> dict[Rung, Painter]:
        return {"studio": self._brush}

    def lettering(self, buy: Buy) -> Buy:
        return buy


@dataclass(frozen=True)
class Installed:
    """The running app. `home` is its own folder; the shops keep theirs elsewhere."""

    services: Services
    local: LocalShopify
    url: str
    home: Path
    brush: Brush = field(default_factory=Brush)

    def list_product(self, shop: str, title: str = "Crimson dress", photo: bytes | None = PHOTO) -> str:
        """List a product as a merchant does; returns its gid."""
        products = self.services.store(shop).products
        return products.create(title, "Dresses", tags=("color:crimson",), photo=photo, filename="new.jpg")

    def run_of(self, shop: str, product_id: str) -> dict[str, Any]:
        """A product's run, once there is one."""
        found: dict[str, Any] = wait_for(lambda: self.services.runs.of_product(shop, product_id))
        return found

    def ended(self, shop: str, product_id: str) -> dict[str, Any]:
        """A product's run, once it has ended."""
        wait_for(lambda: (self.services.runs.of_product(shop, product_id) or {}).get("status") in ENDED)
        return self.run_of(shop, product_id)

    def sync(self, shop: str) -> dict[str, int]:
        return sync_now(self.services, shop)

    def post(self, shop: str, topic: str, body: dict[str, Any] | bytes, event: str = "") -> requests.Response:
        """A webhook as the shop would send it, or as somebody sends a captured body again."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {
            "X-Shopify-Topic": topic,
            "X-Shopify-Shop-Domain": shop,
            "X-Shopify-Hmac-Sha256": signature(data, SECRET.encode()),
            "X-Shopify-Event-Id": event,
        }
        return requests.post(f"{self.url}/webhooks", data=data, headers=headers, timeout=5)

    def settled(self, shop: str = "") -> None:
        """Wait until no recipe is at work or due (one that waits for its time is not waited for).

        With a shop: once all its webhooks have been delivered.
        """
        if shop:
            with closing(sqlite3.connect(self.home.parent / "shopify" / shop / "store.sqlite")) as store:
                wait_for(lambda: store.execute("SELECT count(*) FROM delivery").fetchone() == (0,))
        wait_for(lambda: not DBOS.list_workflows(status=["ENQUEUED", "PENDING"], load_input=False))


@contextmanager
def installed(home: Path, *shops: str, **given: Any) -> Iterator[Installed]:
    """The app connected with these shops, which sell the drawn catalog, while the block lasts."""
    with ExitStack() as stack:
        # The mirror follows a webhook in its own time: not in the middle of a test about something else.
        stack.enter_context(patch.object(arrivals, "MINUTE", 1e9))
        local = LocalShopify(
            home / "shopify",
            client_id="bestshot",
            client_secret=SECRET,
            shops=shops,
            media_delay=0.02,
            retry_seconds=(0.1,) * 8,
        )
        stack.enter_context(local)
        rows = drawn.rows(home / "catalog")
        for shop in shops:
            local[shop].load(rows)
        stack.enter_context(only_one(home / "app"))
        services = build(_settings(home / "app", local, given))
        stack.callback(services.close)
        brush = Brush()
        recipes.register(services, OneBrush(services, brush))
        listener = stack.enter_context(bind("127.0.0.1", 0))
        stack.enter_context(run_recipes(services.settings.recipes_url, "installed", Paintings(2)))
        stack.enter_context(serving(create_app(services), listener))
        for shop in shops:
            connect(services, shop, address(listener))
        yield Installed(services, local, address(listener), home / "app", brush)


def _settings(home: Path, local: LocalShopify, given: dict[str, Any]) -> Settings:
    ours = {
        "home": home,
        "port": 0,
        "image_size": "512",
        "formats": ("1:1",),
        "min_sales": 1500,
        "shopify_url": local.url_template,
        "shopify_api_key": "bestshot",
        "shopify_api_secret": SecretStr(SECRET),
    }
    return Settings.from_env(**(ours | given))
