"""Errors of the JSON endpoints, in one shape: problem details.

`type` stays "about:blank": the status says what kind of problem it is, and `detail` what to do about it.
https://www.rfc-editor.org/rfc/rfc9457
"""

from __future__ import annotations

from flask import json
from werkzeug.exceptions import HTTPException, InternalServerError, ServiceUnavailable
from werkzeug.wrappers import Response

from infra.errors import BestshotError, Unavailable

MEDIA_TYPE = "application/problem+json"
TRY_AGAIN_SECONDS = 5


def answer(error: HTTPException) -> Response:
    """An error as a response, with the headers that belong to it (Allow, Retry-After, WWW-Authenticate)."""
    response = error.get_response()
    problem = {
        "type": "about:blank",
        "title": error.name,
        "status": response.status_code,
        "detail": error.description,
    }
    response.data = json.dumps(problem)
    response.content_type = MEDIA_TYPE
    return response


def as_http(error: BestshotError) -> HTTPException:
    """What one of our own errors is to whoever asked."""
    if isinstance(error, Unavailable):
        return ServiceUnavailable(f"Try again later: {error}.", retry_after=TRY_AGAIN_SECONDS)
    return InternalServerError(str(error))
