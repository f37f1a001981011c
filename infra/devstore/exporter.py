"""The thread that runs bulk operations: a query's nodes as lines of a file, then word that it has ended."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from graphql import GraphQLError
from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.devstore.bulk import CANCELING, Operation, finish_payload
from infra.devstore.bulk_query import NODES, lines, page
from infra.devstore.faults import Faults
from infra.devstore.graph import Admin
from infra.devstore.queries import Queries
from infra.devstore.rounds import Rounds
from infra.devstore.shop import Shop
from infra.devstore.state import State, now
from infra.devstore.views import View
from infra.devstore.webhooks import Outbox

RUNNING = Operation.ended_at.is_(None)
UNWRITTEN = (RUNNING, Operation.file == "", Operation.status != CANCELING)

log = logging.getLogger(__name__)


class Exporter:
    """Bulk operations of one shop, each of which takes `delay` seconds at least. Survives a restart."""

    def __init__(
        self,
        state: State,
        admin: Admin,
        shop: Shop,
        outbox: Outbox,
        faults: Faults,
        folder: Path,
        delay: float,
    ) -> None:
        self._state, self._admin, self._shop, self._outbox = state, admin, shop, outbox
        self._faults, self._delay = faults, timedelta(seconds=delay)
        self._folder = folder / "bulk"
        self._folder.mkdir(parents=True, exist_ok=True)
        self.rounds = Rounds("exporter", self._step)

    def file(self, name: str) -> Path | None:
        """The file of a finished operation, as long as it is to be had."""
        with self._state.begin() as session:
            found = session.scalar(select(Operation).where(Operation.file == name)) if name else None
            held = found is not None and found.ended_at is not None and not found.expired
        return self._folder / name if held else None

    def _step(self) -> float:
        """Write what is to be written, end what is due; returns the seconds until something else will be."""
        with self._state.begin() as session:
            unwritten = list(session.scalars(select(Operation.id).where(*UNWRITTEN)))
        for number in unwritten:
            try:
                self._write(number)
            except GraphQLError as error:
                self._give_up(number, error)
        with self._state.begin() as session:
            under_way = list(session.scalars(select(Operation).where(RUNNING)))
            for operation in under_way:
                if (operation.file or operation.status == CANCELING) and operation.due_at <= now():
                    self._end(session, operation)
            waits = [(one.due_at - now()).total_seconds() for one in under_way if one.ended_at is None]
        return max(0.0, min(waits, default=60.0))

    def _write(self, number: int) -> None:
        """Run the query page by page, so that the shop is open meanwhile; no further once it is cancelled."""
        name, after, more = f"{uuid4().hex}.jsonl", None, True
        with (self._folder / name).open("wb") as file:
            while more and not self.rounds.stopped:
                with self._state.begin() as session:
                    operation = session.get_one(Operation, number)
                    if operation.status == CANCELING:
                        break
                    found = self._page(session, operation, after)
                    families = [list(lines(root)) for root in found[NODES]]
                    above = [family[0] for family in families]
                    below = [line for family in families for line in family[1:]]
                    operation.status = "RUNNING"
                    operation.objects = (operation.objects if after else 0) + len(above) + len(below)
                    operation.roots = (operation.roots if after else 0) + len(above)
                # Ungrouped, as asked for: children do not follow their own parent.
                file.writelines(map(_line, above + below))
                after, more = found["pageInfo"]["endCursor"], found["pageInfo"]["hasNextPage"]
        if more:
            (self._folder / name).unlink()
        else:
            longer = timedelta(seconds=self._faults.stands("slow_bulk", 0))
            with self._state.begin() as session:
                operation = session.get_one(Operation, number)
                operation.file = name
                if operation.status != CANCELING:
                    operation.due_at = now() + self._delay + longer

    def _page(self, session: Session, operation: Operation, after: str | None) -> View:
        scopes = frozenset(operation.scopes)
        queries = Queries(session, self._shop, scopes, self._faults)
        reply = self._admin.run(page(operation.query, after), {}, lambda _: queries, lambda *_: None)
        if "errors" in reply:
            raise GraphQLError(reply["errors"][0]["message"])
        (found,) = reply["data"].values()
        return dict(found)

    def _give_up(self, number: int, error: GraphQLError) -> None:
        """A query that cannot be executed fails, whatever it found; its code is a guess."""
        log.warning("bulk operation %s: %s", number, error.message)
        with self._state.begin() as session:
            operation = session.get_one(Operation, number)
            operation.status, operation.error_code = "FAILED", "INTERNAL_SERVER_ERROR"
            self._announce(session, operation)

    def _end(self, session: Session, operation: Operation) -> None:
        """COMPLETED, or CANCELED where that was asked for, or what a fault makes of it."""
        path = self._folder / operation.file
        if operation.status == CANCELING:
            operation.status = "CANCELED"
        elif code := self._faults.strikes("fail_bulk"):
            operation.status, operation.error_code = "FAILED", code
        else:
            operation.status = "COMPLETED"
            if missing := self._faults.strikes("truncate_bulk"):
                _rewrite(path, lambda held: held[:-missing])
            if self._faults.stands("children_first"):
                _rewrite(path, lambda held: sorted(held, key=lambda line: b'"__parentId"' not in line))
        operation.size = path.stat().st_size if operation.file else 0
        self._announce(session, operation)

    def _announce(self, session: Session, operation: Operation) -> None:
        operation.ended_at = now()
        self._outbox.announce(session, "BULK_OPERATIONS_FINISH", finish_payload(operation))


def _line(node: View) -> bytes:
    return json.dumps(node, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _rewrite(path: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    with path.open("rb") as file:
        held = list(file)
    path.write_bytes(b"".join(change(held)))
