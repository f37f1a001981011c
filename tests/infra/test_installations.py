"""What is remembered of each shop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from infra.database import Database, metadata
from infra.installations import Installations, shop_digest
from infra.shopify.replies import Shop

ABOUT = Shop("A", "a.myshopify.com", "Europe/Berlin")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with closing(Database(database_url)) as opened:
        yield opened


@pytest.fixture
def installations(database: Database) -> Installations:
    return Installations(database)


def test_connecting_again_keeps_the_day_and_takes_over_the_rest(installations: Installations) -> None:
    assert installations.get("a.myshopify.com") is None
    installations.connect(ABOUT, "de", "https://one.example")
    first = installations.get("a.myshopify.com")
    installations.connect(ABOUT._replace(timezone="UTC"), "fr", "https://two.example")
    again = installations.get("a.myshopify.com")
    assert first is not None
    assert again is not None
    assert again.connected_at == first.connected_at
    assert (again.timezone, again.locale, again.address) == ("UTC", "fr", "https://two.example")


def test_a_shop_that_left_is_inactive_until_it_comes_back_as_of_then(installations: Installations) -> None:
    installations.connect(ABOUT, "de", "https://one.example")
    first = installations.get("a.myshopify.com")
    installations.leave("a.myshopify.com")
    left = installations.get("a.myshopify.com")
    assert installations.active() == []
    installations.connect(ABOUT, "de", "https://one.example")
    back = installations.get("a.myshopify.com")
    assert first is not None
    assert left is not None
    assert back is not None
    assert not left.active
    assert back.active
    assert back.connected_at > first.connected_at
    assert [one.shop for one in installations.active()] == ["a.myshopify.com"]
    assert installations.is_active("a.myshopify.com")


def test_a_shop_that_comes_back_is_looked_through_from_then_on(installations: Installations) -> None:
    installations.connect(ABOUT, "de", "https://one.example")
    now = datetime.now(UTC)
    installations.reconciled(ABOUT.domain, now)
    assert installations.get(ABOUT.domain).reconciled_at == now  # type: ignore[union-attr]
    installations.leave(ABOUT.domain)
    installations.connect(ABOUT, "de", "https://one.example")
    assert installations.get(ABOUT.domain).reconciled_at is None  # type: ignore[union-attr]


def test_a_shop_that_is_connected_again_without_having_left_is_not_looked_through_anew(
    installations: Installations,
) -> None:
    now = datetime.now(UTC)
    installations.connect(ABOUT, "de", "https://one.example")
    installations.reconciled(ABOUT.domain, now)
    installations.connect(ABOUT, "fr", "https://two.example")
    installations.refresh(ABOUT, "it")
    assert installations.get(ABOUT.domain).reconciled_at == now  # type: ignore[union-attr]


def test_what_a_connected_shop_says_of_itself_is_taken_over(installations: Installations) -> None:
    installations.connect(ABOUT, "de", "https://one.example")
    connected = installations.get(ABOUT.domain)
    installations.refresh(Shop("B", ABOUT.domain, "UTC"), "fr")
    assert connected is not None
    assert installations.get(ABOUT.domain) == replace(connected, timezone="UTC", locale="fr")


def test_what_comes_late_brings_no_shop_back(installations: Installations) -> None:
    def come_late() -> None:
        installations.refresh(ABOUT._replace(timezone="UTC"), "fr")
        installations.reconciled(ABOUT.domain, datetime.now(UTC))

    come_late()
    assert installations.get(ABOUT.domain) is None
    installations.connect(ABOUT, "de", "https://one.example")
    installations.leave(ABOUT.domain)
    left = installations.get(ABOUT.domain)
    come_late()
    assert installations.get(ABOUT.domain) == left


def test_a_shop_is_found_by_its_digest_which_does_not_name_it(installations: Installations) -> None:
    installations.connect(ABOUT, "de", "https://one.example")
    digest = shop_digest(ABOUT.domain)
    assert ABOUT.domain not in digest
    assert installations.by_digest(digest) == ABOUT.domain
    assert installations.by_digest(shop_digest("b.myshopify.com")) is None


@pytest.mark.parametrize("name", sorted(metadata.tables.keys() - {"paintings"}))
def test_a_shop_is_found_by_whatever_is_held_of_it(
    database: Database, installations: Installations, name: str
) -> None:
    table = metadata.tables[name]
    with database.begin() as db:
        row = {column.name: value_for(column, ABOUT.domain) for column in table.columns}
        db.execute(table.insert().values(row))
    assert installations.by_digest(shop_digest(ABOUT.domain)) == ABOUT.domain


def test_every_table_is_counted_and_erased_by_shop(database: Database, installations: Installations) -> None:
    """A table that is added later is erased, too: each has a shop, or belongs to runs."""
    a, b = ABOUT.domain, f"my-{ABOUT.domain}"
    for shop in (a, b):
        fill(database, shop)
    held = {table.name: 1 for table in metadata.sorted_tables}
    assert installations.rows(a) == installations.rows(b) == held
    installations.erase(a, wholly=False)
    assert installations.rows(a) == {"installations": 1}
    installations.erase(a, wholly=True)
    assert installations.rows(a) == {}
    assert installations.rows(b) == held
    with database.read() as db:
        assert {table.name: len(db.execute(table.select()).all()) for table in metadata.sorted_tables} == held


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_was_erased_is_not_in_the_file_any_more(
    database: Database, installations: Installations, tmp_path: Path
) -> None:
    a, b = "aaaa.myshopify.com", "bbbb.myshopify.com"
    for shop in (a, b):
        fill(database, shop)
    assert a.encode() in stored(tmp_path)
    installations.erase(a, wholly=True)
    database.scrub()
    assert a.encode() not in stored(tmp_path)
    assert b.encode() in stored(tmp_path)


def fill(database: Database, shop: str) -> None:
    """One row in each table, whatever its columns."""
    with database.begin() as db:
        for table in metadata.sorted_tables:
            row = {column.name: value_for(column, shop) for column in table.columns}
            db.execute(table.insert().values(row))


def value_for(column: sa.Column[Any], shop: str) -> Any:
    own = {"shop": shop, "run_id": f"{shop}:7:1", "left_at": None, "record": {"shop": shop}, "terms": [1]}
    return own.get(column.name, 1 if isinstance(column.type, sa.Integer) else f"text of {shop}")


def stored(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())
