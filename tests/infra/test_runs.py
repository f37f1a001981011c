"""Run records: repeatable, never half-written over by another writer, and apart by shop."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from infra.database import Database
from infra.database import runs as runs_table
from infra.errors import Cancelled, NotFound
from infra.model import Check, Format, Painting
from infra.runs import BLANK, Runs, refuse_foreign

SHOP, PRODUCT = "a.myshopify.com", "gid://shopify/Product/1"
SQUARE = Format("1:1", 1024, 1024)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with closing(Database(database_url)) as opened:
        yield opened


@pytest.fixture
def runs(database: Database) -> Runs:
    return Runs(database)


def test_two_writers_never_lose_each_others_changes(runs: Runs) -> None:
    with ThreadPoolExecutor(2) as pool:
        for number in range(30):
            run_id = f"r{number}"
            runs.open(run_id, SHOP, PRODUCT, [SQUARE])
            begun = pool.submit(runs.begin, run_id, photo_key="key")
            titled = pool.submit(runs.note, run_id, title="Coat")
            for change in (begun, titled):
                change.result()
            found = runs.need(SHOP, run_id)
            assert (found["status"], found["photo_key"], found["title"]) == ("running", "key", "Coat")


def test_opening_a_run_again_changes_nothing(runs: Runs) -> None:
    runs.open("r", SHOP, PRODUCT, [SQUARE])
    runs.begin("r", photo_key="key")
    before = runs.need(SHOP, "r")
    runs.open("r", SHOP, PRODUCT, [Format("3:4", 896, 1200)])
    assert runs.need(SHOP, "r")["formats"] == before["formats"] == ["1:1"]
    assert runs.need(SHOP, "r")["status"] == "running"


def test_a_look_that_comes_late_changes_nothing(runs: Runs) -> None:
    runs.open("r", SHOP, PRODUCT, [SQUARE])
    runs.begin("r", photo_key="first")
    runs.begin("r", photo_key="second")
    runs.fail("r", "deleted", only_if="waiting")
    found = runs.need(SHOP, "r")
    assert (found["status"], found["photo_key"], found["ended_at"]) == ("running", "first", None)


def test_a_painting_is_kept_once_with_its_refusals_and_cost(runs: Runs) -> None:
    runs.open("r", SHOP, PRODUCT, [SQUARE])
    image = Painting(
        "1:1",
        "key",
        "image/jpeg",
        1,
        1,
        "p",
        "m",
        "",
        "",
        checks={"colour": Check(False, 9.5, 6.0, "too red")},
    )
    for _ in range(2):
        runs.keep("r", image, "refused")
    (kept,) = runs.need(SHOP, "r")["paintings"]
    assert (kept["status"], kept["refusals"]) == ("refused", ["colour: too red (9.5, limit 6.0)"])


def test_a_cancelled_run_takes_nothing_more(runs: Runs) -> None:
    runs.open("r", SHOP, PRODUCT, [SQUARE])
    runs.begin("r", photo_key="key")
    assert runs.cancel(SHOP, "it is gone", run_id="r") == 1
    before = runs.need(SHOP, "r")
    runs.begin("r", photo_key="other")
    runs.fail("r", "a failure", only_if="running")
    for write in (
        lambda: runs.note("r", status="published"),
        lambda: runs.note("r", step="paint"),
        lambda: runs.keep("r", Painting("1:1", "key", "image/jpeg", 1, 1, "p", "m", "", ""), "approved"),
        lambda: runs.live(SHOP, "r"),
    ):
        with pytest.raises(Cancelled, match="it is gone"):
            write()
    found = runs.need(SHOP, "r")
    assert {**found, "seconds": 0} == {**before, "seconds": 0}
    assert (found["status"], found["reason"], found["photo_key"]) == ("cancelled", "it is gone", "key")


def test_only_open_runs_are_cancelled_and_only_those_asked_for(runs: Runs) -> None:
    other, another = "gid://shopify/Product/2", "b.myshopify.com"
    for run_id, shop, product_id in (
        ("waits", SHOP, PRODUCT),
        ("ended", SHOP, PRODUCT),
        ("other", SHOP, other),
        ("theirs", another, PRODUCT),
    ):
        runs.open(run_id, shop, product_id, [SQUARE])
    runs.note("ended", status="published")
    assert runs.waiting(SHOP) == {"waits": PRODUCT, "other": other}
    assert runs.cancel(SHOP, "gone", product_id=PRODUCT) == 1
    assert runs.cancel(SHOP, "gone", product_id=PRODUCT) == 0
    assert runs.waiting(SHOP) == {"other": other}
    assert runs.cancel(SHOP, "left") == 1
    assert {run["run_id"]: run["status"] for run in runs.recent(SHOP)} == {
        "waits": "cancelled",
        "ended": "published",
        "other": "cancelled",
    }
    assert runs.need(another, "theirs")["status"] == "waiting"


def test_what_was_erased_cannot_be_written_to(runs: Runs) -> None:
    with pytest.raises(NotFound):
        runs.note("never", step="paint")
    with pytest.raises(NotFound):
        runs.keep("never", Painting("1:1", "key", "image/jpeg", 1, 1, "p", "m", "", ""), "approved")


def test_a_shops_name_at_the_end_of_anothers_is_another_shop() -> None:
    refuse_foreign("shoes.myshopify.com", "shoes.myshopify.com:7:1")
    for run_id in ("red-shoes.myshopify.com:7:1", "shoes.myshopify.com.evil:7:1", "shoes.myshopify.com", ""):
        with pytest.raises(NotFound):
            refuse_foreign("shoes.myshopify.com", run_id)


def test_a_record_of_an_older_version_has_what_came_since(runs: Runs, database: Database) -> None:
    runs.open("r", SHOP, PRODUCT, [SQUARE])
    with database.begin() as db:
        old = {"formats": ["1:1"], "sizes": {}, "title": "Coat", "ended_at": None}
        db.execute(runs_table.update().values(record=old))
    found = runs.need(SHOP, "r")
    assert found["title"] == "Coat"
    assert {key: found[key] for key in BLANK.keys() - old.keys()} == {
        key: value for key, value in BLANK.items() if key not in old
    }


def test_our_own_media_are_known_whichever_run_and_product_they_were_made_for(runs: Runs) -> None:
    for number, shop in enumerate((SHOP, SHOP, "b.myshopify.com")):
        runs.open(f"r{number}", shop, f"{PRODUCT}{number}", [SQUARE])
        image = Painting("1:1", "key", "image/jpeg", 1, 1, "p", "m", "", "", media_id=f"image {number}")
        runs.keep(f"r{number}", image, "approved")
    runs.keep("r0", Painting("3:4", "key", "image/jpeg", 1, 1, "p", "m", "", ""), "refused")
    assert runs.ours(SHOP, ["image 0", "image 1", "image 2", "merchant's"]) == {"image 0", "image 1"}
    assert runs.ours(SHOP, []) == set()


def test_shops_are_apart(runs: Runs) -> None:
    runs.open("r", SHOP, PRODUCT, [SQUARE])
    assert runs.read("b.myshopify.com", "r") is None
    assert runs.of_product("b.myshopify.com", PRODUCT) is None
    assert runs.recent("b.myshopify.com") == []
    assert runs.count("b.myshopify.com", PRODUCT) == 0
