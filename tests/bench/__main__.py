"""`make bench`: retrieval, the studio painter, the gate and the nightly mirror, in one run, on one core.

`python -m tests.bench [CATALOG]`: CATALOG is a folder with products.csv, images/, new_products.csv and
new_products/; without one the drawn demo catalog is measured. The mirror's large shop is made up either way.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2

from infra.devstore.demo_catalog import draw_catalog
from tests.bench import gate, mirror, retrieval, studio


def main(catalog: Path) -> int:
    """Print the tables; 1 when the gate misses its limits, or the mirror its own."""
    cv2.setNumThreads(1)
    retrieval.main(catalog)
    studio.main(catalog)
    return max(gate.main([str(catalog)]), mirror.main())


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit(main(Path(sys.argv[1])))
    with TemporaryDirectory() as drawn:
        draw_catalog(Path(drawn))
        sys.exit(main(Path(drawn)))
