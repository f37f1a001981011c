"""A run's approved images into the store and onto the product, as a part of recipes.

What a step does stands in `webhook_app/steps/publishing.py`.
"""

from __future__ import annotations

from infra.durable import run_step
from sync.publish import is_arranged
from webhook_app.recipes.patience import ask_until
from webhook_app.steps import publishing
from webhook_app.steps.listing import Run

UNSEEN = "it has the file, and still did not show it ten minutes later; its processing may have failed"


def publish(run: Run) -> None:
    """Upload all, so that the store processes them side by side, attach each as it is ready, end the run."""
    ratios = run_step("approved", publishing.choose, run)
    for ratio in [ratio for ratio in ratios if is_uploaded(run, ratio)]:
        if is_processed(run, ratio):
            run_step("attach", publishing.attach_image, run, ratio)
    run_step("finish", publishing.finish, run, _put_in_order(run))


def is_uploaded(run: Run, ratio: str) -> bool:
    outcome = run_step("upload", publishing.upload_image, run, ratio)
    if outcome == "unseen" and not ask_until("find", publishing.find_image, run, ratio):
        _give_up(run, ratio, UNSEEN)
        return False
    return outcome != "refused"


def is_processed(run: Run, ratio: str) -> bool:
    state = ask_until("media", publishing.media_state, run, ratio)
    if not state:
        _give_up(run, ratio, "it was still processing it ten minutes later")
    return state == "ready"


def _give_up(run: Run, ratio: str, why: str) -> None:
    run_step("refuse", publishing.refuse_upload, run, ratio, why)


def _put_in_order(run: Run) -> str:
    """Our images before the merchant's, where that is wanted; returns what to say if it did not work."""
    job = run_step("order", publishing.place_first, run)
    if not job or ask_until("job", is_arranged, run.services, run.shop, job):
        return ""
    return "the store was still putting the images in order ten minutes later"
