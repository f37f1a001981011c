"""One painting: paid for once, and kept before anything else happens to it.

What a painter returns is written to the blobs under a key derived from its whole recipe; whoever needs the
same image again (a resumed run, a second run with nothing changed) finds it there and does not paint.

    reserve → paint → note → image → settle

The note is written first: once the image is there, which is whole or not at all, nothing is missing. A
process that dies before that has lost what it paid for, and its reservation says so; one that dies after it
finds the image again, and settles the reservation by the note.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from hashlib import sha256

from infra.blobs import Blobs
from infra.errors import Blocked, NoImage, NotFound
from infra.ledger import Ledger, Purchase
from infra.model import Painted, Painter, PaintTask, load, plain

SUFFIX = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}
REFUSALS: dict[str, type[Blocked | NoImage]] = {"Blocked": Blocked, "NoImage": NoImage}


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a run paints: what is kept goes to the blobs, what is paid into the ledger."""

    blobs: Blobs
    ledger: Ledger
    shop: str
    run_id: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A painter's answer as it is kept: the image's blob and what was said beside it."""

    key: str
    painted: Painted


def paint(desk: Desk, painter: Painter, task: PaintTask) -> Kept:
    """The image of a task, painted now or found; raises what the painter raises, and OverBudget before that.

    An answer without an image is an answer, too: its run gets it again without a second call. A painter that
    buys through `paint` itself, stage by stage, has the price 0.
    """
    key, price = recipe_key(painter.name, task), painter.price(task)
    if not price:
        found = _find(desk, key)
        return found if isinstance(found, Kept) else _keep(desk, key, painter.paint(task))
    purchase = Purchase(desk.shop, desk.run_id, key, "image", painter.name, task.format.ratio)
    with desk.ledger.alone(purchase):
        found = _find(desk, key)
        if found is None:
            return _buy(desk, purchase, price, painter, task)
        if isinstance(found, Kept):
            desk.ledger.found(purchase, found.painted.cost_usd)
            return found
        desk.ledger.found(purchase, found.cost_usd)
        raise found


def recipe_key(painter: str, task: PaintTask) -> str:
    """A digest of everything that decides what is painted."""
    product = task.product
    recipe = {
        "painter": painter,
        "photo": _digest(task.photo),
        "references": [_digest(reference) for reference in task.references],
        "companions": [_digest(companion) for companion in task.companions],
        "like": task.like and _digest(task.like),
        "product": [
            product.title,
            product.description,
            product.category,
            product.color,
            product.style,
            product.season,
            product.hint,
        ],
        "brief": plain(task.brief),
        "format": plain(task.format),
        "size": task.size,
        "people": [task.people, task.audience],
        "text": task.text,
        "remarks": task.remarks,
        "attempt": task.attempt,
    }
    return sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:32]


def _buy(desk: Desk, purchase: Purchase, price: Decimal, painter: Painter, task: PaintTask) -> Kept:
    _write_note(desk, purchase.key, {})  # a store that takes nothing is found out before money is spent
    reservation = desk.ledger.reserve(purchase, price)
    try:
        painted = painter.paint(task)
    except Exception as error:
        if isinstance(error, (Blocked, NoImage)):
            _keep_refusal(desk, purchase.key, error)
        desk.ledger.failed(reservation, error)
        raise
    kept = _keep(desk, purchase.key, painted)
    desk.ledger.settle(reservation, painted.cost_usd)
    return kept


def _keep(desk: Desk, key: str, painted: Painted) -> Kept:
    image = _base(desk, key) + SUFFIX.get(painted.media_type, ".img")
    _write_note(desk, key, plain(replace(painted, data=b"")) | {"key": image})
    desk.blobs.write(image, painted.data)
    return Kept(image, painted)


def _keep_refusal(desk: Desk, key: str, error: Blocked | NoImage) -> None:
    cost = None if error.cost_usd is None else str(error.cost_usd)
    said = {"refused": type(error).__name__, "why": str(error), "cost_usd": cost, "run_id": desk.run_id}
    _write_note(desk, key, said)


def _find(desk: Desk, key: str) -> Kept | Blocked | NoImage | None:
    """What is kept under a recipe's key; a refusal only for the run that met it: another may fare better."""
    try:
        note = json.loads(desk.blobs.read(f"{_base(desk, key)}.json"))
        if note.get("key"):
            image = note.pop("key")
            return Kept(image, replace(load(Painted, note), data=desk.blobs.read(image)))
    except NotFound:
        return None
    if note.get("run_id") != desk.run_id:
        return None
    cost = note["cost_usd"]
    return REFUSALS[note["refused"]](note["why"], None if cost is None else Decimal(cost))


def _write_note(desk: Desk, key: str, note: Mapping[str, object]) -> None:
    desk.blobs.write(f"{_base(desk, key)}.json", json.dumps(note).encode())


def _base(desk: Desk, key: str) -> str:
    return f"{desk.shop}/paintings/{key}"


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()
