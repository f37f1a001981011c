"""What all commands share: settings read once, errors shown as one line, signals as an event."""

from __future__ import annotations

import gc
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import click
from rich.console import Console
from rich.table import Table

from generators.formats import parse_formats
from infra import logs
from infra.errors import BestshotError, InputError, SettingsError
from infra.files import write_whole
from infra.services import Services, build
from infra.settings import Settings

FAILED, UNUSABLE, STOPPED = 1, 2, 130
"""Exit codes: some work failed; what was given cannot be used; Ctrl-C, as shells tell it."""
WIDE = 240
"""Columns of a table that is not for a terminal, but for a file or `grep`."""


def read_settings(**given: Any) -> Settings:
    """The settings, with what the command line says on top; logging is set up from them."""
    settings = Settings.from_env(**given)
    parse_formats(settings.formats)
    logs.configure(settings.log_level, as_json=settings.log_json)
    return settings


@contextmanager
def open_services(**given: Any) -> Iterator[Services]:
    """The services of this installation while the block lasts; errors end the command."""
    with errors_shown(), closing(build(read_settings(**given))) as services:
        yield services


@contextmanager
def errors_shown() -> Iterator[None]:
    """Our own errors as one line and an exit code; anything else is a bug and keeps its traceback."""
    try:
        yield
    except (InputError, SettingsError) as error:
        click.echo(f"bestshot: {error}", err=True)
        sys.exit(UNUSABLE)
    except BestshotError as error:
        click.echo(f"bestshot: {error}", err=True)
        sys.exit(FAILED)


def show_table(table: Table) -> None:
    """Print a table as wide as the terminal is, or as its rows are where there is none."""
    console = Console()
    (console if console.is_terminal else Console(width=WIDE)).print(table)


def executor_id(home: Path) -> str:
    """Who works here: the same after every restart, for what was left unfinished is its own to resume."""
    path = home / "worker-id"
    if not path.exists():
        write_whole(path, uuid4().hex.encode())
    return path.read_text()


def freeze() -> None:
    """What a process starts with stays: no garbage collection need go through it again.

    One falls into each sync of a large shop, and takes a tenth of a second.
    https://docs.python.org/3/library/gc.html#gc.freeze
    """
    gc.collect()
    gc.freeze()


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
