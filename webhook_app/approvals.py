"""A person's word on what was made: approved, it is painted at its final size and published."""

from __future__ import annotations

from infra.errors import InputError
from infra.services import Services


def approve(services: Services, shop: str, run_id: str) -> None:
    """Have a worker finish a run that waits for a person; to say it twice is to say it once.

    InputError when it waits for nobody, NotFound when this shop has no such run.
    """
    record = services.runs.need(shop, run_id)
    waits = record["status"] == "needs_review" and record["step"] == "review"
    if not waits and not (record["approved_at"] and record["status"] == "running"):
        raise InputError(f"{run_id} is {record['status']}: nothing in it waits to be approved")
    services.runs.approve(run_id)
    services.starter.start("make_finals", f"{run_id}:finals:1", shop, run_id, 1)
