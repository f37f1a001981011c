"""Shopify's search syntax, as much of it as an app like ours sends: AND, OR, NOT and brackets over terms.

https://shopify.dev/docs/api/usage/search-syntax
"""

from __future__ import annotations

import operator
import re
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from graphql import GraphQLError

TOKEN = re.compile(
    r"""(?P<sign>[()-]|(?:AND|OR|NOT)(?=[\s(]|$)) | (?:(?P<field>\w+):)?(?P<op>[<>]=?)?
    (?:"(?P<double>(?:\\.|[^"\\])*)" | '(?P<single>(?:\\.|[^'\\])*)' | (?P<word>[^\s"'()][^\s()]*))""",
    re.VERBOSE,
)
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def matches(query: str | None, fields: dict[str, Any]) -> bool:
    """Whether something with these searchable fields meets a query.

    A field may hold a str, an int, a list of str, or a moment in UTC (a datetime without a zone); a term
    without a field looks into "default". Shopify ignores a field that it does not know; this store complains,
    so that no filter is silently lost.
    """
    left = deque(_tokens(query or ""))
    met = _all_of(left, fields)
    if left:
        raise GraphQLError(f"a bracket is closed in {query!r} that was not opened")
    return met


@lru_cache
def _tokens(query: str) -> tuple[re.Match[str], ...]:
    return tuple(TOKEN.finditer(query))


def _all_of(left: deque[re.Match[str]], fields: dict[str, Any]) -> bool:
    """Takes what is to be met off the left, up to a closing bracket; OR binds closer than AND."""
    met = True
    while left and left[0]["sign"] != ")":
        if left[0]["sign"] == "AND":
            left.popleft()
        met &= _any_of(left, fields)
    return met


def _any_of(left: deque[re.Match[str]], fields: dict[str, Any]) -> bool:
    met = _one(left, fields)
    while left and left[0]["sign"] == "OR":
        left.popleft()
        met |= _one(left, fields)
    return met


def _one(left: deque[re.Match[str]], fields: dict[str, Any]) -> bool:
    token = left.popleft() if left else None
    if token and not token["sign"]:
        return _term(token, fields)
    if token and token["sign"] in ("-", "NOT"):
        return not _one(left, fields)
    if token and token["sign"] == "(":
        met = _all_of(left, fields)
        if left:
            left.popleft()
            return met
    raise GraphQLError("the query ends too early, or misses a term")


def _term(match: re.Match[str], fields: dict[str, Any]) -> bool:
    name = match["field"] or "default"
    if name not in fields:
        raise GraphQLError(f"the local store cannot search by {match.group()!r}")
    wanted, held = _value(match), fields[name]
    if isinstance(held, datetime):
        return COMPARE[match["op"] or "="](held, _moment(wanted))
    if match["op"]:
        return COMPARE[match["op"]](held, type(held)(wanted))
    if name == "default":
        return wanted.casefold() in held.casefold()
    return any(_same(str(value), wanted) for value in (held if isinstance(held, list) else [held]))


def _value(match: re.Match[str]) -> str:
    quoted: str | None = match["double"] if match["single"] is None else match["single"]
    return match["word"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)


def _moment(text: str) -> datetime:
    """A moment as it is compared: UTC, without its zone. A date without a zone counts as UTC, a guess."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise GraphQLError(f"{text!r} is not a date or a time") from None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _same(held: str, wanted: str) -> bool:
    held, wanted = held.casefold(), wanted.casefold()
    return held.startswith(wanted[:-1]) if wanted.endswith("*") else held == wanted
