"""What each step of painting does: a run's formats, each painted, examined, and tried again where that helps.

What a step is told is a ratio; what it leaves is a painting's record, approved or refused.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from generators.checks import examine
from generators.ladder import Climbed, climb
from generators.paint import Desk, paint
from generators.people import people_for
from generators.prompts import alt_text, banner_text, shows_scene
from infra.embedding import BuiltinEmbedder
from infra.errors import BestshotError, PaintError
from infra.model import Check, Painting, PaintTask, Product, StyleBrief, load, plain
from infra.pixels import decode
from webhook_app.steps.listing import Run

WAITS = "what was made waits for a person: bestshot approve {}"


def formats(run: Run) -> list[str]:
    """The ratios to paint, at the size that comes first: a draft's, where a person looks before that."""
    return _sized(run, is_draft=run.workshop.first_size != run.workshop.final_size)


def finals(run: Run) -> list[str]:
    """The ratios to paint at their final size."""
    return _sized(run, is_draft=False)


def paint_and_examine(run: Run, ratio: str) -> None:
    """One image: painted (or found, if it was paid for before), measured by the gate, recorded either way."""
    record = run.record()
    buy = partial(paint, Desk(run.services.blobs, run.services.ledger, run.shop, run.run_id))
    task = _task(run, record, ratio)
    gate = partial(examine, ocr=run.services.ocr, embedder=BuiltinEmbedder())
    climbed = climb(task, run.workshop.painters(buy), run.workshop.lettering(buy), gate)
    painting = recorded(run, task, climbed)
    run.services.runs.keep(run.run_id, painting, "refused" if painting.refusals else "approved")


def stand_in(run: Run, ratio: str, why: str) -> None:
    """What no model could paint waits for a person, who has the studio's picture meanwhile."""
    try:
        painting = _by_the_studio(run, ratio)
    except BestshotError:
        refuse_format(run, ratio, why)
        return
    checks = {**painting.checks, "painted": Check(False, note=why)}
    run.services.runs.keep(run.run_id, replace(painting, checks=checks), "refused")


def refuse_format(run: Run, ratio: str, why: str) -> None:
    """Record that no image could be made in a format; the other formats go on."""
    painting = Painting(ratio, "", "", 0, 0, "", "", "", "", checks={"painted": Check(False, note=why)})
    run.services.runs.keep(run.run_id, painting, "refused")


def wait_for_budget(run: Run, why: str, until: datetime) -> None:
    """Note in the run's record that it waits until a budget is renewed."""
    run.note(step="budget", reason=f"waiting for the budget until {until:%Y-%m-%d %H:%M} UTC: {why}")


def go_on(run: Run) -> None:
    """The budget is there again."""
    run.note(reason="")


def must_wait(run: Run) -> bool:
    """Whether a person is to look at what was made before it goes on; then the record says so."""
    record = run.record()
    if run.services.settings.publish != "review" and not record["is_draft"]:
        return False
    if record["approved_at"]:  # it was said before this step was over: another recipe has gone on
        return True
    run.note(status="needs_review", step="review", reason=WAITS.format(run.run_id))
    return True


def _sized(run: Run, *, is_draft: bool) -> list[str]:
    record, workshop = run.record(), run.workshop
    size = workshop.first_size if is_draft else workshop.final_size
    sized = [workshop.format(ratio, size) for ratio in record["formats"]]
    run.note(
        step="paint",
        is_draft=is_draft,
        size=size,
        sizes={one.ratio: [one.width, one.height] for one in sized},
    )
    ratios: list[str] = record["formats"]
    return ratios


def _by_the_studio(run: Run, ratio: str) -> Painting:
    buy = partial(paint, Desk(run.services.blobs, run.services.ledger, run.shop, run.run_id))
    task, studio = _task(run, run.record(), ratio), run.workshop.painters(buy)["studio"]
    gate = partial(examine, ocr=run.services.ocr, embedder=BuiltinEmbedder())
    return recorded(run, task, climb(task, {"studio": studio}, buy, gate))


def _task(run: Run, record: dict[str, Any], ratio: str) -> PaintTask:
    product, settings = load(Product, record["product"]), run.services.settings
    format = run.workshop.format(ratio, record["size"])
    return PaintTask(
        product=product,
        photo=run.services.blobs.read(record["photo_key"]),
        references=tuple(run.services.blobs.read(r["photo_key"]) for r in record["references"]),
        brief=load(StyleBrief, record["brief"]),
        format=format,
        text=banner_text(product, run.locale, settings.slogan, settings.badge) if format.with_text else (),
        size=record["size"],
        people=people_for(product, settings.people),
        audience=settings.audience,
        like=_first_of_the_set(run, record, ratio),
    )


def _first_of_the_set(run: Run, record: dict[str, Any], ratio: str) -> bytes | None:
    """In the strict mode, the finished image that the others of its set are to match."""
    if not run.services.settings.strict_set or ratio == record["formats"][0]:
        return None
    first = next((image for image in record["paintings"] if image["format"] == record["formats"][0]), None)
    return run.services.blobs.read(first["key"]) if first and first["status"] == "approved" else None


def recorded(run: Run, task: PaintTask, climbed: Climbed) -> Painting:
    if climbed.kept is None:
        raise PaintError("; ".join(check.note for check in climbed.checks.values() if not check.passed))
    painted, last = climbed.kept.painted, next(one for one in reversed(climbed.tries) if one.key)
    is_image = "pixels" in climbed.checks and climbed.checks["pixels"].passed
    width, height = decode(painted.data).size if is_image else (0, 0)
    return Painting(
        format=task.format.ratio,
        key=climbed.kept.key,
        media_type=painted.media_type,
        width=width,
        height=height,
        painter=last.painter,
        method=painted.method,
        prompt=painted.prompt or task.brief.prompt,
        alt=alt_text(task.product, run.locale, scene=shows_scene(painted.method)),
        cost_usd=sum((one.cost_usd for one in climbed.tries), type(painted.cost_usd)(0)),
        checks=climbed.checks,
        notes=painted.notes,
        tries=tuple(plain(one) for one in climbed.tries),
    )
