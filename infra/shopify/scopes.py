"""The access scopes that the app asks a store for, each with its reason; nothing else is asked for.

https://shopify.dev/docs/api/usage/access-scopes
"""

from __future__ import annotations

from collections.abc import Iterable

from shopify.api_access import ApiAccess

REQUIRED = {
    "read_products": "hear of new listings, and read the catalog that they are compared with",
    "write_products": "put images on a product, in their order, and take them off again",
    "read_files": "see whether an uploaded image is processed, or was uploaded before",
    "write_files": "upload images",
}
SALES = {
    "read_reports": "read units sold by product, which is what makes a bestseller (ShopifyQL)",
    "read_orders": "count units sold from the orders of the last 60 days, where the report is refused",
}
"""One of the two is enough."""
USEFUL = {"read_locales": "write alternative texts in the store's own language"}
REASONS = REQUIRED | SALES | USEFUL


def missing(granted: Iterable[str]) -> dict[str, str]:
    """Scopes that were not granted, with what they are for; who may write may read."""
    has = ApiAccess([scope for scope in granted if ApiAccess.SCOPE_RE.match(scope)])
    lacking = {scope: why for scope, why in REASONS.items() if not has.covers(ApiAccess([scope]))}
    if not SALES.keys() <= lacking.keys():
        lacking = {scope: why for scope, why in lacking.items() if scope not in SALES}
    return lacking
