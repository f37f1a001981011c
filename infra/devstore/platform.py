"""Several local shops behind one address, with one app, as Shopify has them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from infra.devstore.routes import flask_app
from infra.devstore.server import LocalStore
from infra.wsgi import address, bind, serving

RANGE = 10**13
"""How many ids a shop has to itself: ids are unique over all shops, as Shopify's are."""


class LocalShopify:
    """Shops on 127.0.0.1, open while the `with` block runs; `local[shop]` is one of them.

    Each has its own folder, database, ids, tokens, bucket, webhooks and faults. `options` go to every
    LocalStore.
    """

    def __init__(
        self,
        folder: Path,
        *,
        client_id: str,
        client_secret: str,
        shops: Iterable[str] = ("bestshot-demo.myshopify.com",),
        port: int = 0,
        **options: Any,
    ) -> None:
        self._listener = bind("127.0.0.1", port)
        self.url_template = f"{address(self._listener)}/{{shop}}"
        self._open = ExitStack()
        self._stores = {
            shop: LocalStore(
                folder / shop,
                shop=shop,
                client_id=client_id,
                client_secret=client_secret,
                listener=self._listener,
                numbers_from=first_number(shop),
                **options,
            )
            for shop in shops
        }

    def __getitem__(self, shop: str) -> LocalStore:
        return self._stores[shop]

    def __enter__(self) -> Self:
        for store in self._stores.values():
            self._open.enter_context(store)
        app = flask_app(store.routes for store in self._stores.values())
        self._open.enter_context(serving(app, self._listener))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()


def first_number(shop: str) -> int:
    """Where a shop's ids begin, made of its name; a JavaScript number holds the last of them."""
    place = int.from_bytes(hashlib.sha256(shop.encode()).digest()[:8]) % 800
    return (place + 1) * RANGE
