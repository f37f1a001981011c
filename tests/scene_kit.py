"""What the tests of scenes share: a store with a mirrored library, and a worker that makes scenes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from generators.scenes import SceneWish
from generators.workshop import Workshop
from infra.devstore.server import LocalStore
from infra.durable import run_recipes
from infra.files import only_one
from infra.model import Product
from infra.queues import Paintings
from infra.services import Services, build
from infra.settings import Settings
from infra.shopify.replies import Shop
from tests import drawn
from tests.infra.devstore_kit import SECRET, SHOP, TOKEN, open_store
from webhook_app import recipes
from webhook_app.connect import obtain
from webhook_app.recipes.scene import MakeScene, begin_scene
from webhook_app.sync_runs import sync_now


@dataclass(frozen=True)
class Set:
    """The worker with its store, which sells the drawn catalog."""

    services: Services
    store: LocalStore
    folder: Path

    def product(self, title: str) -> Product:
        return next(one for one in self.services.store(SHOP).products.all() if one.title == title)

    def make(self, words: str, *products: str, **wish: Any) -> dict[str, Any]:
        """The record of a scene that has ended."""
        run_id = begin_scene(self.services, SHOP, SceneWish(words, products, **wish), "test")
        self.services.starter.result(run_id)
        return self.services.runs.need(SHOP, run_id)

    def painted(self) -> int:
        """How many images were painted and kept."""
        return len(list((self.services.settings.home / "blobs").glob("*/paintings/*.jpg")))

    def files(self) -> list[str]:
        """The names of the store's files that are on no product."""
        with closing(sqlite3.connect(self.folder / "store" / "store.sqlite")) as db:
            loose = "select filename from media where id not in (select media_id from slot) order by id"
            return [name for (name,) in db.execute(loose)]


def settings_of(home: Path, store_url: str, **given: Any) -> Settings:
    ours = {
        "home": home,
        "image_size": "512",
        "min_sales": 1500,
        "shop": SHOP,
        "shopify_url": store_url,
        "shopify_access_token": SecretStr(TOKEN),
        "shopify_api_secret": SecretStr(SECRET),
    }
    return Settings.from_env(**(ours | given))


def environment(stage: Set) -> dict[str, str]:
    """What the command line is told by its environment."""
    return {
        "BESTSHOT_HOME": str(stage.services.settings.home),
        "BESTSHOT_IMAGE_SIZE": "512",
        "BESTSHOT_SHOP": SHOP,
        "BESTSHOT_SHOPIFY_URL": stage.store.url,
        "BESTSHOT_LOG_LEVEL": "ERROR",
    }


@contextmanager
def opened(folder: Path, **given: Any) -> Iterator[Set]:
    """A mirrored store and a worker, while the block lasts."""
    with ExitStack() as stack:
        store = stack.enter_context(open_store(folder / "store"))
        store.load(drawn.rows(folder / "catalog"))
        stack.enter_context(only_one(folder / "app"))
        services = stack.enter_context(closing(build(settings_of(folder / "app", store.url, **given))))
        obtain(services, SHOP)
        services.installations.connect(Shop(SHOP, SHOP, "UTC"), "en", "https://bestshot.example.com")
        recipes.register_syncs(services)
        MakeScene(services, Workshop(services))
        stack.enter_context(run_recipes(services.settings.recipes_url, "scenes", Paintings(2)))
        sync_now(services, SHOP)
        yield Set(services, store, folder)
