"""Access scopes: which of them a token has, and which one each root field of the API asks for.

https://shopify.dev/docs/api/usage/access-scopes
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from graphql import FieldNode, GraphQLError, OperationDefinitionNode, parse

Scopes = frozenset[str]

READ = ("read_products", "read_files", "read_locales", "read_orders", "read_reports")
ALL: Scopes = frozenset({*READ, "write_products", "write_files"})
NEEDED = {
    "product": "read_products",
    "products": "read_products",
    "productsCount": "read_products",
    "files": "read_files",
    "order": "read_orders",
    "orders": "read_orders",
    "ordersCount": "read_orders",
    "shopLocales": "read_locales",
    "shopifyqlQuery": "read_reports",
    "fileCreate": "write_files",
    "fileUpdate": "write_files",
    "stagedUploadsCreate": "write_files",
    "metafieldDefinitionCreate": "write_products",
    "metafieldsDelete": "write_products",
    "metafieldsSet": "write_products",
    "productCreate": "write_products",
    "productDelete": "write_products",
    "productReorderMedia": "write_products",
    "productUpdate": "write_products",
    "productVariantsBulkUpdate": "write_products",
}
"""Root field → scope, as the fields' own pages name it. That `stagedUploadsCreate` asks for the scope of
files, whatever it is given, is a simplification."""
NODES = {"Product": "read_products", "MediaImage": "read_files"}
"""What `nodes` asks for, by the type in an id."""


def implied(scopes: Iterable[str]) -> Scopes:
    """These scopes with what they imply: who may write may read."""
    held = frozenset(scopes)
    return held | {f"read_{s.removeprefix('write_')}" for s in held if s.startswith("write_")}


def written(scopes: Iterable[str]) -> str:
    """Scopes as a token reply spells them: comma-separated, without those that another implies."""
    held = frozenset(scopes)
    implied_only = {f"read_{s.removeprefix('write_')}" for s in held if s.startswith("write_")}
    return ",".join(sorted(held - implied_only))


def check(scopes: Collection[str], field: str, arguments: dict[str, Any]) -> None:
    """Raise ACCESS_DENIED when these scopes do not allow a root field, or what a bulk query asks for."""
    for needed in _needed(field, arguments):
        if needed not in scopes:
            raise denied(field, needed)
    if field == "bulkOperationRunQuery":
        for inner in _fields(arguments["query"]):
            check(scopes, inner, {})


def denied(field: str, scope: str) -> GraphQLError:
    """The error as Shopify words it; without approval for protected customer data a report gets the same.

    https://github.com/Shopify/shopify-api-ruby/issues/1415
    """
    access = f"`{scope}` access scope."
    return GraphQLError(
        f"Access denied for {field} field. Required access: {access}",
        extensions={
            "code": "ACCESS_DENIED",
            "documentation": "https://shopify.dev/api/usage/access-scopes",
            "requiredAccess": access,
        },
    )


def _needed(field: str, arguments: dict[str, Any]) -> set[str]:
    if field == "nodes":
        return {NODES[kind] for kind in NODES if any(f"/{kind}/" in id for id in arguments.get("ids", ()))}
    return {NEEDED[field]} if field in NEEDED else set()


def _fields(query: str) -> list[str]:
    """The root fields of a bulk query; none of a text that is not GraphQL, which is refused elsewhere."""
    try:
        document = parse(query)
    except GraphQLError:
        return []
    operations = (node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    return [
        node.name.value
        for operation in operations
        for node in operation.selection_set.selections
        if isinstance(node, FieldNode)
    ]
