"""Makes admin.graphql, the part of Shopify's Admin schema that the local store speaks.

    python -m infra.devstore.slim admin_2026-10.json.gz

The input is the introspection result that Shopify publishes inside the npm package @shopify/dev-mcp (key
`data`). Kept is what the documents in infra/graphql select; of inputs and large enums, whose use a document
does not show, what CHOSEN names.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from graphql import (
    REMOVE,
    DocumentNode,
    EnumValueDefinitionNode,
    FieldDefinitionNode,
    FieldNode,
    GraphQLObjectType,
    GraphQLSchema,
    InputValueDefinitionNode,
    NamedTypeNode,
    Node,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    VisitorAction,
    build_client_schema,
    is_specified_scalar_type,
    parse,
    print_ast,
    print_type,
    visit,
)

HERE = Path(__file__).parent
DOCUMENTS = HERE.parent / "graphql"
HEADER = """\
# Part of Shopify's Admin GraphQL schema, version 2026-10: what infra/graphql uses, without descriptions.
# Made by `python -m infra.devstore.slim` from the schema in the npm package @shopify/dev-mcp
# (ISC License, Copyright Shopify Inc.). Do not edit.

schema {
  query: QueryRoot
  mutation: Mutation
}
"""
CHOSEN = {
    "CreateMediaInput": "alt mediaContentType originalSource",
    "CurrencyCode": "AUD CAD CHF EUR GBP JPY USD",
    "FileCreateInput": "alt contentType duplicateResolutionMode filename originalSource",
    "FileUpdateInput": "alt id referencesToAdd referencesToRemove",
    "MetafieldAccessInput": "admin storefront",
    "MetafieldDefinitionInput": "access description key name namespace ownerType pin type",
    "MetafieldInput": "key namespace type value",
    "MetafieldOwnerType": "PRODUCT",
    "ProductCreateInput": "descriptionHtml handle metafields productType status tags title vendor",
    "ProductUpdateInput": "descriptionHtml id metafields productType status tags title vendor",
    "ProductVariantsBulkInput": "id price",
    "StagedUploadTargetGenerateUploadResource": "IMAGE",
    "WebhookSubscriptionInput": "includeFields uri",
    "WebhookSubscriptionTopic": (
        "APP_UNINSTALLED BULK_OPERATIONS_FINISH PRODUCTS_CREATE PRODUCTS_DELETE PRODUCTS_UPDATE"
    ),
}

Members = dict[str, set[str]]
"""Type → the names of its members that stay; "Type.field" → its arguments that stay."""


class _Selections(Visitor):
    """Notes every field that a document selects, and the arguments it gives."""

    def __init__(self, info: TypeInfo, used: Members) -> None:
        super().__init__()
        self._info, self._used = info, used

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        owner = self._info.get_parent_type()
        if owner:
            self._used[owner.name].add(node.name.value)
            self._used[f"{owner.name}.{node.name.value}"] |= {a.name.value for a in node.arguments or ()}


def selections(schema: GraphQLSchema, documents: Iterable[DocumentNode]) -> Members:
    """What the documents use; a type that implements a used interface gets the interface's fields too."""
    used: Members = defaultdict(set)
    for document in documents:
        info = TypeInfo(schema)
        visit(document, TypeInfoVisitor(info, _Selections(info, used)))
    for name in [n for n in used if isinstance(schema.type_map.get(n), GraphQLObjectType)]:
        for interface in schema.type_map[name].interfaces:  # type: ignore[attr-defined]
            used[name] |= used.get(interface.name, set())
    return used


def slim(schema: GraphQLSchema, documents: Iterable[DocumentNode]) -> str:
    """The SDL of what the documents use, types in alphabetical order."""
    documents = list(documents)
    used = selections(schema, documents) | {name: set(members.split()) for name, members in CHOSEN.items()}
    wanted = [name for name in used if "." not in name] + [n for d in documents for n in _named(d)]
    kept: dict[str, Node] = {}
    while wanted:
        name = wanted.pop()
        if name not in kept and not is_specified_scalar_type(schema.type_map[name]):
            definition = parse(print_type(schema.type_map[name])).definitions[0]
            kept[name] = visit(definition, _Trim(name, used))
            wanted += _named(kept[name])
    return HEADER + "".join(f"\n{print_ast(kept[name])}\n" for name in sorted(kept))


class _Trim(Visitor):
    """Takes out of one type's definition the members, arguments and interfaces that nobody uses."""

    def __init__(self, name: str, used: Members) -> None:
        super().__init__()
        self._name, self._used, self._field = name, used, ""

    def enter_field_definition(self, node: FieldDefinitionNode, *_: Any) -> VisitorAction:
        self._field = node.name.value
        return self._keep(node.name.value, self._name)

    def enter_enum_value_definition(self, node: EnumValueDefinitionNode, *_: Any) -> VisitorAction:
        return self._keep(node.name.value, self._name)

    def enter_input_value_definition(self, node: InputValueDefinitionNode, *_: Any) -> VisitorAction:
        """An argument of a field, or a field of an input."""
        return self._keep(node.name.value, f"{self._name}.{self._field}" if self._field else self._name)

    def enter_named_type(
        self, node: NamedTypeNode, _key: Any, _parent: Any, path: list[Any], *_: Any
    ) -> VisitorAction:
        interface = "interfaces" in path and node.name.value not in self._used
        return REMOVE if interface else None

    def _keep(self, member: str, owner: str) -> VisitorAction:
        return None if member in self._used.get(owner, {member}) else REMOVE


def _named(node: Node) -> Iterator[str]:
    """The types that a definition or document names."""
    names: list[str] = []

    class Names(Visitor):
        def enter_named_type(self, node: NamedTypeNode, *_: Any) -> None:
            names.append(node.name.value)

    visit(node, Names())
    return iter(names)


def read_schema(path: Path) -> GraphQLSchema:
    """The published schema, without its descriptions."""
    text = gzip.decompress(path.read_bytes())
    published = json.loads(text, object_hook=lambda node: node | {"description": None})
    return build_client_schema(published["data"], assume_valid=True)


def main(path: Path) -> None:
    """Write admin.graphql beside this file."""
    documents = [parse(file.read_text("utf-8")) for file in sorted(DOCUMENTS.glob("*.graphql"))]
    (HERE / "admin.graphql").write_text(slim(read_schema(path), documents), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
