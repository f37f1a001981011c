"""Waiting for what a running app does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from infra.runs import ENDED
from webhook_app.embedded import Embedded

Wait = Callable[[str], dict[str, Any]]


def until_ended(app: Embedded, product_id: str) -> dict[str, Any]:
    """The record of a product's run, once it has ended."""
    found: dict[str, Any] = wait_for(lambda: _ended(app, product_id))
    return found


def wait_for(look: Callable[[], Any], seconds: float = 60) -> Any:
    """Look until there is something to see; fails when time is up."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"nothing to see after {seconds} s")


def _ended(embedded: Embedded, product_id: str) -> dict[str, Any] | None:
    run = embedded.services.runs.of_product(embedded.shop, product_id)
    return run if run and run["status"] in ENDED else None
