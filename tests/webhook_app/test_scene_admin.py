"""The admin endpoints of scenes: what is asked for is begun, what cannot be is answered with why."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

import pytest

from tests.webhook_app.admin_kit import SILK, WOOL, Office, problem

SCENES = f"/admin/shops/{WOOL}/scenes"
WANTED = {"words": "a model wearing these at the beach", "products": ["navy-dress", "straw hat"]}


@pytest.fixture(autouse=True)
def _called_off(office: Office) -> Iterator[None]:
    yield
    for shop in (WOOL, SILK):
        office.services.runs.cancel(shop, "the test is over")


def test_a_scene_is_begun_and_its_record_is_where_the_answer_says(office: Office) -> None:
    answer = office.ask("POST", SCENES, json={**WANTED, "formats": ["4x1"], "publish": True})
    assert answer.status_code == 202, answer.text
    begun = answer.get_json()
    assert begun["id"].startswith(f"{WOOL}:scene:")
    assert unquote(answer.headers["Location"]) == f"{SCENES}/{begun['id']}"
    assert begun.items() >= {
        "words": WANTED["words"], "wanted": WANTED["products"], "publish": True, "bestsellers": True,
        "status": "running", "products": [], "images": [],
    }.items()  # fmt: skip
    assert office.ask("GET", answer.headers["Location"]).get_json() == begun
    record = office.services.runs.need(WOOL, begun["id"])
    assert (record["formats"], record["product_id"], record["title"]) == (["4:1"], "", WANTED["words"])
    assert office.services.starter.under_way([begun["id"]]) == {begun["id"]}


def test_a_scene_waits_for_no_photo_and_is_no_listing(office: Office) -> None:
    run_id = office.ask("POST", SCENES, json=WANTED).get_json()["id"]
    assert run_id not in office.services.runs.waiting(WOOL)
    assert run_id in {run["run_id"] for run in office.services.runs.recent(WOOL)}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"products": ["a"]}, "words: Field required"),
        ({**WANTED, "products": []}, "1 to 10 products, not 0"),
        ({**WANTED, "products": ["a"] * 11}, "1 to 10 products, not 11"),
        ({**WANTED, "products": [" "]}, "by its id, its handle or some words"),
        ({**WANTED, "words": " "}, "describe the scene"),
        ({**WANTED, "words": "x" * 501}, "describe the scene"),
        ({**WANTED, "formats": ["7:5"]}, "'7:5' is not a format"),
        ({**WANTED, "formats": []}, "no format"),
        ({**WANTED, "publish": "yes"}, "publish:"),
        ({**WANTED, "shop": SILK}, "shop: Extra inputs are not permitted"),
        ([], "body:"),
    ],
)
def test_a_scene_that_cannot_be_made_is_refused_with_what_is_wrong(
    office: Office, body: object, why: str
) -> None:
    before = len(office.services.runs.recent(WOOL))
    assert why in problem(office.ask("POST", SCENES, json=body), 400)
    assert len(office.services.runs.recent(WOOL)) == before


def test_a_scene_is_shown_to_no_other_shop_and_to_nobody_without_a_token(office: Office) -> None:
    path = office.ask("POST", SCENES, json=WANTED).headers["Location"]
    silk = office.new_token(SILK)
    problem(office.ask("GET", path, silk), 404)
    problem(office.ask("POST", SCENES, silk, json=WANTED), 404)
    problem(office.ask("GET", path.replace(WOOL, SILK, 1), silk), 404)
    problem(office.ask("POST", SCENES, "wrong", json=WANTED), 401)
    problem(office.ask("POST", SCENES, data="words=beach"), 415)


def test_a_listings_run_is_no_scene(office: Office) -> None:
    run_id = f"{WOOL}:1:1"
    office.services.runs.open(run_id, WOOL, "gid://shopify/Product/1", [])
    problem(office.ask("GET", f"{SCENES}/{run_id}"), 404)
