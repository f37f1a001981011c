"""Does the mirror hold what was written to it? What it does not, the next pass writes again."""

from __future__ import annotations

from typing import TypedDict

import structlog

from infra.milvus import SalesChange
from infra.services import Services
from sync.writing import writing

log = structlog.get_logger()


class Found(TypedDict):
    """How many products of the mirror were not as they should be, by what was wrong with them."""

    lost: int
    strays: int
    other_content: int
    other_sales: int


def has_other_rows(services: Services, shop: str) -> bool:
    """Whether the mirror holds more or fewer products than were written to it.

    They are counted once in a process, and again after an error of Milvus: it takes a while.
    """
    mirror = services.mirror
    if mirror.is_trusted(shop):
        return False
    with writing(services, shop):
        if mirror.count(shop) != services.seen.count(shop, mirror.collection(shop)):
            return True
        mirror.trust(shop)
        return False


def audit(services: Services, shop: str, *, repair: bool) -> Found:
    """Compare the mirror with what was seen, row by row: ids, sales, fingerprints.

    To repair: rows that nobody knows are removed, sales written; what is lost or has another content is out
    of date from then on, and stays as it is until the next pass writes it. Whether what was seen is what the
    store says, the pass itself finds out.
    """
    with writing(services, shop):
        collection = services.mirror.collection(shop)
        seen = {one.product_id: one for one in services.seen.every(shop, collection)}
        held = {row.product_id: row for row in services.mirror.rows(shop)}
        both = seen.keys() & held.keys()
        lost, strays = seen.keys() - both, held.keys() - both
        content = {p for p in both if seen[p].fingerprint not in ("", held[p].fingerprint)}
        sales = {p for p in both if seen[p].sales_count != held[p].sales_count}
        if repair:
            services.mirror.remove(shop, strays, collection)
            services.mirror.put_sales(shop, [SalesChange(p, seen[p].sales_count, collection) for p in sales])
            services.mirror.flush(shop)
            services.seen.misplace(shop, lost)
            services.seen.outdate(shop, content)
    found = Found(lost=len(lost), strays=len(strays), other_content=len(content), other_sales=len(sales))
    if any(found.values()):
        log.warning("the mirror was not as it was written", shop=shop, found=found, repaired=repair)
    return found
