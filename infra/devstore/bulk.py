"""Bulk operations: taking one on, and what it has come to; infra/devstore/exporter.py runs them.

https://shopify.dev/docs/api/usage/bulk-operations/queries
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from graphql import GraphQLSchema
from sqlalchemy import func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra.devstore.bulk_query import problem
from infra.devstore.faults import Faults
from infra.devstore.payloads import timestamp
from infra.devstore.refusals import UserError
from infra.devstore.scopes import Scopes
from infra.devstore.shop import Shop
from infra.devstore.state import Row, gid, now
from infra.devstore.views import View

AT_ONCE = 5
LIFE = timedelta(days=7)
CANCELING = "CANCELING"


class Operation(Row):
    """One bulk operation. `file` is empty until its lines are written, `ended_at` None until all is over."""

    __tablename__ = "bulk_operation"
    id: Mapped[int] = mapped_column(primary_key=True)
    query: Mapped[str]
    scopes: Mapped[list[str]]
    status: Mapped[str] = mapped_column(default="CREATED", index=True)
    error_code: Mapped[str] = mapped_column(default="")
    objects: Mapped[int] = mapped_column(default=0)
    roots: Mapped[int] = mapped_column(default=0)
    file: Mapped[str] = mapped_column(default="")
    size: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)
    due_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)

    @property
    def expired(self) -> bool:
        """Whether its file is no longer to be had."""
        return self.ended_at is not None and self.ended_at + LIFE <= now()


def begin(session: Session, schema: GraphQLSchema, faults: Faults, scopes: Scopes, query: str) -> Operation:
    """Take a bulk query, or refuse it as a UserError. That a sixth is LIMIT_REACHED is a guess."""
    if wrong := problem(schema, query):
        raise UserError(wrong, "INVALID", ("query",))
    under_way = select(func.count()).select_from(Operation).where(Operation.ended_at.is_(None))
    if faults.strikes("bulk_slots") or (session.scalar(under_way) or 0) >= AT_ONCE:
        raise UserError("Bulk operations limit reached. Please try again later.", "LIMIT_REACHED")
    made = Operation(query=query, scopes=sorted(scopes))
    session.add(made)
    session.flush()
    return made


def cancel(operation: Operation, delay: float) -> str:
    """Let an operation end in `delay` seconds as CANCELED; or why it cannot, in Shopify's words.

    https://github.com/airhorns/shopify-draft-proxy/blob/main/docs/endpoints/bulk-operations.md
    """
    if operation.ended_at is not None:
        status = "EXPIRED" if operation.expired else operation.status
        return f"A bulk operation cannot be canceled when it is {status.lower()}"
    if operation.status != CANCELING:
        operation.status, operation.due_at = CANCELING, now() + timedelta(seconds=delay)
    return ""


def operation_view(operation: Operation, shop: Shop) -> View:
    """A BulkOperation; its 64-bit counts are strings. An operation that wrote no line has no file.

    One that was cancelled has the file that it had written, which in Shopify may be whole, or a part.
    """
    url = f"{shop.url}/bulk/{operation.file}" if operation.size and not operation.expired else None
    return {
        "id": gid("BulkOperation", operation.id),
        "status": "EXPIRED" if operation.expired else operation.status,
        "error_code": operation.error_code or None,
        "object_count": str(operation.objects),
        "root_object_count": str(operation.roots),
        "url": url if operation.status in ("COMPLETED", "CANCELED") else None,
        "created_at": timestamp(operation.created_at),
    }


def finish_payload(operation: Operation) -> dict[str, Any]:
    """The body of bulk_operations/finish, which says nothing of the file; a guess for a cancelled one.

    https://shopify.dev/docs/api/webhooks/latest?reference=toml#list-of-topics-bulk_operations/finish
    """
    return {
        "admin_graphql_api_id": gid("BulkOperation", operation.id),
        "completed_at": timestamp(operation.ended_at or now()),
        "created_at": timestamp(operation.created_at),
        "error_code": operation.error_code.lower() or None,
        "status": operation.status.lower(),
        "type": "query",
    }
