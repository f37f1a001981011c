"""The admin endpoints start a shop's syncs and show what came of them."""

from __future__ import annotations

import json
from urllib.parse import unquote

import pytest

from tests.webhook_app.admin_kit import SILK, WOOL, Office, problem, syncs


def test_a_sync_is_started_and_its_record_is_where_the_answer_says(office: Office) -> None:
    answer = office.begin(mode="verify", dry_run=True)
    assert answer.status_code == 202
    run_id = answer.get_json()["id"]
    assert run_id.startswith(f"{WOOL}:sync:")
    assert answer.get_json() == {
        "id": run_id, "mode": "verify", "dry_run": True, "status": "waiting", "joined": False,
    }  # fmt: skip
    assert unquote(answer.headers["Location"]) == f"{syncs()}/{run_id}"
    record = office.ask("GET", answer.headers["Location"]).get_json()
    assert record.items() >= {"id": run_id, "shop": WOOL, "mode": "verify", "dry_run": True}.items()
    assert (record["status"], record["asked_by"], record["ended_at"]) == ("waiting", "admin", None)
    assert record["counts"]["seen"] == 0
    assert office.services.starter.count(WOOL) > 0


@pytest.mark.parametrize("sent", [{}, {"json": {}}, {"data": b"", "content_type": "text/plain"}])
def test_who_asks_for_nothing_in_particular_gets_what_changed(
    office: Office, sent: dict[str, object]
) -> None:
    answer = office.ask("POST", syncs(), **sent).get_json()
    assert (answer["mode"], answer["dry_run"]) == ("changes", False)


def test_a_second_request_joins_the_first_and_is_told_what_that_one_does(office: Office) -> None:
    first = office.begin(mode="changes").get_json()
    second = office.begin(mode="full")
    assert second.status_code == 202
    assert second.get_json() == first | {"joined": True}
    assert second.headers["Location"].endswith(first["id"])
    assert [one["id"] for one in office.ask("GET", f"{syncs()}?limit=1").get_json()["syncs"]] == [first["id"]]


def test_one_shops_sync_is_not_joined_by_another(office: Office) -> None:
    first, second = office.begin(WOOL).get_json(), office.begin(SILK).get_json()
    assert not second["joined"]
    assert second["id"] != first["id"]


def test_syncs_are_listed_newest_first_as_many_as_are_wanted(office: Office) -> None:
    ids = []
    for _ in range(3):
        ids.append(office.begin(SILK).get_json()["id"])
        office.end_syncs()
    listed = office.ask("GET", f"{syncs(SILK)}?limit=2").get_json()["syncs"]
    assert [one["id"] for one in listed] == [ids[2], ids[1]]
    everything = office.ask("GET", syncs(SILK)).get_json()["syncs"]
    assert [one["id"] for one in everything][:3] == ids[::-1]
    assert {one["status"] for one in everything} == {"cancelled"}
    assert everything[0] == office.ask("GET", f"{syncs(SILK)}/{ids[2]}").get_json()


@pytest.mark.parametrize("limit", ["0", "101", "-1", "1.0", "", "ten", "٣", "9" * 5_000])
def test_a_limit_out_of_bounds_is_refused(office: Office, limit: str) -> None:
    assert "from 1 to 100" in problem(office.ask("GET", syncs(), query_string={"limit": limit}), 400).lower()


@pytest.mark.parametrize(
    "run_id", ["1", f"{WOOL}:sync:0", f"{SILK}:sync:0", "%00", "%F0%9F%92%A5", "x" * 5_000]
)
def test_a_sync_that_is_not_there_is_a_problem(office: Office, run_id: str) -> None:
    problem(office.ask("GET", f"{syncs()}/{run_id}"), 404)


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ('{"mode": "everything"}', ["mode", "'changes', 'full' or 'verify'"]),
        ('{"mode": null}', ["mode"]),
        ('{"dry_run": 1}', ["dry_run"]),
        ('{"dry_run": "yes", "mode": 5}', ["dry_run", "mode"]),
        ('{"force": true}', ["force", "not permitted"]),
        ("mode=full", ["body", "JSON"]),
        ('["full"]', ["body"]),
        ("null", ["body"]),
        ('{"mode": "full"', ["body", "JSON"]),
        ("[" * 4_000, ["body"]),
        (b"\xff\xfe{}", ["body"]),
    ],
)
def test_a_body_that_cannot_be_used_is_answered_with_what_is_wrong(
    office: Office, body: str | bytes, names: list[str]
) -> None:
    before = office.services.syncs.recent(WOOL)
    answer = office.ask("POST", syncs(), data=body, content_type="application/json")
    said = problem(answer, 400)
    assert all(name in said for name in names), said
    assert office.services.syncs.recent(WOOL) == before


def test_a_body_that_is_not_sent_as_json_is_refused(office: Office) -> None:
    answer = office.ask("POST", syncs(), data={"mode": "full"})
    assert "Content-Type: application/json" in problem(answer, 415)


def test_a_body_that_is_too_large_is_refused(office: Office) -> None:
    body = json.dumps({"mode": "full", "note": "x" * 10_000})
    problem(office.ask("POST", syncs(), data=body, content_type="application/json"), 413)
