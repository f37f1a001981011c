"""The ladder: what is tried next when the gate refuses an image, up to the point where a person decides.

    first → refined → staged → pro → studio, and a person decides

`refined` tells the model what was wrong, `staged` paints one thing at a time (generators/staged.py), `pro` is
the dearest model, `studio` our own compositor, whose picture a person has before them meanwhile. A rung that
cannot mend what was refused is passed over. None is tried twice, except that one image of a climb is asked
for again where chance alone may have spoiled it: six tries at most.

Nothing here knows of runs or money: each image is kept under a key of its own by whoever paints it, so that a
climb which is begun anew finds what it has bought, comes to the same decisions, and goes on where it ended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

from generators.paint import Kept
from infra.errors import Blocked, FontMissing, NoImage, OverBudget, Refused
from infra.model import Check, Painted, Painter, PaintTask

Rung = Literal["first", "refined", "staged", "pro", "studio"]
Paint = Callable[[Painter, PaintTask], Kept]
Examine = Callable[[Painted, PaintTask], dict[str, Check]]

MENDS: dict[str, tuple[Rung, ...]] = {
    "safety": ("refined",),  # without people and the merchant's words; a filter does not care who paints
    "image": ("staged", "pro"),
    "pixels": ("pro",),  # whoever ignores the ratio twice ignores it in a stage, too
    "blank": ("staged", "pro"),
    "copy": ("refined", "staged"),  # without the references: nobody repeats a picture not seen
    "product": ("refined", "staged", "pro"),
    "likeness": ("refined", "staged", "pro"),
    "colour": ("refined", "staged", "pro"),
    "text": ("refined", "staged", "pro"),
}
"""What was refused → the rungs that can mend it. The first one named here decides: an empty image has no
product either. What is not named (an order refused, a channel's rule) no other image can mend."""
CHANCE = ("image", "pixels", "blank")
"""What may be right in the same model's next answer to the same question."""


@dataclass(frozen=True, slots=True)
class Try:
    """One try for the record: by what, which blob came of it ("" for none), its bill, what was measured.

    `checks` are the gate's; where there was no image to measure, `image` (none came), `safety` (the model's
    filter refused) or `order` (it was not painted at all) says why.
    """

    rung: Rung
    painter: str
    key: str = ""
    cost_usd: Decimal = Decimal(0)
    checks: dict[str, Check] = field(default_factory=dict)

    @property
    def refused(self) -> tuple[str, ...]:
        return tuple(name for name, check in self.checks.items() if not check.passed)


@dataclass(frozen=True, slots=True)
class Climbed:
    """How a climb ended: the image to go on with (None: there is none), its checks, and all tries in order.

    Where `checks` has one that failed, it is a person's turn.
    """

    kept: Kept | None
    checks: dict[str, Check]
    tries: tuple[Try, ...]


def climb(task: PaintTask, painters: Mapping[Rung, Painter], paint: Paint, examine: Examine) -> Climbed:
    """Tries the painters, lowest rung first as they are given, until the gate passes an image.

    Raises what may succeed later (Unavailable, a budget that is renewed) and ImageError for the task's own
    pictures; then the same climb is to be begun anew.
    """
    done: list[Try] = []
    kept: Kept | None = None
    while rung := next_rung(tuple(painters), done):
        wanted = taught(task, done)
        try:
            kept = paint(painters[rung], wanted)
        except (NoImage, Blocked, Refused, OverBudget, FontMissing) as error:
            done.append(_without_image(rung, painters[rung], error))
            continue
        # The bestsellers that a task no longer shows are not to be repeated all the same.
        checks = examine(kept.painted, replace(wanted, references=task.references))
        if rung == "studio" and done:
            checks["painted"] = _stands_in(done)
        done.append(Try(rung, painters[rung].name, kept.key, kept.painted.cost_usd, checks))
    shown = next((one for one in reversed(done) if one.key), done[-1])
    return Climbed(kept, shown.checks, tuple(done))


def next_rung(ladder: Sequence[Rung], done: Sequence[Try]) -> Rung | None:
    """Where to try next; None when the last image may go on, or nothing is left but a person."""
    if not done:
        return ladder[0]
    last = done[-1]
    if not last.refused or last.rung == "studio":
        return None
    cause = _cause(last)
    if cause in CHANCE and len({one.rung for one in done}) == len(done):
        return last.rung
    higher = ladder[ladder.index(last.rung) + 1 :]
    return next((rung for rung in higher if rung in MENDS.get(cause, ()) or rung == "studio"), None)


def _cause(last: Try) -> str:
    """The refusal that decides; "" for one that no other image can mend."""
    if not set(last.refused) <= set(MENDS):
        return ""
    cause = next(cause for cause in MENDS if cause in last.refused)
    # Words without a figure could not be read at all: the reader is missing, or does not know their script.
    return "" if cause == "text" and last.checks["text"].figure is None else cause


def taught(task: PaintTask, done: Sequence[Try]) -> PaintTask:
    """The task as the tries before have taught it: what was wrong, and without what led to it."""
    wrong = {name: one.checks[name].note for one in done for name in one.refused if name in MENDS}
    if "safety" in wrong:
        task = replace(task, people="none", audience="", product=replace(task.product, hint=""))
    if "copy" in wrong:
        task = replace(task, references=())
    # Figures stay out: a remark is part of the image's key, and must be the same on every machine.
    remarks = tuple(f"{name}: {note}" for name, note in wrong.items() if name not in (*CHANCE, "safety"))
    return replace(task, remarks=(*task.remarks, *remarks), attempt=task.attempt + len(done))


def _without_image(rung: Rung, painter: Painter, error: Exception) -> Try:
    if isinstance(error, OverBudget) and error.until:
        raise error  # it is renewed: the run waits, and says so
    billed = error.cost_usd if isinstance(error, NoImage | Blocked) else None
    why = "image" if isinstance(error, NoImage) else "safety" if isinstance(error, Blocked) else "order"
    checks = {why: Check(False, note=str(error))}
    return Try(rung, painter.name, cost_usd=billed or Decimal(0), checks=checks)


def _stands_in(done: Sequence[Try]) -> Check:
    """The studio's picture is not what was asked for, however well made: it waits for a person."""
    last = next((one for one in reversed(done) if one.key), done[-1])
    why = "; ".join(last.checks[name].note or name for name in last.refused)
    return Check(False, note=f"the studio's picture stands in for a model's: {why}")
