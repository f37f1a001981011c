"""A Milvus Lite server of its own, a shop's services over it; a process's memory, and its time by part."""

from __future__ import annotations

import os
import platform
import signal
import socket
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from functools import wraps
from importlib.metadata import version
from pathlib import Path
from time import perf_counter, sleep
from typing import Any
from unittest.mock import patch

from rich.table import Table

from infra.milvus import Mirror
from infra.services import Services, build
from infra.settings import Settings
from infra.shopify.replies import Shop
from tests.bench.bigshop import Given, Photos

SHOP = "big.myshopify.com"


@contextmanager
def milvus_server(folder: Path) -> Iterator[str]:
    """The URI of a Milvus Lite server on a folder, which ends with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("milvus-lite")), "server", "--host", "127.0.0.1"]
    with (
        (folder.parent / "milvus.log").open("ab") as log,
        subprocess.Popen(
            [*command, "--data-dir", str(folder), "--port", str(port)], stdout=log, stderr=log
        ) as process,
    ):
        try:
            _wait_until_it_listens(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGINT)  # the only one after which it ends what it writes


def _wait_until_it_listens(port: int) -> None:
    for _ in range(2400):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        sleep(0.05)
    raise AssertionError("the Milvus server did not start")


@contextmanager
def big_shop(home: Path, milvus_uri: str) -> Iterator[Services]:
    """The services of a connected shop whose photos and vectors are given; its records lie in `home`."""
    given = Given()
    # Whatever the environment says, all is kept in that folder.
    settings = Settings.from_env(home=home, database_url="", milvus_uri=milvus_uri, min_sales=None)
    with closing(build(settings)) as built:
        mirror = Mirror(milvus_uri, given.name, given.dimension)
        services = replace(built, embedders=(given,), mirror=mirror, downloader=Photos())  # type: ignore[arg-type]
        services.installations.connect(Shop("Big", SHOP, "UTC"), "en", "https://app.example")
        with closing(mirror):
            yield services


class Spent:
    """Seconds by part of the work, of all threads. What one part does within another counts for it alone."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._thread = threading.local()

    @contextmanager
    def on(self, part: str) -> Iterator[None]:
        """The block's seconds count for a part."""
        outside, self._thread.inside = getattr(self._thread, "inside", 0.0), 0.0
        start = perf_counter()
        try:
            yield
        finally:
            took = perf_counter() - start
            self.seconds[part] += took - self._thread.inside
            self._thread.inside = outside + took

    @contextmanager
    def watching(self, parts: Iterable[tuple[str, Any, str]]) -> Iterator[None]:
        """In the block, calls of functions count for parts: (part, the function's owner, its name there)."""
        with ExitStack() as stack:
            for part, owner, name in parts:
                stack.enter_context(patch.object(owner, name, self._timed(part, getattr(owner, name))))
            yield

    def _timed(self, part: str, call: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(call)
        def timed(*arguments: Any, **options: Any) -> Any:
            with self.on(part):
                return call(*arguments, **options)

        return timed


def memory_mb(field: str) -> float:
    """This process's VmRSS (memory now) or VmHWM (its peak so far), in MB; Linux alone tells.

    https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
    """
    status = Path("/proc/self/status").read_text()
    (kilobytes,) = (line.split()[1] for line in status.splitlines() if line.startswith(f"{field}:"))
    return int(kilobytes) / 1000


def machine() -> Table:
    """What all of this was measured on."""
    table = Table("machine", "", title="measured on")
    table.add_row("processor", f"{_processor()}, {os.cpu_count()} cores")
    table.add_row("memory", f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1e9:.0f} GB")
    table.add_row("Python", f"{platform.python_version()} on {platform.system()}")
    for package in ("pymilvus", "milvus-lite", "numpy", "scikit-learn"):
        table.add_row(package, version(package))
    table.add_row("OMP_NUM_THREADS", os.environ.get("OMP_NUM_THREADS", "not set"))
    return table


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
