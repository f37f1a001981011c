"""The ledger: an image or an analysis is reserved before it is bought, and settled by what it was billed.

Embeddings cost thousandths of a cent: their bills are noted, and count for the day.

A budget refuses a reservation, never a bill. What was reserved and not settled may have been billed, for the
process may have died in between: it counts as spent, at its price, and is called unknown.

Amounts are Decimal US dollars outside, whole micro-dollars (rounded up) in the database; days are UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_CEILING, Decimal
from hashlib import sha256
from typing import Any, Literal
from uuid import uuid4

import sqlalchemy as sa

from infra.database import Database, expenses
from infra.errors import OverBudget, PaintError, Refused, Throttled, Unbilled
from infra.locks import PATIENCE, Locks

Kind = Literal["image", "analysis", "embedding"]
Status = Literal["reserved", "unknown", "settled", "saved"]

SPENT: tuple[Status, ...] = ("reserved", "unknown", "settled")
UNCONFIRMED: tuple[Status, ...] = ("reserved", "unknown")
MICRO = Decimal("0.000001")
WRITERS = 0x6C6564676572
"""Number of the Postgres lock that lets one transaction at a time compare and reserve."""


@dataclass(frozen=True, slots=True)
class Budgets:
    """US dollars at most: for one listing (a run), and on a day for one shop and for all together."""

    listing: Decimal
    shop: Decimal
    day: Decimal


@dataclass(frozen=True, slots=True)
class Purchase:
    """What is bought, and for whom. `key` digests all that decides the result; `format` is an image's."""

    shop: str
    run_id: str
    key: str
    kind: Kind
    model: str
    format: str = ""


@dataclass(frozen=True, slots=True)
class Reservation:
    """A purchase that may be made now."""

    id: str


@dataclass(frozen=True, slots=True)
class Spend:
    """The purchases of one day, shop, kind, model and format; each figure in calls, then in US dollars.

    `unknown` is the part of `spent` that is not confirmed by a bill; `saved` was not spent, because the
    result was kept from before.
    """

    day: date
    shop: str
    kind: str
    model: str
    format: str
    spent: int
    spent_usd: Decimal
    unknown: int
    unknown_usd: Decimal
    saved: int
    saved_usd: Decimal


class Ledger:
    """What was spent. Safe to use from any number of threads and processes at once."""

    def __init__(self, database: Database, budgets: Budgets, locks: Locks) -> None:
        self.budgets = budgets
        self._database, self._locks = database, locks

    def alone(self, purchase: Purchase) -> AbstractContextManager[None]:
        """Keep others from buying the same while the block lasts; Unavailable if they do for a minute.

        Some strangers wait, too: with a file for each lock, there are not to be more than 65,536.
        """
        number = sha256(f"{purchase.shop} {purchase.key}".encode()).hexdigest()[:4]
        return self._locks.hold(f"purchase {number}", PATIENCE)

    def reserve(self, purchase: Purchase, usd: Decimal) -> Reservation:
        """Set aside what a purchase may cost; OverBudget when that would pass a budget.

        An earlier reservation of the same key that nobody settled stays, as unknown.
        """
        reservation = Reservation(uuid4().hex)
        with self._writing() as db:
            db.execute(expenses.update().where(_cut_off(purchase)).values(status="unknown"))
            refusal = self._refusal(db, purchase, _micro(usd))
            if refusal is None:
                db.execute(expenses.insert().values(_row(purchase, "reserved", usd) | {"id": reservation.id}))
        if refusal:
            raise refusal
        return reservation

    def failed(self, reservation: Reservation, error: Exception) -> None:
        """End the reservation of a call that failed, by what the error says of its bill.

        What was refused is not billed: https://openrouter.ai/docs/features/zero-completion-insurance
        Where no answer came, nobody knows.
        """
        if isinstance(error, (Refused, Throttled, Unbilled)):
            self.release(reservation)
        else:
            self.settle(reservation, error.cost_usd if isinstance(error, PaintError) else None)

    def settle(self, reservation: Reservation, usd: Decimal | None) -> None:
        """Put the bill in the reservation's place; with None, the reserved amount stays, as unknown."""
        with self._database.begin() as db:
            db.execute(expenses.update().where(expenses.c.id == reservation.id).values(_billed(usd)))

    def release(self, reservation: Reservation) -> None:
        """Take a reservation back: surely nothing was billed."""
        with self._database.begin() as db:
            db.execute(expenses.delete().where(expenses.c.id == reservation.id))

    def found(self, purchase: Purchase, usd: Decimal | None) -> None:
        """A result was kept from before, when it was billed `usd`.

        Settles the reservation that it came from, should that have been cut off; to any other run than the
        one that bought it, it is a saving.
        """
        with self._writing() as db:
            db.execute(expenses.update().where(_cut_off(purchase)).values(_billed(usd)))
            own = (expenses.c.run_id == purchase.run_id) & (expenses.c.key == purchase.key)
            if usd and db.scalar(sa.select(expenses.c.id).where(own).limit(1)) is None:
                db.execute(expenses.insert().values(_row(purchase, "saved", usd)))

    def note(self, purchase: Purchase, usd: Decimal) -> None:
        """Add a bill that nothing was reserved for; a day's like purchases share one row."""
        row = _row(purchase, "settled", usd)
        same = [expenses.c[name] == row[name] for name in (*asdict(purchase), "day", "status")]
        more = {
            "calls": expenses.c.calls + 1,
            "microdollars": expenses.c.microdollars + row["microdollars"],
        }
        with self._writing() as db:
            if not db.execute(expenses.update().where(*same).values(more)).rowcount:
                db.execute(expenses.insert().values(row))

    def forget(self, shop: str) -> None:
        """Take out whose purchases they were, and for which product; the bill itself stays."""
        nobody = {"shop": "", "run_id": "", "key": ""}
        with self._database.begin() as db:
            db.execute(expenses.update().where(expenses.c.shop == shop).values(nobody))

    def spending(self, since: date, shop: str = "") -> list[Spend]:
        """What was spent since a day, by day; of one shop or of all."""
        c = expenses.c
        group = (c.day, c.shop, c.kind, c.model, c.format)
        sums = [figure for statuses in (SPENT, UNCONFIRMED, ("saved",)) for figure in _sums(statuses)]
        where = (c.day >= since.isoformat()) & ((c.shop == shop) if shop else sa.true())
        query = sa.select(*group, *sums).where(where).group_by(*group).order_by(*group)
        with self._database.read() as db:
            return [_spend(tuple(row)) for row in db.execute(query)]

    def left(self, shop: str = "") -> dict[str, Decimal]:
        """What is left today of the budgets of "day", and of "shop" where one is given; not below zero."""
        today = expenses.c.day == _now().date().isoformat()
        with self._database.read() as db:
            left = {"day": self.budgets.day - _dollars(_spent(db, today))}
            if shop:
                spent = _dollars(_spent(db, today & (expenses.c.shop == shop)))
                left["shop"] = self.budgets.shop - spent
        return {budget: max(usd, Decimal(0)) for budget, usd in left.items()}

    def _refusal(self, db: sa.Connection, purchase: Purchase, micro: int) -> OverBudget | None:
        """Why a budget has no room for the amount, if one has none."""
        now = _now()
        today = expenses.c.day == now.date().isoformat()
        renewed = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
        limits: list[tuple[str, str, Decimal, Any, datetime | None]] = [
            ("listing", "of this listing", self.budgets.listing, expenses.c.run_id == purchase.run_id, None),
            ("shop", "of this shop", self.budgets.shop, today & (expenses.c.shop == purchase.shop), renewed),
            ("day", "of all shops", self.budgets.day, today, renewed),
        ]
        for budget, whose, limit, where, until in limits:
            left = _micro(limit) - _spent(db, where)
            if micro > left:
                until = until if micro <= _micro(limit) else None  # no day has room for it
                return OverBudget(_why(purchase, micro, whose, limit, left, until), budget, until)
        return None

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        """A transaction that sees all others' writes and is seen by them: SQLite's own, Postgres' by a lock.

        https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
        """
        with self._database.begin() as db:
            if db.dialect.name == "postgresql":
                db.execute(sa.select(sa.func.pg_advisory_xact_lock(WRITERS)))
            yield db


def _row(purchase: Purchase, status: Status, usd: Decimal) -> dict[str, Any]:
    day = _now().date().isoformat()
    amount = {"calls": 1, "microdollars": _micro(usd)}
    return asdict(purchase) | amount | {"id": uuid4().hex, "day": day, "status": status}


def _billed(usd: Decimal | None) -> dict[str, Any]:
    """What a bill changes in its row; None is one that nobody knows."""
    return {"status": "unknown"} if usd is None else {"status": "settled", "microdollars": _micro(usd)}


def _cut_off(purchase: Purchase) -> sa.ColumnElement[bool]:
    """The reservations of a key that are still open though nobody else is buying it."""
    c = expenses.c
    return (c.shop == purchase.shop) & (c.key == purchase.key) & (c.status == "reserved")


def _spent(db: sa.Connection, where: sa.ColumnElement[bool]) -> int:
    """Micro-dollars."""
    query = sa.select(sa.func.sum(expenses.c.microdollars)).where(where, expenses.c.status.in_(SPENT))
    return int(db.scalar(query) or 0)


def _sums(statuses: tuple[str, ...]) -> Iterator[sa.ColumnElement[int]]:
    """Calls and micro-dollars of the rows with these statuses."""
    for column in (expenses.c.calls, expenses.c.microdollars):
        yield sa.func.sum(sa.case((expenses.c.status.in_(statuses), column), else_=0))


def _spend(row: tuple[Any, ...]) -> Spend:
    day, shop, kind, model, format, *figures = row
    counts, amounts = [int(n) for n in figures[::2]], [_dollars(int(n)) for n in figures[1::2]]
    spent, unknown, saved = zip(counts, amounts, strict=True)
    return Spend(date.fromisoformat(day), shop, kind, model, format, *spent, *unknown, *saved)


def _why(
    purchase: Purchase, micro: int, whose: str, limit: Decimal, left: int, until: datetime | None
) -> str:
    what = f"{purchase.kind}{purchase.format and ' '}{purchase.format} by {purchase.model}"
    room = f"the budget {whose}, ${_dollars(_micro(limit))}, has ${_dollars(max(left, 0))} left"
    renewal = f"; it is renewed at {until:%Y-%m-%d %H:%M} UTC" if until else ""
    return f"the {what} may cost ${_dollars(micro)}, but {room}{renewal}"


def _micro(usd: Decimal) -> int:
    return int((usd / MICRO).to_integral_value(ROUND_CEILING))


def _dollars(micro: int) -> Decimal:
    return (micro * MICRO).normalize() + Decimal("0.00")


def _now() -> datetime:
    return datetime.now(UTC)
