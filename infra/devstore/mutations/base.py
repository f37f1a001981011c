"""What all mutations share: the request they are part of, and how they find what they are about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from infra.devstore.bulk import Operation
from infra.devstore.refusals import UserError
from infra.devstore.shop import Shop
from infra.devstore.state import Media, Metafield, Product, number_of
from infra.devstore.views import View, find_metafield
from infra.devstore.webhooks import Outbox

MOST_MEDIA = 250


@dataclass(frozen=True)
class Writes:
    """Writes, for the length of one request; a job takes `delay` seconds, `export` begins a bulk query."""

    session: Session
    shop: Shop
    outbox: Outbox
    delay: float
    export: Callable[[str], Operation]

    def _product(self, id: str, code: str = "NOT_FOUND") -> Product:
        found = self.session.get(Product, number_of(id, "Product"))
        if found is None:
            raise UserError("Product does not exist", code, ("id",))
        return found

    def _media(self, id: str, code: str = "FILE_DOES_NOT_EXIST") -> Media:
        found = self.session.get(Media, number_of(id, "MediaImage"))
        if found is None:
            raise UserError(f"File id {id} does not exist.", code, ("id",))
        return found

    def _set_metafield(self, wanted: View) -> Metafield:
        owner, key = wanted["owner_id"], wanted["key"]
        namespace = self.shop.namespace(wanted.get("namespace") or "custom")
        self._product(owner, code="INVALID")
        if wanted.get("type") == "file_reference":
            self._media(wanted["value"], code="INVALID_VALUE")
        found = find_metafield(self.session, owner, namespace, key)
        if found is None:
            if not wanted.get("type"):
                raise UserError("Type can't be blank", "BLANK", ("metafields", "type"))
            found = Metafield(owner=owner, namespace=namespace, key=key, type=wanted["type"])
            self.session.add(found)
        found.value = wanted["value"]
        self.session.flush()
        return found

    def _attach(self, product: Product, media: list[Media]) -> None:
        new = [m for m in media if m not in product.media]
        if len(product.media) + len(new) > MOST_MEDIA:
            raise UserError(f"Exceeded {MOST_MEDIA} media per product", "PRODUCT_MEDIA_LIMIT_EXCEEDED")
        product.arrange([*product.media, *new])
