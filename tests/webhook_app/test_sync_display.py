"""What the terminal tells of syncs."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from infra.syncs import BLANK, NOTHING_YET
from webhook_app import sync_display
from webhook_app.sync_display import progress_shown, sum_up, table_of

SHOP = "wool.myshopify.com"
RECORD: dict[str, Any] = {
    **BLANK,
    "cost_usd": "0",
    **NOTHING_YET,
    "shop": SHOP,
    "run_id": f"{SHOP}:sync:1",
    "status": "running",
    "started_at": "2026-11-20T04:00:00+00:00",
    "stage": "catalog",
    "done": 1200,
    "total": 100_000,
    "seconds": 12.34,
    "asked_by": "night",
}
ENDED = RECORD | {"status": "done", "ended_at": "2026-11-20T04:00:12+00:00"}


def shown(record: dict[str, Any], *, joined: bool = False) -> str:
    page = io.StringIO()
    sum_up(Console(file=page, width=100), record, joined=joined)
    return page.getvalue()


def test_without_a_terminal_each_stage_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_shown() as progress:
        for record in (RECORD | {"status": "waiting"}, RECORD, RECORD | {"done": 1300}, ENDED, ENDED):
            progress(record)
    said = capsys.readouterr().out.splitlines()
    assert said == [
        f"{SHOP}: waiting 1,200 of 100,000", f"{SHOP}: catalog 1,200 of 100,000", f"{SHOP}: done"
    ]  # fmt: skip


def test_a_long_stage_is_told_of_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_display, "SAY_SECONDS", 0)
    with progress_shown() as progress:
        progress(RECORD)
        progress(RECORD | {"done": 50_000})
    assert capsys.readouterr().out.splitlines()[1] == f"{SHOP}: catalog 50,000 of 100,000"


def test_a_terminal_gets_a_bar_for_each_shop(monkeypatch: pytest.MonkeyPatch) -> None:
    page = io.StringIO()
    monkeypatch.setattr(sync_display, "Console", lambda: Console(file=page, force_terminal=True, width=100))
    with progress_shown() as progress:
        progress(RECORD)
        progress(RECORD | {"shop": "silk.myshopify.com", "stage": "sales", "total": None, "done": 7})
        progress(ENDED)
    drawn = page.getvalue()
    last = drawn[drawn.rindex(SHOP) :]
    assert last.startswith(f"{SHOP}: done")
    assert "silk.myshopify.com: sales" in last
    assert "1,200 of 100,000" not in last


def test_the_summary_tells_all_figures_and_names_what_failed() -> None:
    counts = {**RECORD["counts"], "seen": 100_000, "sales_only": 12, "failed": 3, "embedding_calls": 40}
    failed = [{"product_id": "gid://shopify/Product/1", "title": "A [red] dress", "why": "no photo"}]
    said = shown(ENDED | {"counts": counts, "failures": failed, "cost_usd": "0.25"}, joined=True)
    assert f"{SHOP}: done (changes; joined, asked for by night)" in said
    figures = {line[:18].strip(): line[18:].strip() for line in said.splitlines() if line.startswith("  ")}
    assert figures["seen"] == "100,000"
    assert figures["sales only"] == "12"
    assert (figures["seconds"], figures["cost"]) == ("12.3", "$0.25")
    assert "A [red] dress (gid://shopify/Product/1): no photo" in said
    assert "and 2 more" in said


@pytest.mark.parametrize(
    ("noted", "sentence"),
    [
        ({"listings_missed": 2}, "2 new listings whose webhook never came were begun"),
        ({"mirror": {"lost": 3, "strays": 0}}, "was repaired: 3 lost"),
        ({"mirror": {"lost": 0, "strays": 0}}, "the mirror is as it was written"),
        ({"mirror": {"strays": 1}, "dry_run": True}, "is not repaired: 1 strays"),
        ({"sales_kept": "no scope"}, "sales stay as they were: no scope"),
        ({"sales": {"source": "orders", "days": 59, "until": "2026-11-19"}}, "sales of 59 days"),
    ],
)
def test_what_the_steps_noted_is_told_in_words(noted: dict[str, Any], sentence: str) -> None:
    assert sentence in shown(ENDED | noted)
    assert sentence not in shown(ENDED)


def test_syncs_are_listed_one_a_line() -> None:
    page = io.StringIO()
    failed = ENDED | {
        "status": "failed",
        "reason": "HTTP 402",
        "counts": {"seen": 1200, "new": 0, "changed": 7},
    }
    Console(file=page, width=160).print(table_of([ENDED, failed]))
    lines = [line for line in page.getvalue().splitlines() if SHOP in line]
    assert len(lines) == 2
    assert "7 changed" in lines[1]
    assert "seen" not in lines[1]
    assert "HTTP 402" in lines[1]
    assert "new" not in lines[1]
