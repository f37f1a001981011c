"""How a merchant installs the public app: by consent at the store, or from inside the store's admin.

https://shopify.dev/docs/apps/build/authentication-authorization
"""

from __future__ import annotations

import hmac
import secrets
from functools import partial

import structlog
from flask import Blueprint, Request, Response, jsonify, make_response, redirect, request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.exceptions import BadRequest, Forbidden, HTTPException, Unauthorized

from infra.errors import BestshotError, OutsideError, SettingsError, TokenRefused, Unavailable
from infra.services import Services
from infra.settings import Settings
from infra.shopify.install import is_signed, permission_url, shop_domain, shop_of_session
from webhook_app.browser import guard
from webhook_app.connect import alone, set_up
from webhook_app.sync_runs import begin_sync

COOKIE = "bestshot_install"
CONSENT_SECONDS = 600
"""How long a merchant may look at the permissions."""
AGAIN = {"X-Shopify-Retry-Invalid-Session-Request": "1"}
"""Has App Bridge fetch a new session token and ask once more."""

log = structlog.get_logger()


def blueprint(services: Services) -> Blueprint:
    """GET /auth and /auth/callback, for a browser; POST /auth/session, for the app's pages in the admin."""
    auth = Blueprint("auth", __name__, url_prefix="/auth")
    auth.after_request(guard)
    settings = services.settings

    @auth.get("")
    def begin() -> Response:
        query = _query(request)
        if "hmac" in query and not is_signed(settings, query):
            raise Unauthorized("Shopify did not make this link, or long ago. Start from your store's admin.")
        return _to_permission_page(settings, shop_domain(query.get("shop", "")))

    @auth.get("/callback")
    def callback() -> Response:
        return _install(services, _query(request))

    @auth.post("/session")
    def session() -> Response:
        return _open(services, request.headers.get("Authorization", ""))

    @auth.errorhandler(HTTPException)
    def denied(error: HTTPException) -> Response:
        return _say(error.description or error.name, error.code or 500)

    @auth.errorhandler(BestshotError)
    def failed(error: BestshotError) -> Response:
        log.warning("install failed", why=str(error))
        stale = isinstance(error, TokenRefused) and error.code == "invalid_subject_token"
        return _say(str(error), 401 if stale else _status(error))

    return auth


def _install(services: Services, query: dict[str, str]) -> Response:
    """Back from the permission page: the shop is connected with what the merchant's consent gives."""
    settings = services.settings
    shop = _consented(settings, query)
    with alone(services, shop):
        ask = partial(services.oauth.exchange_code, shop, query["code"])
        services.tokens.obtain(shop, "offline", ask)
        new = not services.installations.is_active(shop)
        done = set_up(services, shop, settings.app_url)
    if new:
        _begin_first_sync(services, shop)
    # Not back to the store's admin: the app's address there leads to /auth, and round in a circle.
    answer = _say(f"{done.name} is connected. Products listed from now on get their images.", 200)
    answer.delete_cookie(COOKIE, path="/auth")
    return answer


def _open(services: Services, authorization: str) -> Response:
    """The app's page was opened in the admin: connect the shop unless it is, with what its session gives."""
    settings = services.settings
    _require(settings)
    shop = shop_of_session(settings, authorization)
    if shop is None:
        raise Unauthorized("The session token is not valid (any more). Reload the page.")
    with alone(services, shop):
        new = not _has_access(services, shop)
        if new:
            token = authorization.removeprefix("Bearer ")
            services.tokens.obtain(shop, "offline", partial(services.oauth.exchange_session, shop, token))
        if new or not services.installations.is_active(shop):
            set_up(services, shop, settings.app_url)
            _begin_first_sync(services, shop)
    return jsonify(shop=shop, new=new)


def _to_permission_page(settings: Settings, shop: str) -> Response:
    """Off to the store, with a note in the browser of which shop it was and what must come back."""
    _require(settings)
    state = secrets.token_urlsafe(24)
    answer = _redirect(permission_url(settings, shop, f"{settings.app_url}/auth/callback", state))
    answer.set_cookie(
        COOKIE,
        _signer(settings).dumps([shop, state]),
        max_age=CONSENT_SECONDS,
        path="/auth",
        secure=settings.app_url.startswith("https:"),
        httponly=True,
        samesite="Lax",
    )
    return answer


def _consented(settings: Settings, query: dict[str, str]) -> str:
    """The shop whose merchant came back with consent, in the browser that was sent there."""
    _require(settings)
    if not is_signed(settings, query):
        raise Unauthorized("Shopify did not sign this answer, or it is too old. Start again at /auth.")
    shop = shop_domain(query.get("shop", ""))
    try:
        sent = _signer(settings).loads(request.cookies.get(COOKIE, ""), max_age=CONSENT_SECONDS)
    except BadSignature:
        sent = ["", ""]
    if sent[0] != shop or not hmac.compare_digest(sent[1].encode(), query.get("state", "").encode()):
        raise Forbidden("This browser did not start here, or too long ago. Start again at /auth.")
    if not query.get("code"):
        raise Forbidden("The store gave no consent. Start again at /auth to be asked once more.")
    return shop


def _has_access(services: Services, shop: str) -> bool:
    """Whether what we hold works: asked of the store, for a token may be dead before its time is up."""
    try:
        services.store(shop).installation()
    except (TokenRefused, SettingsError):
        return False
    return True


def _begin_first_sync(services: Services, shop: str) -> None:
    try:
        begin_sync(services, shop, asked_by="install")
    except Unavailable as error:  # the shop is connected all the same, and the night brings the next one
        log.warning("first sync not started", shop=shop, why=str(error))


def _query(asked: Request) -> dict[str, str]:
    if any(len(values) > 1 for _, values in asked.args.lists()):
        raise BadRequest("The address names something twice. Start again at /auth.")
    return asked.args.to_dict()


def _require(settings: Settings) -> None:
    if not (settings.app_url and settings.shopify_api_key and settings.webhook_secrets):
        raise SettingsError("set BESTSHOT_APP_URL, SHOPIFY_API_KEY and SHOPIFY_API_SECRET to install the app")


def _signer(settings: Settings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.shopify_api_secret.get_secret_value(), salt="install")


def _redirect(url: str) -> Response:
    return make_response(redirect(url, 302))


def _status(error: BestshotError) -> int:
    if isinstance(error, (Unavailable, SettingsError)):
        return 503
    return 403 if isinstance(error, OutsideError) else 400


def _say(sentence: str, status: int) -> Response:
    """A sentence for a visitor, as plain text: nothing in it can be markup. The app's pages get JSON."""
    if request.method == "POST":
        return make_response(jsonify(error=sentence), status, AGAIN if status == 401 else {})
    return make_response(sentence, status, {"Content-Type": "text/plain; charset=utf-8"})
