"""How the store refuses: user errors, which come with HTTP 200 and leave nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy.orm import Session

from infra.devstore.views import View

MOST_ALT = 512

Args = ParamSpec("Args")


class InSession(Protocol):
    """Something that works in a database session."""

    @property
    def session(self) -> Session: ...


Me = TypeVar("Me", bound=InSession)


class UserError(Exception):
    """A user error: what is wrong, its code, and the path of the input that is to blame."""

    def __init__(self, message: str, code: str = "INVALID", field: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.code, self.field = code, field


def mutation(method: Callable[Concatenate[Me, Args], View]) -> Callable[Concatenate[Me, Args], View]:
    """All or nothing: what the method changed before a UserError is undone."""

    def guarded(self: Me, /, *args: Args.args, **kwargs: Args.kwargs) -> View:
        try:
            with self.session.begin_nested():
                return {"user_errors": [], "media_user_errors": []} | method(self, *args, **kwargs)
        except UserError as refusal:
            error = {"message": str(refusal), "code": refusal.code, "field": list(refusal.field) or None}
            return {"user_errors": [error], "media_user_errors": [error]}

    return guarded


def alt_text(text: str | None) -> str:
    """An alternative text that is not too long."""
    if len(text or "") > MOST_ALT:
        raise UserError(f"Alt text is over {MOST_ALT} characters", "ALT_VALUE_LIMIT_EXCEEDED", ("alt",))
    return text or ""


def money(text: str) -> str:
    """An amount with two digits of cents."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or amount < 0:
        raise UserError(
            "Price must be a number that is not negative", "INVALID_VALUE", field=("variants", "price")
        )
    return f"{amount:.2f}"
