"""What was bought: orders with their lines, as far as units sold can be read from them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKey, update
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from infra.devstore.state import Product, Row, now, number_of


class Order(Row):
    """An order; `cancelled_at` is None for one that stands."""

    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(index=True)
    cancelled_at: Mapped[datetime | None] = mapped_column(default=None)
    test: Mapped[bool] = mapped_column(default=False)
    lines: Mapped[list[OrderLine]] = relationship(order_by="OrderLine.id", cascade="all, delete-orphan")


class OrderLine(Row):
    """Units of one product in an order. `product_id` stays when the product is deleted."""

    __tablename__ = "order_line"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    product_id: Mapped[int] = mapped_column(index=True)
    quantity: Mapped[int]
    refunded: Mapped[int] = mapped_column(default=0)

    @property
    def current_quantity(self) -> int:
        """Units that were not taken back. That cancelling an order takes none back is a guess."""
        return self.quantity - self.refunded


def place(
    session: Session,
    zone: str,
    lines: Sequence[tuple[str, int]],
    *,
    days_ago: float,
    test: bool,
    cancelled: bool,
    refunded: int,
) -> int:
    """Take an order for so many units of each product (a gid); returns its number.

    It was placed `days_ago` calendar days ago; `refunded` units of it came back, the first line's first. Its
    products' inventory changes with it, which counts as an update of today, whenever it was placed. Shopify
    also sends products/update for what is ordered; this store does not.
    """
    then = datetime.now(ZoneInfo(zone)) - timedelta(days=days_ago)  # on the clock of the shop's wall
    order = Order(created_at=then.astimezone(UTC).replace(tzinfo=None), test=test)
    order.cancelled_at = now() if cancelled else None
    for product_id, units in lines:
        line = OrderLine(product_id=number_of(product_id, "Product"), quantity=units)
        line.refunded = min(refunded, units)
        refunded -= line.refunded
        order.lines.append(line)
    session.add(order)
    session.flush()
    bought = {line.product_id for line in order.lines}
    session.execute(update(Product).where(Product.id.in_(bought)).values(updated_at=now()))
    return order.id
