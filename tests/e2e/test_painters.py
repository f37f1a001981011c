"""A listing whose images are bought from a model: what is asked, what is paid, what a person sees of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from infra.ledger import Budgets
from infra.pixels import decode
from tests import drawn
from tests.e2e.painters_kit import listed, settings
from tests.running import until_ended, wait_for
from tests.standin.server import ModelServer
from webhook_app.arrivals import begin_listing
from webhook_app.embedded import Embedded, running

BOUGHT = ("images", "chat")


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    with ModelServer() as server:
        yield server


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, server: ModelServer) -> Iterator[Embedded]:
    home = tmp_path_factory.mktemp("painters")
    with running(settings(home / "app", server), drawn.rows(home / "catalog")) as app:
        app.sync()
        yield app


def asked(server: ModelServer) -> dict[str, int]:
    return {kind: len(server.requests[kind]) for kind in BOUGHT}


def test_a_listing_is_painted_by_the_model_and_each_dollar_is_accounted_for(
    app: Embedded, server: ModelServer
) -> None:
    before = server.billed
    run = until_ended(app, listed(app, "Crimson dress", 5))
    assert (run["status"], run["reason"]) == ("published", "")
    assert run["brief"]["analyst"].startswith("qwen3.5")
    assert {image["method"] for image in run["paintings"]} == {"painted"}
    spent = server.billed - before
    rows = app.services.ledger.spending(date.today(), app.shop)
    assert sum(row.spent_usd for row in rows if row.kind in ("image", "analysis")) == spent
    assert Decimal(run["cost_usd"]) == sum(usd for kind, usd in server.bills if kind == "images")
    for image in run["paintings"]:
        assert decode(app.services.blobs.read(image["key"])).size == (image["width"], image["height"])
    assert server.complaints == []


def test_the_same_listing_again_buys_nothing(app: Embedded, server: ModelServer) -> None:
    product_id = listed(app, "Crimson gown", 6)
    first, calls = until_ended(app, product_id), asked(server)
    begin_listing(app.services, app.shop, product_id, 2)
    again = wait_for(lambda: (r := until_ended(app, product_id))["run_id"] != first["run_id"] and r)
    assert (again["status"], asked(server)) == ("published", calls)
    assert [image["key"] for image in again["paintings"]] == [image["key"] for image in first["paintings"]]


def test_a_run_that_would_pass_the_shops_budget_waits_and_says_so(
    app: Embedded, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    spent = sum(row.spent_usd for row in app.services.ledger.spending(date.today(), app.shop))
    scarce = Budgets(Decimal(2), Decimal(spent) + Decimal("0.01"), Decimal(100))
    monkeypatch.setattr(app.services.ledger, "budgets", scarce)
    calls, product_id = asked(server)["images"], listed(app, "Ruby dress", 7)
    run = wait_for(
        lambda: (r := app.services.runs.of_product(app.shop, product_id)) and r["step"] == "budget" and r
    )
    assert run["status"] == "running"
    assert "waiting for the budget until" in run["reason"]
    assert asked(server)["images"] == calls
    client = app.services.starter._client
    (later,) = wait_for(lambda: client.list_workflows(status=["DELAYED"], name="make_images"))
    assert later.workflow_id == f"{run['run_id']}:images:2"


def test_what_the_model_will_not_paint_ends_with_the_studios_picture_before_a_person(
    app: Embedded, server: ModelServer
) -> None:
    server.fail("images", "refusal", times=20)
    run = until_ended(app, listed(app, "Scarlet dress", 8))
    server._faults.clear()
    assert run["status"] == "needs_review"
    assert {image["painter"] for image in run["paintings"]} == {"studio-1"}
    assert {one["rung"] for image in run["paintings"] for one in image["tries"]} >= {"first", "studio"}
