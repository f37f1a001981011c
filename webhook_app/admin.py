"""The admin endpoints: JSON under /admin/shops/<shop>, for whoever holds a token (`bestshot token create`).

Every address here names a shop, and no view is reached unless that shop is connected and the token is for it.
"""

from __future__ import annotations

import re
from typing import Any

import structlog
from flask import Blueprint, Response, jsonify, make_response, request, url_for
from pydantic import BaseModel, ConfigDict, ValidationError
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import BadRequest, HTTPException, NotFound, Unauthorized, UnsupportedMediaType
from werkzeug.wrappers import Response as AnyResponse

from infra.errors import BestshotError
from infra.services import Services
from infra.syncs import SyncMode
from webhook_app import problems, scene_admin
from webhook_app.browser import guard
from webhook_app.sync_runs import begin_sync

REALM = "Bestshot admin"
"""Two words, or Werkzeug would not quote it as it must be: https://www.rfc-editor.org/rfc/rfc9110#section-11.5"""
BODY_LIMIT = 4_096
"""Bytes."""

log = structlog.get_logger()


class SyncWanted(BaseModel):
    """The body of a request for a sync; what it leaves out is as in `bestshot sync`."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    mode: SyncMode = "changes"
    dry_run: bool = False


def blueprint(services: Services) -> Blueprint:
    """Start a sync of a shop, and read what came of those there were."""
    admin = Blueprint("admin", __name__, url_prefix="/admin/shops/<shop>")

    @admin.before_request
    def let_in() -> None:
        request.max_content_length = BODY_LIMIT
        _let_in(services)

    @admin.post("/syncs")
    def begin(shop: str) -> Response:
        wanted = _wanted()
        begun = begin_sync(services, shop, wanted.mode, dry_run=wanted.dry_run, asked_by="admin")
        log.info("sync asked for", shop=shop, run=begun.run_id, joined=begun.joined)
        sync = _sync(services, shop, begun.run_id)
        said = {name: sync[name] for name in ("id", "mode", "dry_run", "status")} | {"joined": begun.joined}
        where = url_for("admin.one", shop=shop, run_id=begun.run_id)
        return make_response(jsonify(said), 202, {"Location": where})

    @admin.get("/syncs")
    def recent(shop: str) -> Response:
        return jsonify(syncs=[_shown(sync) for sync in services.syncs.recent(shop, _limit())])

    @admin.get("/syncs/<run_id>")
    def one(shop: str, run_id: str) -> Response:
        return jsonify(_sync(services, shop, run_id))

    admin.register_blueprint(scene_admin.blueprint(services))

    # The app's, not the blueprint's: an address or a method that is not here belongs to no blueprint.
    # https://flask.palletsprojects.com/en/stable/errorhandling/#blueprint-error-handlers
    @admin.app_errorhandler(HTTPException)
    def refused(error: HTTPException) -> HTTPException | AnyResponse:
        return problems.answer(error) if _is_ours() else error

    @admin.errorhandler(BestshotError)
    def failed(error: BestshotError) -> AnyResponse:
        log.error("admin call failed", why=str(error))
        return problems.answer(problems.as_http(error))

    @admin.after_app_request
    def private(response: Response) -> Response:
        if _is_ours():
            guard(response).headers["Cache-Control"] = "no-store"
        return response

    return admin


def _let_in(services: Services) -> None:
    """Unauthorized without a token in force, NotFound where it gives access to nothing.

    A shop that the token is not for is answered as one that does not exist: who else is here stays untold.
    """
    given = request.authorization
    if given is None or given.type != "bearer" or not given.token:
        raise _unauthorized("Send a token as `Authorization: Bearer …`; `bestshot token create` makes one.")
    token = services.admin_tokens.find(given.token)
    if token is None:
        log.warning("admin call refused", address=request.remote_addr)
        raise _unauthorized(
            "The token is wrong or was revoked; `bestshot token create` makes one.", "invalid_token"
        )
    shop = (request.view_args or {})["shop"]
    # Postgres takes no NUL in a text, and no name here has anything that cannot be printed.
    if not (request.path.isprintable() and token.admits(shop) and services.installations.is_active(shop)):
        raise NotFound(
            "No store of that name is connected that this token is for. Write it as name.myshopify.com; "
            "`bestshot connect` connects a store, and `bestshot token list` shows what each token is for."
        )


def _unauthorized(detail: str, error: str = "") -> Unauthorized:
    """https://www.rfc-editor.org/rfc/rfc6750#section-3: who sent no token is told of no error."""
    parameters: dict[str, str | None] = {"realm": REALM}
    if error:
        parameters["error"] = error
    return Unauthorized(detail, www_authenticate=WWWAuthenticate("bearer", parameters))


def _wanted() -> SyncWanted:
    """What the body asks for; no body asks for the usual."""
    body = request.get_data()
    if not body:
        return SyncWanted()
    if not request.is_json:
        raise UnsupportedMediaType("Send the body as JSON, with `Content-Type: application/json`.")
    try:
        return SyncWanted.model_validate_json(body)
    except ValidationError as error:
        faults = [(".".join(map(str, one["loc"])) or "body", one["msg"]) for one in error.errors()]
        raise BadRequest("; ".join(f"{where}: {what}" for where, what in faults)) from None


def _limit() -> int:
    given = request.args.get("limit", "20")
    if not re.fullmatch("[1-9][0-9]?|100", given):
        raise BadRequest("limit: From 1 to 100 syncs can be listed.")
    return int(given)


def _sync(services: Services, shop: str, run_id: str) -> dict[str, Any]:
    found = services.syncs.read(shop, run_id)
    if found is None:
        raise NotFound(f"This store has no such sync; {url_for('admin.recent', shop=shop)} lists them.")
    return _shown(found)


def _shown(sync: dict[str, Any]) -> dict[str, Any]:
    return {"id": sync.pop("run_id"), **sync}


def _is_ours() -> bool:
    return request.path == "/admin" or request.path.startswith("/admin/")
