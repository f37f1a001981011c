"""What each step of a listing does. A run's record carries what later steps need; a step passes on no images.

A step may run twice (a crash between its effect and its checkpoint), so every effect has a key of its own: a
painting its recipe, a file its name, a record its run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import structlog

from generators.checks import examine
from generators.formats import parse_format
from generators.paint import paint
from generators.prompts import alt_text, banner_text, painting_prompt
from generators.references import find_references
from generators.style import read_style
from infra.blobs import content_key
from infra.errors import InputError, NotFound, Unavailable
from infra.model import Check, Painter, Painting, PaintTask, Product, Reference, StyleBrief, load, plain
from infra.pixels import decode, thumbnail_jpeg
from infra.services import Services
from sync import publish
from sync.catalog import PHOTO_SIDE

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of the recipe: what its steps share."""

    services: Services
    painter: Painter
    shop: str
    run_id: str

    def record(self) -> dict[str, Any]:
        return self.services.runs.need(self.shop, self.run_id)

    def note(self, **parts: Any) -> None:
        self.services.runs.note(self.run_id, **parts)


def look_for_photo(run: Run) -> Literal["there", "not yet", "over"]:
    """Take in the product's photo when there is one. InputError when it was waited for too long."""
    record = run.record()
    if record["status"] != "waiting":
        return "there" if record["status"] == "running" else "over"
    try:
        if _take_photo(run, record["product_id"]):
            return "there"
    except Unavailable as error:
        log.warning("store not there", why=str(error))  # a later look may find it back
    _refuse_endless_wait(record["started_at"], run.services.settings.photo_wait_seconds)
    return "not yet"


def find_bestsellers(run: Run) -> None:
    """Hybrid retrieval: the references and how they were found."""
    run.note(step="references")
    record = run.record()
    photo = run.services.blobs.read(record["photo_key"])
    vector = run.services.embedder.embed_images([photo])[0]
    found = find_references(run.services, run.shop, load(Product, record["product"]), vector)
    run.note(
        references=plain(list(found.references)),
        retrieval={"note": found.note, "threshold": found.threshold, "widened": list(found.widened)},
    )


def read_their_style(run: Run) -> None:
    """The style brief that all formats are painted from."""
    run.note(step="style")
    record = run.record()
    product = load(Product, record["product"])
    references = [load(Reference, reference) for reference in record["references"]]
    photos = [run.services.blobs.read(reference.photo_key) for reference in references]
    brief = read_style(photos, [reference.product_id for reference in references], product)
    run.note(brief=plain(brief))


def formats(run: Run) -> list[str]:
    """The ratios to paint."""
    run.note(step="paint")
    ratios: list[str] = run.record()["formats"]
    return ratios


def paint_and_examine(run: Run, ratio: str) -> None:
    """One image: painted (or found, if it was paid for before), measured by the gate, recorded either way."""
    painting = _painting(run, _task(run, run.record(), ratio))
    run.services.runs.keep(run.run_id, painting, "refused" if painting.refusals else "approved")


def refuse_format(run: Run, ratio: str, why: str) -> None:
    """Record that no image could be made in a format; the other formats go on."""
    painting = Painting(
        ratio, "", "", 0, 0, run.painter.name, "", "", "", checks={"painted": Check(False, note=why)}
    )
    run.services.runs.keep(run.run_id, painting, "refused")


def approved(run: Run) -> list[str]:
    """The formats that may be published, once the product has been looked at again."""
    run.note(step="publish")
    record = run.record()
    ready = [image for image in record["paintings"] if image["status"] == "approved"]
    if not ready:
        return []
    product = load(Product, record["product"])
    current = publish.look_again(run.services, run.shop, product, record["photo_id"])
    if banner_text(current) != banner_text(product):
        for image in ready:
            if parse_format(image["format"]).with_text:
                _refuse(run, load(Painting, image), "text", "title or price changed while it was made")
    return [image["format"] for image in run.record()["paintings"] if image["status"] == "approved"]


def upload_image(run: Run, ratio: str) -> None:
    """Bytes into the store, once; the media id is recorded as soon as it is known."""
    product, painting = _to_publish(run, ratio)
    media_id = publish.upload(run.services, run.shop, product, painting)
    run.services.runs.keep(run.run_id, replace(painting, media_id=media_id), "approved")


def media_state(run: Run, ratio: str) -> Literal["processing", "ready", "failed"]:
    """What the store has made of an upload; what it could not process is refused with its reason."""
    _, painting = _to_publish(run, ratio)
    status, why, _ = run.services.store(run.shop).file_state(painting.media_id)
    if status == "FAILED":
        _refuse(run, painting, "store", f"the store could not process it: {why}")
        return "failed"
    return "ready" if status == "READY" else "processing"


def refuse_upload(run: Run, ratio: str, why: str) -> None:
    """Give up on an upload that the store does not get done with."""
    _refuse(run, _to_publish(run, ratio)[1], "store", f"the store does not take it: {why}")


def attach_image(run: Run, ratio: str) -> None:
    """The image onto the product."""
    product, painting = _to_publish(run, ratio)
    banner = parse_format(ratio).with_text
    publish.attach(run.services, run.shop, product, painting, banner=banner)
    run.services.runs.keep(run.run_id, painting, "published")


def finish(run: Run) -> None:
    """The run's end: published, or waiting for a person with the reasons."""
    refused = [image for image in run.record()["paintings"] if image["status"] == "refused"]
    status: Literal["published", "needs_review"] = "needs_review" if refused else "published"
    reasons = [f"{image['format']} {refusal}" for image in refused for refusal in image["refusals"]]
    run.note(status=status, step="done", reason="; ".join(reasons))


def _take_photo(run: Run, product_id: str) -> bool:
    product = run.services.store(run.shop).product(product_id)
    if product is None:
        raise NotFound("the product was deleted before it had a photo")
    run.services.runs.describe(run.run_id, product)
    ours = run.services.runs.media(run.shop, product.id)
    photo = next((photo for photo in product.photos if photo.id not in ours), None)
    if photo is None:
        return False
    image = thumbnail_jpeg(run.services.downloader.fetch(photo.url), 2 * PHOTO_SIDE)
    key = content_key(run.shop, "photos", image, ".jpg")
    run.services.blobs.write(key, image)
    run.services.runs.begin(run.run_id, product=plain(product), photo_id=photo.id, photo_key=key)
    return True


def _refuse(run: Run, painting: Painting, check: str, why: str) -> None:
    checks = {**painting.checks, check: Check(False, note=why)}
    run.services.runs.keep(run.run_id, replace(painting, checks=checks), "refused")


def _refuse_endless_wait(started_at: str, limit: float) -> None:
    waited = datetime.now(UTC) - datetime.fromisoformat(started_at)
    if waited > timedelta(seconds=limit):
        raise InputError(
            f"no photo came within {limit / 3600:.3g} hours; add one and the listing starts again"
        )


def _task(run: Run, record: dict[str, Any], ratio: str) -> PaintTask:
    product = load(Product, record["product"])
    width, height = record["sizes"][ratio]
    format = replace(parse_format(ratio), width=width, height=height)
    return PaintTask(
        product=product,
        photo=run.services.blobs.read(record["photo_key"]),
        references=tuple(run.services.blobs.read(r["photo_key"]) for r in record["references"]),
        brief=load(StyleBrief, record["brief"]),
        format=format,
        text=banner_text(product) if format.with_text else (),
    )


def _painting(run: Run, task: PaintTask) -> Painting:
    kept = paint(run.services.blobs, run.shop, run.painter, task)
    checks = examine(kept.painted, task, ocr=run.services.ocr)
    width, height = decode(kept.painted.data).size if checks["pixels"].passed else (0, 0)
    return Painting(
        format=task.format.ratio,
        key=kept.key,
        media_type=kept.painted.media_type,
        width=width,
        height=height,
        painter=run.painter.name,
        method=kept.painted.method,
        prompt=painting_prompt(task.product, task.brief, task.format, task.text),
        alt=alt_text(task.product),
        cost_usd=kept.painted.cost_usd,
        checks=checks,
        notes=kept.painted.notes,
    )


def _to_publish(run: Run, ratio: str) -> tuple[Product, Painting]:
    record = run.record()
    found = next(image for image in record["paintings"] if image["format"] == ratio)
    return load(Product, record["product"]), load(Painting, found)
