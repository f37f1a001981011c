"""Every document that is sent, against Shopify's own types."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest
from graphql import (
    GraphQLSchema,
    NoDeprecatedCustomRule,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)

from infra import devstore
from infra.devstore.graph import load_schema
from infra.devstore.slim import read_schema, slim

REPO = Path(devstore.__file__).parents[2]
PUBLISHED = Path(
    os.environ.get("BESTSHOT_ADMIN_SCHEMA", REPO.parent / "shared" / "shopify" / "admin_2026-10.json.gz")
)
DOCUMENTS = sorted((REPO / "infra" / "graphql").glob("*.graphql"))

needs_published = pytest.mark.skipif(
    not PUBLISHED.exists(), reason="Shopify's full schema is not here; BESTSHOT_ADMIN_SCHEMA names its file"
)


@cache
def published() -> GraphQLSchema:
    return read_schema(PUBLISHED)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_document_is_valid_by_the_types_of_the_local_store(path: Path) -> None:
    assert validate(load_schema(), parse(path.read_text("utf-8"))) == []


@needs_published
@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_document_is_valid_by_all_of_shopifys_types_and_uses_nothing_deprecated(path: Path) -> None:
    rules = [*specified_rules, NoDeprecatedCustomRule]
    assert validate(published(), parse(path.read_text("utf-8")), rules) == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_document_holds_one_operation_named_like_its_file(path: Path) -> None:
    (operation,) = parse(path.read_text("utf-8")).definitions
    assert isinstance(operation, OperationDefinitionNode)
    assert operation.name is not None
    assert operation.name.value == path.stem


def test_no_document_can_replace_or_delete_a_merchants_media() -> None:
    text = "".join(path.read_text("utf-8") for path in DOCUMENTS)
    assert not [name for name in ("productSet", "productDeleteMedia", "fileDelete") if name in text]


@needs_published
def test_the_local_types_are_what_the_tool_makes_of_shopifys() -> None:
    made = slim(published(), [parse(path.read_text("utf-8")) for path in DOCUMENTS])
    assert made == (Path(devstore.__file__).parent / "admin.graphql").read_text("utf-8")
