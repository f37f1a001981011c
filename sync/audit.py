"""Does the mirror hold what was written to it? What it does not, the next pass writes again."""

from __future__ import annotations

from collections import Counter
from typing import TypedDict

import structlog

from infra.milvus import Held, SalesChange, clipped
from infra.seen import Seen
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
    """Whether the mirror holds more or fewer products than were written to it; quickly told."""
    written = services.seen.count(shop, services.mirror.collection(shop))
    return services.mirror.count(shop) != written


def audit(services: Services, shop: str, *, repair: bool) -> Found:
    """Compare the mirror with what was seen, row by row: ids, sales, fingerprints, categories.

    To repair: rows that nobody knows are removed, sales written; what is lost or has another content is in
    the mirror no more, until the next pass. Whether what was seen is what the store says, that finds out.
    """
    with writing(services, shop):
        collection = services.mirror.collection(shop)
        seen = {one.product_id: one for one in services.seen.every(shop, collection)}
        held = Counter[str]()
        strays, content, sales = set(), set(), []
        for row in services.mirror.rows(shop):
            held[row.product_id] += 1
            known = seen.get(row.product_id)
            if known is None:
                strays.add(row.product_id)
            elif held[row.product_id] > 1 or not _same_content(row, known):
                content.add(row.product_id)
            elif row.sales_count != known.sales_count:
                sales.append(SalesChange(row.product_id, known.sales_count, known.category, collection))
        lost = seen.keys() - held.keys()
        if repair:
            services.mirror.remove(shop, strays | content)
            services.mirror.put_sales(shop, [one for one in sales if one.product_id not in content])
            services.mirror.settle(shop)
            services.seen.misplace(shop, lost | content)
    found = Found(lost=len(lost), strays=len(strays), other_content=len(content), other_sales=len(sales))
    if any(found.values()):
        log.warning("the mirror was not as it was written", shop=shop, found=found, repaired=repair)
    return found


def _same_content(row: Held, known: Seen) -> bool:
    return (row.fingerprint, row.category) == (known.fingerprint, clipped(known.category))
