"""What counts as a bestseller: the threshold, what it is made of, and how it is said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import numpy as np
import pytest

from generators.bestsellers import ENOUGH, QUARTER, TENTH, Bestsellers, Threshold, Window, top
from infra.services import Services
from tests.generators.shop_kit import Shop, services

HUNDRED = list(range(1, 101))
DAYS = "in the last 90 days"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("elsewhere"))
        with services(tmp_path_factory.mktemp("home")) as opened:
            yield opened


@pytest.fixture
def shop(built: Services) -> Shop:
    return Shop(built, f"{uuid4()}.myshopify.com")


def of(shop: Shop, category: str = "", share: float = TENTH, **changed: Any) -> Threshold:
    return Bestsellers(shop.under(**changed), shop.name).threshold(category, share)


# The number


@pytest.mark.parametrize(
    ("sold", "share", "units"),
    [
        (HUNDRED, TENTH, 91),
        (HUNDRED, QUARTER, 76),
        (range(1, 21), TENTH, 19),
        ([1] * 70 + [2] * 25 + [3] * 5, TENTH, 3),
        ([5] * 30, TENTH, 5),
        ([50, 40, 30, 3, 2, 2, 2, 2], TENTH, 50),
        ([50, 40, 30, 3, 2, 2, 2, 2], QUARTER, 40),
        ([1] * 30, TENTH, 2),
        ([], TENTH, 2),
    ],
    ids=["tenth", "quarter", "of twenty", "tie at the edge", "all tie", "few: the best", "few: a quarter",
         "one sale is chance", "nothing sold"],
)  # fmt: skip
def test_a_bestseller_is_among_the_best_share_of_what_sold(sold: Any, share: float, units: int) -> None:
    assert top(np.array(sold, np.int64), share) == units


def test_whoever_reaches_the_threshold_is_within_the_share_or_shares_the_first_place() -> None:
    dice = np.random.default_rng(7)
    for _ in range(300):
        sold = dice.integers(2, dice.integers(3, 40), size=dice.integers(1, 200))
        share = float(dice.choice([TENTH, QUARTER]))
        units = top(sold, share)
        reached = sold[sold >= units]
        lower = sold[sold < units]
        assert reached.size <= share * sold.size or set(reached) == {sold.max()}
        assert not lower.size or np.count_nonzero(sold >= lower.max()) > share * sold.size


# Whose sales are measured


def test_each_category_has_its_own_threshold(shop: Shop) -> None:
    shop.remember("Socks", [10 * units for units in HUNDRED])
    shop.remember("Coats", HUNDRED)
    assert of(shop, "Socks") == Threshold("Socks", 910, "category", TENTH, 100, 10, 100)
    assert of(shop, "Coats") == Threshold("Coats", 91, "category", TENTH, 100, 10, 100)
    assert of(shop) == Threshold("", 810, "store", TENTH, 200, 20, 200)


def test_products_that_sold_nothing_move_no_threshold(shop: Shop) -> None:
    shop.remember("Coats", HUNDRED)
    before = of(shop, "Coats"), of(shop, "Coats", QUARTER), of(shop)
    shop.remember("Coats", [0] * 10_000)
    assert (of(shop, "Coats"), of(shop, "Coats", QUARTER), of(shop)) == before


def test_a_category_where_few_sold_is_measured_by_the_store(shop: Shop) -> None:
    shop.remember("Coats", HUNDRED)
    shop.remember("Hats", [500, *[1] * (ENOUGH - 2), 0, 0, 0])
    assert of(shop, "Hats") == Threshold("Hats", 91, "store", TENTH, 119, 11, ENOUGH - 1)
    shop.remember("Hats", [400])
    assert of(shop, "Hats") == Threshold("Hats", 400, "category", TENTH, ENOUGH, 2, ENOUGH)


def test_a_category_is_not_judged_by_another_shops_sales(shop: Shop) -> None:
    shop.remember("Coats", HUNDRED)
    other = Shop(shop.services, f"other-{shop.name}")
    assert (of(other, "Coats").sellers, Bestsellers(other.services, other.name).exist("Coats")) == (0, False)


def test_a_number_that_was_set_counts_for_everything(shop: Shop) -> None:
    shop.remember("Coats", HUNDRED)
    for category, share in (("Coats", TENTH), ("Coats", QUARTER), ("Hats", TENTH), ("", TENTH)):
        assert of(shop, category, share, min_sales=7) == Threshold(category, 7, "setting")


# The window of days


def test_the_days_are_those_the_last_sync_noted(shop: Shop) -> None:
    def sync(run_id: str, status: Any, noted: dict[str, Any], dry_run: bool = False) -> None:
        syncs = shop.services.syncs
        syncs.open(f"{shop.name}:{run_id}", shop.name, mode="changes", dry_run=dry_run, asked_by="app")
        syncs.note(f"{shop.name}:{run_id}", **noted)
        syncs.end(f"{shop.name}:{run_id}", status)

    noted = {"sales": {"days": 59, "until": "2026-05-31", "source": "orders"}}
    assert Bestsellers(shop.services, shop.name).window == Window(90)
    sync("1", "failed", noted)
    sync("2", "done", noted, dry_run=True)
    assert Bestsellers(shop.services, shop.name).window == Window(90)
    sync("3", "done", noted)
    sync("4", "done", {})
    assert Bestsellers(shop.services, shop.name).window == Window(59, "2026-05-31", "orders")


# In words


@pytest.mark.parametrize(
    ("threshold", "words"),
    [
        (
            Threshold("Dresses", 412, "category", TENTH, 1320, 132, 1320),
            f"the top tenth of 1,320 Dresses that sold {DAYS}, 412 units or more",
        ),
        (
            Threshold("Dresses", 98, "category", QUARTER, 132, 33, 132),
            f"the top quarter of 132 Dresses that sold {DAYS}, 98 units or more",
        ),
        (
            Threshold("Dresses", 2, "category", TENTH, 40, 12, 40),
            f"the best of 40 Dresses that sold {DAYS}, 2 units or more",
        ),
        (
            Threshold("Hats", 412, "store", TENTH, 840, 84, 3),
            f"Hats that sold 412 units or more {DAYS}, like the top tenth of all 840 products that sold",
        ),
        (
            Threshold("", 412, "store", TENTH, 840, 84, 840),
            f"the top tenth of all 840 products that sold {DAYS}, 412 units or more",
        ),
        (
            Threshold("", 9, "store", TENTH, 8, 1, 8),
            f"the best of all 8 products that sold {DAYS}, 9 units or more",
        ),
        (Threshold("Hats", 1500, "setting"), f"Hats that sold 1,500 units or more {DAYS}"),
        (Threshold("", 1500, "setting"), f"all products that sold 1,500 units or more {DAYS}"),
    ],
)
def test_a_threshold_is_said_with_what_it_was_made_of(threshold: Threshold, words: str) -> None:
    assert threshold.words(DAYS) == words
    assert threshold.words() == words.replace(f" {DAYS}", "")


def test_a_window_is_said_with_its_end_where_that_is_known() -> None:
    assert Window(90).words == "in the last 90 days"
    assert Window(59, "2026-05-31").words == "in the 59 days to 31 May 2026"
