"""A process with the whole app in it that kills itself (SIGKILL) at a given point, once.

`python -m tests.e2e.mortal HOME POINT [restore] [lag]`: POINT is "module:function:before" or ":after", or ""
to live on. It mirrors the catalog, lists one product unless it was listed before, and prints the run's status
when it has ended, or been restored. With `lag` the store's search does not find files at first.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from infra import logs
from infra.settings import Settings
from infra.shopify.files import Files
from infra.wsgi import bind
from tests import drawn
from tests.running import until_ended
from webhook_app.embedded import running
from webhook_app.recipes.restore import start_restore

TITLE = "Crimson dress"


def die(function: Callable[..., Any], when: str) -> Callable[..., Any]:
    def dying(*args: Any, **kwargs: Any) -> Any:
        if when == "after":
            function(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    return dying


def arm(point: str) -> None:
    """Replace a function (or method) by one that kills the process before or after its effect."""
    module, path, when = point.split(":")
    owner: Any = importlib.import_module(module)
    *outer, name = path.split(".")
    for part in outer:
        owner = getattr(owner, part)
    setattr(owner, name, die(getattr(owner, name), when))


def lag(looks: int = 3) -> None:
    """Let the search for files come up with nothing so many times."""
    find, left = Files.find, count(looks, -1)

    def blind(*args: Any, **kwargs: Any) -> str | None:
        return None if next(left) > 0 else find(*args, **kwargs)

    Files.find = blind  # type: ignore[method-assign]


def port_of(home: Path) -> int:
    """A free port, the same after a restart: the webhooks that are still to come are addressed to it."""
    path = home / "port"
    if not path.exists():
        with bind("127.0.0.1", 0) as listener:
            path.write_text(str(listener.getsockname()[1]))
    return int(path.read_text())


def main(home: Path, point: str, *wishes: str) -> None:
    logs.configure("ERROR", as_json=False)
    if "lag" in wishes:
        lag()
    settings = Settings.from_env(
        home=home,
        port=port_of(home),
        image_size="1K",
        min_sales=1500,
        formats=("1:1", "4:1"),
        place_first=True,
    )
    born_again = (home / "keys.json").exists()
    if point and born_again:
        arm(point)  # what was under way goes on at once
    with running(settings, drawn.rows(home / "catalog")) as app:
        app.sync()
        if point and not born_again:
            arm(point)
        store = app.services.store(app.shop)
        listed = next((product.id for product in store.products.all() if product.title == TITLE), None)
        photo = drawn.photo("Dresses", "crimson", "#cfd6d2", kind=5)
        run = until_ended(app, listed or store.products.create(TITLE, "Dresses", photo=photo))
        if "restore" in wishes:
            app.services.starter.result(start_restore(app.services, app.shop, run["run_id"]))
            run = app.services.runs.need(app.shop, run["run_id"])
        print(run["status"], run["reason"])  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
