"""The made-up shop's Admin API, as far as a night asks it: what it exported and reported is there already."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from infra.model import Product
from infra.shopify.costs import Costs
from infra.shopify.replies import Export, Sold
from tests.bench.bigshop import BEGUN, Night, gid, number_of


def write_states(path: Path, night: Night) -> None:
    """The file that a bulk export of (id, updatedAt) gives."""
    with path.open("w") as file:
        for number in night.numbers():
            line = {"id": gid(number), "updatedAt": f"{night.updated_at(number):%Y-%m-%dT%H:%M:%SZ}"}
            file.write(json.dumps(line, separators=(",", ":")) + "\n")


class Store:
    """A shop in the morning, with its export of `states` on disk and its sales report in memory."""

    def __init__(self, night: Night, states: Path) -> None:
        self._night, self._states = night, states
        self._sold = {gid(number): units for number in night.numbers() if (units := night.sales(number))}
        self.count = night.count - len(night.deleted)
        self.products = self.bulk = self.sales = self
        self.costs = Costs()

    def some(self, ids: Sequence[str]) -> Iterator[Product]:
        """As `Products.some`."""
        numbers = map(number_of, ids)
        return (self._night.product(number) for number in numbers if number not in self._night.deleted)

    def state(self, _operation: str) -> Export:
        """As `Bulk.state`."""
        return Export("COMPLETED", "", self.count, self.count, str(self._states), BEGUN)

    def lines(self, url: str) -> Iterator[bytes]:
        """As `Bulk.lines`; the URL is a path."""
        with Path(url).open("rb") as lines:
            yield from lines

    def units_sold(self, _days: int) -> Sold:
        """As `Sales.units_sold`."""
        return Sold(self._sold, self.total(_days))

    def total(self, _days: int) -> int:
        """As `Sales.total`."""
        return sum(self._sold.values())


class Tokens:
    """Nobody asks who we are."""

    def of(self, shop: str) -> None:
        """Nothing."""
