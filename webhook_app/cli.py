"""The command line: `bestshot demo | batch | serve | worker`; the others stand in files of their own."""

from __future__ import annotations

import sys
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from generators.formats import parse_formats
from generators.workshop import Workshop
from infra.durable import run_recipes
from infra.files import only_one
from infra.queues import Paintings
from infra.services import build
from infra.wsgi import address, bind, serving
from webhook_app import recipes
from webhook_app.app import create_app
from webhook_app.batch import run_batch
from webhook_app.console import (
    FAILED,
    errors_shown,
    executor_id,
    freeze,
    open_services,
    read_settings,
    stop_signals,
)
from webhook_app.cost_command import costs
from webhook_app.demo import demo
from webhook_app.model_command import models_command, warn_of_differences
from webhook_app.scene_command import scene
from webhook_app.shop_commands import COMMANDS
from webhook_app.sync_command import sync, syncs
from webhook_app.sync_runs import resume_nights
from webhook_app.token_commands import token_commands


@click.group(commands=(*COMMANDS, scene, sync, syncs, costs, models_command, token_commands))
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
    with errors_shown():
        settings = read_settings(home=home, port=port, image_size="1K", min_sales=1500, log_level="WARNING")
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
    with errors_shown():
        if formats is not None:
            given["formats"] = tuple(format.ratio for format in parse_formats(formats))
        settings = read_settings(log_level="WARNING", **{k: v for k, v in given.items() if v is not None})
        if not run_batch(folder, out, settings, Console()):
            sys.exit(FAILED)


@main.command()
def serve() -> None:
    """Serve webhooks over HTTP; `bestshot worker` does the work."""
    with ExitStack() as stack:
        services = stack.enter_context(open_services())
        stopped = stack.enter_context(stop_signals())
        listener = stack.enter_context(bind(services.settings.host, services.settings.port))
        stack.enter_context(serving(create_app(services), listener))
        click.echo(f"Listening on {address(listener)}")
        stopped.wait()


@main.command()
def worker() -> None:
    """Run the recipes that webhooks start; one worker on each BESTSHOT_HOME."""
    with ExitStack() as stack:
        stack.enter_context(errors_shown())
        settings = read_settings()
        stack.enter_context(only_one(settings.home))
        services = stack.enter_context(closing(build(settings)))
        stopped = stack.enter_context(stop_signals())
        workshop = Workshop(services)
        recipes.register(services, workshop)
        paintings = Paintings.of(settings, bought=workshop.buys)
        stack.enter_context(run_recipes(settings.recipes_url, executor_id(settings.home), paintings))
        resume_nights(services)
        warn_of_differences(services.openrouter)
        freeze()
        click.echo("Working")
        stopped.wait()
