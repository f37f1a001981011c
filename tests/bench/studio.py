"""How the studio painter fares on a folder of photos: `python -m tests.bench.studio FOLDER [--limit N]`.

Prints the share cut out and framed, and the processor seconds that three 1K pictures (1:1, 3:4, 4:1) take
together, all in: decode, cut out, compose, typeset, encode. Each photo meets a painter that has not seen it.
"""

from __future__ import annotations

import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from time import process_time

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from generators.formats import parse_formats
from generators.studio.painter import StudioPainter
from generators.style import plain_style
from infra.errors import ImageError
from infra.model import PaintTask, Product

FORMATS = parse_formats("1:1,3:4,4:1")
PRODUCT = Product("bench", "Relaxed linen shirt", datetime(2026, 1, 1, tzinfo=UTC))


def paint_three(photo: bytes) -> str:
    """The method of the pictures painted from a photo."""
    painter, brief = StudioPainter(), plain_style(PRODUCT)
    methods = {
        painter.paint(
            PaintTask(PRODUCT, photo, (), brief, f, (PRODUCT.title, "$49.00") if f.with_text else ())
        ).method
        for f in FORMATS
    }
    return methods.pop()


def main(folder: Path, limit: int = 200) -> None:
    """Measure the studio painter on so many photos, evenly spread over the folder, and print the table."""
    cv2.setNumThreads(1)
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp"))
    methods: Counter[str] = Counter()
    seconds = []
    for path in paths[:: max(1, -(-len(paths) // limit))]:
        start = process_time()
        try:
            methods[paint_three(path.read_bytes())] += 1
        except ImageError:
            methods["unusable"] += 1
            continue
        seconds.append(process_time() - start)
    if not seconds:
        sys.exit("no usable photo in that folder")
    Console().print(_table(methods, seconds))


def _table(methods: Counter[str], seconds: list[float]) -> Table:
    table = Table("figure", "value", title=f"studio painter, {methods.total()} photos")
    for method, count in sorted(methods.items()):
        table.add_row(method, f"{count / methods.total():.0%}")
    p50, p95 = np.percentile(seconds, (50, 95))
    table.add_row("three pictures, one core", f"p50 {p50:.2f} s · p95 {p95:.2f} s")
    return table


if __name__ == "__main__":
    main(Path(sys.argv[1]))
