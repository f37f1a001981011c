"""One function that puts the outside parts together, chosen by the settings alone."""

from __future__ import annotations

from dataclasses import dataclass, field

from infra.blobs import Blobs, FolderBlobs
from infra.database import Database
from infra.durable import Starter
from infra.embedding import BuiltinEmbedder, Embedder
from infra.errors import SettingsError
from infra.http import Downloader
from infra.milvus import Mirror
from infra.ocr import Ocr
from infra.runs import Runs
from infra.seen import SeenProducts
from infra.settings import Settings
from infra.shopify import Shopify


@dataclass(frozen=True)
class Services:
    """Everything outside this process, behind its ports."""

    settings: Settings
    database: Database
    starter: Starter
    runs: Runs
    seen: SeenProducts
    blobs: Blobs
    embedder: Embedder
    mirror: Mirror
    downloader: Downloader
    ocr: Ocr
    _stores: dict[str, Shopify] = field(default_factory=dict)

    def store(self, shop: str) -> Shopify:
        """The Admin API of a shop; SettingsError when there is no token for it."""
        token = self.settings.shopify_access_token.get_secret_value()
        if not token or shop != self.settings.shop:
            raise SettingsError(f"no access token for {shop}; set BESTSHOT_SHOP and SHOPIFY_ACCESS_TOKEN")
        return self._stores.setdefault(shop, Shopify(self.settings.store_url(shop), shop, token))

    def close(self) -> None:
        for store in self._stores.values():
            store.close()
        self.starter.close()
        self.mirror.close()
        self.database.close()


def build(settings: Settings) -> Services:
    """The services that these settings name; nothing is contacted yet but the database."""
    embedder = BuiltinEmbedder()
    database = Database(settings.records_url)
    return Services(
        settings=settings,
        database=database,
        starter=Starter(settings.recipes_url),
        runs=Runs(database),
        seen=SeenProducts(database),
        blobs=FolderBlobs(settings.home / "blobs"),
        embedder=embedder,
        mirror=Mirror(settings.mirror_uri, embedder.name, embedder.dimension),
        downloader=Downloader(max_bytes=settings.max_photo_bytes, trusted=settings.trusted_origins),
        ocr=Ocr(),
    )
