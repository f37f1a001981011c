"""What a listing takes and costs when a model paints, with a stand-in as slow as the models are.

    python -m tests.bench.buying

The tutorial's sequence (embed, analyse, then one image after the other) is run beside it against the same
stand-in.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from rich.console import Console
from rich.table import Table

from generators.profiles import profile
from infra.database import Database
from infra.embedding.cache import VectorCache
from infra.embedding.nemotron import NemotronEmbedder
from infra.model import ImageRequest
from infra.openrouter import Chat, OpenRouter, OpenRouterImages
from infra.runs import ENDED
from tests import drawn
from tests.e2e.painters_kit import listed, settings
from tests.running import until_ended, wait_for
from tests.standin.server import ModelServer
from webhook_app.arrivals import begin_listing
from webhook_app.embedded import Embedded, running

LATENCY = {"embeddings": 0.3, "chat": 6.0, "images": 15.0}
CRITICAL = sum(LATENCY.values())
"""Seconds: one of each, the images side by side."""
MOST = 1.10
FORMATS = ("1:1", "3:4", "4:1")
LISTINGS, IN_FLIGHT = 20, 10
LEAST = 0.9
"""Of the throughput that IN_FLIGHT allows."""
PAID = ("embeddings", "chat", "images")


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds, throughput as a share of the limit's, and calls by occasion."""

    listing: float
    tutorial: float
    share: float
    calls: dict[str, dict[str, int]]


@contextmanager
def shop(server: ModelServer, **given: object) -> Iterator[Embedded]:
    """The app with a catalog in its mirror; that costs no time here."""
    with TemporaryDirectory() as folder:
        chosen = settings(
            Path(folder) / "app",
            server,
            formats=FORMATS,
            embedder="nemotron",
            log_level="ERROR",
            images_in_flight=IN_FLIGHT,
            images_per_minute=10_000,
            **given,
        )
        with running(chosen, drawn.rows(Path(folder) / "catalog")) as app:
            app.sync()
            yield app


def tutorial(server: ModelServer) -> float:
    """Seconds of the same calls, one after the other, and nothing else."""
    with TemporaryDirectory() as folder:
        client, database = OpenRouter(server.url, server.key), Database(f"sqlite:///{folder}/cache.sqlite")
        photo = drawn.photo("Dresses", "crimson", "#cfd6d2", kind=40)
        slug = profile("nano-banana-2").slugs["openrouter"]
        start = perf_counter()
        NemotronEmbedder(client, VectorCache(database), lambda _: None).embed_images([photo])
        Chat(client).answer(
            "qwen/qwen3.5-397b-a17b", [{"role": "user", "content": "style?"}], {}, max_tokens=512
        )
        for ratio in FORMATS:
            OpenRouterImages(client).generate(ImageRequest(slug, "a dress", ratio, "1K", (photo,)))
        took = perf_counter() - start
        client.close()
        database.close()
    return took


def calls_of(server: ModelServer, work: Callable[[], object]) -> dict[str, int]:
    """The calls that are billed while something is done."""
    before = {kind: len(server.requests[kind]) for kind in PAID}
    work()
    return {kind: len(server.requests[kind]) - before[kind] for kind in PAID}


def occasions(app: Embedded, server: ModelServer) -> tuple[float, dict[str, dict[str, int]]]:
    """Seconds of a first run, and the calls of each occasion to run."""
    product_id = ""
    took = 0.0

    def first() -> None:
        nonlocal product_id, took
        product_id = listed(app, "Crimson dress", 5)
        took = _seconds(until_ended(app, product_id))

    def again() -> None:
        number = app.services.runs.count(app.shop, product_id) + 1
        begin_listing(app.services, app.shop, product_id, number)
        wait_for(lambda: until_ended(app, product_id)["run_id"].endswith(f":{number}"))

    def other_words() -> None:
        change = {"id": product_id, "title": "Crimson gown"}
        app.services.store(app.shop).products._api.mutate("product_update", product=change)
        again()

    def other_photo() -> None:
        nonlocal product_id
        product_id = listed(app, "Crimson gown", 6)
        until_ended(app, product_id)

    calls = {
        "first run": calls_of(server, first),
        "run again, nothing changed": calls_of(server, again),
        "the text changed": calls_of(server, other_words),
        "the photo changed": calls_of(server, other_photo),
    }
    return took, calls


def throughput(app: Embedded, server: ModelServer) -> float:
    """Images per second of many listings at once, as a share of what the limit in flight allows."""
    server.requests["images"].clear()
    listings = [listed(app, f"Dress {number}", 50 + number) for number in range(LISTINGS)]
    runs = app.services.runs
    for product_id in listings:
        wait_for(lambda one=product_id: (r := runs.of_product(app.shop, one)) and r["status"] in ENDED, 400)
    begun = [one.at for one in server.requests["images"]]
    assert server.most_in_flight["images"] <= IN_FLIGHT
    whole = max(begun) + LATENCY["images"] - min(begun)
    return len(begun) / whole / (IN_FLIGHT / LATENCY["images"])


def measure() -> Figures:
    with ModelServer() as server, shop(server) as app:
        server.latency.update(LATENCY)
        took, calls = occasions(app, server)
        return Figures(took, tutorial(server), throughput(app, server), calls)


def tables(figures: Figures) -> Iterator[Table]:
    times = Table("three formats of one listing", "seconds", "of 21.3 s", title="a listing that is bought")
    times.add_row(
        "from its webhook to the store", f"{figures.listing:.1f}", f"{figures.listing / CRITICAL:.2f}"
    )
    times.add_row("the same calls in a row", f"{figures.tutorial:.1f}", f"{figures.tutorial / CRITICAL:.2f}")
    share = f"{figures.share:.0%}"
    times.add_row(f"{LISTINGS} listings at once, {IN_FLIGHT} images in flight", "", f"{share} of the limit")
    yield times
    calls = Table("paid calls of a listing", *PAID)
    for occasion, counts in figures.calls.items():
        calls.add_row(occasion, *(str(counts[kind]) for kind in PAID))
    yield calls


def missed(figures: Figures) -> Iterator[str]:
    if figures.listing > CRITICAL * MOST:
        yield f"a listing took {figures.listing:.1f} s; at most {CRITICAL * MOST:.1f} are the aim"
    if figures.share < LEAST:
        yield f"{figures.share:.0%} of the limit's throughput; at least {LEAST:.0%} are the aim"
    if any(figures.calls["run again, nothing changed"].values()):
        yield "a run with nothing changed was paid for"


def _seconds(run: dict[str, str]) -> float:
    began, ended = (datetime.fromisoformat(run[name]) for name in ("started_at", "ended_at"))
    return (ended - began).total_seconds()


def main() -> int:
    """Print the tables; 1 when a target is missed."""
    console, figures = Console(), measure()
    console.print(*tables(figures))
    misses = list(missed(figures))
    for one in misses:
        console.print(f"missed: {one}")
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main())
