"""What the pages say of a run's record: steps, sentences, figures and money, in a merchant's words.

Pure functions over the plain dicts that the database keeps; the templates call them as filters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from babel.numbers import format_currency

from generators.formats import BANNER_FROM

Run = Mapping[str, Any]

STEPS = {
    "photo": ("Photo", "Waiting for a photo of the product that can be used."),
    "references": ("Bestsellers", "Looking for the bestsellers that look most like it."),
    "style": ("Style", "Reading what those bestsellers have in common."),
    "paint": ("Paint", "Painting the images."),
    "publish": ("Publish", "Putting the images on the product."),
}
STATUS = {
    "waiting": "Waiting",
    "running": "In the works",
    "published": "Published",
    "needs_review": "Needs a look",
    "failed": "Stopped",
    "cancelled": "Called off",
    "restored": "Taken back",
}
CHECKS = {
    "painted": ("An image came back", ""),
    "pixels": ("Shape and size", "{note} pixels, {figure} off its ratio ({limit} allowed)"),
    "blank": ("Something to see", "in {figure} of the picture (at least {limit})"),
    "product": ("The product is in it", "{figure} recognised (at least {limit})"),
    "likeness": ("It looks like the photo", "{figure} alike (at least {limit})"),
    "colour": ("True to its colours", "{figure} shades off at most ({limit} allowed)"),
    "text": ("The words read right", "{figure} read back (at least {limit})"),
    "copy": ("No copy of a bestseller", "{figure} shared at most ({limit} allowed)"),
    "store": ("Taken by the store", ""),
    "up_to_date": ("The product is still as it was painted", ""),
}
AGAIN = "To try again, duplicate the product in the store: a new product is a new listing."
ADVICE = {
    "photo": "Open the product in the store, add one clear photo of it (JPEG, PNG or WebP) and save. "
    "Bestshot then starts again by itself.",
    "references": f"Nothing was changed in the store. {AGAIN}",
    "style": f"Nothing was changed in the store. {AGAIN}",
    "paint": "Nothing was changed in the store. One product, whole in the frame, evenly lit and on a plain "
    f"background works best. {AGAIN}",
    "publish": "The images are made and kept here, and nothing of the product was removed. If the store "
    f"could not be reached, see whether the app may still write files there. {AGAIN}",
    "approve": "Nothing of it is in the store yet. To have it finished and published: bestshot approve {}",
    "review": "What the gate refused stays on this page and off the product. A sharper photo with the whole "
    f"product in view usually settles it. {AGAIN}",
    "up_to_date": "The product changed while its images were made, so what no longer fits was kept off it. "
    f"{AGAIN}",
    "store": f"The images are made and kept here; what the store did not take is not on the product. {AGAIN}",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One station of the step line; `state` is done, now, todo, held (by the gate) or stopped."""

    name: str
    label: str
    state: str


@dataclass(frozen=True, slots=True)
class Tile:
    """One requested format: its pixels, and its painting once there is one."""

    format: str
    width: int
    height: int
    painting: Mapping[str, Any] | None


def is_live(run: Run) -> bool:
    """Whether the page may still change by itself."""
    return run["status"] in ("waiting", "running")


def steps(run: Run) -> list[Step]:
    """The step line. A run that needs review stands before the store's door, and so does one taken back."""
    names = list(STEPS)
    reached = "publish" if run["status"] in ("needs_review", "restored") else run["step"]
    reached = "paint" if reached == "budget" else reached
    position = names.index(reached) if reached in names else len(names)
    ends = {"failed": "stopped", "cancelled": "stopped", "needs_review": "held", "restored": "todo"}
    current = ends.get(run["status"], "now")
    states = ["done" if i < position else current if i == position else "todo" for i in range(len(names))]
    return [Step(name, STEPS[name][0], state) for name, state in zip(names, states, strict=True)]


def tiles(run: Run) -> list[Tile]:
    """The requested formats in their order, with the newest painting of each."""
    painted = {painting["format"]: painting for painting in run["paintings"]}
    sizes: Mapping[str, tuple[int, int]] = run["sizes"]
    return [Tile(name, sizes[name][0], sizes[name][1], painted.get(name)) for name in run["formats"]]


def headline(run: Run) -> str:
    """One sentence on where the run stands; it is read out when it changes."""
    count, asked = len({p["format"] for p in run["paintings"]}), len(run["formats"])
    if run["status"] == "published":
        return f"Done: {plural(_count(run, 'published'), 'image')} in the store."
    if run["status"] == "needs_review" and run["step"] == "review":
        return f"{plural(_count(run, 'approved'), 'image')} of {asked} wait for your word."
    if run["status"] == "needs_review":
        return f"{_count(run, 'refused')} of {plural(asked, 'image')} held back for you to look at."
    if run["status"] == "restored":
        taken = plural(_count(run, "restored"), "image")
        return f"Taken back: {taken}. The product is without them; their files stay in the store."
    if run["status"] == "cancelled":
        return f"Called off: {run['reason']}."
    if run["status"] == "failed":
        return f"Stopped at the step “{STEPS[run['step']][0]}”." if run["step"] in STEPS else "Stopped."
    if run["step"] == "budget":
        return f"{run['reason'][:1].upper()}{run['reason'][1:]}"
    if run["store_away_since"]:
        return f"The images are ready, and {run['reason']}."
    if run["step"] == "paint":
        return f"Painting: {count} of {plural(asked, 'image')} here."
    return STEPS[run["step"]][1] if run["step"] in STEPS else STATUS[run["status"]]


def advice(run: Run) -> str:
    """What a merchant can do about a run that did not publish; empty when there is nothing to do."""
    if run["scene"]:
        return ""
    if run["status"] == "needs_review" and run["step"] == "review":
        return ADVICE["approve"].format(run["run_id"])
    if run["status"] == "needs_review":
        checks = [check for image in run["paintings"] for check in image["checks"].items()]
        failed = {name for name, outcome in checks if not outcome["passed"]}
        return ADVICE[next((cause for cause in ("up_to_date", "store") if cause in failed), "review")]
    return ADVICE.get(run["step"], "") if run["status"] == "failed" else ""


def money(amount: str | Decimal) -> str:
    """US dollars as the model vendors bill them: cents, or the fraction of a cent where there is one."""
    value = Decimal(amount)
    if not value:
        return "free"
    places = max(2, min(4, -int(value.normalize().as_tuple().exponent)))
    return f"${value:.{places}f}"


def price(amount: str | Decimal | None, currency: str) -> str:
    """A product's price; empty when it has none."""
    if amount in (None, ""):
        return ""
    return format_currency(Decimal(str(amount)), currency, locale="en_US")


def took(run: Run) -> str:
    """How long the run took, or in whole seconds how long it has been going."""
    seconds = float(run["seconds"])
    if seconds >= 60:
        return f"{int(seconds) // 60} min {int(seconds) % 60} s"
    return f"{int(seconds)} s" if is_live(run) else f"{seconds:.1f} s"


def plural(count: int, noun: str) -> str:
    """ "1 image", "3 images"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def gate(painting: Mapping[str, Any]) -> str:
    """What the gate said of an image, in a line."""
    passed = [check["passed"] for check in painting["checks"].values()]
    if all(passed):
        return f"Gate: all {plural(len(passed), 'check')} passed"
    return f"Gate: {passed.count(False)} of {plural(len(passed), 'check')} failed"


def check(name: str, outcome: Mapping[str, Any]) -> str:
    """One check with its figure against its limit."""
    label, passed = CHECKS.get(name, (name.replace("_", " ").capitalize(), ""))
    note, figure, limit = outcome["note"], outcome["figure"], outcome["limit"]
    if figure is None or limit is None:
        return f"{label}: {note}" if note else label
    figures = {"figure": _figure(name, figure), "limit": _figure(name, limit)}
    if not outcome["passed"] or not passed:
        return f"{label}: {note or 'refused'} ({figures['figure']}, limit {figures['limit']})"
    return f"{label}: {passed.format(note=note, **figures)}"


def refusals(run: Run) -> list[str]:
    """Why images were held back: what the gate says, after the formats that it says it of."""
    formats: dict[str, list[str]] = {}
    for image in run["paintings"]:
        for name, check in image["checks"].items():
            if image["status"] == "refused" and not check["passed"]:
                formats.setdefault(check["note"] or CHECKS.get(name, (name,))[0], []).append(image["format"])
    return [f"{', '.join(of)}: {why}" for why, of in formats.items()]


def state(painting: Mapping[str, Any]) -> str:
    """Where an image stands."""
    if painting["status"] == "published":
        banner = painting["width"] >= BANNER_FROM * painting["height"]
        return "In the store, as the product’s banner" if banner else "On the product"
    return {"approved": "Passed the gate", "restored": "Taken back"}.get(painting["status"], "Held back")


def rank(place: int | None, side: str) -> str:
    """Where one side of the search put a reference: "2nd by look"."""
    if place is None:
        return f"not found by {side}"
    ending = {1: "st", 2: "nd", 3: "rd"}.get(0 if place % 100 in (11, 12, 13) else place % 10, "th")
    return f"{place}{ending} by {side}"


def searched(step: Mapping[str, Any]) -> str:
    """One step of the search: who counted as a bestseller, and how many of the nearest look alike."""
    who, found = str(step["words"]), f"{step['found']} found, {step['alike']} close enough to learn from"
    return f"{who[:1].upper()}{who[1:]}: {found if step['found'] else 'none found'}"


def _figure(name: str, value: float) -> str:
    """A share in percent; a colour's distance in Delta E, whose 1 is the least that an eye tells apart."""
    if name == "colour":
        return f"{value:.1f}"
    return f"{100 * value:.2g}%" if value < 0.1 else f"{value:.0%}"


def _count(run: Run, status: str) -> int:
    return sum(tile.painting is not None and tile.painting["status"] == status for tile in tiles(run))
