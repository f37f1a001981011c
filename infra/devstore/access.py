"""Who may use the API: the app's tokens in one shop, how they are got, and how long they last.

https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from infra.devstore.faults import Faults
from infra.devstore.scopes import Scopes, implied, written
from infra.devstore.shop import Shop
from infra.devstore.state import now
from infra.devstore.tokens import (
    CODE,
    DAY_TOKEN,
    HOUR_TOKEN,
    REFRESH,
    RETRY,
    AccessToken,
    App,
    Code,
    RefreshToken,
)

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105 (the name of a kind)
OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"
Reply = dict[str, Any]


class OAuthError(Exception):
    """Why no token is given: an OAuth error code, a sentence, and the HTTP status of the answer."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.status = code, status


@dataclass(frozen=True)
class Access:
    """The app's access to one shop, for the length of one database session."""

    session: Session
    shop: Shop
    secret: str
    faults: Faults

    def app(self) -> App:
        return self.session.scalars(select(App)).one()

    def begin(self, scopes: Collection[str], fixed: str) -> None:
        """Install the app into a new shop, with a fixed token; one that was uninstalled stays so."""
        app = self.session.scalar(select(App))
        if app is None:
            app = App(scopes=sorted(scopes))
            self.session.add(app)
        app.scopes = sorted(scopes)
        if fixed and not app.left:
            self.session.merge(AccessToken(token=fixed, kind="admin", scopes=sorted(scopes)))

    def scopes_of(self, token: str) -> Scopes | None:
        """What a token may do; None when it is unknown, revoked or over."""
        found = self.session.get(AccessToken, token)
        if found is None or (found.expires_at and found.expires_at <= now()):
            return None
        if found.expires_at and self.faults.expired("access", found.issued_at):
            return None
        return implied(found.scopes)

    def admin_token(self, scopes: Collection[str]) -> str:
        """A token without an end, as the admin of a store gave to its custom apps."""
        return self._issue("admin", scopes, None).token

    def uninstall(self) -> None:
        """Revoke everything that the app was given."""
        app = self.app()
        app.installed, app.left = False, True
        for kind in (AccessToken, RefreshToken, Code):
            self.session.execute(delete(kind))

    def install(self) -> None:
        """A merchant installs the app (again); it has no token yet."""
        self.app().installed = True

    def approve(self, client_id: str, scopes: str) -> str:
        """A merchant approves the app, which installs it; returns an authorization code.

        Without `scopes` the app gets those that it is configured with.
        """
        if client_id != self.shop.client_id:
            raise OAuthError("invalid_request", "Could not find Shopify API application with that api_key")
        self.install()
        asked = [scope.strip() for scope in scopes.split(",") if scope.strip()] or self.app().scopes
        made = Code(code=secrets.token_hex(16), scopes=asked, expires_at=now() + CODE)
        self.session.add(made)
        return made.code

    def grant(self, asked: Mapping[str, Any]) -> Reply:
        """The reply to a token request, or OAuthError."""
        self._authenticate(asked)
        match asked.get("grant_type") or ("authorization_code" if asked.get("code") else ""):
            case "client_credentials":
                return self._client_credentials()
            case "authorization_code":
                return self._redeem(str(asked.get("code")), _wants_expiry(asked))
            case "refresh_token":
                return self._refresh(str(asked.get("refresh_token")))
            case kind if kind == EXCHANGE:
                return self._exchange(asked)
        raise OAuthError("unsupported_grant_type", "The grant type is not supported")

    def _authenticate(self, asked: Mapping[str, Any]) -> None:
        """The code is what Shopify's libraries expect for a wrong id or secret; the status is a guess."""
        id_fits = asked.get("client_id") == self.shop.client_id
        given = str(asked.get("client_secret") or "").encode()
        if not (id_fits and hmac.compare_digest(given, self.secret.encode())):
            raise OAuthError("invalid_client", "The client id or the client secret is wrong", 401)

    def _client_credentials(self) -> Reply:
        """https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant

        That a second request leaves the first one's token alone is a guess.
        """
        self._must_be_installed()
        return self._reply(self._issue("day", self.app().scopes, DAY_TOKEN))

    def _redeem(self, code: str, expiring: bool) -> Reply:
        found = self.session.get(Code, code)
        if found is None or found.expires_at <= now():
            raise OAuthError("invalid_request", "The authorization code was not found or was already used")
        self.session.delete(found)
        return self._offline(found.scopes, expiring)

    def _exchange(self, asked: Mapping[str, Any]) -> Reply:
        """A session token for an access token; https://shopify.dev/docs/apps/auth/get-access-tokens/token-exchange"""
        self._must_be_installed()
        if asked.get("subject_token_type") != ID_TOKEN or asked.get("requested_token_type") != OFFLINE:
            raise OAuthError("invalid_request", "The local store only exchanges id tokens for offline tokens")
        try:
            claims = jwt.decode(
                str(asked.get("subject_token")),
                self.secret,
                algorithms=["HS256"],
                audience=self.shop.client_id,
                options={"require": ["exp", "dest"]},
            )
        except jwt.InvalidTokenError:
            raise OAuthError("invalid_subject_token", "The session token is not valid") from None
        if claims["dest"] != f"https://{self.shop.domain}":
            raise OAuthError("invalid_subject_token", "The session token is for another shop")
        return self._offline(self.app().scopes, _wants_expiry(asked))

    def _offline(self, scopes: Collection[str], expiring: bool) -> Reply:
        """A new expiring pair, which revokes every earlier one; or the one token that lasts.

        https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/offline-access-tokens
        """
        if not expiring:
            lasting = self.session.scalar(select(AccessToken).filter_by(kind="lasting"))
            if lasting and set(lasting.scopes) == set(scopes):
                return self._reply(lasting)
            self.session.execute(delete(AccessToken).filter_by(kind="lasting"))
            return self._reply(self._issue("lasting", scopes, None))
        self.session.execute(delete(RefreshToken))
        return self._pair(scopes, replaces="")

    def _refresh(self, token: str) -> Reply:
        """A new pair for a refresh token, which may be used again until its replacement is first used.

        Only one expiring access token is active at a time, so the one before ends here. A guess, on the
        strict side: a replacement whose reply was lost is void once the retry has brought another.
        https://shopify.dev/changelog/more-resilient-refreshes-for-expiring-offline-access-tokens
        """
        found = self.session.get(RefreshToken, token)
        if found is None or self._over(found):
            # https://community.shopify.dev/t/520-during-refresh-token-rotation-permanently-orphans-the-offline-access-token/35182
            raise OAuthError("invalid_request", "This request requires an active refresh_token", 401)
        self.session.execute(delete(RefreshToken).where(RefreshToken.token == found.replaces))
        self.session.execute(delete(RefreshToken).where(RefreshToken.replaces == found.token))
        found.used_at = found.used_at or now()
        return self._pair(found.scopes, replaces=found.token)

    def _over(self, refresh: RefreshToken) -> bool:
        moment = now()
        retried_too_late = refresh.used_at is not None and refresh.used_at + RETRY <= moment
        made_to_expire = self.faults.expired("refresh", refresh.issued_at)
        return refresh.expires_at <= moment or retried_too_late or made_to_expire

    def _pair(self, scopes: Collection[str], replaces: str) -> Reply:
        self.session.execute(delete(AccessToken).filter_by(kind="hour"))
        access = self._issue("hour", scopes, HOUR_TOKEN)
        refresh = RefreshToken(
            token=f"shprt_{secrets.token_hex(16)}",
            scopes=list(scopes),
            replaces=replaces,
            expires_at=now() + REFRESH,
        )
        self.session.add(refresh)
        renewal = {
            "refresh_token": refresh.token,
            "refresh_token_expires_in": int(REFRESH.total_seconds()),
        }
        return self._reply(access) | renewal

    def _issue(self, kind: str, scopes: Collection[str], life: timedelta | None) -> AccessToken:
        made = AccessToken(
            token=f"shpat_{secrets.token_hex(16)}",
            kind=kind,
            scopes=sorted(scopes),
            issued_at=now(),
            expires_at=now() + life if life is not None else None,
        )
        self.session.add(made)
        return made

    def _reply(self, token: AccessToken) -> Reply:
        reply: Reply = {"access_token": token.token, "scope": written(token.scopes)}
        if token.expires_at:
            reply["expires_in"] = round((token.expires_at - token.issued_at).total_seconds())
        return reply

    def _must_be_installed(self) -> None:
        """The code is from Shopify's forum; Shopify's own libraries speak of invalid_client here."""
        if not self.app().installed:
            raise OAuthError("app_not_installed", "The application is not installed on this shop.")


def _wants_expiry(asked: Mapping[str, Any]) -> bool:
    return str(asked.get("expiring")).lower() in ("1", "true")
