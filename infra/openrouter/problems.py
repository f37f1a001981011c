"""What OpenRouter's errors mean to us: the one place where its codes become errors of our own tree.

A code comes as the HTTP status or, once a model has begun to work, in an `error` inside an HTTP 200.
https://openrouter.ai/docs/api/reference/errors-and-debugging
"""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

from infra.errors import (
    BestshotError,
    Blocked,
    KeyRefused,
    NotFound,
    OutOfCredit,
    Refused,
    Throttled,
    TooBig,
    Unanswered,
    Unbilled,
)

USUAL_WAIT, LONGEST_WAIT = 5.0, 3600.0
"""Seconds."""
BUSY = frozenset({429, 503, 529})
TIMED_OUT = frozenset({408, 504, 524})
"""Somebody waited no longer; what was asked for may have been made, and billed, all the same."""
LONGEST_SAYING = 300
"""Characters of a provider's message that we repeat."""

_DATA_URI = re.compile(r"data:[^\s\"'<>]{20,}", re.IGNORECASE)
_UNSPEAKABLE = re.compile(r"[A-Za-z0-9+/=_-]{60,}")
"""A key, an image, a token: no word is that long."""
_KEY = re.compile(r"sk-[A-Za-z0-9_-]{8,}")

Json = dict[str, Any]


def good_reply(status: int, retry_after: str, raw: bytes, about: str) -> Json:
    """The JSON object of a good reply, or the error that another stands for.

    `retry_after` is the header's value, `about` the model (or the path) that was asked.
    """
    reply = _object(raw)
    error = (reply or {}).get("error") or {}
    if status == 200 and not error:
        if reply is None:
            raise Unanswered("OpenRouter's reply is not JSON")
        return reply
    raise failure(error, about, status=status, retry_after=retry_after)


def failure(error: object, about: str, *, status: int = 200, retry_after: str = "") -> BestshotError:
    """What an `error` means, be it of a whole reply or of one choice in it."""
    known = error if isinstance(error, dict) else {"message": error}
    if status == 200:
        return _meaning(_code(known), retry_after, known, about, bill=None)
    return _meaning(status, retry_after, known, about, bill=Decimal(0))


def saying(text: object) -> str:
    """What a provider or a model said, as we repeat it: on one line, bounded, without images and keys."""
    line = " ".join(str(text or "").split())
    for hidden in (_DATA_URI, _KEY, _UNSPEAKABLE):
        line = hidden.sub("…", line)
    return line if len(line) <= LONGEST_SAYING else line[:LONGEST_SAYING] + "…"


def _object(raw: bytes) -> Json | None:
    """A JSON object; None for anything else."""
    try:
        reply = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return reply if isinstance(reply, dict) else None


def _code(error: Json) -> int:
    """An error's own code, which counts inside an HTTP 200; without any, the failure is on their side."""
    code = str(error.get("code"))
    return int(code) if code.isdecimal() and len(code) == 3 else 502


def _meaning(code: int, retry_after: str, error: Json, about: str, bill: Decimal | None) -> BestshotError:
    """`bill` is what a refused image cost: nothing before a model has begun, and then who knows."""
    metadata = _dict(error.get("metadata"))
    said = saying(error.get("message"))
    because = f": {said}" if said else ""
    if code in BUSY:
        wait = retry_after or _reset_in(_dict(metadata.get("headers")))
        return Throttled(f"OpenRouter is busy ({code}){because}", retry_after=_seconds(wait))
    if code == 408 or code >= 500:
        kind = Unbilled if bill == 0 and code not in TIMED_OUT else Unanswered
        return kind(f"OpenRouter answered {code}{because}")
    if code == 401:
        return KeyRefused(f"OpenRouter does not take the API key{because}")
    if code == 402 or (code == 403 and _is_spent(metadata, said)):
        return OutOfCredit(f"OpenRouter gives no more credit{because}")
    if code == 403 and (reasons := _reasons(metadata)):
        return Blocked(f"moderation refused the request ({reasons})", bill)
    if code == 404 or "not a valid model id" in said.lower():
        return NotFound(f"OpenRouter has no {about}{because}")
    if code == 413:
        return TooBig(f"the request is too big for {about}{because}")
    return Refused(f"OpenRouter refused a request for {about} ({code}){because}")


def _is_spent(metadata: Json, said: str) -> bool:
    """A key's own limit is 403 and no 402, and may have room again tomorrow.
    https://openrouter.ai/docs/api/reference/limits"""
    return "limit_source" in metadata or "limit exceeded" in said.lower()


def _reasons(metadata: Json) -> str:
    """Why moderation refused; empty for a 403 of another kind. What was flagged is not repeated."""
    reasons = metadata.get("reasons")
    if isinstance(reasons, list) and reasons:
        return saying(", ".join(map(str, reasons)))
    flagged = "flagged_input" in metadata or metadata.get("error_type") == "content_policy_violation"
    return "no reason given" if flagged else ""


def _reset_in(headers: Json) -> str:
    """Free models name the moment their limit ends, in milliseconds since 1970, and no Retry-After."""
    reset = str(headers.get("X-RateLimit-Reset", ""))
    return str(max(0, int(reset[:20]) // 1000 - int(time.time()))) if reset.isdecimal() else ""


def _seconds(wait: str) -> float:
    """A Retry-After, which is a number of seconds or a date (RFC 9110, 10.2.3)."""
    try:
        moment = None if wait.replace(".", "", 1).isdecimal() else parsedate_to_datetime(wait)
        seconds = float(wait) if moment is None else (moment - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        seconds = USUAL_WAIT
    return min(max(1.0, seconds), LONGEST_WAIT)


def _dict(value: object) -> Json:
    return value if isinstance(value, dict) else {}
