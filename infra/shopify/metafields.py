"""Metafields of products that point to a file, in the namespace that only this app may write ("$app").

https://shopify.dev/docs/apps/build/custom-data/ownership
"""

from __future__ import annotations

from infra.errors import NotFound, UserErrors
from infra.shopify.transport import Transport

NAMESPACE = "$app"


class Metafields:
    """File references of a shop's products; ids are gids."""

    def __init__(self, transport: Transport) -> None:
        self._api = transport

    def define(self, key: str, name: str, description: str) -> bool:
        """Let themes read a key, and merchants see it; returns False when that was so already.

        Without a definition a metafield in an app's own namespace is private to the app.
        """
        wanted = {
            "namespace": NAMESPACE,
            "key": key,
            "name": name,
            "description": description,
            "ownerType": "PRODUCT",
            "type": "file_reference",
            "access": {"admin": "MERCHANT_READ_WRITE", "storefront": "PUBLIC_READ"},
        }
        try:
            self._api.mutate("metafield_definition_create", definition=wanted)
        except UserErrors as error:
            if "TAKEN" not in error.codes:
                raise
            return False
        return True

    def file(self, product_id: str, key: str) -> str | None:
        """The file that a product's metafield points to, or None; NotFound when the product is gone."""
        node = self._api.query("product_metafield", id=product_id, namespace=NAMESPACE, key=key)["product"]
        if not node:
            raise NotFound(f"product_metafield: {product_id} is not in the store")
        return str(node["metafield"]["value"]) if node["metafield"] else None

    def set_file(self, product_id: str, key: str, media_id: str) -> None:
        """Let a product's metafield point to a file."""
        wanted = {
            "ownerId": product_id,
            "namespace": NAMESPACE,
            "key": key,
            "type": "file_reference",
            "value": media_id,
        }
        self._api.mutate("metafields_set", metafields=[wanted])

    def delete(self, product_id: str, key: str) -> None:
        """Take a metafield off a product; one that is not there does no harm."""
        wanted = {"ownerId": product_id, "namespace": NAMESPACE, "key": key}
        self._api.mutate("metafields_delete", metafields=[wanted])
