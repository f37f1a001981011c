"""One shop's Admin API, by subject."""

from __future__ import annotations

from infra.shopify.bulk import Bulk
from infra.shopify.files import Files
from infra.shopify.metafields import Metafields
from infra.shopify.orders import Orders
from infra.shopify.products import Products
from infra.shopify.replies import Shop
from infra.shopify.sales import Sales
from infra.shopify.subscriptions import Subscriptions
from infra.shopify.transport import Credentials, Transport


class Shopify:
    """One shop's Admin API. `base_url` is "https://<shop>" or a local store's `url`."""

    def __init__(self, base_url: str, shop: str, credentials: Credentials) -> None:
        self._api = Transport(base_url, shop, credentials)
        self.files = Files(self._api)
        self.products = Products(self._api, self.files)
        self.metafields = Metafields(self._api)
        self.subscriptions = Subscriptions(self._api)
        self.sales = Sales(self._api)
        self.orders = Orders(self._api)
        self.bulk = Bulk(self._api, base_url)
        self.costs = self._api.costs

    def __repr__(self) -> str:
        return f"Shopify({self._api.shop!r})"

    def close(self) -> None:
        """Close the connections that are kept alive."""
        self._api.close()

    def shop(self) -> Shop:
        """Name, domain and time zone."""
        found = self._api.query("shop")["shop"]
        return Shop(found["name"], found["myshopifyDomain"], found["ianaTimezone"])

    def locale(self) -> str:
        """The primary language as "en" or "pt-BR"; ScopeMissing without read_locales."""
        found = self._api.query("shop_locales")["shopLocales"]
        return next((str(locale["locale"]) for locale in found if locale["primary"]), "en")

    def installation(self) -> tuple[str, frozenset[str]]:
        """The app's own gid in this shop, and the scopes that the access token has."""
        found = self._api.query("app_installation")["currentAppInstallation"]
        return str(found["app"]["id"]), frozenset(scope["handle"] for scope in found["accessScopes"])
