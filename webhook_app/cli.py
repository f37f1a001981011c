"""The command line: `bestshot demo | batch | connect | serve | worker | sync | search`."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from generators.formats import parse_formats
from generators.references import find_by_words
from generators.studio.painter import StudioPainter
from infra import logs
from infra.durable import run_recipes
from infra.errors import BestshotError, InputError, SettingsError
from infra.files import only_one, write_whole
from infra.services import build
from infra.settings import Settings
from infra.wsgi import address, bind, serving
from webhook_app.app import create_app
from webhook_app.batch import run_batch
from webhook_app.connect import connect, sync_now
from webhook_app.demo import demo
from webhook_app.recipes import Recipes

FAILED, UNUSABLE = 1, 2
"""Exit codes: some work failed; what was given cannot be used."""


@click.group()
@click.version_option(package_name="bestshot")
def main() -> None:
    """Promo images for new Shopify listings, in the style of the store's own bestsellers."""


@main.command("demo")
@click.option(
    "--home", type=click.Path(path_type=Path), default=Path("var/demo"), help="Where the demo lives."
)
@click.option("--port", default=8000, show_default=True, help="Port of the pages; 0 picks a free one.")
@click.option("--store-port", default=8001, show_default=True, help="Port of the local store.")
def demo_command(home: Path, port: int, store_port: int) -> None:
    """Run everything on this machine, with a drawn catalog, and list one new product."""
    console = Console()
    with _errors_shown():
        settings = _settings(home=home, port=port, image_size="1K", min_sales=1500, log_level="WARNING")
        with stop_signals() as stopped, demo(settings, store_port=store_port, say=console.print) as page:
            console.print(
                f"\nA new product was listed. Watch it here:\n\n  [bold]{page}[/]\n", soft_wrap=True
            )
            console.print("Ctrl-C stops.")
            stopped.wait()
    console.print("Stopped. `make demo` goes on from here; `make clean` forgets.")


@main.command("batch")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Where images and manifest go.")
@click.option("--formats", help="Formats, such as 1:1,9:16.  [default: 1:1,3:4,4:1]")
@click.option("--size", "image_size", type=click.Choice(["512", "1K", "2K", "4K"]), help="Size tier.")
@click.option("--top", "references", type=int, help="How many bestsellers to learn from.")
@click.option("--min-sales", type=int, help="Units sold that make a bestseller.")
@click.option("--min-similarity", type=float, help="Cosine below which a bestseller is too unlike.")
def batch_command(folder: Path, out: Path, formats: str | None, **given: Any) -> None:
    """Make images for every new product of a catalog FOLDER."""
    with _errors_shown():
        if formats is not None:
            given["formats"] = tuple(format.ratio for format in parse_formats(formats))
        settings = _settings(log_level="WARNING", **{k: v for k, v in given.items() if v is not None})
        if not run_batch(folder, out, settings, Console()):
            sys.exit(FAILED)


@main.command("connect")
@click.argument("address")
def connect_command(address: str) -> None:
    """Subscribe ADDRESS, this app's public URL, to the webhooks of BESTSHOT_SHOP."""
    with _errors_shown(), closing(build(_settings())) as services:
        connect(services, services.settings.shop, address.rstrip("/"))
        click.echo(f"{services.settings.shop} is connected")


@main.command()
def serve() -> None:
    """Serve webhooks over HTTP; `bestshot worker` does the work."""
    with ExitStack() as stack:
        stack.enter_context(_errors_shown())
        services = stack.enter_context(closing(build(_settings())))
        stopped = stack.enter_context(stop_signals())
        listener = stack.enter_context(bind(services.settings.host, services.settings.port))
        stack.enter_context(serving(create_app(services), listener))
        click.echo(f"Listening on {address(listener)}")
        stopped.wait()


@main.command()
def worker() -> None:
    """Run the recipes that webhooks start; one worker on each BESTSHOT_HOME."""
    with ExitStack() as stack:
        stack.enter_context(_errors_shown())
        settings = _settings()
        stack.enter_context(only_one(settings.home))
        services = stack.enter_context(closing(build(settings)))
        stopped = stack.enter_context(stop_signals())
        Recipes(services, StudioPainter())
        stack.enter_context(
            run_recipes(settings.recipes_url, _executor_id(settings.home), settings.paint_concurrency)
        )
        click.echo("Working")
        stopped.wait()


@main.command()
def sync() -> None:
    """Bring the mirror up to date with the store's catalog and sales."""
    with _errors_shown(), closing(build(_settings())) as services:
        counts = sync_now(services, services.settings.shop)
        click.echo(", ".join(f"{count} {name}" for name, count in counts.items()))


def _executor_id(home: Path) -> str:
    """Who this worker is: the same after every restart, for what it left unfinished is its own to resume."""
    path = home / "worker-id"
    if not path.exists():
        write_whole(path, uuid4().hex.encode())
    return path.read_text()


def _settings(**given: Any) -> Settings:
    settings = Settings.from_env(**given)
    parse_formats(settings.formats)
    logs.configure(settings.log_level, as_json=settings.log_json)
    return settings


@main.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", default=10, show_default=True, help="How many products to show.")
def search(words: tuple[str, ...], limit: int) -> None:
    """Find products of the mirrored store by WORDS, such as: a navy dress."""
    with _errors_shown(), closing(build(_settings())) as services:
        table = Table("product", "category", "sold", "score")
        for found in find_by_words(services, services.settings.shop, " ".join(words), limit):
            table.add_row(
                escape(found.title), escape(found.category), f"{found.sales_count:,}", f"{found.score:.4f}"
            )
        Console().print(table)


@contextmanager
def stop_signals() -> Iterator[threading.Event]:
    """An event that Ctrl-C or a polite kill sets; a second one interrupts."""
    stopped = threading.Event()

    def stop(_signal: int, _frame: object) -> None:
        if stopped.is_set():
            raise KeyboardInterrupt
        stopped.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _errors_shown() -> Iterator[None]:
    """Our own errors as one line and an exit code; anything else is a bug and keeps its traceback."""
    try:
        yield
    except (InputError, SettingsError) as error:
        click.echo(f"bestshot: {error}", err=True)
        sys.exit(UNUSABLE)
    except BestshotError as error:
        click.echo(f"bestshot: {error}", err=True)
        sys.exit(FAILED)
