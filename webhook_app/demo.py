"""`bestshot demo`: a store, its catalog and the app on this machine, with one new product listed at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from flask import Blueprint

from infra.catalog import CatalogRow, read_new_products, read_products
from infra.devstore.demo_catalog import draw_catalog
from infra.errors import InputError
from infra.pixels import fit_store, sniff
from infra.services import Services
from infra.settings import Settings
from webhook_app import pages
from webhook_app.embedded import SHOP, list_row, running
from webhook_app.upload import OwnListing

ALL_RUNS = 1000


@contextmanager
def demo(settings: Settings, *, store_port: int, say: Callable[[str], None]) -> Iterator[str]:
    """The demo while the block lasts; yields the address of the newest listing's page.

    The catalog is drawn at the first start; later starts go on from where the last one was.
    """
    folder = settings.home / "catalog"
    say("Drawing a catalog (half a minute, the first time only) …")
    draw_catalog(folder)
    say("Starting the store, the app and the worker …")
    next_listing = NextListing(read_new_products(folder).rows)

    def blueprint(services: Services) -> Blueprint:
        list_next = partial(next_listing.list, services)
        return pages.blueprint(services.runs, services.blobs, SHOP, list_next, partial(list_own, services))

    with running(settings, read_products(folder).rows, store_port=store_port, pages=blueprint) as embedded:
        say("Mirroring the catalog in Milvus …")
        embedded.sync()
        runs = embedded.services.runs.recent(SHOP, ALL_RUNS)
        listed = (run["product_id"] for run in runs if run["product_id"])  # a scene is of no one product
        product_id = next(listed, "") or next_listing.list(embedded.services)
        yield f"{embedded.url}/shops/{SHOP}/products/{product_id.rpartition('/')[2]}"


class NextListing:
    """Lists the demo's new products one after the other, each once."""

    def __init__(self, rows: tuple[CatalogRow, ...]) -> None:
        self._rows = rows
        self._lock = threading.Lock()
        self._listed: set[str] = set()

    def list(self, services: Services) -> str:
        """List the next product; InputError when all are listed."""
        with self._lock:
            self._listed |= {run["title"] for run in services.runs.recent(SHOP, ALL_RUNS)}
            row = next((row for row in self._rows if row.title not in self._listed), None)
            if row is None:
                raise InputError("All demo products are listed. Upload a photo of your own to go on.")
            self._listed.add(row.title)
            return list_row(services, SHOP, row)


def list_own(services: Services, own: OwnListing) -> str:
    """List a visitor's product."""
    photo = fit_store(own.photo)
    return services.store(SHOP).products.create(
        own.title,
        own.category,
        price=own.price,
        hint=own.hint,
        photo=photo,
        filename=f"photo.{sniff(photo).rpartition('/')[2]}",
    )
