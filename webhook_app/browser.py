"""What guards a visitor's browser: the headers of every answer, and the refusal of other sites' forms."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Request, Response
from werkzeug.exceptions import Forbidden

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: with it a browser sends `Origin: null` even with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def guard(response: Response) -> Response:
    """The answer with the headers that it did not set for itself."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def refuse_cross_site(request: Request) -> None:
    """Forbidden for a request that another site's page made the browser send.

    A request with neither header comes from no current browser (curl, a script) and carries nothing to steal.
    https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        own = site in ("same-origin", "none")
    else:
        own = origin is None or urlsplit(origin).netloc == request.host
    if not own:
        raise Forbidden("This form was sent from another site. Open Bestshot itself and try again.")
