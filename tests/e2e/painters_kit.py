"""An app that buys its images from the stand-in for OpenRouter."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from infra.settings import Settings
from tests import drawn
from tests.standin.server import ModelServer
from webhook_app.embedded import Embedded


def settings(home: Path, server: ModelServer, **given: Any) -> Settings:
    ours = {
        "home": home,
        "port": 0,
        "image_size": "1K",
        "min_sales": 1500,
        "formats": ("1:1", "4:1"),
        "painter": "nano-banana-2",
        "people": "none",
        "openrouter_api_key": server.key,
        "openrouter_url": server.url,
    }
    return Settings.from_env(**(ours | given))


def listed(app: Embedded, title: str, kind: int) -> str:
    photo = drawn.photo("Dresses", "crimson", "#cfd6d2", kind=kind)
    return app.services.store(app.shop).products.create(title, "Dresses", price=Decimal(49), photo=photo)
