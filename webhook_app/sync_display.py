"""Syncs on the terminal: how far each has come, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Column, Table

LISTED = ("new", "changed", "sales_only", "deleted", "failed")
"""The counts that a line has room for, where they are not zero."""
SAY_SECONDS = 10.0
"""Between two lines about one stage, where no bars can be drawn."""

Progress = Callable[[dict[str, Any]], None]
"""Shows how far a sync has come, by its record."""


@contextmanager
def progress_shown() -> Iterator[Progress]:
    """A bar for each shop while the block lasts; lines where the output is not a terminal."""
    console = Console()
    if not console.is_terminal:
        yield _lines()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[far]}"))
    with Bars(*columns, TimeElapsedColumn(), console=console) as bars:
        yield _bars(bars)


def sum_up(console: Console, record: dict[str, Any], *, joined: bool) -> None:
    """What came of a sync, and each product that could not be mirrored."""
    what = f"{record['mode']}{', dry run: nothing was changed' if record['dry_run'] else ''}"
    by = f"; joined, asked for by {record['asked_by']}" if joined else ""
    console.print(f"\n[bold]{record['shop']}[/]: {record['status']} ({what}{by})", highlight=False)
    table = Table.grid("name", Column(justify="right"), padding=(0, 2))
    for name, figure in _figures(record).items():
        table.add_row(f"  {name}", figure)
    console.print(table)
    for note in _notes(record):
        console.print(f"  {escape(note)}", highlight=False)
    failures, failed = record["failures"], record["counts"]["failed"]
    for one in failures:
        console.print(
            f"  [yellow]![/] {escape(one['title'])} ({one['product_id']}): {escape(one['why'])}",
            highlight=False,
        )
    if failed > len(failures):
        console.print(f"  [yellow]![/] and {failed - len(failures):,} more")
    if record["reason"]:
        click.echo(f"{record['shop']}: {record['reason']}", err=True)


def table_of(records: Iterable[dict[str, Any]]) -> Table:
    """Syncs of any shops, one a line."""
    table = Table(Column("store", no_wrap=True), "began", "mode", "by", "status", "counts", "seconds", "why")
    for record in records:
        began = datetime.fromisoformat(record["started_at"]).astimezone()
        mode = f"{record['mode']}{' (dry run)' if record['dry_run'] else ''}"
        counted = [(name, record["counts"].get(name)) for name in LISTED]
        counts = ", ".join(f"{count:,} {_words(name)}" for name, count in counted if count)
        table.add_row(
            record["shop"], f"{began:%Y-%m-%d %H:%M}", mode, record["asked_by"], record["status"], counts,
            f"{record['seconds']:,.1f}", escape(record["reason"]),
        )  # fmt: skip
    return table


def _bars(bars: Bars) -> Progress:
    tasks: dict[str, TaskID] = {}

    def show(record: dict[str, Any]) -> None:
        shop = record["shop"]
        if shop not in tasks:
            tasks[shop] = bars.add_task(shop, total=None, far="")
        ended = record["ended_at"] is not None
        total = 1 if ended else record["total"]
        bars.update(
            tasks[shop],
            description=f"{shop}: {_stage(record)}",
            total=total,
            completed=1 if ended else record["done"],
            far=_far(record),
        )

    return show


def _lines() -> Progress:
    said: dict[str, tuple[str, float]] = {}

    def show(record: dict[str, Any]) -> None:
        shop, stage = record["shop"], _stage(record)
        before, at = said.get(shop, ("", 0.0))
        if stage != before or (record["ended_at"] is None and time.monotonic() - at > SAY_SECONDS):
            said[shop] = stage, time.monotonic()
            click.echo(f"{shop}: {stage} {_far(record)}".rstrip())

    return show


def _stage(record: dict[str, Any]) -> str:
    return (record["stage"] or "begins") if record["status"] == "running" else str(record["status"])


def _far(record: dict[str, Any]) -> str:
    if record["ended_at"] is not None or not (record["done"] or record["total"]):
        return ""
    return f"{record['done']:,}" + (f" of {record['total']:,}" if record["total"] is not None else "")


def _figures(record: dict[str, Any]) -> dict[str, str]:
    counts = {_words(name): f"{count:,}" for name, count in record["counts"].items()}
    return counts | {"seconds": f"{record['seconds']:,.1f}", "cost": f"${record['cost_usd']}"}


def _notes(record: dict[str, Any]) -> Iterator[str]:
    """What else the steps have noted, in sentences."""
    if record.get("listings_missed"):
        yield f"{record['listings_missed']:,} new listings whose webhook never came were begun"
    found = {name: count for name, count in record.get("mirror", {}).items() if count}
    if "mirror" in record and not found:
        yield "the mirror is as it was written"
    if found:
        done = "is not" if record["dry_run"] else "was"
        told = ", ".join(f"{count:,} {_words(name)}" for name, count in found.items())
        yield f"the mirror was not as it was written, and {done} repaired: {told}"
    if "sales_kept" in record:
        yield f"sales stay as they were: {record['sales_kept']}"
    if "sales" in record:
        sales = record["sales"]
        yield f"sales of {sales['days']} days until {sales['until']}, by the store's {sales['source']}"


def _words(name: str) -> str:
    return name.replace("_", " ")
