"""A local Shopify with one shop, and the services of an app that may connect to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from infra.devstore.platform import LocalShopify
from infra.services import Services, build
from infra.settings import Settings

SHOP = "wool.myshopify.com"
APP = "https://bestshot.example.com"
CLIENT_ID, SECRET = "wool-app", "wool-secret"


@contextmanager
def opened(folder: Path, **options: Any) -> Iterator[LocalShopify]:
    """A local Shopify with SHOP in it."""
    with LocalShopify(folder, client_id=CLIENT_ID, client_secret=SECRET, shops=(SHOP,), **options) as local:
        yield local


@contextmanager
def app(local: LocalShopify, home: Path, **settings: Any) -> Iterator[Services]:
    """The services of an app with the client credentials of that Shopify, unless settings say otherwise."""
    given = {
        "home": home,
        "shopify_url": local.url_template,
        "shopify_api_key": CLIENT_ID,
        "shopify_api_secret": SECRET,
        "app_url": APP,
    }
    with closing(build(Settings.from_env(**given | settings))) as services:
        yield services
