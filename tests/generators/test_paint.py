"""A painting is made once for its whole recipe, and paid for once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from generators.paint import Desk, paint, recipe_key
from generators.style import plain_style
from infra.blobs import FolderBlobs
from infra.database import Database
from infra.errors import Blocked, NoImage, OutOfCredit, OverBudget, PaintError, Unavailable
from infra.ledger import Budgets, Ledger
from infra.locks import Locks
from infra.model import Format, Painted, PaintTask, Product

SHOP = "a.myshopify.com"
PRODUCT = Product("gid://shopify/Product/1", "Coat", datetime.now(UTC), category="Coats")
TASK = PaintTask(PRODUCT, b"photo", (b"one", b"two"), plain_style(PRODUCT), Format("1:1", 512, 512))
PRICE, BILL = Decimal("0.05"), Decimal("0.0336")


class Paid:
    """A painter that counts what it is asked for, and fails as it is told."""

    name = "paid"

    def __init__(self, *errors: Exception, price: Decimal = PRICE) -> None:
        self.calls, self._errors, self._price = 0, list(errors), price

    def price(self, _task: PaintTask) -> Decimal:
        return self._price

    def paint(self, task: PaintTask) -> Painted:
        self.calls += 1
        if self._errors:
            raise self._errors.pop(0)
        return Painted(
            b"image of " + task.photo, "image/png", BILL, "painted", "a coat", ("Coat",), ("a note",)
        )


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with closing(Database(f"sqlite:///{tmp_path / 'records.sqlite'}")) as database:
        ledger = Ledger(database, Budgets(*[10 * PRICE] * 3), Locks("sqlite://", tmp_path / "locks"))
        yield Desk(FolderBlobs(tmp_path / "blobs"), ledger, SHOP, f"{SHOP}:1:1")


def bill(desk: Desk) -> dict[str, Decimal]:
    """What was spent, what of it is not confirmed, what was saved; nothing where there is no row."""
    rows = desk.ledger.spending(date(2020, 1, 1))
    names = ("spent_usd", "unknown_usd", "saved_usd")
    return {name: sum((getattr(row, name) for row in rows), Decimal(0)) for name in names if rows}


def costs(spent: Decimal, unknown: Decimal = Decimal(0), saved: Decimal = Decimal(0)) -> dict[str, Decimal]:
    return {"spent_usd": spent, "unknown_usd": unknown, "saved_usd": saved}


def files(desk: Desk) -> list[Path]:
    assert isinstance(desk.blobs, FolderBlobs)
    return sorted(path for path in desk.blobs._folder.rglob("*") if path.is_file())


def test_the_same_recipe_is_paid_for_once(desk: Desk) -> None:
    painter = Paid()
    assert paint(desk, painter, TASK) == paint(desk, painter, TASK)
    assert painter.calls == 1
    assert bill(desk) == costs(BILL)


def test_another_run_of_the_shop_saves_what_was_paid_before(desk: Desk) -> None:
    painter, twin = (
        Paid(),
        replace(TASK, product=replace(PRODUCT, id="gid://shopify/Product/2", handle="coat-1")),
    )
    kept = paint(desk, painter, TASK)
    assert paint(replace(desk, run_id=f"{SHOP}:2:1"), painter, twin) == kept
    assert painter.calls == 1
    assert bill(desk) == costs(BILL, saved=BILL)


def test_another_shop_pays_for_its_own(desk: Desk) -> None:
    painter, other = Paid(), replace(desk, shop="b.myshopify.com", run_id="b.myshopify.com:1:1")
    assert paint(desk, painter, TASK).key != paint(other, painter, TASK).key
    assert painter.calls == 2


def test_two_who_want_the_same_at_once_pay_for_it_once(desk: Desk) -> None:
    class Slow(Paid):
        """Takes until a second caller comes, or a moment."""

        def paint(self, task: PaintTask) -> Painted:
            with suppress(threading.BrokenBarrierError):
                second.wait(timeout=0.2)
            return super().paint(task)

    painter, second, found = Slow(), threading.Barrier(2), []
    threads = [threading.Thread(target=lambda: found.append(paint(desk, painter, TASK))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [found[0]] * 3
    assert painter.calls == 1


def test_a_painter_without_a_price_leaves_the_ledger_alone(desk: Desk) -> None:
    free = Paid(price=Decimal(0))
    assert paint(desk, free, TASK) == paint(desk, free, TASK)
    assert free.calls == 1
    assert bill(desk) == {}


def test_over_budget_nothing_is_asked_of_the_painter(desk: Desk) -> None:
    painter = Paid(price=11 * PRICE)
    with pytest.raises(OverBudget):
        paint(desk, painter, TASK)
    assert painter.calls == 0
    assert bill(desk) == {}


def test_where_nothing_can_be_kept_nothing_is_bought(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "blobs").write_bytes(b"a file where the folder should be")
    painter = Paid()
    with pytest.raises(OSError, match="blobs"):
        paint(desk, painter, TASK)
    assert painter.calls == 0
    assert bill(desk) == {}


@pytest.mark.parametrize("missing", [".json", ".png"])
def test_an_image_without_its_note_is_not_believed_nor_a_note_without_its_image(
    desk: Desk, missing: str
) -> None:
    paint(desk, Paid(), TASK)
    for file in files(desk):
        if file.suffix == missing:
            file.unlink()
    painter = Paid()
    paint(desk, painter, TASK)
    assert painter.calls == 1


@pytest.mark.parametrize("refusal", [Blocked("unsafe", BILL), NoImage("only words", BILL)])
def test_an_answer_without_an_image_is_paid_for_once_in_a_run(desk: Desk, refusal: PaintError) -> None:
    painter = Paid(refusal)
    for _ in range(2):
        with pytest.raises(type(refusal), match=str(refusal)) as again:
            paint(desk, painter, TASK)
        assert again.value.cost_usd == BILL
    assert painter.calls == 1
    assert bill(desk) == costs(BILL)
    paint(replace(desk, run_id=f"{SHOP}:1:2"), painter, TASK)  # somebody asked for the listing again
    assert painter.calls == 2
    assert bill(desk) == costs(2 * BILL)


def test_no_answer_may_have_been_billed_and_is_asked_for_again(desk: Desk) -> None:
    painter = Paid(Unavailable("300 seconds of silence"))
    with pytest.raises(Unavailable):
        paint(desk, painter, TASK)
    paint(desk, painter, TASK)
    assert bill(desk) == costs(PRICE + BILL, unknown=PRICE)


def test_a_refused_request_costs_nothing(desk: Desk) -> None:
    with pytest.raises(OutOfCredit):
        paint(desk, Paid(OutOfCredit("the account is empty")), TASK)
    assert bill(desk) == {}


def test_a_painter_that_gives_nothing_leaves_nothing(desk: Desk) -> None:
    with pytest.raises(PaintError):
        paint(desk, Paid(PaintError("no image came back"), price=Decimal(0)), TASK)
    assert files(desk) == []


def test_anything_that_changes_the_image_changes_its_key() -> None:
    changes = [
        replace(TASK, photo=b"other"),
        replace(TASK, references=(b"two", b"one")),
        replace(TASK, companions=(b"two",)),
        replace(TASK, like=b"one"),
        replace(TASK, product=replace(PRODUCT, title="Jacket")),
        replace(TASK, product=replace(PRODUCT, season="winter")),
        replace(TASK, brief=replace(TASK.brief, mood="loud")),
        replace(TASK, format=Format("3:4", 448, 600)),
        replace(TASK, size="1K"),
        replace(TASK, people="model"),
        replace(TASK, audience="hikers"),
        replace(TASK, text=("Coat",)),
        replace(TASK, remarks=("too dark",)),
        replace(TASK, attempt=2),
    ]
    keys = {recipe_key("paid", task) for task in (TASK, *changes)} | {recipe_key("studio", TASK)}
    assert len(keys) == len(changes) + 2


def test_what_does_not_change_the_image_does_not_change_its_key() -> None:
    later = replace(PRODUCT, updated_at=datetime(2030, 1, 1, tzinfo=UTC), handle="coat-1", tags=("sale",))
    assert recipe_key("paid", replace(TASK, product=later)) == recipe_key("paid", TASK)
