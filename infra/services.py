"""One function that puts the outside parts together, chosen by the settings alone."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial

from infra.admin_tokens import AdminTokens
from infra.blobs import Blobs, FolderBlobs
from infra.database import Database
from infra.embedding import Embedder, embedders
from infra.embedding.nemotron import MODEL
from infra.exports import Exports
from infra.http import Downloader
from infra.installations import Installations
from infra.keyring import Keyring
from infra.ledger import Budgets, Ledger, Purchase
from infra.locks import Locks
from infra.milvus import Mirror, collection_name
from infra.ocr import Ocr
from infra.openrouter import OpenRouter
from infra.runs import Runs
from infra.seen import SeenProducts
from infra.settings import Settings
from infra.shopify.oauth import OAuth
from infra.shopify.store import Shopify
from infra.shopify.tokens import Tokens
from infra.starter import Starter
from infra.syncs import Syncs
from infra.vault import Vault


@dataclass(frozen=True)
class Services:
    """Everything outside this process, behind its ports."""

    settings: Settings
    database: Database
    starter: Starter
    locks: Locks
    oauth: OAuth
    tokens: Tokens
    admin_tokens: AdminTokens
    installations: Installations
    runs: Runs
    ledger: Ledger
    seen: SeenProducts
    exports: Exports
    syncs: Syncs
    blobs: Blobs
    embedders: tuple[Embedder, ...]
    """The one in use, then others whose vectors a mirror may hold until the first one has filled another."""
    mirror: Mirror
    downloader: Downloader
    ocr: Ocr
    openrouter: OpenRouter | None
    _stores: dict[str, Shopify] = field(default_factory=dict)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    @property
    def embedder(self) -> Embedder:
        """The embedder that the mirror is filled with."""
        return self.embedders[0]

    def embedder_of(self, shop: str) -> Embedder | None:
        """The embedder whose vectors a shop's searches compare; None when it is not to be had here."""
        live = self.mirror.live(shop)
        names = {collection_name(shop, one.name, one.dimension): one for one in self.embedders}
        return names.get(live) if live else self.embedder

    def store(self, shop: str) -> Shopify:
        """The Admin API of a shop; TokenRefused when the shop is not connected here."""
        credentials = self.tokens.of(shop)
        with self._turn:
            if shop not in self._stores:
                self._stores[shop] = Shopify(self.settings.store_url(shop), shop, credentials)
            return self._stores[shop]

    def close(self) -> None:
        for store in self._stores.values():
            store.close()
        self.downloader.close()
        if self.openrouter:
            self.openrouter.close()
        self.starter.close()
        self.mirror.close()
        self.database.close()


def build(settings: Settings) -> Services:
    """The services that these settings name; nothing is contacted yet but the database."""
    database = Database(settings.records_url)
    key = settings.openrouter_api_key
    openrouter = OpenRouter(settings.openrouter_url, key) if key.get_secret_value() else None
    oauth = OAuth(settings)
    locks = Locks(settings.records_url, settings.home / "locks")
    budgets = Budgets(settings.budget_listing, settings.budget_shop, settings.budget_day)
    ledger = Ledger(database, budgets, locks)
    at_hand = embedders(settings, database, openrouter, partial(_note_embedding, ledger, MODEL))
    embedder = at_hand[0]
    return Services(
        settings=settings,
        database=database,
        starter=Starter(settings.recipes_url),
        locks=locks,
        oauth=oauth,
        tokens=Tokens(Keyring(database, Vault.of(settings)), oauth, locks),
        admin_tokens=AdminTokens(database),
        installations=Installations(database),
        runs=Runs(database),
        ledger=ledger,
        seen=SeenProducts(database),
        exports=Exports(database),
        syncs=Syncs(database),
        blobs=FolderBlobs(settings.home / "blobs"),
        embedders=at_hand,
        mirror=Mirror(settings.mirror_uri, embedder.name, embedder.dimension),
        downloader=Downloader(max_bytes=settings.max_photo_bytes, trusted=settings.trusted_origins),
        ocr=Ocr(),
        openrouter=openrouter,
    )


def _note_embedding(ledger: Ledger, model: str, usd: Decimal) -> None:
    """A bill for vectors, which are kept by content and belong to no one shop or listing."""
    ledger.note(Purchase("", "", "", "embedding", model), usd)
