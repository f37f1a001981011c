"""Two shops in one installation, each with a catalog, a mirror and a finished run; and one that leaves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.installed import Installed, installed

A, B, C = "anna.myshopify.com", "bert.myshopify.com", "carl.myshopify.com"


@dataclass(frozen=True)
class Both:
    """The running app and what each shop has in it: the record of one published run."""

    app: Installed
    runs: dict[str, dict[str, Any]]

    def state(self, shop: str) -> dict[str, Any]:
        """All of a shop that must not change when the other one acts."""
        services = self.app.services
        return {
            "rows": services.installations.rows(shop),
            "runs": [run | {"seconds": 0} for run in services.runs.recent(shop)],
            "seen": services.seen.fingerprints(shop),
            "mirrored": services.mirror.count(shop),
            "blobs": services.blobs.count(shop),
            "token": services.tokens.of(shop).token(),
            "products": {
                product.id: services.store(shop).products.media(product.id)
                for product in services.store(shop).products.all()
            },
        }


@pytest.fixture(scope="package")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    with installed(tmp_path_factory.mktemp("several"), A, B, C) as app:
        runs = {}
        for shop in (A, B):
            app.sync(shop)
            runs[shop] = app.ended(shop, app.list_product(shop, f"Dress of {shop.partition('.')[0]}"))
            assert runs[shop]["status"] == "published", runs[shop]["reason"]
            app.settled(shop)
        yield Both(app, runs)
