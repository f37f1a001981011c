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

AFTER_EFFECT = [
    "infra.runs:Runs.open:after",
    "webhook_app.listing:look_for_photo:after",
    "webhook_app.listing:find_bestsellers:after",
    "webhook_app.listing:read_their_style:after",
    "webhook_app.listing:paint_and_examine:after",
    "webhook_app.listing:upload_image:after",
    "webhook_app.listing:attach_image:after",
    "webhook_app.listing:finish:after",
]
HALF_WAY = [
    "webhook_app.routes:handle:before",
    "generators.studio.painter:StudioPainter.paint:after",
    "infra.blobs:FolderBlobs.write:after",
    "infra.shopify:Shopify.upload:after",
    "infra.shopify:Shopify.create_file:after",
    "infra.shopify:Shopify.attach:after",
    "infra.shopify:Shopify.set_file_metafield:after",
]


def live(home: Path, point: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.e2e.mortal", str(home), point]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)


def count(home: Path, query: str) -> int:
    with closing(sqlite3.connect(home / "store" / "store.sqlite")) as db:
        found: int = db.execute(query).fetchone()[0]
    return found


@pytest.mark.parametrize("point", [*AFTER_EFFECT, *HALF_WAY])
def test_a_killed_process_leaves_nothing_lost_and_nothing_twice(tmp_path: Path, point: str) -> None:
    killed = live(tmp_path, point)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    resumed = live(tmp_path)
    assert resumed.stdout.strip() == "published", resumed.stdout + resumed.stderr
    catalog, own, made = 12, 1, 2
    assert count(tmp_path, "select count(*) from media") == catalog + own + made
    assert count(tmp_path, "select count(*) from slot") == catalog + own + 1  # 1:1 is product media …
    assert count(tmp_path, "select count(*) from metafield where key = 'banner'") == 1  # … and 4:1 is not
    assert len(list((tmp_path / "blobs").glob("*/paintings/*.jpg"))) == made
