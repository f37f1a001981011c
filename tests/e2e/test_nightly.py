"""The recipe that mirrors a store: by export or by pages, woken or not, and never on half a file."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from infra.errors import TokenRefused
from infra.settings import Settings
from infra.shopify.orders import Orders
from infra.shopify.sales import Sales
from tests import drawn
from tests.running import wait_for
from webhook_app.embedded import Embedded, running
from webhook_app.recipes import nightly
from webhook_app.recipes.nightly import sync_now

ROOT = Path(__file__).parents[2]
WHOLE = {"seen": 12, "changed": 0, "deleted": 0, "failed": 0}


@pytest.fixture(scope="module")
def running_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    home = tmp_path_factory.mktemp("home")
    settings = Settings.from_env(home=home, port=0, image_size="1K", min_sales=1500, sales_days=30)
    with running(settings, drawn.rows(home / "catalog")) as app:
        app.sync()
        yield app


@pytest.fixture
def app(running_app: Embedded, monkeypatch: pytest.MonkeyPatch) -> Iterator[Embedded]:
    """A mirrored shop that exports whatever it has, and is looked at often."""
    monkeypatch.setattr(nightly, "BULK_FROM", 1)
    monkeypatch.setattr(nightly, "PAUSES", (0.05,) * 200)
    running_app.store.operations_seen.clear()
    yield running_app
    running_app.store.faults.clear()


def exports(app: Embedded) -> int:
    return app.store.operations_seen["bulk_operation_run_query"]


def sold(app: Embedded) -> dict[str, int]:
    known = app.services.seen.fingerprints(app.shop)
    return {product_id: units for product_id, (_, units) in known.items() if units}


def test_a_small_shop_is_read_page_by_page(app: Embedded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nightly, "BULK_FROM", 13)
    assert app.sync() == WHOLE
    assert exports(app) == 0


def test_a_large_one_is_exported(app: Embedded) -> None:
    assert app.sync() == WHOLE
    assert (exports(app), app.store.operations_seen["export"]) == (1, 1)


def test_what_has_gone_is_gone_from_the_mirror(app: Embedded) -> None:
    store = app.services.store(app.shop)
    photo = drawn.photo("Bags", "orchid", kind=5)
    made = store.products.create("Orchid bag", "Bags", photo=photo)
    wait_for(lambda: store.products.get(made).photos)  # type: ignore[union-attr]
    assert app.sync()["seen"] == 13
    store.products.delete(made)
    app.sync()
    assert made not in app.services.seen.fingerprints(app.shop)
    assert app.services.mirror.count(app.shop) == 12


def test_the_webhook_wakes_the_run(app: Embedded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nightly, "PAUSES", (60,))
    app.store.faults.slow_bulk(0.3)
    began = time.monotonic()
    assert app.sync() == WHOLE
    assert time.monotonic() - began < 30
    assert exports(app) == 1


def test_a_webhook_that_never_comes_is_not_waited_for(app: Embedded) -> None:
    app.store.faults.lose_webhooks("bulk_operations/finish", times=5)
    app.store.faults.slow_bulk(0.2)
    assert app.sync() == WHOLE
    assert (exports(app), app.store.operations_seen["export"]) == (1, 1)


@pytest.mark.parametrize("times", [1, 2])
def test_a_truncated_export_is_started_again_and_then_given_up(app: Embedded, times: int) -> None:
    app.store.faults.truncate_bulk(lines=3, times=times)
    app.store.faults.children_first()
    assert app.sync() == WHOLE
    assert (exports(app), app.store.operations_seen["export"]) == (2, 2 * times + (times == 1))
    assert app.services.mirror.count(app.shop) == 12


def test_a_failed_export_is_started_again(app: Embedded) -> None:
    app.store.faults.fail_bulk("INTERNAL_SERVER_ERROR", times=1)
    assert app.sync() == WHOLE
    assert (exports(app), app.store.operations_seen["export"]) == (2, 1)


def test_a_taken_slot_means_pages(app: Embedded) -> None:
    app.store.faults.take_bulk_slots(times=1)
    assert app.sync() == WHOLE
    assert (exports(app), app.store.operations_seen["export"]) == (1, 0)


def test_an_export_that_takes_too_long_is_given_up(app: Embedded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nightly, "PAUSES", (0.01,))
    app.store.faults.slow_bulk(1.5)
    assert app.sync() == WHOLE
    assert (exports(app), app.store.operations_seen["export"]) == (2, 0)


@pytest.mark.parametrize("bulk_from", [1, 1000])
def test_orders_stand_in_for_a_report_that_is_refused(
    app: Embedded, monkeypatch: pytest.MonkeyPatch, bulk_from: int
) -> None:
    monkeypatch.setattr(nightly, "BULK_FROM", bulk_from)
    product = next(app.services.store(app.shop).products.all()).id
    app.store.order([(product, 30 + bulk_from)])
    app.store.order([(product, 99)], days_ago=0)
    app.store.faults.refuse_reports()
    ever = app.services.store(app.shop).orders.all("created_at:>='2020-01-01T00:00:00Z'")
    yesterdays = sum(units for order in ever for _, units in order.lines if units != 99)
    app.store.operations_seen.clear()
    with capture_logs() as logged:
        assert app.sync() == WHOLE
    assert sold(app) == {product: yesterdays}
    assert any("no sales report" in line["event"] for line in logged)
    assert app.store.operations_seen["orders"] == (bulk_from > 1)


def test_the_summary_says_when_fewer_days_count(app: Embedded, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = app.services.settings.model_copy(update={"sales_days": 90})
    monkeypatch.setitem(app.services.__dict__, "settings", settings)
    app.store.faults.refuse_reports()
    assert app.sync() == WHOLE | {"days of sales": 59}


@pytest.fixture
def _a_report_that_never_agrees(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Sales.total
    monkeypatch.setattr(Sales, "total", lambda self, days: right(self, days) - 1)


@pytest.mark.usefixtures("_a_report_that_never_agrees")
def test_orders_stand_in_for_a_report_whose_figures_disagree(app: Embedded) -> None:
    product = next(app.services.store(app.shop).products.all()).id
    app.store.order([(product, 41)])
    assert app.sync() == WHOLE
    assert sold(app)[product] >= 41
    assert app.store.operations_seen["export"] == 2


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
        assert app.sync() == WHOLE | {"sales kept": 12}
    assert sold(app) == before
    said = [line["why"] for line in logged if line["event"] == "no sales; they stay as they were"]
    assert len(said) == 1
    assert ("of 1000000" in said[0]) == (without == "agreement")


@pytest.mark.usefixtures("_a_report_that_never_agrees")
def test_a_token_that_is_refused_ends_the_sync(app: Embedded, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise TokenRefused("the access token is not valid (any more)")

    monkeypatch.setattr(Orders, "count", refused)
    with pytest.raises(TokenRefused):
        sync_now(app.services, app.shop)


@pytest.mark.parametrize("point", ["infra.exports:Exports.note:after", "sync.export:status:before"])
def test_a_killed_run_goes_on_with_the_export_that_it_began(tmp_path: Path, point: str) -> None:
    killed = live(tmp_path, point)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    resumed = live(tmp_path, "")
    assert resumed.stdout.split() == ["12", "12"], resumed.stdout + resumed.stderr
    with closing(sqlite3.connect(tmp_path / "store" / "store.sqlite")) as db:
        assert db.execute("select query like '%products%', status from bulk_operation").fetchall() == [
            (1, "COMPLETED")
        ]


def live(home: Path, point: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.e2e.mortal_sync", str(home), point]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
