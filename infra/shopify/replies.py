"""What the Admin API's replies mean: JSON into model values, and what went wrong into our errors. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any, Literal, NamedTuple
from urllib.parse import unquote, urlsplit

from infra.errors import (
    Closed,
    NotFound,
    OutsideError,
    Refused,
    ScopeMissing,
    Throttled,
    TokenRefused,
    Unavailable,
    UserErrors,
)
from infra.markup import plain_text
from infra.model import Photo, Product, ProductState

Json = dict[str, Any]

GONE = {"NOT_FOUND", "FILE_DOES_NOT_EXIST", "REFERENCE_TARGET_DOES_NOT_EXIST", "PRODUCT_DOES_NOT_EXIST"}
GONE |= {"MEDIA_DOES_NOT_EXIST", "MEDIA_DOES_NOT_EXIST_ON_PRODUCT"}
PASSING = {"INTERNAL_SERVER_ERROR", "TIMEOUT"}
BUSY = {"FILE_LOCKED", "MEDIA_CANNOT_BE_MODIFIED"}
"""What an earlier change of the same file or product, still under way, holds up."""
LEAST_WAIT = 1.0
"""Seconds; a store that throttles and asks for no wait would otherwise be asked all the time."""
OWN_TAGS = ("color", "style", "season")


class Shop(NamedTuple):
    """The shop itself; `timezone` is an IANA name."""

    name: str
    domain: str
    timezone: str


class FileState(NamedTuple):
    """How far the store is with a file; `reason` is empty unless it FAILED."""

    status: Literal["UPLOADED", "PROCESSING", "READY", "FAILED"]
    reason: str


class Export(NamedTuple):
    """How far a bulk operation is. The counts are of lines written, and of those without a parent."""

    status: Literal["CREATED", "RUNNING", "COMPLETED", "FAILED", "CANCELING", "CANCELED", "EXPIRED"]
    error_code: str
    objects: int
    root_objects: int
    url: str
    """Where its file is, for seven days; empty when it has none (yet)."""
    created_at: datetime

    @property
    def ended(self) -> bool:
        return self.status not in ("CREATED", "RUNNING", "CANCELING")


class Order(NamedTuple):
    """One order. `lines` are (product gid, units), less what was taken back; a deleted product has None."""

    id: str
    test: bool
    cancelled: bool
    lines: tuple[tuple[str | None, int], ...]


class Sold(NamedTuple):
    """Units sold: by product gid, and in all, which includes what no product can be named for."""

    products: dict[str, int]
    total: int


def read_status(operation: str, status: int, headers: Mapping[str, str]) -> None:
    """Raise what an HTTP status other than 200 means.

    https://shopify.dev/docs/api/admin-graphql/latest#status_and_error_codes
    """
    message = f"{operation}: the store answered {status}"
    if status == 429:
        wait = headers.get("Retry-After", "")
        seconds = float(wait) if wait.replace(".", "", 1).isdigit() else 2.0
        raise Throttled(message, retry_after=max(LEAST_WAIT, seconds))
    if status >= 500 or status == 408:
        raise Unavailable(message)
    if status == 401:
        raise TokenRefused(f"{message}: the access token is not valid (any more)")
    if status in (402, 403, 423):
        raise Closed(f"{message}: it is frozen, locked or forbidden to us")
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
    """The payload of a mutation; raises UserErrors, or NotFound, for its user errors."""
    errors = (payload.get("userErrors") or []) + (payload.get("mediaUserErrors") or [])
    if not errors:
        return payload
    fields = tuple(".".join(e.get("field") or []) for e in errors)
    text = "; ".join(f"{at} {e['message']}".strip() for at, e in zip(fields, errors, strict=True))
    codes = frozenset(e["code"] for e in errors if e.get("code"))
    if codes & GONE or any(e["message"].rstrip(".").endswith("does not exist") for e in errors):
        raise NotFound(f"{operation}: {text}")
    if codes & BUSY:
        raise Unavailable(f"{operation}: {text}")
    raise UserErrors(f"{operation}: {text}", fields, codes)


def _translated(operation: str, errors: Any, wait: float) -> OutsideError:
    if not isinstance(errors, list):
        return Refused(f"{operation}: {errors}")
    errors = [error if isinstance(error, dict) else {"message": error} for error in errors]
    codes = {(error.get("extensions") or {}).get("code") for error in errors}
    message = f"{operation}: {'; '.join(map(_where_and_what, errors))}"
    if "THROTTLED" in codes:
        return Throttled(message, retry_after=max(LEAST_WAIT, wait))
    if "ACCESS_DENIED" in codes:
        return ScopeMissing(message)
    return Unavailable(message) if codes & PASSING else Refused(message)


def _where_and_what(error: Json) -> str:
    """An error with the path of the field it is about: data may have come for the other fields."""
    path = ".".join(map(str, error.get("path") or []))
    return f"{path} {error.get('message')}".strip()


def seconds_to_wait(reply: Json) -> float:
    """Seconds until the bucket holds enough points to send the same query (again).

    https://shopify.dev/docs/api/usage/limits#graphql-admin-api-rate-limits
    """
    cost = (reply.get("extensions") or {}).get("cost") or {}
    status = cost.get("throttleStatus") or {}
    missing = cost.get("requestedQueryCost", 0) - status.get("currentlyAvailable", 0)
    return max(0.0, float(missing / status["restoreRate"])) if status.get("restoreRate") else 0.0


def product(node: Json, *, published: bool = True) -> Product:
    """A Product from its node, which does not say whether it is `published`.

    A price of zero, which every new product has, counts as none.
    """
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
        published=published,
        hint=hint["value"] if hint else "",
        photos=tuple(_photo(medium) for medium in node["media"]["nodes"] if _is_usable(medium)),
    )


def state(node: Json) -> ProductState:
    """The ProductState of a product's node."""
    return ProductState(node["id"], datetime.fromisoformat(node["updatedAt"]))


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
    return FileState(node["fileStatus"], reasons)


def export(node: Json) -> Export:
    """The Export of a BulkOperation; its counts come as strings."""
    return Export(
        status=node["status"],
        error_code=node["errorCode"] or "",
        objects=int(node["objectCount"]),
        root_objects=int(node["rootObjectCount"]),
        url=node["url"] or "",
        created_at=datetime.fromisoformat(node["createdAt"]),
    )


def order(node: Json, lines: list[Json]) -> Order:
    """An Order from its node and those of its lines."""
    units = tuple(((line["product"] or {}).get("id"), int(line["currentQuantity"])) for line in lines)
    return Order(node["id"], bool(node["test"]), node["cancelledAt"] is not None, units)


def sold(rows: list[Json]) -> Sold:
    """Units sold from the rows of a report; what was sold of a deleted product has no id.

    The total is that of the products found, not of the rows: a product that came twice must not make up for
    one that never came.
    """
    products = {_product_gid(row["product_id"]): units(row) for row in rows if row["product_id"]}
    nobodys = sum(units(row) for row in rows if not row["product_id"])
    return Sold(products, sum(products.values()) + nobodys)


def units(row: Json) -> int:
    """A row's units sold, which may be a number or a string, and negative where more came back than went."""
    return int(float(row["net_items_sold"] or 0))


def _product_gid(value: Any) -> str:
    """Ids come as numbers or as gids."""
    return f"gid://shopify/Product/{str(value).rpartition('/')[2]}"
