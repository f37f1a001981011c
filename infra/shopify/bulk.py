"""Bulk operations: a query that Shopify runs by itself, whose whole result is then one file of JSON lines.

https://shopify.dev/docs/api/usage/bulk-operations/queries
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from functools import partial
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from infra.errors import NotFound, Refused, Unavailable, UserErrors
from infra.shopify import replies
from infra.shopify.replies import Export
from infra.shopify.transport import Transport, document

SLOT_TAKEN = {"OPERATION_IN_PROGRESS", "LIMIT_REACHED"}
CHUNK = 1 << 16
MOST_LINE = 16 << 20
"""Bytes. A description may have 512 KB, and JSON may need six bytes for one of them."""
CONNECTIONS = 50
"""How many times one file is connected to at most; each must bring something, or it was the last."""


class Bulk:
    """A shop's bulk operations; ids are gids. `base_url` is the store's own address, which may be http."""

    def __init__(self, transport: Transport, base_url: str) -> None:
        self._api = transport
        self._origin = _origin(base_url)

    def start(self, name: str, **replace: str) -> str | None:
        """Begin an export; returns its gid, or None while all of the shop's slots are taken.

        A bulk query takes no variables: `{key}` in the document becomes the value, which stands in a string
        there and must be of our own making.
        """
        text = document(name)
        for key, value in replace.items():
            if set(value) & set('"\\\n'):
                raise ValueError(f"{key} would end the string that it stands in")
            text = text.replace(f"{{{key}}}", value)
        try:
            return str(self._api.mutate("bulk_operation_run_query", query=text)["bulkOperation"]["id"])
        except UserErrors as error:
            if error.codes & SLOT_TAKEN:
                return None
            raise

    def state(self, operation_id: str) -> Export | None:
        """How far an export is; None when the store knows no such operation (any more)."""
        found = self._api.query("bulk_operation", id=operation_id)["bulkOperation"]
        return replies.export(found) if found else None

    def cancel(self, operation_id: str) -> None:
        """End an export that is under way, which takes the store a moment: its slot is free once it `ended`.

        One that is over, or that the store does not know (any more), is left alone.
        """
        try:
            self._api.mutate("bulk_operation_cancel", id=operation_id)
        except (NotFound, UserErrors):
            # The user error of an operation that is over has no code to know it by.
            found = self.state(operation_id)
            if found and found.status in ("CREATED", "RUNNING"):
                raise

    def lines(self, url: str) -> Iterator[bytes]:
        """The lines of an export's file, one at a time, so that only one is ever held.

        A connection that is cut is taken up again where it was. Refused for an address that is neither https
        nor the store's own, for a redirect, and for a line that is absurdly long.
        """
        if urlsplit(url).scheme != "https" and _origin(url) != self._origin:
            raise Refused(f"export: {_origin(url)} is neither https nor the store itself")
        return _split(self._bytes(url))

    def _bytes(self, url: str) -> Iterator[bytes]:
        done = 0
        for _ in range(CONNECTIONS):
            before = done
            try:
                for chunk in self._from(url, done):
                    done += len(chunk)
                    yield chunk
            except (HTTPError, OSError):
                if done == before:
                    break
            else:
                return
        raise Unavailable(f"export: the file broke off after {done} bytes")

    def _from(self, url: str, start: int) -> Iterator[bytes]:
        """The file from one byte on, read over one connection.

        Byte ranges count what is on the wire, so it is asked for uncompressed. A host that compresses all the
        same, or knows no ranges, sends the whole file with 200: then what we have is read past.
        """
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
        reply = self._api.send("export", "GET", url, headers=headers, stream=True)
        with closing(reply):
            if reply.status_code not in (200, 206):
                replies.read_status("export", reply.status_code, reply.headers)
            if reply.status_code == 206 and not _begins_at(reply, start):
                raise Unavailable("export: the host sent another part of the file than was asked for")
            past = start if reply.status_code == 200 else 0
            # Not requests' iter_content: it loses what has come of a chunk when the connection is cut in it.
            for chunk in iter(partial(reply.raw.read1, CHUNK, decode_content=True), b""):
                skipped = min(past, len(chunk))
                past -= skipped
                if chunk := chunk[skipped:]:
                    yield chunk


def _begins_at(reply: requests.Response, start: int) -> bool:
    plain = reply.headers.get("Content-Encoding", "identity") == "identity"
    return plain and reply.headers.get("Content-Range", "").startswith(f"bytes {start}-")


def _split(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Lines of a stream, without their ends; the last one may have none. Empty lines are passed over."""
    rest = bytearray()
    for chunk in chunks:
        first, *more = chunk.split(b"\n")
        rest += first
        if len(rest) > MOST_LINE:
            raise Refused(f"export: a line is over {MOST_LINE} bytes")
        for start in more:
            if rest:
                yield bytes(rest)
            rest = bytearray(start)
    if rest:
        yield bytes(rest)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
