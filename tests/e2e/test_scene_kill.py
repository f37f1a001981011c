"""kill -9 while a scene is made, then start again: it is painted once, and is one file of the store."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from tests.e2e.test_kill import ROOT

POINTS = ["generators.studio.arrange:Arranger.paint:after", "infra.shopify.files:Files.create:after"]


def live(home: Path, point: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.e2e.mortal_scene", str(home), point]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)


def test_a_scene_killed_again_and_again_is_made_and_published_once(tmp_path: Path) -> None:
    for point in POINTS:
        killed = live(tmp_path, point)
        assert killed.returncode == -signal.SIGKILL, (point, killed.stdout, killed.stderr)
    resumed = live(tmp_path)
    assert resumed.stdout.strip() == "published", resumed.stdout + resumed.stderr
    assert len(list((tmp_path / "app" / "blobs").glob("*/paintings/*.jpg"))) == 1
    with closing(sqlite3.connect(tmp_path / "store" / "store.sqlite")) as db:
        loose = "select count(*) from media where id not in (select media_id from slot)"
        assert db.execute(loose).fetchone() == (1,)
