"""The mirror's contract, kept by Milvus Lite and by a Milvus server alike."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from milvus_lite.engine.collection import Collection
from milvus_lite.server_manager import server_manager_instance
from numpy.typing import NDArray
from pymilvus import AnnSearchRequest, RRFRanker

from infra.errors import Unavailable
from infra.milvus import RRF_K, Held, Mirror, MirrorRow, SalesChange, Where

A, B = "a.myshopify.com", "b.myshopify.com"
RED, BLUE, GREEN, GREY = np.eye(4, dtype=np.float32)
DRESS, HAT = 1, 2


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("milvus-lite")), "server", "--host", "127.0.0.1"]
    folder = tmp_path_factory.mktemp("milvus-server")
    with subprocess.Popen(
        [*command, "--data-dir", str(folder), "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        _wait_until_it_listens(port)
        yield f"http://127.0.0.1:{port}"
        process.terminate()


def _wait_until_it_listens(port: int) -> None:
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the Milvus server did not start")


@pytest.fixture(params=["lite", "server"])
def mirror(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Mirror]:
    uri = request.getfixturevalue("server") if request.param == "server" else str(tmp_path / "milvus.db")
    found = Mirror(uri, "embedder", 4)
    yield found
    for shop in (A, B):  # the server is shared
        found.drop(shop)
    found.close()


def beside(mirror: Mirror, embedder: str, dimension: int = 4) -> Mirror:
    """A mirror for another embedder over the same Milvus, whose folder has one owner."""
    other = Mirror(mirror._uri, embedder, dimension)
    other.__dict__["_client"] = mirror._client
    return other


def row(
    number: int,
    dense: NDArray[np.float32] = RED,
    term: int = DRESS,
    category: str = "Dresses",
    sales: int = 0,
) -> MirrorRow:
    return MirrorRow(
        f"gid://shopify/Product/{number}",
        f"Product {number}",
        category,
        "",
        "",
        "",
        9.9,
        sales,
        "key",
        f"print-{number}",
        dense,
        {term: 1.0},
    )


def gid(number: int) -> str:
    return f"gid://shopify/Product/{number}"


def numbers(hits: list[object]) -> list[int]:
    return [int(hit.product_id.rpartition("/")[2]) for hit in hits]  # type: ignore[attr-defined]


def mix(*parts: tuple[NDArray[np.float32], float]) -> NDArray[np.float32]:
    total = np.sum([vector * share for vector, share in parts], axis=0)
    return np.asarray(total / np.linalg.norm(total), np.float32)


def test_both_sides_are_fused_by_reciprocal_ranks(mirror: Mirror) -> None:
    mirror.put(A, [row(1, RED, HAT), row(2, mix((RED, 2), (BLUE, 1)), DRESS), row(3, BLUE, DRESS)])
    found = mirror.search(A, RED, {DRESS: 1.0}, Where(), 3)
    by_number = dict(zip(numbers(found), found, strict=True))
    second = by_number[2]
    assert numbers(found)[0] == 2
    assert (second.dense_rank, second.sparse_rank) in {(2, 1), (2, 2)}
    assert second.score == pytest.approx(
        1 / (RRF_K + second.dense_rank) + 1 / (RRF_K + (second.sparse_rank or 0))
    )
    assert second.similarity == pytest.approx(2 / np.sqrt(5), abs=1e-6)
    assert by_number[1].sparse_rank is None


def test_the_filter_holds_for_both_sides(mirror: Mirror) -> None:
    mirror.put(
        A, [row(1, sales=10), row(2, sales=2000), row(3, category="Hats", sales=9000), row(4, sales=3000)]
    )
    where = Where(("Dresses",), 1500, without=("gid://shopify/Product/4",))
    assert numbers(mirror.search(A, RED, {DRESS: 1.0}, where, 10)) == [2]
    assert set(numbers(mirror.search(A, RED, {}, Where(("Dresses", "Hats"), 1500), 10))) == {2, 3, 4}


def test_a_category_is_data_and_never_filter_language(mirror: Mirror) -> None:
    odd = 'x" or sales_count >= 0 or category == "\\ — é 裙'
    mirror.put(A, [row(1, category=odd), row(2, category="Dresses")])
    assert numbers(mirror.search(A, RED, {}, Where((odd,)), 10)) == [1]
    assert mirror.search(A, RED, {}, Where(('" or "1" == "1',)), 10) == []


def test_sales_are_updated_alone(mirror: Mirror) -> None:
    mirror.put(A, [row(1, BLUE, HAT, sales=1)])
    mirror.put_sales(A, [SalesChange(gid(1), 2000, mirror.collection(A))])
    (found,) = mirror.search(A, BLUE, {HAT: 1.0}, Where(min_sales=2000), 5)
    assert (found.sales_count, found.similarity, found.sparse_rank) == (2000, pytest.approx(1.0), 1)


def test_a_row_written_again_replaces_itself(mirror: Mirror) -> None:
    mirror.put(A, [row(1, RED)])
    mirror.put(A, [row(1, GREEN)])
    (found,) = mirror.search(A, GREEN, {}, Where(), 5)
    assert found.similarity == pytest.approx(1.0)


def test_what_is_removed_is_not_found(mirror: Mirror) -> None:
    mirror.put(A, [row(1), row(2)])
    mirror.remove(A, ["gid://shopify/Product/1", "gid://shopify/Product/77"])
    assert numbers(mirror.search(A, RED, {DRESS: 1.0}, Where(), 5)) == [2]


def test_shops_are_apart(mirror: Mirror) -> None:
    mirror.put(A, [row(1, GREY)])
    mirror.put(B, [row(2, GREY)])
    assert numbers(mirror.search(A, GREY, {DRESS: 1.0}, Where(), 5)) == [1]
    mirror.remove(B, ["gid://shopify/Product/1"])
    assert numbers(mirror.search(A, GREY, {}, Where(), 5)) == [1]


def test_a_shop_is_dropped_with_all_its_collections_and_may_come_back(mirror: Mirror) -> None:
    for one, where in ((mirror, A), (beside(mirror, "older"), A), (mirror, B)):
        one.put(where, [row(1)])
    assert len(mirror.collections(A)) == 2
    for _ in range(2):
        mirror.drop(A)
    assert mirror.collections(A) == []
    assert mirror.search(A, RED, {}, Where(), 5) == []
    assert numbers(mirror.search(B, RED, {}, Where(), 5)) == [1]
    mirror.put(A, [row(2)])
    assert numbers(mirror.search(A, RED, {}, Where(), 5)) == [2]


def test_another_embedder_fills_a_collection_beside_the_live_one_until_it_is_switched_to(
    mirror: Mirror,
) -> None:
    mirror.put(A, [row(1), row(2)])
    old = mirror.collection(A)
    newer = beside(mirror, "newer", 8)
    newer.put(A, [row(1, np.eye(8, dtype=np.float32)[0])])
    assert (mirror.live(A), newer.live(A), newer.count(A)) == (old, old, 1)
    assert set(numbers(mirror.search(A, RED, {}, Where(), 5))) == {1, 2}
    for _ in range(2):
        newer.switch(A)
        assert (newer.live(A), newer.collections(A)) == (newer.collection(A), [newer.collection(A)])
    assert numbers(newer.search(A, np.eye(8, dtype=np.float32)[0], {}, Where(), 5)) == [1]


def test_while_two_collections_are_there_removals_and_sales_reach_the_one_that_is_searched(
    mirror: Mirror,
) -> None:
    mirror.put(A, [row(1), row(2)])
    newer = beside(mirror, "newer", 8)
    newer.put(A, [row(1, np.eye(8, dtype=np.float32)[0])])
    newer.remove(A, [gid(1)])
    newer.put_sales(A, [SalesChange(gid(2), 7, mirror.collection(A))])
    (found,) = mirror.search(A, RED, {}, Where(), 5)
    assert (found.product_id, found.sales_count, newer.count(A)) == (gid(2), 7, 0)


def test_the_mirror_says_what_it_holds(mirror: Mirror) -> None:
    assert (mirror.count(A), list(mirror.rows(A)), mirror.collections(A)) == (0, [], [])
    mirror.put(A, [row(number, sales=number) for number in range(1500)])
    mirror.flush(A)
    held = sorted(mirror.rows(A), key=lambda one: one.sales_count)
    assert held == [Held(gid(n), n, f"print-{n}") for n in range(1500)]
    looks = mirror.looks(A, [gid(7), gid(9999)])
    assert {one: (look.fingerprint, look.photo_key, look.dense.tolist()) for one, look in looks.items()} == {
        gid(7): ("print-7", "key", RED.tolist())
    }


def test_a_product_without_words_is_found_by_its_photo(mirror: Mirror) -> None:
    mirror.put(A, [replace(row(1), sparse={}), row(2, BLUE)])
    assert numbers(mirror.search(A, RED, {DRESS: 1.0}, Where(), 5)) == [2, 1]
    assert numbers(mirror.search(A, RED * 0, {DRESS: 1.0}, Where(), 5)) == [2]


def test_a_collection_that_another_process_dropped_is_made_anew(mirror: Mirror) -> None:
    mirror.put(A, [row(1)])
    beside(mirror, "embedder").drop(A)
    with pytest.raises(Unavailable):
        mirror.put(A, [row(1)])
    mirror.put(A, [row(2)])
    assert numbers(mirror.search(A, RED, {}, Where(), 5)) == [2]


def test_a_collection_that_another_process_released_is_loaded_again(mirror: Mirror) -> None:
    mirror.put(A, [row(1)])
    mirror._client.release_collection(mirror.collection(A))
    with pytest.raises(Unavailable):
        mirror.search(A, RED, {}, Where(), 3)
    assert numbers(mirror.search(A, RED, {}, Where(), 3)) == [1]


def test_the_fusion_is_that_of_milvus_own_ranker(mirror: Mirror) -> None:
    random = np.random.default_rng(7)
    vectors = random.standard_normal((60, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    mirror.put(A, [row(n, vector, term=n % 9 + 1) for n, vector in enumerate(vectors)])
    query, words = RED, {1: 0.9, 2: 0.5, 3: 0.1}
    sides = [
        AnnSearchRequest([query.tolist()], "dense", {"metric_type": "COSINE"}, 20),
        AnnSearchRequest([words], "sparse", {"metric_type": "IP"}, 20),
    ]
    (theirs,) = mirror._client.hybrid_search(mirror.collection(A), sides, RRFRanker(RRF_K), limit=20)
    ours = mirror.search(A, query, words, Where(), 20)
    assert [hit.score for hit in ours] == pytest.approx([hit["distance"] for hit in theirs])
    # Where scores are the same, the order is anybody's.
    scores = {hit["product_id"]: hit["distance"] for hit in theirs}
    assert all(scores.get(hit.product_id, ours[-1].score) == pytest.approx(hit.score) for hit in ours)


def test_categories_can_be_left_out(mirror: Mirror) -> None:
    mirror.put(A, [row(1), row(2, category="Hats"), row(3, category="")])
    where = Where(without_categories=("Dresses", ""))
    assert numbers(mirror.search(A, RED, {DRESS: 1.0}, where, 5)) == [2]


def test_an_empty_mirror_finds_nothing(mirror: Mirror) -> None:
    assert mirror.search(A, RED, {DRESS: 1.0}, Where(), 5) == []


def test_a_text_longer_than_its_field_is_clipped_at_a_letter(mirror: Mirror) -> None:
    mirror.put(A, [row(1, category="裙" * 2000)])
    (found,) = mirror.search(A, RED, {}, Where(), 5)
    assert set(found.category) == {"裙"}


def test_it_lasts(tmp_path: Path) -> None:
    for write in (True, False):
        mirror = Mirror(str(tmp_path / "milvus.db"), "e", 4)
        if write:
            mirror.put(A, [row(1)])
        assert numbers(mirror.search(A, RED, {}, Where(), 5)) == [1]
        mirror.close()


def test_an_index_file_that_a_kill_left_half_written_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "milvus.db"
    with closing(Mirror(str(path), "embedder", 4)) as first:
        first.put(A, [row(1), row(2, BLUE)])
        first.flush(A)
    server_manager_instance.release_server(str(path))
    (file,) = path.rglob("*.idx")
    file.write_bytes(file.read_bytes()[:-8])
    with closing(Mirror(str(path), "embedder", 4)) as again:
        assert numbers(again.search(A, BLUE, {}, Where(), 1)) == [2]
        assert again.count(A) == 2


def test_the_first_requests_may_come_all_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, threads = str(tmp_path / "milvus.db"), 6
    with closing(Mirror(path, "embedder", 4)) as first:
        first.put(A, [row(number) for number in range(10)])
    server_manager_instance.release_server(path)  # as a process that starts again finds it
    opened, delays = Collection.__init__, count(1)

    def open_slowly(*args: Any, **options: Any) -> None:
        time.sleep(0.05 * next(delays))
        opened(*args, **options)

    monkeypatch.setattr(Collection, "__init__", open_slowly)
    with closing(Mirror(path, "embedder", 4)) as again, ThreadPoolExecutor(threads) as pool:
        again.ping()

        def search_and_put(number: int) -> None:
            if number % 2:
                assert again.search(A, RED, {}, Where(), 1)
            else:
                again.put(A, [row(100 + number)])

        list(pool.map(search_and_put, range(threads)))
        assert again.count(A) == 10 + threads // 2
