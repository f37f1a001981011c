"""What the tests of exports and sales share: a store of hats with a picture each, and the services for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from cryptography.fernet import Fernet

from infra.devstore.server import LocalStore
from infra.model import Product
from infra.services import Services, build
from infra.settings import Settings
from infra.shopify.oauth import Grant
from infra.shopify.products import FOR_SALE
from infra.shopify.replies import Export
from infra.shopify.store import Shopify
from infra.syncs import SyncReport
from sync.catalog import CatalogPass
from sync.rows import seconds
from sync.sales import mirror_sales
from tests.infra.devstore_kit import SHOP, TOKEN, open_store, picture, until
from webhook_app.steps.mirroring import Logged

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

    def report(self) -> SyncReport:
        """The report of a new sync."""
        run_id = f"{SHOP}:sync:{uuid4()}"
        self.services.syncs.open(run_id, SHOP, mode="changes", dry_run=False, asked_by="app")
        return self.services.syncs.report(run_id)

    def whole(
        self,
        products: Iterable[Product] | None = None,
        begun: datetime | None = None,
        *,
        dry_run: bool = False,
    ) -> dict[str, int]:
        """A pass over the whole catalog; returns its counts, those that are not zero.

        Given `products`, there are no others.
        """
        catalog = CatalogPass(self.services, SHOP, self.report(), dry_run=dry_run)
        api = self.store.products
        if products is None:
            catalog.whole(api.all(FOR_SALE), api.some, 4, begun)
        else:
            catalog.whole(products, lambda _: (), 4, begun)
        return self.counts()

    def changes(
        self,
        products: Iterable[Product] | None = None,
        begun: datetime | None = None,
        *,
        read: Callable[[Sequence[str]], Iterable[Product]] | None = None,
        dry_run: bool = False,
    ) -> dict[str, int]:
        """A pass over what changed; returns its counts, those that are not zero.

        Given `products`, these are listed; `read` gives some of them in full, as the store does otherwise.
        """
        api = self.store.products
        states = api.states() if products is None else products
        listed = {state.id: seconds(state.updated_at) for state in states}
        catalog = CatalogPass(self.services, SHOP, self.report(), dry_run=dry_run)
        catalog.changes(listed, read or api.some, 4, begun)
        return self.counts()

    def one(self, product: Product) -> None:
        """What a webhook does: the mirror follows one product, and no sync tells of it."""
        CatalogPass(self.services, SHOP, Logged()).one(product)

    def counts(self) -> dict[str, int]:
        """What the newest sync has reported, as far as it is not zero."""
        (record,) = self.services.syncs.recent(SHOP, 1)
        return {name: count for name, count in record["counts"].items() if count}

    def sold(self, sold: Mapping[str, int]) -> int:
        """Sales as they are; returns how many products' had changed."""
        report = self.report()
        mirror_sales(self.services, SHOP, sold, report)
        return self.counts().get("sales_only", 0)

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
