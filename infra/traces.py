"""Which recipes name a shop: in their ids, in what they were given, in what they or their steps returned.

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


def recipes_naming(engine: sa.Engine, shop: str) -> set[str]:
    """The ids of all recipes that name a shop in any column of any table.

    Whole names only: what names "my-a.example" does not name "a.example".
    """
    held = sa.MetaData()
    held.reflect(engine, schema=None if engine.dialect.name == "sqlite" else "dbos")
    name = re.compile(rf"(?<![\w.-]){re.escape(shop)}(?![\w-]|\.\w)")
    with engine.connect() as db:
        return {found for table in held.tables.values() for found in _ids(db, table, name)}


def _ids(db: sa.Connection, table: sa.Table, name: re.Pattern[str]) -> Iterator[str]:
    key = next((column for column in ID_COLUMNS if column in table.c), None)
    if key is None:
        return
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
