"""`bestshot scene`: products of the store in one picture, as a sentence describes it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape

from generators.scenes import SceneWish
from infra import provenance
from infra.errors import InputError, SettingsError
from infra.files import only_one, write_whole
from infra.model import Painting, load, slug
from infra.runs import ENDED
from infra.services import Services
from webhook_app.console import FAILED, STOPPED, open_services, stop_signals
from webhook_app.recipes.scene import begin_scene
from webhook_app.shop_commands import chosen_shops, for_shop, shop_option
from webhook_app.wording import money

LOOK_SECONDS = 0.25


@click.command()
@click.argument("words")
@click.option("--products", required=True, help="Which products, comma-separated: ids, handles or words.")
@click.option("--format", "formats", default="1:1", show_default=True, help="Formats, such as 4:1,1:1.")
@click.option("--plain", is_flag=True, help="Leave the bestsellers' light and mood out of it.")
@click.option("--publish", is_flag=True, help="Put what passes the gate into the store's files.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for the images.")
@shop_option
def scene(
    words: str, products: str, formats: str, plain: bool, publish: bool, out: Path | None, shop: str
) -> None:
    """Make a picture of several products as WORDS describe it: "a model wearing these at the beach".

    The images are kept with their record. With --publish they become files of the store, on no product.
    """
    with open_services(**for_shop(shop), log_level="WARNING") as services:
        wish = SceneWish(words, _parts(products), _parts(formats), bestsellers=not plain, publish=publish)
        one = _the_shop(services)
        run_id = begin_scene(services, one, wish, "command")
        record = _wait(services, one, run_id)
        show(Console(soft_wrap=True), record)
        for path in _save(services, record, out) if out else ():
            click.echo(f"Written to {path}")
    if record["status"] == "failed" or any(image["status"] == "refused" for image in record["paintings"]):
        sys.exit(FAILED)


def show(console: Console, record: dict[str, Any]) -> None:
    """What was taken for what, and what came of it."""
    for one in record["scene"]["products"]:
        console.print(f"  {escape(one['note'] or one['title'])}")
    for image in record["paintings"]:
        state = "; ".join(image["refusals"]) or image["status"]
        made = f"{image['painter']}, {money(image['cost_usd'])}"
        console.print(f"  [bold]{image['format']}[/]: {escape(state)} ({made}) {escape(image['key'])}")
    reason = f": {record['reason']}" if record["reason"] else ""
    console.print(f"{record['run_id']}: {record['status'].replace('_', ' ')}{escape(reason)}")


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _the_shop(services: Services) -> str:
    shops = chosen_shops(services)
    if len(shops) > 1:
        raise InputError(f"several stores are connected; choose one with --shop: {', '.join(shops)}")
    if not services.installations.is_active(shops[0]):
        raise InputError(f"{shops[0]} is not connected; run bestshot connect {shops[0]}")
    return shops[0]


def _wait(services: Services, shop: str, run_id: str) -> dict[str, Any]:
    """Wait until a worker is done with it, and return its record; Ctrl-C ends the command, not the scene."""
    if not _has_worker(services):
        click.echo("No worker runs on this machine; the scene waits for one: bestshot worker", err=True)
    said = ""
    with stop_signals() as stopped:
        while (record := services.runs.need(shop, run_id))["status"] not in ENDED:
            if record["reason"] != said:
                said = record["reason"]
                click.echo(said, err=True)
            if stopped.wait(LOOK_SECONDS):
                click.echo(f"Stopped waiting. The worker goes on with {run_id}; see bestshot runs.", err=True)
                sys.exit(STOPPED)
    return record


def _has_worker(services: Services) -> bool:
    try:
        with only_one(services.settings.home):
            return False
    except SettingsError:
        return True


def _save(services: Services, record: dict[str, Any], folder: Path) -> list[Path]:
    """Write the images that there are, refused ones too: a person may want to see why."""
    made = [image for image in record["paintings"] if image["key"]]
    paths = [folder / f"scene-{slug(i['format'])}.{i['key'].rpartition('.')[2]}" for i in made]
    for image, path in zip(made, paths, strict=True):
        said = provenance.provenance_of(load(Painting, image), datetime.now(UTC))
        write_whole(path, provenance.write(services.blobs.read(image["key"]), said))
    return paths
