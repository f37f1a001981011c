"""The mirror's contract, kept by Milvus Lite and by a Milvus server alike."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from infra.milvus import RRF_K, Mirror, MirrorRow, Where

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
    # A name of its own for each test: the server is shared.
    found = Mirror(uri, f"embedder-{tmp_path.name}", 4)
    yield found
    found.close()


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
        dense,
        {term: 1.0},
    )


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
    mirror.put_sales(A, {"gid://shopify/Product/1": 2000})
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
    shop, other = f"{mirror._embedder}-a.example", f"{mirror._embedder}-b.example"  # the server is shared
    older = Mirror(mirror._uri, f"older-{mirror._embedder}", 4)
    older.__dict__["_client"] = mirror._client  # Milvus Lite has one owner
    for one, where in ((mirror, shop), (older, shop), (mirror, other)):
        one.put(where, [row(1)])
    assert len(mirror.collections(shop)) == 2
    for _ in range(2):
        mirror.drop(shop)
    assert mirror.collections(shop) == []
    assert numbers(mirror.search(other, RED, {}, Where(), 5)) == [1]
    mirror.put(shop, [row(2)])
    assert numbers(mirror.search(shop, RED, {}, Where(), 5)) == [2]


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
