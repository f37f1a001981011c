"""What a night costs a large shop, beside rebuilding everything: 100,000 products, vectors given.

    python -m tests.bench.mirror [COUNT]

The rebuild, and each phase of the mirror, has a Milvus Lite server that was started for it; a phase runs in
a process of its own (tests/bench/night.py). When they are over the mirror is compared with what it must hold
by then, and searched.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
from pymilvus import MilvusClient
from rich.console import Console
from rich.table import Table

from tests.bench import lite_profile, lookup
from tests.bench.bigshop import DIMENSION, Night
from tests.bench.night import STATES, Phase
from tests.bench.rebuild import rebuild, write_catalog
from tests.bench.serving import big_shop, machine, milvus_server
from tests.bench.store import write_states
from webhook_app.console import freeze

COUNT = 100_000
PHASES = {
    "build": "the mirror's first sync",
    "night": "a night: 1 % sold, 0.2 % changed, 0.1 % gone",
    "quiet": "a night in which nothing happened",
}
CAPTION = (
    "A rebuild's clock starts when its products.csv lies on disk; a night's when the exported file of times "
    "of change lies on disk and the sales report is in memory. Photos and vectors are given to both; each "
    "finds a Milvus that was started for it. A night's worker has run before: it has counted the rows once, "
    "and searched. "
    "Memory: the peak of the sync's process above its start."
)
MILVUS, CATALOG = "milvus.db", "products.csv"
MOST = 1 / 50
"""The time of a night, of a rebuild's."""
PEAK_MB = 400
PROFILED = 50
"""Queries."""
GRPC = {"grpc.keepalive_time_ms": 600_000}  # Milvus Lite hangs up on who pings more often


def tutorial(night: Night, folder: Path) -> float:
    """Seconds of rebuilding everything from a file of the shop as it is in the morning."""
    write_catalog(folder / CATALOG, night)
    vectors = np.stack([night.vector(number) for number in night.numbers()])
    with milvus_server(folder / MILVUS) as uri, closing(MilvusClient(uri, grpc_options=GRPC)) as client:
        freeze()  # as the other side does
        start = perf_counter()
        rebuild(client, folder / CATALOG, vectors)
        return perf_counter() - start


def mirrored(night: Night, home: Path) -> dict[str, Phase]:
    """The phases of the mirror, which stays."""
    write_states(home / STATES, night)
    return {name: _phase(name, night.count, home) for name in PHASES}


def _phase(name: str, count: int, home: Path) -> Phase:
    """One phase, in a process of its own."""
    with milvus_server(home / MILVUS) as uri:
        command = [sys.executable, "-m", "tests.bench.night", name, str(count), str(home), uri]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Phase(**json.loads(done.stdout.splitlines()[-1]))  # the log comes before


def table(count: int, rebuilt: float, phases: dict[str, Phase]) -> Table:
    """What everything took."""
    title = f"{count:,} products, {DIMENSION} dimensions"
    shown = Table("", "seconds", "of a rebuild", "memory", "embedded", title=title, caption=CAPTION)
    shown.add_row("rebuilding everything: drop, create, insert", f"{rebuilt:.1f}", "1", "", "")
    for name, one in phases.items():
        figures = f"{one.seconds:.2f}", _share(one.seconds, rebuilt), f"{one.peak_mb:.0f} MB"
        shown.add_row(PHASES[name], *figures, str(one.counts["embedding_calls"]))
    return shown


def breakdown(night: Phase) -> Table:
    """Where the night's time goes, the largest part first."""
    parts = night.parts | {"all other Python": night.seconds - sum(night.parts.values())}
    small = {part for part, seconds in parts.items() if seconds < night.seconds / 100}
    shown = Table("part of the night", "seconds", "share", title=f"the night's {night.seconds:.2f} seconds")
    for part in sorted(parts.keys() - small, key=lambda part: -parts[part]):
        shown.add_row(part, f"{parts[part]:.3f}", f"{parts[part] / night.seconds:.0%}")
    rest = sum(parts[part] for part in small)
    shown.add_row(f"{len(small)} smaller ones", f"{rest:.3f}", f"{rest / night.seconds:.0%}")
    return shown


def missed(rebuilt: float, phases: dict[str, Phase]) -> Iterator[str]:
    """The targets that were not met."""
    night, calls = phases["night"], phases["quiet"].counts["embedding_calls"]
    if night.seconds > rebuilt * MOST:
        took, aim = _share(night.seconds, rebuilt), _share(MOST, 1)
        yield f"the night took {took} of a rebuild; at most {aim} is the aim"
    if night.peak_mb > PEAK_MB:
        yield f"the night took {night.peak_mb:.0f} MB; at most {PEAK_MB} are the aim"
    if calls:
        yield f"{calls} photos were embedded though nothing had changed"


def main(count: int = COUNT) -> int:
    """Print the tables; 1 when a target is missed."""
    console, night = Console(), Night.drawn(count)
    console.print(machine())
    with TemporaryDirectory() as folder:
        home, rebuilt_in = Path(folder) / "mirror", Path(folder) / "rebuilt"
        home.mkdir()
        rebuilt_in.mkdir()
        rebuilt, phases = tutorial(night, rebuilt_in), mirrored(night, home)
        console.print(table(count, rebuilt, phases), breakdown(phases["night"]))
        with milvus_server(home / MILVUS) as uri, big_shop(home, uri) as services:
            looked = lookup.measure(services, night)
        console.print(lookup.table(looked), *lookup.aims(looked), sep="\n")
        with big_shop(home, str(home / MILVUS)) as services:
            asked = lookup.queries(services, night)[:PROFILED]
            console.print(lite_profile.table(lite_profile.profile(services.mirror, asked)))
    misses = [*missed(rebuilt, phases), *lookup.missed(looked)]
    for one in misses:
        console.print(f"missed: {one}")
    return 1 if misses else 0


def _share(seconds: float, whole: float) -> str:
    return f"1/{whole / seconds:.0f}" if seconds < whole else f"{seconds / whole:.1f}"


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])) if len(sys.argv) > 1 else main())
