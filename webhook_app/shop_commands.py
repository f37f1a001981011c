"""The commands for connected stores: `bestshot connect | doctor | runs | approve | restore | search`."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import datetime

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from generators.references import find_by_words
from infra.errors import InputError
from infra.services import Services
from infra.settings import Settings
from infra.shopify.install import shop_domain
from webhook_app.approvals import approve
from webhook_app.connect import Connected, connect
from webhook_app.console import FAILED, errors_shown, open_services, read_settings, show_table
from webhook_app.doctor import Finding, examine
from webhook_app.recipes.restore import start_restore

MARKS = {"ok": "[green]✓[/]", "warning": "[yellow]![/]", "failed": "[red]✗[/]"}


def shop_name(_context: click.Context, _parameter: click.Parameter, given: str) -> str:
    try:
        return shop_domain(given) if given else ""
    except InputError as error:
        raise click.BadParameter(str(error)) from None


shop_argument = click.argument("shop", required=False, default="", callback=shop_name)
shop_option = click.option("--shop", default="", callback=shop_name, help="The store, if it is not clear.")


@click.command("connect")
@shop_argument
def connect_command(shop: str) -> None:
    """Connect SHOP (name.myshopify.com): check credentials and scopes, set up webhooks and the banner."""
    with open_services() as services:
        settings = services.settings
        wanted = shop or settings.shop
        if not wanted:
            raise InputError("which store? bestshot connect NAME.myshopify.com, or set BESTSHOT_SHOP")
        if not settings.app_url:
            raise InputError("set BESTSHOT_APP_URL to the address at which Shopify reaches `bestshot serve`")
        _show(Console(soft_wrap=True), connect(services, wanted, settings.app_url), settings)


@click.command()
@shop_argument
def doctor(shop: str) -> None:
    """Test each credential, scope, subscription and service, and say how to mend what is wrong."""
    console, verdicts = Console(soft_wrap=True), Counter[str]()
    with errors_shown():
        for finding in examine(read_settings(**for_shop(shop), log_level="ERROR")):
            _show_finding(console, finding)
            verdicts[finding.verdict] += 1
    console.print(f"\n{verdicts['ok']} well, {verdicts['warning']} to look at, {verdicts['failed']} to mend.")
    if verdicts["failed"]:
        sys.exit(FAILED)


@click.command()
@shop_argument
def runs(shop: str) -> None:
    """Show the newest runs of SHOP, with what came of them.

    Without SHOP, of the store that BESTSHOT_SHOP names, or else of every connected one.
    """
    with open_services(**for_shop(shop)) as services:
        table = Table(Column("run", no_wrap=True), "product", "began", "came to")
        for one in chosen_shops(services):
            for run in services.runs.recent(one):
                began = datetime.fromisoformat(run["started_at"]).astimezone()
                ended = f"{run['status'].replace('_', ' ')}{': ' if run['reason'] else ''}{run['reason']}"
                table.add_row(run["run_id"], escape(run["title"]), f"{began:%Y-%m-%d %H:%M}", escape(ended))
        show_table(table)


@click.command()
@click.argument("run")
@shop_option
def restore(run: str, shop: str) -> None:
    """Take back what RUN published: its images off the product, the banner and the order as they were."""
    with open_services(**for_shop(shop)) as services:
        one = _shop_of(services, run)
        click.echo(services.starter.result(start_restore(services, one, run)))
        if services.runs.need(one, run)["restore_problem"]:
            sys.exit(FAILED)


@click.command("approve")
@click.argument("run")
@shop_option
def approve_command(run: str, shop: str) -> None:
    """Have RUN, which waits for a person, painted at its final size and published."""
    with open_services(**for_shop(shop)) as services:
        approve(services, _shop_of(services, run), run)
        click.echo(f"{run} is approved; a worker finishes it.")


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", default=10, show_default=True, help="How many products to show.")
@shop_option
def search(words: tuple[str, ...], limit: int, shop: str) -> None:
    """Find products of the mirrored store by WORDS, such as: a navy dress."""
    with open_services(**for_shop(shop)) as services:
        table = Table("product", "category", "sold", "score")
        for found in find_by_words(services, _the_shop(services), " ".join(words), limit):
            table.add_row(
                escape(found.title), escape(found.category), f"{found.sales_count:,}", f"{found.score:.4f}"
            )
        show_table(table)


COMMANDS = (connect_command, doctor, runs, approve_command, restore, search)


def for_shop(shop: str) -> dict[str, str]:
    """What the command line says of the store, over BESTSHOT_SHOP."""
    return {"shop": shop} if shop else {}


def chosen_shops(services: Services) -> list[str]:
    """The store that was chosen, or all that are connected."""
    chosen = services.settings.shop
    shops = [chosen] if chosen else [one.shop for one in services.installations.active()]
    if not shops:
        raise InputError("no store is connected; run bestshot connect NAME.myshopify.com")
    return shops


def _shop_of(services: Services, run: str) -> str:
    """The store that a run is of, among those that were chosen; the first one for a run that nobody has."""
    shops = chosen_shops(services)
    return next((one for one in shops if services.runs.read(one, run)), shops[0])


def _the_shop(services: Services) -> str:
    shops = chosen_shops(services)
    if len(shops) > 1:
        raise InputError(f"several stores are connected; choose one with --shop: {', '.join(shops)}")
    return shops[0]


def _show(console: Console, done: Connected, settings: Settings) -> None:
    console.print(f"[bold]{escape(done.name)}[/] ({done.shop}) is connected, by {_words(done.kind)}.\n")
    for topic, change in done.webhooks.items():
        console.print(f"  {topic:24} {change}")
    console.print(f"  {'sent to':24} {settings.app_url}/webhooks\n", highlight=False)
    for path, made in done.banners.items():
        console.print(f"  banner: {escape(path)}{' (defined now)' if made else ''}", highlight=False)
    console.print(f"  alternative texts: in the store's language ({done.locale})")
    for scope, why in done.lacking.items():
        console.print(f"  [yellow]![/] without {scope} it cannot {why}")
    console.print("\nNext: `bestshot sync` mirrors the catalog; `bestshot doctor` tests everything.")


def _words(kind: str) -> str:
    return {"offline": "the merchant's consent"}.get(kind, kind.replace("_", " "))


def _show_finding(console: Console, finding: Finding) -> None:
    console.print(f"{MARKS[finding.verdict]} [bold]{escape(finding.subject)}[/]: {escape(finding.seen)}")
    if finding.mend:
        console.print(f"    → {escape(finding.mend)}")
