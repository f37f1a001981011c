"""Everything in one process: the app, the worker and a local store, for the demo, the batch and the tests.

Only the addresses differ from production: the store is real HTTP on loopback, and the recipes are the same.
"""

from __future__ import annotations

import fcntl
import html
import json
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from flask import Blueprint
from pydantic import SecretStr

from generators.studio.painter import StudioPainter
from infra.catalog import CatalogRow
from infra.devstore.server import LocalStore
from infra.durable import run_recipes
from infra.errors import SettingsError
from infra.services import Services, build
from infra.settings import Settings
from infra.wsgi import address, bind, serving
from webhook_app.app import create_app
from webhook_app.connect import connect
from webhook_app.recipes import Recipes

SHOP = "bestshot-demo.myshopify.com"


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
        run_id = f"{self.shop}:sync:{uuid4()}"
        self.services.starter.start("sync_store", run_id, self.shop)
        counts: dict[str, int] = self.services.starter.result(run_id)
        return counts


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
        stack.enter_context(_only_one(settings.home))
        keys = _keys(settings.home / "keys.json")
        secret, token = keys["client_secret"], keys["access_token"]
        store = LocalStore(
            settings.home / "store", shop=SHOP, client_secret=secret, access_token=token, port=store_port
        )
        stack.enter_context(store)
        store.load(rows)
        local = {
            "shop": SHOP,
            "shopify_url": store.url,
            "shopify_api_secret": SecretStr(secret),
            "shopify_access_token": SecretStr(token),
        }
        services = build(settings.model_copy(update=local))
        stack.callback(services.close)
        Recipes(services, StudioPainter())
        listener = stack.enter_context(bind(settings.host, settings.port))
        app = create_app(services, *([pages(services)] if pages else []))
        # Without a sign-in, a page elsewhere must not reach this one under a name of its own (DNS rebinding).
        app.config["TRUSTED_HOSTS"] = ["127.0.0.1", "localhost"]
        stack.enter_context(run_recipes(settings.recipes_url, "embedded", settings.paint_concurrency))
        stack.enter_context(serving(app, listener))
        connect(services, SHOP, address(listener))
        yield Embedded(services, store, address(listener))


def list_row(services: Services, shop: str, row: CatalogRow) -> str:
    """List a catalog row with its photo, the way a merchant lists a product; returns its gid."""
    attributes = {"color": row.color, "style": row.style, "season": row.season}
    return services.store(shop).create_product(
        row.title,
        row.category,
        price=row.price,
        description=html.escape(row.description),
        tags=(*(f"{name}:{value}" for name, value in attributes.items() if value), *row.tags),
        hint=row.hint,
        photo=row.image_path.read_bytes(),
        filename=row.image_path.name,
    )


def _keys(path: Path) -> dict[str, str]:
    """The local store's credentials, made once at random."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(
            json.dumps({name: secrets.token_hex(24) for name in ("client_secret", "access_token")})
        )
    keys: dict[str, str] = json.loads(path.read_text())
    return keys


@contextmanager
def _only_one(home: Path) -> Iterator[None]:
    """Two processes on one folder would run the same recipes twice."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SettingsError(f"another Bestshot is running on {home}; stop it first") from None
        yield
