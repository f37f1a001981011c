"""One lock per name, whoever asks: another thread, another process, on SQLite as on Postgres."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import pytest

from infra.errors import Unavailable
from infra.locks import Locks

HOLD = (
    "import sys; from pathlib import Path; from infra.locks import Locks\n"
    "with Locks(sys.argv[1], Path(sys.argv[2])).hold('wool', 5):\n"
    "    print('held', flush=True); sys.stdin.readline()\n"
)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    return "sqlite://" if request.param == "sqlite" else str(request.getfixturevalue("postgres"))


@contextmanager
def held_elsewhere(url: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock "wool"."""
    command = [sys.executable, "-c", HOLD, url, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_threads_take_turns(url: str, tmp_path: Path) -> None:
    locks, inside, most = Locks(url, tmp_path), [], []

    def enter() -> None:
        with locks.hold("wool", 20):
            inside.append(1)
            most.append(len(inside))
            inside.pop()

    threads = [threading.Thread(target=enter) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 20


def test_another_process_waits_only_so_long(url: str, tmp_path: Path) -> None:
    with held_elsewhere(url, tmp_path):
        began = monotonic()
        with pytest.raises(Unavailable, match="wool"), Locks(url, tmp_path).hold("wool", 0.1):
            pass
        assert 0.05 < monotonic() - began < 3


def test_without_patience_a_busy_lock_is_left_at_once(url: str, tmp_path: Path) -> None:
    with held_elsewhere(url, tmp_path), pytest.raises(Unavailable), Locks(url, tmp_path).hold("wool", 0):
        pass


def test_the_lock_of_the_dead_is_free(url: str, tmp_path: Path) -> None:
    with held_elsewhere(url, tmp_path) as process:
        process.kill()
        with Locks(url, tmp_path).hold("wool", 10):
            pass


def test_two_names_are_two_locks(url: str, tmp_path: Path) -> None:
    with held_elsewhere(url, tmp_path), Locks(url, tmp_path).hold("silk", 1):
        pass


def test_an_error_inside_lets_the_lock_go(url: str, tmp_path: Path) -> None:
    locks = Locks(url, tmp_path)
    with pytest.raises(ZeroDivisionError), locks.hold("wool", 1):
        _ = 1 / 0
    with locks.hold("wool", 1):
        pass


def test_a_database_that_is_away_may_be_back_later(tmp_path: Path) -> None:
    locks = Locks("postgresql+psycopg://nobody@127.0.0.1:1/none", tmp_path)
    with pytest.raises(Unavailable, match="did not answer"), locks.hold("wool", 1):
        pass
