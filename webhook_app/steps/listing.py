"""What each step of a listing does until its images are made; publishing.py goes on from there.

A run's record carries what later steps need; a step passes on no images. A step may run twice (a crash
between its effect and its checkpoint), so every effect has a key of its own: a painting its recipe, a file
its name, a record its run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import structlog

from generators.analyst import MODEL
from generators.references import find_references, photo_vector
from generators.style import read_style
from generators.workshop import Workshop
from infra.blobs import content_key
from infra.errors import Cancelled, Closed, InputError, OverBudget, TokenRefused, Unavailable
from infra.ledger import Purchase
from infra.model import Photo, Product, Reference, StyleBrief, load, plain
from infra.pixels import thumbnail_jpeg
from infra.runs import PRODUCT_GONE, refuse_foreign
from infra.services import Services
from sync.publish import is_our_name
from sync.writing import PHOTO_SIDE

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of the recipe: what its steps share."""

    services: Services
    workshop: Workshop
    shop: str
    run_id: str

    def __post_init__(self) -> None:
        refuse_foreign(self.shop, self.run_id)

    def record(self) -> dict[str, Any]:
        """The run's record, which every step reads before it acts; Cancelled once product or shop is gone."""
        return self.services.runs.live(self.shop, self.run_id)

    def note(self, **parts: Any) -> None:
        self.services.runs.note(self.run_id, **parts)

    @property
    def locale(self) -> str:
        """The language that the shop's customers read."""
        installed = self.services.installations.get(self.shop)
        return installed.locale if installed else "en"


def look_for_photo(run: Run) -> Literal["there", "not yet", "over"]:
    """Take in the product's photo when there is one. InputError when it was waited for too long."""
    record = run.record()
    if record["status"] != "waiting":
        return "there" if record["status"] == "running" else "over"
    try:
        if _take_photo(run, record["product_id"]):
            return "there"
    except (Unavailable, TokenRefused, Closed) as error:
        log.warning("store not there", why=str(error))  # a later look may find it back, or us connected anew
    _refuse_endless_wait(record["started_at"], run.services.settings.photo_wait_seconds)
    return "not yet"


def find_bestsellers(run: Run) -> None:
    """Hybrid retrieval: the references, and as `retrieval` the numbers that they were found by."""
    record = run.record()
    if record["retrieval"] is not None:  # it was found before; what is bought goes by it
        return
    run.note(step="references")
    photo = run.services.blobs.read(record["photo_key"])
    vector = photo_vector(run.services, run.shop, photo)
    found = plain(find_references(run.services, run.shop, load(Product, record["product"]), vector))
    run.note(references=found.pop("references"), retrieval=found)


def read_their_style(run: Run) -> None:
    """The style brief that all formats are painted from."""
    record = run.record()
    if record["brief"] is not None:
        return
    run.note(step="style")
    product = load(Product, record["product"])
    references = [load(Reference, reference) for reference in record["references"]]
    photos = [run.services.blobs.read(reference.photo_key) for reference in references]
    brief, note = _brief(run, photos, [reference.product_id for reference in references], product)
    run.note(brief=plain(brief), brief_note=note)


def _brief(run: Run, photos: Sequence[bytes], ids: Sequence[str], product: Product) -> tuple[StyleBrief, str]:
    """The style of these photos, and why it is not the analyst's where there is one."""
    analyst, ledger = run.workshop.analyst, run.services.ledger
    if analyst is None:
        return read_style(photos, ids, product), ""
    purchase = Purchase(run.shop, run.run_id, analyst.key(run.shop, photos), "analysis", MODEL)
    with ledger.alone(purchase):
        price = analyst.price(run.shop, photos)
        if not price:
            read = analyst.read(run.shop, photos, ids, product)
            ledger.found(purchase, read.saved_usd)
            return read.brief, read.note
        try:
            reservation = ledger.reserve(purchase, price)
        except OverBudget as error:
            if error.until:
                raise
            return read_style(photos, ids, product), f"The style was read by the built-in analyst: {error}."
        before = analyst.billed(run.shop, photos)
        try:
            read = analyst.read(run.shop, photos, ids, product)
        except Exception as error:
            if bill := analyst.billed(run.shop, photos) - before:
                ledger.settle(reservation, bill)
            else:
                ledger.failed(reservation, error)
            raise
        ledger.settle(reservation, read.cost_usd)
        return read.brief, read.note


def _take_photo(run: Run, product_id: str) -> bool:
    product = run.services.store(run.shop).products.get(product_id)
    if product is None:
        raise Cancelled(PRODUCT_GONE)
    run.services.runs.describe(run.run_id, product)
    photo = _merchants_own(run, product.photos)
    if photo is None:
        return False
    image = thumbnail_jpeg(run.services.downloader.fetch(photo.url), 2 * PHOTO_SIDE)
    key = content_key(run.shop, "photos", image, ".jpg")
    run.services.blobs.write(key, image)
    run.services.runs.begin(run.run_id, product=plain(product), photo_id=photo.id, photo_key=key)
    return True


def _merchants_own(run: Run, photos: Sequence[Photo]) -> Photo | None:
    """The first photo that is not our own image: nor a copy of one, which a duplicated product comes with."""
    ours = run.services.runs.ours(run.shop, [photo.id for photo in photos])
    return next((p for p in photos if p.id not in ours and not is_our_name(p.filename)), None)


def _refuse_endless_wait(started_at: str, limit: float) -> None:
    waited = datetime.now(UTC) - datetime.fromisoformat(started_at)
    if waited > timedelta(seconds=limit):
        raise InputError(
            f"no photo came within {limit / 3600:.3g} hours; add one and the listing starts again"
        )
