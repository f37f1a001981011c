"""The gate: what an image must pass before anyone may publish it, in the order in which it is asked."""

from __future__ import annotations

from dataclasses import replace

from generators.channels import Channel, check_channel
from generators.gate.copies import check_copy
from generators.gate.fidelity import check_colour, check_product, evidence
from generators.gate.likeness import check_likeness
from generators.gate.pixels import check_blank, check_pixels
from generators.gate.seen import Seen
from generators.gate.text import check_text
from generators.gate.views import REFERENCE_AREA, view, view_of
from infra.embedding import Embedder
from infra.model import Check, Painted, PaintTask
from infra.ocr import Ocr


def examine(
    painted: Painted,
    task: PaintTask,
    *,
    ocr: Ocr,
    embedder: Embedder | None = None,
    channel: Channel | None = None,
) -> dict[str, Check]:
    """An image against its task: pixels, blank, product, likeness, colour, text, copy, in that order.

    `likeness` is there only with an embedder, `text` only where text was asked for or may have crept in; a
    channel adds its rules, as "amazon scene". An image that cannot be decoded has `pixels` alone, failed.
    ImageError when the task's own photo or a reference cannot be decoded; OutsideError when the embedder is
    a service that may work later.
    """
    pixels, image = check_pixels(painted, task.format)
    if image is None:
        return {"pixels": pixels}
    seen, photo = view(image), view_of(task.photo)
    where = evidence(photo, seen, painted.method)
    references = [view_of(reference, REFERENCE_AREA) for reference in task.references]
    checks = {
        "pixels": pixels,
        "blank": check_blank(seen),
        "product": check_product(where),
        "likeness": check_likeness(task.photo, image, where, embedder) if embedder else None,
        "colour": check_colour(where),
        "text": check_text(painted, task, image, ocr),
        "copy": check_copy(seen, references, where if isinstance(where, Seen) else None),
    }
    worded = replace(painted, text=painted.text or task.text)
    rules = check_channel(worded, channel) if channel else {}
    named = {f"{channel.name} {rule}": check for rule, check in rules.items()} if channel else {}
    return {name: check for name, check in checks.items() if check is not None} | named
