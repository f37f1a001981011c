"""A bulk query: whether it may run, and how it is run here, as pages of ordinary queries.

https://shopify.dev/docs/api/usage/bulk-operations/queries#operation-restrictions
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    NameNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    StringValueNode,
    ValueNode,
    parse,
    validate,
)

from infra.devstore.views import MOST_ON_A_PAGE, View

MOST_CONNECTIONS, MOST_LEVELS = 5, 2
ROOTS = 100
"""Root nodes that are read in one go, so that an export does not hold up the shop."""
PAGING = {"first", "last", "after", "before"}
"""Arguments that mean nothing in a bulk query."""
NODES = "exported"
"""What the nodes of a connection are called here. Of each parent 250 are read: this store's own limit."""


def problem(schema: GraphQLSchema, query: str) -> str:
    """Why a query cannot be run in bulk, or nothing. The wording is a guess."""
    try:
        document = parse(query)
    except GraphQLError as error:
        return f"Invalid bulk query: {error.message}"
    if errors := validate(schema, document):
        return f"Invalid bulk query: {errors[0].message}"
    root = _root(document)
    if root is None:
        return "Invalid bulk query: it must be one query of one field, without variables"
    levels = list(_levels(root, 0))
    if _nodes(root) is None:
        return "Bulk queries must contain at least one connection."
    if len(levels) > MOST_CONNECTIONS:
        return f"Bulk queries cannot contain more than {MOST_CONNECTIONS} connections."
    if _lacks_id(root):
        return "The parent field for a nested connection must select the 'id' field."
    return "Bulk queries cannot nest connections deeper." if max(levels) > MOST_LEVELS else ""


def page(query: str, after: str | None) -> DocumentNode:
    """A bulk query that was taken, as an ordinary one: the next root nodes, each with its children."""
    root = _unfolded(cast(FieldNode, _root(parse(query))))
    cursor = (_argument("after", StringValueNode(value=after)),) if after else ()
    info = _field("pageInfo", (_field("hasNextPage"), _field("endCursor")))
    root = _like(root, (*_without_paging(root), _first(ROOTS), *cursor), (*_selected(root), info))
    selected = SelectionSetNode(selections=(root,))
    asked = OperationDefinitionNode(operation=OperationType.QUERY, selection_set=selected)
    return DocumentNode(definitions=(asked,))


def lines(root: View) -> Iterator[View]:
    """A root node of such a page as the lines that it is: itself, and each child with its parent's id."""
    return _lines(root, {})


def _lines(node: View, extra: View) -> Iterator[View]:
    yield {name: value for name, value in node.items() if not _is_connection(value)} | extra
    for connection in filter(_is_connection, node.values()):
        for child in connection[NODES]:
            yield from _lines(child, {"__parentId": node["id"]})


def _is_connection(value: Any) -> bool:
    return isinstance(value, dict) and NODES in value


def _root(document: DocumentNode) -> FieldNode | None:
    """The one field that a bulk query asks for, or None when there are others, or variables."""
    match document.definitions:
        case [OperationDefinitionNode(operation=OperationType.QUERY) as asked] if (
            not asked.variable_definitions
        ):
            match asked.selection_set.selections:
                case [FieldNode() as root]:
                    return root
    return None


def _levels(field: FieldNode, depth: int) -> Iterator[int]:
    """How many connections each connection in a field is nested in."""
    inner = _nodes(field)
    if inner is not None:
        yield depth
    for child in _fields(inner or field.selection_set):
        yield from _levels(child, depth + (inner is not None))


def _lacks_id(field: FieldNode) -> bool:
    """Whether children in it could not name their parent."""
    children = list(_fields(_nodes(field) or field.selection_set))
    is_parent = _nodes(field) is not None and any(_nodes(child) is not None for child in children)
    nameless = is_parent and all(child.name.value != "id" for child in children)
    return nameless or any(map(_lacks_id, children))


def _unfolded(node: SelectionNode) -> Any:
    """A selection with each connection's `edges { node { … } }` turned into one page of nodes."""
    if isinstance(node, InlineFragmentNode):
        within = SelectionSetNode(selections=tuple(map(_unfolded, node.selection_set.selections)))
        return InlineFragmentNode(type_condition=node.type_condition, selection_set=within, directives=())
    if not isinstance(node, FieldNode):
        return node
    inner = _nodes(node)
    if inner is None:
        return _like(node, node.arguments or (), map(_unfolded, _selected(node)))
    nodes = _field("nodes", tuple(map(_unfolded, inner.selections)), alias=NODES)
    return _like(node, (*_without_paging(node), _first(MOST_ON_A_PAGE)), (nodes,))


def _nodes(field: FieldNode) -> SelectionSetNode | None:
    """What is selected of each node, if the field is a connection."""
    for child in _selected(field):
        if isinstance(child, FieldNode) and child.name.value == "nodes":
            return child.selection_set
        if isinstance(child, FieldNode) and child.name.value == "edges":
            return next(f.selection_set for f in _fields(child.selection_set) if f.name.value == "node")
    return None


def _fields(selected: SelectionSetNode | None) -> Iterator[FieldNode]:
    for node in selected.selections if selected else ():
        if isinstance(node, InlineFragmentNode):
            yield from _fields(node.selection_set)
        elif isinstance(node, FieldNode):
            yield node


def _selected(field: FieldNode) -> tuple[SelectionNode, ...]:
    return tuple(field.selection_set.selections) if field.selection_set else ()


def _without_paging(field: FieldNode) -> list[ArgumentNode]:
    return [argument for argument in field.arguments or () if argument.name.value not in PAGING]


def _first(count: int) -> ArgumentNode:
    return _argument("first", IntValueNode(value=str(count)))


def _like(
    field: FieldNode, arguments: Iterable[ArgumentNode], selections: Iterable[SelectionNode]
) -> FieldNode:
    """A field with other arguments and selections."""
    alias = field.alias.value if field.alias else ""
    return _field(field.name.value, tuple(selections), alias, tuple(arguments))


def _argument(name: str, value: ValueNode) -> ArgumentNode:
    return ArgumentNode(name=NameNode(value=name), value=value)


def _field(
    name: str,
    selections: tuple[SelectionNode, ...] = (),
    alias: str = "",
    arguments: tuple[ArgumentNode, ...] = (),
) -> FieldNode:
    return FieldNode(
        name=NameNode(value=name),
        alias=NameNode(value=alias) if alias else None,
        arguments=arguments,
        directives=(),
        selection_set=SelectionSetNode(selections=selections) if selections else None,
    )
