"""The access token of each shop: kept, renewed before it expires or when it is refused, shared by processes.

How a shop is never lost in a race, a crash or a lost reply:

- Whoever asks for a token holds the shop's lock and reads the row again in it; mostly it is new by then.
- The reply is stored in one transaction, in place of the very version it came from, before it is used. Where
  that version is gone (connected anew, forgotten, or the lock's own connection broke), what is there counts.
- Shopify takes a refresh token again until its successor is used. So a lost reply, a crash before the reply
  is stored and a failed write all leave a row that works; and the spent refresh token stays in the row beside
  its successor, for the case that another process' reply is the one that Shopify holds to.

A process trusts its memory for TRUST_SECONDS; then it reads the row again. So a token that was renewed or
forgotten elsewhere is used for a few seconds more at most, and less where the store refuses it before.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import monotonic

import structlog

from infra.errors import TokenRefused, Unavailable
from infra.keyring import Held, Keyring, Kind
from infra.locks import PATIENCE, Locks
from infra.shopify.oauth import SPENT, Grant, OAuth

EARLY_SECONDS = 300
"""A token is renewed this long before it expires, so that none expires on its way."""
TRUST_SECONDS = 5.0
PAUSE_SECONDS = 30.0
"""Between two tries to renew early, while the old token still does."""
FRESH = timedelta(seconds=60)
MOST_REFUSALS = 3
"""So many tokens in a row refused while they were fresh: it is not the token, and no other is asked for."""

log = structlog.get_logger()


class Tokens:
    """The credentials of every shop; safe to use from several threads."""

    def __init__(self, keyring: Keyring, oauth: OAuth, locks: Locks) -> None:
        self._keyring, self._oauth, self._locks = keyring, oauth, locks
        self._shops: dict[str, ShopToken] = {}
        self._turn = threading.Lock()

    def of(self, shop: str) -> ShopToken:
        """A shop's credentials; TokenRefused when the shop is not connected here."""
        found = self._shop(shop)
        found.look()
        return found

    def keep(self, shop: str, kind: Kind, grant: Grant) -> None:
        """Store credentials that are there already, in place of whatever was."""
        self._keyring.put(shop, Held(kind, grant))
        self._shop(shop).forget()

    def obtain(self, shop: str, kind: Kind, ask: Callable[[], Grant]) -> None:
        """Ask for credentials and store them, while nobody else does: an answer may end the ones before."""
        with self._locks.hold(_lock(shop), PATIENCE):
            self.keep(shop, kind, ask())

    def kind(self, shop: str) -> Kind | None:
        """Of which kind the credentials are; None when the shop is not connected here."""
        return self._keyring.kind(shop)

    def forget(self, shop: str) -> None:
        """Delete a shop's credentials; other processes notice within TRUST_SECONDS, or by a 401 before."""
        self._keyring.delete(shop)
        self._shop(shop).forget()

    def _shop(self, shop: str) -> ShopToken:
        with self._turn:
            if shop not in self._shops:
                self._shops[shop] = ShopToken(shop, self._keyring, self._oauth, self._locks)
            return self._shops[shop]


class ShopToken:
    """The access token of one shop: the Credentials that a Transport asks."""

    def __init__(self, shop: str, keyring: Keyring, oauth: OAuth, locks: Locks) -> None:
        self._shop, self._keyring, self._oauth, self._locks = shop, keyring, oauth, locks
        self._seen: tuple[float, Held] | None = None
        self._pause_until = 0.0

    def __repr__(self) -> str:
        return f"ShopToken({self._shop!r})"

    def token(self) -> str:
        """A token that is good for EARLY_SECONDS, or, while somebody renews it or nobody can, the old one."""
        held = self.look()
        if not self._is_due(held):
            return held.grant.access_token
        if held.grant.expires_within(0):
            return self._renewed(self._is_due)
        try:
            return self._renewed(self._is_due, patience=0)
        except Unavailable as error:
            self._pause_until = monotonic() + PAUSE_SECONDS
            log.warning("access token not renewed yet", shop=self._shop, why=str(error))
            return held.grant.access_token

    def replace(self, refused: str) -> str:
        """A token other than the one that the store has just refused; TokenRefused when there is none."""
        return self._renewed(
            lambda held: held.grant.access_token == refused or held.grant.expires_within(0), refused
        )

    def look(self) -> Held:
        """The credentials, from memory while that can be trusted."""
        seen = self._seen  # once: another thread may forget it meanwhile
        return seen[1] if seen and monotonic() - seen[0] < TRUST_SECONDS else self._read()

    def forget(self) -> None:
        """Read the row again at the next look."""
        self._seen = None

    def _read(self) -> Held:
        self._seen = None
        held = self._keyring.get(self._shop)
        if held is None:
            raise TokenRefused(f"{self._shop} is not connected here; run: bestshot connect {self._shop}")
        return self._remember(held)

    def _remember(self, held: Held) -> Held:
        self._seen = (monotonic(), held)
        return held

    def _is_due(self, held: Held) -> bool:
        return held.grant.expires_within(0 if monotonic() < self._pause_until else EARLY_SECONDS)

    def _renewed(self, is_due: Callable[[Held], bool], refused: str = "", patience: float = PATIENCE) -> str:
        """The token that is there once it is our turn; a new one where that is due, too."""
        with self._locks.hold(_lock(self._shop), patience):
            held = self._read()
            if is_due(held):
                held = self._renew(held, refused)
            return held.grant.access_token

    def _renew(self, held: Held, refused: str) -> Held:
        fresh = datetime.now(UTC) - held.obtained_at < FRESH
        refusals = held.refusals + 1 if refused and fresh else 0
        if refusals == MOST_REFUSALS:
            raise TokenRefused(f"{self._shop} refuses even new access tokens; {_remedy(self._shop, held)}")
        try:
            new = replace(self._ask(held), refusals=refusals)
        except TokenRefused:
            there = self._read()
            if there.version == held.version:
                raise
            return there
        if not self._keyring.replace(self._shop, held.version, new):
            return self._read()
        log.info("access token renewed", shop=self._shop, kind=held.kind)
        return self._remember(new)

    def _ask(self, held: Held) -> Held:
        if held.kind == "client_credentials":
            return Held(held.kind, self._oauth.client_credentials(self._shop))
        for refresh_token in filter(None, (held.grant.refresh_token, held.spent)):
            try:
                grant = self._oauth.refresh(self._shop, refresh_token)
            except TokenRefused as error:
                if error.code not in SPENT:
                    raise
            else:
                return Held(held.kind, grant, spent=refresh_token)
        raise TokenRefused(f"{self._shop} no longer takes our access token; {_remedy(self._shop, held)}")


def _lock(shop: str) -> str:
    return f"the access token of {shop}"


def _remedy(shop: str, held: Held) -> str:
    if held.kind == "offline":
        return "the merchant must open the app in the store's admin, or install it again"
    return f"look there whether the app is still installed, then run: bestshot connect {shop}"
