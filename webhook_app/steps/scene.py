"""What each step of a scene does: several products of the store in one picture, kept or put into its files.

A scene's run is one like a listing's, of no one product: its record holds what was wished for, and what was
taken for it. A step may run twice, and every effect has a key of its own, as in listing.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any

from generators.ladder import Rung, climb
from generators.paint import Desk, paint
from generators.references import find_references, photo_vector
from generators.scenes import (
    Taken,
    examine_scene,
    find_product,
    people_in,
    scene_brief,
    scene_task,
    together,
)
from generators.studio.arrange import Arranger
from generators.style import read_style
from generators.workshop import Buy
from infra.blobs import content_key
from infra.errors import ImageError, InputError
from infra.model import Check, Painter, Painting, PaintTask, Product, Reference, StyleBrief, load, plain
from infra.pixels import thumbnail_jpeg
from sync.publish import is_our_name
from sync.writing import PHOTO_SIDE
from webhook_app.steps import painting
from webhook_app.steps.listing import Run

PLAIN = "The scene was asked for without the bestsellers' style, so the plain house style is used."
KEPT = "kept here and not put into the store, as nobody asked for that"


def find_products(run: Run) -> None:
    """Which products are meant, and a photo of each; what was taken for what is in the record, and stays."""
    scene = run.record()["scene"]
    if scene["products"]:
        return  # it has waited for a budget: what it paid for before is of these
    run.note(step="photo")
    taken = [find_product(run.services, run.shop, wanted) for wanted in scene["wanted"]]
    _refuse_twins(taken)
    products = [_product(run, one) for one in taken]
    keys = [_photo(run, product) for product in products]
    chosen = [
        {**plain(one), "note": one.note, "photo_key": key} for one, key in zip(taken, keys, strict=True)
    ]
    whole = together(products, scene["words"])
    run.note(
        title=whole.title,
        category=whole.category,
        product=plain(whole),
        photo_key=keys[0],
        scene={**scene, "products": chosen},
    )


def read_their_style(run: Run) -> None:
    """The brief: light and mood of the bestsellers where they are wanted, the place as it was wished for."""
    record = run.record()
    if record["brief"]:
        return
    run.note(step="style")
    product, scene = load(Product, record["product"]), record["scene"]
    references: tuple[Reference, ...] = ()
    retrieval: dict[str, Any] = {"note": PLAIN, "steps": []}
    if scene["bestsellers"]:
        vector = photo_vector(run.services, run.shop, run.services.blobs.read(record["photo_key"]))
        found = find_references(run.services, run.shop, product, vector)
        shown = {one["product_id"] for one in scene["products"]}
        references = tuple(one for one in found.references if one.product_id not in shown)
        retrieval = plain(replace(found, references=()))
    photos = [run.services.blobs.read(reference.photo_key) for reference in references]
    brief = read_style(photos, [reference.product_id for reference in references], product)
    run.note(
        references=plain(references), retrieval=retrieval, brief=plain(scene_brief(brief, scene["words"]))
    )


def paint_and_examine(run: Run, ratio: str) -> None:
    """One image: painted (or found, if it was paid for before), measured by the gate, recorded either way."""
    buy = partial(paint, Desk(run.services.blobs, run.services.ledger, run.shop, run.run_id))
    task = _task(run, run.record(), ratio)
    climbed = climb(task, _painters(run, buy), buy, partial(examine_scene, ocr=run.services.ocr))
    image = painting.recorded(run, task, climbed)
    run.services.runs.keep(run.run_id, image, "refused" if image.refusals else "approved")


def approved(run: Run) -> list[str]:
    """The formats that go into the store: those that passed the gate, if that was asked for.

    The products are looked at again: what shows one that is gone meanwhile waits for a person.
    """
    run.note(step="publish")
    record = run.record()
    images = [image for image in record["paintings"] if image["status"] == "approved"]
    if not record["scene"]["publish"] or not images:
        return []
    if gone := _gone(run, record["scene"]["products"]):
        for image in images:
            _refuse(run, image, f"{', '.join(gone)} was deleted while it was made")
        return []
    return [image["format"] for image in images]


def note_published(run: Run, ratio: str) -> None:
    """The store has the file."""
    image = next(image for image in run.record()["paintings"] if image["format"] == ratio)
    run.services.runs.keep(run.run_id, load(Painting, image), "published")


def finish(run: Run) -> None:
    """The run's end: in the store, or waiting for a person with the reasons."""
    record = run.record()
    refused = [image for image in record["paintings"] if image["status"] == "refused"]
    reason = "; ".join(f"{image['format']} {', '.join(image['refusals'])}" for image in refused)
    if record["scene"]["publish"] and not refused:
        run.note(status="published", step="done", reason="")
    else:
        run.note(status="needs_review", step="done", reason=reason or KEPT)


def _refuse_twins(taken: Sequence[Taken]) -> None:
    counts = Counter(one.product_id for one in taken)
    twins = [one for one in taken if counts[one.product_id] > 1]
    if twins:
        words = " and ".join(f"“{one.wanted}”" for one in twins if one.product_id == twins[0].product_id)
        raise InputError(f"{words} are one product, {twins[0].title}; name the other by its handle or id")


def _product(run: Run, taken: Taken) -> Product:
    product = run.services.store(run.shop).products.get(taken.product_id)
    if product is None:
        raise InputError(f"{taken.title}, taken for “{taken.wanted}”, is not in the store any more")
    return product


def _photo(run: Run, product: Product) -> str:
    """The blob of a product's first photo that is not our own image."""
    ours = run.services.runs.ours(run.shop, [photo.id for photo in product.photos])
    own = (p for p in product.photos if p.id not in ours and not is_our_name(p.filename))
    photo = next(own, None)
    if photo is None:
        raise InputError(f"{product.title} has no photo of its own; add one, or leave it out")
    try:
        image = thumbnail_jpeg(run.services.downloader.fetch(photo.url), 2 * PHOTO_SIDE)
    except ImageError as error:
        raise ImageError(f"the photo of {product.title}: {error}") from None
    key = content_key(run.shop, "photos", image, ".jpg")
    run.services.blobs.write(key, image)
    return key


def _task(run: Run, record: dict[str, Any], ratio: str) -> PaintTask:
    settings, words = run.services.settings, record["scene"]["words"]
    return scene_task(
        load(Product, record["product"]),
        [run.services.blobs.read(one["photo_key"]) for one in record["scene"]["products"]],
        [run.services.blobs.read(one["photo_key"]) for one in record["references"]],
        load(StyleBrief, record["brief"]),
        run.workshop.format(ratio, record["size"]),
        size=record["size"],
        people=people_in(words, settings.people),
        audience=settings.audience,
    )


def _painters(run: Run, buy: Buy) -> dict[Rung, Painter]:
    """The ladder of a scene: as any other's, with the arranger for the studio.

    Not stage by stage: that sets one product into a place, and a scene has several.
    """
    painters = run.workshop.painters(buy)
    ladder: dict[Rung, Painter] = {rung: one for rung, one in painters.items() if rung != "staged"}
    return {**ladder, "studio": _arranger()}


@cache
def _arranger() -> Arranger:
    """One for the process: it keeps what it has cut out."""
    return Arranger()


def _gone(run: Run, products: Sequence[dict[str, Any]]) -> list[str]:
    there = {p.id for p in run.services.store(run.shop).products.some(one["product_id"] for one in products)}
    return [one["title"] for one in products if one["product_id"] not in there]


def _refuse(run: Run, image: dict[str, Any], why: str) -> None:
    made = load(Painting, image)
    checks = {**made.checks, "up_to_date": Check(False, note=why)}
    run.services.runs.keep(run.run_id, replace(made, checks=checks), "refused")
