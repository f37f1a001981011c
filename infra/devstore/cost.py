"""What a query costs, and the leaky bucket that it is taken from.

https://shopify.dev/docs/api/usage/limits#graphql-admin-api-rate-limits
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
    is_composite_type,
    value_from_ast_untyped,
)

MOST_PER_QUERY = 1000
MUTATION = 10


def requested_cost(schema: GraphQLSchema, document: DocumentNode, variables: dict[str, Any]) -> int:
    """The most that an operation may cost: an object 1, a list its length times its item, a mutation 10.

    What `nodes` gives is a list as long as its ids. Named fragments are not counted: a guess, and nothing
    here uses them.
    """
    operation = _operation(document)
    if operation.operation is OperationType.MUTATION or not schema.query_type:
        return MUTATION * len(operation.selection_set.selections)
    return _cost(schema, operation.selection_set, schema.query_type, variables)


def actual_cost(document: DocumentNode, data: Any) -> int:
    """What a reply cost: the objects in it; for a mutation its full price."""
    operation = _operation(document)
    if operation.operation is OperationType.MUTATION:
        return MUTATION * len(operation.selection_set.selections)
    return max(0, _objects(data) - 1)


def _objects(data: Any) -> int:
    if isinstance(data, dict):
        return 1 + sum(map(_objects, data.values()))
    return sum(map(_objects, data)) if isinstance(data, list) else 0


def _operation(document: DocumentNode) -> OperationDefinitionNode:
    return next(node for node in document.definitions if isinstance(node, OperationDefinitionNode))


def _cost(
    schema: GraphQLSchema, wanted: SelectionSetNode, owner: GraphQLNamedType, given: dict[str, Any]
) -> int:
    total = 0
    for field, definition in _fields(schema, wanted, owner):
        kind = get_named_type(definition.type)
        if field.selection_set and is_composite_type(kind):
            arguments = {a.name.value: value_from_ast_untyped(a.value, given) for a in field.arguments or ()}
            inside = _cost(schema, field.selection_set, kind, given)
            match arguments:
                case {"first": int(first)}:
                    total += max(0, first) * inside
                case {"ids": list(ids)}:
                    total += len(ids) * (1 + inside)
                case _:
                    total += 1 + inside
    return total


def _fields(
    schema: GraphQLSchema, wanted: SelectionSetNode, owner: GraphQLNamedType
) -> Iterator[tuple[FieldNode, Any]]:
    for node in wanted.selections:
        if isinstance(node, InlineFragmentNode) and node.type_condition:
            yield from _fields(schema, node.selection_set, schema.type_map[node.type_condition.name.value])
        elif isinstance(node, FieldNode) and node.name.value in getattr(owner, "fields", {}):
            yield node, owner.fields[node.name.value]  # type: ignore[attr-defined]


class Bucket:
    """Points to spend; they come back with time. Standard shops have 2000 and get 100 a second."""

    def __init__(self, restore_rate: int) -> None:
        self._rate, self._size = restore_rate, restore_rate * 20
        self._level, self._at = float(self._size), time.monotonic()
        self._turn = threading.Lock()

    def take(self, points: int) -> bool:
        """Take that many points, unless there are fewer."""
        with self._turn:
            self._fill()
            enough = self._level >= points
            self._level -= points if enough else 0
            return enough

    def give_back(self, points: int) -> None:
        """Return what a query asked for and did not use."""
        with self._turn:
            self._level += points

    def status(self) -> dict[str, float]:
        """The `throttleStatus` of a reply."""
        with self._turn:
            self._fill()
            return {
                "maximumAvailable": float(self._size),
                "currentlyAvailable": int(self._level),
                "restoreRate": float(self._rate),
            }

    def _fill(self) -> None:
        present = time.monotonic()
        self._level = min(self._size, self._level + (present - self._at) * self._rate)
        self._at = present
