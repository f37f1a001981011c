"""Web server and worker as processes of their own, connected to a store as the README says."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from infra.database import Database
from infra.devstore.server import LocalStore
from infra.runs import ENDED, Runs
from infra.shopify import Shopify
from tests import drawn
from tests.running import wait_for

BESTSHOT = str(Path(sys.executable).with_name("bestshot"))
SHOP = "wool.myshopify.com"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalStore]:
    keys = {"client_secret": secrets.token_hex(8), "access_token": secrets.token_hex(8)}
    with LocalStore(tmp_path / "store", shop=SHOP, retry_seconds=(1.0,) * 8, **keys) as open_store:
        open_store.load(drawn.rows(tmp_path / "catalog"))
        environment = {
            "BESTSHOT_HOME": str(tmp_path / "home"),
            "BESTSHOT_SHOP": "Wool.myshopify.com",
            "BESTSHOT_SHOPIFY_URL": open_store.url,
            "BESTSHOT_PORT": "0",
            "BESTSHOT_IMAGE_SIZE": "1K",
            "BESTSHOT_FORMATS": "1:1",
            "BESTSHOT_MIN_SALES": "1500",
            "SHOPIFY_API_SECRET": keys["client_secret"],
            "SHOPIFY_ACCESS_TOKEN": keys["access_token"],
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield open_store


@contextmanager
def process(command: str) -> Iterator[str]:
    """A running process, from the line in which it says that it is ready; it must stop cleanly."""
    with subprocess.Popen(
        [BESTSHOT, command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        try:
            yield running.stdout.readline().strip()
        finally:
            running.send_signal(signal.SIGTERM)
            _, said = running.communicate(timeout=30)
        assert running.returncode == 0, said


def run(*arguments: str) -> str:
    done = subprocess.run([BESTSHOT, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_connected_store_gets_its_images(store: LocalStore, tmp_path: Path) -> None:
    with process("worker") as working, process("serve") as listening:
        assert working == "Working"
        assert run("connect", listening.removeprefix("Listening on ")) == f"{SHOP} is connected"
        assert run("sync") == "12 seen, 12 changed, 0 deleted, 0 failed"
        photo = drawn.photo("Dresses", "crimson", "#cfd6d2", kind=5)
        with closing(Shopify(store.url, SHOP, os.environ["SHOPIFY_ACCESS_TOKEN"])) as client:
            product_id = client.create_product("Crimson dress", "Dresses", photo=photo)
        runs = Runs(Database(f"sqlite:///{tmp_path / 'home' / 'records.sqlite'}"))
        wait_for(lambda: (runs.of_product(SHOP, product_id) or {"status": ""})["status"] in ENDED)
        assert (runs.of_product(SHOP, product_id) or {})["status"] == "published"


def test_a_second_worker_on_one_home_is_refused(store: LocalStore) -> None:  # noqa: ARG001 (sets the environment)
    with process("worker"):
        second = subprocess.run([BESTSHOT, "worker"], capture_output=True, text=True, timeout=60, check=False)
        assert (second.returncode, "another Bestshot is working" in second.stderr) == (2, True)


def test_without_settings_a_command_says_what_is_missing() -> None:
    done = subprocess.run(
        [BESTSHOT, "connect", "https://x.example"], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, "SHOPIFY_ACCESS_TOKEN" in done.stderr) == (2, True)
