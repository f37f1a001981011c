"""All configuration: read once, from the environment or a `.env` file, into one frozen object.

Every variable is documented here and nowhere else; a test holds the README's table to it.
"""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from infra.errors import SettingsError


def _env(name: str) -> AliasChoices:
    return AliasChoices(name)


class Settings(BaseSettings):
    """Frozen settings. Secrets print as asterisks."""

    model_config = SettingsConfigDict(
        env_prefix="BESTSHOT_",
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    home: Path = Field(Path("var"), description="Folder for everything kept locally.")
    host: str = Field("127.0.0.1", description="Address the app listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port the app listens on; 0 picks a free one.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least severe log line."
    )
    log_json: bool = Field(False, description="Log lines as JSON instead of text.")

    shop: str = Field("", description="The store of commands that name none, as name.myshopify.com.")
    app_url: str = Field("", description="Public HTTPS address of this app, where webhooks are sent to.")
    shopify_api_key: str = Field(
        "", validation_alias=_env("SHOPIFY_API_KEY"), description="Client id of the Shopify app."
    )
    shopify_api_secret: SecretStr = Field(
        SecretStr(""),
        validation_alias=_env("SHOPIFY_API_SECRET"),
        description="Client secret of the Shopify app; signs the webhooks.",
    )
    shopify_api_secret_old: SecretStr = Field(
        SecretStr(""),
        validation_alias=_env("SHOPIFY_API_SECRET_OLD"),
        description="The secret before the last rotation; accepted beside the new one.",
    )
    shopify_access_token: SecretStr = Field(
        SecretStr(""),
        validation_alias=_env("SHOPIFY_ACCESS_TOKEN"),
        description="Admin API access token that `bestshot connect` stores, where an app has one already.",
    )
    encryption_key: SecretStr = Field(
        SecretStr(""),
        description=(
            "Keys that stored tokens are sealed with, comma-separated, the newest first; "
            "empty means a key file under BESTSHOT_HOME."
        ),
    )
    shopify_url: str = Field(
        "https://{shop}",
        description="Where the store's Admin API is; `{shop}` is replaced. Change it only for a local store.",
    )

    database_url: SecretStr = Field(
        SecretStr(""),
        validation_alias=_env("DATABASE_URL"),
        description="SQLAlchemy URL of records and recipes; empty means SQLite under BESTSHOT_HOME.",
    )
    milvus_uri: SecretStr = Field(
        SecretStr(""),
        validation_alias=_env("MILVUS_URI"),
        description="Milvus server URI (2.6.2 or newer); empty means Milvus Lite under BESTSHOT_HOME.",
    )

    openrouter_api_key: SecretStr = Field(
        SecretStr(""),
        validation_alias=_env("OPENROUTER_API_KEY"),
        description="OpenRouter key for image models, style analyst and embeddings; empty paints for free.",
    )
    openrouter_url: str = Field(
        "https://openrouter.ai/api/v1",
        description="Where OpenRouter's API is. Change it only for a stand-in.",
    )
    gemini_api_key: SecretStr = Field(
        SecretStr(""),
        validation_alias=_env("GEMINI_API_KEY"),
        description="Google's own key for images, used in place of OpenRouter (extra `google`).",
    )
    painter: str = Field(
        "",
        description="Image model (see `bestshot models`) or `studio`; empty: Nano Banana 2.1 with a key, "
        "else the studio.",
    )
    embedder: Literal["builtin", "nemotron", "clip", "siglip2"] = Field(
        "builtin",
        description="What compares photos: `nemotron` is bought through OpenRouter; `clip` and `siglip2` run "
        "here (extra `embed`).",
    )
    analyst: Literal["", "built-in", "qwen3.5"] = Field(
        "", description="What reads the bestsellers' style; empty means Qwen 3.5 with a key, else built-in."
    )
    publish: Literal["automatic", "review"] = Field(
        "automatic", description="Publish what passes the gate, or paint drafts first and wait for a person."
    )
    people: Literal["auto", "none", "model", "hands"] = Field(
        "auto", description="Who is in a painted picture; `auto` goes by the product's category."
    )
    audience: str = Field("", description="For whom the products are, as the image model is told.")
    slogan: str = Field("", description="A line set in banners beneath the title.")
    badge: str = Field("", description="A short word set in banners, such as NEW.")
    text: Literal["typeset", "painted"] = Field(
        "typeset", description="Whether words in a painted picture are set by us or painted by the model."
    )
    strict_set: bool = Field(
        False, description="Show a listing's first finished image to the painter of the others; takes longer."
    )
    budget_listing: Decimal = Field(
        Decimal(2), ge=0, description="US dollars that one listing may cost at most."
    )
    budget_shop: Decimal = Field(
        Decimal(20), ge=0, description="US dollars that one shop may cost on a day (UTC) at most."
    )
    budget_day: Decimal = Field(
        Decimal(100), ge=0, description="US dollars that all shops together may cost on a day (UTC) at most."
    )
    images_in_flight: int = Field(10, ge=1, description="Images asked of a model at once, by all workers.")
    images_per_minute: int = Field(
        60, ge=1, description="Images begun in a minute, by all workers; what is tried again is not counted."
    )

    formats: Annotated[tuple[str, ...], NoDecode] = Field(
        ("1:1", "3:4", "4:1"), description="Formats made for each listing, comma-separated."
    )
    place_first: bool = Field(
        False, description="Put published square and portrait images before the merchant's own, not behind."
    )
    image_size: Literal["512", "1K", "2K", "4K"] = Field("2K", description="Size tier of the images.")
    references: int = Field(3, ge=1, le=14, description="How many bestsellers a listing learns from.")
    min_sales: int | None = Field(
        None,
        ge=0,
        description="Units sold that make a bestseller; empty means the top tenth of its category.",
    )
    sales_days: int = Field(90, ge=1, le=730, description="Window of days in which units sold are counted.")
    min_similarity: float = Field(
        0.35, ge=-1, le=1, description="Cosine below which a bestseller's photo is too unlike to learn from."
    )
    photo_wait_seconds: float = Field(
        86_400, gt=0, description="How long a listing without a photo is waited for."
    )
    paint_concurrency: int = Field(2, ge=1, description="Images painted at the same time by one process.")
    max_photo_bytes: int = Field(20_000_000, ge=1, description="Largest photo that is downloaded, in bytes.")

    @field_validator("shop")
    @classmethod
    def _lower(cls, value: str) -> str:
        name = value.strip().lower()
        if name and not re.fullmatch(r"[a-z0-9][a-z0-9-]*\.myshopify\.com", name):
            raise ValueError("is not a store; write it as name.myshopify.com")
        return name

    @field_validator("app_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if value and not re.fullmatch(r"https?://[^/\s]+(/[^\s?#]*)?", value):
            raise ValueError("is not a web address; write it as https://bestshot.example.com")
        return value.rstrip("/")

    @field_validator("formats", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return (
            tuple(part.strip() for part in value.split(",") if part.strip())
            if isinstance(value, str)
            else value
        )

    @classmethod
    def from_env(cls, **overrides: object) -> Settings:
        """Settings from the environment; SettingsError names each variable that cannot be used."""
        try:
            return cls(**overrides)  # type: ignore[arg-type]
        except ValidationError as error:
            lines = [f"{_variable(str(e['loc'][0]))}: {e['msg']}" for e in error.errors(include_input=False)]
            raise SettingsError("; ".join(lines)) from None

    def store_url(self, shop: str) -> str:
        """The base address of a shop's Admin API."""
        return self.shopify_url.format(shop=shop)

    @property
    def trusted_origins(self) -> frozenset[str]:
        """Origins whose files may be fetched from a private address: the store's own, if one was set."""
        parts = urlsplit(self.shopify_url)
        return frozenset() if "{shop}" in parts.netloc else frozenset({f"{parts.scheme}://{parts.netloc}"})

    @property
    def records_url(self) -> str:
        """SQLAlchemy URL of the records."""
        return self.database_url.get_secret_value() or f"sqlite:///{self.home / 'records.sqlite'}"

    @property
    def recipes_url(self) -> str:
        """SQLAlchemy URL of the recipes: a file beside the records, or a schema of its own in Postgres."""
        return self.database_url.get_secret_value() or f"sqlite:///{self.home / 'recipes.sqlite'}"

    @property
    def mirror_uri(self) -> str:
        """URI of Milvus, or the folder of Milvus Lite."""
        return self.milvus_uri.get_secret_value() or str(self.home / "milvus.db")

    @property
    def webhook_secrets(self) -> tuple[bytes, ...]:
        """The client secrets a webhook may be signed with, newest first."""
        secrets = (self.shopify_api_secret, self.shopify_api_secret_old)
        return tuple(s.get_secret_value().encode() for s in secrets if s.get_secret_value())


def _variable(field: str) -> str:
    """The environment variable of a field (or of an alias, which is its own variable)."""
    info = Settings.model_fields.get(field)
    if info is None:
        return field
    alias = info.validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else f"BESTSHOT_{field.upper()}"


def variables() -> dict[str, tuple[str, str]]:
    """Every environment variable with its default and its meaning, in the order of the README's table."""
    return {_variable(n): (_shown(i.default), i.description or "") for n, i in Settings.model_fields.items()}


def _shown(default: object) -> str:
    """A default as a person would write it into the environment."""
    if isinstance(default, tuple):
        return ",".join(default)
    return "" if default is None else str(default).lower() if isinstance(default, bool) else str(default)
