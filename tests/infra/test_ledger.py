"""The ledger: no budget is passed, no bill is lost, and what may have been billed counts as spent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

import infra.ledger
from infra.database import Database
from infra.errors import (
    Blocked,
    NoImage,
    OutOfCredit,
    OverBudget,
    PaintError,
    Throttled,
    Unavailable,
    Unbilled,
)
from infra.installations import Installations
from infra.ledger import Budgets, Ledger, Purchase, Spend
from infra.locks import Locks

SHOP, OTHER = "a.myshopify.com", "b.myshopify.com"
RUN = f"{SHOP}:7:1"
IMAGE = Purchase(SHOP, RUN, "1f" * 16, "image", "nano-banana-2.1", "1:1")
BUDGETS = Budgets(Decimal(2), Decimal(20), Decimal(100))
DAY = date(2026, 11, 20)
PRICE = Decimal("0.05")
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""Nothing in it depends on the kind of database."""


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with closing(Database(database_url)) as opened:
        yield opened


@pytest.fixture
def ledger(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    at(monkeypatch, datetime(2026, 11, 20, 22, 30, tzinfo=UTC))
    return ledger_of(database, tmp_path, BUDGETS)


def ledger_of(database: Database, folder: Path, budgets: Budgets) -> Ledger:
    return Ledger(database, budgets, Locks("sqlite://", folder / "locks"))


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr(infra.ledger, "_now", lambda: moment)


def another(number: int, shop: str = SHOP, listing: int = 7) -> Purchase:
    return replace(IMAGE, shop=shop, run_id=f"{shop}:{listing}:1", key=f"{number:032x}")


def total(ledger: Ledger, shop: str = "") -> tuple[Decimal, Decimal, Decimal]:
    """What was spent, what of it is not confirmed, what was saved."""
    rows = ledger.spending(DAY, shop)
    return (
        sum((row.spent_usd for row in rows), Decimal(0)),
        sum((row.unknown_usd for row in rows), Decimal(0)),
        sum((row.saved_usd for row in rows), Decimal(0)),
    )


def test_a_reservation_counts_until_its_bill_takes_its_place(ledger: Ledger) -> None:
    reservation = ledger.reserve(IMAGE, PRICE)
    assert total(ledger) == (PRICE, PRICE, 0)
    ledger.settle(reservation, Decimal("0.0336"))
    assert total(ledger) == (Decimal("0.0336"), 0, 0)


def test_a_bill_that_nobody_knows_stays_at_its_price(ledger: Ledger) -> None:
    ledger.settle(ledger.reserve(IMAGE, PRICE), None)
    assert total(ledger) == (PRICE, PRICE, 0)


@pytest.mark.parametrize("error", [OutOfCredit("402"), Throttled("429"), Unbilled("refused")])
@ON_SQLITE
def test_what_was_surely_not_billed_is_given_back(ledger: Ledger, error: Exception) -> None:
    ledger.failed(ledger.reserve(IMAGE, PRICE), error)
    assert ledger.spending(DAY) == []


@pytest.mark.parametrize("error", [Unavailable("no answer"), Blocked("unsafe"), KeyError("a bug")])
@ON_SQLITE
def test_what_may_have_been_billed_is_not_given_back(ledger: Ledger, error: Exception) -> None:
    ledger.failed(ledger.reserve(IMAGE, PRICE), error)
    assert total(ledger) == (PRICE, PRICE, 0)


@pytest.mark.parametrize("kind", [Blocked, NoImage])
@ON_SQLITE
def test_an_answer_without_an_image_costs_what_it_was_billed(ledger: Ledger, kind: type[PaintError]) -> None:
    ledger.failed(ledger.reserve(IMAGE, PRICE), kind("no image", Decimal("0.001")))
    assert total(ledger) == (Decimal("0.001"), 0, 0)


def test_a_reservation_that_was_cut_off_is_not_forgotten_by_the_next(ledger: Ledger) -> None:
    ledger.reserve(IMAGE, PRICE)
    ledger.settle(ledger.reserve(IMAGE, PRICE), PRICE)
    assert total(ledger) == (2 * PRICE, PRICE, 0)


def test_a_kept_result_settles_what_was_cut_off_before_it_could_be(ledger: Ledger) -> None:
    ledger.reserve(IMAGE, PRICE)
    ledger.found(IMAGE, Decimal("0.0336"))
    assert total(ledger) == (Decimal("0.0336"), 0, 0)


def test_only_another_run_saves_by_what_was_kept_and_once(ledger: Ledger) -> None:
    ledger.settle(ledger.reserve(IMAGE, PRICE), PRICE)
    again = replace(IMAGE, run_id=f"{SHOP}:8:1")
    for purchase in (IMAGE, again, again):
        ledger.found(purchase, PRICE)
    assert total(ledger) == (PRICE, 0, PRICE)


def test_what_is_saved_uses_up_no_budget(ledger: Ledger) -> None:
    ledger.found(IMAGE, Decimal(1000))
    assert ledger.left(SHOP) == {"shop": 20, "day": 100}


@pytest.mark.parametrize(
    ("spent_before", "budget", "until"),
    [
        ([another(1)] * 2, "listing", None),
        ([another(n, listing=n) for n in range(20)], "shop", datetime(2026, 11, 21, tzinfo=UTC)),
        (
            [another(n, f"{n // 20}.myshopify.com", n) for n in range(100)],
            "day",
            datetime(2026, 11, 21, tzinfo=UTC),
        ),
    ],
)
@ON_SQLITE
def test_a_budget_refuses_before_anything_is_bought(
    ledger: Ledger, spent_before: list[Purchase], budget: str, until: datetime | None
) -> None:
    for purchase in spent_before:
        ledger.note(purchase, Decimal(1))
    with pytest.raises(
        OverBudget, match=r"1:1 by nano-banana-2\.1 may cost \$0\.05, but .* has \$0\.00 left"
    ) as no:
        ledger.reserve(IMAGE, PRICE)
    assert (no.value.budget, no.value.until) == (budget, until)
    assert total(ledger) == (len(spent_before), 0, 0)


@ON_SQLITE
def test_different_purchases_are_made_side_by_side(ledger: Ledger) -> None:
    one, two = (replace(IMAGE, key=f"{SHOP}/briefs/{n}") for n in range(2))
    with ledger.alone(one), ledger.alone(two):
        pass


@ON_SQLITE
def test_a_day_ends_at_midnight_in_utc_and_a_listing_never(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(20):
        ledger.note(another(n, listing=n), Decimal(1))
    ledger.note(another(1), Decimal("1.99"))
    at(monkeypatch, datetime(2026, 11, 21, 0, 0, 1, tzinfo=UTC))
    assert ledger.left(SHOP) == {"shop": 20, "day": 100}
    ledger.reserve(another(99, listing=99), PRICE)
    with pytest.raises(OverBudget) as no:
        ledger.reserve(IMAGE, PRICE)
    assert no.value.budget == "listing"


@ON_SQLITE
def test_the_last_micro_dollar_may_be_spent_and_not_one_more(ledger: Ledger) -> None:
    ledger.note(another(1), Decimal("1.95"))
    with pytest.raises(OverBudget):
        ledger.reserve(IMAGE, Decimal("0.0500001"))
    ledger.reserve(IMAGE, PRICE)


@ON_SQLITE
def test_what_no_whole_budget_would_do_for_is_not_waited_for(ledger: Ledger) -> None:
    dearer = max(ledger.budgets.shop, ledger.budgets.day) + Decimal("0.01")
    with pytest.raises(OverBudget) as no:
        ledger.reserve(IMAGE, dearer)
    assert no.value.until is None


def test_no_budget_buys_nothing(database: Database, tmp_path: Path) -> None:
    nothing = Budgets(Decimal(2), Decimal(0), Decimal(100))
    with pytest.raises(OverBudget):
        ledger_of(database, tmp_path, nothing).reserve(IMAGE, Decimal("0.000001"))


def test_a_budget_is_not_passed_by_many_at_once(database: Database, tmp_path: Path) -> None:
    ledger = ledger_of(database, tmp_path, replace(BUDGETS, listing=5 * PRICE))
    bought: list[str] = []
    start = threading.Barrier(12)

    def buy(number: int) -> None:
        start.wait()
        with suppress(OverBudget):
            bought.append(ledger.reserve(another(number), PRICE).id)

    threads = [threading.Thread(target=buy, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(bought) == 5


def test_bills_without_a_reservation_add_up_in_one_row(ledger: Ledger) -> None:
    vectors = Purchase(SHOP, "", "", "embedding", "nemotron")
    for _ in range(3):
        ledger.note(vectors, Decimal("0.0000101"))
    nothing = (0, Decimal(0))
    assert ledger.spending(DAY) == [
        Spend(DAY, SHOP, "embedding", "nemotron", "", 3, Decimal("0.000033"), *nothing, *nothing)
    ]


def test_each_shop_has_its_own_figures_and_all_have_one_sum(ledger: Ledger) -> None:
    ledger.note(IMAGE, PRICE)
    ledger.note(another(1, OTHER), 2 * PRICE)
    assert [total(ledger, shop)[0] for shop in (SHOP, OTHER, "")] == [PRICE, 2 * PRICE, 3 * PRICE]
    assert ledger.left(OTHER) == {"shop": 20 - 2 * PRICE, "day": 100 - 3 * PRICE}


def test_a_bill_outlives_its_shop_but_does_not_tell_whose_it_was(ledger: Ledger, database: Database) -> None:
    reservation = ledger.reserve(IMAGE, PRICE)
    ledger.forget(SHOP)
    ledger.settle(reservation, PRICE)  # by a step that was under way
    assert Installations(database).rows(SHOP) == {}
    [row] = ledger.spending(DAY)
    assert (row.shop, row.spent_usd, row.unknown) == ("", PRICE, 0)
