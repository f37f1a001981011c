"""Bulk exports from the client's side: slots, states, and a file that is read line by line, come what may."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from infra.devstore.server import LocalStore
from infra.errors import NotFound, Refused, Unavailable, UserErrors
from infra.shopify import bulk, replies
from infra.shopify.replies import Export
from infra.shopify.store import Shopify
from infra.shopify.transport import FixedToken
from tests.infra.devstore_kit import SHOP, TOKEN, client_of, open_store, until


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStore]:
    with open_store(tmp_path_factory.mktemp("store")) as store:
        for n in range(12):
            client_of(store).products.create(f"Hat {n}", "Hats")
        yield store


@pytest.fixture
def store(stocked: LocalStore) -> Iterator[LocalStore]:
    stocked.operations_seen.clear()
    yield stocked
    stocked.faults.clear()


def ended(client: Shopify, name: str = "bulk_products") -> Export:
    """An export of all products, once it is over."""
    operation = client.bulk.start(name)
    assert operation
    return until(lambda: (found := client.bulk.state(operation)) and found.ended and found)


def test_an_export_holds_what_its_counts_say(store: LocalStore) -> None:
    client = client_of(store)
    found = ended(client)
    assert len(list(client.bulk.lines(found.url))) == found.objects == found.root_objects == 12


def test_no_slot_is_no_error(store: LocalStore) -> None:
    client = client_of(store)
    store.faults.take_bulk_slots(times=1)
    assert client.bulk.start("bulk_products") is None
    assert client.bulk.start("bulk_products") is not None


@pytest.mark.parametrize("value", ['x" ) { evil', "x\\", "x\ny"])
def test_a_filter_cannot_leave_its_string(store: LocalStore, value: str) -> None:
    with pytest.raises(ValueError, match="filter would end the string"):
        client_of(store).bulk.start("bulk_orders", filter=value)


def test_an_operation_nobody_knows_is_none(store: LocalStore) -> None:
    assert client_of(store).bulk.state("gid://shopify/BulkOperation/404") is None


def test_a_cancelled_export_ends_and_frees_its_slot(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.faults.slow_bulk(3600)
        client = client_of(store)
        first, *_ = [client.bulk.start("bulk_products") for _ in range(5)]
        assert first
        assert client.bulk.start("bulk_products") is None
        client.bulk.cancel(first)
        client.bulk.cancel(first)
        found = until(lambda: (state := client.bulk.state(first)) and state.ended and state)
        assert found.status == "CANCELED"
        assert client.bulk.start("bulk_products")


def test_what_has_ended_or_is_unknown_is_cancelled_in_vain(store: LocalStore) -> None:
    client = client_of(store)
    operation = client.bulk.start("bulk_products")
    assert operation
    before = until(lambda: (found := client.bulk.state(operation)) and found.ended and found)
    client.bulk.cancel(operation)
    assert client.bulk.state(operation) == before
    client.bulk.cancel("gid://shopify/BulkOperation/404")


def test_a_refusal_to_cancel_what_still_runs_is_told() -> None:
    refused = {"bulkOperation": None, "userErrors": [{"field": None, "message": "Not now."}]}
    running = {"id": "1", "status": "RUNNING", "errorCode": None, "objectCount": "0", "rootObjectCount": "0"}
    running |= {"url": None, "createdAt": "2026-05-01T10:00:00Z"}
    answers = [{"data": {"bulkOperationCancel": refused}}, {"data": {"bulkOperation": running}}]
    bodies = [json.dumps(answer).encode() for answer in answers]
    with (
        hosting(*((200, sized(body), body) for body in bodies)) as (client, *_),
        pytest.raises(UserErrors, match="Not now"),
    ):
        client.bulk.cancel("gid://shopify/BulkOperation/1")


def test_states_are_exported_as_the_pages_tell_them(store: LocalStore) -> None:
    client = client_of(store)
    found = ended(client, "bulk_product_states")
    nodes = [json.loads(line) for line in client.bulk.lines(found.url)]
    assert {tuple(node) for node in nodes} == {("id", "updatedAt")}
    assert [replies.state(node) for node in nodes] == list(client.products.states())
    assert found.objects == found.root_objects == 12


def test_a_download_that_is_cut_goes_on_where_it_was(store: LocalStore) -> None:
    client = client_of(store)
    url = ended(client).url
    whole = list(client.bulk.lines(url))
    store.operations_seen.clear()
    store.faults.cut_download(after_bytes=500, times=3)
    assert list(client.bulk.lines(url)) == whole
    assert store.operations_seen["export"] == 4


def test_a_connection_that_brings_nothing_is_the_last(store: LocalStore) -> None:
    client = client_of(store)
    url = ended(client).url
    store.faults.cut_download(after_bytes=0, times=1)
    with pytest.raises(Unavailable, match="broke off after 0 bytes"):
        list(client.bulk.lines(url))


def test_a_file_that_is_gone_is_not_found(store: LocalStore) -> None:
    with pytest.raises(NotFound, match="export"):
        list(client_of(store).bulk.lines(f"{store.url}/bulk/gone.jsonl"))


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest", "file:///etc/passwd", "ftp://x/y"])
def test_only_https_and_the_store_itself_are_read(store: LocalStore, url: str) -> None:
    with pytest.raises(Refused, match="neither https nor the store"):
        client_of(store).bulk.lines(url)


Answer = tuple[int, dict[str, str], bytes]


@contextmanager
def hosting(*answers: Answer) -> Iterator[tuple[Shopify, str, list[dict[str, str]]]]:
    """A client of a host that answers so (status, headers, body), the URL of a file there, what was asked."""
    left = list(answers)
    asked: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append({name.lower(): value for name, value in self.headers.items()})
            status, headers, body = left.pop(0)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        client = Shopify(url, SHOP, FixedToken(TOKEN))
        try:
            yield client, f"{url}/file", asked
        finally:
            client.close()
            server.shutdown()
            thread.join()


def sized(body: bytes, **headers: str) -> dict[str, str]:
    return {"Content-Length": str(len(body))} | {k.replace("_", "-"): v for k, v in headers.items()}


def test_lines_end_at_line_feeds_alone() -> None:
    body = '{"a":"x\u2028y"}\r\n\n{"b":1}'.encode()
    with hosting((200, sized(body), body)) as (client, url, _):
        assert list(client.bulk.lines(url)) == ['{"a":"x\u2028y"}\r'.encode(), b'{"b":1}']


def test_a_host_without_ranges_is_read_past_what_we_have() -> None:
    body = b"one\ntwo\nthree\n"
    with hosting((200, sized(body), body[:6]), (200, sized(body), body)) as (client, url, asked):
        assert list(client.bulk.lines(url)) == [b"one", b"two", b"three"]
    assert asked[1]["range"] == "bytes=6-"


def test_a_host_may_compress() -> None:
    lines = [b"%d" % n * 50 for n in range(300)]
    packed = gzip.compress(b"\n".join(lines))
    headers = sized(packed, Content_Encoding="gzip")
    with hosting((200, headers, packed[:-200]), (200, headers, packed)) as (client, url, _):
        assert list(client.bulk.lines(url)) == lines


def test_another_part_than_was_asked_for_is_not_taken() -> None:
    body = b"one\ntwo\nthree\n"
    other = sized(body[2:], Content_Range=f"bytes 2-{len(body) - 1}/{len(body)}")
    with (
        hosting((200, sized(body), body[:6]), (206, other, body[2:])) as (client, url, _),
        pytest.raises(Unavailable, match="another part"),
    ):
        list(client.bulk.lines(url))


def test_a_redirect_is_not_followed() -> None:
    with (
        hosting((302, {"Location": "http://127.0.0.1:1/", "Content-Length": "0"}, b"")) as (
            client,
            url,
            asked,
        ),
        pytest.raises(Refused, match="302"),
    ):
        list(client.bulk.lines(url))
    assert len(asked) == 1


def test_an_absurd_line_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "MOST_LINE", 1000)
    body = b"short\n" + b"x" * 200_000
    with hosting((200, sized(body), body)) as (client, url, _):
        lines = client.bulk.lines(url)
        with pytest.raises(Refused, match="over 1000 bytes"):
            list(lines)


def test_the_access_token_stays_with_the_api() -> None:
    with hosting((200, sized(b"{}"), b"{}")) as (client, url, asked):
        assert list(client.bulk.lines(url)) == [b"{}"]
    assert TOKEN not in str(asked)
