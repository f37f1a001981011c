"""Finding and erasing what the recipes' database holds of a shop, and of that shop alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.durable import recipe, run_recipes, run_step
from infra.queues import Paintings
from infra.starter import Starter

SHOP, LONGER, OTHER = "shoes.myshopify.com", "red-shoes.myshopify.com", "b.myshopify.com"


@pytest.fixture
def url(database_url: str) -> str:
    """A recipes' database, as a worker makes it."""
    with run_recipes(database_url, "test", Paintings(1)):
        pass
    return database_url


@pytest.fixture
def starter(url: str) -> Iterator[Starter]:
    found = Starter(url)
    yield found
    found.close()


def ids(starter: Starter) -> set[str]:
    return {workflow.workflow_id for workflow in starter._client.list_workflows()}


def test_a_recipe_names_a_shop_in_its_id_its_arguments_its_steps_or_its_result(
    url: str, starter: Starter
) -> None:
    recipe("say", lambda *words: run_step("say", lambda: list(words)))
    with run_recipes(url, "test", Paintings(1)):
        for run_id, words in {
            f"{SHOP}:1": ["nothing"],
            f"left:{SHOP}:1": ["nothing"],
            "1": [SHOP],
            "2": [f"{SHOP}:7:1"],
            "3": [LONGER],
            "4": [f"{LONGER}:7:1", f"{SHOP}.example"],
            f"{LONGER}:1": [OTHER],
        }.items():
            starter.start("say", run_id, *words)
            starter.result(run_id)
    assert starter.count(SHOP) == 4
    starter.erase(SHOP)
    assert ids(starter) == {"3", "4", f"{LONGER}:1"}
    assert starter.count(SHOP) == 0
    assert starter.count(LONGER) == 3


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_was_erased_is_not_in_the_file_any_more(tmp_path: Path, starter: Starter) -> None:
    for number in range(300):
        starter.start("nobody", f"{SHOP}:{number}", SHOP, "x" * 500)
        starter.start("nobody", f"{OTHER}:{number}", OTHER)
    starter.erase(SHOP)
    starter.scrub()
    held = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    assert SHOP.encode() not in held
    assert OTHER.encode() in held
    assert len(ids(starter)) == 300


def test_a_schedule_that_names_a_shop_counts_and_goes_with_what_it_fired(url: str, starter: Starter) -> None:
    recipe("nightly", lambda _at, _shop: None)
    with run_recipes(url, "test", Paintings(1)):
        for name, shop in {
            f"nights:{SHOP}:sync": SHOP,
            "nights:other": SHOP,
            f"nights:{LONGER}:sync": "",
        }.items():
            starter.schedule(name, "nightly", shop, "0 0 4 * * *", "UTC")
        fired = starter._client.trigger_schedule(f"nights:{SHOP}:sync")
        fired.get_result()
        starter._client.trigger_schedule(f"nights:{LONGER}:sync").get_result()
    assert (starter.count(SHOP), starter.count(LONGER)) == (3, 2)
    starter.erase(SHOP)
    assert (starter.count(SHOP), starter.count(LONGER)) == (0, 2)
    assert [held["schedule_name"] for held in starter._client.list_schedules()] == [f"nights:{LONGER}:sync"]
    assert fired.get_workflow_id() not in ids(starter)


def test_a_shops_recipes_are_called_off_and_no_others(starter: Starter) -> None:
    for shop in (SHOP, LONGER, OTHER):
        starter.start("nobody", f"{shop}:1", shop)
    starter.cancel_shop(SHOP)
    states = {workflow.workflow_id: workflow.status for workflow in starter._client.list_workflows()}
    assert states == {f"{SHOP}:1": "CANCELLED", f"{LONGER}:1": "ENQUEUED", f"{OTHER}:1": "ENQUEUED"}
