"""Units sold become `sales_count`: in the mirror by partial update, and in what was seen."""

from __future__ import annotations

from infra.services import Services


def mirror_sales(services: Services, shop: str) -> dict[str, int]:
    """Bring sales of mirrored products up to date, writing only those that changed.

    Returns the units sold of every product of the shop over the settings' window of days.
    """
    sold = services.store(shop).units_sold(services.settings.sales_days)
    known = services.seen.fingerprints(shop)
    changed = {i: sold.get(i, 0) for i, (_, before) in known.items() if sold.get(i, 0) != before}
    services.mirror.put_sales(shop, changed)
    services.seen.put_sales(shop, changed)
    return sold
