"""Blobs: a contract that every implementation of the port keeps."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.blobs import Blobs, FolderBlobs, content_key
from infra.errors import InputError, NotFound


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return FolderBlobs(tmp_path / "blobs")


def test_what_was_written_is_read(blobs: Blobs) -> None:
    blobs.write("a.myshopify.com/photos/1.jpg", b"bytes")
    assert blobs.read("a.myshopify.com/photos/1.jpg") == b"bytes"


def test_the_last_write_counts(blobs: Blobs) -> None:
    blobs.write("a/b", b"one")
    blobs.write("a/b", b"two")
    assert blobs.read("a/b") == b"two"


def test_a_missing_blob_is_not_found(blobs: Blobs) -> None:
    with pytest.raises(NotFound):
        blobs.read("a/b")


def test_a_shops_blobs_are_erased_and_nobody_elses(blobs: Blobs) -> None:
    for key in ("a/photos/1", "a/paintings/1", "a/paintings/2", "aa/photos/1", "b/a/1"):
        blobs.write(key, b"bytes")
    assert (blobs.count("a"), blobs.count("aa"), blobs.count("never")) == (3, 1, 0)
    for _ in range(2):
        blobs.erase("a")
    assert (blobs.count("a"), blobs.read("aa/photos/1"), blobs.read("b/a/1")) == (0, b"bytes", b"bytes")


@pytest.mark.parametrize(
    "key", ["", "/etc/passwd", "a/../b", "a//b", "a/.hidden", "a/b\x00", "a\\b", "a/" + "x" * 300]
)
def test_a_key_cannot_leave_its_folder(blobs: Blobs, key: str) -> None:
    with pytest.raises(InputError):
        blobs.write(key, b"")
    with pytest.raises(InputError):
        blobs.read(key)
    with pytest.raises(InputError):
        blobs.erase(key)


def test_a_write_that_breaks_off_leaves_the_old_bytes_and_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = FolderBlobs(tmp_path)
    blobs.write("a/b", b"old")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        blobs.write("a/b", b"new")
    assert blobs.read("a/b") == b"old"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]


def test_equal_bytes_have_one_key_and_shops_have_their_own() -> None:
    assert content_key("a", "photos", b"x", ".jpg") == content_key("a", "photos", b"x", ".jpg")
    assert content_key("a", "photos", b"x", ".jpg") != content_key("b", "photos", b"x", ".jpg")
