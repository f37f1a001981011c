"""Shopify's Admin GraphQL API, as far as this app speaks it. Every document is a file in infra/graphql.

Nothing here retries: errors come translated (infra/errors.py) and the durable step that called decides.
https://shopify.dev/docs/api/admin-graphql/2026-10
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

import requests

from infra import shopify_replies as replies
from infra.errors import NotFound, Refused, Unavailable
from infra.model import Product
from infra.shopify_replies import FileState, Json, Shop

API_VERSION = "2026-10"
CONNECT_SECONDS, READ_SECONDS = 5, 30
SALES_PAGE = 1000
"""Rows that one ShopifyQL reply holds at most; so many of them mean that there are more."""
SALES_REPORT = (
    "FROM sales SHOW net_items_sold GROUP BY product_id SINCE -{days}d UNTIL yesterday "
    "ORDER BY net_items_sold DESC LIMIT {limit} OFFSET {offset}"
)
HINT = {"namespace": "bestshot", "key": "prompt_hint", "type": "multi_line_text_field"}
MEDIA_TYPES = {"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp"}


@cache
def document(name: str) -> str:
    """The text of infra/graphql/<name>.graphql."""
    return files("infra").joinpath("graphql", f"{name}.graphql").read_text("utf-8")


class Shopify:
    """One shop's Admin API. `base_url` is "https://<shop>" or a local store's `url`."""

    def __init__(self, base_url: str, shop: str, token: str) -> None:
        self._url = f"{base_url.rstrip('/')}/admin/api/{API_VERSION}/graphql.json"
        self._shop = shop
        self._token = token
        self._timeout = (CONNECT_SECONDS, READ_SECONDS)
        self._http = requests.Session()
        self._http.trust_env = False

    def __repr__(self) -> str:
        return f"Shopify({self._shop!r})"

    def close(self) -> None:
        """Close the connections that are kept alive."""
        self._http.close()

    def shop(self) -> Shop:
        """Name, domain and currency."""
        found = self._execute("shop")["shop"]
        return Shop(found["name"], found["myshopifyDomain"], found["currencyCode"])

    def product(self, product_id: str) -> Product | None:
        """A product by its gid, with up to 50 photos; None when it is gone."""
        node = self._execute("product", id=product_id)["product"]
        return replies.product(node) if node else None

    def products(self, query: str = "") -> Iterator[Product]:
        """Every product that meets a query in Shopify's search syntax, with up to 10 photos each."""
        for node in self._pages("products", "products", query=query or None):
            yield replies.product(node)

    def create_product(
        self,
        title: str,
        category: str,
        *,
        price: Decimal | None = None,
        description: str = "",
        tags: Iterable[str] = (),
        hint: str = "",
        photo: bytes | None = None,
        filename: str = "photo.jpg",
    ) -> str:
        """List a product as a merchant does; returns its gid. `description` is HTML."""
        fields: Json = {"title": title, "productType": category, "tags": list(tags)}
        fields["descriptionHtml"] = description
        fields["metafields"] = [HINT | {"value": hint}] if hint else []
        media = self._media(photo, filename, title)
        made = self._mutate("product_create", product=fields, media=media)["product"]
        if price is not None:
            variant = made["variants"]["nodes"][0]["id"]
            self._mutate(
                "product_price", productId=made["id"], variants=[{"id": variant, "price": str(price)}]
            )
        return str(made["id"])

    def add_photo(self, product_id: str, photo: bytes, filename: str, alt: str = "") -> None:
        """Add a photo to a product as a merchant does."""
        self._mutate("product_update", product={"id": product_id}, media=self._media(photo, filename, alt))

    def delete_product(self, product_id: str) -> None:
        """Delete a product."""
        self._mutate("product_delete", id=product_id)

    def units_sold(self, days: int) -> dict[str, int]:
        """Product gid → units sold, less returns, over that many days until yesterday; needs read_reports."""
        sold: dict[str, int] = {}
        for offset in range(0, 1_000_000_000, SALES_PAGE):
            rows = self._sales_rows(SALES_REPORT.format(days=days, limit=SALES_PAGE, offset=offset))
            sold |= replies.sales(rows)
            if len(rows) < SALES_PAGE:
                break
        return sold

    def upload(self, data: bytes, filename: str, media_type: str) -> str:
        """Send a file to a staged target; returns the URL that `create_file` takes.

        The target is another host: the access token must not go there.
        https://shopify.dev/docs/api/admin-graphql/2026-10/mutations/stagedUploadsCreate
        """
        wanted = {"resource": "IMAGE", "filename": filename, "mimeType": media_type, "httpMethod": "PUT"}
        target = self._mutate("staged_uploads_create", input=[wanted])["stagedTargets"][0]
        headers = {"Content-Type": media_type} | {
            p["name"].replace("_", "-"): p["value"] for p in target["parameters"]
        }
        reply = self._send("upload", "PUT", target["url"], data=data, headers=headers)
        if reply.status_code not in (200, 201, 204):
            replies.read_status("upload", reply.status_code, reply.headers)
        return str(target["resourceUrl"])

    def create_file(self, source: str, filename: str, alt: str) -> str:
        """Make a store file of a staged upload; returns its MediaImage gid before it is processed."""
        wanted = {"originalSource": source, "contentType": "IMAGE", "filename": filename, "alt": alt}
        return str(self._mutate("file_create", files=[wanted])["files"][0]["id"])

    def find_file(self, filename: str, alt: str) -> str | None:
        """The MediaImage gid of the file with that name, unless its processing failed.

        The search may find other names too, and a file's name is only seen in its URL, once it is READY;
        until then its `alt` must do.
        """
        query = f"filename:{_quoted(filename)}"
        for node in self._execute("files_by_name", query=query)["files"]["nodes"]:
            image = node.get("image")
            ours = replies.filename_of(image["url"]) == filename if image else node["alt"] == alt
            if node["fileStatus"] != "FAILED" and ours:
                return str(node["id"])
        return None

    def file_state(self, media_id: str) -> FileState:
        """How far the store is with a file; NotFound when it is gone."""
        node = self._execute("file_status", ids=[media_id])["nodes"][0]
        if not node:
            raise NotFound(f"file_status: {media_id} is not in the store")
        return replies.file_state(node)

    def attach(self, media_id: str, product_id: str) -> None:
        """Add a READY file to a product's media, behind the others; again changes nothing."""
        self._mutate("file_update", files=[{"id": media_id, "referencesToAdd": [product_id]}])

    def detach(self, media_id: str, product_id: str) -> None:
        """Take a file off a product; the file stays in the store."""
        self._mutate("file_update", files=[{"id": media_id, "referencesToRemove": [product_id]}])

    def reorder(self, product_id: str, media_ids: Sequence[str]) -> str:
        """Put these media first, in this order; returns the gid of the job that does it."""
        moves = [
            {"id": media_id, "newPosition": str(position)} for position, media_id in enumerate(media_ids)
        ]
        return str(self._mutate("product_reorder_media", id=product_id, moves=moves)["job"]["id"])

    def job_done(self, job_id: str) -> bool:
        """Whether a job has ended; NotFound when there is no such job."""
        job = self._execute("job", id=job_id)["job"]
        if not job:
            raise NotFound(f"job: {job_id} is not in the store")
        return bool(job["done"])

    def set_file_metafield(self, owner_id: str, namespace: str, key: str, media_id: str) -> None:
        """Let a metafield of a product (or another owner) point to a file."""
        wanted = {
            "ownerId": owner_id,
            "namespace": namespace,
            "key": key,
            "type": "file_reference",
            "value": media_id,
        }
        self._mutate("metafields_set", metafields=[wanted])

    def subscribe(self, topics: Iterable[str], uri: str) -> list[str]:
        """Have webhooks of these topics ("products/create") sent to an address; returns those newly made."""
        held = {
            node["topic"]
            for node in self._pages("webhook_subscriptions", "webhookSubscriptions")
            if node["uri"] == uri
        }
        missing = [topic for topic in topics if _enum(topic) not in held]
        for topic in missing:
            self._mutate("webhook_subscription_create", topic=_enum(topic), webhookSubscription={"uri": uri})
        return missing

    def _media(self, photo: bytes | None, filename: str, alt: str) -> list[Json]:
        if photo is None:
            return []
        media_type = MEDIA_TYPES.get(filename.rpartition(".")[2].lower(), "image/jpeg")
        source = self.upload(photo, filename, media_type)
        return [{"originalSource": source, "mediaContentType": "IMAGE", "alt": alt}]

    def _sales_rows(self, query: str) -> list[Json]:
        """Errors in the query come with HTTP 200 and no table."""
        reply = self._execute("units_sold", query=query)["shopifyqlQuery"]
        if not reply or reply["tableData"] is None:
            raise Refused(f"units_sold: {'; '.join((reply or {}).get('parseErrors') or ['no report'])}")
        rows: list[Json] = reply["tableData"]["rows"]
        return rows

    def _pages(self, name: str, field: str, **variables: Any) -> Iterator[Json]:
        """The nodes of a connection, page after page.

        Before a page that the bucket has no points for it waits: a caller that was throttled half-way would
        have to begin again, and would never get further.
        """
        after = None
        while True:
            reply = self._ask(name, **variables, after=after)
            page = replies.read_reply(name, reply)[field]
            yield from page["nodes"]
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]
            time.sleep(replies.seconds_to_wait(reply))

    def _mutate(self, name: str, **variables: Any) -> Json:
        """The payload of a document with one mutation."""
        payload: Json | None = next(iter(self._execute(name, **variables).values()))
        return replies.read_payload(name, payload or {})

    def _execute(self, name: str, **variables: Any) -> Json:
        """Send a document; returns its `data`."""
        return replies.read_reply(name, self._ask(name, **variables))

    def _ask(self, name: str, **variables: Any) -> Json:
        """Send a document; returns the whole reply."""
        body = {"query": document(name), "variables": variables}
        reply = self._send(
            name, "POST", self._url, json=body, headers={"X-Shopify-Access-Token": self._token}
        )
        replies.read_status(name, reply.status_code, reply.headers)
        try:
            answer: Json = reply.json()
            return answer
        except requests.JSONDecodeError:
            raise Unavailable(f"{name}: the reply is not JSON") from None

    def _send(self, operation: str, method: str, url: str, **request: Any) -> requests.Response:
        try:
            return self._http.request(method, url, timeout=self._timeout, allow_redirects=False, **request)
        except requests.RequestException as error:
            raise Unavailable(f"{operation}: {self._shop} did not answer ({type(error).__name__})") from None


def _enum(topic: str) -> str:
    return topic.upper().replace("/", "_")


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
