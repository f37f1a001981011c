"""kill -9 at any moment, then start again: the run ends, and each image is made and published once."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

LIVES = {
    "listing": [
        "webhook_app.routes:handle:before",
        "webhook_app.steps.listing:look_for_photo:after",
        "generators.studio.painter:StudioPainter.paint:after",
        "infra.shopify.files:Files.upload:after",
        "infra.shopify.files:Files.attach:after",
        "webhook_app.steps.publishing:finish:after",
    ],
    "files": [
        "infra.runs:Runs.open:after",
        "infra.blobs:FolderBlobs.write:after",
        "infra.shopify.files:Files.create:after",
        "webhook_app.steps.publishing:attach_image:after",
        "infra.shopify.products:Products.reorder:after",
    ],
    "steps": [
        "webhook_app.steps.painting:paint_and_examine:after",
        "webhook_app.steps.publishing:upload_image:after",
        "infra.shopify.metafields:Metafields.set_file:after",
    ],
}
"""Where one listing's process is killed, one time after the other, until it is let live."""
RESTORE = [
    "infra.shopify.files:Files.detach:after",
    "infra.shopify.metafields:Metafields.delete:after",
    "webhook_app.steps.restoring:note_restored:after",
]
CATALOG, OWN, MADE = 12, 1, 2


def live(home: Path, point: str = "", *wishes: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.e2e.mortal", str(home), point, *wishes]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)


def count(home: Path, query: str) -> int:
    with closing(sqlite3.connect(home / "store" / "store.sqlite")) as db:
        found: int = db.execute(query).fetchone()[0]
    return found


def assert_published_once(home: Path) -> None:
    assert count(home, "select count(*) from media") == CATALOG + OWN + MADE
    assert count(home, "select count(*) from slot") == CATALOG + OWN + 1  # 1:1 is product media …
    assert count(home, "select count(*) from metafield where key = 'banner'") == 1  # … and 4:1 is not
    ours = "select position from slot join media on media.id = media_id where filename like '%-1x1-%'"
    assert count(home, ours) == 0  # before the merchant's own
    assert len(list((home / "blobs").glob("*/paintings/*.jpg"))) == MADE


def die_at(home: Path, points: list[str], *wishes: str) -> None:
    for point in points:
        killed = live(home, point, *wishes)
        assert killed.returncode == -signal.SIGKILL, (point, killed.stdout, killed.stderr)


@pytest.mark.parametrize("points", LIVES.values(), ids=LIVES)
def test_a_process_killed_again_and_again_loses_nothing_and_does_nothing_twice(
    tmp_path: Path, points: list[str]
) -> None:
    die_at(tmp_path, points)
    resumed = live(tmp_path)
    assert resumed.stdout.strip() == "published", resumed.stdout + resumed.stderr
    assert_published_once(tmp_path)


def test_a_file_that_was_made_before_the_kill_is_found_though_the_search_lags(tmp_path: Path) -> None:
    die_at(tmp_path, ["infra.shopify.files:Files.create:after"])
    resumed = live(tmp_path, "", "lag")
    assert resumed.stdout.strip() == "published", resumed.stdout + resumed.stderr
    assert_published_once(tmp_path)


def test_a_restore_that_is_killed_is_finished_and_takes_back_no_more(tmp_path: Path) -> None:
    die_at(tmp_path, RESTORE, "restore")
    resumed = live(tmp_path, "", "restore")
    assert resumed.stdout.strip() == "restored", resumed.stdout + resumed.stderr
    assert count(tmp_path, "select count(*) from media") == CATALOG + OWN + MADE
    assert count(tmp_path, "select count(*) from slot") == CATALOG + OWN
    assert count(tmp_path, "select count(*) from metafield where key = 'banner'") == 0
