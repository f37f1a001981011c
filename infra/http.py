"""Outbound downloads: time-outs, size limits and an address guard, so that a photo's URL cannot reach inside.

Errors show a URL's scheme, host and port and nothing else: its path and query may hold a token.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from time import monotonic
from urllib.parse import urlsplit

import requests
import structlog

from infra.errors import NotFound, Refused, Throttled, Unavailable
from infra.guard import CONNECT_SECONDS, READ_SECONDS, GuardedAdapter

PATIENCE = 20.0
"""Seconds that one download waits in all for a host that asks to; the durable step may wait for longer."""
LEAST_WAIT, USUAL_WAIT, LONGEST_WAIT = 1.0, 5.0, 3600.0
"""Seconds: a host that asks for none is not asked all the time, and none can put a download off for days."""
PORTS = (None, 80, 443)
HEADERS = {
    # A photo does not shrink any more, and what unpacks itself knows no size limit.
    "Accept-Encoding": "identity",
    # Shopify's CDN serves AVIF and WebP in the place of a JPEG to whom they are named.
    # https://shopify.dev/docs/storefronts/themes/best-practices/performance/platform#shopify-cdn
    "Accept": "image/jpeg, image/png, image/gif, */*;q=0.1",
    "User-Agent": "bestshot",
}
_TIMEOUT = (CONNECT_SECONDS, READ_SECONDS)
_CHUNK = 1 << 16

log = structlog.get_logger()


class Downloader:
    """Fetches photos, from any thread. `trusted` origins ("http://127.0.0.1:9301") may lie inside."""

    def __init__(self, *, max_bytes: int, trusted: frozenset[str] = frozenset()) -> None:
        self._max_bytes = max_bytes
        self._trusted = trusted
        self._closed = threading.Event()
        self._http = _session(trusted)

    def close(self) -> None:
        """Close the connections that are kept alive, and wake whoever waits for a busy host."""
        self._closed.set()
        self._http.close()

    def fetch(self, url: str) -> bytes:
        """The body of a URL. Unavailable when it may work later, NotFound and Refused when it will not.

        A host that asks to wait is waited for, a little; Throttled says how long it still wants.
        """
        origin = _origin(url, self._trusted)
        give_up = monotonic() + PATIENCE
        while True:
            try:
                return self._get(url, origin)
            except Throttled as error:
                if monotonic() + error.retry_after > give_up:
                    raise
                log.info("a host asks to wait", origin=origin, wait=error.retry_after)
                if self._closed.wait(error.retry_after):
                    raise Unavailable(f"closed while it waited for {origin}") from None

    def knock(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        """Post to an address of our own; returns the HTTP status. Unavailable when nothing answers."""
        try:
            with requests.Session() as session:
                session.trust_env = False
                reply = session.post(url, data=body, headers=headers, timeout=_TIMEOUT, allow_redirects=False)
                return reply.status_code
        except requests.RequestException as error:
            raise Unavailable(f"{url} did not answer: {type(error).__name__}") from None

    def _get(self, url: str, origin: str) -> bytes:
        try:
            with self._http.get(url, timeout=_TIMEOUT, stream=True, allow_redirects=False) as reply:
                _raise_for_status(reply, origin)
                _raise_for_headers(reply, origin, self._max_bytes)
                return _limited(reply.iter_content(_CHUNK), origin, self._max_bytes)
        except requests.exceptions.InvalidURL:
            raise Refused(f"{origin} is not a web address") from None
        except requests.RequestException as error:
            raise Unavailable(f"{origin} did not answer: {type(error).__name__}") from None


def _session(trusted: Iterable[str]) -> requests.Session:
    """Connections kept alive, and nothing else from one download to the next: no cookies, no proxy."""
    session = requests.Session()
    session.trust_env = False
    session.headers.update(HEADERS)
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.mount("http://", GuardedAdapter())
    session.mount("https://", GuardedAdapter())
    for origin in trusted:  # the slash ends the port: "…:80" is the beginning of "…:8080", too
        session.mount(f"{origin}/", GuardedAdapter(inside=True))
    return session


def _origin(url: str, trusted: frozenset[str]) -> str:
    """Scheme, host and port of a URL that may be fetched; Refused for any other."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise Refused("the photo's URL is not a web address") from None
    credentials, _, place = parts.netloc.rpartition("@")
    origin = f"{parts.scheme}://{place}"
    if parts.scheme not in ("http", "https") or not host:
        raise Refused(f"{origin} is not a web address")
    if credentials:
        raise Refused(f"{origin}: a URL with a user name in it is not fetched")
    if origin not in trusted and port not in PORTS:
        raise Refused(f"{origin} is not on a port of web pages")
    return origin


def _raise_for_status(reply: requests.Response, origin: str) -> None:
    status, wait = reply.status_code, reply.headers.get("Retry-After", "")
    if status == 429 or (status == 503 and wait):
        raise Throttled(f"{origin} asks to wait", retry_after=_seconds(wait))
    if status >= 500 or status == 408:
        raise Unavailable(f"{origin} answered {status}")
    if status in (404, 410):
        raise NotFound(f"{origin} has no such file")
    if reply.is_redirect:
        raise Refused(f"{origin} redirects elsewhere ({status}), which is not followed")
    if status != 200:
        raise Refused(f"{origin} answered {status}")


def _seconds(wait: str) -> float:
    """A Retry-After header, which is a number of seconds or a date (RFC 9110, 10.2.3)."""
    try:
        if wait.isascii() and wait.isdigit():
            seconds = float(wait)
        else:
            seconds = (parsedate_to_datetime(wait) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        seconds = USUAL_WAIT
    return min(max(LEAST_WAIT, seconds), LONGEST_WAIT)


def _raise_for_headers(reply: requests.Response, origin: str, max_bytes: int) -> None:
    """What can be told before the body comes."""
    length, coding = reply.headers.get("Content-Length", ""), reply.headers.get("Content-Encoding", "")
    if coding.lower() not in ("", "identity"):
        raise Refused(f"{origin} sends a packed file, which was not asked for")
    if length.isdigit() and int(length[:20]) > max_bytes:
        raise _too_large(origin, max_bytes)


def _limited(chunks: Iterable[bytes], origin: str, max_bytes: int) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > max_bytes:
            raise _too_large(origin, max_bytes)
    return bytes(body)


def _too_large(origin: str, max_bytes: int) -> Refused:
    return Refused(f"the file from {origin} is over {max_bytes} bytes")
