"""`bestshot token` makes tokens, shows what there is to know of them, and revokes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from infra.services import Services, build
from infra.settings import Settings
from infra.shopify.replies import Shop
from webhook_app.cli import main

WOOL = "wool.myshopify.com"

Token = Callable[..., Result]


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with closing(build(Settings.from_env(home=tmp_path / "home"))) as services:
        services.installations.connect(Shop("Wool", WOOL, "UTC"), "en", "https://bestshot.example.com")
        yield services


@pytest.fixture
def token(services: Services, monkeypatch: pytest.MonkeyPatch) -> Token:
    """Runs `bestshot token …` on the installation."""
    monkeypatch.setenv("BESTSHOT_HOME", str(services.settings.home))
    monkeypatch.setenv("COLUMNS", "120")
    return lambda *arguments: CliRunner().invoke(main, ["token", *arguments])


def test_the_token_alone_is_printed_and_works_until_it_is_revoked(services: Services, token: Token) -> None:
    made = token("create", "ci")
    assert made.exit_code == 0
    assert "all stores" in made.stderr
    text = made.stdout.removesuffix("\n")
    found = services.admin_tokens.find(text)
    assert found is not None
    assert (found.name, found.shop) == ("ci", "")
    assert token("revoke", "ci").exit_code == 0
    assert services.admin_tokens.find(text) is None


def test_a_token_is_for_the_store_that_is_named(services: Services, token: Token) -> None:
    made = token("create", "ci", "--shop", "wool")
    assert WOOL in made.stderr
    found = services.admin_tokens.find(made.stdout.strip())
    assert found is not None
    assert found.shop == WOOL


def test_the_list_says_everything_but_the_tokens(services: Services, token: Token) -> None:
    texts = [token("create", "ci").stdout.strip(), token("create", "desk", "--shop", WOOL).stdout.strip()]
    services.admin_tokens.find(texts[0])
    listed = token("list").stdout
    rows = {cells[1].strip(): cells for line in listed.splitlines() if len(cells := line.split("│")) > 3}
    assert "all stores" in rows["ci"][2]
    assert WOOL in rows["desk"][2]
    assert "never" in rows["desk"][4]
    assert "never" not in rows["ci"][4]
    assert not any(text.removeprefix("bst_")[:8] in listed for text in texts)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["create", "two words"], "letters, digits"),
        (["create", "ci", "--shop", "silk.myshopify.com"], "bestshot connect silk.myshopify.com"),
        (["create", "ci", "--shop", "wool.example.com"], "name.myshopify.com"),
        (["revoke", "ci"], "bestshot token list"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(
    services: Services, token: Token, arguments: list[str], says: str
) -> None:
    done = token(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert says in done.stderr
    assert services.admin_tokens.all() == []


def test_a_name_is_not_given_twice(token: Token) -> None:
    assert token("create", "ci").exit_code == 0
    assert "already" in token("create", "ci").stderr
