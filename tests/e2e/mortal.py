"""A process with the whole app in it that kills itself (SIGKILL) at a given point, once.

`python -m tests.e2e.mortal HOME POINT`: POINT is "module:function:before" or ":after", or "" to live on. It
mirrors the catalog, lists one product unless it was listed before, prints the run's status when it ended.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from infra import logs
from infra.settings import Settings
from infra.wsgi import bind
from tests import drawn
from tests.running import until_ended
from webhook_app.embedded import running

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


def port_of(home: Path) -> int:
    """A free port, the same after a restart: the webhooks that are still to come are addressed to it."""
    path = home / "port"
    if not path.exists():
        with bind("127.0.0.1", 0) as listener:
            path.write_text(str(listener.getsockname()[1]))
    return int(path.read_text())


def main(home: Path, point: str) -> None:
    logs.configure("ERROR", as_json=False)
    settings = Settings.from_env(
        home=home, port=port_of(home), image_size="1K", min_sales=1500, formats=("1:1", "4:1")
    )
    with running(settings, drawn.rows(home / "catalog")) as app:
        app.sync()
        if point:
            arm(point)
        store = app.services.store(app.shop)
        listed = next((product.id for product in store.products() if product.title == TITLE), None)
        photo = drawn.photo("Dresses", "crimson", "#cfd6d2", kind=5)
        run = until_ended(app, listed or store.create_product(TITLE, "Dresses", photo=photo))
        print(run["status"], run["reason"])  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
