"""A process that paints for money and kills itself (SIGKILL) at a given point.

`python -m tests.e2e.mortal_painter HOME POINT PHOTO …`: POINT is "module:method:before" or ":after" with the
number of the call, as "infra.blobs:FolderBlobs.write:after:2", or "" to live on. The process says that it is
ready, waits for a line of input, paints one image of each photo, and prints how many a budget refused. The
provider is a file, `bills`, with a line for each image that it was paid for.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

from generators.paint import Desk, paint
from infra.blobs import FolderBlobs
from infra.database import Database
from infra.errors import OverBudget
from infra.ledger import Budgets, Ledger
from infra.locks import Locks
from infra.model import Format, Painted, PaintTask, Product, StyleBrief

SHOP = "a.myshopify.com"
PRICE, BILL = Decimal("0.05"), Decimal("0.0336")
BUDGET = 4 * PRICE


class Provider:
    """A paying painter: what it was paid for stands in its own books, whatever becomes of us."""

    name = "paid"

    def __init__(self, home: Path) -> None:
        self._bills = home / "bills"

    def price(self, _task: PaintTask) -> Decimal:
        return PRICE

    def paint(self, task: PaintTask) -> Painted:
        with self._bills.open("ab") as bills:
            bills.write(task.photo + b"\n")
            bills.flush()
            os.fsync(bills.fileno())
        return Painted(b"image of " + task.photo, "image/png", BILL)


def task_of(photo: str) -> PaintTask:
    product = Product("gid://shopify/Product/7", "Coat", datetime(2026, 11, 20, tzinfo=UTC))
    brief = StyleBrief("", "", "", "", "", ("#ffffff",), 0.9, 0.2, 0.0, 0.5, 90.0, 0.7, "built-in")
    return PaintTask(product, photo.encode(), (), brief, Format("1:1", 512, 512))


@contextmanager
def desk_in(home: Path) -> Iterator[Desk]:
    """The desk of the one run, with whatever earlier processes left on it."""
    url = f"sqlite:///{home / 'records.sqlite'}"
    with closing(Database(url)) as database:
        ledger = Ledger(database, Budgets(BUDGET, BUDGET, BUDGET), Locks(url, home / "locks"))
        yield Desk(FolderBlobs(home / "blobs"), ledger, SHOP, f"{SHOP}:7:1")


def arm(point: str) -> None:
    """Let a method kill the process before or after the effect of one of its calls."""
    module, path, when, number = point.split(":")
    owner, name = path.split(".")
    kind, calls = getattr(importlib.import_module(module), owner), count(1)
    method = getattr(kind, name)

    def dying(*args: Any) -> Any:
        last = next(calls) == int(number)
        if last and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = method(*args)
        if last:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(kind, name, dying)


def main(home: Path, point: str, *photos: str) -> None:
    refused = 0
    if point:
        arm(point)
    with desk_in(home) as desk:
        print("ready", flush=True)  # noqa: T201
        sys.stdin.readline()
        for photo in photos:
            try:
                paint(desk, Provider(home), task_of(photo))
            except OverBudget:
                refused += 1
    print(refused)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
