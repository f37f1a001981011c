"""Structured logs on standard error: text for people, JSON lines for machines."""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.typing import Processor

QUIET = {
    "waitress.queue": logging.ERROR,  # says so whenever a request waits for a thread
    "grpc": logging.CRITICAL,  # Milvus Lite answers what it lacks with tracebacks, and pymilvus goes on
    "pymilvus": logging.ERROR,
    "dbos": logging.WARNING,
    "urllib3": logging.WARNING,
    "botocore": logging.WARNING,
    "PIL": logging.WARNING,
}


def configure(level: str, *, as_json: bool) -> None:
    """Set up logging for this process. Context (shop, run, step) is bound with structlog.contextvars."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, *(_as_json() if as_json else _as_text())],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(
        stream=sys.stderr, level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(least)


# Tracebacks without the variables of their frames: access tokens stand in them.


def _as_json() -> list[Processor]:
    frames = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    return [structlog.processors.ExceptionRenderer(frames), structlog.processors.JSONRenderer()]


def _as_text() -> list[Processor]:
    return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
