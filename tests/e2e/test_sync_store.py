"""The recipe that mirrors a store: by export or by pages, woken or not, and never on half a file."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from infra.errors import TokenRefused
from infra.settings import Settings
from infra.shopify.orders import Orders
from infra.shopify.sales import Sales
from infra.syncs import SyncMode
from tests import drawn
from tests.running import wait_for
from webhook_app import arrivals
from webhook_app.embedded import Embedded, running
from webhook_app.recipes import exporting, sync_store
from webhook_app.sync_runs import begin_sync

ROOT = Path(__file__).parents[2]
WELL = {"seen": 12}


@pytest.fixture(scope="module")
def running_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    home = tmp_path_factory.mktemp("home")
    settings = Settings.from_env(home=home, port=0, image_size="1K", min_sales=1500, sales_days=30)
    with running(settings, drawn.rows(home / "catalog")) as app:
        app.sync()
        yield app


@pytest.fixture
def app(running_app: Embedded, monkeypatch: pytest.MonkeyPatch) -> Iterator[Embedded]:
    """A mirrored shop that exports whatever it has and is looked at often; no webhook changes its mirror."""
    monkeypatch.setattr(arrivals, "MINUTE", 10**9)  # or they would, when a minute of the clock ends
    monkeypatch.setattr(sync_store, "BULK_FROM", 1)
    monkeypatch.setattr(sync_store, "BULK_STATES_FROM", 1)
    monkeypatch.setattr(exporting, "PAUSES", (0.05,) * 200)
    running_app.store.operations_seen.clear()
    yield running_app
    running_app.store.faults.clear()


def record(app: Embedded, mode: SyncMode = "verify", *, dry_run: bool = False) -> dict[str, Any]:
    """What a sync came to; to verify, all products are read in full."""
    run_id = begin_sync(app.services, app.shop, mode, dry_run=dry_run, asked_by="app").run_id
    app.services.starter.result(run_id)
    found = app.services.syncs.read(app.shop, run_id)
    assert found
    assert found["status"] == "done"
    return found


def came_to(app: Embedded, mode: SyncMode = "verify") -> dict[str, int]:
    """The counts of a sync that are not zero, sales apart."""
    counts = record(app, mode)["counts"]
    return {name: count for name, count in counts.items() if count and name != "sales_only"}


def exports(app: Embedded) -> tuple[int, int]:
    """How many exports were asked for, and how many files were read."""
    return app.store.operations_seen["bulk_operation_run_query"], app.store.operations_seen["export"]


def sold(app: Embedded) -> dict[str, int]:
    counts = {product: units for product, (units, _) in app.services.seen.sold(app.shop).items()}
    return {product_id: units for product_id, units in counts.items() if units}


@pytest.mark.parametrize("mode", ["changes", "verify"])
def test_a_small_shop_is_read_page_by_page(
    app: Embedded, monkeypatch: pytest.MonkeyPatch, mode: SyncMode
) -> None:
    monkeypatch.setattr(sync_store, "BULK_FROM", 13)
    monkeypatch.setattr(sync_store, "BULK_STATES_FROM", 13)
    assert came_to(app, mode) == WELL
    assert exports(app) == (0, 0)


def test_a_large_one_is_exported(app: Embedded) -> None:
    assert came_to(app) == WELL
    assert exports(app) == (1, 1)


def test_of_a_large_one_that_has_changed_little_only_the_times_of_change_are_exported(app: Embedded) -> None:
    api = app.services.store(app.shop)
    product = next(api.products.all())
    time.sleep(1.1)  # the store tells whole seconds, and this is about the next one
    api._api.mutate("product_update", product={"id": product.id, "title": "Grand"}, media=[])
    app.store.operations_seen.clear()
    assert came_to(app, "changes") == WELL | {"changed": 1}
    assert exports(app) == (1, 1)
    assert (app.store.operations_seen["products_by_id"], app.store.operations_seen["product_states"]) == (
        1,
        0,
    )


def test_of_one_that_has_changed_much_everything_is_exported(
    app: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.catalog.MOST_CHANGED", 12)
    monkeypatch.setattr(sync_store, "MOST_CHANGED", 12)
    app.services.seen.outdate(app.shop)
    app.services.seen.touch(app.shop, dict.fromkeys(app.services.seen.stamps(app.shop), 1))
    assert came_to(app, "changes") == WELL | {"changed": 12, "embedding_calls": 12}
    assert exports(app) == (2, 2)


def test_of_one_that_is_hardly_known_everything_is_exported_at_once(
    app: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_store, "MOST_CHANGED", 12)
    app.services.seen.outdate(app.shop)
    assert came_to(app, "changes") == WELL | {"changed": 12, "embedding_calls": 12}
    assert exports(app) == (1, 1)


def test_a_full_sync_writes_everything_anew(app: Embedded) -> None:
    before = sold(app)
    assert came_to(app, "full") == WELL | {"changed": 12, "embedding_calls": 12}
    assert sold(app) == before
    said = record(app, "full", dry_run=True)["counts"]
    assert (said["seen"], said["changed"], said["embedding_calls"]) == (12, 12, 12)
    assert came_to(app, "changes") == WELL


def test_a_dry_run_says_what_would_be_done(app: Embedded) -> None:
    known = app.services.seen.fingerprints(app.shop)
    bestseller = next(iter(known))
    app.store.sell(bestseller, 1)
    lost = [product_id for product_id in known if product_id != bestseller][:2]
    app.services.mirror.remove(app.shop, lost)
    said = record(app, dry_run=True)
    assert (said["mirror"]["lost"], said["counts"]["sales_only"], said["dry_run"]) == (2, 1, True)
    assert app.services.seen.fingerprints(app.shop) == known
    assert app.services.mirror.count(app.shop) == 10
    assert came_to(app) == WELL | {"new": 2, "embedding_calls": 2}
    assert sold(app)[bestseller] == known[bestseller][1] + 1


def test_to_verify_mends_what_was_lost_and_what_was_altered(app: Embedded) -> None:
    first, second, *_ = app.services.seen.fingerprints(app.shop)
    app.services.mirror.remove(app.shop, [first])
    seen = app.services.seen.of(app.shop, [second])[second]
    app.services.seen.put_sales(app.shop, {second: seen.sales_count + 5})
    said = record(app)
    assert said["mirror"] == {"lost": 1, "strays": 0, "other_content": 0, "other_sales": 1}
    assert said["counts"]["sales_only"] == 1
    assert record(app)["mirror"] == {"lost": 0, "strays": 0, "other_content": 0, "other_sales": 0}


def test_what_has_gone_is_gone_from_the_mirror(app: Embedded) -> None:
    store = app.services.store(app.shop)
    photo = drawn.photo("Bags", "orchid", kind=5)
    made = store.products.create("Orchid bag", "Bags", photo=photo)
    wait_for(lambda: store.products.get(made).photos)  # type: ignore[union-attr]
    assert came_to(app)["seen"] == 13
    store.products.delete(made)
    came_to(app)
    assert made not in app.services.seen.fingerprints(app.shop)
    assert app.services.mirror.count(app.shop) == 12


def test_the_webhook_wakes_the_run(app: Embedded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "PAUSES", (60,))
    app.store.faults.slow_bulk(0.3)
    began = time.monotonic()
    assert came_to(app) == WELL
    assert time.monotonic() - began < 30
    assert exports(app) == (1, 1)


def test_a_webhook_that_never_comes_is_not_waited_for(app: Embedded) -> None:
    app.store.faults.lose_webhooks("bulk_operations/finish", times=5)
    app.store.faults.slow_bulk(0.2)
    assert came_to(app) == WELL
    assert exports(app) == (1, 1)


@pytest.mark.parametrize("times", [1, 2])
def test_a_truncated_export_is_started_again_and_then_given_up(app: Embedded, times: int) -> None:
    app.store.faults.truncate_bulk(lines=3, times=times)
    app.store.faults.children_first()
    assert came_to(app) == WELL
    assert exports(app) == (2, 2 * times + (times == 1))
    assert app.services.mirror.count(app.shop) == 12


@pytest.mark.parametrize("times", [1, 2])
def test_a_truncated_list_of_changes_is_treated_alike(app: Embedded, times: int) -> None:
    app.store.faults.truncate_bulk(lines=3, times=times)
    assert came_to(app, "changes") == WELL
    assert exports(app) == (2, 2 * times + (times == 1))
    assert app.store.operations_seen["product_states"] == (times == 2)


def test_a_failed_export_is_started_again(app: Embedded) -> None:
    app.store.faults.fail_bulk("INTERNAL_SERVER_ERROR", times=1)
    assert came_to(app) == WELL
    assert exports(app) == (2, 1)


def test_a_taken_slot_means_pages(app: Embedded) -> None:
    app.store.faults.take_bulk_slots(times=1)
    assert came_to(app) == WELL
    assert exports(app) == (1, 0)


def test_an_export_that_takes_too_long_is_called_off(app: Embedded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "PAUSES", (0.01,))
    app.store.faults.slow_bulk(1.5)
    assert came_to(app) == WELL
    assert exports(app) == (2, 0)
    assert app.store.operations_seen["bulk_operation_cancel"] == 2


@pytest.mark.parametrize("bulk_from", [1, 1000])
def test_orders_stand_in_for_a_report_that_is_refused(
    app: Embedded, monkeypatch: pytest.MonkeyPatch, bulk_from: int
) -> None:
    monkeypatch.setattr(sync_store, "BULK_FROM", bulk_from)
    product = next(app.services.store(app.shop).products.all()).id
    app.store.order([(product, 30 + bulk_from)])
    app.store.order([(product, 99)], days_ago=0)
    app.store.faults.refuse_reports()
    ever = app.services.store(app.shop).orders.all("created_at:>='2020-01-01T00:00:00Z'")
    yesterdays: Counter[str | None] = Counter()
    for order in ever:
        yesterdays.update({one: units for one, units in order.lines if units != 99})
    app.store.operations_seen.clear()
    with capture_logs() as logged:
        said = record(app)
    assert sold(app) == yesterdays
    assert (said["sales"]["source"], said["sales"]["days"]) == ("orders", 30)
    assert any("no sales report" in line["event"] for line in logged)
    assert app.store.operations_seen["orders"] == (bulk_from > 1)


def test_the_record_says_when_fewer_days_count(app: Embedded, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = app.services.settings.model_copy(update={"sales_days": 90})
    monkeypatch.setitem(app.services.__dict__, "settings", settings)
    assert record(app)["sales"]["days"] == 90
    app.store.faults.refuse_reports()
    assert record(app)["sales"]["days"] == 59


@pytest.fixture
def _a_report_that_never_agrees(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Sales.total
    monkeypatch.setattr(Sales, "total", lambda self, days: right(self, days) - 1)


@pytest.mark.usefixtures("_a_report_that_never_agrees")
def test_orders_stand_in_for_a_report_whose_figures_disagree(app: Embedded) -> None:
    product = next(app.services.store(app.shop).products.all()).id
    app.store.order([(product, 41)])
    assert came_to(app) == WELL
    assert sold(app)[product] >= 41
    assert exports(app) == (2, 2)


@pytest.mark.usefixtures("_a_report_that_never_agrees")
@pytest.mark.parametrize("without", ["agreement", "scope"])
def test_sales_that_cannot_be_had_stay_as_they_were_and_the_catalog_is_mirrored(
    app: Embedded, monkeypatch: pytest.MonkeyPatch, without: str
) -> None:
    before = sold(app)
    app.store.order([(next(iter(before)), 5)])
    if without == "agreement":
        monkeypatch.setattr(Orders, "count", lambda *_: (1_000_000, True))
    else:
        app.store.faults.answer(403, 100, "orders_count")
    with capture_logs() as logged:
        said = record(app)
    assert sold(app) == before
    assert said["counts"]["seen"] == 12
    assert ("of 1000000" in said["sales_kept"]) == (without == "agreement")
    assert "sales" not in said
    assert [line["why"] for line in logged if line["event"] == "no sales; they stay as they were"] == [
        said["sales_kept"]
    ]


@pytest.mark.usefixtures("_a_report_that_never_agrees")
def test_a_token_that_is_refused_ends_the_sync_and_the_record_says_why(
    app: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise TokenRefused("the access token is not valid (any more)")

    monkeypatch.setattr(Orders, "count", refused)
    run_id = begin_sync(app.services, app.shop, asked_by="app").run_id
    with pytest.raises(TokenRefused):
        app.services.starter.result(run_id)
    said = app.services.syncs.read(app.shop, run_id)
    assert said
    assert (said["status"], said["reason"]) == ("failed", "the access token is not valid (any more)")


@pytest.mark.parametrize(
    "point", ["infra.exports:Exports.note:after", "infra.milvus.mirror:Mirror.put:after"]
)
def test_a_killed_run_goes_on_with_the_export_that_it_began(tmp_path: Path, point: str) -> None:
    killed = live(tmp_path, point)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    resumed = live(tmp_path, "")
    assert resumed.stdout.split() == ["12", "12", "done"], resumed.stdout + resumed.stderr
    with closing(sqlite3.connect(tmp_path / "store" / "store.sqlite")) as db:
        assert db.execute("select query like '%products%', status from bulk_operation").fetchall() == [
            (1, "COMPLETED")
        ]


def live(home: Path, point: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.e2e.mortal_sync", str(home), point]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
