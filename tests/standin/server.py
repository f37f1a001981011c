"""A stand-in for OpenRouter: a real HTTP server on the loopback, slow, faulty and dear as a test wants it.

    with ModelServer(latency={"images": 15}) as server:
        server.fail("images", status=429, retry_after=2)
        …
        assert server.billed == Decimal("0.05") and not server.complaints

Kinds of request are "images" (by either endpoint), "chat", "embeddings" and "models". What it is sent and
what it answers must be of the official package's types (wire.py).
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from http.server import ThreadingHTTPServer
from typing import Any

from pydantic import SecretStr

from tests.standin import pictures, replies, wire
from tests.standin.faults import REFUSAL, Body, Fault, error, refused, twisted
from tests.standin.handler import Asked, Handler
from tests.standin.pictures import Wanted
from tests.standin.words import sample

PATIENCE = 60.0
"""Seconds after which a wait has failed."""


class ModelServer:
    """The stand-in while its `with` block lasts; its attributes may be changed at any time.

    `latency` is seconds by kind, painting included; `costs` US dollars by kind (for "embeddings" per input)
    in place of the price list; `paint` makes an image's bytes; `answer` makes a chat's text, or a dict that
    becomes JSON; `image_models` is what is on offer: a slug taken out is dead.
    """

    def __init__(
        self,
        *,
        latency: Mapping[str, float] | None = None,
        costs: Mapping[str, Decimal] | None = None,
        paint: Callable[[Wanted], bytes] = pictures.paint,
        answer: Callable[[Body], str | Body] | None = None,
    ) -> None:
        self.latency = dict(latency or {})
        self.costs = {"chat": Decimal("0.004"), "embeddings": Decimal("0.00002"), **(costs or {})}
        self.paint, self.answer = paint, answer or _fitting_answer
        self.image_models = dict(replies.IMAGE_MODELS)
        self.largest_batch, self.largest_body = 1000, 100_000_000
        self.key = SecretStr("sk-or-v1-stand-in-0123456789abcdef")
        self.requests: dict[str, list[Asked]] = defaultdict(list)
        self.bills: list[tuple[str, Decimal]] = []
        self.complaints: list[str] = []
        self.in_flight: dict[str, int] = defaultdict(int)
        self.most_in_flight: dict[str, int] = defaultdict(int)
        self.closing = threading.Event()
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._changed = threading.Condition()
        self._held: set[str] = set()

    def __enter__(self) -> ModelServer:
        self._http = _Http(("127.0.0.1", 0), type("Bound", (Handler,), {"standin": self}))
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        with self._changed:
            self._changed.notify_all()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}{replies.BASE}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point a Bestshot process here."""
        return {"OPENROUTER_API_KEY": self.key.get_secret_value(), "BESTSHOT_OPENROUTER_URL": self.url}

    @property
    def billed(self) -> Decimal:
        """US dollars taken so far."""
        return sum((usd for _, usd in self.bills), Decimal(0))

    def fail(
        self,
        kind: str,
        how: str = "",
        *,
        status: int = 0,
        retry_after: float | str = "",
        body: Body | bytes | None = None,
        alter: Callable[[Body], Body] | None = None,
        billed: bool | None = None,
        times: int = 1,
    ) -> None:
        """Let the next `times` requests of a kind fail in one way; faults are taken in the order given."""
        fault = Fault(how, status, str(retry_after), body, alter, billed)
        self._faults[kind].extend([fault] * times)

    @contextmanager
    def held(self, kind: str) -> Iterator[None]:
        """Requests of a kind get no reply while the block lasts."""
        self._held.add(kind)
        try:
            yield
        finally:
            with self._changed:
                self._held.discard(kind)
                self._changed.notify_all()

    def wait_for(self, kind: str, count: int = 1, seconds: float = PATIENCE) -> None:
        """Wait until so many requests of a kind have come in."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.requests[kind]) >= count, seconds):
                raise TimeoutError(f"{len(self.requests[kind])} of {count} requests for {kind} came")

    # What follows is the handler's side.

    @contextmanager
    def taken(self, asked: Asked) -> Iterator[None]:
        """A request from its coming in to its end."""
        with self._changed:
            self.requests[asked.kind].append(asked)
            self.in_flight[asked.kind] += 1
            self.most_in_flight[asked.kind] = max(self.most_in_flight[asked.kind], self.in_flight[asked.kind])
            self._changed.notify_all()
            self._changed.wait_for(lambda: asked.kind not in self._held or self.closing.is_set())
        try:
            yield
        finally:
            with self._changed:
                self.in_flight[asked.kind] -= 1

    def next_fault(self, kind: str) -> Fault | None:
        with self._changed:
            return self._faults[kind].popleft() if self._faults[kind] else None

    def reply(self, asked: Asked, fault: Fault | None) -> tuple[int, Body]:
        """Status and JSON of a request that is well formed, after its time."""
        if refusal := self._refusal(asked, fault):
            return refusal
        usd, body = self._made(asked)
        self.closing.wait(max(0.0, self.latency.get(asked.kind, 0) - (time.monotonic() - asked.at)))
        if fault and not fault.is_billed and "usage" in body:
            body["usage"]["cost"] = 0.0
        elif asked.kind != "models":
            with self._changed:
                self.bills.append((asked.kind, usd))
        self.complain(wire.faults_of_reply(_route(asked.path), 200, body), "reply")
        if fault is None or fault.how == "silence":
            return 200, body
        return 200, refused(body) if fault.how == "refusal" else twisted(body, fault)

    def complain(self, faults: list[str], whose: str) -> None:
        self.complaints.extend(f"{whose}: {fault}" for fault in faults)

    def _refusal(self, asked: Asked, fault: Fault | None) -> tuple[int, Body] | None:
        if fault and fault.how == "error_in_200":
            return 200, error(fault.status or 502)
        if fault and fault.how == "refusal" and asked.path == "/images":
            return 403, error(403, "Input was flagged", **REFUSAL)
        if asked.kind == "models":
            return None
        return self._not_on_offer(asked.body, asked.kind)

    def _not_on_offer(self, body: Body, kind: str) -> tuple[int, Body] | None:
        model = body["model"]
        offered = {"chat": (replies.ANALYST,), "embeddings": (replies.EMBEDDER, f"{replies.EMBEDDER}:free")}
        if model not in offered.get(kind, self.image_models):
            return 404, error(404, f"No endpoints found for {model}.")
        if kind == "images" and (why := self.image_models[model].refuses(_wanted(body))):
            return 400, error(400, why)
        if kind == "embeddings" and len(body["input"]) > self.largest_batch:
            return 413, error(413)
        return None

    def _made(self, asked: Asked) -> tuple[Decimal, Body]:
        body, model = asked.body, str(asked.body.get("model"))
        if asked.kind == "models":
            return Decimal(0), self._models(asked.path)
        if asked.kind == "embeddings":
            usd = Decimal(0) if model.endswith(":free") else self.costs["embeddings"] * len(body["input"])
            return usd, replies.embeddings(body["input"], usd, model)
        if asked.kind == "chat":
            return self.costs["chat"], replies.answer(self.answer(body), self.costs["chat"], model)
        wanted = _wanted(body)
        usd = self.costs.get("images", self.image_models[model].usd[wanted.size])
        if asked.path == "/images":
            return usd, replies.image(self.paint(wanted), usd)
        return usd, replies.image_by_chat(self.paint(wanted), usd, model)

    def _models(self, path: str) -> Body:
        if path == "/images/models":
            return replies.model_list(self.image_models)
        slug = path.removeprefix("/images/models/").removesuffix("/endpoints")
        return replies.model_endpoints(slug, self.image_models[slug])


def _route(path: str) -> str:
    return "/images/models/{slug}/endpoints" if path.endswith("/endpoints") else path


def _wanted(body: Body) -> Wanted:
    return pictures.wanted_by_chat(body) if "messages" in body else pictures.wanted_by_images(body)


def _fitting_answer(body: Body) -> str | Body:
    """What the asked schema allows, or a sentence where none was asked for."""
    shape = body.get("response_format", {}).get("json_schema", {}).get("schema")
    answer: str | Body = sample(shape) if shape else "Soft daylight on a calm, pale backdrop."
    return answer


class _Http(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """A client may hang up whenever it likes."""
