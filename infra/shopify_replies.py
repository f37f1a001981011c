"""What the Admin API's replies mean: JSON into model values, and what went wrong into our errors. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any, Literal, NamedTuple
from urllib.parse import unquote, urlsplit

from infra.errors import NotFound, OutsideError, Refused, Throttled, Unavailable
from infra.markup import plain_text
from infra.model import Photo, Product

Json = dict[str, Any]

GONE = {"NOT_FOUND", "FILE_DOES_NOT_EXIST", "REFERENCE_TARGET_DOES_NOT_EXIST", "PRODUCT_DOES_NOT_EXIST"}
GONE |= {"MEDIA_DOES_NOT_EXIST", "MEDIA_DOES_NOT_EXIST_ON_PRODUCT"}
PASSING = {"INTERNAL_SERVER_ERROR", "TIMEOUT"}
OWN_TAGS = ("color", "style", "season")


class Shop(NamedTuple):
    """The shop itself; `currency` is an ISO 4217 code."""

    name: str
    domain: str
    currency: str


class FileState(NamedTuple):
    """How far the store is with a file; `url` is empty until it is READY, `reason` until it FAILED."""

    status: Literal["UPLOADED", "PROCESSING", "READY", "FAILED"]
    reason: str
    url: str


def read_status(operation: str, status: int, headers: Mapping[str, str]) -> None:
    """Raise what an HTTP status other than 200 means.

    https://shopify.dev/docs/api/admin-graphql/latest#status_and_error_codes
    """
    message = f"{operation}: the store answered {status}"
    if status == 429:
        wait = headers.get("Retry-After", "")
        raise Throttled(message, retry_after=float(wait) if wait.replace(".", "", 1).isdigit() else 2.0)
    if status >= 500 or status == 408:
        raise Unavailable(message)
    if status in (401, 403):
        raise Refused(f"{message}: the access token is not valid, or lacks a scope")
    if status == 404:
        raise NotFound(f"{message}: no such shop or API version")
    if status != 200:
        raise Refused(message)


def read_reply(operation: str, reply: Json) -> Json:
    """The `data` of a reply; raises what its `errors` mean, which come with HTTP 200."""
    if errors := reply.get("errors"):
        raise _translated(operation, errors, seconds_to_wait(reply))
    data: Json | None = reply.get("data")
    if data is None:
        raise Unavailable(f"{operation}: the reply holds no data")
    return data


def read_payload(operation: str, payload: Json) -> Json:
    """The payload of a mutation; raises Refused or NotFound for its user errors, naming the fields."""
    errors = (payload.get("userErrors") or []) + (payload.get("mediaUserErrors") or [])
    if not errors:
        return payload
    text = "; ".join(f"{'.'.join(e.get('field') or [])} {e['message']}".strip() for e in errors)
    gone = any(e.get("code") in GONE or e["message"].rstrip(".").endswith("does not exist") for e in errors)
    raise (NotFound if gone else Refused)(f"{operation}: {text}")


def _translated(operation: str, errors: Any, wait: float) -> OutsideError:
    if not isinstance(errors, list):
        return Refused(f"{operation}: {errors}")
    codes = {(error.get("extensions") or {}).get("code") for error in errors}
    message = f"{operation}: {'; '.join(str(error.get('message')) for error in errors)}"
    if "THROTTLED" in codes:
        return Throttled(message, retry_after=max(0.1, wait))
    return Unavailable(message) if codes & PASSING else Refused(message)


def seconds_to_wait(reply: Json) -> float:
    """Seconds until the bucket holds enough points to send the same query (again).

    https://shopify.dev/docs/api/usage/limits#graphql-admin-api-rate-limits
    """
    cost = (reply.get("extensions") or {}).get("cost") or {}
    status = cost.get("throttleStatus") or {}
    missing = cost.get("requestedQueryCost", 0) - status.get("currentlyAvailable", 0)
    return max(0.0, float(missing / status["restoreRate"])) if status.get("restoreRate") else 0.0


def product(node: Json) -> Product:
    """A Product from its node; a price of zero, which every new product has, counts as none."""
    tags = dict(_own_tags(node["tags"]))
    money = node["priceRangeV2"]["minVariantPrice"]
    hint = node["promptHint"]
    return Product(
        id=node["id"],
        title=node["title"],
        handle=node["handle"],
        updated_at=datetime.fromisoformat(node["updatedAt"]),
        description=plain_text(node["descriptionHtml"]),
        category=node["productType"] or (node["category"] or {}).get("name", ""),
        **tags,
        tags=tuple(tag for tag in node["tags"] if tag.partition(":")[0].strip().lower() not in OWN_TAGS),
        price=Decimal(money["amount"]) or None,
        currency=money["currencyCode"],
        status=node["status"],
        hint=hint["value"] if hint else "",
        photos=tuple(_photo(medium) for medium in node["media"]["nodes"] if _is_usable(medium)),
    )


def _own_tags(tags: list[str]) -> Iterator[tuple[str, str]]:
    for tag in tags:
        name, colon, value = tag.partition(":")
        if colon and name.strip().lower() in OWN_TAGS:
            yield name.strip().lower(), value.strip()


def _is_usable(medium: Json) -> bool:
    return medium["status"] == "READY" and bool(medium.get("image"))


def _photo(medium: Json) -> Photo:
    url = medium["image"]["url"]
    return Photo(id=medium["id"], url=url, alt=medium["alt"] or "", filename=filename_of(url))


def filename_of(url: str) -> str:
    """The file name at the end of a URL."""
    return PurePosixPath(unquote(urlsplit(url).path)).name


def file_state(node: Json) -> FileState:
    """The FileState of a MediaImage node."""
    reasons = "; ".join(f"{error['message']} ({error['code']})" for error in node["mediaErrors"])
    return FileState(node["fileStatus"], reasons, node["image"]["url"] if node["image"] else "")


def sales(rows: list[Json]) -> dict[str, int]:
    """Product gid → units sold.

    Ids come as numbers or gids, figures as numbers or strings; what was sold of a deleted product has no id.
    """
    return {
        _product_gid(row["product_id"]): int(float(row["net_items_sold"]))
        for row in rows
        if row["product_id"]
    }


def _product_gid(value: Any) -> str:
    return f"gid://shopify/Product/{str(value).rpartition('/')[2]}"
