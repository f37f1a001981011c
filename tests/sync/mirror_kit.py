"""What the tests of exports and sales share: a store of hats with a picture each, and the services for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from infra.devstore.server import LocalStore
from infra.services import Services, build
from infra.settings import Settings
from infra.shopify.oauth import Grant
from infra.shopify.replies import Export
from infra.shopify.store import Shopify
from tests.infra.devstore_kit import SHOP, TOKEN, open_store, picture, until

COLOURS = ("crimson", "navy", "olive", "teal")


@dataclass(frozen=True)
class Desk:
    """A store with its services; `hats` are the gids of its products."""

    services: Services
    local: LocalStore
    hats: list[str]

    @property
    def store(self) -> Shopify:
        return self.services.store(SHOP)

    def sales(self) -> list[int]:
        """The units sold that are on record of each hat."""
        known = self.services.seen.fingerprints(SHOP)
        return [known[hat][1] for hat in self.hats]

    def ended(self, operation: str) -> Export:
        """An export once it is over."""
        return until(lambda: (found := self.store.bulk.state(operation)) and found.ended and found)

    def export(self, kind: str = "bulk_products", query: str = "") -> str:
        """The gid of an export that is over."""
        operation = self.store.bulk.start(kind, filter=query)
        assert operation
        self.ended(operation)
        return operation


@contextmanager
def desk(folder: Path, database_url: str = "", **options: Any) -> Iterator[Desk]:
    """A store of four hats, and services that know it; the store takes the options."""
    with open_store(folder / "store", **options) as local:
        home = folder / "home"
        own: dict[str, Any] = {"shop": SHOP, "shopify_url": local.url, "sales_days": 30}
        if database_url:
            own |= {"database_url": database_url, "encryption_key": Fernet.generate_key().decode()}
        settings = Settings.from_env(home=home, **own)
        with closing(build(settings)) as services:
            services.tokens.keep(SHOP, "admin_token", Grant(TOKEN))
            store = services.store(SHOP)
            services.installations.connect(store.shop(), "en", "http://127.0.0.1:1")
            hats = [
                store.products.create(
                    f"{colour} hat", "Hats", photo=picture(color=colour), filename=f"{colour}.jpg"
                )
                for colour in COLOURS
            ]
            until(lambda: all(product.photos for product in store.products.all()))
            yield Desk(services, local, hats)
