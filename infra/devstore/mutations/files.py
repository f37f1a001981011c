"""Mutations of files: places to send them to, files made of what came, and the products that show them."""

from __future__ import annotations

import re

from sqlalchemy import select

from infra.devstore.media import add_media
from infra.devstore.mutations.base import Writes
from infra.devstore.naming import safe_name
from infra.devstore.refusals import UserError, alt_text, mutation
from infra.devstore.state import Media, Product
from infra.devstore.uploads import new_target
from infra.devstore.views import View, media_view


class FileMutations(Writes):
    """From staged targets to images on products."""

    @mutation
    def staged_uploads_create(self, input: list[View]) -> View:
        """Places to send files to: by PUT to the URL itself, or by POST of a form that names the key."""
        return {"staged_targets": [self._target(wanted) for wanted in input]}

    @mutation
    def file_create(self, files: list[View]) -> View:
        """New images; they are UPLOADED now and READY or FAILED later."""
        made = [self._file(wanted) for wanted in files]
        self.session.flush()
        return {"files": [media_view(m, self.shop.url) for m in made]}

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
        return {"files": [media_view(m, self.shop.url) for m in found]}

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
        resource = f"{self.shop.url}/staged/{target.token}/{target.filename}"
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
        return {"url": f"{self.shop.url}/staged", "resource_url": resource, "parameters": parameters}

    def _referenced(self, id: str) -> Product:
        return self._product(id, code="REFERENCE_TARGET_DOES_NOT_EXIST")
