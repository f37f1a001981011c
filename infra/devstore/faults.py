"""What goes wrong, switched on per test: nothing here is random, and nothing is ever on by itself.

An `operation` is the name of a GraphQL operation (each document's is the name of its file), or one of
"access_token" (the token endpoint), "upload" (a staged target), "image" (an image's bytes) and "export" (a
bulk operation's file); empty means any. What is given a number of `times` ends after so many; everything else
lasts until `clear`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from infra.devstore.state import now

Order = Callable[[list[Any]], Iterable[Any]]


class Answer(NamedTuple):
    """An HTTP answer in place of the store's own."""

    status: int
    headers: Mapping[str, str]


@dataclass
class Planned:
    """A fault that will strike `left` times; `of` is the operation or topic, empty for any."""

    kind: str
    of: str
    left: int
    what: Any


class Faults:
    """The faults of one store; safe to use from several threads."""

    def __init__(self) -> None:
        self._turn = threading.RLock()
        self._planned: list[Planned] = []
        self._standing: dict[str, Any] = {}
        self._listeners: list[Callable[[], None]] = []

    def clear(self) -> None:
        """Everything works again; webhooks that were held are delivered."""
        with self._turn:
            self._planned.clear()
            self._standing.clear()
        self._tell()

    def throttle(self, times: int, operation: str = "") -> None:
        """Answer THROTTLED with an empty bucket; the request is not executed."""
        self.plan("throttle", times, operation)

    def answer(
        self, status: int, times: int, operation: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        """Answer with this HTTP status (429 with Retry-After, 500, 503 …); the request is not executed."""
        self.plan("answer", times, operation, Answer(status, headers or {}))

    def lose_reply(self, operation: str, times: int = 1) -> None:
        """Cut the connection in the reply, after the effect."""
        self.plan("lose_reply", times, operation)

    def fail_media(self, code: str, message: str, times: int) -> None:
        """The processing of images ends as FAILED, with this MediaErrorCode."""
        self.plan("fail_media", times, what=(code, message))

    def slow_media(self, seconds: float) -> None:
        """Processing takes so much longer for what is uploaded from now on."""
        self.stand("slow_media", seconds)

    def expire_targets(self, times: int) -> None:
        """Staged targets answer 403, as they do when their time is over."""
        self.plan("expire_targets", times)

    def forget_uploads(self, times: int) -> None:
        """Staged targets take the bytes and lose them: fileCreate will find none."""
        self.plan("forget_uploads", times)

    def hide_files_from_search(self) -> None:
        """`files` finds nothing: Shopify's search runs behind what was written."""
        self.stand("hide_files", True)

    def expire_tokens(self, *, refresh_tokens: bool = False) -> None:
        """Every access token with an end that was given out before now is past it (refresh tokens too)."""
        self.stand("expired_access", now())
        if refresh_tokens:
            self.stand("expired_refresh", now())

    def refuse_reports(self) -> None:
        """ShopifyQL is denied though the scope is there: no access to protected customer data was granted."""
        self.stand("refuse_reports", True)

    def take_bulk_slots(self, times: int) -> None:
        """Bulk queries are refused: others hold all slots."""
        self.plan("bulk_slots", times)

    def fail_bulk(self, error_code: str, times: int) -> None:
        """Bulk operations end as FAILED, with this BulkOperationErrorCode."""
        self.plan("fail_bulk", times, what=error_code)

    def truncate_bulk(self, lines: int, times: int) -> None:
        """A COMPLETED operation's file lacks its last lines, which are counted all the same."""
        self.plan("truncate_bulk", times, what=lines)

    def cut_download(self, after_bytes: int, times: int) -> None:
        """The connection breaks after so many bytes of an operation's file."""
        self.plan("cut_download", times, what=after_bytes)

    def children_first(self) -> None:
        """In an operation's file every child comes before its parent."""
        self.stand("children_first", True)

    def slow_bulk(self, seconds: float) -> None:
        """Bulk operations that are written from now on take so much longer to end."""
        self.stand("slow_bulk", seconds)

    def duplicate_webhooks(self, copies: int) -> None:
        """Every webhook that is caused from now on is delivered so many times, under the same ids."""
        self.stand("copies", copies)

    def lose_webhooks(self, topic: str, times: int) -> None:
        """Webhooks of a topic ("products/create"; empty for any) are never sent."""
        self.plan("lose_webhooks", times, topic)

    def hold_webhooks(self) -> None:
        """Nothing is delivered until `release_webhooks`; what is held survives a restart."""
        self.stand("hold", True)

    def release_webhooks(self, order: Order = list) -> None:
        """Deliver what was held, one after the other: `reversed` is the last one first."""
        with self._turn:
            self._standing.pop("hold", None)
            self._standing["release"] = order
        self._tell()

    def plan(self, kind: str, times: int, of: str = "", what: Any = True) -> None:
        """Let a fault strike so many times."""
        with self._turn:
            self._planned.append(Planned(kind, of, times, what))

    def stand(self, kind: str, what: Any) -> None:
        """Switch a fault on until `clear`."""
        with self._turn:
            self._standing[kind] = what
        self._tell()

    def strikes(self, kind: str, of: str = "") -> Any:
        """Whether a planned fault strikes now (and with what), which uses it up once."""
        with self._turn:
            for fault in self._planned:
                if fault.kind == kind and fault.of in ("", of) and fault.left > 0:
                    fault.left -= 1
                    return fault.what
        return None

    def stands(self, kind: str, default: Any = None) -> Any:
        """What a standing fault was switched on with, or the default."""
        with self._turn:
            return self._standing.get(kind, default)

    def take(self, kind: str) -> Any:
        """Like `stands`, and switches it off."""
        with self._turn:
            return self._standing.pop(kind, None)

    def expired(self, kind: str, issued_at: datetime) -> bool:
        """Whether a token ("access" or "refresh") given out then was made to expire."""
        moment: datetime | None = self.stands(f"expired_{kind}")
        return moment is not None and issued_at <= moment

    def listen(self, changed: Callable[[], None]) -> None:
        """Call `changed` when a standing fault is switched on, or held webhooks are released."""
        self._listeners.append(changed)

    def _tell(self) -> None:
        for changed in self._listeners:
            changed()
