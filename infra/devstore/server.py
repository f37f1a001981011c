"""The local store as a server: HTTP in front, its threads behind, everything it knows in one folder."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from flask import Flask, Response, abort, jsonify, request
from graphql import OperationType
from sqlalchemy import select

from infra.catalog import CatalogRow
from infra.devstore.graph import Admin
from infra.devstore.loading import load_rows
from infra.devstore.media import Processor
from infra.devstore.mutations import Mutations
from infra.devstore.queries import Queries
from infra.devstore.state import Media, Product, State, number_of
from infra.devstore.uploads import FileStore, forget_expired, open_target
from infra.devstore.webhooks import API_VERSION, RETRY_SECONDS, Couriers, Outbox
from infra.wsgi import address, bind, serving

MOST_UPLOAD = 64 * 1024 * 1024
"""Bytes. Over the 20 MB of an image, so that it is processing that refuses a large one, as in Shopify."""
A_YEAR = 365 * 24 * 3600


class LocalStore:
    """A shop on 127.0.0.1, open while the `with` block runs; `port` 0 takes a free one.

    `media_delay` is how many seconds an image or a reordering takes, `retry_seconds` the waits before a
    webhook is sent again, `restore_rate` the points a second that the API gives (1000 is Shopify Plus).
    """

    def __init__(
        self,
        folder: Path,
        *,
        shop: str = "bestshot-demo.myshopify.com",
        client_secret: str,
        access_token: str,
        port: int = 0,
        media_delay: float = 0.2,
        retry_seconds: tuple[float, ...] = RETRY_SECONDS,
        restore_rate: int = 1000,
    ) -> None:
        self.shop = shop
        self._token = access_token
        self._delay = media_delay
        self._state = State(folder)
        self._files = FileStore(folder)
        self._admin = Admin(restore_rate)
        self._listener = bind("127.0.0.1", port)
        self.url = f"{address(self._listener)}/{shop}"
        self._couriers = Couriers(self._state, shop, client_secret, retry_seconds)
        self._outbox = Outbox(self.url, self._couriers.wake)
        self._open = ExitStack()
        self._processor = Processor(self._state, self._files, self._outbox, media_delay)

    def __enter__(self) -> Self:
        with self._state.begin() as session:
            forget_expired(session, self._files)
        self._processor.start()
        self._couriers.start()
        self._open.enter_context(serving(self._app(), self._listener))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()
        self._couriers.stop()
        self._processor.stop()
        self._state.close()

    def load(self, rows: Iterable[CatalogRow]) -> dict[str, str]:
        """Take rows over as existing, ACTIVE products, without webhooks; returns row id → product gid.

        Loading the same rows again changes nothing.
        """
        with self._state.begin() as session:
            return load_rows(session, self._files, rows)

    def sell(self, product_id: str, units: int) -> None:
        """Add units to the sales report of a product (a gid)."""
        with self._state.begin() as session:
            session.get_one(Product, number_of(product_id, "Product")).units_sold += units

    def _app(self) -> Flask:
        app = Flask("local-store", static_folder=None)
        app.config["MAX_CONTENT_LENGTH"] = MOST_UPLOAD
        app.url_map.strict_slashes = False
        at = f"/{self.shop}"
        app.add_url_rule(
            f"{at}/admin/api/{API_VERSION}/graphql.json", view_func=self._graphql, methods=["POST"]
        )
        app.add_url_rule(f"{at}/staged/<token>/<name>", view_func=self._put, methods=["PUT"])
        app.add_url_rule(f"{at}/staged", view_func=self._post, methods=["POST"])
        app.add_url_rule(f"{at}/cdn/files/<path:name>", view_func=self._image)
        return app

    def _graphql(self) -> Response:
        given = request.headers.get("X-Shopify-Access-Token", "")
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            return _unauthorized()
        asked: Any = request.get_json()
        if not isinstance(asked, dict) or not isinstance(asked.get("query"), str):
            abort(400)
        with self._state.begin() as session:

            def root(operation: OperationType) -> Queries | Mutations:
                if operation is OperationType.MUTATION:
                    return Mutations(session, self.url, self._outbox, self._delay)
                return Queries(session, self.shop, self.url)

            reply = self._admin.execute(asked["query"], asked.get("variables") or {}, root)
        self._processor.wake()
        return jsonify(reply)

    def _put(self, token: str, name: str) -> Response:  # noqa: ARG002 (part of the path)
        return self._receive(token, "PUT", request.get_data(), status=200)

    def _post(self) -> Response:
        token = request.form.get("key", "").partition("/")[0]
        sent = request.files.get("file")
        return self._receive(token, "POST", sent.read() if sent else None, status=201)

    def _receive(self, token: str, method: str, data: bytes | None, status: int) -> Response:
        """A staged upload lies with another host in the real thing, which must never see the shop's token."""
        if "X-Shopify-Access-Token" in request.headers or data is None:
            abort(400)
        with self._state.begin() as session:
            target = open_target(session, token)
            if target is None or target.method != method:
                abort(403)
        self._files.stage(token, data)
        return Response(status=status)

    def _image(self, name: str) -> Response:
        with self._state.begin() as session:
            media = session.scalar(select(Media).filter_by(filename=name, status="READY"))
            data = self._files.image(media.digest) if media else None
            mime_type = media.mime_type if media else ""
        if data is None:
            abort(404)
        kept = {"Cache-Control": f"public, max-age={A_YEAR}, immutable", "X-Content-Type-Options": "nosniff"}
        return Response(data, mimetype=mime_type, headers=kept)


def _unauthorized() -> Response:
    reply = jsonify(errors="[API] Invalid API key or access token (unrecognized login or wrong password)")
    reply.status_code = 401
    return reply
