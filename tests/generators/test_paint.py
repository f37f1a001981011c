"""A painting is made once for its whole recipe."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from generators.paint import paint, recipe_key
from generators.style import plain_style
from infra.blobs import FolderBlobs
from infra.errors import PaintError
from infra.model import Format, Painted, PaintTask, Product

PRODUCT = Product("gid://shopify/Product/1", "Coat", datetime.now(UTC), category="Coats")
TASK = PaintTask(PRODUCT, b"photo", (b"one", b"two"), plain_style(PRODUCT), Format("1:1", 512, 512))


class Paid:
    """A painter that counts what it is asked for."""

    name = "paid"

    def __init__(self) -> None:
        self.calls = 0

    def paint(self, task: PaintTask) -> Painted:
        self.calls += 1
        return Painted(
            b"image of " + task.photo, "image/png", Decimal("0.067"), "model", ("Coat",), ("a note",)
        )


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    return FolderBlobs(tmp_path)


def test_the_same_recipe_is_paid_for_once(blobs: FolderBlobs) -> None:
    painter = Paid()
    assert paint(blobs, "a", painter, TASK) == paint(blobs, "a", painter, TASK)
    assert painter.calls == 1


def test_an_image_without_its_note_is_not_believed(blobs: FolderBlobs) -> None:
    kept = paint(blobs, "a", Paid(), TASK)
    (blobs._folder / kept.key).with_suffix(".json").unlink()
    painter = Paid()
    paint(blobs, "a", painter, TASK)
    assert painter.calls == 1


def test_anything_that_changes_the_image_changes_its_key() -> None:
    changes = [
        replace(TASK, photo=b"other"),
        replace(TASK, references=(b"two", b"one")),
        replace(TASK, product=replace(PRODUCT, title="Jacket")),
        replace(TASK, brief=replace(TASK.brief, mood="loud")),
        replace(TASK, format=Format("3:4", 448, 600)),
        replace(TASK, text=("Coat",)),
        replace(TASK, attempt=2),
    ]
    assert len({recipe_key("paid", task) for task in (TASK, *changes)} | {recipe_key("studio", TASK)}) == 9


def test_what_does_not_change_the_image_does_not_change_its_key() -> None:
    later = replace(PRODUCT, updated_at=datetime(2030, 1, 1, tzinfo=UTC), handle="coat-1", tags=("sale",))
    assert recipe_key("paid", replace(TASK, product=later)) == recipe_key("paid", TASK)


def test_a_painter_that_gives_nothing_leaves_nothing(blobs: FolderBlobs) -> None:
    class Refusing(Paid):
        def paint(self, task: PaintTask) -> Painted:
            raise PaintError(f"no image came back for {task.format.ratio}")

    with pytest.raises(PaintError):
        paint(blobs, "a", Refusing(), TASK)
    assert list(blobs._folder.rglob("*.*")) == []
