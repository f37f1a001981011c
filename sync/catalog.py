"""The store's catalog into the mirror: read and embed only what changed, drop what is gone.

Which products changed, the store's own times say: a list of them all with nothing else is short. Only those
are read in full; and of those only new photos are downloaded and embedded, and new words written.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from datetime import datetime

from infra.errors import Mismatch
from infra.model import Product
from infra.seen import NEVER_AGAIN, NOWHERE, Seen
from infra.services import Services
from sync import rows
from sync.writing import DryRun, Report, Writer, batches

AT_ONCE = 250
"""Products that are compared with what was seen of them, in one go."""
MOST_CHANGED = 1_000
"""Products; more than these are not read one by one."""
SAMPLE = 25
"""Products that are looked up by id, when very many seem to be gone."""
CHURN = 20
"""Products, or a fiftieth of them, that may go while they are listed; more were lost on the way."""


Read = Callable[[Sequence[str]], Iterable[Product]]
"""Gives products in full, by their ids; what is gone is left out."""


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

    def whole(
        self, products: Iterable[Product], read: Read, total: int, begun: datetime | None = None
    ) -> None:
        """Mirror all that a store sells. What `products` does not name is gone, unless `read` still finds it.

        Mismatch when they are clearly fewer than `total`, the store's own count: then nothing is. Of a
        product that is named twice, the first word counts. `begun` is when the store began to write this
        down, and None where it is read only while it is asked for here: what has changed since may be
        missing from it.
        """
        before = self._services.seen.stamps(self._shop)
        named: set[str] = set()
        self._report.stage("catalog", total)
        self._writer.write(self._fresh(_once(products, named)))
        self._finish(before, named, read, total, begun)

    def changes(
        self, listed: Mapping[str, int], read: Read, total: int, begun: datetime | None = None
    ) -> int:
        """Mirror what has changed; returns how many products that are. MOST_CHANGED and more are left alone.

        `listed` says when each product that the store sells last changed, in seconds since 1970; `read` gives
        some of them in full; `total` and `begun` are as above.
        """
        before = self._services.seen.stamps(self._shop)
        elsewhere = self._elsewhere()
        changed = [p for p, at in listed.items() if before.get(p, -1) < at or p in elsewhere]
        if len(changed) >= MOST_CHANGED:
            return len(changed)
        found: set[str] = set()
        self._report.stage("catalog", len(changed))
        self._writer.write(self._fresh(_once(read(changed), found)))
        missing = set(changed) - found
        still = listed.keys() - missing if missing else listed.keys()
        self._finish(before, still, read, total, begun)
        return len(changed)

    def _elsewhere(self) -> set[str]:
        """The products in the collection of an embedder that is about to be replaced."""
        if self._services.mirror.live(self._shop) == self._collection:
            return set()
        return self._services.seen.elsewhere(self._shop, self._collection)

    def one(self, product: Product) -> None:
        """Mirror a product as it is now."""
        self._writer.write(self._fresh([product]))
        self._services.mirror.flush(self._shop)

    def _fresh(self, products: Iterable[Product]) -> Iterator[Product]:
        """The products whose photos must be embedded; what there is to do about the others is done here."""
        for batch in batches(products, AT_ONCE):
            known = self._services.seen.of(self._shop, [product.id for product in batch])
            groups: dict[str, list[Product]] = {
                "same": [],
                "words": [],
                "absent": [],
                "photo": [],
                "older": [],
            }
            for product in batch:
                groups[self._difference(product, known.get(product.id))].append(product)
            self._writer.leave_out(groups["absent"])
            self._writer.touch({p.id: rows.seconds(p.updated_at) for p in groups["same"]})
            self._report.add(done=len(batch) - len(groups["words"]) - len(groups["photo"]))
            yield from self._writer.rewrite(groups["words"])
            yield from groups["photo"]

    def _difference(self, product: Product, last: Seen | None) -> str:
        """What is different about a product; "older" when what we know of it is newer than this."""
        if last and last.updated_at > rows.seconds(product.updated_at):
            return "older"
        if not rows.has_a_place(product):
            return "absent"
        if self._anew or last is None or last.collection != self._collection:
            return "photo"
        now = rows.fingerprint(product)
        if last.fingerprint == now:
            return "same"
        return "words" if rows.same_photo(last.fingerprint, now) else "photo"

    def _finish(
        self, before: dict[str, int], still: Set[str], read: Read, total: int, begun: datetime | None
    ) -> None:
        """Drop what is gone, and let searches read what was written."""
        if len(still) < total - max(CHURN, total // 50):
            raise Mismatch(f"the store names {len(still)} products of {total}; nothing is taken for gone")
        until = NEVER_AGAIN if begun is None else rows.seconds(begun)
        unnamed = {product_id: before[product_id] for product_id in before.keys() - still}
        gone = {p: at for p, at in unnamed.items() if at < until or at == NEVER_AGAIN}
        self._report.put(seen=len(still))
        for product_id in self._found_after_all(gone, read):
            gone.pop(product_id, None)
        self._writer.remove(gone)
        self._writer.finish(len(still))

    def _found_after_all(self, gone: Collection[str], read: Read) -> set[str]:
        """The products that a list did not name although the store sells them: search lags behind.

        Of very many, only some are looked up; Mismatch when it sells one of these.
        """
        known = self._services.seen.of(self._shop, gone)
        mirrored = [product_id for product_id, one in known.items() if one.collection != NOWHERE]
        few = len(mirrored) < MOST_CHANGED
        looked_up = read(mirrored if few else mirrored[:SAMPLE])
        found = {product.id for product in looked_up if rows.has_a_place(product)}
        if found and not few:
            raise Mismatch(f"the store's list lacks products that it sells, such as {found.pop()}")
        return found


def _once(products: Iterable[Product], named: set[str]) -> Iterator[Product]:
    """Each product once, for pages may overlap; `named` takes their ids."""
    for product in products:
        if product.id not in named:
            named.add(product.id)
            yield product
