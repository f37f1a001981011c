"""The command line with several stores connected: each by name or all together, and no trouble is shared."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from tests.several_shops.conftest import A, B, Both
from webhook_app.cli import main

Bestshot = Callable[..., Result]


@pytest.fixture
def bestshot(both: Both, monkeypatch: pytest.MonkeyPatch) -> Bestshot:
    """Runs a command on the installation, as if in its folder."""
    settings = both.app.services.settings
    for name, value in {
        "BESTSHOT_HOME": str(settings.home),
        "BESTSHOT_SHOPIFY_URL": settings.shopify_url,
        "BESTSHOT_LOG_LEVEL": "ERROR",
        "SHOPIFY_API_KEY": settings.shopify_api_key,
        "SHOPIFY_API_SECRET": settings.shopify_api_secret.get_secret_value(),
    }.items():
        monkeypatch.setenv(name, value)
    return lambda *arguments: CliRunner().invoke(main, arguments)


def test_a_dead_store_is_named_and_the_others_are_synced(both: Both, bestshot: Bestshot) -> None:
    both.app.local[B].faults.answer(402, 1000)
    try:
        done = bestshot("sync")
    finally:
        both.app.local[B].faults.clear()
    assert done.exit_code == 1
    assert f"{B}: " in done.stderr
    assert "402" in done.stderr
    assert re.search(rf"^{A}: done", done.stdout, re.MULTILINE)
    assert re.search(rf"^{B}: failed", done.stdout, re.MULTILINE)


def test_all_stores_are_synced_unless_one_is_the_usual_one(
    both: Both, bestshot: Bestshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected = [one.shop for one in both.app.services.installations.active()]
    assert {A, B} <= set(connected)
    assert re.findall(r"^(\S+): done \(", bestshot("sync").stdout, re.MULTILINE) == connected
    monkeypatch.setenv("BESTSHOT_SHOP", A)
    assert set(re.findall(r"^(\S+):", bestshot("sync").stdout, re.MULTILINE)) == {A}
    assert set(re.findall(r"^(\S+):", bestshot("sync", B).stdout, re.MULTILINE)) == {B}


def test_the_runs_of_each_store_are_listed_under_it(both: Both, bestshot: Bestshot) -> None:
    everywhere, here = bestshot("runs").stdout, bestshot("runs", A).stdout
    for run in both.runs.values():
        assert run["run_id"] in everywhere
    assert A in here
    assert B not in here


def test_search_asks_which_store_is_meant(bestshot: Bestshot) -> None:
    done = bestshot("search", "dress")
    assert done.exit_code == 2
    assert A in done.stderr
    assert "--shop" in done.stderr


def test_a_run_is_restored_in_its_own_store_only(both: Both, bestshot: Bestshot) -> None:
    done = bestshot("restore", both.runs[A]["run_id"], "--shop", B)
    assert done.exit_code == 1
    assert "no run" in done.stderr
    assert both.app.services.runs.need(A, both.runs[A]["run_id"])["status"] == "published"


@pytest.mark.parametrize("given", ["anna.example.com", "anna.myshopify.com.evil.example", "../anna"])
def test_what_is_no_stores_name_is_refused(bestshot: Bestshot, given: str) -> None:
    done = bestshot("sync", given)
    assert done.exit_code == 2
    assert "name.myshopify.com" in done.stderr
