"""Where tests paint: a folder of blobs, and a ledger in a database file."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from generators.paint import Desk
from infra.blobs import FolderBlobs
from infra.database import Database
from infra.ledger import Budgets, Ledger
from infra.locks import Locks

SHOP = "a-shop.myshopify.com"


def desk(home: Path, listing_usd: str = "2") -> Desk:
    """A desk with all of its files below `home`, and room in its budgets."""
    url = f"sqlite:///{home / 'records.sqlite'}"
    budgets = Budgets(Decimal(listing_usd), Decimal(20), Decimal(100))
    return Desk(FolderBlobs(home / "blobs"), Ledger(Database(url), budgets, Locks(url, home)), SHOP, "a run")


def spent(desk: Desk) -> Decimal:
    """US dollars, all days."""
    days = desk.ledger.spending(datetime(2026, 1, 1, tzinfo=UTC).date())
    return sum((day.spent_usd for day in days), Decimal(0))
