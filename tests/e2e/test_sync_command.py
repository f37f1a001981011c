"""`bestshot sync`, with a worker and without: it does the work or waits for it, and loses none of it."""

from __future__ import annotations

import re
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from infra.database import Database
from infra.devstore.server import LocalStore
from infra.durable import run_recipes
from infra.errors import SettingsError
from infra.files import only_one
from infra.queues import Paintings
from infra.services import build
from infra.settings import Settings
from infra.starter import Starter
from infra.syncs import Syncs
from tests import drawn
from tests.running import wait_for
from webhook_app.cli import main
from webhook_app.connect import connect
from webhook_app.sync_command import LocalWorker
from webhook_app.sync_runs import begin_sync

BESTSHOT = str(Path(sys.executable).with_name("bestshot"))
SHOP = "wool.myshopify.com"
NOBODY = "http://127.0.0.1:9"
"""Where webhooks are sent to: nobody listens."""


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalStore]:
    """A connected store of twelve products, and the settings for it."""
    keys = {"client_id": "wool-app", "client_secret": secrets.token_hex(8)}
    with LocalStore(tmp_path / "store", shop=SHOP, **keys) as open_store:
        open_store.load(drawn.rows(tmp_path / "catalog"))
        environment = {
            "BESTSHOT_HOME": str(tmp_path / "home"),
            "BESTSHOT_SHOPIFY_URL": open_store.url,
            "SHOPIFY_API_KEY": keys["client_id"],
            "SHOPIFY_API_SECRET": keys["client_secret"],
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        with closing(build(Settings.from_env())) as services:
            connect(services, SHOP, NOBODY)
        yield open_store


@pytest.fixture
def syncs(tmp_path: Path, store: LocalStore) -> Iterator[Syncs]:  # noqa: ARG001 (makes the home)
    with closing(Database(f"sqlite:///{tmp_path / 'home' / 'records.sqlite'}")) as database:
        yield Syncs(database)


def bestshot(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def process(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([BESTSHOT, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def latest(syncs: Syncs) -> dict[str, Any]:
    (found, *_) = syncs.recent(SHOP) or [{"status": "none", "stage": ""}]
    return found


def test_without_a_worker_the_command_does_the_work(syncs: Syncs) -> None:
    done = bestshot("sync", "--shop", SHOP)
    assert done.exit_code == 0, done.output
    assert re.search(rf"^{SHOP}: done \(changes\)", done.stdout, re.MULTILINE)
    for name, figure in {"seen": 12, "new": 12, "failed": 0}.items():
        assert re.search(rf"^ *{name} +{figure}$", done.stdout, re.MULTILINE), done.stdout
    assert re.search(r"^ *cost +\$0$", done.stdout, re.MULTILINE)
    assert f"{SHOP}: catalog" in done.stdout
    again = bestshot("sync", SHOP, "--dry-run", "--full")
    assert (again.exit_code, "dry run: nothing was changed" in again.stdout) == (0, True), again.output
    assert [one["mode"] for one in syncs.recent(SHOP)] == ["full", "changes"]
    listed = bestshot("syncs")
    assert (listed.exit_code, listed.stdout.count(SHOP)) == (0, 2)
    assert re.search(rf"{SHOP}.* done .* 12 new", listed.stdout)  # in one line, though this is no terminal
    with closing(Starter(Settings.from_env().recipes_url)) as starter:
        zones = {held["context"]: held["cron_timezone"] for held in starter._client.list_schedules()}
    assert zones == {SHOP: "Europe/Berlin"}  # connecting could not schedule it: no worker had ever run


def test_a_failed_sync_says_why(store: LocalStore, syncs: Syncs) -> None:
    store.faults.answer(402, 1000)
    failed = bestshot("sync")
    assert (failed.exit_code, latest(syncs)["status"]) == (1, "failed")
    assert re.search(rf"^{SHOP}: .*402", failed.stderr, re.MULTILINE), failed.stderr


@pytest.mark.parametrize(("asked", "code"), [("--full", 1), ("--verify", 0), ("", 0)])
def test_who_joins_a_sync_is_told_when_it_does_less_than_was_wanted(
    syncs: Syncs, asked: str, code: int
) -> None:
    with closing(build(Settings.from_env())) as services:
        with run_recipes(services.settings.recipes_url, "test", Paintings(1)):
            pass  # a worker makes the tables
        begin_sync(services, SHOP, "verify", asked_by="night")
    joined = bestshot("sync", *asked.split())
    assert (joined.exit_code, latest(syncs)["status"]) == (code, "done")
    assert "joined, asked for by night" in joined.stdout
    said = f"{SHOP}: a sync of another kind (verify) was under way and was joined; run it with --full again"
    assert (said in joined.stderr.splitlines()) == bool(code)


def test_a_store_that_is_not_connected_is_refused_before_anything_begins(syncs: Syncs) -> None:
    refused = bestshot("sync", "nobody.myshopify.com")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr == (
        "bestshot: nobody.myshopify.com is not connected; run bestshot connect nobody.myshopify.com\n"
    )
    assert syncs.recent("nobody.myshopify.com") == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--full", "--verify"], "--full or --verify"),
        (["--shop", "anna.myshopify.com", "bert.myshopify.com"], "which store"),
    ],
)
def test_what_cannot_be_meant_is_not_guessed(arguments: list[str], said: str) -> None:
    refused = bestshot("sync", *arguments)
    assert (refused.exit_code, said in refused.stderr) == (2, True)


@contextmanager
def left_at_its_sales(store: LocalStore, syncs: Syncs, how: signal.Signals) -> Iterator[None]:
    """A command at work while the block lasts, which is then stopped, and cannot have read the sales."""
    store.faults.answer(503, 10_000, "shopifyql")
    with process("sync") as command:
        wait_for(lambda: latest(syncs)["status"] == "running")
        yield
        wait_for(lambda: latest(syncs)["stage"] == "sales")
        command.send_signal(how)
        _, said = command.communicate(timeout=60)
    assert command.returncode == (130 if how == signal.SIGINT else -how)
    assert latest(syncs)["status"] == "running"
    assert ("The next `bestshot sync` or `bestshot worker` goes on" in said) == (how == signal.SIGINT)
    store.faults.clear()


def test_a_sync_that_was_killed_is_gone_on_with_by_the_next_command(store: LocalStore, syncs: Syncs) -> None:
    with left_at_its_sales(store, syncs, signal.SIGKILL):
        _join_and_leave()
    done = bestshot("sync")
    assert (done.exit_code, "joined" in done.stdout) == (0, True), done.output
    assert [one["status"] for one in syncs.recent(SHOP)] == ["done"]
    assert latest(syncs)["counts"]["seen"] == 12


def _join_and_leave() -> None:
    """A second command beside the first: it waits, and Ctrl-C ends no more than that."""
    with process("sync", SHOP) as other:
        assert other.stdout is not None
        assert other.stdout.readline().startswith(f"{SHOP}: ")
        other.send_signal(signal.SIGINT)
        _, said = other.communicate(timeout=60)
    assert (other.returncode, "The worker goes on" in said) == (130, True), said


def test_one_that_was_stopped_is_gone_on_with_by_the_worker(store: LocalStore, syncs: Syncs) -> None:
    with left_at_its_sales(store, syncs, signal.SIGINT):
        pass
    with process("worker") as worker:
        wait_for(lambda: latest(syncs)["status"] == "done")
        worker.send_signal(signal.SIGTERM)
        _, said = worker.communicate(timeout=60)
    assert worker.returncode == 0, said
    assert len(syncs.recent(SHOP)) == 1
    assert latest(syncs)["counts"]["seen"] == 12


@pytest.mark.usefixtures("store")
def test_the_work_is_taken_up_once_no_worker_was_seen_for_a_while() -> None:
    with closing(build(Settings.from_env())) as services:
        with only_one(services.settings.home), LocalWorker(services) as worker:
            worker.take_over(after=0)
            assert not worker.working
        with LocalWorker(services) as worker:
            assert worker.working
            with pytest.raises(SettingsError), only_one(services.settings.home):
                pass
        with only_one(services.settings.home):
            late = LocalWorker(services)
            late.take_over(after=1)
        late.take_over(after=1)
        assert not late.working  # a worker may only be restarting
        wait_for(lambda: late.take_over(after=1) or late.working)
        with late:
            assert late.working
