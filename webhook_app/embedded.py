"""Everything in one process: the app, the worker and a local store, for the demo, the batch and the tests.

Only the addresses differ from production: the store is real HTTP on loopback, and the recipes are the same.
"""

from __future__ import annotations

import html
import json
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint
from pydantic import SecretStr

from generators.workshop import Workshop
from infra.catalog import CatalogRow
from infra.devstore.server import LocalStore
from infra.durable import run_recipes
from infra.files import only_one, write_whole
from infra.pixels import fit_store
from infra.queues import Paintings
from infra.services import Services, build
from infra.settings import Settings
from infra.wsgi import address, bind, serving
from webhook_app import recipes
from webhook_app.app import create_app
from webhook_app.connect import connect
from webhook_app.sync_runs import sync_now

SHOP = "bestshot-demo.myshopify.com"
CLIENT_ID = "bestshot-demo"
RETRY_SECONDS = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 300.0)
"""When the local store sends a webhook again; sooner than Shopify, for nobody waits for hours here."""


@dataclass(frozen=True)
class Embedded:
    """A running app with its store. `url` is the app's address."""

    services: Services
    store: LocalStore
    url: str

    @property
    def shop(self) -> str:
        return self.services.settings.shop

    def sync(self) -> dict[str, int]:
        """Bring the mirror up to date and return the counts of products."""
        return sync_now(self.services, self.shop)


@contextmanager
def running(
    settings: Settings,
    rows: Iterable[CatalogRow],
    *,
    store_port: int = 0,
    pages: Callable[[Services], Blueprint] | None = None,
) -> Iterator[Embedded]:
    """The app, the worker and a store that sells `rows`, while the block lasts; all state is in its home."""
    with ExitStack() as stack:
        stack.enter_context(only_one(settings.home))
        secret = _client_secret(settings.home / "keys.json")
        store = LocalStore(
            settings.home / "store",
            shop=SHOP,
            client_id=CLIENT_ID,
            client_secret=secret,
            port=store_port,
            retry_seconds=RETRY_SECONDS,
        )
        stack.enter_context(store)
        store.load(rows)
        local = {
            # Whatever production's own settings say: its database would hand its runs to this process.
            "database_url": SecretStr(""),
            "milvus_uri": SecretStr(""),
            "host": "127.0.0.1",
            "shop": SHOP,
            "app_url": "",
            "shopify_url": store.url,
            "shopify_api_key": CLIENT_ID,
            "shopify_api_secret": SecretStr(secret),
            "shopify_access_token": SecretStr(""),
        }
        if not settings.painter:  # a key that lies about is no wish to spend money here
            keyless = {"openrouter_api_key": SecretStr(""), "gemini_api_key": SecretStr("")}
            local |= keyless | {"embedder": "builtin", "analyst": "built-in"}
        settings = settings.model_copy(update=local)
        services = build(settings)
        stack.callback(services.close)
        workshop = Workshop(services)
        recipes.register(services, workshop)
        listener = stack.enter_context(bind(settings.host, settings.port))
        app = create_app(services, *([pages(services)] if pages else []))
        # Without a sign-in, a page elsewhere must not reach this one under a name of its own (DNS rebinding).
        app.config["TRUSTED_HOSTS"] = ["127.0.0.1", "localhost"]
        paintings = Paintings.of(settings, bought=workshop.buys)
        stack.enter_context(run_recipes(settings.recipes_url, "embedded", paintings))
        stack.enter_context(serving(app, listener))
        connect(services, SHOP, address(listener))
        yield Embedded(services, store, address(listener))


def list_row(services: Services, shop: str, row: CatalogRow) -> str:
    """List a catalog row with its photo, the way a merchant lists a product; returns its gid."""
    attributes = {"color": row.color, "style": row.style, "season": row.season}
    return services.store(shop).products.create(
        row.title,
        row.category,
        price=row.price,
        description=html.escape(row.description),
        tags=(*(f"{name}:{value}" for name, value in attributes.items() if value), *row.tags),
        hint=row.hint,
        photo=fit_store(row.image_path.read_bytes()),
        filename=row.image_path.name,
    )


def _client_secret(path: Path) -> str:
    """The local store's client secret, made once at random."""
    if not path.exists():
        write_whole(path, json.dumps({"client_secret": secrets.token_hex(24)}).encode())
    return str(json.loads(path.read_text())["client_secret"])
