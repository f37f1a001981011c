"""What each step of publishing does: a run's approved images into the store, and onto the product.

Before each image the product is looked at again: its merchant may have changed it since the run began. What
stood there before the first change is in the run's record, so that it can be put back (restoring.py).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

from generators.formats import parse_format
from generators.prompts import alt_text, banner_text, shows_scene
from infra.errors import Cancelled, ImageError, NotFound, UserErrors
from infra.model import Check, Painting, Product, load
from sync import publish
from sync.publish import Snapshot
from webhook_app.steps.listing import Run

GONE = "the product was deleted while images were made of it"
REPLACED = "the photo was replaced while images were made of it; list the product again"
ARCHIVED = "the product was archived while images were made of it"
OUTDATED = "title or price changed while it was made"
FULL = f"the product has {publish.MOST_MEDIA} media, and the store takes no more; remove some first"


def choose(run: Run) -> list[str]:
    """The approved formats that may go into the store; why another may not is in its record."""
    run.note(step="publish")
    if not _ratios(run, "approved"):
        return []
    record = run.record()
    now = _look_again(run, record)
    if record["store_away_since"]:
        run.note(store_away_since=None, reason="")
    room = publish.MOST_MEDIA - len(now.media)
    for ratio in _ratios(run, "approved"):
        painting = _painting(record, ratio)
        if painting.media_id and _is_there(run, now, painting):
            continue
        if why := _why_not(run, record, now, ratio):
            _refuse(run, painting, "up_to_date", why)
        elif room <= 0 and not is_banner(ratio):
            _refuse(run, painting, "store", FULL)
        else:
            alt = alt_text(now.product, run.locale, scene=shows_scene(painting.method))
            run.services.runs.keep(run.run_id, replace(painting, alt=alt), "approved")
            room -= not is_banner(ratio)
    return _ratios(run, "approved")


def still_wanted(run: Run, ratios: list[str]) -> list[str]:
    """Of an approved draft's formats, those that could still go onto the product: no other is paid for.

    What may not keeps the image it has, refused, with the reason.
    """
    record = run.record()
    now, wanted = _look_again(run, record), []
    for image in record["paintings"]:
        ratio = image["format"]
        if ratio not in ratios or image["status"] != "approved":
            continue
        if why := _why_not(run, record, now, ratio):
            _refuse(run, _painting(record, ratio), "up_to_date", why)
        else:
            wanted.append(ratio)
    return wanted


def upload_image(run: Run, ratio: str) -> Literal["uploaded", "unseen", "refused"]:
    """Bytes into the store, once; the media id is recorded as soon as it is known.

    "unseen": the store has the file from a try whose answer was lost; `find_image` will come upon its id.
    """
    record = run.record()
    painting = _painting(record, ratio)
    if painting.media_id:
        return "uploaded"
    try:
        media_id = publish.upload(run.services, run.shop, load(Product, record["product"]), painting)
    except (UserErrors, ImageError) as error:
        _refuse(run, painting, "store", f"the store does not take it: {error}")
        return "refused"
    if media_id is None:
        return "unseen"
    run.services.runs.keep(run.run_id, replace(painting, media_id=media_id), "approved")
    return "uploaded"


def find_image(run: Run, ratio: str) -> bool:
    """Record the media id of a file that the store has, once its search shows it."""
    record = run.record()
    painting = _painting(record, ratio)
    media_id = publish.find(run.services, run.shop, load(Product, record["product"]), painting)
    if media_id is None:
        return False
    run.services.runs.keep(run.run_id, replace(painting, media_id=media_id), "approved")
    return True


def media_state(run: Run, ratio: str) -> Literal["", "ready", "failed"]:
    """What the store has made of an upload, "" while it is at it; what it could not process is refused."""
    painting = _painting(run.record(), ratio)
    try:
        status, why = run.services.store(run.shop).files.state(painting.media_id)
    except NotFound:
        status, why = "FAILED", "the file was deleted there"
    if status == "FAILED":
        _refuse(run, painting, "store", f"the store could not process it: {why}")
        return "failed"
    return "ready" if status == "READY" else ""


def refuse_upload(run: Run, ratio: str, why: str) -> None:
    """Give up on an upload that the store does not get done with."""
    _refuse(run, _painting(run.record(), ratio), "store", f"the store does not take it: {why}")


def attach_image(run: Run, ratio: str) -> None:
    """The image onto the product, if that is still what it was painted from."""
    record = run.record()
    painting = _painting(record, ratio)
    now = _look_again(run, record)
    if not _is_there(run, now, painting) and (why := _why_not(run, record, now, ratio)):
        _refuse(run, painting, "up_to_date", why)
        return
    try:
        _attach(run, record, now, painting)
    except UserErrors as error:
        _refuse(run, painting, "store", f"the store does not take it: {error}")
    except NotFound:
        _refuse(run, painting, "store", "the file was deleted from the store before it was on the product")
    else:
        run.services.runs.keep(run.run_id, painting, "published")


def place_first(run: Run) -> str:
    """Where the settings say so, our media before the merchant's: the job that does it, "" without one."""
    record = run.record()
    ours = [_painting(record, ratio).media_id for ratio in _ratios(run, "published") if not is_banner(ratio)]
    if not ours or not run.services.settings.place_first:
        return ""
    _look_again(run, record)
    return publish.arrange(run.services, run.shop, record["product_id"], ours)


def wait_for_store(run: Run, why: str) -> None:
    """Note in the run's record that its images wait for the store, since when, and why."""
    since = run.record()["store_away_since"] or datetime.now(UTC).isoformat()
    run.note(store_away_since=since, reason=f"waiting for the store since {since[:16]}Z: {why}")


def finish(run: Run, remark: str) -> None:
    """The run's end: published, or waiting for a person with the reasons."""
    refused = [image for image in run.record()["paintings"] if image["status"] == "refused"]
    status: Literal["published", "needs_review"] = "needs_review" if refused else "published"
    formats: dict[str, list[str]] = {}
    for image in refused:
        for refusal in image["refusals"]:
            formats.setdefault(refusal, []).append(image["format"])
    reasons = [f"{', '.join(ratios)} {refusal}" for refusal, ratios in formats.items()]
    reason = "; ".join([*reasons, *([remark] if remark else [])])
    run.note(status=status, step="done", reason=reason, store_away_since=None)


def is_banner(ratio: str) -> bool:
    """Whether a format goes into the banner's metafield; every picture without text is product media."""
    return parse_format(ratio).with_text


def _is_there(run: Run, now: Snapshot, painting: Painting) -> bool:
    """Whether an earlier try got as far as that: the image was right then, and its record has to say so."""
    if is_banner(painting.format):
        key = publish.banner_key(painting.format)
        return run.services.store(run.shop).metafields.file(now.product.id, key) == painting.media_id
    return painting.media_id in now.media


def _attach(run: Run, record: dict[str, Any], now: Snapshot, painting: Painting) -> None:
    """Note what was there before, then change it."""
    product_id, metafields = now.product.id, run.services.store(run.shop).metafields
    if is_banner(painting.format):
        key = publish.banner_key(painting.format)
        if key not in record["banners_before"]:
            before = metafields.file(product_id, key)
            run.note(banners_before={**record["banners_before"], key: before})
        metafields.set_file(product_id, key, painting.media_id)
    else:
        if record["media_before"] is None:
            run.note(media_before=list(now.media))
        publish.attach(run.services, run.shop, product_id, painting.media_id)


def _why_not(run: Run, record: dict[str, Any], now: Snapshot, ratio: str) -> str:
    """Why an image may not go onto the product any more; "" when it may.

    A draft is published to: it is where a merchant prepares a product, and nobody else sees it.
    """
    painted = load(Product, record["product"])
    if record["photo_id"] not in now.media:
        return REPLACED
    if now.product.status == "ARCHIVED" != painted.status:
        return ARCHIVED
    if is_banner(ratio) and banner_text(now.product, run.locale) != banner_text(painted, run.locale):
        return OUTDATED
    return ""


def _look_again(run: Run, record: dict[str, Any]) -> Snapshot:
    """The product as it is now; Cancelled when it is gone."""
    now = publish.look_again(run.services, run.shop, record["product_id"])
    if now is None:
        raise Cancelled(GONE)
    return now


def _ratios(run: Run, status: str) -> list[str]:
    return [image["format"] for image in run.record()["paintings"] if image["status"] == status]


def _painting(record: dict[str, Any], ratio: str) -> Painting:
    return load(Painting, next(image for image in record["paintings"] if image["format"] == ratio))


def _refuse(run: Run, painting: Painting, check: str, why: str) -> None:
    checks = {**painting.checks, check: Check(False, note=why)}
    run.services.runs.keep(run.run_id, replace(painting, checks=checks), "refused")
