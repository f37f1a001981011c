"""What may be done to the store: one method per field of Mutation, in snake_case.

A method that raises `UserError` changes nothing and answers with `userErrors`.
"""

from __future__ import annotations

from infra.devstore.bulk import Operation, cancel, operation_view
from infra.devstore.mutations.files import FileMutations
from infra.devstore.mutations.metafields import MetafieldMutations
from infra.devstore.mutations.products import ProductMutations
from infra.devstore.mutations.subscriptions import SubscriptionMutations
from infra.devstore.refusals import UserError, mutation
from infra.devstore.state import number_of
from infra.devstore.views import View


class Mutations(ProductMutations, FileMutations, MetafieldMutations, SubscriptionMutations):
    """Every mutation."""

    @mutation
    def bulk_operation_run_query(self, query: str, group_objects: bool = False) -> View:
        """Begin a bulk operation. Objects are never grouped here."""
        if group_objects:
            raise UserError("the local store does not group objects", field=("groupObjects",))
        return {"bulk_operation": operation_view(self.export(query), self.shop)}

    @mutation
    def bulk_operation_cancel(self, id: str) -> View:
        """Have a bulk operation end before its time; one that has ended is told beside the user error."""
        found = self.session.get(Operation, number_of(id, "BulkOperation"))
        if found is None:
            raise UserError("Bulk operation does not exist", field=("id",))
        wrong = cancel(found, self.delay)
        view = operation_view(found, self.shop)
        return {"bulk_operation": view, "user_errors": [{"message": wrong}] if wrong else []}
