"""The store's catalog into the mirror: read and embed only what changed, drop what is gone.

Which products changed, the store's own times say: a list of them all with nothing else is short. Only those
are read in full; and only those whose photo or text is another one are downloaded, embedded and written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from datetime import datetime

from infra.errors import Mismatch
from infra.model import Product, ProductState
from infra.seen import NEVER_AGAIN, Seen
from infra.services import Services
from sync import rows
from sync.writing import BATCH, DryRun, Report, Writer, batches

MOST_CHANGED = 1_000
"""Products; more than these are not read one by one."""
CHURN = 20
"""Products, or a fiftieth of them, that may go while they are listed; more were lost on the way."""


class CatalogPass:
    """One pass over a store's catalog. What fails is reported, kept as it was, and tried next time.

    A pass that died is simply made again: what it had written has not changed since. With `dry_run` it
    reports what it would do, and does nothing; with `anew`, as if nothing had ever been written.
    """

    def __init__(
        self, services: Services, shop: str, report: Report, *, dry_run: bool = False, anew: bool = False
    ) -> None:
        self._services, self._shop, self._report, self._anew = services, shop, report, anew
        self._writer = (DryRun if dry_run else Writer)(services, shop, report)
        self._collection = services.mirror.collection(shop)

    def whole(self, products: Iterable[Product], total: int, begun: datetime | None = None) -> None:
        """Mirror all that a store sells. What `products` does not name is taken for gone.

        Mismatch when they are clearly fewer than `total`, the store's own count: then nothing is. Of a
        product that is named twice, the first word counts. `begun` is when the store began to write this
        down, and None where it is read only while it is asked for here: what has changed since may be
        missing from it.
        """
        before = self._services.seen.stamps(self._shop)
        named: set[str] = set()
        self._report.stage("catalog", total)
        self._writer.write(self._fresh(_once(products, named)))
        self._finish(before, named, total, begun)

    def changes(
        self,
        states: Iterable[ProductState],
        read: Callable[[Sequence[str]], Iterable[Product]],
        total: int,
        begun: datetime | None = None,
    ) -> int:
        """Mirror what has changed; returns how many products that are. MOST_CHANGED and more are left alone.

        `states` names all products that the store sells, `read` gives some of them in full; `total` and
        `begun` are as above.
        """
        before = self._services.seen.stamps(self._shop)
        elsewhere = self._services.seen.elsewhere(self._shop, self._collection)
        listed = {state.id: rows.seconds(state.updated_at) for state in states}
        changed = [p for p, at in listed.items() if before.get(p, -1) < at or p in elsewhere]
        if len(changed) >= MOST_CHANGED:
            return len(changed)
        found: set[str] = set()
        self._report.stage("catalog", len(changed))
        self._writer.write(self._fresh(_once(read(changed), found)))
        self._finish(before, listed.keys() - (set(changed) - found), total, begun)
        return len(changed)

    def one(self, product: Product) -> None:
        """Mirror a product as it is now."""
        self._writer.write(self._fresh([product]))

    def _fresh(self, products: Iterable[Product]) -> Iterator[Product]:
        """The products that must be written; what there is to do about the others is done here."""
        for batch in batches(products, BATCH):
            known = self._services.seen.of(self._shop, [product.id for product in batch])
            newest = [
                p for p in batch if p.id not in known or known[p.id].updated_at <= rows.seconds(p.updated_at)
            ]
            absent = [p for p in newest if not rows.has_a_place(p)]
            fresh = [p for p in newest if rows.has_a_place(p) and not self._is_same(p, known)]
            done = {p.id for p in (*absent, *fresh)}
            self._writer.leave_out(absent)
            self._writer.touch({p.id: rows.seconds(p.updated_at) for p in newest if p.id not in done})
            self._report.add(done=len(batch) - len(fresh))
            yield from fresh

    def _is_same(self, product: Product, known: dict[str, Seen]) -> bool:
        last = known.get(product.id)
        return (
            not self._anew
            and last is not None
            and (last.fingerprint, last.collection)
            == (
                rows.fingerprint(product),
                self._collection,
            )
        )

    def _finish(self, before: dict[str, int], still: Set[str], total: int, begun: datetime | None) -> None:
        """Drop what is gone, and let searches read what was written."""
        if len(still) < total - max(CHURN, total // 50):
            raise Mismatch(f"the store names {len(still)} products of {total}; nothing is taken for gone")
        until = NEVER_AGAIN if begun is None else rows.seconds(begun)
        gone = {
            product_id: at
            for product_id, at in before.items()
            if product_id not in still and (at < until or at == NEVER_AGAIN)
        }
        self._report.put(seen=len(still))
        self._writer.remove(gone)
        self._writer.finish(len(still))


def _once(products: Iterable[Product], named: set[str]) -> Iterator[Product]:
    """Each product once, for pages may overlap; `named` takes their ids."""
    for product in products:
        if product.id not in named:
            named.add(product.id)
            yield product
