"""Outbound downloads: time-outs, size limits and an address guard, so that a photo's URL cannot reach inside.

The guard resolves a host once, refuses private, loopback and link-local addresses, and connects to the very
address it checked, so that a name that changes its mind in between (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from infra.errors import NotFound, Refused, Throttled, Unavailable

CONNECT_SECONDS = 5
READ_SECONDS = 20
_CHUNK = 1 << 16


class Downloader:
    """Fetches photos. `trusted` are origins ("http://127.0.0.1:9301") that the guard lets pass."""

    def __init__(self, *, max_bytes: int, trusted: frozenset[str] = frozenset()) -> None:
        self._max_bytes = max_bytes
        self._trusted = trusted

    def fetch(self, url: str) -> bytes:
        """The body of a URL. Unavailable when it may work later, NotFound and Refused when it will not."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Refused(f"{origin} is not a web address")
        with requests.Session() as session:
            session.trust_env = False
            if origin not in self._trusted:
                session.mount(origin, _PinnedAdapter(parts.hostname, _public_address(parts.hostname)))
            return self._read(session, url, origin)

    def knock(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        """Post to an address of our own; returns the HTTP status. Unavailable when nothing answers."""
        try:
            with requests.Session() as session:
                session.trust_env = False
                timeout = (CONNECT_SECONDS, READ_SECONDS)
                reply = session.post(url, data=body, headers=headers, timeout=timeout, allow_redirects=False)
                return reply.status_code
        except requests.RequestException as error:
            raise Unavailable(f"{url} did not answer: {type(error).__name__}") from None

    def _read(self, session: requests.Session, url: str, origin: str) -> bytes:
        try:
            with session.get(
                url, timeout=(CONNECT_SECONDS, READ_SECONDS), stream=True, allow_redirects=False
            ) as reply:
                _raise_for_status(reply, origin)
                body = bytearray()
                for chunk in reply.iter_content(_CHUNK):
                    body += chunk
                    if len(body) > self._max_bytes:
                        raise Refused(f"the file from {origin} is over {self._max_bytes} bytes")
                return bytes(body)
        except requests.RequestException as error:
            raise Unavailable(f"{origin} did not answer: {type(error).__name__}") from None


def _raise_for_status(reply: requests.Response, origin: str) -> None:
    status = reply.status_code
    if status == 429:
        wait = reply.headers.get("Retry-After", "")
        raise Throttled(f"{origin} asks to wait", retry_after=float(wait) if wait.isdigit() else 5.0)
    if status >= 500 or status == 408:
        raise Unavailable(f"{origin} answered {status}")
    if status in (404, 410):
        raise NotFound(f"{origin} has no such file")
    if status != 200:
        raise Refused(f"{origin} answered {status}")


def _public_address(host: str) -> str:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        raise Unavailable(f"{host} cannot be resolved") from None
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(_is_public(found) for found in addresses):
        raise Refused(f"{host} is not a public address")
    return addresses[0]


def _is_public(found: str) -> bool:
    ip = ipaddress.ip_address(found.partition("%")[0])
    return ip.is_global and not ip.is_multicast


class _PinnedAdapter(HTTPAdapter):
    """Connects to a checked address while TLS and the Host header still speak to the name."""

    def __init__(self, host: str, address: str) -> None:
        self._host, self._address = host, address
        super().__init__()

    def get_connection_with_tls_context(
        self, request: Any, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        del proxies  # a photo is fetched directly, or the checked address would be the proxy's to choose
        params, tls = self.build_connection_pool_key_attributes(request, verify, cert)
        named = {"server_hostname": self._host, "assert_hostname": self._host}
        extra: dict[str, Any] = {**tls, **(named if params["scheme"] == "https" else {})}
        return self.poolmanager.connection_from_host(**{**params, "host": self._address}, pool_kwargs=extra)

    def add_headers(self, request: Any, **kwargs: Any) -> None:
        super().add_headers(request, **kwargs)
        request.headers["Host"] = urlsplit(request.url).netloc
