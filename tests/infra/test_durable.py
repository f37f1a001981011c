"""Durable steps: patient with what may work later, and with nothing else."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from infra import durable
from infra.durable import recipe, run_recipes, run_step
from infra.errors import BestshotError, NotFound, Throttled, Unanswered, Unavailable, Unbilled
from infra.queues import AT_ONCE, RECIPES, SYNCS, Paintings
from infra.starter import Starter
from tests.running import wait_for


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'recipes.sqlite'}"


@pytest.fixture
def starter(url: str) -> Iterator[Starter]:
    found = Starter(url)
    yield found
    found.close()


class Flaky:
    """A step that fails with these errors, one after the other, and then works."""

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.calls = list(errors), 0

    def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


def result_of(step: Flaky, url: str, starter: Starter) -> str:
    recipe("try", lambda: run_step("flaky", step))
    with run_recipes(url, "test", Paintings(1)):
        starter.start("try", "run")
        found: str = starter.result("run")
    return found


def test_a_step_waits_out_what_may_work_later_as_long_as_it_is_asked_to(
    url: str, starter: Starter, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(durable, "_wait", lambda _attempt, at_least: waits.append(at_least))
    step = Flaky(Unavailable("away"), Throttled("slow down", retry_after=7))
    assert result_of(step, url, starter) == "done"
    assert (step.calls, waits) == (3, [0, 7])


@pytest.mark.parametrize("error", [NotFound("gone"), ValueError("a bug")])
def test_a_step_is_not_repeated_where_that_cannot_help(url: str, starter: Starter, error: Exception) -> None:
    step = Flaky(error)
    with pytest.raises(type(error)):
        result_of(step, url, starter)
    assert step.calls == 1


def test_a_step_gives_up_in_the_end(url: str, starter: Starter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durable, "_wait", lambda *_: None)
    step = Flaky(*[Unavailable("away")] * 100)
    with pytest.raises(Unavailable, match="away"):
        result_of(step, url, starter)
    assert step.calls == durable.ATTEMPTS


def test_what_may_be_billed_each_time_is_asked_twice_at_most(
    url: str, starter: Starter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durable, "_wait", lambda *_: None)
    step = Flaky(*[Unanswered("silence")] * 100)
    with pytest.raises(Unanswered, match="silence"):
        result_of(step, url, starter)
    assert step.calls == 2


def test_a_run_that_is_started_twice_runs_once(url: str, starter: Starter) -> None:
    step = Flaky()
    recipe("try", lambda: run_step("flaky", step))
    with run_recipes(url, "test", Paintings(1)):
        for _ in range(3):
            starter.start("try", "run")
        assert starter.result("run") == "done"
    assert step.calls == 1


def test_stopping_cuts_a_wait_short_and_the_next_start_goes_on(url: str, starter: Starter) -> None:
    step = Flaky(Throttled("come back in a minute", retry_after=60))
    recipe("try", lambda: run_step("flaky", step))
    with run_recipes(url, "test", Paintings(1)):
        starter.start("try", "run")
        wait_for(lambda: step.calls)
    wait_for(all_are_cut_off)
    recipe("try", lambda: run_step("flaky", step))
    with run_recipes(url, "test", Paintings(1)):
        assert starter.result("run") == "done"
    assert step.calls == 2


def test_a_step_that_its_process_leaves_in_the_middle_did_not_fail(url: str, starter: Starter) -> None:
    begun = threading.Event()

    def read() -> None:
        begun.set()
        assert durable._stopped.wait(60)
        raise Unavailable("closed")

    recipe("try", lambda: run_step("read", read))
    with capture_logs() as logged:
        with run_recipes(url, "test", Paintings(1)):
            starter.start("try", "run")
            assert begun.wait(30)
        wait_for(all_are_cut_off)
    assert [line for line in logged if line["event"] == "step failed"] == []
    assert starter.under_way(["run"]) == {"run"}


def test_only_a_bug_leaves_a_traceback(url: str, starter: Starter) -> None:
    said = logging.StreamHandler(io.StringIO())
    logging.getLogger("dbos").addHandler(said)
    recipe("refused", lambda: run_step("flaky", Flaky(NotFound("gone"))))
    recipe("broken", lambda: run_step("flaky", Flaky(ValueError("a bug"))))
    try:
        with run_recipes(url, "test", Paintings(1)):
            for name in ("refused", "broken"):
                starter.start(name, name)
                with pytest.raises((NotFound, ValueError)):
                    starter.result(name)
            wait_for(lambda: "ValueError: a bug" in said.stream.getvalue())
    finally:
        logging.getLogger("dbos").removeHandler(said)
    assert "gone" not in said.stream.getvalue()


def test_syncs_that_wait_for_hours_hold_up_no_listing(url: str, starter: Starter) -> None:
    waiting: list[int] = []
    listed, go_on = threading.Event(), threading.Event()

    def wait(number: int) -> None:
        waiting.append(number)
        assert go_on.wait(60)

    recipe("sync_store", wait)
    recipe("new_listing", listed.set)
    with run_recipes(url, "test", Paintings(1)):
        for number in range(AT_ONCE[RECIPES] + 1):
            starter.start("sync_store", f"sync {number}", number)
        wait_for(lambda: len(waiting) == AT_ONCE[SYNCS])
        starter.start("new_listing", "listing")
        found = listed.wait(10), len(waiting)
        go_on.set()
    assert found == (True, AT_ONCE[SYNCS])


def test_only_one_run_of_a_name_is_under_way_and_others_join_it(database_url: str) -> None:
    begun: list[str] = []
    go_on = threading.Event()

    def wait(name: str) -> None:
        begun.append(name)
        assert go_on.wait(60)

    recipe("sync_store", wait)
    with closing(Starter(database_url)) as starter, run_recipes(database_url, "test", Paintings(1)):
        assert starter.start("sync_store", "1", "first", only_one="a") == "1"
        assert starter.start("sync_store", "2", "second", only_one="a") == "1"
        assert starter.start("sync_store", "1", "again", only_one="a") == "1"
        assert starter.start("sync_store", "3", "another's", only_one="b") == "3"
        wait_for(lambda: len(begun) == 2)
        assert starter.start("sync_store", "4", "fourth", only_one="a") == "1"
        assert starter.under_way(["1", "2", "3", "4"]) == {"1", "3"}
        go_on.set()
        starter.result("1")
        assert starter.start("sync_store", "5", "after", only_one="a") == "5"
        starter.result("5")
        starter.result("3")
    assert sorted(begun) == ["after", "another's", "first"]


def test_a_run_that_was_called_off_is_joined_no_more(database_url: str) -> None:
    with run_recipes(database_url, "test", Paintings(1)):
        pass
    with closing(Starter(database_url)) as starter:
        assert starter.start("sync_store", "shop:1", only_one="a") == "shop:1"
        starter.cancel_shop("shop")
        assert starter.start("sync_store", "shop:2", only_one="a") == "shop:2"
        assert starter.start("sync_store", "shop:3", only_one="a") == "shop:2"


def test_a_cut_off_run_is_still_the_only_one_and_is_resumed(url: str, starter: Starter) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def wait() -> str:
        run_step("begin", begun.set)
        run_step("wait", lambda: run_until(go_on))
        return "done"

    recipe("sync_store", wait)
    with run_recipes(url, "test", Paintings(1)):
        starter.start("sync_store", "1", only_one="a")
        assert begun.wait(30)
    wait_for(all_are_cut_off)
    assert starter.start("sync_store", "2", only_one="a") == "1"
    recipe("sync_store", wait)
    with run_recipes(url, "test", Paintings(1)):
        go_on.set()
        assert starter.start("sync_store", "3", only_one="a") == "1"
        assert starter.result("1") == "done"


def test_who_takes_up_syncs_only_leaves_the_rest_to_the_worker(url: str, starter: Starter) -> None:
    done: list[str] = []
    begun, go_on = threading.Event(), threading.Event()

    def paint() -> None:
        begun.set()
        run_step("paint", lambda: run_until(go_on))
        done.append("listing")

    def register() -> None:
        recipe("new_listing", paint)
        recipe("sync_store", lambda: done.append("sync"))

    register()
    with run_recipes(url, "test", Paintings(1)):
        starter.start("new_listing", "under way")
        assert begun.wait(30)
    wait_for(all_are_cut_off)
    starter.start("new_listing", "waiting")
    starter.start("sync_store", "sync")
    register()
    with run_recipes(url, "test", Paintings(1), only=SYNCS):
        starter.result("sync")
        wait_for(lambda: states(starter, "under way") == ["ENQUEUED"])
        assert (done, states(starter, "waiting")) == (["sync"], ["ENQUEUED"])
    register()
    with run_recipes(url, "test", Paintings(1)):
        go_on.set()
        starter.result("under way")
        starter.result("waiting")
    assert done == ["sync", "listing", "listing"]


def states(starter: Starter, run_id: str) -> list[str]:
    return [found.status for found in starter._client.list_workflows(workflow_ids=[run_id])]


def all_are_cut_off() -> bool:
    """Whether no run of a block that has ended is at work any more: the next stands for a new process."""
    return not any(thread.name.startswith("dbos-executor-") for thread in threading.enumerate())


def run_until(event: threading.Event) -> None:
    """A step that is cut off as patient steps are, or goes on."""
    while not event.is_set():
        durable._wait(1, 0)


def test_a_schedule_fires_for_its_time_with_its_context_and_keeps_its_past(database_url: str) -> None:
    fired: list[tuple[datetime, str]] = []
    recipe("nightly", lambda at, shop: fired.append((at, shop)))
    with closing(Starter(database_url)) as starter, run_recipes(database_url, "test", Paintings(1)):
        starter.schedule("nights", "nightly", "a.example", "0 0 4 * * *", "Europe/Berlin")
        starter.make_up("nights", datetime.now(UTC) - timedelta(hours=49))
        wait_for(lambda: len(fired) >= 2)
        starter.make_up("nights", datetime.now(UTC) - timedelta(hours=49))
        starter.schedule("nights", "nightly", "a.example", "0 30 4 * * *", "Europe/Berlin")
        starter._client._sys_db.update_last_fired_at("nights", "2026-03-01T04:00:00+01:00")
        starter.schedule("nights", "nightly", "a.example", "0 0 4 * * *", "UTC")
        (held,) = starter._client.list_schedules()
        starter.unschedule("nights")
        assert starter._client.list_schedules() == []
        starter.unschedule("nights")
    assert held["last_fired_at"] == "2026-03-01T04:00:00+01:00"
    assert (held["cron_timezone"], held["schedule"]) == ("UTC", "0 0 4 * * *")
    assert {shop for _, shop in fired} == {"a.example"}
    assert {at.astimezone(ZoneInfo("Europe/Berlin")).hour for at, _ in fired} == {4}
    assert len(fired) == len({at for at, _ in fired})


def test_every_error_of_ours_says_whether_trying_again_helps() -> None:
    def below(kind: type[BestshotError]) -> set[type[BestshotError]]:
        return {kind}.union(*(below(child) for child in kind.__subclasses__()))

    assert {kind for kind in below(BestshotError) if kind.can_retry} == {
        Unavailable,
        Throttled,
        Unanswered,
        Unbilled,
    }
