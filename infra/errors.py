"""The error tree. Foreign errors are translated into it where they enter.

BestshotError
├── SettingsError            a setting is missing or cannot be used
├── InputError               what we were given cannot be used; says where
│   ├── CatalogError         a row or column of a catalog folder
│   └── ImageError           bytes that are not a usable image
├── WebhookRefused           an incoming webhook that starts nothing
│   ├── BadSignature
│   ├── Malformed
│   ├── TooLarge
│   ├── UnknownTopic
│   └── UnknownShop
├── OutsideError             something outside did not do its part
│   ├── Unavailable          try again: time-outs, resets, 5xx, locked files
│   │   ├── Throttled        try again, but not before `retry_after` seconds
│   │   ├── Unbilled         and what was asked costs nothing: it never left us, or failed there
│   │   └── Unanswered       nobody knows what came of it: it may have been done, and billed
│   ├── Mismatch             two of its figures that should be the same are not
│   └── Refused              the same request will be refused again
│       ├── NotFound         the thing asked for is not there
│       ├── UserErrors       the store finds fault with fields that we sent; names them
│       ├── Closed           the store is frozen, locked or forbidden to us; it may open again
│       ├── ScopeMissing     the access token may not do this
│       ├── TokenRefused     the store does not take (or give) the access token
│       ├── KeyRefused       a model's provider does not take our API key
│       ├── OutOfCredit      the account at a model's provider is empty
│       └── TooBig           one request holds more than the provider takes; a smaller one may pass
├── OverBudget               an expense would pass a budget; nothing was bought
├── Cancelled                the run's product or shop is gone: nothing more is done for it
├── PaintError               a painter gave no usable image
│   ├── NoImage              the model answered without an image, or with half of one
│   └── Blocked              the model's safety filter refused
└── FontMissing              no installed font has the letters of a text

`can_retry` says whether the same call may succeed later, `retry_after` how soon at the earliest: the durable
step that made the call waits for it (infra/durable.py), and nobody else tries again.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal


class BestshotError(Exception):
    """Root of the tree. The message is safe to show: it never holds a secret."""

    can_retry = False


class SettingsError(BestshotError):
    """A setting is missing or cannot be used."""


class InputError(BestshotError):
    """What we were given cannot be used."""


class CatalogError(InputError):
    """A file, row or column of a catalog folder cannot be used."""

    def __init__(self, message: str, *, file: str, row: int | None = None) -> None:
        where = file if row is None else f"{file} row {row}"
        super().__init__(f"{where}: {message}")
        self.file = file
        self.row = row


class ImageError(InputError):
    """Bytes that are not an image we can use."""


class WebhookRefused(BestshotError):
    """An incoming webhook that starts nothing. `status` is the HTTP answer it gets."""

    status = 400


class BadSignature(WebhookRefused):
    """The HMAC is missing, or does not match any of our secrets."""

    status = 401


class Malformed(WebhookRefused):
    """A header is missing or the body is not the JSON we expect."""


class TooLarge(WebhookRefused):
    """The body is over the size limit."""

    status = 413


class UnknownTopic(WebhookRefused):
    """Signed by Shopify, but about something we never asked for."""

    status = 404


class UnknownShop(WebhookRefused):
    """Signed by Shopify, but for a shop that is not connected here."""

    status = 404


class OutsideError(BestshotError):
    """A service outside this process did not do its part."""


class Unavailable(OutsideError):
    """It may work later."""

    can_retry = True


class Throttled(Unavailable):
    """It will work once `retry_after` seconds have passed."""

    def __init__(self, message: str, retry_after: float = 5.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unbilled(Unavailable):
    """What was asked is not billed: no connection came about, or the provider answered with an error."""


class Unanswered(Unavailable):
    """Nobody knows what came of it: it may have been done, and billed, and be billed again."""


class Mismatch(OutsideError):
    """Two figures of the store that should be the same are not; the text names both."""


class Refused(OutsideError):
    """The same request will be refused again."""


class NotFound(Refused):
    """The thing asked for is not there."""


class UserErrors(Refused):
    """The store finds fault with what we sent: `fields` as dotted paths, `codes` as its enum values."""

    def __init__(
        self, message: str, fields: tuple[str, ...] = (), codes: frozenset[str] = frozenset()
    ) -> None:
        super().__init__(message)
        self.fields, self.codes = fields, codes


class Closed(Refused):
    """The store is frozen, locked or forbidden to us. Not for a moment, but it may open again."""


class ScopeMissing(Refused):
    """The access token is good, but may not do this."""


class TokenRefused(Refused):
    """The store does not take the access token, or gives none: uninstalled, revoked, wrong secret.

    `code` is OAuth's own word for it, as "invalid_grant", where the token endpoint gave one.
    """

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class KeyRefused(Refused):
    """A model's provider does not take our API key."""


class OutOfCredit(Refused):
    """The account at a model's provider is empty: a person must fill it."""


class TooBig(Refused):
    """One request holds more than the provider takes; half of it may pass."""


class OverBudget(BestshotError):
    """An expense would pass a budget; nothing was bought. `budget` is the one, `until` when it is renewed.

    `until` is None where it never is: of a listing's budget, and where the whole budget would not do.
    """

    def __init__(self, message: str, budget: str = "", until: datetime | None = None) -> None:
        super().__init__(message)
        self.budget, self.until = budget, until


class Cancelled(BestshotError):
    """The run's product or shop is gone: nothing more is painted or published for it."""


class PaintError(BestshotError):
    """A painter gave no usable image. `cost_usd` was billed all the same; None where nobody said."""

    def __init__(self, message: str, cost_usd: Decimal | None = None) -> None:
        super().__init__(message)
        self.cost_usd = cost_usd


class NoImage(PaintError):
    """The model answered without an image, or with one that is broken; the text says what it said instead."""


class Blocked(PaintError):
    """The model's safety filter refused; the text holds its reasons."""


class FontMissing(BestshotError):
    """No installed font has the letters of a text."""
