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
    last: Processor = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    if as_json:
        shared.append(structlog.processors.dict_tracebacks)
    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(
        stream=sys.stderr, level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(least)
