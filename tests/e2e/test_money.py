"""kill -9 between reserve, reply, store and settle: what was kept is not paid twice, what was lost counts."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

from tests.e2e.mortal_painter import BILL, PRICE, desk_in

ROOT = Path(__file__).parents[2]

LIVES = {
    "infra.ledger:Ledger.reserve:after:1": 0,
    "__main__:Provider.paint:after:1": 1,  # the image went down with the process, and so did its bill
    "infra.blobs:FolderBlobs.write:after:2": 2,  # its note was written
    "infra.blobs:FolderBlobs.write:after:3": 3,  # from here on, the image is there
}
"""Where the process of one image is killed, one time after the other, and how many were paid for by then."""


def start(home: Path, point: str, *photos: str) -> subprocess.Popen[str]:
    """A process that is ready to paint these photos."""
    command = [sys.executable, "-m", "tests.e2e.mortal_painter", str(home), point, *photos]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def let_go(processes: list[subprocess.Popen[str]]) -> list[str]:
    """Let processes paint at the same time; returns what each has printed."""
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    printed = [process.communicate(timeout=60) for process in processes]
    assert all(process.returncode == 0 for process in processes), printed
    return [out.strip() for out, _ in printed]


def die_at(home: Path, point: str) -> None:
    process = start(home, point, "coat")
    process.communicate("\n", timeout=60)
    assert process.returncode == -signal.SIGKILL


def paid(home: Path) -> list[str]:
    """The photos that the provider was paid for, as its own books have them."""
    bills = home / "bills"
    return bills.read_text().split() if bills.exists() else []


def ledger_says(home: Path) -> tuple[Decimal, Decimal]:
    """What was spent, and what of it is not confirmed."""
    with desk_in(home) as desk:
        rows = desk.ledger.spending(date(2020, 1, 1))
    return sum((r.spent_usd for r in rows), Decimal(0)), sum((r.unknown_usd for r in rows), Decimal(0))


def test_a_process_killed_again_and_again_buys_nothing_twice_that_was_kept(
    tmp_path: Path,
) -> None:
    for reserved, (point, bills) in enumerate(LIVES.items(), 1):
        die_at(tmp_path, point)
        assert len(paid(tmp_path)) == bills
        assert ledger_says(tmp_path) == (reserved * PRICE, reserved * PRICE)
    assert let_go([start(tmp_path, "", "coat", "hat")]) == ["1"]  # what was lost has used up the hat's budget
    assert paid(tmp_path) == ["coat"] * 3
    assert ledger_says(tmp_path) == (3 * PRICE + BILL, 3 * PRICE)


def test_processes_side_by_side_pay_once_for_the_same_image_and_within_the_budget(
    tmp_path: Path,
) -> None:
    refused = let_go([start(tmp_path, "", "coat", *(f"hat-{n}-{m}" for m in "ab")) for n in range(3)])
    assert paid(tmp_path).count("coat") == 1
    assert len(paid(tmp_path)) == 7 - sum(map(int, refused))
    assert 4 <= len(paid(tmp_path)) <= 5  # a sixth would have to be reserved at 5 * 0.0336 + 0.05 > 0.20
    assert ledger_says(tmp_path) == (len(paid(tmp_path)) * BILL, 0)
