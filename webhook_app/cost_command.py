"""`bestshot costs`: what models were paid, what keeping their results saved, what the budgets still hold."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import click
from rich.markup import escape
from rich.table import Column, Table

from infra.ledger import Ledger, Spend
from infra.model import plain
from webhook_app.console import open_services, show_table
from webhook_app.shop_commands import for_shop, shop_option

AMOUNTS = ("spent_usd", "unknown_usd", "saved_usd")


@click.command()
@shop_option
@click.option(
    "--days", type=click.IntRange(1, 3660), default=30, show_default=True, help="Days to look back."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def costs(shop: str, days: int, as_json: bool) -> None:
    """Show what was spent, by day, model and format, and what keeping results saved.

    Of the store that --shop or BESTSHOT_SHOP names, or else of all. Days are UTC, today among them.
    """
    with open_services(**for_shop(shop)) as services:
        one, ledger = services.settings.shop, services.ledger
        since = datetime.now(UTC).date() - timedelta(days=days - 1)
        rows = ledger.spending(since, one)
        if as_json:
            click.echo(json.dumps(_report(ledger, rows, since, one), indent=2))
            return
        if rows:
            show_table(_table(rows))
        for line in _sums(ledger, rows, since, one):
            click.echo(line)


def _report(ledger: Ledger, rows: list[Spend], since: date, shop: str) -> dict[str, object]:
    """Dollars as decimal text."""
    return {
        "since": since.isoformat(),
        "shop": shop,
        "spending": plain(rows),
        "total": {name: str(_total(rows, name)) for name in AMOUNTS},
        "budgets": {name: str(usd) for name, usd in plain(ledger.budgets).items()},
        "left_today": {name: str(usd) for name, usd in ledger.left(shop).items()},
    }


def _table(rows: Iterable[Spend]) -> Table:
    columns = (Column(name, justify="right") for name in ("calls", "spent", "not confirmed", "saved"))
    table = Table("day", Column("store", no_wrap=True), "what", "model", "format", *columns)
    for row in rows:
        table.add_row(
            row.day.isoformat(), row.shop or "–", row.kind, escape(row.model), row.format, f"{row.spent:,}",
            *(_money(getattr(row, name)) for name in AMOUNTS),
        )  # fmt: skip
    return table


def _sums(ledger: Ledger, rows: list[Spend], since: date, shop: str) -> Iterable[str]:
    spent, unknown, saved = (_total(rows, name) for name in AMOUNTS)
    yield f"Since {since}: ${spent:,.4f} spent, ${saved:,.4f} saved by keeping what was paid for."
    if unknown:
        yield (
            f"${unknown:,.4f} of it is not confirmed: under way, or cut off before a bill came. "
            "It counts as spent; the provider's own pages know."
        )
    left, whose = ledger.left(shop), {"shop": f"for {shop}", "day": "for all stores"}
    for budget in left:
        yield f"Left today {whose[budget]}: ${left[budget]:,.2f} of ${getattr(ledger.budgets, budget):,.2f}."


def _total(rows: Iterable[Spend], name: str) -> Decimal:
    return sum((getattr(row, name) for row in rows), Decimal("0.00"))


def _money(usd: Decimal) -> str:
    """Empty for nothing; a vector costs millionths."""
    return "" if not usd else f"${usd:,.4f}" if usd >= Decimal("0.0001") else f"${usd:.6f}"
