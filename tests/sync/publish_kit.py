"""What the tests of publishing and restoring share: a store, the worker, and runs whose images are made."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

from pydantic import SecretStr

from generators.formats import parse_format
from generators.prompts import alt_text
from generators.workshop import Workshop
from infra.devstore.server import LocalStore
from infra.durable import recipe, run_recipes
from infra.errors import Cancelled
from infra.model import Check, Painting, Product, plain, slug
from infra.queues import Paintings
from infra.services import Services, build
from infra.settings import Settings
from infra.shopify.products import Products
from tests.infra.devstore_kit import SECRET, SHOP, TOKEN, open_store, picture, until
from webhook_app.connect import obtain
from webhook_app.recipes.publish import publish
from webhook_app.recipes.restore import RestoreRun, start_restore
from webhook_app.steps.listing import Run

SIZES = {"1:1": (64, 64), "3:4": (60, 80), "4:3": (80, 60), "4:1": (128, 32), "8:1": (160, 20)}
COLOURS = ("teal", "sienna", "navy", "olive", "plum")


@dataclass(frozen=True)
class Desk:
    """A worker that publishes and restores, with its store."""

    services: Services
    store: LocalStore
    folder: Path

    @property
    def products(self) -> Products:
        return self.services.store(SHOP).products

    def product(self, title: str = "Wool coat", photos: int = 1) -> Product:
        """A product as a merchant lists it, with so many photos that are processed."""
        made = self.products.create(title, "Coats", price=Decimal("1129"), photo=picture(color="red"))
        for _ in range(photos - 1):
            self.products.add_photo(made, picture(), "more.jpg")
        return until(lambda: found if len((found := self.read(made)).photos) == photos else None)

    def read(self, product_id: str) -> Product:
        found = self.products.get(product_id)
        assert found is not None
        return found

    def change(self, product: Product, **fields: str) -> None:
        """What a merchant does in the admin: a new title, another status."""
        self.products._api.mutate("product_update", product={"id": product.id, **fields})

    def made(self, product: Product, ratios: Sequence[str] = ("1:1", "3:4", "4:1"), tint: int = 0) -> Run:
        """A run of the product whose images have passed the gate; another `tint` is another image."""
        run = Run(self.services, Workshop(self.services), SHOP, f"{SHOP}:{uuid4()}")
        runs = self.services.runs
        runs.open(run.run_id, SHOP, product.id, [parse_format(ratio) for ratio in ratios])
        photo_id = product.photos[0].id
        runs.begin(run.run_id, product=plain(product), photo_id=photo_id, photo_key=f"{SHOP}/photos/p.jpg")
        for number, ratio in enumerate(ratios):
            runs.keep(run.run_id, self.painting(product, ratio, number + tint), "approved")
        return run

    def painting(self, product: Product, ratio: str, tint: int = 0) -> Painting:
        recipe_key = f"{tint:04x}{product.id.rpartition('/')[2]:0>8}"
        made = Painting(
            ratio, f"{SHOP}/paintings/{recipe_key}{slug(ratio)}.jpg", "image/jpeg", *SIZES[ratio],
            "studio", "cut-out", "", alt_text(product), checks={"colour": Check(True, 2.1, 8.0)},
        )  # fmt: skip
        self.services.blobs.write(made.key, picture(*SIZES[ratio], COLOURS[tint % len(COLOURS)]))
        return made

    def start(self, run: Run, *, place_first: bool = False) -> str:
        """Begin to publish; returns the recipe's id."""
        recipe_id = f"{run.run_id}:{uuid4()}"
        self.services.starter.start("publish", recipe_id, SHOP, run.run_id, int(place_first))
        return recipe_id

    def publish(self, run: Run, *, place_first: bool = False) -> dict[str, Any]:
        """The run's record once its images are published."""
        self.services.starter.result(self.start(run, place_first=place_first))
        return self.record(run)

    def published(self, product: Product, *, place_first: bool = False, **made: Any) -> Run:
        run = self.made(product, **made)
        assert self.publish(run, place_first=place_first)["status"] == "published"
        return run

    def restore(self, run: Run) -> str:
        """What a restore says that it did."""
        said: str = self.services.starter.result(start_restore(self.services, SHOP, run.run_id))
        return said

    def record(self, run: Run) -> dict[str, Any]:
        return self.services.runs.need(SHOP, run.run_id)

    def statuses(self, run: Run) -> dict[str, str]:
        return {image["format"]: image["status"] for image in self.record(run)["paintings"]}

    def media(self, run: Run) -> dict[str, str]:
        """Format → media id of the run's images."""
        return {image["format"]: image["media_id"] for image in self.record(run)["paintings"]}

    def banner(self, product: Product, key: str = "banner") -> str | None:
        return self.services.store(SHOP).metafields.file(product.id, key)

    def files(self) -> int:
        """How many files there are in the store."""
        with closing(sqlite3.connect(self.folder / "store" / "store.sqlite")) as db:
            count: int = db.execute("select count(*) from media").fetchone()[0]
        return count


@contextmanager
def desk(folder: Path) -> Iterator[Desk]:
    """A store and a worker that publishes and restores, while the block lasts."""
    with open_store(folder / "store") as store:
        own = {
            "shop": SHOP,
            "shopify_url": store.url,
            "shopify_api_secret": SecretStr(SECRET),
            "shopify_access_token": SecretStr(TOKEN),
        }
        services = build(Settings.from_env(home=folder / "home").model_copy(update=own))
        obtain(services, SHOP)
        admin = services.store(SHOP)
        services.installations.connect(admin.shop(), admin.locale(), "http://127.0.0.1")

        def publish_only(shop: str, run_id: str, place_first: int) -> None:
            chosen = services.settings.model_copy(update={"place_first": bool(place_first)})
            try:
                publish(Run(replace(services, settings=chosen), Workshop(services), shop, run_id))
            except Cancelled as gone:  # as in the recipe of a new listing
                services.runs.cancel(shop, str(gone), run_id=run_id)

        recipe("publish", publish_only)
        RestoreRun(services)
        try:
            with run_recipes(services.settings.recipes_url, "desk", Paintings(1)):
                yield Desk(services, store, folder)
        finally:
            services.close()
