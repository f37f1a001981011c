"""The store's database: what survives the process, whenever it is killed.

Every change and the webhooks it causes are committed together (a transactional outbox), so that neither can
be lost without the other. SQLite in WAL mode; one writer at a time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, ForeignKey, create_engine, event, inspect, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from infra.errors import SettingsError

VERSION = 3
"""Of the tables: one more with every change of them."""


def now() -> datetime:
    """The present moment in UTC; SQLite keeps it without its zone."""
    return datetime.now(UTC).replace(tzinfo=None)


def gid(kind: str, number: int) -> str:
    """Shopify's global id: gid("Product", 7) is "gid://shopify/Product/7"."""
    return f"gid://shopify/{kind}/{number}"


def number_of(gid: str, kind: str = "") -> int:
    """The number in a global id of that kind, or 0, which no row has."""
    head, _, tail = gid.rpartition("/")
    right_kind = head.endswith(f"/{kind}") if kind else head.startswith("gid://shopify/")
    return int(tail) if right_kind and tail.isdecimal() and len(tail) < 19 else 0


class Row(DeclarativeBase):
    """A table; `id`s are never given out twice, not even after a delete."""

    type_annotation_map = {list[str]: JSON, list[dict[str, Any]]: JSON}  # noqa: RUF012 (read by SQLAlchemy)
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012


class Product(Row):
    """A product with its one variant. `sku` is the catalog's own id, `units_sold` what the report says.

    `published_at` is when it came to the Online Store, None while it is not there; `elsewhere` tells whether
    it is on another sales channel.
    """

    __tablename__ = "product"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    handle: Mapped[str] = mapped_column(unique=True)
    description_html: Mapped[str] = mapped_column(default="")
    product_type: Mapped[str] = mapped_column(default="")
    vendor: Mapped[str] = mapped_column(default="")
    tags: Mapped[list[str]] = mapped_column(default=list)
    status: Mapped[str] = mapped_column(default="ACTIVE")
    published_at: Mapped[datetime | None] = mapped_column(default=now)
    elsewhere: Mapped[bool] = mapped_column(default=False)
    price: Mapped[str] = mapped_column(default="0.00")
    sku: Mapped[str] = mapped_column(default="")
    units_sold: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)
    slots: Mapped[list[Slot]] = relationship(
        order_by="Slot.position", cascade="all, delete-orphan", back_populates="product"
    )

    @property
    def media(self) -> list[Media]:
        """The product's media in the order the shop shows them."""
        return [slot.media for slot in self.slots]

    def arrange(self, media: list[Media]) -> None:
        """Make these the product's media, in this order."""
        held = {slot.media_id: slot for slot in self.slots}
        self.slots = [held.get(m.id) or Slot(media=m) for m in media]
        for position, slot in enumerate(self.slots):
            slot.position = position


class Media(Row):
    """An image file. `source` says where its bytes come from until `digest` names them in the file store."""

    __tablename__ = "media"
    id: Mapped[int] = mapped_column(primary_key=True)
    filename: Mapped[str] = mapped_column(unique=True)
    alt: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default="UPLOADED", index=True)
    source: Mapped[str] = mapped_column(default="")
    digest: Mapped[str] = mapped_column(default="")
    mime_type: Mapped[str] = mapped_column(default="")
    width: Mapped[int] = mapped_column(default=0)
    height: Mapped[int] = mapped_column(default=0)
    error_code: Mapped[str] = mapped_column(default="")
    error_message: Mapped[str] = mapped_column(default="")
    due_at: Mapped[datetime] = mapped_column(default=now)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)
    slots: Mapped[list[Slot]] = relationship(cascade="all, delete-orphan", back_populates="media")

    @property
    def products(self) -> list[Product]:
        """The products that show this image."""
        return [slot.product for slot in self.slots]


class Slot(Row):
    """One image's place on one product."""

    __tablename__ = "slot"
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True)
    media_id: Mapped[int] = mapped_column(ForeignKey("media.id"), primary_key=True)
    position: Mapped[int] = mapped_column(default=0)
    product: Mapped[Product] = relationship(back_populates="slots")
    media: Mapped[Media] = relationship(back_populates="slots", lazy="joined")
    __table_args__ = {"sqlite_autoincrement": False}  # noqa: RUF012


class Metafield(Row):
    """A value that an app keeps on something; `owner` is a gid."""

    __tablename__ = "metafield"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(index=True)
    namespace: Mapped[str]
    key: Mapped[str]
    type: Mapped[str]
    value: Mapped[str]


class MetafieldDefinition(Row):
    """What the values of one namespace and key of products are."""

    __tablename__ = "metafield_definition"
    id: Mapped[int] = mapped_column(primary_key=True)
    namespace: Mapped[str]
    key: Mapped[str]
    type: Mapped[str]
    name: Mapped[str]


class Staged(Row):
    """A staged upload target: a place that one file may be sent to for a day."""

    __tablename__ = "staged"
    token: Mapped[str] = mapped_column(primary_key=True)
    filename: Mapped[str]
    method: Mapped[str]
    expires_at: Mapped[datetime]
    __table_args__ = {"sqlite_autoincrement": False}  # noqa: RUF012


class Job(Row):
    """A reordering that is under way until `done`; `moves` hold "id" and "new_position"."""

    __tablename__ = "job"
    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int]
    moves: Mapped[list[dict[str, Any]]]
    due_at: Mapped[datetime]
    done: Mapped[bool] = mapped_column(default=False, index=True)


class Subscription(Row):
    """Who wants to hear about a topic; `topic` is the enum value, as in PRODUCTS_CREATE."""

    __tablename__ = "subscription"
    id: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[str]
    uri: Mapped[str]
    include_fields: Mapped[list[str]] = mapped_column(default=list)


class Delivery(Row):
    """A webhook on its way; `topic` as in products/create.

    The row goes when the receiver has answered 2xx, or when the store gives up. It may outlive its
    subscription, and the topics that an app declares in its configuration have none.
    """

    __tablename__ = "delivery"
    id: Mapped[int] = mapped_column(primary_key=True)
    subscription_id: Mapped[int | None] = mapped_column(ForeignKey("subscription.id", ondelete="SET NULL"))
    topic: Mapped[str]
    uri: Mapped[str]
    body: Mapped[bytes]
    event_id: Mapped[str]
    webhook_id: Mapped[str]
    triggered_at: Mapped[datetime] = mapped_column(default=now)
    due_at: Mapped[datetime] = mapped_column(default=now, index=True)
    attempts: Mapped[int] = mapped_column(default=0)


class State:
    """Opens the database in a folder, making it when there is none; its ids begin after `numbers_from`."""

    def __init__(self, folder: Path, numbers_from: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._engine = create_engine(f"sqlite:///{folder / 'store.sqlite'}")
        self._turn = threading.RLock()
        event.listen(self._engine, "connect", _configure)
        self._make_tables(folder)
        if numbers_from:
            self._count_from(numbers_from)

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """A transaction: committed when the block ends, rolled back when it raises. One at a time."""
        with self._turn, Session(self._engine) as session, session.begin():
            yield session

    def _make_tables(self, folder: Path) -> None:
        """A store of another version is refused: what it holds is made up, and not worth migrating."""
        with self._engine.begin() as connection:
            version = connection.scalar(text("PRAGMA user_version"))
            if inspect(connection).get_table_names() and version != VERSION:
                raise SettingsError(f"{folder} holds a local store of another version; remove it")
            Row.metadata.create_all(connection)
            connection.execute(text(f"PRAGMA user_version = {VERSION}"))

    def _count_from(self, number: int) -> None:
        """Let every table that has given out no id yet begin behind that number."""
        begin = text(
            "INSERT INTO sqlite_sequence (name, seq) SELECT :name, :seq "
            "WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = :name)"
        )
        with self._engine.begin() as connection:
            for table in Row.metadata.tables.values():
                if table.kwargs.get("sqlite_autoincrement"):
                    connection.execute(begin, {"name": table.name, "seq": number})

    def close(self) -> None:
        """Close every connection."""
        with self._turn:
            self._engine.dispose()


def _configure(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(
        "PRAGMA synchronous=NORMAL"
    )  # survives kill -9; only a power cut may lose the last moment
    connection.execute("PRAGMA foreign_keys=ON")
