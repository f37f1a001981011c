"""What may be done to the store: one method per field of Mutation, in snake_case.

A method that raises `UserError` changes nothing and answers with `userErrors`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.devstore.media import add_media
from infra.devstore.naming import free_handle, safe_name
from infra.devstore.refusals import UserError, alt_text, money, mutation
from infra.devstore.state import Job, Media, Metafield, Product, Subscription, gid, now, number_of
from infra.devstore.uploads import new_target
from infra.devstore.views import (
    View,
    find_metafield,
    job_view,
    media_view,
    metafield_view,
    product_view,
    subscription_view,
    variant_view,
)
from infra.devstore.webhooks import Outbox

MOST_MEDIA = 250


@dataclass(frozen=True)
class Mutations:
    """Writes, for the length of one request; `delay` is how long a job takes, in seconds."""

    session: Session
    base_url: str
    outbox: Outbox
    delay: float

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
    def staged_uploads_create(self, input: list[View]) -> View:
        """Places to send files to: by PUT to the URL itself, or by POST of a form that names the key."""
        return {"staged_targets": [self._target(wanted) for wanted in input]}

    @mutation
    def file_create(self, files: list[View]) -> View:
        """New images; they are UPLOADED now and READY or FAILED later."""
        made = [self._file(wanted) for wanted in files]
        self.session.flush()
        return {"files": [media_view(m, self.base_url) for m in made]}

    @mutation
    def file_update(self, files: list[View]) -> View:
        """Change alt texts, and put images on products or take them off."""
        changed: dict[int, Product] = {}
        found = [self._media(wanted["id"]) for wanted in files]
        for media, wanted in zip(found, files, strict=True):
            if media.status != "READY":
                raise UserError("Non-ready files cannot be updated.", "NON_READY_STATE", ("files", "id"))
            if wanted.get("alt") is not None:
                media.alt = alt_text(wanted["alt"])
                changed |= {product.id: product for product in media.products}
            for product in map(self._referenced, wanted.get("references_to_add") or []):
                self._attach(product, [media])
                changed[product.id] = product
            for product in map(self._referenced, wanted.get("references_to_remove") or []):
                product.arrange([m for m in product.media if m is not media])
                changed[product.id] = product
        for product in changed.values():
            self.outbox.updated(self.session, product)
        return {"files": [media_view(m, self.base_url) for m in found]}

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

    @mutation
    def metafields_set(self, metafields: list[View]) -> View:
        """Set values, all or none. That this counts as a products/update is a guess."""
        if len(metafields) > 25:
            raise UserError(
                "Exceeded the maximum metafields input limit of 25", "LESS_THAN_OR_EQUAL_TO", ("metafields",)
            )
        found = [self._set_metafield(wanted) for wanted in metafields]
        for owner in dict.fromkeys(field.owner for field in found):
            self.outbox.updated(self.session, self._product(owner))
        return {"metafields": [metafield_view(field) for field in found]}

    @mutation
    def webhook_subscription_create(self, topic: str, webhook_subscription: View) -> View:
        """Subscribe an address to a topic. Shopify wants HTTPS; here plain HTTP will do."""
        uri = webhook_subscription.get("uri") or ""
        if not re.match(r"https?://[^/]+", uri):
            raise UserError("Address is not a valid URL", field=("webhookSubscription", "uri"))
        if self.session.scalar(select(Subscription).filter_by(topic=topic, uri=uri)):
            raise UserError(
                "Address for this topic has already been taken", "TAKEN", ("webhookSubscription", "uri")
            )
        made = Subscription(topic=topic, uri=uri)
        self.session.add(made)
        self.session.flush()
        return {"webhook_subscription": subscription_view(made)}

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

    def _attach(self, product: Product, media: list[Media]) -> None:
        new = [m for m in media if m not in product.media]
        if len(product.media) + len(new) > MOST_MEDIA:
            raise UserError(f"Exceeded {MOST_MEDIA} media per product", "PRODUCT_MEDIA_LIMIT_EXCEEDED")
        product.arrange([*product.media, *new])

    def _file(self, wanted: View) -> Media:
        source, filename = wanted["original_source"], wanted.get("filename") or ""
        if not re.match(r"https?://[^/]+", source):
            raise UserError("Invalid image source url value provided", "INVALID_IMAGE_SOURCE_URL", ("files",))
        mode = wanted.get("duplicate_resolution_mode")
        old = self.session.scalar(
            select(Media).filter_by(filename=safe_name(filename or source.partition("?")[0]))
        )
        if old and mode == "RAISE_ERROR":
            raise UserError("Filename is already in use", "FILENAME_ALREADY_EXISTS", ("files", "filename"))
        made = add_media(self.session, source, alt_text(wanted.get("alt")), filename)
        if old and mode == "REPLACE":
            old.source, old.alt, old.status = made.source, made.alt, "UPLOADED"
            self.session.expunge(made)
            return old
        return made

    def _target(self, wanted: View) -> View:
        target = new_target(self.session, wanted["filename"], wanted["http_method"])
        resource = f"{self.base_url}/staged/{target.token}/{target.filename}"
        if target.method == "PUT":
            return {
                "url": resource,
                "resource_url": resource,
                "parameters": [{"name": "content_type", "value": wanted["mime_type"]}],
            }
        parameters = [
            {"name": "Content-Type", "value": wanted["mime_type"]},
            {"name": "key", "value": f"{target.token}/{target.filename}"},
        ]
        return {"url": f"{self.base_url}/staged", "resource_url": resource, "parameters": parameters}

    def _set_metafield(self, wanted: View) -> Metafield:
        owner, namespace, key = wanted["owner_id"], wanted.get("namespace") or "custom", wanted["key"]
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

    def _product(self, id: str, code: str = "NOT_FOUND") -> Product:
        found = self.session.get(Product, number_of(id, "Product"))
        if found is None:
            raise UserError("Product does not exist", code, ("id",))
        return found

    def _referenced(self, id: str) -> Product:
        return self._product(id, code="REFERENCE_TARGET_DOES_NOT_EXIST")

    def _media(self, id: str, code: str = "FILE_DOES_NOT_EXIST") -> Media:
        found = self.session.get(Media, number_of(id, "MediaImage"))
        if found is None:
            raise UserError(f"File id {id} does not exist.", code, ("id",))
        return found

    def _view(self, product: Product) -> View:
        return product_view(product, self.session, self.base_url)
