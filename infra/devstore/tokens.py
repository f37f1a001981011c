"""What the app was given in one shop: tokens, what they may do, and until when."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Mapped, mapped_column

from infra.devstore.state import Row, now

DAY_TOKEN = timedelta(seconds=86_399)
HOUR_TOKEN = timedelta(hours=1)
REFRESH = timedelta(days=90)
RETRY = timedelta(days=30)
"""How long a refresh token may be used again after its first use, as long as its replacement is not."""
CODE = timedelta(minutes=5)
"""How long an authorization code may be used. A guess."""


class App(Row):
    """The one app of the shop. `scopes` are those it is configured with."""

    __tablename__ = "app"
    id: Mapped[int] = mapped_column(primary_key=True)
    installed: Mapped[bool] = mapped_column(default=True)
    left: Mapped[bool] = mapped_column(default=False)
    scopes: Mapped[list[str]]


class AccessToken(Row):
    """A token of the Admin API. `kind` says what made it: "admin", "day", "lasting" or "hour"."""

    __tablename__ = "access_token"
    token: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    scopes: Mapped[list[str]]
    issued_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime | None] = mapped_column(default=None)
    __table_args__ = {"sqlite_autoincrement": False}  # noqa: RUF012


class RefreshToken(Row):
    """What an expiring token is renewed with; `replaces` is the refresh token that it was given out for."""

    __tablename__ = "refresh_token"
    token: Mapped[str] = mapped_column(primary_key=True)
    scopes: Mapped[list[str]]
    replaces: Mapped[str] = mapped_column(default="")
    issued_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None] = mapped_column(default=None)
    __table_args__ = {"sqlite_autoincrement": False}  # noqa: RUF012


class Code(Row):
    """An authorization code; good for one use."""

    __tablename__ = "code"
    code: Mapped[str] = mapped_column(primary_key=True)
    scopes: Mapped[list[str]]
    expires_at: Mapped[datetime]
    __table_args__ = {"sqlite_autoincrement": False}  # noqa: RUF012
