"""One way to send a document to a shop: time-outs, the cost bucket, refused tokens, errors translated.

A throttled request was not executed, so it is sent again here, once the bucket's own figures say that it will
pass. Nothing else is tried again: the durable step that called decides (infra/durable.py).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from time import monotonic
from typing import Any, Protocol

import requests
import structlog

from infra.errors import Throttled, TokenRefused, Unavailable
from infra.shopify import replies
from infra.shopify.costs import Costs
from infra.shopify.replies import Json

API_VERSION = "2026-10"
CONNECT_SECONDS, READ_SECONDS = 5, 30
PATIENCE = 60.0
"""Seconds that one request waits for points at most; an empty bucket is full again after 20."""

log = structlog.get_logger()


class Credentials(Protocol):
    """Where a shop's access token comes from."""

    def token(self) -> str:
        """A token that is valid as far as we know."""

    def replace(self, refused: str) -> str:
        """Another token than the one that the store has just refused; TokenRefused when there is none."""


class FixedToken:
    """A token that does not change: the store either takes it or does not."""

    def __init__(self, token: str) -> None:
        self._token = token

    def token(self) -> str:
        return self._token

    def replace(self, refused: str) -> str:  # noqa: ARG002
        raise TokenRefused("the access token is not valid (any more)")


@cache
def document(name: str) -> str:
    """The text of infra/graphql/<name>.graphql."""
    return files("infra").joinpath("graphql", f"{name}.graphql").read_text("utf-8")


class Transport:
    """The connection to one shop. `base_url` is "https://<shop>", or a local store's `url`."""

    def __init__(self, base_url: str, shop: str, credentials: Credentials) -> None:
        self._url = f"{base_url.rstrip('/')}/admin/api/{API_VERSION}/graphql.json"
        self.shop = shop
        self.costs = Costs()
        self._credentials = credentials
        self._closed = threading.Event()
        self._http = requests.Session()
        self._http.trust_env = False

    def __repr__(self) -> str:
        return f"Transport({self.shop!r})"

    def close(self) -> None:
        """Close the connections that are kept alive, and wake whoever waits for points."""
        self._closed.set()
        self._http.close()

    def query(self, name: str, **variables: Any) -> Json:
        """Send a document; returns its `data`."""
        return self._patiently(name, variables)

    def mutate(self, name: str, **variables: Any) -> Json:
        """Send a document with one mutation; returns its payload. Refused or NotFound for user errors."""
        payload: Json | None = next(iter(self.query(name, **variables).values()))
        return replies.read_payload(name, payload or {})

    def pages(self, name: str, field: str, **variables: Any) -> Iterator[Json]:
        """The nodes of a connection, page after page."""
        after = None
        while True:
            page = self.query(name, **variables, after=after)[field]
            yield from page["nodes"]
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]

    def send(self, operation: str, method: str, url: str, **request: Any) -> requests.Response:
        """One HTTP request, to the shop or to a host that it named; Unavailable when no answer comes.

        The access token is added only by `query` and `mutate`: staged uploads and exports lie elsewhere.
        """
        timeout = (CONNECT_SECONDS, READ_SECONDS)
        try:
            return self._http.request(method, url, timeout=timeout, allow_redirects=False, **request)
        except requests.RequestException as error:
            raise Unavailable(f"{operation}: {self.shop} did not answer ({type(error).__name__})") from None

    def _patiently(self, name: str, variables: Json) -> Json:
        """`data`, once the bucket held points enough."""
        give_up = monotonic() + PATIENCE
        while True:
            try:
                return self._authorized(name, variables)
            except Throttled as error:
                if monotonic() + error.retry_after > give_up:
                    raise
                self.costs.wait(error.retry_after)
                log.info("shopify throttles", operation=name, shop=self.shop, wait=error.retry_after)
                if self._closed.wait(error.retry_after):
                    raise Unavailable(f"{name}: closed while it waited for {self.shop}") from None

    def _authorized(self, name: str, variables: Json) -> Json:
        token = self._credentials.token()
        try:
            return self._ask(name, variables, token)
        except TokenRefused:
            return self._ask(name, variables, self._credentials.replace(token))

    def _ask(self, name: str, variables: Json, token: str) -> Json:
        body = {"query": document(name), "variables": variables}
        began = monotonic()
        reply = self.send(name, "POST", self._url, json=body, headers={"X-Shopify-Access-Token": token})
        replies.read_status(name, reply.status_code, reply.headers)
        answer = _json(name, reply)
        self.costs.charge(name, monotonic() - began, answer)
        log.debug(
            "shopify", operation=name, shop=self.shop, cost=(answer.get("extensions") or {}).get("cost")
        )
        return replies.read_reply(name, answer)


def _json(name: str, reply: requests.Response) -> Json:
    try:
        answer = reply.json()
    except requests.JSONDecodeError:
        raise Unavailable(f"{name}: the reply is not JSON") from None
    if not isinstance(answer, dict):
        raise Unavailable(f"{name}: the reply is not an object")
    return answer
