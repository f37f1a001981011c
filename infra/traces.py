"""Which recipes name a shop: in their ids, in what they were given, in what they or their steps returned.

And which schedules do, in their names or in what they give to the recipes that they start.

DBOS keeps ids as text, arguments and results as base64 of a pickle. Pickles are read for the strings in them,
never loaded. https://docs.dbos.dev/explanations/system-tables
"""

from __future__ import annotations

import pickletools
import re
from base64 import b64decode
from collections.abc import Iterator

import sqlalchemy as sa

ID_COLUMNS = ("workflow_uuid", "destination_uuid")
SCHEDULES = "workflow_schedules"


def recipes_naming(engine: sa.Engine, shop: str) -> set[str]:
    """The ids of all recipes that name a shop in any column of any table.

    Whole names only: what names "my-a.example" does not name "a.example".
    """
    with engine.connect() as db:
        keys = {table: next((c for c in ID_COLUMNS if c in table.c), None) for table in _tables(engine)}
        return {found for table, key in keys.items() if key for found in _naming(db, table, key, shop)}


def schedules_naming(engine: sa.Engine, shop: str) -> set[str]:
    """The names of all schedules that name a shop in any column."""
    with engine.connect() as db:
        tables = (table for table in _tables(engine) if table.name == SCHEDULES)
        return {found for table in tables for found in _naming(db, table, "schedule_name", shop)}


def _tables(engine: sa.Engine) -> list[sa.Table]:
    held = sa.MetaData()
    held.reflect(engine, schema=None if engine.dialect.name == "sqlite" else "dbos")
    return list(held.tables.values())


def _naming(db: sa.Connection, table: sa.Table, key: str, shop: str) -> Iterator[str]:
    name = re.compile(rf"(?<![\w.-]){re.escape(shop)}(?![\w-]|\.\w)")
    for row in db.execution_options(yield_per=1000).execute(sa.select(table)).mappings():
        texts = (value for value in row.values() if isinstance(value, str))
        if any(name.search(word) for text in texts for word in _words(text)):
            yield row[key]


def _words(text: str) -> Iterator[str]:
    """A text as it stands, and the strings in it if it is a pickle."""
    yield text
    try:
        pickled = b64decode(text, validate=True)
        yield from (word for _, word, _ in pickletools.genops(pickled) if isinstance(word, str))
    except ValueError:
        return
