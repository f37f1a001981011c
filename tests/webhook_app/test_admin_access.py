"""The admin endpoints let in who holds a token that is in force, and to the shops it is for."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from infra.shopify.replies import Shop
from tests.webhook_app.admin_kit import LEFT, NEVER, SILK, WOOL, Office, opened, problem, syncs


@pytest.mark.parametrize("header", [None, "", "Bearer", "Basic a2l0OmtpdA==", "bst_" + "A" * 43])
def test_who_brings_no_token_is_asked_for_one(office: Office, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    for method in ("GET", "POST", "OPTIONS"):
        answer = office.client.open(syncs(), method=method, headers=headers)
        assert "bestshot token create" in problem(answer, 401)
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Bestshot admin"'


@pytest.mark.parametrize("token", ["nonsense", "bst_" + "A" * 43, "bst_é", "kit", '"', "a=b", "x" * 10_000])
def test_a_wrong_token_is_refused(office: Office, token: str) -> None:
    answer = office.client.get(syncs(), headers={"Authorization": f"Bearer {token}"})
    problem(answer, 401)
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="Bestshot admin"')


def test_a_token_in_the_address_is_none(office: Office) -> None:
    problem(office.client.get(f"{syncs()}?access_token={office.token}&token={office.token}"), 401)


def test_a_revoked_token_is_refused_from_the_next_request_on(office: Office) -> None:
    token = office.services.admin_tokens.create("short-lived")
    assert office.ask("GET", syncs(), token).status_code == 200
    office.services.admin_tokens.revoke("short-lived")
    answer = office.ask("GET", syncs(), token)
    assert "revoked" in problem(answer, 401)
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Bestshot admin", error=invalid_token'


def test_the_scheme_is_read_in_any_case(office: Office) -> None:
    answer = office.client.get(syncs(), headers={"Authorization": f"bearer {office.token}"})
    assert answer.status_code == 200


def test_a_token_for_one_shop_does_nothing_in_another_and_learns_nothing_of_it(office: Office) -> None:
    run_id = office.begin(SILK).get_json()["id"]
    token = office.new_token(WOOL)
    assert office.ask("GET", syncs(WOOL), token).status_code == 200
    for method, path in (("GET", ""), ("POST", ""), ("GET", f"/{run_id}"), ("GET", "/nothing")):
        theirs, nobodys = (office.ask(method, syncs(shop) + path, token) for shop in (SILK, NEVER))
        assert problem(theirs, 404) == problem(nobodys, 404)
        assert theirs.headers.to_wsgi_list() == nobodys.headers.to_wsgi_list()
    problem(office.ask("GET", f"{syncs(WOOL)}/{run_id}", token), 404)
    assert [sync["run_id"] for sync in office.services.syncs.recent(SILK, 1)] == [run_id]


@pytest.mark.parametrize(
    "shop",
    [LEFT, NEVER, "wool", WOOL.upper(), f"{WOOL}.evil.example", "%00", "[", "..", "%E2%80%AE", "a" * 5_000],
)
def test_what_is_no_connected_shop_is_answered_with_what_to_do(office: Office, shop: str) -> None:
    for method in ("GET", "POST"):
        said = problem(office.ask(method, syncs(shop)), 404)
        assert "name.myshopify.com" in said
        assert "bestshot connect" in said


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_what_postgres_would_choke_on_is_not_there(tmp_path: Path, database_url: str) -> None:
    with opened(tmp_path / "home", database_url) as office:
        for path in ("%00/syncs", f"{WOOL}%00/syncs", f"{WOOL}/syncs/%00"):
            problem(office.ask("GET", f"/admin/shops/{path}"), 404)


def test_a_shop_that_comes_back_is_served_again(office: Office) -> None:
    about = office.services.installations.get(SILK)
    assert about is not None
    office.services.installations.leave(SILK)
    problem(office.begin(SILK), 404)
    office.services.installations.connect(Shop(SILK, SILK, "UTC"), "en", about.address)
    assert office.begin(SILK).status_code == 202


@pytest.mark.parametrize(
    "path", ["/admin", "/admin/", "/admin/shops", f"/admin/shops/{WOOL}", f"{syncs()}/a/b", syncs() + "/"]
)
def test_an_address_that_is_not_here_is_a_problem(office: Office, path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        problem(office.ask(method, path), 404)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE"])
def test_a_method_that_is_not_here_is_a_problem_that_names_those_that_are(
    office: Office, method: str
) -> None:
    answer = office.ask(method, syncs())
    problem(answer, 405)
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


def test_errors_elsewhere_keep_their_own_shape(office: Office) -> None:
    for path in ("/nowhere", "/administration", "/auth?shop=evil.example"):
        answer = office.client.get(path)
        assert 400 <= answer.status_code < 500
        assert answer.mimetype != "application/problem+json"


def test_neither_logs_nor_files_hold_a_token(office: Office) -> None:
    with capture_logs() as logs:
        assert office.begin().status_code == 202
        wrong = "bst_" + "w" * 43
        problem(office.ask("POST", syncs(), wrong), 401)
        problem(office.ask("POST", syncs(NEVER)), 404)
    assert {"sync asked for", "admin call refused"} <= {line["event"] for line in logs}
    digest = sha256(office.token.encode()).hexdigest()
    for secret in (office.token, wrong, digest):
        assert secret not in str(logs)
    home = office.services.settings.home
    kept = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert digest.encode() in kept
    assert office.token.removeprefix("bst_").encode() not in kept


def test_a_database_that_is_away_is_a_problem_that_passes(tmp_path: Path) -> None:
    with opened(tmp_path / "home") as office:
        (tmp_path / "home" / "recipes.sqlite").unlink()
        answer = office.begin()
        assert "recipes' database" in problem(answer, 503)
        assert int(answer.headers["Retry-After"]) > 0
        with office.services.database.begin() as db:
            db.exec_driver_sql("DROP TABLE admin_tokens")
        assert "Try again" in problem(office.ask("GET", syncs()), 503)
