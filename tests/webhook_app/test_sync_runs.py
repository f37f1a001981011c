"""One sync of a shop at a time, and one each night, whatever the clocks and the workers do."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from croniter import croniter
from pydantic import SecretStr
from structlog.testing import capture_logs

from infra.database import installations
from infra.durable import recipe, run_recipes, run_step
from infra.queues import Paintings
from infra.services import Services, build
from infra.settings import Settings
from infra.shopify.replies import Shop
from tests.running import wait_for
from webhook_app import sync_runs
from webhook_app.recipes.nightly import Nightly
from webhook_app.sync_runs import (
    begin_night,
    begin_sync,
    end_lost_syncs,
    nightly_cron,
    resume_nights,
    schedule_nights,
    sync_now,
    unschedule_nights,
)

A, B = "a.myshopify.com", "b.myshopify.com"
LAST_NIGHT = datetime(2026, 3, 28, 3, tzinfo=UTC)

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what is the same on any database."""


@pytest.fixture
def services(database_url: str, tmp_path: Path) -> Iterator[Services]:
    settings = Settings.from_env(home=tmp_path / "home", database_url=SecretStr(database_url))
    with run_recipes(database_url, "test", Paintings(1)):
        pass  # a worker makes the tables
    with closing(build(settings)) as built:
        for shop in (A, B):
            built.installations.connect(Shop(shop, shop, "Europe/Berlin"), "en", "https://app.example")
        yield built


class Work:
    """A sync that records what it is given and ends when it may."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.begun: list[tuple[str, str, int]] = []
        self.free = threading.Event()

    def __call__(self, shop: str, mode: str, dry_run: int) -> dict[str, int]:
        (run_id,) = self._services.starter.under_way(self._services.syncs.open_ones(shop)) or {""}
        self.begun.append((shop, mode, dry_run))
        self._services.syncs.begin(run_id)
        assert self.free.wait(60)
        self._services.syncs.report(run_id).add(seen=7)
        run_step("end", self._services.syncs.end, run_id, "done")
        return {"seen": 7}


@contextmanager
def worker(services: Services) -> Iterator[Work]:
    """A worker, while the block lasts."""
    work = Work(services)
    recipe("sync_store", work)
    Nightly(services)
    with run_recipes(services.settings.recipes_url, "test", Paintings(1)):
        try:
            yield work
        finally:
            work.free.set()


def statuses(services: Services, shop: str) -> list[str]:
    return [sync["status"] for sync in services.syncs.recent(shop)]


def test_who_asks_while_a_sync_is_under_way_joins_it(services: Services) -> None:
    first = begin_sync(services, A, "full", asked_by="command")
    with worker(services) as work:
        wait_for(lambda: work.begun)
        others = [begin_sync(services, A, asked_by="app"), begin_sync(services, A, "verify", asked_by="app")]
        elsewhere = begin_sync(services, B, asked_by="admin")
        work.free.set()
        for begun in (first, elsewhere):
            services.starter.result(begun.run_id)
        again = begin_sync(services, A, asked_by="admin")
        services.starter.result(again.run_id)
    assert [(one.run_id, one.joined) for one in others] == [(first.run_id, True)] * 2
    assert (first.joined, elsewhere.joined, again.joined) == (False, False, False)
    assert sorted(work.begun) == [(A, "changes", 0), (A, "full", 0), (B, "changes", 0)]
    assert statuses(services, A) == ["done", "done"]
    assert [sync["mode"] for sync in services.syncs.recent(A)] == ["changes", "full"]


def test_many_at_once_are_one_sync_with_one_record(services: Services) -> None:
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(begin_sync(services, A, asked_by="admin").run_id))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert {*found} == {sync["run_id"] for sync in services.syncs.recent(A)}
    assert len({*found}) == 1


@on_sqlite
def test_a_dry_run_stands_in_nobodys_way(services: Services) -> None:
    dry = begin_sync(services, A, dry_run=True, asked_by="command")
    real = begin_sync(services, A, asked_by="night")
    assert not real.joined
    assert begin_sync(services, A, dry_run=True, asked_by="admin").run_id == dry.run_id
    assert begin_sync(services, A, asked_by="admin").run_id == real.run_id


@on_sqlite
def test_waiting_for_a_sync_gives_its_counts(services: Services) -> None:
    with worker(services) as work:
        work.free.set()
        assert sync_now(services, A) == {"seen": 7}
    assert services.syncs.recent(A)[0]["counts"]["seen"] == 7


def test_a_record_without_a_run_is_ended_and_one_with_a_run_is_not(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = f"{A}:sync:lost"  # opened by a process that died before it could start it
    services.syncs.open(lost, A, mode="changes", dry_run=False, asked_by="admin")
    begun = begin_sync(services, A, asked_by="admin")
    assert not begun.joined
    assert statuses(services, A) == ["waiting", "waiting"]
    monkeypatch.setattr(sync_runs, "PATIENCE", timedelta(0))
    end_lost_syncs(services, A)
    assert statuses(services, A) == ["waiting", "failed"]
    services.starter.cancel_shop(A)
    end_lost_syncs(services, A)
    assert statuses(services, A) == ["failed", "failed"]


@on_sqlite
def test_a_night_is_one_sync_however_often_it_comes(services: Services) -> None:
    first = begin_night(services, A, LAST_NIGHT)
    assert begin_night(services, A, LAST_NIGHT) == first
    with worker(services) as work:
        work.free.set()
        services.starter.result(first)
        assert begin_night(services, A, LAST_NIGHT - timedelta(days=1)) == ""
        assert begin_night(services, A, LAST_NIGHT) == ""
        tomorrow = begin_night(services, A, datetime.now(UTC) + timedelta(minutes=1))
        services.starter.result(tomorrow)
    assert statuses(services, A) == ["done", "done"]
    assert {sync["asked_by"] for sync in services.syncs.recent(A)} == {"night"}


@on_sqlite
def test_a_sync_whose_worker_never_comes_back_stands_in_no_nights_way(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = begin_sync(services, A, asked_by="admin").run_id
    assert begin_night(services, A, LAST_NIGHT) == lost
    monkeypatch.setattr(sync_runs, "LONGEST_SYNC", timedelta(0))
    tonight = begin_night(services, A, LAST_NIGHT)
    assert tonight != lost
    assert services.starter.under_way([lost, tonight]) == {tonight}
    assert statuses(services, A) == ["waiting", "failed"]


@on_sqlite
@pytest.mark.parametrize("why", ["failed", "dry"])
def test_what_came_to_nothing_makes_up_for_no_night(services: Services, why: str) -> None:
    services.syncs.open("x", A, mode="changes", dry_run=why == "dry", asked_by="command")
    services.syncs.end("x", "failed" if why == "failed" else "done")
    assert begin_night(services, A, LAST_NIGHT)


@on_sqlite
def test_a_shop_that_has_left_has_no_more_nights(services: Services) -> None:
    schedule_nights(services, A)
    services.installations.leave(A)
    assert begin_night(services, A, LAST_NIGHT) == ""
    assert services.starter.count(A) == 0
    schedule_nights(services, A)
    assert services.starter.count(A) == 0
    assert services.syncs.recent(A) == []


def test_the_clock_starts_the_sync_and_a_schedule_follows_its_shops_zone(services: Services) -> None:
    schedule_nights(services, A)
    services.installations.refresh(Shop(A, A, "America/New_York"), "en")
    schedule_nights(services, A)
    client = services.starter._client
    (held,) = client.list_schedules()
    assert (held["cron_timezone"], held["schedule"], held["context"]) == (
        "America/New_York",
        nightly_cron(A),
        A,
    )
    with worker(services) as work:
        work.free.set()
        run_id = client.trigger_schedule(held["schedule_name"]).get_result()
        services.starter.result(run_id)
    assert work.begun == [(A, "changes", 0)]
    unschedule_nights(services, A)
    assert client.list_schedules() == []


@on_sqlite
def test_a_zone_that_nobody_knows_is_no_reason_to_have_no_nights(services: Services) -> None:
    services.installations.refresh(Shop(A, A, "Mars/Olympus"), "en")
    schedule_nights(services, A)
    (held,) = services.starter._client.list_schedules()
    assert held["cron_timezone"] == "UTC"


def test_nights_without_a_worker_are_made_up_for_by_one_sync(services: Services) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=10)
    with services.database.begin() as db:
        mine = installations.c.shop == A
        db.execute(installations.update().where(mine).values(connected_at=long_ago.isoformat()))
    for _restart in range(2):
        with worker(services) as work:
            work.free.set()
            resume_nights(services)
            wait_for(lambda: not under_way(services))
    assert statuses(services, A) == ["done"]
    assert services.syncs.recent(B) == []  # connected since
    assert len(services.starter._client.list_schedules()) == 2


def test_one_shops_trouble_keeps_nobody_from_the_nights(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leaves(of: Services, shop: str) -> None:
        schedule_nights(of, shop)
        if shop == A:
            unschedule_nights(of, shop)

    monkeypatch.setattr(sync_runs, "schedule_nights", leaves)
    with capture_logs() as logged:
        resume_nights(services)
    assert [(line["event"], line["shop"]) for line in logged] == [("nights not resumed", A)]
    assert [held["context"] for held in services.starter._client.list_schedules()] == [B]


def under_way(services: Services) -> list[str]:
    found = services.starter._client.list_workflows(status=["ENQUEUED", "PENDING"])
    return [workflow.workflow_id for workflow in found]


def firings(cron: str, zone: str, day: date, days: int) -> Counter[date]:
    """How often the schedule fires on each local date, computed as DBOS does."""
    clock = ZoneInfo(zone)
    times = croniter(cron, datetime(day.year, day.month, day.day, tzinfo=clock), second_at_beginning=True)
    found: Counter[date] = Counter()
    for _ in range(days):
        fires = times.get_next(datetime)
        found[fires.date()] += 1
        assert fires.hour == sync_runs.HOUR
    return found


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/Berlin", date(2026, 3, 27)),
        ("Europe/Berlin", date(2026, 10, 23)),
        ("America/New_York", date(2026, 3, 6)),
        ("America/New_York", date(2026, 10, 30)),
        ("Europe/Helsinki", date(2026, 10, 23)),
        ("Pacific/Chatham", date(2026, 4, 3)),
        ("Australia/Lord_Howe", date(2026, 10, 2)),
        ("Africa/Cairo", date(2026, 4, 22)),
    ],
)
def test_each_night_comes_once_when_the_clocks_are_set(zone: str, day: date) -> None:
    for cron in (nightly_cron(A), f"0 0 {sync_runs.HOUR} * * *", f"59 59 {sync_runs.HOUR} * * *"):
        assert firings(cron, zone, day, 5) == {day + timedelta(days=n): 1 for n in range(5)}


def test_shops_are_spread_over_their_hour() -> None:
    times = {nightly_cron(f"shop-{number}.myshopify.com") for number in range(200)}
    assert len(times) > 190
    assert {cron.split()[2:] == [str(sync_runs.HOUR), "*", "*", "*"] for cron in times} == {True}
    assert len({int(cron.split()[1]) // 10 for cron in times}) == 6
