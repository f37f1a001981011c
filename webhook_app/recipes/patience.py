"""Waiting for what the store does in its own time."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from dbos import DBOS

from infra.durable import run_step

P = ParamSpec("P")
R = TypeVar("R")

PAUSES = (0.5, 0.5, 1, 2, 4, 8, 15, *[30] * 19)
"""Seconds between two questions: ten minutes in all."""


def ask_until(name: str, question: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R | None:
    """Ask, in a durable step each time, until the answer is truthy; None when it was not in ten minutes.

    The waiting survives a restart, and what was waited before it counts.
    """
    for pause in PAUSES:
        if answer := run_step(name, question, *args, **kwargs):
            return answer
        DBOS.sleep(pause)
    return None
