"""Where a person has the last word: a cheap draft is painted first, the final once it was approved."""

from __future__ import annotations

from pathlib import Path

from tests import drawn
from tests.e2e.painters_kit import listed, settings
from tests.running import until_ended, wait_for
from tests.standin.server import ModelServer
from webhook_app.approvals import approve
from webhook_app.embedded import running


def test_a_draft_waits_for_a_person_and_becomes_final_once_if_it_still_may(tmp_path: Path) -> None:
    with ModelServer() as server:
        review = settings(tmp_path / "app", server, publish="review", formats=("1:1",))
        with running(review, drawn.rows(tmp_path / "catalog")) as app:
            app.sync()
            product_id = listed(app, "Crimson dress", 5)
            draft = until_ended(app, product_id)
            assert (draft["status"], draft["step"], draft["size"]) == ("needs_review", "review", "512")
            assert len(app.services.store(app.shop).products.media(product_id)) == 1
            for _ in range(2):
                approve(app.services, app.shop, draft["run_id"])
            final = wait_for(lambda: (r := until_ended(app, product_id))["status"] == "published" and r)
            assert (final["size"], final["is_draft"]) == ("1K", False)
            assert final["paintings"][0]["prompt"] == draft["paintings"][0]["prompt"]
            assert len(app.services.store(app.shop).products.media(product_id)) == 2
            assert len(server.requests["images"]) == 2

            outdated = listed(app, "Ruby dress", 6)
            draft = until_ended(app, outdated)
            change = {"id": outdated, "status": "ARCHIVED"}
            app.services.store(app.shop).products._api.mutate("product_update", product=change)
            approve(app.services, app.shop, draft["run_id"])
            ended = wait_for(lambda: (r := until_ended(app, outdated))["step"] == "done" and r)
            assert (ended["status"], ended["paintings"][0]["status"]) == ("needs_review", "refused")
            assert "archived" in ended["reason"]
            assert len(server.requests["images"]) == 3  # the draft alone
