"""What each step of a restore does: what one run put into the store is taken back, and nothing else.

The files stay among the store's files: deleting one cannot be undone, and would take it from wherever a
merchant uses it by now. What another run of the product gave it too, being the same image, stays for that
one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from infra.model import Painting, load
from infra.runs import refuse_foreign
from infra.services import Services
from sync import publish, restore
from webhook_app.steps.publishing import is_banner

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Restore:
    """One execution of the recipe: what its steps share."""

    services: Services
    shop: str
    run_id: str

    def __post_init__(self) -> None:
        refuse_foreign(self.shop, self.run_id)

    def record(self) -> Record:
        return self.services.runs.need(self.shop, self.run_id)

    def others(self, record: Record) -> list[Record]:
        """The product's other runs, newest first."""
        runs = self.services.runs.history(self.shop, record["product_id"])
        return [run for run in runs if run["run_id"] != self.run_id]


def why_not(this: Restore) -> str:
    """Why there is nothing to take back; "" when there may be something."""
    record = this.record()
    if record["status"] == "restored":
        return "it was taken back before"
    if record["status"] == "cancelled":
        return f"nothing to take back: {record['reason']}"
    if record["media_before"] is None and not record["banners_before"]:
        return "nothing to take back: this run has put no image onto the product"
    if publish.look_again(this.services, this.shop, record["product_id"]) is None:
        return "nothing to take back: the product was deleted"
    return ""


def take_off_media(this: Restore) -> None:
    """The run's images off the product, where they still are on it."""
    record = this.record()
    shared = {medium for run in this.others(record) for medium in _published(run, banner=False).values()}
    ours = set(_media(record, banner=False).values()) - shared
    restore.detach(this.services, this.shop, record["product_id"], ours)


def put_back_banners(this: Restore) -> None:
    """Each metafield that still points to the run's banner as it was before."""
    record = this.record()
    others = this.others(record)
    for ratio, medium in _media(record, banner=True).items():
        key = publish.banner_key(ratio)
        if key in record["banners_before"] and medium not in _shown(others, ratio):
            before = _before(record, others, ratio)
            restore.put_back_banner(this.services, this.shop, record["product_id"], key, medium, before)


def put_back_order(this: Restore) -> str:
    """The product's other media in the order they had; the job that does it, "" without one."""
    record = this.record()
    if record["media_before"] is None:
        return ""
    return restore.put_back_order(this.services, this.shop, record["product_id"], record["media_before"])


def note_restored(this: Restore) -> str:
    """The end, in the record of the run and of each image; returns it in words."""
    runs, record = this.services.runs, this.record()
    for image in record["paintings"]:
        if image["status"] == "published":
            runs.keep(this.run_id, load(Painting, image), "restored")
    runs.note(this.run_id, status="restored", restore_problem="")
    count = sum(image["status"] in ("published", "restored") for image in record["paintings"])
    return f"taken back: {count} image{'' if count == 1 else 's'}"


def note_failed(this: Restore, why: str) -> str:
    """What stopped it, in the run's record; another attempt goes on from there."""
    said = f"not taken back, or not all of it: {why}"
    this.services.runs.note(this.run_id, restore_problem=said)
    return said


def _media(record: Record, *, banner: bool) -> dict[str, str]:
    """Ratio → media id of a run's images that the store has: its banners, or its product media.

    Whatever their status: one whose attaching was given up may have been attached all the same.
    """
    images = [image for image in record["paintings"] if image["media_id"]]
    return {i["format"]: i["media_id"] for i in images if is_banner(i["format"]) == banner}


def _published(record: Record, *, banner: bool) -> dict[str, str]:
    published = {image["format"] for image in record["paintings"] if image["status"] == "published"}
    return {r: medium for r, medium in _media(record, banner=banner).items() if r in published}


def _shown(others: list[Record], ratio: str) -> set[str | None]:
    return {_published(run, banner=True).get(ratio) for run in others}


def _before(record: Record, others: list[Record], ratio: str) -> str | None:
    """What the metafield held before the run, past what older runs had put there and was taken back."""
    key = publish.banner_key(ratio)
    before: str | None = record["banners_before"][key]
    for run in others:
        older = run["started_at"] < record["started_at"] and run["status"] == "restored"
        if older and before is not None and _media(run, banner=True).get(ratio) == before:
            before = run["banners_before"].get(key)
    return before
