"""What counts as a bestseller: the top tenth of what sold in its category, by the store's own figures.

Only products that sold in the window of days are measured. One that sold nothing has no history to judge by:
it is no bestseller, and however many such products a store lists, no threshold moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from infra.model import load
from infra.services import Services

TENTH, QUARTER = 0.1, 0.25
ENOUGH = 20
"""How many products of a category must have sold for a distribution of its own. A tenth of fewer is not even
two products, so that one product's luck would be the threshold; the whole store's is taken instead."""
LEAST = 2
"""Units. In a store that sells little, a single sale is chance."""

_PARTS = {TENTH: "top tenth", QUARTER: "top quarter"}


@dataclass(frozen=True, slots=True)
class Window:
    """The days whose sales are counted: how many, the last of them as "2026-05-31", and read from where.

    `until` and `source` are empty where no sync has noted them.
    """

    days: int
    until: str = ""
    source: str = ""

    @property
    def words(self) -> str:
        if not self.until:
            return f"in the last {self.days} days"
        last = date.fromisoformat(self.until)
        return f"in the {self.days} days to {last.day} {last:%B %Y}"


@dataclass(frozen=True, slots=True)
class Threshold:
    """Units sold that make a bestseller of a category ("": of the whole store), and what they were made of.

    `basis` says whose sales were measured, or that the number was set (BESTSHOT_MIN_SALES) and nothing was.
    Of the `sellers` that sold at all, `reached` sold `units` or more: at most `share` of them, or those that
    share the first place. `category_sellers` is how many of the category itself sold at all.
    """

    category: str
    units: int
    basis: Literal["category", "store", "setting"]
    share: float | None = None
    sellers: int = 0
    reached: int = 0
    category_sellers: int = 0

    def words(self, when: str = "") -> str:
        """Whom it lets in, as part of a sentence; `when` says in which days they sold."""
        when = f" {when}" if when else ""
        if self.basis == "category":
            whose = f"{self.sellers:,} {self.category}"
            return f"the {self._part} of {whose} that sold{when}, {self.units:,} units or more"
        all_sellers = f"all {self.sellers:,} products that sold" if self.sellers > 1 else "what sold"
        if self.basis == "store" and not self.category:
            return f"the {self._part} of {all_sellers}{when}, {self.units:,} units or more"
        reach = f"{self.category or 'all products'} that sold {self.units:,} units or more{when}"
        return reach if self.basis == "setting" else f"{reach}, like the {self._part} of {all_sellers}"

    @property
    def _part(self) -> str:
        within = self.share is not None and self.reached <= self.share * self.sellers
        return _PARTS[self.share] if self.share and within else "best"


class Bestsellers:
    """The thresholds of a shop, for the length of one look: what is read of its sales is kept."""

    def __init__(self, services: Services, shop: str) -> None:
        self._services, self._shop = services, shop
        self._kept: dict[str, NDArray[np.int64]] = {}
        self.window = window(services, shop)

    def threshold(self, category: str = "", share: float = TENTH) -> Threshold:
        """What a product of a category, or of the whole store, must have sold."""
        if self._services.settings.min_sales is not None:
            return Threshold(category, self._services.settings.min_sales, "setting")
        own = self._sold(category)
        if category and own.size >= ENOUGH:
            return _measured(category, "category", own, share, own.size)
        return _measured(category, "store", self._sold(), share, own.size)

    def exist(self, category: str = "") -> bool:
        """Whether there can be any: nothing sold is no sales, or no sales data."""
        is_set = self._services.settings.min_sales is not None
        return is_set or bool(self._sold(category).size or self._sold().size)

    def _sold(self, category: str = "") -> NDArray[np.int64]:
        """Units of each product that sold, of one category or of all."""
        if category not in self._kept:
            sales = self._services.seen.sales(self._shop, category or None)
            self._kept[category] = sales[sales > 0]
        return self._kept[category]


def window(services: Services, shop: str) -> Window:
    """The days that a shop's mirrored sales are of: as the last sync noted them, else as the settings say."""
    done = (sync for sync in services.syncs.recent(shop) if sync["status"] == "done" and not sync["dry_run"])
    noted = next((sync["sales"] for sync in done if sync.get("sales")), None)
    return load(Window, noted) if noted else Window(services.settings.sales_days)


def top(sold: NDArray[np.int64], share: float) -> int:
    """The fewest units that at most `share` of the products sold; the most sold, where all of them tie.

    Whoever sold the same is in or out together: a tie at the edge must not make a tenth a third.
    """
    if not sold.size:
        return LEAST
    units, products = np.unique(sold, return_counts=True)
    reached = products[::-1].cumsum()[::-1]
    few = units[reached <= share * sold.size]
    return max(LEAST, int(few[0] if few.size else units[-1]))


def _measured(
    category: str,
    basis: Literal["category", "store"],
    sold: NDArray[np.int64],
    share: float,
    category_sellers: int,
) -> Threshold:
    units = top(sold, share)
    reached = int(np.count_nonzero(sold >= units))
    return Threshold(category, units, basis, share, sold.size, reached, category_sellers)
