"""`bestshot token create | list | revoke`: who may use the admin endpoints."""

from __future__ import annotations

from datetime import datetime

import click
from rich.console import Console
from rich.table import Column, Table

from infra.errors import InputError
from infra.shopify.install import shop_domain
from webhook_app.console import open_services


@click.group("token")
def token_commands() -> None:
    """Tokens for the admin endpoints."""


@token_commands.command("create")
@click.argument("name")
@click.option("--shop", default="", help="The only store that it is for.  [default: all]")
def create(name: str, shop: str) -> None:
    """Make a token called NAME and print it, for this once."""
    with open_services() as services:
        only = shop_domain(shop) if shop else ""
        if only and not services.installations.is_active(only):
            raise InputError(f"{only} is not connected; run bestshot connect {only}")
        click.echo(services.admin_tokens.create(name, only))
    click.echo(f"For {only or 'all stores'}. Keep it now: it is not shown again.", err=True)


@token_commands.command("list")
def list_all() -> None:
    """Show the tokens in force: what each is for, and when it was last used."""
    with open_services() as services:
        table = Table(Column("name", no_wrap=True), Column("for", no_wrap=True), "made", "last used")
        for token in services.admin_tokens.all():
            used = _local(token.last_used_at) if token.last_used_at else "never"
            table.add_row(token.name, token.shop or "all stores", _local(token.created_at), used)
        Console().print(table)


@token_commands.command("revoke")
@click.argument("name")
def revoke(name: str) -> None:
    """End the token called NAME, at once."""
    with open_services() as services:
        services.admin_tokens.revoke(name)
    click.echo(f"{name} is revoked.")


def _local(time: datetime) -> str:
    return f"{time.astimezone():%Y-%m-%d %H:%M}"
