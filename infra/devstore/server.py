"""The local store: HTTP in front, its threads behind, everything it knows in one folder."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import select

from infra.catalog import CatalogRow
from infra.devstore.access import Access
from infra.devstore.couriers import RETRY_SECONDS, Couriers
from infra.devstore.exporter import Exporter
from infra.devstore.faults import Faults
from infra.devstore.graph import Admin
from infra.devstore.loading import load_rows
from infra.devstore.media import Processor
from infra.devstore.oauth import SESSION_SECONDS, session_token
from infra.devstore.orders import place
from infra.devstore.payloads import compliance_payload
from infra.devstore.routes import Routes, flask_app
from infra.devstore.scopes import ALL
from infra.devstore.shop import Shop
from infra.devstore.state import Product, State, Subscription, gid, now, number_of
from infra.devstore.uploads import FileStore, forget_expired
from infra.devstore.webhooks import Outbox
from infra.wsgi import address, bind, serving


class LocalStore:
    """A shop on 127.0.0.1, open while the `with` block runs; `port` 0 takes a free one.

    `access_token` is one that the app has already, with `scopes`; empty means none. `media_delay` is how many
    seconds an image, a reordering or an export takes, `retry_seconds` the waits before a webhook is sent
    again, `restore_rate` the points a second that the API gives (1000 is Shopify Plus). With a `listener` of
    others the store does not serve itself, and `numbers_from` is where its ids begin: see LocalShopify.
    """

    def __init__(
        self,
        folder: Path,
        *,
        shop: str = "bestshot-demo.myshopify.com",
        client_id: str = "local-app",
        client_secret: str,
        access_token: str = "",
        scopes: Collection[str] = ALL,
        currency: str = "USD",
        locale: str = "en",
        timezone: str = "Europe/Berlin",
        port: int = 0,
        media_delay: float = 0.2,
        retry_seconds: tuple[float, ...] = RETRY_SECONDS,
        restore_rate: int = 1000,
        listener: socket.socket | None = None,
        numbers_from: int = 0,
    ) -> None:
        self.shop, self._secret, self._numbers_from = shop, client_secret, numbers_from
        self.faults = Faults()
        self._state = State(folder, numbers_from)
        self._files = FileStore(folder)
        self._listener = listener or bind("127.0.0.1", port)
        self._serves_itself = listener is None
        self.url = f"{address(self._listener)}/{shop}"
        self._about = Shop(shop, self.url, client_id, currency, locale, timezone)
        self._couriers = Couriers(self._state, shop, client_secret, retry_seconds, self.faults)
        self._outbox = Outbox(self.url, self._couriers.wake, self.faults)
        self._processor = Processor(self._state, self._files, self._outbox, media_delay, self.faults)
        admin = Admin(restore_rate)
        self._exporter = Exporter(
            self._state, admin, self._about, self._outbox, self.faults, folder, media_delay
        )
        self._open = ExitStack()
        self.routes = Routes(
            shop=self._about,
            secret=client_secret,
            state=self._state,
            files=self._files,
            admin=admin,
            outbox=self._outbox,
            processor=self._processor,
            exporter=self._exporter,
            faults=self.faults,
            delay=media_delay,
        )
        with self._access() as access:
            access.begin(scopes, access_token)

    def __enter__(self) -> Self:
        with self._state.begin() as session:
            forget_expired(session, self._files)
        self._processor.rounds.start()
        self._exporter.rounds.start()
        self._couriers.start()
        if self._serves_itself:
            self._open.enter_context(serving(flask_app([self.routes]), self._listener))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()
        self._couriers.stop()
        self._exporter.rounds.stop()
        self._processor.rounds.stop()
        self._state.close()

    @property
    def operations_seen(self) -> Counter[str]:
        """How often each GraphQL operation was asked for, and "access_token", "upload" and "image"."""
        return self.routes.seen

    def load(self, rows: Iterable[CatalogRow]) -> dict[str, str]:
        """Take rows over as existing, ACTIVE products, without webhooks; returns row id → product gid.

        Loading the same rows again changes nothing.
        """
        with self._state.begin() as session:
            return load_rows(session, self._files, rows, self._numbers_from)

    def order(
        self,
        lines: Sequence[tuple[str, int]],
        *,
        days_ago: float = 1,
        test: bool = False,
        cancelled: bool = False,
        refunded: int = 0,
    ) -> str:
        """Somebody buys so many units of each product (a gid); returns the order's gid.

        `days_ago` counts the shop's own calendar days, `refunded` the units of it that came back.
        """
        with self._state.begin() as session:
            number = place(
                session,
                self._about.timezone,
                lines,
                days_ago=days_ago,
                test=test,
                cancelled=cancelled,
                refunded=refunded,
            )
        return gid("Order", number)

    def sell(self, product_id: str, units: int) -> None:
        """Somebody bought so many units of a product (a gid) yesterday, so that they count from today on."""
        self.order([(product_id, units)])

    def publish(self, product_id: str) -> None:
        """The merchant puts a product (a gid) into the Online Store, where every new one is."""
        self._set_channels(product_id, online=True)

    def unpublish(self, product_id: str, *, elsewhere: bool = False) -> None:
        """The merchant takes a product off every sales channel; it stays as ACTIVE as it was.

        With `elsewhere`, off the Online Store alone: it is still sold at a Point of Sale, for one.
        """
        self._set_channels(product_id, elsewhere=elsewhere)

    def _set_channels(self, product_id: str, *, online: bool = False, elsewhere: bool = False) -> None:
        with self._state.begin() as session:
            product = session.get_one(Product, number_of(product_id, "Product"))
            product.published_at, product.elsewhere = now() if online else None, elsewhere
            self._outbox.updated(session, product)

    def admin_token(self, scopes: Collection[str] = ALL) -> str:
        """Another access token without an end, with these scopes."""
        with self._access() as access:
            return access.admin_token(scopes)

    def session_token(self, seconds: float = SESSION_SECONDS) -> str:
        """A session token as the admin gives to the app's page; one of -1 seconds is over."""
        return session_token(self._about, self._secret, seconds)

    def uninstall(self) -> None:
        """The merchant uninstalls the app: its tokens and subscriptions end, and app/uninstalled is sent."""
        with self._access() as access:
            self._outbox.announce(access.session, "APP_UNINSTALLED", self._about.payload())
            for subscription in access.session.scalars(select(Subscription)):
                access.session.delete(subscription)
            access.uninstall()

    def install(self) -> None:
        """The merchant installs the app again; what it had before is not given back."""
        with self._access() as access:
            access.install()

    def send_compliance(self, topic: str, uri: str) -> None:
        """Send customers/data_request, customers/redact or shop/redact to an address.

        An app declares that address in its configuration; it is not subscribed to through the API.
        """
        payload = compliance_payload(topic, self._about.number, self.shop)
        with self._state.begin() as session:
            self._outbox.send(session, topic, uri, payload)

    @contextmanager
    def _access(self) -> Iterator[Access]:
        with self._state.begin() as session:
            yield Access(session, self._about, self._secret, self.faults)
