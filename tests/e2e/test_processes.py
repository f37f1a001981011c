"""Web server and worker as processes of their own, connected to a store as the README says."""

from __future__ import annotations

import re
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
from infra.shopify.store import Shopify
from infra.shopify.transport import FixedToken
from tests import drawn
from tests.running import wait_for

BESTSHOT = str(Path(sys.executable).with_name("bestshot"))
SHOP = "wool.myshopify.com"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalStore]:
    keys = {"client_id": "wool-app", "client_secret": secrets.token_hex(8)}
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
            "SHOPIFY_API_KEY": keys["client_id"],
            "SHOPIFY_API_SECRET": keys["client_secret"],
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


def test_a_connected_store_gets_its_images_and_gives_them_back(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with process("worker") as working, process("serve") as listening:
        assert working == "Working"
        monkeypatch.setenv("BESTSHOT_APP_URL", listening.removeprefix("Listening on "))
        assert "products/create          created" in run("connect")
        assert re.search(r"^ *seen +12\n +new +12$", run("sync"), re.MULTILINE)
        assert ", 0 to mend." in run("doctor")
        photo = drawn.photo("Dresses", "crimson", "#cfd6d2", kind=5)
        with closing(Shopify(store.url, SHOP, FixedToken(store.admin_token()))) as client:
            product_id = client.products.create("Crimson dress", "Dresses", photo=photo)
            runs = Runs(Database(f"sqlite:///{tmp_path / 'home' / 'records.sqlite'}"))
            wait_for(lambda: (runs.of_product(SHOP, product_id) or {"status": ""})["status"] in ENDED)
            record = runs.of_product(SHOP, product_id) or {}
            assert record["status"] == "published"
            assert len(client.products.media(product_id)) == 2
            assert "taken" in run("restore", record["run_id"])
            assert len(client.products.media(product_id)) == 1


def test_a_second_worker_on_one_home_is_refused(store: LocalStore) -> None:  # noqa: ARG001 (sets the environment)
    with process("worker"):
        second = subprocess.run([BESTSHOT, "worker"], capture_output=True, text=True, timeout=60, check=False)
        assert (second.returncode, "another Bestshot is working" in second.stderr) == (2, True)


def test_without_settings_a_command_says_what_is_missing() -> None:
    for arguments, missing in ((["connect"], "BESTSHOT_SHOP"), (["sync"], "bestshot connect")):
        done = subprocess.run([BESTSHOT, *arguments], capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, missing in done.stderr) == (2, True), done.stderr


def test_the_doctor_says_what_is_wrong_and_how_to_mend_it() -> None:
    done = subprocess.run([BESTSHOT, "doctor"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "stores: not connected" in done.stdout
    assert "run `bestshot connect NAME.myshopify.com`" in done.stdout
    assert "BESTSHOT_APP_URL is not set" in done.stdout
