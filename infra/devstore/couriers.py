"""The couriers: webhooks that are written down, delivered until the receiver says 2xx.

https://shopify.dev/docs/apps/build/webhooks/troubleshooting-webhooks
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import requests
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from infra.devstore.faults import Faults
from infra.devstore.payloads import timestamp
from infra.devstore.state import Delivery, State, Subscription, now
from infra.shopify.transport import API_VERSION

CONNECT_SECONDS, TOTAL_SECONDS = 1, 5
RETRY_SECONDS = (10.0, 60.0, 300.0, 900.0, 1800.0, 2700.0, 3600.0, 4800.0)
"""Waits before each of the 8 retries, 4 hours in all. The steps are a guess; Shopify names only the sum."""
STOP_SECONDS = 0.5
COURIERS = 4
"""Deliveries under way at the same time, so that one slow receiver does not hold up the others."""

log = logging.getLogger(__name__)


def sign(secret: str, body: bytes) -> str:
    """The value of X-Shopify-Hmac-Sha256 for a body."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


@dataclass(frozen=True)
class Parcel:
    """A delivery as its courier carries it, apart from the database."""

    id: int
    uri: str
    body: bytes
    headers: dict[str, str]


class Couriers:
    """The threads that deliver. What is under way when they stop is delivered again after the next start."""

    def __init__(
        self, state: State, shop: str, secret: str, retry_seconds: tuple[float, ...], faults: Faults
    ) -> None:
        self._state, self._shop, self._secret = state, shop, secret
        self._retry_seconds, self._faults = retry_seconds, faults
        self._news = threading.Condition()
        self._stopped = False
        self._woken = 0
        self._carried: set[int] = set()
        self._in_turn: set[int] = set()
        """Released deliveries whose order counts: of these only one is under way at a time."""
        self._threads = [
            threading.Thread(target=self._work, daemon=True, name=f"courier-{n}") for n in range(COURIERS)
        ]
        faults.listen(self.wake)

    def start(self) -> None:
        """Begin, with whatever was left undelivered."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop taking deliveries. A receiver that is answering slowly is not waited for."""
        with self._news:
            self._stopped = True
            self._news.notify_all()
        deadline = time.monotonic() + STOP_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def wake(self) -> None:
        """There may be something to deliver."""
        with self._news:
            self._woken += 1
            self._news.notify_all()

    def _work(self) -> None:
        with requests.Session() as http:
            http.trust_env = False
            while not self._stopped:
                woken = self._woken
                try:
                    wait = self._carry_one(http)
                except SQLAlchemyError:  # a full disk passes; what was not written down is delivered again
                    log.exception("webhook delivery failed")
                    wait = 1.0
                with self._news:
                    self._news.wait_for(partial(self._has_news, woken), wait)

    def _has_news(self, woken: int) -> bool:
        return self._stopped or self._woken != woken

    def _carry_one(self, http: requests.Session) -> float:
        """Deliver the next parcel if it is due; returns the seconds until there may be another."""
        parcel, wait = self._next()
        if parcel:
            try:
                self._settle(parcel, self._deliver(http, parcel))
            finally:
                self._carried.discard(parcel.id)
                if parcel.id in self._in_turn:
                    self._in_turn.discard(parcel.id)
                    self.wake()
        return wait

    def _next(self) -> tuple[Parcel | None, float]:
        """The next parcel that is due and nobody carries, or else how many seconds to wait for one."""
        with self._state.begin() as session:
            if self._faults.stands("hold"):
                return None, 60.0
            self._release(session)
            if self._in_turn & self._carried:
                return None, 60.0
            waiting = (
                select(Delivery)
                .where(Delivery.id.not_in(list(self._carried)))
                .order_by(Delivery.due_at)
                .limit(1)
            )
            delivery = session.scalar(waiting)
            if delivery is None:
                return None, 60.0
            if delivery.due_at > now():
                return None, (delivery.due_at - now()).total_seconds()
            self._carried.add(delivery.id)
            return Parcel(delivery.id, delivery.uri, delivery.body, self._headers(delivery)), 0.0

    def _release(self, session: Session) -> None:
        """Bring what was held into the order that a test asked for."""
        order: Callable[[list[Delivery]], Iterable[Delivery]] | None = self._faults.take("release")
        if order is None:
            return
        held = list(session.scalars(select(Delivery).order_by(Delivery.id)))
        for place, delivery in enumerate(order(held)):
            delivery.due_at = now() - timedelta(days=1) + timedelta(microseconds=place)
            self._in_turn.add(delivery.id)
        session.flush()

    def _headers(self, delivery: Delivery) -> dict[str, str]:
        return {
            "Content-Type": "application/json",
            "User-Agent": "Shopify-Captain-Hook",
            "X-Shopify-Topic": delivery.topic,
            "X-Shopify-Hmac-Sha256": sign(self._secret, delivery.body),
            "X-Shopify-Shop-Domain": self._shop,
            "X-Shopify-API-Version": API_VERSION,
            "X-Shopify-Webhook-Id": delivery.webhook_id,
            "X-Shopify-Event-Id": delivery.event_id,
            "X-Shopify-Triggered-At": timestamp(delivery.triggered_at),
        }

    def _deliver(self, http: requests.Session, parcel: Parcel) -> bool:
        """Only 2xx within the time limit counts; a redirect is not followed."""
        try:
            with http.post(
                parcel.uri,
                data=parcel.body,
                headers=parcel.headers,
                timeout=(CONNECT_SECONDS, TOTAL_SECONDS),
                allow_redirects=False,
                stream=True,
            ) as reply:
                return 200 <= reply.status_code < 300
        except requests.RequestException:
            return False

    def _settle(self, parcel: Parcel, delivered: bool) -> None:
        if self._stopped:
            return
        with self._state.begin() as session:
            delivery = session.get(Delivery, parcel.id)
            if delivery and delivered:
                session.delete(delivery)
            elif delivery:
                self._postpone(session, delivery)

    def _postpone(self, session: Session, delivery: Delivery) -> None:
        """Try again later; after the last try the subscription goes, as Shopify removes those made by API."""
        if delivery.attempts < len(self._retry_seconds):
            wait = timedelta(seconds=self._retry_seconds[delivery.attempts])
            delivery.attempts += 1
            delivery.due_at = now() + wait
        else:
            log.warning("%s gave no 2xx to %s; its subscription is removed", delivery.uri, delivery.topic)
            if delivery.subscription_id:
                session.delete(session.get_one(Subscription, delivery.subscription_id))
            session.delete(delivery)
