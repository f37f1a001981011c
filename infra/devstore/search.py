"""Shopify's search syntax, as much of it as an app like ours sends: terms that must all be met.

https://shopify.dev/docs/api/usage/search-syntax
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

from graphql import GraphQLError

TERM = re.compile(
    r"""(?:(?P<field>\w+):)?(?P<op>[<>]=?)?  (?:"(?P<quoted>(?:\\.|[^"\\])*)" | (?P<word>[^\s"]+))""",
    re.VERBOSE,
)
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def matches(query: str | None, fields: dict[str, Any]) -> bool:
    """Whether something with these searchable fields meets every term of a query.

    A field may hold a str, an int or a list of str; a term without a field looks into "default". Shopify
    ignores a field that it does not know; this store complains, so that no filter is silently lost.
    """
    met = [_term(match, fields) for match in TERM.finditer(query or "") if match["word"] != "AND"]
    return all(met)


def _term(match: re.Match[str], fields: dict[str, Any]) -> bool:
    name = match["field"] or "default"
    if name not in fields or match["word"] in ("OR", "NOT"):
        raise GraphQLError(f"the local store cannot search by {match.group()!r}")
    wanted = match["word"].strip("'") if match["quoted"] is None else re.sub(r"\\(.)", r"\1", match["quoted"])
    held = fields[name]
    if match["op"]:
        return COMPARE[match["op"]](held, type(held)(wanted))
    if name == "default":
        return wanted.casefold() in held.casefold()
    return any(_same(str(value), wanted) for value in (held if isinstance(held, list) else [held]))


def _same(held: str, wanted: str) -> bool:
    held, wanted = held.casefold(), wanted.casefold()
    return held.startswith(wanted[:-1]) if wanted.endswith("*") else held == wanted
