"""Settings: read once, frozen, secret where they must be, and explained when they cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from infra.errors import SettingsError
from infra.settings import Settings, variables

README = Path(__file__).parents[2] / "README.md"


def test_the_environment_sets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPIFY_API_SECRET", "shpss_1")
    monkeypatch.setenv("BESTSHOT_FORMATS", "1:1,9:16")
    monkeypatch.setenv("BESTSHOT_MIN_SALES", "1500")
    found = Settings.from_env()
    assert found.webhook_secrets == (b"shpss_1",)
    assert (found.formats, found.min_sales) == (("1:1", "9:16"), 1500)


def test_a_dotenv_file_sets_them_too() -> None:
    Path(".env").write_text("BESTSHOT_PORT=9000\n")
    assert Settings.from_env().port == 9000


def test_they_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        Settings.from_env().port = 1  # type: ignore[misc]


def test_secrets_do_not_print(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPIFY_ACCESS_TOKEN", "shpat_planted")
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:pw_planted@db/x")
    monkeypatch.setenv("MILVUS_URI", "http://root:pw_planted@milvus:19530")
    found = Settings.from_env()
    assert "planted" not in repr(found) + str(found) + found.model_dump_json()


@pytest.mark.parametrize(
    ("given", "shop"), [("Wool-Shop.myshopify.com ", "wool-shop.myshopify.com"), ("", "")]
)
def test_a_shop_is_known_by_the_name_that_webhooks_use(
    monkeypatch: pytest.MonkeyPatch, given: str, shop: str
) -> None:
    monkeypatch.setenv("BESTSHOT_SHOP", given)
    assert Settings.from_env().shop == shop


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BESTSHOT_PORT", "eighty"),
        ("BESTSHOT_IMAGE_SIZE", "8K"),
        ("BESTSHOT_REFERENCES", "0"),
        ("BESTSHOT_SHOP", "wool-shop.com"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name):
        Settings.from_env()


def test_the_readme_has_each_variable_once_with_its_default_and_no_other() -> None:
    rows = [f"| `{name}` | {default} | {meaning} |" for name, (default, meaning) in variables().items()]
    assert [line for line in README.read_text("utf-8").splitlines() if line.startswith("| `")] == rows
