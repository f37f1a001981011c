"""The database of records: SQLite on one machine, Postgres when several share the work; same tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from infra.errors import Refused, Unavailable

metadata = sa.MetaData()

installations = sa.Table(
    "installations",
    metadata,
    sa.Column("shop", sa.String, primary_key=True),
    sa.Column("timezone", sa.String, nullable=False),
    sa.Column("locale", sa.String, nullable=False),
    sa.Column("address", sa.String, nullable=False),
    sa.Column("connected_at", sa.String, nullable=False),
    sa.Column("left_at", sa.String),
    sa.Column("reconciled_at", sa.String),
    comment="The shops that this app is, or was, installed in",
)

credentials = sa.Table(
    "credentials",
    metadata,
    sa.Column("shop", sa.String, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("version", sa.String, nullable=False),
    sa.Column("sealed", sa.Text, nullable=False),
    comment="How each shop's API is reached: tokens, encrypted; `version` changes with every write",
)

products = sa.Table(
    "products",
    metadata,
    sa.Column("shop", sa.String, primary_key=True),
    sa.Column("product_id", sa.String, primary_key=True),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
    sa.Column("collection", sa.String, nullable=False),
    sa.Column("fingerprint", sa.String, nullable=False),
    sa.Column("category", sa.String, nullable=False),
    sa.Column("sales_count", sa.Integer, nullable=False),
    sa.Column("terms", sa.JSON, nullable=False),
    sa.Index("products_by_sales", "shop", "category", "sales_count", "collection", "product_id"),
    sa.Index("products_by_collection", "shop", "collection", "product_id", "updated_at"),
    comment="What was last seen of each product; `collection` is empty where it has no place in the mirror",
)

term_counts = sa.Table(
    "term_counts",
    metadata,
    sa.Column("shop", sa.String, primary_key=True),
    sa.Column("term", sa.BigInteger, primary_key=True),
    sa.Column("documents", sa.Integer, nullable=False),
    comment="In how many mirrored products each hashed keyword stands",
)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("run_id", sa.String, primary_key=True),
    sa.Column("shop", sa.String, nullable=False),
    sa.Column("product_id", sa.String, nullable=False),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("started_at", sa.String, nullable=False),
    sa.Column("record", sa.JSON, nullable=False),
    sa.Index("runs_by_product", "shop", "product_id", "started_at"),
    sa.Index("runs_by_time", "shop", "started_at"),
)

paintings = sa.Table(
    "paintings",
    metadata,
    sa.Column("run_id", sa.String, primary_key=True),
    sa.Column("format", sa.String, primary_key=True),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("record", sa.JSON, nullable=False),
)

exports = sa.Table(
    "exports",
    metadata,
    sa.Column("shop", sa.String, primary_key=True),
    sa.Column("operation_id", sa.String, primary_key=True),
    sa.Column("run_id", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Index("exports_by_run", "shop", "run_id", "kind"),
    comment="The bulk operations under way, and the run that waits for each",
)

admin_tokens = sa.Table(
    "admin_tokens",
    metadata,
    sa.Column("digest", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False, unique=True),
    sa.Column("shop", sa.String, nullable=False),
    sa.Column("created_at", sa.String, nullable=False),
    sa.Column("last_used_at", sa.String),
    comment="Who may use the admin endpoints: hashes of tokens; `shop` is empty for all shops",
)

syncs = sa.Table(
    "syncs",
    metadata,
    sa.Column("run_id", sa.String, primary_key=True),
    sa.Column("shop", sa.String, nullable=False),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("started_at", sa.String, nullable=False),
    sa.Column("record", sa.JSON, nullable=False),
    sa.Column("progress", sa.JSON, nullable=False),
    sa.Index("syncs_by_time", "shop", "started_at"),
    comment="What each sync was asked for and came to; `progress` is written as it goes, by its steps alone",
)

expenses = sa.Table(
    "expenses",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("shop", sa.String, nullable=False),
    sa.Column("run_id", sa.String, nullable=False),
    sa.Column("key", sa.String, nullable=False),
    sa.Column("day", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("model", sa.String, nullable=False),
    sa.Column("format", sa.String, nullable=False),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("calls", sa.Integer, nullable=False),
    sa.Column("microdollars", sa.BigInteger, nullable=False),
    sa.Index("expenses_by_day", "day", "shop"),
    sa.Index("expenses_by_run", "run_id", "key"),
    sa.Index("expenses_by_key", "shop", "key"),
    comment="What was bought, may have been, or need not be; `shop` is empty for vectors and erased shops",
)


LOG_PAGES = 8_000
"""Of 4 KiB, in SQLite's log before it is copied into the file: a night writes to pages all over, some of
them again and again. https://sqlite.org/wal.html#performance_considerations"""


def open_engine(url: str) -> sa.Engine:
    """An engine for a database URL; SQLite waits for locks and syncs every commit to disk."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return sa.create_engine(parsed, pool_pre_ping=True)
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(parsed, connect_args={"timeout": 30})

    @sa.event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint={LOG_PAGES}")

    return engine


def scrub(engine: sa.Engine) -> None:
    """Rewrite a SQLite file, so that nothing deleted can be read out of its free pages or its log.

    Postgres does so by itself, page by page (autovacuum). Unavailable while another process reads on.
    https://sqlite.org/lang_vacuum.html https://sqlite.org/pragma.html#pragma_wal_checkpoint
    """
    if engine.dialect.name != "sqlite":
        return
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("VACUUM")
        ((busy, *_),) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except sqlite3.OperationalError as error:
        raise Unavailable(f"the database could not be rewritten: {error}") from None
    finally:
        connection.close()
    if busy:
        raise Unavailable("the database is being read; what was deleted still stands in its log")


def _begin_explicitly(engine: sa.Engine) -> None:
    """Let a transaction hold the write lock from its first read on, or two would overwrite each other.

    SQLite knows no SELECT … FOR UPDATE, and its driver would begin a transaction only at the first write.
    https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#serializable-isolation-savepoints-transactional-ddl
    """

    @sa.event.listens_for(engine, "connect")
    def _leave_it_to_us(connection: Any, _record: Any) -> None:
        connection.isolation_level = None

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        kind = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {kind}")


class Database:
    """Transactions on one engine, with its errors translated."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)
        if self._engine.dialect.name == "sqlite":
            _begin_explicitly(self._engine)
        with self._translated():
            metadata.create_all(self._engine)

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """One transaction that writes: committed at the end of the block, rolled back by an error."""
        writing = self._engine.execution_options(sqlite_begin="IMMEDIATE")
        with self._translated(), writing.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """One transaction that only reads, and waits for nobody."""
        with self._translated(), self._engine.begin() as connection:
            yield connection

    def ping(self) -> str:
        """Ask the database for nothing; returns what it is. Unavailable when it does not answer."""
        with self.read() as db:
            db.execute(sa.select(1))
        return self._engine.dialect.name

    def scrub(self) -> None:
        """Take what was deleted off the disk, too."""
        with self._translated():
            scrub(self._engine)

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            if isinstance(error, sa.exc.OperationalError) or error.connection_invalidated:
                raise Unavailable(f"the database did not answer: {type(error.orig).__name__}") from error
            raise Refused(f"the database refused: {type(error.orig).__name__}") from error
        except SQLAlchemyError as error:
            raise Refused(f"the database refused: {type(error).__name__}") from error


def insert_into(connection: sa.Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """An insert that can be told what to do when the row is there already."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def upsert(connection: sa.Connection, table: sa.Table, row: dict[str, Any]) -> None:
    """Insert a row, or overwrite the one with the same primary key."""
    insert = insert_into(connection, table).values(row)
    keys = [column.name for column in table.primary_key]
    rest = {name: insert.excluded[name] for name in row if name not in keys}
    connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=rest))
