"""The ladder: what is tried after a refusal, what a try learns from those before, and where it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from generators.ladder import MENDS, Climbed, Paint, Rung, Try, climb, next_rung, taught
from generators.paint import paint
from generators.style import plain_style
from infra.errors import Blocked, NoImage, OutOfCredit, OverBudget, Unavailable
from infra.model import Check, Format, Painted, PaintTask, Product, plain
from tests.generators.desk_kit import desk, spent

PRODUCT = Product("gid://shopify/Product/1", "Coat", datetime.now(UTC), hint="at the beach")
TASK = PaintTask(
    PRODUCT, b"photo", (b"one", b"two"), plain_style(PRODUCT), Format("1:1", 64, 64),
    people="model", audience="runners",
)  # fmt: skip
LADDER: tuple[Rung, ...] = ("first", "refined", "staged", "pro", "studio")
PRICE = Decimal("0.05")


def tried(rung: Rung, *refused: str) -> Try:
    return Try(
        rung, "a model", "key", PRICE, {name: Check(False, 0.1, 0.2, f"{name} is off") for name in refused}
    )


def way(*refused: str, ladder: Sequence[Rung] = LADDER) -> list[Rung]:
    """The rungs that are tried when every image fails in the same way."""
    done: list[Try] = []
    while rung := next_rung(ladder, done):
        done.append(tried(rung, *refused))
    return [one.rung for one in done]


@pytest.mark.parametrize(
    ("refused", "rungs"),
    [
        (("product",), ["first", "refined", "staged", "pro", "studio"]),
        (("colour", "text"), ["first", "refined", "staged", "pro", "studio"]),
        (("text",), ["first", "refined", "staged", "pro", "studio"]),
        (("copy",), ["first", "refined", "staged", "studio"]),
        (("copy", "product", "colour"), ["first", "refined", "staged", "studio"]),
        (("safety",), ["first", "refined", "studio"]),
        (("image",), ["first", "first", "staged", "pro", "studio"]),
        (("blank", "product", "colour"), ["first", "first", "staged", "pro", "studio"]),
        (("pixels", "product"), ["first", "first", "pro", "studio"]),
        (("order",), ["first", "studio"]),
        (("amazon scene",), ["first", "studio"]),
        (("colour", "amazon scene"), ["first", "studio"]),
    ],
)
def test_a_refusal_leads_only_where_it_can_be_mended(refused: tuple[str, ...], rungs: list[Rung]) -> None:
    assert way(*refused) == rungs


def test_words_that_cannot_be_read_at_all_are_no_reason_to_buy_more() -> None:
    unread = Try(
        "first", "a model", "key", PRICE, {"text": Check(False, None, 0.85, "no reader is installed")}
    )
    assert next_rung(LADDER, [unread]) == "studio"


def test_what_passed_is_the_end() -> None:
    assert next_rung(LADDER, [tried("first", "colour"), tried("refined")]) is None


def test_a_rung_that_is_not_there_is_passed_over() -> None:
    assert way("product", ladder=("first", "refined", "studio")) == ["first", "refined", "studio"]
    assert way("pixels", ladder=("studio",)) == ["studio"]


def test_chance_is_given_one_more_go_in_a_climb_and_on_any_rung() -> None:
    late = [tried("first", "colour"), tried("refined", "image")]
    assert next_rung(LADDER, late) == "refined"
    assert next_rung(LADDER, [*late, tried("refined", "blank")]) == "staged"
    assert next_rung(LADDER, [*late, tried("refined", "colour"), tried("staged", "image")]) == "pro"


@pytest.mark.parametrize("refused", MENDS)
def test_no_climb_is_longer_than_six_tries(refused: str) -> None:
    assert len(way(refused)) <= 6
    mixed = [("image", refused)[n % 2] for n in range(9)]
    done: list[Try] = []
    while rung := next_rung(LADDER, done):
        done.append(tried(rung, mixed[len(done)]))
    assert len(done) <= 6


def test_a_try_is_told_what_was_wrong_but_no_figures_and_nothing_of_chance() -> None:
    done = [tried("first", "image"), tried("first", "colour"), tried("refined", "product")]
    task = taught(replace(TASK, remarks=("text: too small",)), done)
    assert task.remarks == ("text: too small", "colour: colour is off", "product: product is off")
    assert task.attempt == 4
    assert task.references == TASK.references


def test_a_copy_is_painted_again_without_the_pictures_it_may_copy() -> None:
    task = taught(TASK, [tried("first", "copy"), tried("refined", "product")])
    assert task.references == ()
    assert task.people == "model"


def test_what_a_filter_may_have_minded_is_left_out_and_not_repeated() -> None:
    task = taught(TASK, [tried("first", "safety")])
    assert (task.people, task.audience, task.product.hint, task.remarks) == ("none", "", "", ())


class Scripted:
    """A painter that does what it is told, in order; the last of it for good."""

    def __init__(self, name: str, *does: Exception | str, cost: Decimal = PRICE) -> None:
        self.name, self._does, self._cost = name, list(does), cost
        self.tasks: list[PaintTask] = []

    def price(self, _task: PaintTask) -> Decimal:
        return self._cost

    def paint(self, task: PaintTask) -> Painted:
        self.tasks.append(task)
        done = self._does.pop(0) if len(self._does) > 1 else self._does[0]
        if isinstance(done, Exception):
            raise done
        return Painted(done.encode(), "image/png", self._cost, "painted")


@pytest.fixture
def buy(tmp_path: Path) -> Paint:
    return partial(paint, desk(tmp_path))


def examined(painted: Painted, task: PaintTask) -> dict[str, Check]:
    """An image says of itself what is wrong with it; the gate always knows the bestsellers."""
    assert task.references == TASK.references
    wrong = painted.data.decode().split()
    return {name: Check(name not in wrong, note=f"{name} is off") for name in ("product", "colour", "copy")}


def painters(**does: Sequence[Exception | str]) -> dict[Rung, Scripted]:
    free = Scripted("studio", "fine", cost=Decimal(0))
    return {rung: Scripted(rung, *does[rung]) for rung in LADDER if rung in does} | {"studio": free}  # type: ignore[misc]


def climbed(team: dict[Rung, Scripted], buy: Paint) -> Climbed:
    return climb(TASK, team, buy, examined)


def test_the_first_image_that_passes_is_taken_and_nothing_else_is_bought(buy: Paint) -> None:
    team = painters(first=["fine"], refined=["fine"])
    end = climbed(team, buy)
    assert [(one.rung, one.refused) for one in end.tries] == [("first", ())]
    assert end.kept is not None
    assert end.kept.painted.data == b"fine"
    assert not team["refined"].tasks


def test_every_try_is_recorded_with_its_image_bill_and_figures(buy: Paint) -> None:
    team = painters(first=["copy"], refined=["fine"])
    end = climbed(team, buy)
    first, second = end.tries
    assert (first.rung, first.refused, first.cost_usd) == ("first", ("copy",), PRICE)
    assert [len(team[rung].tasks[0].references) for rung in ("first", "refined")] == [2, 0]
    assert (second.rung, second.refused) == ("refined", ())
    assert first.key != second.key
    assert end.kept is not None
    assert end.kept.key == second.key
    assert end.checks == second.checks
    assert plain(first)["checks"]["copy"]["note"] == "copy is off"


def test_a_person_finds_the_studios_picture_which_does_not_publish_itself(buy: Paint) -> None:
    end = climbed(painters(first=["product"], refined=["product"], staged=["product"], pro=["product"]), buy)
    assert [one.rung for one in end.tries] == ["first", "refined", "staged", "pro", "studio"]
    assert end.kept is not None
    assert end.kept.painted.data == b"fine"
    assert [name for name, check in end.checks.items() if not check.passed] == ["painted"]
    assert end.checks["painted"].note == "the studio's picture stands in for a model's: product is off"


def test_a_studio_that_was_asked_for_stands_in_for_nobody(buy: Paint) -> None:
    end = climbed({"studio": Scripted("studio", "fine")}, buy)
    assert all(check.passed for check in end.checks.values())


def test_a_bill_without_an_image_is_recorded(buy: Paint) -> None:
    refused = Blocked("the filter refused: violence", cost_usd=Decimal("0.01"))
    end = climbed(painters(first=[refused], refined=["fine"]), buy)
    blocked = end.tries[0]
    assert (blocked.key, blocked.cost_usd, blocked.refused) == ("", Decimal("0.01"), ("safety",))
    assert blocked.checks["safety"].note == "the filter refused: violence"
    assert all(check.passed for check in end.checks.values())


def test_an_order_that_was_refused_leaves_the_image_that_was_bought_before(buy: Paint) -> None:
    empty = Scripted("refined", OutOfCredit("the account is empty"))
    end = climbed({"first": Scripted("first", "colour"), "refined": empty}, buy)
    assert end.kept is not None
    assert end.kept.painted.data == b"colour"
    assert end.checks == end.tries[0].checks
    assert end.tries[1].checks["order"].note == "the account is empty"


def test_nothing_at_all_ends_with_its_reasons(buy: Paint) -> None:
    end = climbed({"first": Scripted("first", NoImage("it only wrote: sorry"))}, buy)
    assert end.kept is None
    assert [one.rung for one in end.tries] == ["first", "first"]
    assert end.checks["image"].note == "it only wrote: sorry"


def test_a_listings_budget_ends_the_climb(tmp_path: Path) -> None:
    team = painters(first=["colour"], refined=["fine"])
    end = climbed(team, partial(paint, desk(tmp_path, listing_usd="0.09")))
    assert [one.rung for one in end.tries] == ["first", "refined", "studio"]
    assert "budget of this listing" in end.tries[1].checks["order"].note
    assert not team["refined"].tasks


def test_a_budget_that_is_renewed_puts_the_climb_off(buy: Paint) -> None:
    later = OverBudget("today's $100 are spent", "day", datetime(2026, 1, 2, tzinfo=UTC))
    with pytest.raises(OverBudget):
        climbed(painters(first=["colour"], refined=[later]), buy)


def test_a_climb_begun_anew_buys_nothing_twice(tmp_path: Path) -> None:
    bought = desk(tmp_path)
    nothing = NoImage("it only wrote: sorry", cost_usd=Decimal("0.02"))
    team = painters(first=[nothing, "product"], refined=["colour"], staged=[Unavailable("502"), "fine"])
    with pytest.raises(Unavailable):
        climbed(team, partial(paint, bought))
    end = climbed(team, partial(paint, bought))
    assert [len(team[rung].tasks) for rung in ("first", "refined", "staged")] == [2, 1, 2]
    assert [one.cost_usd for one in end.tries] == [Decimal("0.02"), PRICE, PRICE, PRICE]
    # What a failed call may have cost is counted as spent: nobody knows.
    assert spent(bought) == sum(one.cost_usd for one in end.tries) + PRICE
