"""`bestshot costs` shows what was spent and saved, and what is left of the budgets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import infra.ledger
from infra.ledger import Purchase
from infra.services import Services, build
from infra.settings import Settings
from webhook_app.cost_command import costs

WOOL, SILK = "wool.myshopify.com", "silk.myshopify.com"

Costs = Callable[..., Result]


def purchase(shop: str, key: int, run: int = 1, format: str = "4:1") -> Purchase:
    return Purchase(shop, f"{shop}:{run}:1", f"{key:032x}", "image", "nano-banana-2.1", format)


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with closing(build(Settings.from_env(home=tmp_path / "home"))) as services:
        yield services


@pytest.fixture
def spent(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two images for wool today, one of them unconfirmed, one saved; one for silk sixty days ago."""
    ledger, price = services.ledger, Decimal("0.05")
    ledger.settle(ledger.reserve(purchase(WOOL, 1), price), Decimal("0.0336"))
    ledger.reserve(purchase(WOOL, 2, format="1:1"), price)
    ledger.found(purchase(WOOL, 1, run=2), Decimal("0.0336"))
    with monkeypatch.context() as then:
        then.setattr(infra.ledger, "_now", lambda: datetime.now(UTC) - timedelta(days=60))
        ledger.note(purchase(SILK, 3), Decimal(7))


@pytest.fixture
def run(services: Services, monkeypatch: pytest.MonkeyPatch) -> Costs:
    """Runs `bestshot costs …` on the installation."""
    monkeypatch.setenv("BESTSHOT_HOME", str(services.settings.home))
    return lambda *arguments: CliRunner().invoke(costs, arguments)


def cells(result: Result) -> list[list[str]]:
    lines = (line.split("│") for line in result.stdout.splitlines())
    return [[cell.strip() for cell in line[2:-1]] for line in lines if len(line) > 3]


@pytest.mark.usefixtures("spent")
def test_each_day_model_and_format_has_its_line(run: Costs) -> None:
    done = run()
    assert cells(done) == [
        [WOOL, "image", "nano-banana-2.1", "1:1", "1", "$0.0500", "$0.0500", ""],
        [WOOL, "image", "nano-banana-2.1", "4:1", "1", "$0.0336", "", "$0.0336"],
    ]
    assert "$0.0836 spent, $0.0336 saved" in done.stdout
    assert "$0.0500 of it is not confirmed" in done.stdout
    assert "Left today for all stores: $99.92 of $100.00." in done.stdout


@pytest.mark.usefixtures("spent")
def test_it_looks_back_as_far_as_it_is_told_and_at_the_store_that_is_named(run: Costs) -> None:
    assert "$7.0000 spent" in run("--days", "90", "--shop", SILK).stdout
    nothing = run("--shop", SILK).stdout
    assert "$0.0000 spent" in nothing
    assert f"Left today for {SILK}: $20.00 of $20.00." in nothing


@pytest.mark.usefixtures("spent")
def test_programs_get_the_same_as_json(run: Costs) -> None:
    report = json.loads(run("--json", "--shop", WOOL).stdout)
    assert [(row["format"], row["spent_usd"], row["saved"]) for row in report["spending"]] == [
        ("1:1", "0.05", 0),
        ("4:1", "0.0336", 1),
    ]
    assert report["total"] == {"spent_usd": "0.0836", "unknown_usd": "0.05", "saved_usd": "0.0336"}
    assert report["left_today"] == {"day": "99.9164", "shop": "19.9164"}


def test_where_nothing_was_bought_it_says_so(run: Costs) -> None:
    done = run()
    assert done.exit_code == 0
    assert cells(done) == []
    assert "$0.0000 spent" in done.stdout
