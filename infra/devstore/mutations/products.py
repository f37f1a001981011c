"""Mutations of products."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from infra.devstore.media import add_media
from infra.devstore.mutations.base import Writes
from infra.devstore.naming import free_handle
from infra.devstore.refusals import UserError, alt_text, money, mutation
from infra.devstore.state import Job, Metafield, Product, gid, now, number_of
from infra.devstore.views import View, job_view, product_view, variant_view


class ProductMutations(Writes):
    """What a merchant does to products, and the order of their media."""

    @mutation
    def product_create(self, product: View, media: list[View] | None = None) -> View:
        """A new product; its price is set on its variant afterwards."""
        if not (product.get("title") or "").strip():
            raise UserError("Title can't be blank", "BLANK", ("title",))
        made = Product(
            title=product["title"],
            handle=free_handle(self.session, product.get("handle") or product["title"]),
        )
        self.session.add(made)
        self._fill(made, product, media)
        self.outbox.created(self.session, made)
        return {"product": self._view(made)}

    @mutation
    def product_update(self, product: View, media: list[View] | None = None) -> View:
        """Change what is named; media are added behind those that are there."""
        found = self._product(product.get("id") or "")
        found.title = product.get("title") or found.title
        self._fill(found, product, media)
        self.outbox.updated(self.session, found)
        return {"product": self._view(found)}

    @mutation
    def product_delete(self, input: View) -> View:
        """The product goes for good, with the images that no other product shows."""
        found = self._product(input["id"])
        its_own = [m for m in found.media if m.products == [found]]
        for field in self.session.scalars(select(Metafield).filter_by(owner=gid("Product", found.id))):
            self.session.delete(field)
        self.outbox.deleted(self.session, found)
        self.session.delete(found)
        self.session.flush()
        for media in its_own:
            self.session.refresh(media)
            self.session.delete(media)
        return {"deleted_product_id": input["id"]}

    @mutation
    def product_variants_bulk_update(self, product_id: str, variants: list[View]) -> View:
        """Set the price of the product's one variant."""
        found = self._product(product_id, code="PRODUCT_DOES_NOT_EXIST")
        for variant in variants:
            if number_of(variant.get("id") or "", "ProductVariant") != found.id:
                raise UserError(
                    "Product variant does not exist", "PRODUCT_VARIANT_DOES_NOT_EXIST", ("variants", "id")
                )
            if variant.get("price") is not None:
                found.price = money(variant["price"])
        self.outbox.updated(self.session, found)
        return {"product": self._view(found), "product_variants": [variant_view(found)]}

    @mutation
    def product_reorder_media(self, id: str, moves: list[View]) -> View:
        """Start a job that moves the product's media one after the other."""
        found = self._product(id, code="PRODUCT_DOES_NOT_EXIST")
        held = {gid("MediaImage", m.id) for m in found.media}
        if any(move["id"] not in held for move in moves):
            raise UserError(
                "Media does not exist on the product", "MEDIA_DOES_NOT_EXIST_ON_PRODUCT", ("moves", "id")
            )
        job = Job(product_id=found.id, moves=moves, due_at=now() + timedelta(seconds=self.delay), done=False)
        self.session.add(job)
        self.session.flush()
        return {"job": job_view(job)}

    def _fill(self, product: Product, wanted: View, media: list[View] | None) -> None:
        for name in ("description_html", "product_type", "vendor", "status"):
            if wanted.get(name) is not None:
                setattr(product, name, wanted[name])
        if wanted.get("tags") is not None:
            product.tags = sorted({tag.strip() for tag in wanted["tags"] if tag.strip()})
        self.session.flush()
        for metafield in wanted.get("metafields") or []:
            self._set_metafield(metafield | {"owner_id": gid("Product", product.id)})
        self._attach(
            product,
            [add_media(self.session, m["original_source"], alt_text(m.get("alt"))) for m in media or []],
        )
        self.session.flush()

    def _view(self, product: Product) -> View:
        return product_view(product, self.session, self.shop)
