"""`bestshot models`: the image models there are, and whether OpenRouter says the same of them as we do."""

from __future__ import annotations

import click
import structlog
from rich.table import Table

from generators.profiles import differences, profiles
from generators.workshop import STUDIO, Workshop
from infra.errors import BestshotError
from infra.openrouter import OpenRouter, models
from webhook_app.console import open_services, show_table

log = structlog.get_logger()


@click.command("models")
def models_command() -> None:
    """Show the image models, what they paint and cost, and where OpenRouter's own list says otherwise."""
    with open_services() as services:
        chosen = Workshop(services).painter
        table = Table("BESTSHOT_PAINTER", "model", "formats", "US dollars an image, by size")
        table.add_row(_marked(STUDIO, chosen), "our own compositor, on this machine", "all", "nothing")
        for one in profiles().values():
            prices = ", ".join(f"{size} {usd}" for size, usd in one.usd.items())
            table.add_row(_marked(one.name, chosen), one.title, str(len(one.ratios)), prices)
        show_table(table)
        for one in profiles().values():
            for quirk in one.quirks:
                click.echo(f"{one.title}: {quirk}")
        for line in differs(services.openrouter) if services.openrouter else ():
            click.echo(line)


def _marked(name: str, chosen: str) -> str:
    return f"{name} (in use)" if name == chosen else name


def differs(openrouter: OpenRouter) -> list[str]:
    """What OpenRouter says of our models that their profiles do not; that it cannot be asked is one line."""
    slugs = [one.slugs["openrouter"] for one in profiles().values() if "openrouter" in one.slugs]
    try:
        return differences(profiles().values(), models(openrouter, slugs))
    except BestshotError as error:
        return [f"OpenRouter's list of models could not be read: {error}"]


def warn_of_differences(openrouter: OpenRouter | None) -> None:
    """Tell the log at start what has changed at the provider since the profiles were written."""
    for line in differs(openrouter) if openrouter else ():
        log.warning("a model is not what its profile says", what=line)
