"""A store's HTTP: the Admin API, OAuth, staged uploads, images and exports, under "/<shop>"."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from flask import Flask, Response, abort, jsonify, redirect, request, send_file
from graphql import OperationType
from sqlalchemy import select
from werkzeug.wrappers import Response as BaseResponse

from infra.devstore.access import Access, OAuthError
from infra.devstore.bulk import begin
from infra.devstore.cdn import narrowed
from infra.devstore.exporter import Exporter
from infra.devstore.faults import Answer, Faults
from infra.devstore.graph import Admin
from infra.devstore.media import Processor
from infra.devstore.mutations import Mutations
from infra.devstore.oauth import callback
from infra.devstore.queries import Queries
from infra.devstore.scopes import Scopes, check
from infra.devstore.shop import Shop
from infra.devstore.state import Media, State
from infra.devstore.uploads import FileStore, open_target
from infra.devstore.webhooks import Outbox
from infra.shopify.transport import API_VERSION

MOST_UPLOAD = 64 * 1024 * 1024
"""Bytes. Over the 20 MB of an image, so that it is processing that refuses a large one, as in Shopify."""
A_YEAR = 365 * 24 * 3600
OPERATION = re.compile(r"^\s*(?:query|mutation)\s+(\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Routes:
    """What answers the requests to one store; `delay` is how long a job takes, in seconds."""

    shop: Shop
    secret: str
    state: State
    files: FileStore
    admin: Admin
    outbox: Outbox
    processor: Processor
    exporter: Exporter
    faults: Faults
    delay: float
    seen: Counter[str] = field(default_factory=Counter)
    """How often each operation was asked for."""
    counting: threading.Lock = field(default_factory=threading.Lock)

    def register(self, app: Flask) -> None:
        """Add this store's addresses to an app."""
        at = f"/{self.shop.domain}"
        rules: list[tuple[str, str, Callable[..., BaseResponse]]] = [
            ("POST", f"/admin/api/{API_VERSION}/graphql.json", self._graphql),
            ("GET", "/admin/oauth/authorize", self._authorize),
            ("POST", "/admin/oauth/access_token", self._access_token),
            ("PUT", "/staged/<token>/<name>", self._put),
            ("POST", "/staged", self._post),
            ("GET", "/cdn/shop/files/<path:name>", self._image),
            ("GET", "/bulk/<name>", self._export),
        ]
        for method, path, view in rules:
            app.add_url_rule(at + path, endpoint=at + path, view_func=view, methods=[method])

    def _graphql(self) -> BaseResponse:
        asked: Any = request.get_json(silent=True)
        is_request = isinstance(asked, dict) and isinstance(asked.get("query"), str)
        found = OPERATION.search(asked["query"]) if is_request else None
        operation = found[1] if found else ""
        return self._faulty(operation, partial(self._answer, operation, asked if is_request else None))

    def _answer(self, operation: str, asked: dict[str, Any] | None) -> BaseResponse:
        with self.state.begin() as session:
            access = Access(session, self.shop, self.secret, self.faults)
            scopes = access.scopes_of(request.headers.get("X-Shopify-Access-Token", ""))
            if scopes is None:
                return _unauthorized()
            if asked is None:
                abort(400)

            def root(kind: OperationType) -> Queries | Mutations:
                if kind is OperationType.MUTATION:
                    export = partial(begin, session, self.admin.schema, self.faults, scopes)
                    return Mutations(session, self.shop, self.outbox, self.delay, export)
                return Queries(session, self.shop, scopes, self.faults)

            throttled = bool(self.faults.strikes("throttle", operation))
            reply = self.admin.execute(
                asked["query"], asked.get("variables") or {}, root, _checked(scopes), throttled=throttled
            )
        self.processor.rounds.wake()
        self.exporter.rounds.wake()
        return jsonify(reply)

    def _authorize(self) -> BaseResponse:
        """A merchant who approves whatever is asked for, at once."""
        asked = request.args
        try:
            with self.state.begin() as session:
                access = Access(session, self.shop, self.secret, self.faults)
                code = access.approve(asked.get("client_id", ""), asked.get("scope", ""))
        except OAuthError as refusal:
            return _refused(refusal)
        where = asked.get("redirect_uri") or abort(400)
        return redirect(callback(self.shop, self.secret, where, code, asked.get("state", "")))

    def _access_token(self) -> BaseResponse:
        return self._faulty("access_token", self._grant)

    def _grant(self) -> BaseResponse:
        sent = request.get_json(silent=True)
        asked = sent if isinstance(sent, dict) else request.form
        try:
            with self.state.begin() as session:
                return jsonify(Access(session, self.shop, self.secret, self.faults).grant(asked))
        except OAuthError as refusal:
            return _refused(refusal)

    def _put(self, token: str, name: str) -> BaseResponse:  # noqa: ARG002 (part of the path)
        return self._faulty("upload", lambda: self._receive(token, "PUT", request.get_data(), status=200))

    def _post(self) -> BaseResponse:
        token = request.form.get("key", "").partition("/")[0]
        sent = request.files.get("file")
        data = sent.read() if sent else None
        return self._faulty("upload", lambda: self._receive(token, "POST", data, status=201))

    def _receive(self, token: str, method: str, data: bytes | None, status: int) -> Response:
        """A staged upload lies with another host in the real thing, which must never see the shop's token."""
        if "X-Shopify-Access-Token" in request.headers or data is None:
            abort(400)
        with self.state.begin() as session:
            target = open_target(session, token)
            if target is None or target.method != method or self.faults.strikes("expire_targets"):
                abort(403)
        if not self.faults.strikes("forget_uploads"):
            self.files.stage(token, data)
        return Response(status=status)

    def _image(self, name: str) -> BaseResponse:
        return self._faulty("image", lambda: self._bytes(name))

    def _bytes(self, name: str) -> Response:
        with self.state.begin() as session:
            media = session.scalar(select(Media).filter_by(filename=name, status="READY"))
            data = self.files.image(media.digest) if media else None
            mime_type = media.mime_type if media else ""
        if data is None:
            abort(404)
        data = narrowed(data, request.args.get("width", type=int))
        kept = {"Cache-Control": f"public, max-age={A_YEAR}, immutable", "X-Content-Type-Options": "nosniff"}
        return Response(data, mimetype=mime_type, headers=kept)

    def _export(self, name: str) -> BaseResponse:
        return self._faulty("export", lambda: self._lines(name))

    def _lines(self, name: str) -> BaseResponse:
        """Another host in the real thing, which must never see the shop's token; it knows byte ranges."""
        if "X-Shopify-Access-Token" in request.headers:
            abort(400)
        path = self.exporter.file(name) or abort(404)
        reply = send_file(path.resolve(), mimetype="application/jsonl", conditional=True)
        cut = self.faults.strikes("cut_download")
        if cut is None:
            return reply
        with closing(reply):
            reply.direct_passthrough = False
            return Response(iter((reply.get_data()[:cut],)), reply.status_code, reply.headers)

    def _faulty(self, operation: str, view: Callable[[], BaseResponse]) -> BaseResponse:
        """What the view answers, unless a fault stands in for it or cuts it off."""
        with self.counting:
            self.seen[operation] += 1
        instead: Answer | None = self.faults.strikes("answer", operation)
        if instead:
            return Response(status=instead.status, headers=dict(instead.headers))
        reply = view()
        return _cut_off() if self.faults.strikes("lose_reply", operation) else reply


def flask_app(stores: Iterable[Routes]) -> Flask:
    """One app for these stores."""
    app = Flask("local-store", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MOST_UPLOAD
    app.url_map.strict_slashes = False
    for store in stores:
        store.register(app)
    return app


def _checked(scopes: Scopes) -> Callable[[str, dict[str, Any]], None]:
    return partial(check, scopes)


def _cut_off() -> Response:
    """A reply without its body: the server closes the connection when less comes than was announced."""
    reply = Response(iter(()), mimetype="application/json")
    reply.headers["Content-Length"] = "2"
    return reply


def _refused(refusal: OAuthError) -> Response:
    reply = jsonify(error=refusal.code, error_description=str(refusal))
    reply.status_code = refusal.status
    return reply


def _unauthorized() -> Response:
    reply = jsonify(errors="[API] Invalid API key or access token (unrecognized login or wrong password)")
    reply.status_code = 401
    return reply
