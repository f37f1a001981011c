"""Structured logs on standard error: text for people, JSON lines for machines."""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.typing import Processor

QUIET = ("waitress", "werkzeug", "pymilvus", "urllib3", "botocore", "dbos", "milvus_lite")


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
    logging.basicConfig(stream=sys.stderr, level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))
