"""What goes, goes wholly, and only on the store's own word: products, the app from a shop, a shop's data.

All tests share one running app, and each has shops of its own in it.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from dbos import DBOS

from infra.database import credentials, upsert
from infra.errors import Unavailable
from infra.installations import shop_digest
from infra.runs import PRODUCT_GONE, SHOP_GONE
from infra.shopify.replies import Shop
from infra.shopify.store import Shopify
from infra.vault import Vault
from tests.installed import Installed, installed
from tests.running import wait_for
from webhook_app.connect import connect
from webhook_app.recipes import leaving
from webhook_app.steps import leaving as steps
from webhook_app.steps.leaving import left_of

LEAVES, QUEUES, BACK, LATE, DELETES = (f"{name}.myshopify.com" for name in ("a", "b", "c", "d", "e"))
GONE, STAYS, BUSY, MY_BUSY, STUBBORN = (
    f"{name}.myshopify.com" for name in ("gone", "stays", "busy", "my-busy", "stubborn")
)
FROZEN, MENDED, KEYLESS, HALF, RETURNS = (
    f"{name}.myshopify.com" for name in ("frozen", "mended", "keyless", "half", "returns")
)
UNENDED = ["ENQUEUED", "DELAYED", "PENDING"]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    kept = (LEAVES, QUEUES, BACK, LATE, DELETES, STAYS, MY_BUSY, FROZEN, RETURNS)
    erased = (GONE, BUSY, STUBBORN, MENDED, KEYLESS, HALF)
    with pytest.MonkeyPatch.context() as quick:
        quick.setattr(leaving, "PAUSES", (0.1, 0.1))
        quick.setattr(leaving, "SETTLE_SECONDS", 0.2)
        with installed(tmp_path_factory.mktemp("leaving"), *kept, *erased) as running:
            yield running


def is_active(app: Installed, shop: str) -> bool:
    found = app.services.installations.get(shop)
    return found is not None and found.active


def uninstall(app: Installed, shop: str) -> None:
    """The merchant uninstalls, and the app has taken note."""
    app.local[shop].uninstall()
    wait_for(lambda: not is_active(app, shop))
    app.settled()


def with_nights() -> set[str]:
    """The shops that are synced every night."""
    return {schedule["context"] for schedule in DBOS.list_schedules()}


def redact(app: Installed, shop: str) -> None:
    """Shopify asks for the shop's data to go, and it has gone."""
    app.local[shop].send_compliance("shop/redact", f"{app.url}/webhooks")
    wait_for(lambda: app.services.installations.get(shop) is None)
    app.settled()


def number(product_id: str) -> int:
    return int(product_id.rpartition("/")[2])


def about(shop: str) -> dict[str, Any]:
    return {"myshopify_domain": shop, "domain": "shop.example.com", "name": "A shop"}


def new_product(product_id: str) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    return {"admin_graphql_api_id": product_id, "id": number(product_id), "created_at": now, "media": [{}]}


def test_a_deleted_product_leaves_the_mirror_and_ends_its_run(app: Installed) -> None:
    app.sync(DELETES)
    old = next(iter(app.services.seen.fingerprints(DELETES)))
    held = app.services.mirror.count(DELETES)
    app.services.store(DELETES).products.delete(old)
    wait_for(lambda: old not in app.services.seen.fingerprints(DELETES))
    assert app.services.mirror.count(DELETES) == held - 1
    waiting = app.list_product(DELETES, photo=None)
    app.run_of(DELETES, waiting)
    app.services.store(DELETES).products.delete(waiting)
    run = app.ended(DELETES, waiting)
    assert (run["status"], run["reason"]) == ("cancelled", PRODUCT_GONE)


def test_a_product_deleted_while_it_is_painted_gets_nothing_more(app: Installed) -> None:
    with app.brush.held():
        product_id = app.list_product(DELETES)
        assert app.brush.lifted.wait(30)
        app.services.store(DELETES).products.delete(product_id)
        assert app.ended(DELETES, product_id)["status"] == "cancelled"
    app.settled()
    run = app.run_of(DELETES, product_id)
    assert (run["status"], run["reason"], run["paintings"]) == ("cancelled", PRODUCT_GONE, [])


def test_a_run_that_was_called_off_publishes_nothing_that_it_has_painted(app: Installed) -> None:
    with app.brush.held():
        product_id = app.list_product(DELETES, "A dress called off")
        assert app.brush.lifted.wait(30)
        sent = app.local[DELETES].operations_seen["upload"]
        assert app.services.runs.cancel(DELETES, "called off", product_id=product_id) == 1
    app.settled()
    assert app.local[DELETES].operations_seen["upload"] == sent
    assert len(app.services.store(DELETES).products.media(product_id)) == 1


@pytest.mark.parametrize("topic", ["products/create", "products/update"])
def test_news_of_a_product_that_is_gone_already_end_cancelled(app: Installed, topic: str) -> None:
    product_id = f"gid://shopify/Product/{4711 if topic == 'products/create' else 4712}"
    answer = app.post(DELETES, topic, new_product(product_id))
    assert answer.json() == {"result": "listing started"}
    run = app.ended(DELETES, product_id)
    assert (run["status"], run["reason"]) == ("cancelled", PRODUCT_GONE)


def test_a_deletion_of_what_is_still_there_changes_nothing(app: Installed) -> None:
    """The body of a products/create is signed, too, and has an id: it can be sent again as a deletion."""
    waiting = app.list_product(STAYS, photo=None)
    app.run_of(STAYS, waiting)
    app.sync(STAYS)
    seen = app.services.seen.fingerprints(STAYS)
    old = next(iter(seen))
    for product_id in (waiting, old):
        assert app.post(STAYS, "products/delete", new_product(product_id)).status_code == 200
    app.settled()
    assert app.run_of(STAYS, waiting)["status"] == "waiting"
    assert app.services.seen.fingerprints(STAYS) == seen
    assert app.services.mirror.count(STAYS) == len(seen)


def test_a_deletion_that_was_replayed_does_not_hide_the_true_one(app: Installed) -> None:
    product_id = app.list_product(STAYS, photo=None)
    app.run_of(STAYS, product_id)
    app.post(STAYS, "products/delete", {"id": number(product_id)})
    app.settled()
    app.services.store(STAYS).products.delete(product_id)
    assert app.ended(STAYS, product_id)["status"] == "cancelled"


def test_an_old_product_told_as_a_new_one_starts_nothing(app: Installed) -> None:
    """The body of a products/update of the old catalog can be sent again as a products/create."""
    old = next(iter(app.services.store(STAYS).products.all()))
    body = new_product(old.id) | {"created_at": "2020-01-01T00:00:00Z"}
    assert app.post(STAYS, "products/create", body).json() == {"result": "known product"}
    assert app.services.runs.of_product(STAYS, old.id) is None


def test_uninstalling_ends_what_waits_and_forgets_the_tokens(app: Installed) -> None:
    waiting = app.list_product(LEAVES, photo=None)
    assert app.run_of(LEAVES, waiting)["status"] == "waiting"
    app.services.syncs.open(f"{LEAVES}:sync:1", LEAVES, mode="full", dry_run=False, asked_by="admin")
    assert LEAVES in with_nights()
    uninstall(app, LEAVES)
    assert LEAVES not in with_nights()
    (sync,) = app.services.syncs.recent(LEAVES)
    assert (sync["status"], sync["reason"]) == ("cancelled", SHOP_GONE)
    run = app.run_of(LEAVES, waiting)
    assert (run["status"], run["reason"]) == ("cancelled", SHOP_GONE)
    assert app.services.tokens.kind(LEAVES) is None
    # A look that was under way may have ordered the next one: that ends by itself.
    wait_for(lambda: not DBOS.list_workflows(workflow_id_prefix=f"{LEAVES}:", status=UNENDED))


def test_nothing_is_painted_for_a_shop_once_it_has_left(app: Installed) -> None:
    with app.brush.held():
        listed = [app.list_product(QUEUES, title=f"Dress {n}") for n in range(4)]
        wait_for(lambda: {app.run_of(QUEUES, one)["step"] for one in listed} == {"paint"})
        before = len(app.brush.strokes)
        app.local[QUEUES].uninstall()
        wait_for(lambda: not is_active(app, QUEUES))
    app.settled()
    assert len(app.brush.strokes) - before <= 2  # those whose brush was lifted already
    for one in listed:
        run = app.run_of(QUEUES, one)
        assert (run["status"], run["reason"], run["paintings"]) == ("cancelled", SHOP_GONE, [])
    assert app.local[QUEUES].operations_seen["file_create"] == 0


def test_webhooks_of_a_shop_that_left_are_taken_and_ignored(app: Installed) -> None:
    uninstall(app, LATE)
    for topic, body in {
        "products/create": new_product("gid://shopify/Product/5"),
        "products/update": new_product("gid://shopify/Product/5"),
        "products/delete": {"id": 5},
        "bulk_operations/finish": {"admin_graphql_api_id": "gid://shopify/BulkOperation/5"},
        "app/uninstalled": about(LATE),
    }.items():
        answer = app.post(LATE, topic, body)
        assert (answer.status_code, answer.json()) == (200, {"result": "ignored: the app was uninstalled"})
    assert app.services.runs.recent(LATE) == []


def test_a_late_uninstall_is_ignored_once_the_app_is_back(app: Installed) -> None:
    uninstall(app, BACK)
    app.local[BACK].install()
    connect(app.services, BACK, app.url)
    waiting = app.list_product(BACK, photo=None)
    app.run_of(BACK, waiting)
    for event in ("late", "later"):
        assert app.post(BACK, "app/uninstalled", about(BACK), event).status_code == 200
    wait_for(lambda: len(DBOS.list_workflows(workflow_id_prefix=f"uninstalled:{BACK}:late:")) == 3)
    app.settled()
    assert is_active(app, BACK)
    assert app.services.tokens.kind(BACK) is not None
    assert app.run_of(BACK, waiting)["status"] == "waiting"
    uninstall(app, BACK)
    assert app.run_of(BACK, waiting)["status"] == "cancelled"


@pytest.mark.parametrize("last", [False, True])
def test_a_shop_that_does_not_answer_is_not_left(app: Installed, last: bool) -> None:
    app.local[STAYS].faults.answer(503, 1, "shop")
    with pytest.raises(Unavailable):
        steps.leave(app.services, STAYS, last=last)
    assert is_active(app, STAYS)
    assert app.services.tokens.kind(STAYS) is not None


@pytest.mark.parametrize("status", [402, 403, 423])
def test_a_closed_shop_is_not_left_before_the_last_look(app: Installed, status: int) -> None:
    app.local[STAYS].faults.answer(status, 1, "shop")
    assert not steps.leave(app.services, STAYS, last=False)
    assert is_active(app, STAYS)
    assert app.services.tokens.kind(STAYS) is not None
    assert steps.leave(app.services, STAYS, last=True), "it has opened again: no more is to be done"
    assert is_active(app, STAYS)


def test_a_shop_that_stays_closed_is_left_in_the_end(app: Installed) -> None:
    app.local[FROZEN].faults.answer(402, 9, "shop")
    app.post(FROZEN, "app/uninstalled", about(FROZEN))
    wait_for(lambda: app.services.tokens.kind(FROZEN) is None)
    assert not is_active(app, FROZEN)
    assert len(DBOS.list_workflows(workflow_id_prefix=f"uninstalled:{FROZEN}:")) == 3


@pytest.mark.parametrize("status", [402, 403, 423])
def test_a_closed_shop_is_redacted_once_it_counts_as_left(app: Installed, status: int) -> None:
    connect(app.services, MENDED, app.url)
    redact = partial(steps.redact, app.services, shop_digest(MENDED))
    app.local[MENDED].faults.answer(status, 2, "shop")
    assert not redact(last=False)
    assert left_of(app.services, MENDED) != {}, "it may open again"
    app.services.installations.leave(MENDED)
    assert not redact(last=False)
    assert left_of(app.services, MENDED) == {}
    assert redact(last=False)
    assert app.services.installations.get(MENDED) is None


def test_a_shop_that_stays_closed_is_redacted_at_the_last_look(app: Installed) -> None:
    connect(app.services, MENDED, app.url)
    app.local[MENDED].faults.answer(402, 1, "shop")
    assert not steps.redact(app.services, shop_digest(MENDED), last=True)
    assert left_of(app.services, MENDED) == {}


def test_an_answer_that_says_nothing_erases_nothing(app: Installed) -> None:
    connect(app.services, MENDED, app.url)
    app.services.installations.leave(MENDED)
    app.local[MENDED].faults.answer(400, 1, "shop")
    with pytest.raises(Unavailable):
        steps.redact(app.services, shop_digest(MENDED), last=False)
    assert left_of(app.services, MENDED) != {}
    connect(app.services, MENDED, app.url)


def test_a_shop_whose_credentials_cannot_be_opened_any_more_is_redacted(app: Installed) -> None:
    stranger = Vault(Fernet.generate_key().decode(), app.home / "no such file")
    sealed = stranger.seal(KEYLESS, "offline", "{}")
    with app.services.database.begin() as db:
        upsert(db, credentials, {"shop": KEYLESS, "kind": "offline", "version": "1", "sealed": sealed})
    app.services.tokens._shop(KEYLESS).forget()
    app.services.installations.leave(KEYLESS)
    app.local[KEYLESS].send_compliance("shop/redact", f"{app.url}/webhooks")
    wait_for(lambda: app.services.installations.rows(KEYLESS) == {})
    app.settled()
    assert traces(app.home, KEYLESS) == []


def test_credentials_of_an_install_that_failed_are_redacted(app: Installed) -> None:
    grant = app.services.oauth.client_credentials(HALF)
    app.services.installations.erase(HALF, wholly=True)
    app.services.tokens.keep(HALF, "client_credentials", grant)
    app.local[HALF].uninstall()
    app.local[HALF].send_compliance("shop/redact", f"{app.url}/webhooks")
    wait_for(lambda: app.services.tokens.kind(HALF) is None)
    wait_for(lambda: traces(app.home, HALF) == [])


@pytest.mark.parametrize("step", ["leave", "redact"])
def test_who_installs_again_while_it_is_looked_into_stays_installed(
    app: Installed, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    app.local[RETURNS].faults.lose_webhooks("app/uninstalled", 1)
    app.local[RETURNS].uninstall()
    ask, installs = Shopify.shop, []

    def ask_and_be_slow(store: Shopify) -> Shop:
        """The answer is under way while the merchant installs the app again."""
        monkeypatch.setattr(Shopify, "shop", ask)
        try:
            return ask(store)
        finally:
            app.local[RETURNS].install()
            installs.append(pool.submit(connect, app.services, RETURNS, app.url))
            wait(installs, timeout=1)

    monkeypatch.setattr(Shopify, "shop", ask_and_be_slow)
    with ThreadPoolExecutor(1) as pool:
        if step == "leave":
            assert steps.leave(app.services, RETURNS, last=False)
        else:
            assert not steps.redact(app.services, shop_digest(RETURNS), last=False)
        assert installs[0].result().shop == RETURNS
    assert is_active(app, RETURNS)
    assert app.services.store(RETURNS).shop().domain == RETURNS


def test_a_redaction_that_fails_does_not_name_the_shop(app: Installed) -> None:
    """DBOS keeps what a step raises."""
    app.local[STAYS].faults.answer(503, 1, "shop")
    with pytest.raises(Unavailable) as failure:
        steps.redact(app.services, shop_digest(STAYS), last=False)
    assert STAYS not in repr(failure.value)
    assert (failure.value.__cause__, failure.value.__suppress_context__) == (None, True)


def test_a_redaction_is_ignored_while_the_shop_lets_us_in(app: Installed) -> None:
    app.local[STAYS].send_compliance("shop/redact", f"{app.url}/webhooks")
    wait_for(lambda: DBOS.list_workflows(workflow_id_prefix=f"redact:{shop_digest(STAYS)}:"))
    app.settled()
    assert is_active(app, STAYS)
    assert app.services.tokens.kind(STAYS) is not None
    assert left_of(app.services, STAYS)["recipes"] > 0


@pytest.mark.parametrize("topic", ["customers/data_request", "customers/redact", "shop/redact"])
def test_compliance_topics_are_answered_even_for_a_shop_never_seen(app: Installed, topic: str) -> None:
    assert app.post("never.myshopify.com", topic, {"shop_domain": "never.myshopify.com"}).status_code == 200
    assert app.services.installations.get("never.myshopify.com") is None


def test_a_redacted_shop_is_nowhere_on_the_disk(app: Installed) -> None:
    app.sync(GONE)
    product_id = app.list_product(GONE)
    assert app.ended(GONE, product_id)["status"] == "published"
    app.run_of(GONE, app.list_product(GONE, photo=None))
    app.services.exports.note(GONE, "gid://shopify/BulkOperation/1", f"{GONE}:sync:1", "products")
    places = {path.relative_to(app.home).parts[0].partition("-")[0] for path in traces(app.home, GONE)}
    assert places >= {"records.sqlite", "recipes.sqlite", "milvus.db", "blobs"}
    uninstall(app, GONE)
    redact(app, GONE)
    assert left_of(app.services, GONE) == {}
    assert traces(app.home, GONE) == []


def test_redaction_leaves_every_other_shop_as_it_was(app: Installed) -> None:
    """Even one whose name ends in the redacted one's."""
    for shop in (BUSY, MY_BUSY):
        app.sync(shop)
        assert app.ended(shop, app.list_product(shop))["status"] == "published"
    app.settled()
    before = everything(app, MY_BUSY)
    assert all(before.values())
    uninstall(app, BUSY)
    redact(app, BUSY)
    assert everything(app, MY_BUSY) == before


def test_a_redaction_in_the_middle_of_a_run_sweeps_up_after_it(
    app: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The uninstall's own webhook is lost; the brush comes down after the first sweep."""
    monkeypatch.setattr(leaving, "SETTLE_SECONDS", 2)
    app.local[STUBBORN].faults.lose_webhooks("app/uninstalled", 1)
    with app.brush.held():
        product_id = app.list_product(STUBBORN)
        assert app.brush.lifted.wait(30)
        app.local[STUBBORN].uninstall()
        app.local[STUBBORN].send_compliance("shop/redact", f"{app.url}/webhooks")
        wait_for(lambda: app.services.runs.of_product(STUBBORN, product_id) is None)
    wait_for(lambda: app.services.blobs.count(STUBBORN) > 0)
    wait_for(lambda: app.services.installations.get(STUBBORN) is None)
    app.settled()
    assert left_of(app.services, STUBBORN) == {}
    assert traces(app.home, STUBBORN) == []


def everything(app: Installed, shop: str) -> dict[str, Any]:
    """All that is held of a shop, down to the bytes."""
    folder = app.home / "blobs" / shop
    collection = app.home / "milvus.db" / "collections" / app.services.mirror.collection(shop)
    return {
        "rows": app.services.installations.rows(shop),
        "runs": app.services.runs.recent(shop),
        "seen": app.services.seen.fingerprints(shop),
        "blobs": {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()},
        "vectors": {path.name: path.read_bytes() for path in collection.rglob("*") if path.is_file()},
        "token": app.services.tokens.of(shop).token(),
        "recipes": sorted(w.workflow_id for w in DBOS.list_workflows(workflow_id_prefix=f"{shop}:")),
    }


def traces(home: Path, shop: str) -> list[Path]:
    """The files that name a shop, in their names or in what they hold: as text, or in base64."""
    words = [shop.encode(), *in_base64(shop)]
    files = [path for path in home.rglob("*") if path.is_file()]
    return [path for path in files if shop in str(path) or any(word in path.read_bytes() for word in words)]


def in_base64(text: str) -> Iterator[bytes]:
    """A text as base64 has it at each of the three places at which it can begin; its edges are left out."""
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + text.encode())
        yield encoded[-(-8 * shift // 6) : 8 * (shift + len(text)) // 6]
