"""What a local shop is: its domain and address, its settings, and the one app that may be installed in it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Shop:
    """One shop. `url` is where it is served, `currency` an ISO 4217 code, `timezone` an IANA name."""

    domain: str
    url: str
    client_id: str
    currency: str = "USD"
    locale: str = "en"
    timezone: str = "Europe/Berlin"

    @property
    def name(self) -> str:
        """The shop's name: "kit-shop.myshopify.com" is Kit Shop."""
        return self.domain.partition(".")[0].replace("-", " ").title()

    @property
    def number(self) -> int:
        """The number in the shop's own gid."""
        return digits(self.domain)

    @property
    def app(self) -> int:
        """The number of the app; the same in every shop."""
        return digits(self.client_id)

    def namespace(self, name: str) -> str:
        """A metafield namespace in full: "$app" is the app's own, "$app:care" one inside it.

        https://shopify.dev/docs/apps/build/custom-data/ownership
        """
        head, colon, rest = name.partition(":")
        return f"app--{self.app}" + (f"--{rest}" if colon else "") if head == "$app" else name

    def payload(self) -> dict[str, Any]:
        """The body of app/uninstalled: the shop as the REST API shows it, in part.

        https://shopify.dev/docs/api/webhooks/latest?reference=toml#list-of-topics-app/uninstalled
        """
        return {
            "id": self.number,
            "name": self.name,
            "email": f"owner@{self.domain}",
            "domain": self.domain,
            "myshopify_domain": self.domain,
            "currency": self.currency,
            "iana_timezone": self.timezone,
            "primary_locale": self.locale,
            "plan_name": "basic",
        }


def digits(text: str) -> int:
    """A number of eleven digits made of a text, as the ids of shops and apps have."""
    return 10**10 + int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) % 10**10
