"""What the API calls of one shop have cost, by operation, and how full its bucket is.

https://shopify.dev/docs/api/usage/limits#graphql-admin-api-rate-limits
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Spent:
    """Sums since the process began: calls and points by operation, seconds of calls and of waiting."""

    calls: Counter[str] = field(default_factory=Counter)
    points: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    throttled: int = 0
    waited: float = 0.0
    available: int | None = None
    """Points in the bucket at the last reply."""
    restore_rate: int | None = None
    """Points that come back each second."""


class Costs:
    """Counts for one shop; safe to use from several threads."""

    def __init__(self) -> None:
        self.spent = Spent()
        self._turn = threading.Lock()

    def charge(self, operation: str, seconds: float, reply: dict[str, Any]) -> None:
        """Note a reply's `extensions.cost`."""
        cost = (reply.get("extensions") or {}).get("cost") or {}
        bucket = cost.get("throttleStatus") or {}
        with self._turn:
            self.spent.calls[operation] += 1
            self.spent.points[operation] += int(cost.get("actualQueryCost") or 0)
            self.spent.seconds += seconds
            if bucket:
                self.spent.available = int(bucket["currentlyAvailable"])
                self.spent.restore_rate = int(bucket["restoreRate"])

    def summary(self) -> dict[str, float]:
        """The sums over all operations, for a log line."""
        with self._turn:
            return {
                "calls": self.spent.calls.total(),
                "points": self.spent.points.total(),
                "seconds": round(self.spent.seconds, 1),
                "throttled": self.spent.throttled,
                "waited": round(self.spent.waited, 1),
            }

    def wait(self, seconds: float) -> None:
        """Note that a request was throttled, and how long it waits."""
        with self._turn:
            self.spent.throttled += 1
            self.spent.waited += seconds
