"""Connections that downloads may use: to public addresses only, and none that lasts for ever.

The guard looks at every new connection. It resolves the host once, refuses private, loopback and link-local
addresses, and connects to the very address it checked, so that a name that changes its mind in between (DNS
rebinding) gains nothing. A connection that is kept alive stays where it was checked.
"""

from __future__ import annotations

import io
import ipaddress
import socket
from http.client import HTTPResponse
from time import monotonic
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

from infra.errors import Refused, Unavailable

CONNECT_SECONDS = 5
READ_SECONDS = 20
"""Longest silence in the middle of a reply."""
WHOLE_SECONDS = 60
"""One reply from its first byte to its last: who drips a byte now and then would hold a thread for days."""
ADDRESSES = 3
"""Of one host's addresses, how many are tried."""
KEPT = 32
"""Open connections kept for each host; one that is opened beyond them is closed after use."""

UNICAST = ipaddress.ip_network("2000::/3")
NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""How a network without IPv4 reaches it (RFC 6052): the last four bytes are the address that is meant."""
TUNNELS = (ipaddress.ip_network("2001::/32"), ipaddress.ip_network("2002::/16"))
"""Teredo and 6to4: no host of photos is behind them, but an IPv4 address inside may be."""


class GuardedAdapter(HTTPAdapter):
    """Keeps connections alive. `inside` ones may go to any address, the others to public ones only."""

    def __init__(self, *, inside: bool = False) -> None:
        self._connections = (
            {"http": _Http, "https": _Https} if inside else {"http": _PublicHttp, "https": _PublicHttps}
        )
        super().__init__(pool_maxsize=KEPT)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = self._connections[pool.scheme]
        return pool


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet, however it is written."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv4Address):
        return ip.is_global and not ip.is_multicast
    if ip in NAT64:
        return is_public(str(ipaddress.IPv4Address(ip.packed[-4:])))
    return ip in UNICAST and ip.is_global and not any(ip in tunnel for tunnel in TUNNELS)


def _dial(host: str, port: int) -> socket.socket:
    """A connection to a host's first public address that answers. Refused, when one of them is not public."""
    for address in _public_addresses(host)[:ADDRESSES]:
        try:
            return socket.create_connection((address, port), CONNECT_SECONDS)
        except OSError as error:
            why = type(error).__name__
    raise Unavailable(f"{host} did not answer: {why}")


def _public_addresses(host: str) -> list[str]:
    """At least one. `getaddrinfo` reads the spellings that ipaddress does not: 0x7f.1, 2130706433, 127.1."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        raise Unavailable(f"{host} cannot be resolved") from None
    except ValueError:  # a name that no name server could be asked for
        raise Refused(f"{host[:80]} is not a host") from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not addresses or not all(is_public(address) for address in addresses):
        raise Refused(f"{host} is not a public address")
    return addresses


class _Timed(io.RawIOBase):
    """A socket's incoming bytes, until their time is up. http.client itself only limits each silence."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket) -> None:
        self._raw, self._sock = raw, sock
        self._end = monotonic() + WHOLE_SECONDS

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._end - monotonic()
        if left <= 0:
            raise TimeoutError("the reply takes too long")
        self._sock.settimeout(min(left, READ_SECONDS))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_Timed(self.fp.detach(), sock))


class _Http(HTTPConnection):
    response_class = _TimedResponse


class _Https(HTTPSConnection):
    response_class = _TimedResponse


class _PublicHttp(_Http):
    def _new_conn(self) -> socket.socket:
        return _dial(self.host, self.port)


class _PublicHttps(_Https):
    """TLS still speaks to the name: only the socket is opened by address."""

    def _new_conn(self) -> socket.socket:
        return _dial(self.host, self.port)
