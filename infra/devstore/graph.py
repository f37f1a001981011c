"""The Admin GraphQL API: Shopify's own types, executed over plain Python objects."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    build_schema,
    execute_sync,
    parse,
    validate,
)

from infra.devstore.cost import MOST_PER_QUERY, Bucket, actual_cost, requested_cost

log = logging.getLogger(__name__)

Reply = dict[str, Any]
Root = Callable[[OperationType], Any]
"""Gives the object whose methods answer a query or a mutation."""
Check = Callable[[str, dict[str, Any]], None]
"""Raises when a root field with these arguments is not allowed."""


@cache
def load_schema() -> GraphQLSchema:
    """The types in admin.graphql; resolvers get their arguments in snake_case."""
    schema = build_schema(files(__package__).joinpath("admin.graphql").read_text("utf-8"), assume_valid=True)
    for kind in schema.type_map.values():
        _name_arguments(kind)
    return schema


def snake(name: str) -> str:
    """A schema name as Python writes it: descriptionHtml is description_html."""
    return re.sub(r"(?<=.)([A-Z])", r"_\1", name).lower()


class Admin:
    """Executes requests against the schema, and charges for them."""

    def __init__(self, restore_rate: int) -> None:
        self.schema = load_schema()
        self._bucket = Bucket(restore_rate)

    def execute(
        self, source: str, variables: dict[str, Any], root: Root, check: Check, *, throttled: bool = False
    ) -> Reply:
        """The reply to one request: data, errors and `extensions.cost`. Never raises for what was asked.

        `throttled` lets the bucket seem empty.
        """
        try:
            document = parse(source)
        except GraphQLError as error:
            return {"errors": [error.formatted]}
        if errors := validate(self.schema, document):
            return {"errors": [error.formatted for error in errors]}
        points = requested_cost(self.schema, document, variables)
        if points > MOST_PER_QUERY:
            return _refusal(
                f"Query cost is {points}, over the limit of {MOST_PER_QUERY}", "MAX_COST_EXCEEDED"
            )
        spent = None
        if throttled:
            reply = _refusal("Throttled", "THROTTLED")
        elif self._bucket.take(points):
            reply = self.run(document, variables, root, check)
            spent = min(points, actual_cost(document, reply.get("data")))
            self._bucket.give_back(points - spent)
        else:
            reply = _refusal("Throttled", "THROTTLED")
        cost = {
            "requestedQueryCost": points,
            "actualQueryCost": spent,
            "throttleStatus": self._bucket.status() | ({"currentlyAvailable": 0} if throttled else {}),
        }
        return reply | {"extensions": {"cost": cost}}

    def run(self, document: DocumentNode, variables: dict[str, Any], root: Root, check: Check) -> Reply:
        """Execute a document that is valid, without charging for it."""
        operation = next(n for n in document.definitions if isinstance(n, OperationDefinitionNode))
        objects = root(operation.operation)
        result = execute_sync(
            self.schema,
            document,
            objects,
            variable_values=variables,
            field_resolver=_resolve,
            context_value=check,
        )
        errors = [_formatted(error) for error in result.errors or ()]
        return {"data": result.data} | ({"errors": errors} if errors else {})


def _refusal(message: str, code: str) -> Reply:
    return {"errors": [{"message": message, "extensions": {"code": code}}]}


def _formatted(error: GraphQLError) -> Any:
    """An error as the caller sees it; what went wrong in here is logged, not told."""
    if error.original_error is None or isinstance(error.original_error, GraphQLError):
        return error.formatted
    log.error("a resolver failed", exc_info=error.original_error)
    return {"message": "Internal error", "path": error.path, "extensions": {"code": "INTERNAL_SERVER_ERROR"}}


def _resolve(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
    """A field is a key of a view or a method of a root, by its snake_case name; what a view lacks is null."""
    if info.path.prev is None:
        info.context(info.field_name, arguments)
    name = snake(info.field_name)
    value = source.get(name) if isinstance(source, Mapping) else getattr(source, name)
    return value(**arguments) if callable(value) else value


def _name_arguments(kind: GraphQLNamedType) -> None:
    fields: Mapping[str, Any] = getattr(kind, "fields", {})
    for name, field in fields.items():
        if isinstance(kind, GraphQLInputObjectType):
            field.out_name = snake(name)
        for argument_name, argument in getattr(field, "args", {}).items():
            argument.out_name = snake(argument_name)
