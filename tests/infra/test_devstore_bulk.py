"""The local store's bulk operations: what is refused, how they run, and what their files hold."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from infra.devstore import bulk, bulk_query, exporter
from infra.devstore.exporter import _line
from infra.devstore.scopes import ALL
from infra.devstore.server import LocalStore
from infra.errors import ScopeMissing, UserErrors
from infra.shopify.replies import Export
from infra.shopify.store import Shopify
from tests.infra.devstore_kit import TOKEN, Receiver, client_of, open_store, picture, until

FIVE_MORE = "".join(f"m{n}: media {{ nodes {{ id }} }} " for n in range(5))
PRODUCTS = "{ products { edges { node { id title media { edges { node { id alt } } } } } } }"


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStore]:
    """A store of three hats, the last of them with two pictures."""
    with open_store(tmp_path_factory.mktemp("store")) as store:
        client = client_of(store)
        made = [
            client.products.create(f"Hat {n}", "Hats", photo=picture(), filename=f"{n}.jpg") for n in range(3)
        ]
        client.products.add_photo(made[2], picture(color="navy"), "side.jpg", "Side")
        yield store


@pytest.fixture
def store(stocked: LocalStore) -> Iterator[LocalStore]:
    yield stocked
    stocked.faults.clear()


def run(client: Shopify, query: str) -> str:
    """The gid of a bulk operation for that query."""
    return str(client._api.mutate("bulk_operation_run_query", query=query)["bulkOperation"]["id"])


def ended(client: Shopify, operation: str) -> Export:
    return until(lambda: (found := client.bulk.state(operation)) and found.ended and found)


def exported(client: Shopify, query: str) -> list[Any]:
    return [json.loads(line) for line in client.bulk.lines(ended(client, run(client, query)).url)]


def test_a_file_holds_every_node_and_children_name_their_parents(store: LocalStore) -> None:
    lines = exported(client_of(store), PRODUCTS)
    roots = {line["id"]: line["title"] for line in lines if "__parentId" not in line}
    assert sorted(roots.values()) == ["Hat 0", "Hat 1", "Hat 2"]
    children = [(roots[line["__parentId"]], line["alt"]) for line in lines if "__parentId" in line]
    assert children == [("Hat 0", "Hat 0"), ("Hat 1", "Hat 1"), ("Hat 2", "Hat 2"), ("Hat 2", "Side")]


def test_it_is_read_in_pages_and_page_sizes_mean_nothing(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_query, "ROOTS", 2)
    lines = exported(client_of(store), "{ products(first: 1) { nodes { id } } }")
    assert len(lines) == 3
    assert all(set(line) == {"id"} for line in lines)


def test_children_may_come_first(store: LocalStore) -> None:
    store.faults.children_first()
    lines = exported(client_of(store), PRODUCTS)
    assert ["__parentId" in line for line in lines] == [True] * 4 + [False] * 3


def test_counts_are_of_lines_and_roots(store: LocalStore) -> None:
    client = client_of(store)
    found = ended(client, run(client, PRODUCTS))
    assert (found.status, found.objects, found.root_objects) == ("COMPLETED", 7, 3)
    assert len(requests.get(found.url, timeout=5).content.splitlines()) == 7


def test_what_finds_nothing_has_no_file(store: LocalStore) -> None:
    client = client_of(store)
    found = ended(client, run(client, '{ products(query: "title:Nothing") { nodes { id } } }'))
    assert (found.status, found.objects, found.url) == ("COMPLETED", 0, "")


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("{ products {", "Syntax Error"),
        ("{ products { nodes { nothing } } }", "Cannot query field"),
        ("{ shop { name } }", "at least one connection"),
        ("{ products { nodes { id } } orders { nodes { id } } }", "one query of one field"),
        ("query ($q: String) { products(query: $q) { nodes { id } } }", "without variables"),
        ('mutation { productDelete(input: { id: "1" }) { deletedProductId } }', "one query of one field"),
        ("{ products { nodes { media { nodes { id } } } } }", "must select the 'id'"),
        (f"{{ products {{ nodes {{ id {FIVE_MORE} }} }} }}", "more than 5"),
    ],
)
def test_a_query_that_cannot_run_in_bulk_is_refused(store: LocalStore, query: str, why: str) -> None:
    with pytest.raises(UserErrors, match=why) as refused:
        run(client_of(store), query)
    assert refused.value.codes == {"INVALID"}


def test_it_asks_for_the_scopes_of_what_it_exports(store: LocalStore) -> None:
    client = client_of(store, store.admin_token(ALL - {"read_orders"}))
    with pytest.raises(ScopeMissing, match="read_orders"):
        client.bulk.start("bulk_orders", filter="")
    operation = client.bulk.start("bulk_products")
    assert operation
    assert ended(client, operation).status == "COMPLETED"


def test_a_query_that_breaks_off_has_failed(store: LocalStore) -> None:
    client = client_of(store)
    found = ended(client, run(client, '{ products(query: "vendor:x") { nodes { id } } }'))
    assert (found.status, found.error_code, found.url) == ("FAILED", "INTERNAL_SERVER_ERROR", "")


def test_a_failure_has_a_reason_and_no_file(store: LocalStore) -> None:
    store.faults.fail_bulk("TIMEOUT", times=1)
    client = client_of(store)
    found = ended(client, run(client, PRODUCTS))
    assert (found.status, found.error_code, found.url) == ("FAILED", "TIMEOUT", "")


def test_five_run_at_once_and_a_sixth_is_refused(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.faults.slow_bulk(60)
        client = client_of(store)
        started = [run(client, PRODUCTS) for _ in range(5)]
        with pytest.raises(UserErrors) as refused:
            run(client, PRODUCTS)
        assert refused.value.codes == {"LIMIT_REACHED"}
        until(lambda: all(client.bulk.state(one).status == "RUNNING" for one in started))  # type: ignore[union-attr]


def cancel(client: Shopify, operation: str) -> tuple[str, list[Any]]:
    """The status that a request to cancel is answered with ("" for no operation), and its user errors."""
    query = (
        f'mutation {{ bulkOperationCancel(id: "{operation}") '
        "{ bulkOperation { status } userErrors { field message } } }"
    )
    reply = requests.post(
        client._api._url,
        json={"query": query},
        headers={"X-Shopify-Access-Token": TOKEN},
        timeout=5,
    )
    payload = reply.json()["data"]["bulkOperationCancel"]
    return (payload["bulkOperation"] or {}).get("status", ""), payload["userErrors"]


def test_a_cancelled_operation_is_canceling_then_canceled(store: LocalStore) -> None:
    store.faults.slow_bulk(3600)
    client = client_of(store)
    with Receiver() as receiver:
        client.subscriptions.create("bulk_operations/finish", receiver.url)
        operation = run(client, PRODUCTS)
        until(lambda: (found := client.bulk.state(operation)) and found.objects == 7)
        assert cancel(client, operation) == ("CANCELING", [])
        assert receiver.next("bulk_operations/finish").json["status"] == "canceled"
    found = ended(client, operation)
    assert (found.status, found.error_code, found.objects) == ("CANCELED", "", 7)
    message = "A bulk operation cannot be canceled when it is canceled"
    assert cancel(client, operation) == ("CANCELED", [{"field": None, "message": message}])


def test_what_has_ended_cannot_be_cancelled(store: LocalStore) -> None:
    client = client_of(store)
    operation = run(client, PRODUCTS)
    before = ended(client, operation)
    message = "A bulk operation cannot be canceled when it is completed"
    assert cancel(client, operation) == ("COMPLETED", [{"field": None, "message": message}])
    assert ended(client, operation) == before
    unknown = {"field": ["id"], "message": "Bulk operation does not exist"}
    assert cancel(client, "gid://shopify/BulkOperation/404") == ("", [unknown])


def test_an_operation_that_is_cancelled_while_it_runs_goes_no_further(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing, go_on = threading.Event(), threading.Event()

    def held(node: Any) -> bytes:
        writing.set()
        assert go_on.wait(10)
        return _line(node)

    monkeypatch.setattr(bulk_query, "ROOTS", 1)
    monkeypatch.setattr(exporter, "_line", held)
    client = client_of(store)
    files = set(store._exporter._folder.iterdir())
    operation = run(client, PRODUCTS)
    assert writing.wait(10)
    assert cancel(client, operation) == ("CANCELING", [])
    go_on.set()
    found = ended(client, operation)
    assert (found.status, found.root_objects, found.url) == ("CANCELED", 1, "")
    assert set(store._exporter._folder.iterdir()) == files


def test_an_operation_goes_on_after_a_restart(tmp_path: Path) -> None:
    with open_store(tmp_path, media_delay=0.3) as store:
        client_of(store).products.create("Hat", "Hats")
        operation = run(client_of(store), PRODUCTS)
    with open_store(tmp_path) as store:
        found = ended(client_of(store), operation)
        assert (found.status, found.objects) == ("COMPLETED", 1)


def test_its_end_is_announced_without_a_url(store: LocalStore) -> None:
    client = client_of(store)
    with Receiver() as receiver:
        client.subscriptions.create("bulk_operations/finish", receiver.url)
        operation = run(client, PRODUCTS)
        said = receiver.next("bulk_operations/finish").json
        store.faults.fail_bulk("TIMEOUT", times=1)
        run(client, PRODUCTS)
        failed = receiver.next("bulk_operations/finish").json
    assert (said["admin_graphql_api_id"], said["status"], said["error_code"]) == (
        operation,
        "completed",
        None,
    )
    assert "http" not in json.dumps(said)
    assert (failed["status"], failed["error_code"]) == ("failed", "timeout")


def test_a_file_can_be_had_in_parts(store: LocalStore) -> None:
    client = client_of(store)
    url = ended(client, run(client, PRODUCTS)).url
    whole = requests.get(url, timeout=5).content
    part = requests.get(url, headers={"Range": "bytes=10-"}, timeout=5)
    assert (part.status_code, part.content) == (206, whole[10:])
    assert part.headers["Content-Range"] == f"bytes 10-{len(whole) - 1}/{len(whole)}"


def test_a_file_lives_for_a_week(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_of(store)
    operation = run(client, PRODUCTS)
    url = ended(client, operation).url
    monkeypatch.setattr(bulk, "LIFE", timedelta())
    assert ended(client, operation).status == "EXPIRED"
    assert requests.get(url, timeout=5).status_code == 404
    assert requests.get(f"{store.url}/bulk/none.jsonl", timeout=5).status_code == 404
