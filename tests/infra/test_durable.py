"""Durable steps: patient with what may work later, and with nothing else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra import durable
from infra.durable import Starter, recipe, run_recipes, run_step
from infra.errors import BestshotError, NotFound, Throttled, Unavailable
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
    with run_recipes(url, "test", 1):
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


def test_a_run_that_is_started_twice_runs_once(url: str, starter: Starter) -> None:
    step = Flaky()
    recipe("try", lambda: run_step("flaky", step))
    with run_recipes(url, "test", 1):
        for _ in range(3):
            starter.start("try", "run")
        assert starter.result("run") == "done"
    assert step.calls == 1


def test_stopping_cuts_a_wait_short_and_the_next_start_goes_on(url: str, starter: Starter) -> None:
    step = Flaky(Throttled("come back in a minute", retry_after=60))
    recipe("try", lambda: run_step("flaky", step))
    with run_recipes(url, "test", 1):
        starter.start("try", "run")
        wait_for(lambda: step.calls)
    recipe("try", lambda: run_step("flaky", step))
    with run_recipes(url, "test", 1):
        assert starter.result("run") == "done"
    assert step.calls == 2


def test_syncs_that_wait_for_hours_hold_up_no_listing(url: str, starter: Starter) -> None:
    waiting: list[int] = []
    listed, go_on = threading.Event(), threading.Event()

    def wait(number: int) -> None:
        waiting.append(number)
        assert go_on.wait(60)

    recipe("sync_store", wait)
    recipe("new_listing", listed.set)
    with run_recipes(url, "test", 1):
        for number in range(durable.RECIPES_AT_ONCE + 1):
            starter.start("sync_store", f"sync {number}", number)
        wait_for(lambda: len(waiting) == durable.SYNCS_AT_ONCE)
        starter.start("new_listing", "listing")
        found = listed.wait(10), len(waiting)
        go_on.set()
    assert found == (True, durable.SYNCS_AT_ONCE)


def test_every_error_of_ours_says_whether_trying_again_helps() -> None:
    def below(kind: type[BestshotError]) -> set[type[BestshotError]]:
        return {kind}.union(*(below(child) for child in kind.__subclasses__()))

    assert {kind for kind in below(BestshotError) if kind.can_retry} == {Unavailable, Throttled}
