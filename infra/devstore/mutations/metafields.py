"""Mutations of metafields."""

from __future__ import annotations

from sqlalchemy import select

from infra.devstore.mutations.base import Writes
from infra.devstore.refusals import UserError, mutation
from infra.devstore.state import MetafieldDefinition, gid
from infra.devstore.views import View, find_metafield, metafield_view


class MetafieldMutations(Writes):
    """Values that apps keep on products, and what those values are."""

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
    def metafields_delete(self, metafields: list[View]) -> View:
        """Take values away; null stands for each that was not there."""
        deleted = [self._delete_metafield(wanted) for wanted in metafields]
        for owner in dict.fromkeys(one["owner_id"] for one in deleted if one):
            self.outbox.updated(self.session, self._product(owner))
        return {"deleted_metafields": deleted}

    @mutation
    def metafield_definition_create(self, definition: View) -> View:
        """Say what the values of a namespace and key are; once."""
        what = {"namespace": self.shop.namespace(definition["namespace"]), "key": definition["key"]}
        if self.session.scalar(select(MetafieldDefinition).filter_by(**what)):
            raise UserError("Key is in use for Product metafields", "TAKEN", ("definition", "key"))
        made = MetafieldDefinition(**what, type=definition["type"], name=definition["name"])
        self.session.add(made)
        self.session.flush()
        return {"created_definition": {"id": gid("MetafieldDefinition", made.id)}}

    def _delete_metafield(self, wanted: View) -> View | None:
        owner, key = wanted["owner_id"], wanted["key"]
        namespace = self.shop.namespace(wanted["namespace"])
        found = find_metafield(self.session, owner, namespace, key)
        if found is None:
            return None
        self.session.delete(found)
        self.session.flush()
        return {"owner_id": owner, "namespace": namespace, "key": key}
