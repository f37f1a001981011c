"""What may be done to the store: one method per field of Mutation, in snake_case.

A method that raises `UserError` changes nothing and answers with `userErrors`.
"""

from __future__ import annotations

from infra.devstore.bulk import operation_view
from infra.devstore.mutations.files import FileMutations
from infra.devstore.mutations.metafields import MetafieldMutations
from infra.devstore.mutations.products import ProductMutations
from infra.devstore.mutations.subscriptions import SubscriptionMutations
from infra.devstore.refusals import UserError, mutation
from infra.devstore.views import View


class Mutations(ProductMutations, FileMutations, MetafieldMutations, SubscriptionMutations):
    """Every mutation."""

    @mutation
    def bulk_operation_run_query(self, query: str, group_objects: bool = False) -> View:
        """Begin a bulk operation. Objects are never grouped here."""
        if group_objects:
            raise UserError("the local store does not group objects", field=("groupObjects",))
        return {"bulk_operation": operation_view(self.export(query), self.shop)}
