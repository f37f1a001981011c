"""JSON over HTTPS with OpenRouter. Nothing is asked twice: a call may be billed, and none is idempotent."""

from __future__ import annotations

from collections.abc import Iterable
from http.cookiejar import DefaultCookiePolicy
from time import monotonic
from typing import Any

import requests
from pydantic import SecretStr
from requests.adapters import HTTPAdapter
from urllib3.exceptions import NewConnectionError

from infra.errors import OutsideError, Refused, SettingsError, Unanswered, Unbilled
from infra.openrouter.problems import good_reply

CONNECT_SECONDS = 10
READ_SECONDS = 300
"""From the request to the reply's end: a large image takes a minute on a bad day, and some never come."""
MOST_BYTES = 100_000_000
KEPT = 32
"""Open connections that are kept alive; more than images are ever in flight."""
_CHUNK = 1 << 16

Json = dict[str, Any]


class OpenRouter:
    """A connection with an account, usable from any thread. What goes wrong is raised as problems.py says."""

    def __init__(self, url: str, key: SecretStr) -> None:
        """`url` is the API's root, as "https://openrouter.ai/api/v1"."""
        self._url = url.rstrip("/")
        self._http = _session(_usable(key))

    def post(self, path: str, body: Json) -> Json:
        """The JSON object that answers a JSON object."""
        return self._ask("POST", path, body)

    def get(self, path: str) -> Json:
        """The JSON object under a path."""
        return self._ask("GET", path, None)

    def close(self) -> None:
        """Close the connections that are kept alive."""
        self._http.close()

    def _ask(self, method: str, path: str, body: Json | None) -> Json:
        about = str((body or {}).get("model") or path)
        give_up = monotonic() + READ_SECONDS
        try:
            with self._http.request(
                method,
                self._url + path,
                json=body,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                stream=True,
                allow_redirects=False,
            ) as reply:
                raw = _whole(reply.iter_content(_CHUNK), give_up)
                return good_reply(reply.status_code, reply.headers.get("Retry-After", ""), raw, about)
        except requests.RequestException as error:
            # Its own text may hold the address, and with that whatever stands in it.
            raise _no_reply(error) from None


def _usable(key: SecretStr) -> str:
    """The key as a header can carry it; http.client would print any other in its error."""
    plain = key.get_secret_value().strip()
    if not plain.isascii() or not plain.isprintable() or not plain:
        raise SettingsError("OPENROUTER_API_KEY is empty or holds characters that no key has")
    return plain


def _session(key: str) -> requests.Session:
    """No proxy, no netrc (it would replace our key), no cookies, nothing that unpacks itself."""
    session = requests.Session()
    session.trust_env = False
    session.headers.update(
        {"Authorization": f"Bearer {key}", "Accept-Encoding": "identity", "User-Agent": "bestshot"}
    )
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=KEPT))
    return session


def _whole(chunks: Iterable[bytes], give_up: float) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > MOST_BYTES:
            # Neither Refused (it was made, and billed) nor Unavailable (the next one would be as long).
            raise OutsideError(f"OpenRouter's reply is over {MOST_BYTES} bytes")
        if monotonic() > give_up:  # blanks that keep a connection alive are no reply
            raise Unanswered(f"OpenRouter's reply was not whole after {READ_SECONDS} seconds")
    return bytes(body)


def _no_reply(error: requests.RequestException) -> OutsideError:
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.MissingSchema):
        return Refused("BESTSHOT_OPENROUTER_URL is not a web address")
    nature = Unbilled if _never_left(error) else Unanswered
    return nature(f"OpenRouter did not answer: {type(error).__name__}")


def _never_left(error: requests.RequestException) -> bool:
    """Whether the failure came before the request was sent: a refused connection, an unknown name."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(error, requests.ConnectTimeout) or isinstance(reason, NewConnectionError)
