"""What the local store still knows after its process was killed."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from infra.errors import SettingsError
from tests.infra.devstore_kit import Receiver, client_of, open_store, picture, until

KILLED = """
import sys, threading
from pathlib import Path
from infra import logs
from tests.infra.devstore_kit import client_of, open_store, picture
logs.configure("ERROR", as_json=False)
with open_store(Path(sys.argv[1]), media_delay=1.0, retry_seconds=(0.2,) * 8) as store:
    client = client_of(store)
    client.subscriptions.ensure(dict.fromkeys(["products/create", "products/update"], ()), sys.argv[2])
    done = client.products.create("Done", "Hats")
    print(client.products.create("Interrupted", "Hats", photo=picture(), filename="photo.jpg"), flush=True)
    threading.Event().wait()
"""


def test_media_and_webhooks_go_on_after_kill_9(tmp_path: Path) -> None:
    with Receiver() as receiver:
        receiver.answer = 503
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(tmp_path / "store"), receiver.url],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        assert process.stdout is not None
        product_id = process.stdout.readline().strip()
        refused = receiver.next("products/create")
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        receiver.answer = 200
        while not receiver.arrived.empty():
            receiver.arrived.get()
        with open_store(tmp_path / "store") as store:
            client = client_of(store)
            photos = until(lambda: client.products.get(product_id).photos)  # type: ignore[union-attr]
            assert photos[0].filename == "photo.jpg"
            missing = {
                ("products/create", refused.json["title"]),
                ("products/update", "Interrupted", "READY"),
            }
            while missing:
                webhook = receiver.next()
                statuses = [medium["status"] for medium in webhook.json["media"]]
                missing.discard((webhook.topic, webhook.json["title"], *statuses))


def test_a_stopped_store_opens_with_everything_it_had(tmp_path: Path) -> None:
    with open_store(tmp_path, media_delay=60) as store:
        client = client_of(store)
        product_id = client.products.create("Kept", "Hats", photo=picture(), hint="by the sea")
        store.sell(product_id, 5)
        client.subscriptions.create("products/create", "http://127.0.0.1:9/webhooks", ["id", "title"])
        before = client.products.get(product_id)
        assert before is not None
        client.close()
    with open_store(tmp_path, media_delay=0.02) as store:
        client = client_of(store)
        (kept,) = client.subscriptions.all()
        assert kept[1:] == ("products/create", "http://127.0.0.1:9/webhooks", ("id", "title"))
        assert client.sales.units_sold(90).products == {product_id: 5}
        after = client.products.get(product_id)
        assert after is not None
        assert (after.title, after.hint, after.handle) == (before.title, before.hint, before.handle)


def test_an_image_keeps_its_version_while_it_keeps_its_bytes(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        client = client_of(store)
        product_id = client.products.create("Kept", "Hats", photo=picture())
        (before,) = until(lambda: client.products.get(product_id).photos)  # type: ignore[union-attr]
        client._api.mutate("file_update", files=[{"id": before.id, "alt": "Another text"}])
        client.close()
    with open_store(tmp_path) as store:
        (after,) = client_of(store).products.get(product_id).photos  # type: ignore[union-attr]
    assert (after.id, after.alt) == (before.id, "Another text")
    assert parse_qs(urlsplit(after.url).query) == parse_qs(urlsplit(before.url).query) != {}


def test_a_number_is_never_given_out_twice(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        client = client_of(store)
        first = client.products.create("First", "Hats")
        client.products.delete(first)
    with open_store(tmp_path) as store:
        assert client_of(store).products.create("Second", "Hats") != first


def test_a_store_of_another_version_is_refused_in_words(tmp_path: Path) -> None:
    with open_store(tmp_path):
        pass
    with closing(sqlite3.connect(tmp_path / "store.sqlite")) as database:
        database.execute("PRAGMA user_version = 1")
    with pytest.raises(SettingsError, match="another version; remove it"):
        open_store(tmp_path)
