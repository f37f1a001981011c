"""The records of syncs: opened once, told as it goes, final when ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from infra.database import Database
from infra.installations import Installations
from infra.syncs import FAILURES_KEPT, Syncs

SHOP, OTHER = "a.myshopify.com", "b.myshopify.com"
RUN = f"{SHOP}:sync:1"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with closing(Database(database_url)) as opened:
        yield opened


@pytest.fixture
def syncs(database: Database) -> Syncs:
    found = Syncs(database)
    found.open(RUN, SHOP, mode="full", dry_run=False, asked_by="command")
    return found


def read(syncs: Syncs) -> dict[str, object]:
    found = syncs.read(SHOP, RUN)
    assert found is not None
    return found


def test_a_sync_waits_runs_and_ends_and_stays_as_it_ended(syncs: Syncs) -> None:
    assert read(syncs)["status"] == "waiting"
    syncs.begin(RUN)
    syncs.note(RUN, threshold=12)
    assert (read(syncs)["status"], read(syncs)["ended_at"]) == ("running", None)
    syncs.end(RUN, "failed", "the store is closed")
    ended = read(syncs)
    syncs.begin(RUN)
    syncs.end(RUN, "done")
    syncs.note(RUN, threshold=13)
    syncs.report(RUN).add(done=1, seen=1)
    assert read(syncs) == ended
    assert (ended["status"], ended["reason"], ended["threshold"]) == ("failed", "the store is closed", 12)


def test_opening_again_changes_nothing(syncs: Syncs) -> None:
    syncs.begin(RUN)
    syncs.open(RUN, SHOP, mode="changes", dry_run=True, asked_by="night")
    found = read(syncs)
    assert (found["status"], found["mode"], found["dry_run"]) == ("running", "full", False)


def test_counts_add_up_and_go_on_where_another_step_left_off(syncs: Syncs) -> None:
    first = syncs.report(RUN)
    first.stage("catalog", 10)
    first.add(done=2, seen=2, new=1)
    first.add(done=1, seen=1)
    second = syncs.report(RUN)
    second.add(done=4, seen=4, downloads=3)
    second.put(deleted=5, seen=8)
    found = read(syncs)
    assert (found["stage"], found["done"], found["total"]) == ("catalog", 7, 10)
    assert found["counts"] == {
        "seen": 8, "new": 1, "changed": 0, "sales_only": 0, "deleted": 5, "failed": 0, "embedding_calls": 0,
        "downloads": 3,
    }  # fmt: skip


def test_a_stage_begins_at_nothing_and_the_catalogs_forgets_what_failed(syncs: Syncs) -> None:
    report = syncs.report(RUN)
    report.stage("catalog", None)
    report.add(done=3, seen=3)
    report.fail("gid://1", "A dress", "no photo")
    report.stage("sales", 7)
    assert (read(syncs)["done"], read(syncs)["total"]) == (0, 7)
    assert read(syncs)["failures"] == [{"product_id": "gid://1", "title": "A dress", "why": "no photo"}]
    syncs.report(RUN).stage("catalog", None)
    found = read(syncs)
    assert (found["failures"], found["counts"]) == ([], {**found["counts"], "seen": 3, "failed": 0})  # type: ignore[dict-item]


def test_a_product_fails_once_and_many_are_kept_by_number_alone(syncs: Syncs) -> None:
    report = syncs.report(RUN)
    report.fail("gid://0", "A dress", "time-out")
    for number in range(FAILURES_KEPT + 20):
        report.fail(f"gid://{number}", "A dress", "no photo")
    found = read(syncs)
    assert found["counts"]["failed"] == FAILURES_KEPT + 20  # type: ignore[index]
    assert [one["why"] for one in found["failures"]] == ["no photo"] * FAILURES_KEPT  # type: ignore[attr-defined]


def test_every_report_is_one_statement(syncs: Syncs, database: Database) -> None:
    report, said = syncs.report(RUN), []
    sa.event.listen(database._engine, "before_cursor_execute", lambda *args: said.append(args[2]))
    report.stage("catalog", 3)
    report.add(done=1, seen=1)
    report.fail("gid://1", "A dress", "no photo")
    assert [statement.split()[0] for statement in said if "BEGIN" not in statement] == ["UPDATE"] * 3


def test_notes_and_reports_do_not_overwrite_each_other(syncs: Syncs) -> None:
    report = syncs.report(RUN)
    report.add(seen=2)
    syncs.note(RUN, price_usd="0.25")
    report.add(seen=2, embedding_calls=3)
    found = read(syncs)
    assert (found["cost_usd"], found["counts"]["seen"]) == ("0.75", 4)  # type: ignore[index]


def test_the_newest_come_first_and_no_shop_sees_anothers(syncs: Syncs) -> None:
    for number in range(2, 5):
        syncs.open(f"{SHOP}:sync:{number}", SHOP, mode="changes", dry_run=False, asked_by="night")
    syncs.open(f"{OTHER}:sync:1", OTHER, mode="changes", dry_run=False, asked_by="night")
    assert [one["run_id"] for one in syncs.recent(SHOP, 3)] == [f"{SHOP}:sync:{n}" for n in (4, 3, 2)]
    assert syncs.read(OTHER, RUN) is None


def test_what_is_open_can_be_told_by_age_and_called_off(syncs: Syncs) -> None:
    now = datetime.now(UTC)
    syncs.begin(RUN)
    syncs.open(f"{SHOP}:sync:2", SHOP, mode="changes", dry_run=False, asked_by="night")
    syncs.end(f"{SHOP}:sync:2", "done")
    assert syncs.open_ones(SHOP, before=now - timedelta(hours=1)) == set()
    assert syncs.open_ones(SHOP, before=now + timedelta(hours=1)) == {RUN}
    syncs.cancel(SHOP, "the app was uninstalled")
    assert (read(syncs)["status"], read(syncs)["reason"]) == ("cancelled", "the app was uninstalled")
    assert [one["status"] for one in syncs.recent(SHOP)] == ["done", "cancelled"]


def test_only_what_never_began_is_dropped(syncs: Syncs) -> None:
    syncs.open(f"{SHOP}:sync:2", SHOP, mode="changes", dry_run=False, asked_by="night")
    syncs.begin(RUN)
    for run_id in (RUN, f"{SHOP}:sync:2"):
        syncs.drop(run_id)
    assert [one["run_id"] for one in syncs.recent(SHOP)] == [RUN]


def test_erasing_a_shop_takes_its_syncs_along_and_a_late_word_brings_none_back(
    syncs: Syncs, database: Database
) -> None:
    report = syncs.report(RUN)
    Installations(database).erase(SHOP, wholly=True)
    report.fail("gid://1", "A dress", "no photo")
    syncs.note(RUN, price_usd="1")
    syncs.end(RUN, "done")
    assert Installations(database).rows(SHOP) == {}
